//! Which line of one list is which line of another: a diff, and within what it calls replaced the lines with the
//! same words, however they are broken, and those that are alike enough to be one edited statement.

use std::ops::Range;

use similar::{Algorithm, DiffTag, TextDiff, capture_diff_slices};

use crate::tokens::pair_reflowed;

/// How alike two lines must be to count as one statement that was edited (0 to 1; `similar`'s ratio).
const ALIKE: f32 = 0.6;
/// A replaced block with more pairs than this is not searched: it is a rewrite, not an edit, and the
/// search is quadratic.
const MOST_PAIRS: usize = 10_000;
/// Longer lines are generated text; comparing them letter by letter costs more than it tells.
const LONGEST_LINE: usize = 400;

/// Pairs of lines (old, new), in order, among the given ones. Texts come as trimmed lines. A line may be in several
/// pairs: the first of them is where it begins.
pub(crate) fn pair(old: &[&str], old_lines: &[u32], new: &[&str], new_lines: &[u32]) -> Vec<(u32, u32)> {
    let before: Vec<&str> = old_lines.iter().map(|&line| old[line as usize]).collect();
    let after: Vec<&str> = new_lines.iter().map(|&line| new[line as usize]).collect();
    let mut pairs = Vec::new();
    for block in blocks(&before, &after) {
        let (from, to) = (block.old.start, block.new.start);
        if block.is_equal {
            pairs.extend(block.old.zip(block.new));
            continue;
        }
        let replaced = pair_replaced(&before[block.old.clone()], &after[block.new.clone()]);
        let mut found: Vec<_> = replaced.into_iter().map(|(a, b)| (from + a, to + b)).collect();
        for (a, b) in block.weak {
            let crosses = |&(x, y): &(usize, usize)| (x <= a && y >= b) || (x >= a && y <= b);
            if !found.iter().any(crosses) {
                found.push((a, b));
            }
        }
        found.sort_unstable();
        pairs.extend(found);
    }
    pairs.into_iter().map(|(a, b)| (old_lines[a], new_lines[b])).collect()
}

/// Lines that are equal, or that replace each other.
struct Block {
    is_equal: bool,
    old: Range<usize>,
    new: Range<usize>,
    /// Equal lines between what was replaced that say too little to hold it apart: a brace.
    weak: Vec<(usize, usize)>,
}

impl Block {
    fn is_searched(&self, old_end: usize, new_end: usize) -> bool {
        (old_end - self.old.start) * (new_end - self.new.start) <= MOST_PAIRS
    }
}

fn blocks(before: &[&str], after: &[&str]) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    for operation in capture_diff_slices(Algorithm::Histogram, before, after) {
        let (old, new) = (operation.old_range(), operation.new_range());
        let is_equal = operation.tag() == DiffTag::Equal;
        let is_weak = is_equal && old.clone().all(|line| !says_something(before[line]));
        match blocks.last_mut() {
            Some(last) if !last.is_equal && (is_weak || !is_equal) && last.is_searched(old.end, new.end) => {
                if is_weak {
                    last.weak.extend(old.clone().zip(new.clone()));
                }
                (last.old.end, last.new.end) = (old.end, new.end);
            }
            _ => blocks.push(Block { is_equal, old, new, weak: Vec::new() }),
        }
    }
    blocks
}

/// The lines with the same words, and between them those that are alike.
fn pair_replaced(before: &[&str], after: &[&str]) -> Vec<(usize, usize)> {
    let reflowed = pair_reflowed(before, after);
    let (mut pairs, mut from, mut to) = (Vec::new(), 0, 0);
    for (old, new) in reflowed.into_iter().chain([(before.len(), after.len())]) {
        if from < old && to < new {
            let between = pair_edited(&before[from..old], &after[to..new]);
            pairs.extend(between.into_iter().map(|(a, b)| (from + a, to + b)));
        }
        pairs.push((old, new));
        (from, to) = (old + 1, new + 1);
    }
    pairs.pop();
    pairs
}

/// The pairs of alike lines that are most alike together without crossing each other.
fn pair_edited(before: &[&str], after: &[&str]) -> Vec<(usize, usize)> {
    let (rows, columns) = (before.len(), after.len());
    if rows * columns > MOST_PAIRS {
        return Vec::new();
    }
    // best[i][j]: the greatest sum of likeness among before[i..] and after[j..].
    let mut best = vec![vec![0.0_f32; columns + 1]; rows + 1];
    let mut alike = vec![vec![0.0_f32; columns]; rows];
    for i in (0..rows).rev() {
        for j in (0..columns).rev() {
            alike[i][j] = likeness(before[i], after[j]);
            let skip = best[i + 1][j].max(best[i][j + 1]);
            best[i][j] = if alike[i][j] > 0.0 { skip.max(best[i + 1][j + 1] + alike[i][j]) } else { skip };
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < rows && j < columns {
        if best[i][j] <= best[i + 1][j] {
            i += 1;
        } else if best[i][j] <= best[i][j + 1] {
            j += 1;
        } else {
            pairs.push((i, j));
            (i, j) = (i + 1, j + 1);
        }
    }
    pairs
}

/// How alike two different lines are; 0 where they are not one statement.
fn likeness(a: &str, b: &str) -> f32 {
    if a.len().max(b.len()) > LONGEST_LINE || !says_something(a) || !says_something(b) {
        return 0.0;
    }
    let ratio = TextDiff::from_chars(a, b).ratio();
    if ratio >= ALIKE { ratio } else { 0.0 }
}

fn says_something(line: &str) -> bool {
    line.chars().filter(|c| c.is_alphanumeric()).count() >= 3
}
