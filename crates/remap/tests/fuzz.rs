//! Whatever the input: no panic, nothing that runs for ever, and what was found leads back. `MIDFLIGHT_FUZZ` is how many
//! inputs of each kind are tried.

use std::path::Path;

use remap::{Anchor, LineMap, Mapped, PathRewrites, Position, SourceMap, column};

fn rounds(few: u64) -> u64 {
    std::env::var("MIDFLIGHT_FUZZ").ok().and_then(|rounds| rounds.parse().ok()).unwrap_or(few)
}

/// A few bytes of a text, changed.
fn mutated(text: &str, random: &mut fastrand::Rng) -> String {
    const PIECES: [&str; 12] =
        ["\"", "{", "}", "[", "]", ";", ",", "g", "AAAA", "-1", "99999999999", "\u{1f980}"];
    let mut letters: Vec<char> = text.chars().collect();
    for _ in 0..random.usize(1..6) {
        let at = random.usize(..=letters.len());
        match random.u8(..3) {
            0 if at < letters.len() => drop(letters.remove(at)),
            1 if at < letters.len() => {
                let to = random.usize(..letters.len());
                letters.swap(at, to);
            }
            _ => drop(letters.splice(at..at, PIECES[random.usize(..PIECES.len())].chars())),
        }
    }
    letters.into_iter().collect()
}

#[test]
fn source_maps() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/fixtures/ecma-426/resources");
    let files = std::fs::read_dir(folder).expect("the suite").flatten();
    let maps: Vec<String> = files
        .filter(|file| file.path().extension().is_some_and(|extension| extension == "map"))
        .filter_map(|file| std::fs::read_to_string(file.path()).ok())
        .collect();
    assert!(maps.len() > 50);
    let mut understood = 0;
    for seed in 0..rounds(20_000) {
        let mut random = fastrand::Rng::with_seed(seed);
        let text = mutated(&maps[random.usize(..maps.len())], &mut random);
        let Ok(map) = SourceMap::parse(&text) else { continue };
        understood += 1;
        for _ in 0..8 {
            let at = Position { line: random.u32(..4), column: random.u32(..40) };
            let Some(original) = map.original(at) else { continue };
            let back = map.generated(original.source, original.position);
            assert!(!back.is_empty(), "{seed}: {at:?} is from {original:?}, which is nowhere\n{text}");
            let again = map.original(back[0]).expect("a generated position has an original");
            assert_eq!(
                (again.source, again.position),
                (original.source, original.position),
                "{seed}: {text}"
            );
        }
        map.generated(random.usize(..3), Position { line: u32::MAX, column: u32::MAX });
    }
    assert!(understood > 0);
}

#[test]
fn line_maps() {
    const LINES: [&str; 9] = [
        "}",
        "",
        "    a(b, c);",
        "a(",
        "let speed = limit(first, second);",
        "second,",
        "\u{1f980}",
        "    }",
        "go();",
    ];
    for seed in 0..rounds(20_000) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut text = || {
            let lines = random.usize(..14);
            let pick = |_| LINES[random.usize(..LINES.len())];
            (0..lines).map(pick).collect::<Vec<_>>().join(if random.bool() { "\n" } else { "\r\n" })
        };
        let (old, new) = (text(), text());
        let mut range = || {
            let start = random.u32(..12);
            start..start + random.u32(..9)
        };
        let anchors: Vec<Anchor> = (0..3).map(|_| Anchor { old: range(), new: range() }).collect();
        let map = LineMap::anchored(&old, &new, &anchors);
        let (lines, there) = (old.lines().count(), new.lines().count());
        for line in 0..16 {
            if let Mapped::Exact(to) | Mapped::Near(to) = map.forward(line) {
                assert!((line as usize) < lines && (to as usize) < there, "{seed}: {line} is at {to}");
            }
            if let Mapped::Exact(from) | Mapped::Near(from) = map.backward(line) {
                assert!((line as usize) < there && (from as usize) < lines, "{seed}: {line} was at {from}");
            }
        }
        let (a, b) = (LINES[random.usize(..LINES.len())], LINES[random.usize(..LINES.len())]);
        for at in [0, 3, 9, u32::MAX] {
            let _ = column(a, b, at);
        }
    }
}

#[test]
fn path_rewrites() {
    const PREFIXES: [&str; 8] =
        ["/", "/src", "/src/a", "C:\\", "c:/Src", "\\\\host\\share", "\\\\HOST\\share\\x", "/\u{e9}"];
    for seed in 0..rounds(20_000) {
        let mut random = fastrand::Rng::with_seed(seed);
        let mut prefix = || PREFIXES[random.usize(..PREFIXES.len())];
        let pairs = [(prefix(), prefix()), (prefix(), prefix())];
        let rewrites = PathRewrites::new(pairs).expect("absolute prefixes");
        let path = mutated("/src/a/b.rs", &mut random);
        for path in [path.as_str(), "C:\\src\\b.rs", "/src2"] {
            if let Some(remote) = rewrites.to_remote(path) {
                assert!(rewrites.to_local(&remote).is_some(), "{seed}: {path} is {remote}, which is nowhere");
            }
        }
    }
}
