//! The same texts through tree-sitter-rust, which parses and does nothing else.

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use midflight_tests::mutation::files_below;
use tree_sitter::{InputEdit, Parser, Point};

use super::milliseconds;
use super::typing::function_in;
use crate::at;
use crate::table::Table;

/// How many characters are typed.
const KEYSTROKES: usize = 200;

fn parser() -> Parser {
    let mut parser = Parser::new();
    parser.set_language(&tree_sitter_rust::LANGUAGE.into()).expect("the grammar fits the library");
    parser
}

pub(super) fn measure(folder: &Path, file: &Path, name: &str) {
    let files = files_below(&folder.join("crates"));
    let texts: Vec<String> = files.iter().filter_map(|path| std::fs::read_to_string(path).ok()).collect();
    let (next, started) = (AtomicUsize::new(0), Instant::now());
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(1, usize::from) {
            scope.spawn(|| {
                let mut parser = parser();
                while let Some(text) = texts.get(next.fetch_add(1, Ordering::Relaxed)) {
                    std::hint::black_box(parser.parse(text, None));
                }
            });
        }
    });
    Table::seen(name, "tree-sitter-rust: parse all, all cores", milliseconds(started));
    let taken = type_in(std::fs::read_to_string(file).expect("it was copied"));
    Table::seen(name, "tree-sitter-rust: reparse after a keystroke, median", at(taken.clone(), 50));
    Table::seen(name, "tree-sitter-rust: reparse after a keystroke, p99", at(taken, 99));
}

fn type_in(mut text: String) -> Vec<f64> {
    let mut parser = parser();
    let mut tree = parser.parse(&text, None).expect("no time limit was set");
    let row = usize::try_from(function_in(&text)).expect("a line of a file");
    let start: usize = text.split_inclusive('\n').take(row).map(str::len).sum();
    let mut taken = Vec::new();
    for typed in 0..KEYSTROKES {
        let at = start + typed;
        text.insert(at, ' ');
        let started = Instant::now();
        tree.edit(&InputEdit {
            start_byte: at,
            old_end_byte: at,
            new_end_byte: at + 1,
            start_position: Point::new(row, typed),
            old_end_position: Point::new(row, typed),
            new_end_position: Point::new(row, typed + 1),
        });
        tree = parser.parse(&text, Some(&tree)).expect("no time limit was set");
        taken.push(milliseconds(started));
    }
    taken
}
