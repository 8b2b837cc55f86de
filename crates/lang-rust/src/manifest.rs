//! A `Cargo.toml` in parts, by what a change of them does.

use toml::{Table, Value};

/// A part of a manifest: how its unit is called, the beginning of the line that shows it, and what it says.
pub(crate) struct Part {
    pub(crate) name: &'static str,
    heading: &'static str,
    pub(crate) says: Table,
}

/// Keys of a package that say nothing to the compiler, nor to the program by `env!`.
const FOR_REGISTRIES: [&str; 9] = [
    "autobenches",
    "autoexamples",
    "autotests",
    "categories",
    "documentation",
    "exclude",
    "include",
    "keywords",
    "publish",
];

/// Tables about warnings, and about programs that are no part of this one.
const NO_PART: [&str; 5] = ["badges", "bench", "example", "lints", "test"];

const DEPENDENCIES: [&str; 5] =
    ["build-dependencies", "dependencies", "dev-dependencies", "patch", "replace"];

/// The parts of a manifest. What is left is the last, under no name.
pub(crate) fn parts(mut manifest: Table) -> Vec<Part> {
    for name in NO_PART {
        manifest.remove(name);
    }
    in_table(&mut manifest, "workspace", |workspace| drop(take(workspace, &["lints"])));
    in_table(&mut manifest, "package", |package| drop(take(package, &FOR_REGISTRIES)));
    let mut dependencies = take(&mut manifest, &DEPENDENCIES);
    dependencies.extend(take(&mut manifest, &["target"]));
    let mut edition = Table::new();
    in_table(&mut manifest, "workspace", |workspace| {
        dependencies.insert("workspace".to_owned(), take(workspace, &["dependencies"]).into());
        in_table(workspace, "package", |package| {
            edition.insert("all".to_owned(), take(package, &["edition"]).into());
        });
    });
    in_table(&mut manifest, "package", |package| edition.extend(take(package, &["edition"])));
    let part = |name, heading, says| Part { name, heading, says };
    vec![
        part(" [dependencies]", "[dependencies", dependencies),
        part(" [features]", "[features", take(&mut manifest, &["features"])),
        part(" [profile]", "[profile", take(&mut manifest, &["profile"])),
        part(" [lib]", "[lib", take(&mut manifest, &["lib"])),
        part(" edition", "edition", edition),
        part("", "[package]", manifest),
    ]
}

impl Part {
    /// The line that shows it: the first that begins with its heading.
    pub(crate) fn line(&self, text: &str) -> std::ops::Range<usize> {
        let start = if text.starts_with(self.heading) {
            0
        } else {
            text.find(&format!("\n{}", self.heading)).map_or(0, |newline| newline + 1)
        };
        start..start + text[start..].lines().next().map_or(0, str::len)
    }
}

fn in_table(around: &mut Table, name: &str, change: impl FnOnce(&mut Table)) {
    if let Some(Value::Table(table)) = around.get_mut(name) {
        change(table);
    }
}

fn take(table: &mut Table, names: &[&str]) -> Table {
    names.iter().filter_map(|name| table.remove_entry(*name)).collect()
}
