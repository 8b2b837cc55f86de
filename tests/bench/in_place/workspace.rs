//! Programs of a given size: a binary and libraries, each module with types, traits, generics and closures.
//!
//! The same text every time, in `target/bench/`, so that only what changed is built again.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use midflight_tests::program::{line_of, repository};

/// How large a program is, and what is promised for it.
pub(crate) struct Size {
    pub(crate) name: &'static str,
    pub(crate) crates: u32,
    modules: u32,
    units: u32,
    /// The bar of save → live, in milliseconds.
    pub(crate) live: Option<f64>,
}

/// About 200, 10,000 and 100,000 lines.
pub(crate) const SIZES: [Size; 3] = [
    Size { name: "small", crates: 1, modules: 1, units: 3, live: None },
    Size { name: "10 k", crates: 8, modules: 6, units: 4, live: None },
    Size { name: "100 k", crates: 20, modules: 20, units: 5, live: Some(1500.0) },
];

/// A generated program.
pub(crate) struct Workspace {
    root: PathBuf,
    /// The crate that is edited: the last, so that nothing but the program depends on it.
    edited: PathBuf,
}

const EDITED: &str = r#"//! The code that is edited.

use std::collections::BTreeMap;

/// What the program calls again and again.
pub fn step(tick: u64, seen: &mut BTreeMap<u64, u64>) -> u64 {
    *seen.entry(tick % 7).or_default() += 1; // breakpoint: step
    let total: u64 = seen.values().sum();
    if total < tick {
        return u64::MAX; // breakpoint: never
    }
    VERSION
}
"#;

const UNIT: &str = r#"
/// A sample of kind NAME, as its source sent it.
#[derive(Debug, Clone, PartialEq)]
pub struct SampleNAME {
    pub key: String,
    pub value: i64,
    pub weight: f64,
    pub tags: Vec<String>,
}

/// Why a sample of kind NAME was not taken.
#[derive(Debug, Clone, PartialEq)]
pub enum RejectedNAME {
    Empty,
    TooLight { weight: f64 },
    Unknown(String),
}

impl SampleNAME {
    /// Reads `key=value@weight`.
    pub fn parse(text: &str) -> Result<Self, RejectedNAME> {
        let (key, rest) = text.split_once('=').ok_or(RejectedNAME::Empty)?;
        let (value, weight) = rest.split_once('@').unwrap_or((rest, "1"));
        let value = value.trim().parse().map_err(|_| RejectedNAME::Unknown(value.to_owned()))?;
        let weight: f64 = weight.trim().parse().map_err(|_| RejectedNAME::Unknown(weight.to_owned()))?;
        if weight < 0.NUMBER {
            return Err(RejectedNAME::TooLight { weight });
        }
        let tags = key.split('.').map(str::to_owned).collect();
        Ok(Self { key: key.to_owned(), value, weight, tags })
    }

    /// The share of this sample.
    pub fn share(&self, total: f64) -> f64 {
        if total > 0.0 { self.value as f64 * self.weight / total } else { NUMBER.0 }
    }
}

impl Score for SampleNAME {
    fn score(&self) -> i64 {
        match self.tags.len() {
            0 => self.value,
            1 => self.value.wrapping_mul(NUMBER),
            many => self.value.wrapping_add(many as i64 + NUMBER),
        }
    }
}

/// Sums up what could be read, by first tag.
pub fn collect_NAME<'a>(lines: impl Iterator<Item = &'a str>) -> BTreeMap<String, i64> {
    let mut sums = BTreeMap::new();
    for sample in lines.filter_map(|line| SampleNAME::parse(line).ok()) {
        let first = sample.tags.first().cloned().unwrap_or_else(|| format!("untagged {}", NUMBER));
        *sums.entry(first).or_insert(0) += sample.score();
    }
    sums
}
"#;

impl Workspace {
    /// Writes it where it is not there yet, at version 0.
    pub(crate) fn new(size: &Size, way: &str) -> Self {
        let folder = format!("{}-{way}", size.name.replace(' ', ""));
        let root = repository().join("target/bench").join(folder);
        let edited = root.join(format!("part{}/src/edited.rs", size.crates - 1));
        let workspace = Self { root, edited };
        let names: Vec<String> = (0..size.crates).map(|number| format!("part{number}")).collect();
        let members: Vec<String> = names.iter().map(|name| format!("\"{name}\"")).collect();
        workspace.write(
            "Cargo.toml",
            &format!("[workspace]\nresolver = \"3\"\nmembers = [\"app\", {}]\n", members.join(", ")),
        );
        for name in &names {
            workspace.library(name, size);
        }
        workspace.program(&names);
        workspace.write_version(0);
        workspace
    }

    fn library(&self, name: &str, size: &Size) {
        self.write(&format!("{name}/Cargo.toml"), &manifest(name, &[]));
        let mut root = "pub mod edited;\n\n/// What a sample is worth.\npub trait Score {\n    fn score(&self) -> i64;\n}\n".to_owned();
        let mut all = String::new();
        for module in 0..size.modules {
            let _ = writeln!(root, "pub mod module{module};");
            let mut text = "use std::collections::BTreeMap;\n\nuse crate::Score;\n".to_owned();
            for unit in 0..size.units {
                let number = module * size.units + unit + 1;
                text += &UNIT.replace("NAME", &format!("{number}")).replace("NUMBER", &number.to_string());
                let _ = writeln!(
                    all,
                    "    sum += module{module}::collect_{number}(text.lines()).values().sum::<i64>();"
                );
            }
            self.write(&format!("{name}/src/module{module}.rs"), &text);
        }
        let _ = write!(
            root,
            "\n/// All kinds of samples of a text.\npub fn all(text: &str) -> i64 {{\n    let mut sum = 0;\n{all}    sum\n}}\n"
        );
        self.write(&format!("{name}/src/lib.rs"), &root);
        self.write(&format!("{name}/src/edited.rs"), &edited(0));
    }

    fn program(&self, names: &[String]) {
        self.write("app/Cargo.toml", &manifest("app", names));
        let sums: Vec<String> = names.iter().map(|name| format!("    sum += {name}::all(text);\n")).collect();
        let sums = sums.concat();
        let last = names.last().map_or("", String::as_str);
        let text = format!(
            "use std::collections::BTreeMap;\nuse std::time::Duration;\n\nfn sums(text: &str) -> i64 {{\n    let mut sum = 0;\n{sums}    sum\n}}\n\n\
             fn main() {{\n    println!(\"{{}}\", sums(\"a.b=1@2\\nc=3\"));\n    let (mut tick, mut last, mut seen) = (0, u64::MAX, BTreeMap::new());\n    loop {{\n        \
             tick += 1;\n        let version = {last}::edited::step(tick, &mut seen);\n        if version != last {{\n            println!(\"live {{version}}\");\n            last = version;\n        }}\n        \
             std::thread::sleep(Duration::from_millis(1));\n    }}\n}}\n"
        );
        self.write("app/src/main.rs", &text);
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// Saves the code that is edited.
    pub(crate) fn write_version(&self, version: u32) {
        fs::write(&self.edited, edited(version)).expect("the edited file can be written");
    }

    /// The edited file, and the line with this marker.
    pub(crate) fn breakpoint(&self, marker: &str) -> (&Path, u32) {
        (&self.edited, line_of(EDITED, marker))
    }

    /// How many lines of Rust it has.
    pub(crate) fn lines(&self) -> usize {
        let members = fs::read_dir(&self.root).into_iter().flatten().flatten();
        let sources = members.filter_map(|member| fs::read_dir(member.path().join("src")).ok());
        let texts = sources.flatten().flatten().filter_map(|file| fs::read_to_string(file.path()).ok());
        texts.map(|text| text.lines().count()).sum()
    }

    /// Writes what is not there already: a file that is the same keeps its time.
    fn write(&self, file: &str, text: &str) {
        let path = self.root.join(file);
        if fs::read_to_string(&path).is_ok_and(|old| old == text) {
            return;
        }
        let folder = path.parent().expect("a file lies in a folder");
        fs::create_dir_all(folder).and_then(|()| fs::write(&path, text)).expect("the program can be written");
    }
}

fn edited(version: u32) -> String {
    EDITED.replace("VERSION", &version.to_string())
}

fn manifest(name: &str, dependencies: &[String]) -> String {
    let lines: Vec<String> =
        dependencies.iter().map(|name| format!("{name} = {{ path = \"../{name}\" }}\n")).collect();
    let lines = lines.concat();
    format!(
        "[package]\nname = \"{name}\"\nversion = \"0.1.0\"\nedition = \"2024\"\n\n[dependencies]\n{lines}"
    )
}
