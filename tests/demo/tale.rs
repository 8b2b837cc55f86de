//! How the demonstration speaks: steps, source lines, variables, and colour only for a person at a terminal.

use std::io::IsTerminal;
use std::time::Duration;

/// The terminal's codes for what a word means here.
#[derive(Clone, Copy)]
pub(crate) enum Ink {
    Title,
    Good,
    Bad,
    Mark,
    Quiet,
}

/// The text in its colour, or as it is where nobody would see the colour.
pub(crate) fn paint(ink: Ink, text: &str) -> String {
    let never = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    if never || !std::io::stdout().is_terminal() {
        return text.to_owned();
    }
    let code = match ink {
        Ink::Title => "1;36",
        Ink::Good => "32",
        Ink::Bad => "1;31",
        Ink::Mark => "33",
        Ink::Quiet => "2",
    };
    format!("\u{1b}[{code}m{text}\u{1b}[0m")
}

/// The heading of a program.
pub(crate) fn scene(program: &str) {
    println!(
        "\n{}",
        paint(Ink::Title, &format!("══ {program}: one debug session, a program that changes under it"))
    );
}

/// The heading of a step.
pub(crate) fn step(number: u32, title: &str) {
    println!("\n{}", paint(Ink::Title, &format!("{number}. {title}")));
}

/// A sentence about what goes on.
pub(crate) fn say(text: &str) {
    println!("   {text}");
}

/// Something that was seen.
pub(crate) fn seen(text: &str) {
    println!("   {} {text}", paint(Ink::Good, "✓"));
}

/// Some lines of a file, as the editor shows them: a dot for the breakpoint, `+` for what was typed.
pub(crate) fn source(
    file: &str,
    text: &str,
    lines: std::ops::RangeInclusive<u32>,
    mark: impl Fn(u32, &str) -> Option<char>,
) {
    println!("   {}", paint(Ink::Quiet, file));
    for (number, line) in (1..).zip(text.lines()).filter(|(number, _)| lines.contains(number)) {
        let (mark, ink) = match mark(number, line) {
            Some(mark @ '●') => (mark, Ink::Bad),
            Some(mark) => (mark, Ink::Good),
            None => (' ', Ink::Quiet),
        };
        let line = if mark == ' ' { line.to_owned() } else { paint(ink, line) };
        println!(
            "   {} {} {line}",
            paint(ink, &mark.to_string()),
            paint(Ink::Quiet, &format!("{number:>3} │"))
        );
    }
}

/// Variables, one a line.
pub(crate) fn variables<'a>(scope: &str, variables: impl IntoIterator<Item = (&'a str, &'a str)>) {
    println!("   {}", paint(Ink::Mark, scope));
    for (name, value) in variables {
        println!("      {name:<10} {value}");
    }
}

/// The last line: what was shown.
pub(crate) fn closing(time: Duration, shown: &[String]) {
    println!("\n{} {} ({:.1} s)", paint(Ink::Good, "Shown:"), shown.join(" "), time.as_secs_f64());
}

/// The last line, when something is missing.
pub(crate) fn failure(title: &str, problem: &str) {
    println!("\n{problem}");
    println!("\n{} {title}.", paint(Ink::Bad, "Missing:"));
}
