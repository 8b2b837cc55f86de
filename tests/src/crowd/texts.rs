//! Fifty files with four statements each that have a breakpoint, and edits that move them about.

use std::collections::BTreeMap;
use std::fmt::Write as _;

/// The files with breakpoints.
pub(super) const FILES: usize = 50;
/// Breakpoints in each of them.
pub(super) const SPOTS: usize = 4;

/// One file, as far as it differs from the others and from itself before.
#[derive(Debug, Clone, Default)]
pub(super) struct File {
    /// What is computed: it is another one after each edit, so that there is code to swap.
    salt: u64,
    /// Comments above everything.
    above: usize,
    /// Statements before those of each function.
    before: [usize; 2],
    /// Whether the second function comes first.
    is_turned: bool,
    /// How many blocks are around the statements of the second function.
    depth: usize,
    /// The statement that is not there.
    gone: Option<usize>,
}

impl File {
    /// Another edit of it.
    pub(super) fn edit(&mut self, random: &mut fastrand::Rng) {
        self.salt += 1;
        match random.u8(0..7) {
            0 => self.above = random.usize(0..6),
            1 => self.before[0] = random.usize(0..4),
            2 => self.before[1] = random.usize(0..4),
            3 => self.is_turned = !self.is_turned,
            4 => self.depth = random.usize(0..3),
            5 => self.gone = None,
            _ => self.gone = Some(random.usize(0..SPOTS)),
        }
    }

    /// Whether a statement is there.
    pub(super) fn has(&self, spot: usize) -> bool {
        self.gone != Some(spot)
    }

    /// The text of the file with this number.
    pub(super) fn text(&self, file: usize) -> String {
        let mut text = format!("//! File {file}.\n\n");
        for line in 0..self.above {
            let _ = writeln!(text, "// {line} above");
        }
        let mut functions = [self.function(file, 0), self.function(file, 1)];
        if self.is_turned {
            functions.reverse();
        }
        text + &functions.concat()
    }

    fn function(&self, file: usize, function: usize) -> String {
        let mut text =
            format!("pub fn f{function}(tick: u64) -> u64 {{\n    let mut sum = tick + {};\n", self.salt);
        for line in 0..self.before[function] {
            let _ = writeln!(text, "    sum = sum.rotate_left({line});");
        }
        let depth = if function == 0 { 0 } else { self.depth };
        for level in 1..=depth {
            let _ = writeln!(text, "{}if tick != {level} {{", "    ".repeat(level));
        }
        let indent = "    ".repeat(depth + 1);
        for spot in [2 * function, 2 * function + 1].into_iter().filter(|spot| self.has(*spot)) {
            let _ =
                writeln!(text, "{indent}sum = sum.wrapping_mul({}) ^ tick; // {}", spot + 3, tag(file, spot));
        }
        for level in (1..=depth).rev() {
            let _ = writeln!(text, "{}}}", "    ".repeat(level));
        }
        text + "    sum\n}\n\n"
    }
}

/// What a statement with a breakpoint is known by.
pub(super) fn tag(file: usize, spot: usize) -> String {
    format!("spot {file}.{spot}.")
}

/// The tag in a line of a text, the line counted from 1.
pub(super) fn tag_at(text: &str, line: usize) -> Option<&str> {
    text.lines().nth(line.checked_sub(1)?)?.split_once("// ").map(|(_, tag)| tag)
}

/// The path of a file.
pub(super) fn path(file: usize) -> String {
    format!("src/m{file}.rs")
}

/// The program around the files. It runs through all of them once whenever it finds a file `visit`.
pub(super) fn files(files: &[File]) -> BTreeMap<String, String> {
    let mut main = String::new();
    for file in 0..files.len() {
        let _ = writeln!(main, "mod m{file};");
    }
    main += "\nfn visit(tick: u64) -> u64 {\n    let mut sum = 0;\n";
    for file in 0..files.len() {
        let _ = writeln!(main, "    sum ^= m{file}::f0(tick) ^ m{file}::f1(tick);");
    }
    main += r#"    sum
}

fn main() {
    let mut tick = 10;
    loop {
        if std::fs::remove_file("visit").is_ok() {
            tick += 1;
            std::hint::black_box(visit(tick));
            std::fs::write("visited", "").unwrap();
        }
        std::thread::sleep(std::time::Duration::from_millis(2));
    }
}
"#;
    let manifest = "[package]\nname = \"crowd\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";
    let mut texts =
        BTreeMap::from([("Cargo.toml".to_owned(), manifest.to_owned()), ("src/main.rs".to_owned(), main)]);
    texts.extend(files.iter().enumerate().map(|(number, file)| (path(number), file.text(number))));
    texts
}
