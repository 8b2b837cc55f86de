//! Lines that were broken or joined: the same words on other lines, as a formatter leaves them.

use similar::{Algorithm, DiffTag, capture_diff_slices};

/// Comparing two lists of words is quadratic where they have nothing in common.
const MOST_PAIRS: usize = 4_000_000;

/// The words of some lines, and the line that each is on.
struct Words<'a> {
    words: Vec<&'a str>,
    lines: Vec<usize>,
}

impl<'a> Words<'a> {
    fn of(lines: &[&'a str]) -> Self {
        let mut found = Self { words: Vec::new(), lines: Vec::new() };
        for (index, line) in lines.iter().enumerate() {
            let words = words(line).filter(|word| !is_optional(word));
            found.words.extend(words);
            found.lines.resize(found.words.len(), index);
        }
        found
    }

    /// The words of a line, by index.
    fn on(&self, line: usize) -> std::ops::Range<usize> {
        self.lines.partition_point(|on| *on < line)..self.lines.partition_point(|on| *on <= line)
    }
}

/// Names and numbers are words, and so is each other character.
fn words(line: &str) -> impl Iterator<Item = &str> {
    let is_letter = |character: char| character.is_alphanumeric() || character == '_';
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        let first = rest.chars().next()?;
        let end = if is_letter(first) {
            rest.find(|character| !is_letter(character)).unwrap_or(rest.len())
        } else {
            first.len_utf8()
        };
        let (word, after) = rest.split_at(end);
        rest = after;
        Some(word)
    })
}

/// What a formatter adds and removes where it breaks lines.
fn is_optional(word: &str) -> bool {
    matches!(word, "," | "{" | "}")
}

/// Pairs of lines (old, new), in order, of which one has the other's first word. A line that was broken is paired
/// with each of its parts, and so is one that several were joined to.
pub(crate) fn pair_reflowed(before: &[&str], after: &[&str]) -> Vec<(usize, usize)> {
    let (old, new) = (Words::of(before), Words::of(after));
    if old.words.len() * new.words.len() > MOST_PAIRS {
        return Vec::new();
    }
    let mut to_new = vec![None; old.words.len()];
    let mut to_old = vec![None; new.words.len()];
    for operation in capture_diff_slices(Algorithm::Myers, &old.words, &new.words) {
        if operation.tag() == DiffTag::Equal {
            for (from, to) in operation.old_range().zip(operation.new_range()) {
                (to_new[from], to_old[to]) = (Some(to), Some(from));
            }
        }
    }
    // Where nothing but the lines changed, even a single letter is known by its place.
    let is_pure = to_new.iter().chain(&to_old).all(Option::is_some);
    let mut pairs: Vec<(usize, usize)> = Vec::new();
    for line in 0..before.len() {
        let place = whole(&old, line, &to_new, is_pure).map(|word| new.lines[word]);
        pairs.extend(place.map(|place| (line, place)));
    }
    for line in 0..after.len() {
        let place = whole(&new, line, &to_old, is_pure).map(|word| old.lines[word]);
        pairs.extend(place.map(|place| (place, line)));
    }
    pairs.sort_unstable();
    pairs.dedup();
    in_order(&pairs)
}

/// Where the first word of a line is, if all of its words are found together.
fn whole(words: &Words<'_>, line: usize, places: &[Option<usize>], is_pure: bool) -> Option<usize> {
    let range = words.on(line);
    let letters = words.words[range.clone()].iter().map(|word| word.len()).sum::<usize>();
    if range.is_empty() || (!is_pure && letters < 6) {
        return None;
    }
    let found: Option<Vec<usize>> = places[range].iter().copied().collect();
    let found = found?;
    let (first, last) = (*found.first()?, *found.last()?);
    (last - first < found.len() + 2).then_some(first)
}

/// The pairs that cross none before them.
fn in_order(pairs: &[(usize, usize)]) -> Vec<(usize, usize)> {
    let mut kept: Vec<(usize, usize)> = Vec::new();
    for &(old, new) in pairs {
        if kept.last().is_none_or(|&(_, last)| last <= new) {
            kept.push((old, new));
        }
    }
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[(usize, usize)]) {
        let [before, after] = [before, after].map(|text| text.lines().map(str::trim).collect::<Vec<_>>());
        assert_eq!(pair_reflowed(&before, &after), expected, "{before:?} {after:?}");
    }

    #[test]
    fn a_line_that_was_broken_is_where_it_begins() {
        check(
            "let speed = limit(first, second);",
            "let speed =\n    limit(\n        first,\n        second,\n    );",
            &[(0, 0), (0, 1), (0, 2), (0, 3), (0, 4)],
        );
    }

    #[test]
    fn lines_that_were_joined_are_on_the_one_line() {
        check(
            "call(\n    a,\n    b,\n);\nx();",
            "call(a, b);\nx();",
            &[(0, 0), (1, 0), (2, 0), (3, 0), (4, 1)],
        );
    }

    #[test]
    fn what_is_not_all_there_is_no_pair() {
        check("let speed = limit(first);", "let speed = other(\n    fastest,\n);", &[]);
        check("", "a();", &[]);
    }
}
