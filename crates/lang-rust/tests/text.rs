//! Any text: half-typed, hostile, huge. Nothing panics, ranges stay in the text, what can be read is read.

use std::time::{Duration, Instant};

use compat::{EngineKind, FileUnits, Flag, Program, Texts};

const SAMPLE: &str = include_str!("sample.txt");

fn read(text: &str) -> FileUnits {
    lang_rust::parse("src/lib.rs", "app", text, None)
}

fn edit(text: &str, last_good: &FileUnits) -> FileUnits {
    lang_rust::parse("src/lib.rs", "app", text, Some(last_good))
}

fn paths(file: &FileUnits) -> Vec<&str> {
    file.units().map(|placed| &*placed.unit.id.path).collect()
}

/// Every range lies in the text and on character boundaries.
#[track_caller]
fn check_ranges(text: &str, file: &FileUnits) {
    for placed in file.units() {
        let members = placed.unit.members.iter().map(|member| placed.place(&member.name_range));
        for range in [placed.range(), placed.name_range()].into_iter().chain(members) {
            // Stand-ins have the ranges of another text: they are squeezed, not placed.
            assert!(
                range.start <= range.end && range.end <= text.len(),
                "{range:?} of {}",
                placed.unit.id.path
            );
            let is_stale = placed.unit.flags.has(Flag::Stale);
            assert!(is_stale || text.get(range.clone()).is_some(), "{range:?} of {}", placed.unit.id.path);
        }
    }
    for problem in &file.problems {
        assert!(text.get(problem.range.clone()).is_some(), "{problem:?}");
    }
}

#[test]
fn every_beginning_of_a_file_can_be_read() {
    let whole = read(SAMPLE);
    assert_eq!(whole.problems, [], "the sample itself parses");
    for (end, _) in SAMPLE.char_indices() {
        let text = &SAMPLE[..end];
        check_ranges(text, &read(text));
        check_ranges(text, &edit(text, &whole));
    }
}

#[test]
fn every_file_with_a_character_missing_can_be_read_and_loses_little() {
    let whole = read(SAMPLE);
    let all = whole.unit_count();
    for (at, c) in SAMPLE.char_indices().step_by(7) {
        let text = format!("{}{}", &SAMPLE[..at], &SAMPLE[at + c.len_utf8()..]);
        let file = edit(&text, &whole);
        check_ranges(&text, &file);
        assert!(
            file.unit_count() + 12 >= all,
            "without {c:?} at {at} only {} of {all} are left",
            file.unit_count()
        );
    }
}

#[test]
fn names_are_where_they_are_written() {
    let text = "\u{feff}#!/usr/bin/env cargo\r\n// 🦀🦀\r\npub fn größe() -> &'static str {\r\n    \"🦀\"\r\n}\r\nstatic N: u8 = b'\\'';\r\n";
    let file = read(text);
    let names: Vec<_> = file.units().map(|placed| &text[placed.name_range()]).collect();
    assert_eq!(names, ["größe", "N"]);
    assert_eq!(file.problems, []);
}

#[test]
fn one_broken_function_does_not_hide_the_others() {
    let good = "fn a() {}\n\nfn b() { let x = 1; }\n\nimpl S {\n    fn m(&self) {}\n    fn n(&self) {}\n}\n\nfn c() {}\n";
    let before = read(good);
    for broken in [
        good.replace("let x = 1;", "let x = ;"),
        good.replace("let x = 1; }", "let x = 1;"),
        good.replace("let x = 1;", "let x = \"1;"),
        good.replace("fn b() {", "fn b( {"),
        good.replace("fn m(&self) {}", "fn m(&self) { if x {"),
        good.replace("fn m(&self) {}", "fn m(&self) { match }"),
        good.replace("fn b", "asdf\n\nfn b"),
    ] {
        let file = edit(&broken, &before);
        check_ranges(&broken, &file);
        assert!(!file.problems.is_empty(), "{broken}");
        let found = paths(&file);
        for path in paths(&before) {
            assert!(found.contains(&path), "{path} is hidden in\n{broken}\n{found:?}");
        }
    }
}

#[test]
fn the_last_good_tree_stands_in_and_says_so() {
    let before = read("fn a() {}\nfn b() {}\n");
    let broken = edit("fn a() { let }\nfn b() { 1; }\n", &before);
    let stale: Vec<_> = broken.units().filter(|placed| placed.unit.flags.has(Flag::Stale)).collect();
    assert_eq!(stale.len(), 1);
    assert_eq!(&*stale[0].unit.id.path, "app::a");
    assert_eq!(broken.problems[0].item.as_deref(), Some("app::a"));
    let repaired = edit("fn a() {}\nfn b() { 1; }\n", &broken);
    assert!(
        repaired.problems.is_empty() && repaired.units().all(|placed| !placed.unit.flags.has(Flag::Stale))
    );
}

#[test]
fn an_edit_shares_every_other_item_with_the_file_before() {
    let before = read(SAMPLE);
    let after = edit(&SAMPLE.replace("self.tick += 1;", "self.tick += 2;"), &before);
    let is_shared = |chunk: &compat::Chunk| {
        before.chunks.iter().any(|old| std::sync::Arc::ptr_eq(&old.units, &chunk.units))
    };
    let own: Vec<_> = after.chunks.iter().filter(|chunk| !is_shared(chunk)).collect();
    let read_again: Vec<_> =
        own.iter().flat_map(|chunk| chunk.units.iter()).map(|unit| &*unit.id.path).collect();
    assert_eq!(read_again, ["app::State::step"]);
}

#[test]
fn formatting_comments_and_order_are_no_change() {
    let compact = SAMPLE.replace("    ", "\t").replace('\n', "\r\n");
    let commented = SAMPLE.replace(" {\n", " { // and so on\n").replace("/// ", "/// Well: ");
    let linted = SAMPLE.replace("pub fn ", "#[must_use]\n    #[allow(clippy::all)]\n    pub fn ");
    let commas = SAMPLE.replace("f32,\n}", "f32\n}").replace("(&mut self)", "(\n        &mut self,\n    )");
    let (head, items) = SAMPLE.split_once("\n\n").expect("the sample has items");
    let mut items: Vec<String> =
        items.replace("\n\n    ", "\n    ").split("\n\n").map(str::to_owned).collect();
    items.reverse();
    let reordered = format!("{head}\n\n{}", items.join("\n\n"));
    for text in [compact, commented, linted, commas, reordered] {
        let changes = compat::compare(&program(SAMPLE), &program(&text), EngineKind::InPlace);
        assert!(
            changes.is_empty(),
            "{:?}\n{text}",
            changes.iter().map(|change| &change.message).collect::<Vec<_>>()
        );
    }
}

#[test]
fn ids_survive_edits_around_them() {
    let before = read(SAMPLE);
    let after = read(&format!("fn new_first() {{}}\n\n{SAMPLE}\n\nfn new_last() {{}}\n"));
    let (before, after) = (paths(&before), paths(&after));
    assert_eq!(before, after[1..after.len() - 1]);
}

fn program(text: &str) -> Program {
    lang_rust::program(&Texts::from([("src/lib.rs".into(), text.into())]))
}

#[test]
fn absurd_nesting_is_a_problem_and_not_a_crash() {
    for (open, middle, close) in [
        ("(", "1", ")"),
        ("[", "1", "]"),
        ("{", "1", "}"),
        ("-", "1", ""),
        ("!", "true", ""),
        ("&", "1", ""),
        ("1 + ", "1", ""),
        ("if x {} else ", "{}", ""),
        ("|| ", "1", ""),
        ("return ", "1", ""),
        ("f(", "1", ")"),
        ("x.f(|| ", "1", ")"),
        ("x = ", "1", ""),
        ("", "x", ".y"),
        ("", "x", "?"),
        ("", "x", "()"),
        ("", "x", "[0]"),
        ("<", "x", ""),
        ("match x { _ => ", "1", "}"),
        ("unsafe { ", "1", "}"),
        ("mod m { ", "", "}"),
        ("fn f() { ", "", "}"),
        ("impl X { fn f() { ", "", "} }"),
        ("#[a]", "1", ""),
        ("", "1", " as u8"),
        ("'a: loop { ", "", "}"),
    ] {
        for depth in [100, 1_000, 20_000] {
            let nested = format!("{}{middle}{}", open.repeat(depth), close.repeat(depth));
            for text in [format!("fn f() {{ {nested} }}\nfn g() {{}}\n"), format!("{nested}\nfn g() {{}}\n")]
            {
                let file = read(&text);
                check_ranges(&text, &file);
            }
        }
    }
    let types = format!("type T = {}u8{};\nfn g() {{}}\n", "Vec<".repeat(20_000), ">".repeat(20_000));
    assert!(paths(&read(&types)).contains(&"app::g"));
    let imports = format!("use {}a{};\nfn g() {{}}\n", "a::{".repeat(20_000), "}".repeat(20_000));
    assert!(paths(&read(&imports)).contains(&"app::g"));
    let patterns = format!("fn f() {{ let {}x = 1; }}\nfn g() {{}}\n", "&".repeat(20_000));
    assert!(paths(&read(&patterns)).contains(&"app::g"));
}

#[test]
fn a_large_file_is_read_and_an_edit_in_it_is_cheap() {
    let function = |n: usize| {
        format!("/// Adds {n}.\npub fn add_{n}(x: u64) -> u64 {{\n    // Plus.\n    x + {n}\n}}\n\n")
    };
    let text: String = (0..60_000).map(function).collect();
    assert!(text.len() > 4 << 20, "{} bytes", text.len());
    let started = Instant::now();
    let before = read(&text);
    let whole = started.elapsed();
    assert_eq!(before.unit_count(), 60_000);
    let started = Instant::now();
    let after = edit(&text.replacen("x + 30000", "x + 1", 1), &before);
    let one = started.elapsed();
    assert_eq!(after.unit_count(), 60_000);
    assert!(one < whole / 2, "{whole:?} for all, {one:?} for one");
}

#[test]
fn reading_takes_time_in_proportion_to_the_text() {
    // One broken item after another, unclosed brackets, quotes without end: nothing is scanned again and again.
    for piece in [
        "fn f( {\n",
        "impl X {\n",
        "\"",
        "/*",
        "r#\"",
        "{",
        "}",
        "<",
        "#[",
        "struct S { x: \n",
        "a::b!(",
        "mod m {\n",
    ] {
        let time = |count: usize| {
            let text = piece.repeat(count);
            let started = Instant::now();
            let file = read(&text);
            check_ranges(&text, &file);
            started.elapsed()
        };
        time(100);
        let (short, long) = (time(2_000), time(16_000));
        let limit = short * 8 * 6 + Duration::from_millis(400);
        assert!(long < limit, "{piece:?}: {short:?} for 2,000 and {long:?} for 16,000");
    }
}
