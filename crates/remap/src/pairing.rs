//! Which line of one list is which line of another: a diff, and within what it calls replaced the lines
//! that are alike enough to be one edited statement.

use similar::{Algorithm, DiffTag, TextDiff, capture_diff_slices};

/// How alike two lines must be to count as one statement that was edited (0 to 1; `similar`'s ratio).
const ALIKE: f32 = 0.6;
/// A replaced block with more pairs than this is not searched: it is a rewrite, not an edit, and the
/// search is quadratic.
const MOST_PAIRS: usize = 10_000;
/// Longer lines are generated text; comparing them letter by letter costs more than it tells.
const LONGEST_LINE: usize = 400;

/// Pairs of lines (old, new), in order, among the given ones. Texts come as trimmed lines.
pub(crate) fn pair(old: &[&str], old_lines: &[u32], new: &[&str], new_lines: &[u32]) -> Vec<(u32, u32)> {
    let before: Vec<&str> = old_lines.iter().map(|&line| old[line as usize]).collect();
    let after: Vec<&str> = new_lines.iter().map(|&line| new[line as usize]).collect();
    let mut pairs = Vec::new();
    for operation in capture_diff_slices(Algorithm::Histogram, &before, &after) {
        let (from, to) = (operation.old_range(), operation.new_range());
        match operation.tag() {
            DiffTag::Equal => pairs.extend(from.zip(to)),
            DiffTag::Replace => {
                let edited = pair_edited(&before[from.clone()], &after[to.clone()]);
                pairs.extend(edited.into_iter().map(|(a, b)| (from.start + a, to.start + b)));
            }
            DiffTag::Delete | DiffTag::Insert => {}
        }
    }
    pairs.into_iter().map(|(a, b)| (old_lines[a], new_lines[b])).collect()
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
    let says_something = |line: &str| line.chars().filter(|c| c.is_alphanumeric()).count() >= 3;
    if a.len().max(b.len()) > LONGEST_LINE || !says_something(a) || !says_something(b) {
        return 0.0;
    }
    let ratio = TextDiff::from_chars(a, b).ratio();
    if ratio >= ALIKE { ratio } else { 0.0 }
}
