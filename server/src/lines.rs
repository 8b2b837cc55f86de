//! Between the positions of the protocol and bytes.

use std::ops::Range;

use lsp_types::{Position, PositionEncodingKind};

/// What a character offset counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(crate) enum Encoding {
    Utf8,
    /// What a client understands that says nothing.
    #[default]
    Utf16,
}

impl Encoding {
    pub(crate) fn kind(self) -> PositionEncodingKind {
        match self {
            Self::Utf8 => PositionEncodingKind::UTF8,
            Self::Utf16 => PositionEncodingKind::UTF16,
        }
    }

    fn width(self, character: char) -> usize {
        match self {
            Self::Utf8 => character.len_utf8(),
            Self::Utf16 => character.len_utf16(),
        }
    }
}

/// Where the lines of a text begin. A line ends with `\n`, `\r\n` or a `\r` alone, as the protocol has it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lines {
    starts: Vec<usize>,
}

impl Lines {
    pub(crate) fn new(text: &str) -> Self {
        let bytes = text.as_bytes();
        let starts = std::iter::once(0).chain((1..=bytes.len()).filter(|at| begins_line(bytes, *at)));
        Self { starts: starts.collect() }
    }

    /// Follows an edit: `replaced` bytes of the old text have become `inserted` bytes of `text`. Whether a
    /// line begins at a byte depends on that byte and the one before, so only the seams are looked at anew.
    pub(crate) fn edit(&mut self, replaced: &Range<usize>, inserted: usize, text: &str) {
        let first = self.starts.partition_point(|start| *start < replaced.start.max(1));
        let last = self.starts.partition_point(|start| *start <= replaced.end).max(first);
        let after = self.starts.split_off(last);
        self.starts.truncate(first);
        let end = replaced.start + inserted;
        let seams = replaced.start.max(1)..=end;
        self.starts.extend(seams.filter(|at| begins_line(text.as_bytes(), *at)));
        self.starts.extend(after.into_iter().map(|start| start - replaced.end + end));
    }

    /// The byte of a position. What lies beyond a line or the text is its end, as the protocol has it.
    pub(crate) fn offset(&self, text: &str, position: Position, encoding: Encoding) -> usize {
        let line = usize::try_from(position.line).unwrap_or(usize::MAX);
        let Some(start) = self.starts.get(line).copied() else { return text.len() };
        let mut left = usize::try_from(position.character).unwrap_or(usize::MAX);
        for (at, character) in self.line(text, line).char_indices() {
            let width = encoding.width(character);
            if left < width {
                return start + at;
            }
            left -= width;
        }
        start + self.line(text, line).len()
    }

    /// The position of a byte; one inside a character counts as its beginning.
    pub(crate) fn position(&self, text: &str, offset: usize, encoding: Encoding) -> Position {
        let offset = text.floor_char_boundary(offset);
        let line = self.starts.partition_point(|start| *start <= offset).saturating_sub(1);
        let start = self.starts.get(line).copied().unwrap_or_default();
        let before = text.get(start..offset).unwrap_or_default();
        let character = match encoding {
            Encoding::Utf8 => before.len(),
            Encoding::Utf16 => before.chars().map(char::len_utf16).sum(),
        };
        Position::new(saturate(line), saturate(character))
    }

    pub(crate) fn range(&self, text: &str, bytes: &Range<usize>, encoding: Encoding) -> lsp_types::Range {
        lsp_types::Range {
            start: self.position(text, bytes.start, encoding),
            end: self.position(text, bytes.end, encoding),
        }
    }

    /// The text of a line without its end.
    pub(crate) fn line<'a>(&self, text: &'a str, line: usize) -> &'a str {
        let Some(start) = self.starts.get(line).copied() else { return "" };
        let end = self.starts.get(line + 1).copied().unwrap_or(text.len());
        text.get(start..end).unwrap_or_default().trim_end_matches(['\r', '\n'])
    }
}

fn begins_line(bytes: &[u8], at: usize) -> bool {
    match bytes.get(at - 1) {
        Some(b'\n') => true,
        Some(b'\r') => bytes.get(at) != Some(&b'\n'),
        _ => false,
    }
}

fn saturate(count: usize) -> u32 {
    u32::try_from(count).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, encoding: Encoding, pairs: &[(u32, u32, usize)]) {
        let lines = Lines::new(text);
        for (line, character, offset) in pairs.iter().copied() {
            let position = Position::new(line, character);
            assert_eq!(lines.offset(text, position, encoding), offset, "{position:?}");
            assert_eq!(lines.position(text, offset, encoding), position, "byte {offset}");
        }
    }

    #[test]
    fn an_emoji_is_two_units_or_four_bytes() {
        let text = "a🦀b\r\nc";
        check(text, Encoding::Utf16, &[(0, 1, 1), (0, 3, 5), (0, 4, 6), (1, 0, 8), (1, 1, 9)]);
        check(text, Encoding::Utf8, &[(0, 1, 1), (0, 5, 5), (0, 6, 6), (1, 0, 8), (1, 1, 9)]);
    }

    #[test]
    fn what_lies_beyond_is_the_end() {
        let text = "ab\r\nc";
        let lines = Lines::new(text);
        assert_eq!(lines.offset(text, Position::new(0, 99), Encoding::Utf16), 2);
        assert_eq!(lines.offset(text, Position::new(7, 0), Encoding::Utf16), 5);
        assert_eq!(lines.position(text, 99, Encoding::Utf16), Position::new(1, 1));
        let crab = "🦀";
        assert_eq!(Lines::new(crab).offset(crab, Position::new(0, 1), Encoding::Utf16), 0);
    }

    #[test]
    fn edits_give_the_lines_of_the_new_text() {
        let pieces = ["", "\r", "\n", "\r\n", "ab", "a\nb", "\n\r", "🦀\r"];
        let texts = ["", "a\r\nb\nc\rd", "\n\n", "\r\n\r\n", "one"];
        for text in texts {
            let bounds: Vec<usize> = (0..=text.len()).collect();
            for start in &bounds {
                for end in &bounds[*start..] {
                    for piece in pieces {
                        let mut lines = Lines::new(text);
                        let edited = format!("{}{piece}{}", &text[..*start], &text[*end..]);
                        lines.edit(&(*start..*end), piece.len(), &edited);
                        assert_eq!(lines, Lines::new(&edited), "{text:?} {start}..{end} -> {piece:?}");
                    }
                }
            }
        }
    }
}
