//! A program with a deep stack, a file with room for 200 breakpoints, and a megabyte to look at.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use midflight_tests::program::{line_of, repository};

/// So many statements have room for a breakpoint.
pub(crate) const SPOTS: usize = 200;

const MANIFEST: &str = "[package]\nname = \"app\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[workspace]\n";

const MAIN: &str = r#"mod spots;

/// A megabyte to look at, as text.
#[unsafe(no_mangle)]
pub static BLOB: [u64; 50_000] = [7; 50_000];

fn deep(level: u64, text: &str) -> u64 {
    let doubled = level * 2;
    let name = format!("{text} {level}");
    let pair = (level, doubled);
    if level == 0 {
        return bottom(&name, pair);
    }
    deep(level - 1, text) + pair.1 + name.len() as u64
}

fn bottom(name: &str, pair: (u64, u64)) -> u64 {
    pair.0 + name.len() as u64 // breakpoint: bottom
}

fn main() {
    let mut tick = BLOB[3];
    loop {
        tick += 1;
        let sum = deep(24, "level") + spots::many(tick);
        std::thread::sleep(std::time::Duration::from_millis(std::hint::black_box(sum) % 2 + 1));
    }
}
"#;

/// A generated program in `target/bench/`.
pub(crate) struct Program {
    root: PathBuf,
}

impl Program {
    /// Writes it, at version 0.
    pub(crate) fn new(way: &str) -> Self {
        let program = Self { root: repository().join("target/bench").join(format!("dap-{way}")) };
        fs::create_dir_all(program.root.join("src")).expect("the program can be written");
        fs::write(program.root.join("Cargo.toml"), MANIFEST).expect("the program can be written");
        fs::write(program.main(), MAIN).expect("the program can be written");
        program.write_version(0);
        program
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn main(&self) -> PathBuf {
        self.root.join("src/main.rs")
    }

    pub(crate) fn spots(&self) -> PathBuf {
        self.root.join("src/spots.rs")
    }

    pub(crate) fn binary(&self) -> PathBuf {
        self.root.join("target/debug/app")
    }

    pub(crate) fn build(&self) {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let status = Command::new(cargo).args(["build", "--quiet"]).current_dir(&self.root).status();
        assert!(status.expect("cargo starts").success(), "{} does not build", self.root.display());
    }

    /// The line at the bottom of the stack.
    pub(crate) fn bottom() -> u32 {
        line_of(MAIN, "breakpoint: bottom")
    }

    /// The line of a statement, in the version that is saved.
    pub(crate) fn spot(&self, spot: usize) -> u32 {
        let text = fs::read_to_string(self.spots()).expect("it was written");
        spot_line(&text, spot)
    }

    /// Saves the version.
    pub(crate) fn write_version(&self, version: u32) {
        fs::write(self.spots(), spots_text(version)).expect("the program can be written");
    }
}

/// A file whose statements are a line further down in each version.
pub(crate) fn spots_text(version: u32) -> String {
    let mut text = "//! Room for breakpoints.\n\n".to_owned();
    for line in 0..version {
        let _ = writeln!(text, "// {line}");
    }
    let _ = writeln!(
        text,
        "pub fn many(tick: u64) -> u64 {{\n    if tick < u64::MAX {{\n        return {version};\n    }}"
    );
    text += "    let mut sum = tick;\n";
    for spot in 0..SPOTS {
        let _ = writeln!(text, "    sum = sum.wrapping_mul({}) ^ tick; // spot {spot}.", spot + 3);
    }
    text + "    sum\n}\n"
}

/// The line of a statement in such a text, from 1.
pub(crate) fn spot_line(text: &str, spot: usize) -> u32 {
    line_of(text, &format!("// spot {spot}."))
}
