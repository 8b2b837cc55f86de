//! Arbitrary and mutated text, and streams of edits, through everything that looks at text while somebody types.
//!
//! What counts as found: a panic, a difference between following edits and reading anew, a range that is not within the
//! text, and time that grows faster than the text.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use compat::{EngineKind, Program, Texts};
use fastrand::Rng;
use rustix::time::{ClockId, clock_gettime};

use crate::incremental::file_differs;
use crate::mutation::{TYPED, edited, files, reworked};

/// So many real files are mutated.
const FILES: usize = 400;

/// Edits of one file one after the other.
const STREAM: usize = 12;

/// Longer texts are begun anew: text that grows without end tests nothing but patience.
const LONGEST: usize = 200_000;

/// A text of this size, and how many times longer it is made to see how time grows.
const SHORT: usize = 16_000;
const LONGER: u32 = 6;

/// Time may grow so many times faster than the text: caches and allocators have their steps, a square has 6.
const GROWTH: f64 = 3.0;

/// Shorter times say nothing.
const TELLING: Duration = Duration::from_millis(300);

/// What a run came to.
#[derive(Debug, Default)]
pub struct Outcome {
    /// Texts that were looked at.
    pub texts: usize,
    /// How many of these parsed whole.
    pub whole: usize,
    /// What was found: the seed of the case, what it is, and where its text lies.
    pub found: Vec<String>,
}

/// Fuzzes for so long; `seed` is that of the first case, and the others follow it. What is found is kept in `folder`.
pub fn run(time: Duration, seed: u64, folder: &Path, mut tell: impl FnMut(&str)) -> Outcome {
    std::fs::create_dir_all(folder).expect("the folder can be made");
    let files = files(FILES);
    let (mut outcome, started, mut told) = (Outcome::default(), Instant::now(), Instant::now());
    let mut case = seed;
    while started.elapsed() < time {
        let mut fuzzer = Fuzzer {
            rng: Rng::with_seed(case),
            files: &files,
            text: folder.join("last.rs"),
            outcome: &mut outcome,
        };
        let found = catch_unwind(AssertUnwindSafe(|| fuzzer.case()));
        let found = found.unwrap_or_else(|_| Some("a panic".to_owned()));
        if let Some(what) = found {
            let kept = folder.join(format!("{case}.rs"));
            let _ = std::fs::copy(folder.join("last.rs"), &kept);
            let line = format!("seed {case}: {what}; the text is in {}", kept.display());
            tell(&line);
            outcome.found.push(line);
        }
        case += 1;
        if told.elapsed() > Duration::from_mins(1) {
            told = Instant::now();
            let Outcome { texts, whole, found } = &outcome;
            let seconds = started.elapsed().as_secs();
            tell(&format!("{seconds} s: {texts} texts, {whole} parse whole, {} found", found.len()));
        }
    }
    outcome
}

struct Fuzzer<'a> {
    rng: Rng,
    files: &'a [(PathBuf, String)],
    /// Where the text of the moment is kept: a stack that overflows tells nothing any more.
    text: PathBuf,
    outcome: &'a mut Outcome,
}

impl Fuzzer<'_> {
    fn case(&mut self) -> Option<String> {
        match self.rng.u8(..8) {
            0 => self.long(),
            1 => {
                let (one, other) = (self.soup(400), self.soup(400));
                self.stream(&one, &other)
            }
            2 => {
                let (one, other) = (self.bytes(600), self.bytes(600));
                self.stream(&one, &other)
            }
            _ => {
                let files = self.files;
                let one = &files[self.rng.usize(..files.len())].1;
                let other = &files[self.rng.usize(..files.len())].1;
                self.stream(one, other)
            }
        }
    }

    /// A file that is edited on and on.
    fn stream(&mut self, original: &str, other: &str) -> Option<String> {
        let base = program(original);
        let mut program = base.clone();
        let mut text = original.to_owned();
        for _ in 0..STREAM {
            let rng = &mut self.rng;
            text = match rng.u8(..8) {
                _ if text.len() > LONGEST => original.to_owned(),
                0 => original.to_owned(),
                1 | 2 => reworked(&text, rng),
                _ => edited(&text, other, rng),
            };
            if let Some(what) = self.follow(&base, &mut program, original, &text) {
                return Some(what);
            }
        }
        None
    }

    fn follow(
        &mut self,
        base: &Program,
        program: &mut Program,
        original: &str,
        text: &str,
    ) -> Option<String> {
        self.keep(text);
        *program = lang_rust::reparse(program, "src/lib.rs", text);
        let anew = lang_rust::parse("src/lib.rs", "lib", text, None);
        self.outcome.texts += 1;
        self.outcome.whole += usize::from(anew.problems.is_empty());
        if let Some(what) = file_differs(text, program.file("src/lib.rs")?, &anew) {
            return Some(format!("following and reading anew: {what}"));
        }
        let engine = EngineKind::ALL[self.rng.usize(..EngineKind::ALL.len())];
        let [old, new] = [original, text].map(texts);
        let report = lang_rust::report_of((&old, base), (&new, program), Some(engine));
        let outside = report.changes.iter().find(|change| text.get(change.bytes.clone()).is_none());
        if let Some(change) = outside {
            return Some(format!("{}: a change is not within the text", change.code));
        }
        let map = remap::LineMap::between(original, text);
        let lines = u32::try_from(text.lines().count()).unwrap_or(u32::MAX);
        let beyond = (0..40).filter_map(|line| map.forward(line).exact()).find(|line| *line > lines);
        beyond.map(|line| format!("a line of the baseline is at line {line} of {lines}"))
    }

    /// How time grows with the text: some piece of text again and again, broken or not.
    fn long(&mut self) -> Option<String> {
        let piece = match self.rng.u8(..3) {
            0 => self.soup(12),
            1 => self.bytes(40),
            _ => {
                let files = self.files;
                let text = &files[self.rng.usize(..files.len())].1;
                let from = text.floor_char_boundary(self.rng.usize(..text.len()));
                let to = text.floor_char_boundary((from + self.rng.usize(1..400)).min(text.len()));
                text[from..to].to_owned()
            }
        };
        let piece = if piece.is_empty() { "fn a() {}\n".to_owned() } else { piece };
        let short = piece.repeat(SHORT.div_ceil(piece.len()));
        let long = short.repeat(LONGER as usize);
        self.keep(&long);
        let (one, other) = (taken(&short), taken(&long));
        let growth = other.as_secs_f64() / one.as_secs_f64().max(1e-4) / f64::from(LONGER);
        if other < TELLING || growth < GROWTH {
            return None;
        }
        // Once more: something else may have run beside it.
        let growth = taken(&long).as_secs_f64() / taken(&short).as_secs_f64().max(1e-4) / f64::from(LONGER);
        (growth >= GROWTH).then(|| {
            format!(
                "{LONGER} times the text takes {:.0} times as long: {one:?}, {other:?}",
                growth * f64::from(LONGER)
            )
        })
    }

    /// Words and brackets of the language in any order.
    fn soup(&mut self, most: usize) -> String {
        const WORDS: [&str; 30] = [
            "pub ",
            "fn f",
            "struct S",
            "enum E",
            "trait T",
            "impl S",
            "impl<T> T for ",
            "where ",
            "type A = ",
            "const C: u8 = ",
            "static S: u8 = ",
            "mod m",
            "use a::{b, c}",
            "macro_rules! m",
            "=> ",
            "-> ",
            "::",
            "async ",
            "unsafe ",
            "extern \"C\" ",
            "match x ",
            "|a| a",
            "'a ",
            "'a'",
            "b\"\\\"\"",
            "r##\"",
            "#![a]",
            "/* ",
            "// \n",
            "&mut ",
        ];
        let count = self.rng.usize(1..most);
        let pick = |rng: &mut Rng| {
            if rng.bool() { WORDS[rng.usize(..WORDS.len())] } else { TYPED[rng.usize(..TYPED.len())] }
        };
        (0..count).map(|_| pick(&mut self.rng)).collect()
    }

    fn bytes(&mut self, most: usize) -> String {
        let count = self.rng.usize(1..most);
        let is_ascii = self.rng.bool();
        let byte = |rng: &mut Rng| if is_ascii { rng.u8(9..127) } else { rng.u8(..) };
        let bytes: Vec<u8> = (0..count).map(|_| byte(&mut self.rng)).collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    fn keep(&self, text: &str) {
        let _ = std::fs::write(&self.text, text);
    }
}

/// What reading a text, and comparing it with an edited one, takes of all processors.
fn taken(text: &str) -> Duration {
    let now = || {
        let time = clock_gettime(ClockId::ProcessCPUTime);
        Duration::new(time.tv_sec.unsigned_abs(), u32::try_from(time.tv_nsec).unwrap_or(0))
    };
    let started = now();
    let before = program(text);
    let edited = format!("fn first() {{}}\n{text}");
    let after = lang_rust::reparse(&before, "src/lib.rs", &edited);
    std::hint::black_box(compat::compare(&before, &after, EngineKind::InPlace));
    std::hint::black_box(remap::LineMap::between(text, &edited));
    now().saturating_sub(started)
}

fn texts(text: &str) -> Texts {
    let manifest = "[package]\nname = \"lib\"\nversion = \"0.1.0\"\n";
    [("Cargo.toml".into(), manifest.into()), ("src/lib.rs".into(), text.into())].into()
}

fn program(text: &str) -> Program {
    lang_rust::program(&texts(text))
}
