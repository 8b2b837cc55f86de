//! Random edits of real files: whatever is edited, a breakpoint stays with its statement or says that it can't.
//!
//! What a statement is comes from the syntax tree, and where it went from the edit itself; the line maps have no
//! say in either.

use std::collections::{HashMap, HashSet};
use std::fmt::Write as _;
use std::io::Write as _;
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::sync::Arc;

use compat::Texts;
use quote::ToTokens;
use serde_json::Value;
use syn::spanned::Spanned;
use syn::visit::{Visit, visit_block, visit_impl_item_fn, visit_item_fn, visit_stmt};

use crate::sources::{Generation, Key, Sources};

/// Files with all that is usual, and how often each is edited.
const FILES: [&str; 5] = [
    "dap-adapter/src/breakpoints/mod.rs",
    "dap-adapter/src/session/stops.rs",
    "crates/remap/src/line_map.rs",
    "examples/plain/src/main.rs",
    "xtask/src/setup.rs",
];
const GENERATIONS: usize = 40;

/// A line, and the statement that begins there.
#[derive(Clone)]
struct Line {
    text: String,
    statement: Option<usize>,
}

/// A statement in the syntax tree: its line, and its tokens.
struct Found {
    line: usize,
    last: usize,
    tokens: String,
}

#[derive(Default)]
struct Statements {
    found: Vec<Found>,
    /// The first line of every statement, in the order of the tree.
    all: Vec<usize>,
    /// The functions: first line (with attributes and documentation) and last.
    functions: Vec<(usize, usize)>,
}

impl<'ast> Visit<'ast> for Statements {
    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let span = statement.span();
        let (line, last) = (span.start().line - 1, span.end().line - 1);
        self.all.push(line);
        // On one line, the first is what a breakpoint there is on.
        if self.found.iter().all(|found| found.line != line) {
            self.found.push(Found { line, last, tokens: statement.to_token_stream().to_string() });
        }
        visit_stmt(self, statement);
    }

    fn visit_item_fn(&mut self, function: &'ast syn::ItemFn) {
        let span = function.span();
        self.functions.push((span.start().line - 1, span.end().line - 1));
        visit_item_fn(self, function);
    }

    fn visit_impl_item_fn(&mut self, function: &'ast syn::ImplItemFn) {
        let span = function.span();
        self.functions.push((span.start().line - 1, span.end().line - 1));
        visit_impl_item_fn(self, function);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        visit_block(self, block);
    }
}

fn statements(text: &str) -> Option<Statements> {
    let mut statements = Statements::default();
    statements.visit_file(&syn::parse_file(text).ok()?);
    Some(statements)
}

/// A file that is edited.
struct Edited {
    lines: Vec<Line>,
    /// What stands at each line, by the tree.
    tree: Statements,
    next: usize,
    random: fastrand::Rng,
}

impl Edited {
    fn new(text: &str, seed: u64) -> Self {
        let tree = statements(text).expect("a file of this repository parses");
        let mut lines: Vec<Line> =
            text.lines().map(|line| Line { text: line.to_owned(), statement: None }).collect();
        for (id, found) in tree.found.iter().enumerate() {
            lines[found.line].statement = Some(id);
        }
        let next = tree.found.len();
        Self { lines, tree, next, random: fastrand::Rng::with_seed(seed) }
    }

    fn text(&self) -> String {
        self.lines.iter().fold(String::new(), |mut text, line| {
            let _ = writeln!(text, "{}", line.text);
            text
        })
    }

    /// One random edit, and which statement it changed inside; none where it would not parse.
    fn edit(&mut self) -> (&'static str, Option<usize>) {
        loop {
            let before = self.lines.clone();
            let (what, changed) = self.attempt();
            if let Some(tree) = statements(&self.text()) {
                self.tree = tree;
                return (what, changed);
            }
            self.lines = before;
        }
    }

    fn attempt(&mut self) -> (&'static str, Option<usize>) {
        let count = self.tree.found.len();
        let picked = self.random.usize(..count);
        let (line, last) = (self.tree.found[picked].line, self.tree.found[picked].last);
        match self.random.u8(..8) {
            7 => {
                self.reformat();
                ("a file that rustfmt laid out", None)
            }
            0 => {
                let number = self.random.u32(..);
                let new = ["", "// a comment", "    // another one"].map(|text| format!("{text}{number}"));
                let text = if number.is_multiple_of(3) {
                    String::new()
                } else {
                    new[number as usize % 2 + 1].clone()
                };
                self.lines.insert(line, Line { text, statement: None });
                ("a comment or an empty line", None)
            }
            1 => {
                let number = self.random.u32(..);
                let statement = Some(self.next);
                self.next += 1;
                self.lines.insert(line, Line { text: format!("let _fresh = {number};"), statement });
                ("a new statement", None)
            }
            2 => {
                self.lines.drain(line..=last);
                ("a deleted statement", None)
            }
            3 => {
                let (first, end) = self.function();
                let function: Vec<Line> = self.lines.drain(first..=end).collect();
                // To where another function of the same depth begins.
                let indent = |line: &Line| line.text.len() - line.text.trim_start().len();
                let depth = indent(&function[0]);
                let starts: Vec<usize> = (0..self.lines.len())
                    .filter(|at| indent(&self.lines[*at]) == depth && self.lines[*at].text.contains("fn "))
                    .collect();
                let to = starts.get(self.random.usize(..starts.len().max(1))).copied().unwrap_or(first);
                self.lines.splice(to..to, function);
                ("a moved function", None)
            }
            4 => {
                let (first, end) = self.function();
                for line in &mut self.lines[first..=end] {
                    line.text.insert_str(0, "    ");
                }
                ("an indented function", None)
            }
            5 => {
                let (first, end) = self.function();
                let number = self.random.u32(..);
                let name = self.lines[first..=end].iter_mut().find(|line| line.text.contains("fn "));
                if let Some(line) = name {
                    line.text = line.text.replacen("fn ", &format!("fn renamed_{number}_"), 1);
                }
                ("a renamed function", None)
            }
            _ => {
                let changed = self.lines[line].statement;
                let text = &self.lines[line].text;
                let number = self.random.u32(..);
                self.lines[line].text = match text.find(|character: char| character.is_ascii_digit()) {
                    Some(at) => format!("{}{number}{}", &text[..at], &text[at + 1..]),
                    None => text.replacen('(', &format!("(/* {number} */ "), 1),
                };
                ("an edited statement", changed)
            }
        }
    }

    /// The file in lines of another width. Statements stand in the tree in the order that they did; where rustfmt put
    /// one more block around an expression, nobody can tell which they are, and nothing is done.
    fn reformat(&mut self) {
        let width = [50, 70, 100, 140][self.random.usize(..4)];
        let text = rustfmt(&self.text(), width);
        let Some(tree) = statements(&text).filter(|tree| tree.all.len() == self.tree.all.len()) else {
            return;
        };
        let mut lines: Vec<Line> =
            text.lines().map(|line| Line { text: line.to_owned(), statement: None }).collect();
        let mut seen = HashSet::new();
        for (old, new) in self.tree.all.iter().zip(&tree.all) {
            let statement = self.lines[*old].statement.filter(|_| seen.insert(old));
            if tree.found.iter().any(|found| found.line == *new) && lines[*new].statement.is_none() {
                lines[*new].statement = statement;
            }
        }
        self.lines = lines;
    }

    fn function(&mut self) -> (usize, usize) {
        let picked = self.random.usize(..self.tree.functions.len());
        self.tree.functions[picked]
    }
}

fn rustfmt(text: &str, width: u32) -> String {
    let mut command = Command::new("rustfmt");
    command.args(["--edition", "2024", "--config", &format!("max_width={width}")]);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("rustfmt starts");
    let mut stdin = child.stdin.take().expect("it was asked for");
    let writer = std::thread::spawn({
        let text = text.to_owned();
        move || stdin.write_all(text.as_bytes())
    });
    let output = child.wait_with_output().expect("rustfmt ends");
    writer.join().expect("no panic").expect("rustfmt reads");
    String::from_utf8(output.stdout).expect("Rust is UTF-8")
}

/// Where each statement that began a line begins one now.
fn places(lines: &[Line]) -> HashMap<usize, usize> {
    let places = lines.iter().enumerate().filter_map(|(at, line)| Some((line.statement?, at)));
    places.collect()
}

fn tokens(tree: &Statements) -> HashMap<usize, &str> {
    tree.found.iter().map(|found| (found.line, found.tokens.as_str())).collect()
}

fn generation(number: u32, key: &Key, text: &Arc<str>) -> Generation {
    let texts = Texts::from([(Arc::clone(key), Arc::clone(text))]);
    Generation { number, program: lang_rust::program(&texts), texts, record: Value::Null }
}

#[test]
fn a_breakpoint_is_on_the_same_statement_after_every_edit() {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..");
    let (mut kept, mut lost) = (0, Vec::new());
    for (seed, file) in (0..).zip(FILES) {
        let text = std::fs::read_to_string(root.join(file)).expect("a file of this repository");
        let mut edited = Edited::new(&text, seed);
        let key: Key = file.into();
        let mut old: Arc<str> = edited.text().into();
        let mut sources = Sources::new("/work".into(), Vec::new(), generation(0, &key, &old));
        for number in 1..=GENERATIONS {
            let before = places(&edited.lines);
            let old_tree = statements(&old).expect("it parsed");
            let (what, changed) = edited.edit();
            let after = places(&edited.lines);
            let new: Arc<str> = edited.text().into();
            sources.push(generation(u32::try_from(number).expect("few"), &key, &new));
            let map = sources.map(&key, &old, &new);
            let (old_tokens, new_tokens) = (tokens(&old_tree), tokens(&edited.tree));
            for (id, line) in &before {
                let Some(statement) = old_tokens.get(line) else { continue };
                let at = map.forward(u32::try_from(*line).expect("a line")).exact().map(|line| line as usize);
                let there = after.get(id);
                let is_same = at.is_some_and(|at| {
                    // Of statements that read alike, nobody can tell which one was meant.
                    there == Some(&at) || (new_tokens.get(&at) == Some(statement) && !after.contains_key(id))
                });
                let context =
                    || format!("{file} {number}: {what}: line {line} `{statement}` is at {at:?}, {there:?}");
                match (at, there) {
                    (Some(_), _) if is_same => kept += 1,
                    (Some(at), _) if new_tokens.get(&at) == Some(statement) => kept += 1,
                    (Some(_), _) => panic!("on another statement: {}", context()),
                    (None, Some(_)) if changed != Some(*id) => lost.push(context()),
                    (None, _) => {}
                }
            }
            old = new;
        }
    }
    assert!(lost.is_empty(), "{} of {kept} lost:\n{}", lost.len(), lost.join("\n"));
}
