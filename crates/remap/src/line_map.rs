//! The map from the lines of an old text to those of a new one, and back.

use std::ops::Range;

use crate::pairing;

/// What became of a line. Lines count from 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mapped {
    /// The same statement stands on this line: unchanged, re-indented, or edited in place.
    Exact(u32),
    /// The statement is gone; this is the nearest line after it (else before it) that survived.
    Near(u32),
    /// Nothing around it survived either.
    Gone,
}

impl Mapped {
    /// The line of the same statement, if there is one.
    pub fn exact(self) -> Option<u32> {
        match self {
            Self::Exact(line) => Some(line),
            Self::Near(_) | Self::Gone => None,
        }
    }

    /// The best line to show: the statement's own, else the nearest that survived.
    pub fn nearest(self) -> Option<u32> {
        match self {
            Self::Exact(line) | Self::Near(line) => Some(line),
            Self::Gone => None,
        }
    }
}

/// One unit (function, type, …) that both texts have: its lines there and here.
///
/// Anchors keep a line inside its unit: a `}` or a `return None;` never maps into another function, and
/// a function that was moved takes its lines along.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Anchor {
    /// The unit's lines in the old text.
    pub old: Range<u32>,
    /// The unit's lines in the new text.
    pub new: Range<u32>,
}

/// The lines of two texts, related in both directions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LineMap {
    forward: Vec<Option<u32>>,
    backward: Vec<Option<u32>>,
    identity: bool,
}

impl LineMap {
    /// Relates two texts by their lines alone.
    pub fn between(old: &str, new: &str) -> Self {
        Self::anchored(old, new, &[])
    }

    /// Relates two texts unit by unit, and what lies outside all units by its lines.
    ///
    /// Anchors may nest (a method within its `impl`): the innermost owns a line. Ranges that reach
    /// beyond a text are cut.
    pub fn anchored(old: &str, new: &str, anchors: &[Anchor]) -> Self {
        let (old, new) = (lines(old), lines(new));
        let mut map =
            Self { forward: vec![None; old.len()], backward: vec![None; new.len()], identity: false };
        if old == new {
            map.identity = true;
            map.forward = (0..).take(old.len()).map(Some).collect();
            map.backward.clone_from(&map.forward);
            return map;
        }
        let old_groups = grouped(&innermost(old.len(), anchors.iter().map(|a| &a.old)), anchors.len());
        let new_groups = grouped(&innermost(new.len(), anchors.iter().map(|a| &a.new)), anchors.len());
        for (old_lines, new_lines) in old_groups.iter().zip(&new_groups) {
            for (from, to) in pairing::pair(&old, old_lines, &new, new_lines) {
                // A line that was broken is where it begins, and so is one that was joined to others.
                map.forward[from as usize].get_or_insert(to);
                map.backward[to as usize].get_or_insert(from);
            }
        }
        map
    }

    /// Whether both texts have the same lines, so that every line maps to itself.
    pub fn is_identity(&self) -> bool {
        self.identity
    }

    /// Where a line of the old text stands in the new one.
    pub fn forward(&self, line: u32) -> Mapped {
        look_up(&self.forward, line)
    }

    /// Where a line of the new text stood in the old one.
    pub fn backward(&self, line: u32) -> Mapped {
        look_up(&self.backward, line)
    }
}

/// Where a column of a line stands in the line that it became; both in UTF-16 code units, from 0.
///
/// Indentation counts for nothing, what both lines begin or end with stays with its letters, and what is between
/// is where the change begins.
#[must_use]
pub fn column(old: &str, new: &str, column: u32) -> u32 {
    let indent = |line: &str| line.len() - line.trim_start().len();
    let ((blank_old, old), (blank_new, new)) = (old.split_at(indent(old)), new.split_at(indent(new)));
    let units = |text: &str| text.trim_end().encode_utf16().collect::<Vec<u16>>();
    let (old, new) = (units(old), units(new));
    let number = |units: usize| u32::try_from(units).unwrap_or(u32::MAX);
    // Blanks are one unit each.
    let (indent_old, indent_new) = (blank_old.chars().count(), blank_new.chars().count());
    let Some(at) = (column as usize).checked_sub(indent_old) else {
        return column.min(number(indent_new));
    };
    let same_start = old.iter().zip(&new).take_while(|(a, b)| a == b).count();
    if at <= same_start {
        return number(indent_new + at);
    }
    let most = old.len().min(new.len()) - same_start;
    let same_end = old.iter().rev().zip(new.iter().rev()).take(most).take_while(|(a, b)| a == b).count();
    if at + same_end >= old.len() {
        // Beyond the end stays beyond it.
        return number(indent_new + new.len() + at - old.len());
    }
    number(indent_new + same_start)
}

fn lines(text: &str) -> Vec<&str> {
    text.lines().map(str::trim).collect()
}

/// For each line the innermost range that holds it.
fn innermost<'a>(lines: usize, ranges: impl Iterator<Item = &'a Range<u32>>) -> Vec<Option<usize>> {
    let mut by_size: Vec<_> = ranges.enumerate().collect();
    by_size.sort_by_key(|(_, range)| std::cmp::Reverse(range.end.saturating_sub(range.start)));
    let mut innermost = vec![None; lines];
    for (index, range) in by_size {
        let end = (range.end as usize).min(lines);
        let start = (range.start as usize).min(end);
        innermost[start..end].fill(Some(index));
    }
    innermost
}

/// The lines that are innermost in each of so many ranges; the last entry holds those in none.
fn grouped(innermost: &[Option<usize>], ranges: usize) -> Vec<Vec<u32>> {
    let mut groups = vec![Vec::new(); ranges + 1];
    for (line, range) in (0..).zip(innermost) {
        groups[range.unwrap_or(ranges)].push(line);
    }
    groups
}

fn look_up(table: &[Option<u32>], line: u32) -> Mapped {
    let Some(&entry) = table.get(line as usize) else { return Mapped::Gone };
    if let Some(line) = entry {
        return Mapped::Exact(line);
    }
    let (before, after) = table.split_at(line as usize);
    let after = after.iter().flatten().next();
    let before = before.iter().rev().flatten().next();
    after.or(before).map_or(Mapped::Gone, |&line| Mapped::Near(line))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `(old line, new line)` of each marked line: `a` marks one in the old text, `b` its place in the new.
    #[track_caller]
    fn check(old: &str, new: &str, expected: &[(u32, Mapped)]) {
        let map = LineMap::between(old, new);
        for &(line, mapped) in expected {
            assert_eq!(map.forward(line), mapped, "line {line} of\n{old}\nin\n{new}");
            if let Mapped::Exact(there) = mapped {
                assert_eq!(map.backward(there), Mapped::Exact(line), "back from line {there}");
            }
        }
    }

    #[test]
    fn equal_texts_map_to_themselves() {
        let map = LineMap::between("a\nb\n", "a\nb\n");
        assert!(map.is_identity());
        assert_eq!(map.forward(1), Mapped::Exact(1));
        assert_eq!(map.forward(2), Mapped::Gone);
    }

    #[test]
    fn crlf_and_indentation_are_not_differences() {
        check("if x {\r\nstep();\r\n}\r\n", "if x {\n    step();\n}\n", &[(1, Mapped::Exact(1))]);
    }

    #[test]
    fn columns_stay_with_their_letters() {
        assert_eq!(column("    a(b, c);", "        a(b, c);", 9), 13, "re-indented");
        assert_eq!(column("\ta(b, c);", "    a(b, c);", 3), 6, "a tab is one letter");
        assert_eq!(column("    a(1, c);", "    a(1000, c);", 9), 12, "after the change");
        assert_eq!(column("    a(1, c);", "    a(1000, c);", 6), 6, "before it");
        assert_eq!(column("    a(two, c);", "    a(x, c);", 7), 6, "inside of it");
        assert_eq!(column("    f(\"🦀\", c);", "  f(\"🦀\", c);", 12), 10, "UTF-16: a crab is two");
        assert_eq!(column("    a();", "a();", 2), 0, "in the indentation");
        assert_eq!(column("a();", "  a();", 9), 11, "beyond the end");
    }

    #[test]
    fn a_statement_that_was_broken_is_where_it_begins() {
        let old = "fn f() {\n    let speed = limit(first, second);\n    go(speed);\n}\n";
        let new =
            "fn f() {\n    let speed = limit(\n        first,\n        second,\n    );\n    go(speed);\n}\n";
        check(old, new, &[(1, Mapped::Exact(1)), (2, Mapped::Exact(5))]);
        let back = LineMap::between(new, old);
        assert_eq!([1, 2, 3, 4].map(|line| back.forward(line)), [Mapped::Exact(1); 4]);
    }

    #[test]
    fn insertions_above_move_a_line_down() {
        check(
            "fn f() {\n    step();\n}\n",
            "fn f() {\n    a();\n    b();\n    step();\n}\n",
            &[(0, Mapped::Exact(0)), (1, Mapped::Exact(3)), (2, Mapped::Exact(4))],
        );
    }

    #[test]
    fn a_deleted_statement_is_near_its_successor() {
        check("a();\nb();\nc();\n", "a();\nc();\n", &[(1, Mapped::Near(1)), (2, Mapped::Exact(1))]);
    }

    #[test]
    fn an_edited_statement_is_still_that_statement() {
        check(
            "let speed = 10 * factor;\nmove_by(speed);\n",
            "log();\nlet speed = 25 * factor;\nmove_by(speed);\n",
            &[(0, Mapped::Exact(1)), (1, Mapped::Exact(2))],
        );
    }

    #[test]
    fn a_replaced_statement_is_gone() {
        check("a();\nopen_the_door(7);\nc();\n", "a();\nreturn None;\nc();\n", &[(1, Mapped::Near(2))]);
    }

    #[test]
    fn nothing_left_is_gone() {
        assert_eq!(LineMap::between("a();\n", "").forward(0), Mapped::Gone);
        assert_eq!(LineMap::between("", "a();\n").backward(0), Mapped::Gone);
    }

    #[test]
    fn anchored_lines_follow_their_unit_when_it_moves() {
        let f = "fn f() {\n    step();\n    stop();\n}\n";
        let g = "fn g() {\n    step();\n}\n";
        let (old, new) = (format!("{f}{g}"), format!("{g}{f}"));
        let anchors = [Anchor { old: 0..4, new: 3..7 }, Anchor { old: 4..7, new: 0..3 }];
        let map = LineMap::anchored(&old, &new, &anchors);
        assert_eq!(map.forward(1), Mapped::Exact(4));
        assert_eq!(map.forward(5), Mapped::Exact(1));
        assert_eq!(map.backward(1), Mapped::Exact(5));
    }

    #[test]
    fn an_anchored_line_never_leaves_its_unit() {
        // `step();` is deleted from `f`, and `g`, which is new, has one of its own.
        let old = "fn f() {\n    step();\n}\n";
        let new = "fn f() {\n}\nfn g() {\n    step();\n}\n";
        let map = LineMap::anchored(old, new, &[Anchor { old: 0..3, new: 0..2 }]);
        assert_eq!(map.forward(1), Mapped::Near(1));
    }

    #[test]
    fn inner_anchors_own_their_lines() {
        let old = "impl A {\n    fn a() {\n        x();\n    }\n}\n";
        let new = "impl A {\n    fn z() {\n        x();\n    }\n    fn a() {\n        x();\n    }\n}\n";
        let anchors = [Anchor { old: 0..5, new: 0..8 }, Anchor { old: 1..4, new: 4..7 }];
        assert_eq!(LineMap::anchored(old, new, &anchors).forward(2), Mapped::Exact(5));
    }

    #[test]
    fn ranges_beyond_the_text_are_cut() {
        let anchors = [Anchor { old: 0..99, new: 5..7 }, Anchor { old: 7..9, new: 0..1 }];
        assert_eq!(LineMap::anchored("a();\n", "b();\n", &anchors).forward(0), Mapped::Gone);
    }
}
