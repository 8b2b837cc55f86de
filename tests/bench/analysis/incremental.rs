//! A ten-line edit against the whole, without a server around it.

use std::path::Path;
use std::time::Instant;

use compat::EngineKind;

use super::milliseconds;
use super::typing::function_in;
use crate::at;
use crate::table::Table;

/// How often the edit is made and taken back.
const ROUNDS: usize = 20;

/// How many times faster than the whole, and what share of the units stays as it was.
const FASTER: f64 = 500.0;
const REUSED: f64 = 99.9;

pub(super) fn measure(folder: &Path, file: &Path, name: &str, table: &mut Table) {
    let tree = baseline::read_tree(folder, &lang_rust::is_source).expect("it was written");
    let started = Instant::now();
    let before = lang_rust::program(&tree.texts);
    let full = milliseconds(started);
    before.prepare();
    let path = file.strip_prefix(folder).expect("it is below").to_string_lossy().into_owned();
    let text = &tree.texts[path.as_str()];
    let edited = ten_lines(text);
    let mut program = before.clone();
    let mut taken = Vec::new();
    for _ in 0..ROUNDS {
        for text in [edited.as_str(), text] {
            let started = Instant::now();
            lang_rust::revise(&mut program, &path, Some(text));
            let changes = compat::compare_file(&before, &program, &path, EngineKind::InPlace);
            taken.push(milliseconds(started));
            assert_eq!(changes.is_empty(), text == &**tree.texts.get(path.as_str()).expect("it is there"));
        }
    }
    let edit = at(taken, 50);
    Table::seen(name, "full analysis, all cores", full);
    Table::seen(name, "ten-line edit, median", edit);
    let faster = full / edit;
    table.judged(
        name,
        "ten-line edit against full analysis",
        &format!("{faster:.0} times"),
        "≥ 500",
        faster >= FASTER,
    );
    let mut texts = tree.texts.clone();
    texts.insert(path.as_str().into(), edited.as_str().into());
    let after = lang_rust::reparse(&before, &path, &edited);
    let units = lang_rust::report_of((&tree.texts, &before), (&texts, &after), None).units;
    let [reused, total] =
        [units.reused, units.total].map(|count| u32::try_from(count).map_or(f64::NAN, f64::from));
    let share = 100.0 * reused / total;
    let told = format!("{share:.4} %");
    table.judged(name, "units reused after it", &told, "≥ 99.9 %", share >= REUSED);
}

/// Ten lines more in a function.
fn ten_lines(text: &str) -> String {
    let at = usize::try_from(function_in(text)).expect("a line of a file");
    let mut lines: Vec<&str> = text.lines().collect();
    lines.splice(at..at, ["let _ = 1 + 2;"; 10]);
    lines.join("\n") + "\n"
}
