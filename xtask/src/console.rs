//! How tasks speak: headings, results, and colour only for a person at a terminal.

use std::fmt;
use std::io::{self, IsTerminal};

/// Text in a colour, or plain where nobody would see the colour.
pub(crate) struct Painted<'a> {
    code: &'static str,
    text: &'a str,
}

/// What goes well.
pub(crate) fn green(text: &str) -> Painted<'_> {
    Painted { code: "32", text }
}

/// What goes wrong.
pub(crate) fn red(text: &str) -> Painted<'_> {
    Painted { code: "31", text }
}

/// What stands out.
pub(crate) fn bold(text: &str) -> Painted<'_> {
    Painted { code: "1", text }
}

/// What is beside the point.
pub(crate) fn dim(text: &str) -> Painted<'_> {
    Painted { code: "2", text }
}

impl fmt::Display for Painted<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if coloured() { write!(f, "\u{1b}[{}m{}\u{1b}[0m", self.code, self.text) } else { f.pad(self.text) }
    }
}

/// The start of something that takes a while.
pub(crate) fn heading(text: &str) {
    println!("\n{}", bold(&format!("── {text}")));
}

/// One thing that is being done, and why.
pub(crate) fn note(text: &str) {
    println!("   {text}");
}

/// Why the task ends here.
pub(crate) fn failure(text: &str) {
    eprintln!("{} {text}", red("error:"));
}

/// Whether standard output shows colours.
fn coloured() -> bool {
    let never = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    !never && io::stdout().is_terminal()
}
