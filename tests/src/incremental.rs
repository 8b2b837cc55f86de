//! Following edits against reading anew.

use compat::{EngineKind, FileUnits, Program, Texts};

/// What a file holds besides the last good trees that stand in.
fn read_now(file: &FileUnits) -> Vec<String> {
    file.chunks.iter().filter(|chunk| !chunk.stale).map(|chunk| format!("{chunk:?}")).collect()
}

/// What is wrong with a file that was read on from an earlier text, beside the same text read anew.
pub fn file_differs(text: &str, read_on: &FileUnits, anew: &FileUnits) -> Option<&'static str> {
    let problems = |file: &FileUnits| -> Vec<_> {
        file.problems.iter().map(|problem| (problem.range.clone(), problem.message.clone())).collect()
    };
    if read_now(read_on) != read_now(anew) {
        return Some("other units");
    }
    if problems(read_on) != problems(anew) {
        return Some("other problems");
    }
    let mut ranges = read_on.units().flat_map(|placed| [placed.range(), placed.name_range()]);
    ranges.any(|range| text.get(range).is_none()).then_some("a unit is not within the text")
}

/// Whether everything parses: what does not is stood in for by the past, which reading anew has not seen.
pub fn is_whole(program: &Program) -> bool {
    program.files().all(|(_, file)| file.problems.is_empty())
}

/// What is wrong with a program that followed edits, beside the same texts read anew: every unit of `edited`, the keys of
/// all others, and, where everything parses, every change and verdict under every engine.
pub fn program_differs(base: &Program, followed: &Program, texts: &Texts, edited: &[&str]) -> Option<String> {
    let anew = lang_rust::program(texts);
    if followed.crates() != anew.crates() {
        return Some("other crates".to_owned());
    }
    let paths = |program: &Program| program.files().map(|(path, _)| path.clone()).collect::<Vec<_>>();
    if paths(followed) != paths(&anew) {
        return Some("other files".to_owned());
    }
    for (path, text) in texts {
        let (Some(one), Some(other)) = (followed.file(path), anew.file(path)) else { continue };
        let keys = |file: &FileUnits| {
            let now = file.chunks.iter().filter(|chunk| !chunk.stale);
            now.map(|chunk| (chunk.start, chunk.len, chunk.key)).collect::<Vec<_>>()
        };
        if one.module != other.module || keys(one) != keys(other) {
            return Some(format!("{path}: another module, or other units"));
        }
        if edited.contains(&&**path)
            && let Some(what) = file_differs(text, one, other)
        {
            return Some(format!("{path}: {what}"));
        }
    }
    if !is_whole(&anew) {
        return None;
    }
    EngineKind::ALL.into_iter().find_map(|engine| {
        let changes = [followed, &anew].map(|program| compat::compare(base, program, engine));
        let [one, other] =
            changes.map(|changes| changes.iter().map(|change| format!("{change:#?}")).collect::<Vec<_>>());
        let at = (0..one.len().max(other.len())).find(|at| one.get(*at) != other.get(*at))?;
        let [one, other] = [&one, &other].map(|changes| changes.get(at).map_or("none", String::as_str));
        Some(format!("{engine}: another change: {one}\n  anew: {other}"))
    })
}
