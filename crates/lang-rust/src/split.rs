//! Text into pieces: one item each, found by brackets and keywords alone.

use std::ops::Range;

use crate::lexeme::{Lexeme, Lexer};

/// One item's text, as far as brackets tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Piece {
    /// From its first attribute to its last character.
    pub(crate) range: Range<usize>,
    /// Where its keyword is.
    pub(crate) head: Option<Head>,
    /// Between the braces of a module or an impl.
    pub(crate) inside: Option<Range<usize>>,
}

/// The keyword that says what an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Keyword {
    /// `fn`.
    Function,
    /// `struct`, `enum`, `union`, `trait`, `type`.
    Type,
    /// `impl`.
    Impl,
    /// `mod`.
    Module,
    /// `static` or `const`.
    Value,
    /// `use`, `extern crate`.
    Import,
    /// `macro_rules`, `extern "C"`, ….
    Other,
}

/// The keyword of an item and the name after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Head {
    /// What the item is.
    pub(crate) keyword: Keyword,
    /// The word after it.
    pub(crate) name: Option<Range<usize>>,
}

/// The items of `text[within]`, in order.
pub(crate) fn split(text: &str, within: Range<usize>) -> Vec<Piece> {
    let mut pieces = Vec::new();
    let mut lexer = Lexer::new(text, within.start, within.end);
    while let Some(piece) = Cutter::new(text).cut(&mut lexer) {
        pieces.push(piece);
    }
    pieces
}

/// Finds the end of one item.
struct Cutter<'a> {
    text: &'a str,
    start: Option<usize>,
    depth: usize,
    angles: usize,
    head: Option<Head>,
    /// `const` was seen: an item of its own, unless `fn` or the like follows.
    maybe_const: bool,
    ends_with_semicolon: bool,
    opened: Option<usize>,
    previous: (Option<Lexeme>, usize),
    in_attribute: bool,
}

impl<'a> Cutter<'a> {
    fn new(text: &'a str) -> Self {
        Self {
            text,
            start: None,
            depth: 0,
            angles: 0,
            head: None,
            maybe_const: false,
            ends_with_semicolon: false,
            opened: None,
            previous: (None, 0),
            in_attribute: false,
        }
    }

    fn cut(mut self, lexer: &mut Lexer<'_>) -> Option<Piece> {
        let mut last = 0;
        while let Some((lexeme, start, end)) = lexer.next() {
            if lexeme == Lexeme::Doc || (self.start.is_none() && lexeme == Lexeme::Punct(b';')) {
                continue;
            }
            self.start.get_or_insert(start);
            last = end;
            if self.take(lexeme, start, end) {
                return Some(self.piece(end, true));
            }
            self.previous = (Some(lexeme), end);
        }
        self.start?;
        Some(self.piece(last, false))
    }

    /// Takes one lexeme; says whether the item ends with it.
    fn take(&mut self, lexeme: Lexeme, start: usize, end: usize) -> bool {
        match lexeme {
            Lexeme::Open(bracket) => {
                if self.depth == 0 {
                    self.open(bracket, start);
                }
                self.depth += 1;
                false
            }
            Lexeme::Close(bracket) => {
                // A closing bracket that nothing opened ends whatever this is.
                let Some(depth) = self.depth.checked_sub(1) else { return true };
                self.depth = depth;
                depth == 0 && self.close(bracket)
            }
            _ if self.depth > 0 => false,
            Lexeme::Punct(b';') => true,
            Lexeme::Punct(b'<') => {
                self.angles += 1;
                false
            }
            Lexeme::Punct(b'>') if !matches!(self.previous.0, Some(Lexeme::Punct(b'-' | b'='))) => {
                self.angles = self.angles.saturating_sub(1);
                false
            }
            Lexeme::Word => {
                self.word(start, end);
                false
            }
            _ => false,
        }
    }

    fn open(&mut self, bracket: u8, start: usize) {
        let after = self.previous.0;
        self.in_attribute =
            bracket == b'[' && matches!(after, Some(Lexeme::Punct(b'#' | b'!'))) && self.head.is_none();
        // A brace among generic arguments, or after `=`, is a value.
        if bracket == b'{' && self.angles == 0 && !self.ends_with_semicolon {
            self.opened = Some(start);
        }
    }

    fn close(&mut self, bracket: u8) -> bool {
        if std::mem::take(&mut self.in_attribute) {
            // `#![…]` is an item of its own, `#[…]` belongs to what follows.
            let item = &self.text.as_bytes()[self.start.unwrap_or(0)..];
            let second = item.iter().skip(1).find(|byte| !byte.is_ascii_whitespace());
            return item.first() == Some(&b'#') && second == Some(&b'!');
        }
        bracket == b'}' && self.opened.is_some()
    }

    fn word(&mut self, start: usize, end: usize) {
        if let Some(head) = &mut self.head {
            let follows = matches!(self.previous.0, Some(Lexeme::Word)) || head.keyword == Keyword::Other;
            if head.name.is_none() && follows && &self.text[start..end] != "mut" {
                head.name = Some(start..end);
            }
            return;
        }
        let word = &self.text[start..end];
        let goes_on = matches!(word, "fn" | "unsafe" | "async" | "extern" | "trait" | "impl" | "safe");
        if std::mem::take(&mut self.maybe_const) && !goes_on {
            self.head = Some(Head { keyword: Keyword::Value, name: Some(start..end) });
            self.ends_with_semicolon = true;
            return;
        }
        match word {
            "fn" => self.begin(Keyword::Function, false),
            "struct" | "enum" | "trait" => self.begin(Keyword::Type, false),
            "union" if matches!(self.next_is_word(end), Some(true)) => self.begin(Keyword::Type, false),
            "type" => self.begin(Keyword::Type, true),
            "impl" => self.begin(Keyword::Impl, false),
            "mod" => self.begin(Keyword::Module, false),
            "static" => self.begin(Keyword::Value, true),
            "const" => self.maybe_const = true,
            "use" | "crate" if word == "use" || self.after_word("extern") => {
                self.begin(Keyword::Import, true);
            }
            "macro_rules" => self.begin(Keyword::Other, false),
            _ => {}
        }
    }

    fn begin(&mut self, keyword: Keyword, ends_with_semicolon: bool) {
        self.head = Some(Head { keyword, name: None });
        self.ends_with_semicolon = ends_with_semicolon;
    }

    fn after_word(&self, word: &str) -> bool {
        self.previous.0 == Some(Lexeme::Word) && self.text[..self.previous.1].ends_with(word)
    }

    fn next_is_word(&self, from: usize) -> Option<bool> {
        let (lexeme, ..) = Lexer::new(self.text, from, self.text.len()).next()?;
        Some(lexeme == Lexeme::Word)
    }

    fn piece(self, end: usize, ended: bool) -> Piece {
        let start = self.start.unwrap_or(end);
        let is_container =
            self.head.as_ref().is_some_and(|head| matches!(head.keyword, Keyword::Impl | Keyword::Module));
        let inside = self.opened.filter(|_| is_container && (ended || self.depth > 0)).map(|open| {
            // In a text that ends too early everything after the brace is inside.
            let closed = ended && self.text[..end].ends_with('}');
            open + 1..if closed { end - 1 } else { end }
        });
        Piece { range: start..end, head: self.head, inside }
    }
}

/// Cuts a piece that does not parse at the lines that look like the beginning of an item of the same depth: a brace
/// too few or a quote too many then costs one item and not all that follow.
pub(crate) fn split_by_lines(text: &str, within: Range<usize>) -> Vec<Range<usize>> {
    let Some(indent) = indent_before(text, within.start) else { return vec![within] };
    let mut cuts = vec![within.start];
    let mut attached = is_attribute(&text[within.clone()]);
    let mut at = within.start;
    while let Some(newline) = text[at..within.end].find('\n') {
        at += newline + 1;
        let Some(line) = text[at..within.end].strip_prefix(indent) else { continue };
        let line = line.split('\n').next().unwrap_or(line);
        let begins = is_attribute(line) || begins_item(line);
        if begins && !attached {
            cuts.push(at + indent.len());
        }
        if !line.trim().is_empty() {
            attached = is_attribute(line);
        }
    }
    let ends = cuts.iter().skip(1).copied().chain([within.end]);
    cuts.iter()
        .copied()
        .zip(ends)
        .map(|(start, end)| start..start + text[start..end].trim_end().len())
        .collect()
}

/// What stands before a place on its line, where that is no code. A line may be as long as the text: of one that has
/// code there, no more is looked at than follows it.
pub(crate) fn indent_before(text: &str, at: usize) -> Option<&str> {
    let before = text.get(..at)?;
    let code = before.trim_end_matches([' ', '\t', '\u{feff}']);
    (code.is_empty() || code.ends_with('\n')).then(|| &before[code.len()..])
}

/// Belongs to the item that follows.
fn is_attribute(line: &str) -> bool {
    line.starts_with("#[") || line.starts_with("///") || line.starts_with("/**")
}

fn begins_item(line: &str) -> bool {
    const WORDS: [&str; 20] = [
        "pub",
        "fn",
        "struct",
        "enum",
        "union",
        "trait",
        "impl",
        "mod",
        "use",
        "static",
        "const",
        "type",
        "extern",
        "async",
        "unsafe",
        "macro_rules",
        "thread_local",
        "default",
        "safe",
        "auto",
    ];
    let word = line.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or("");
    WORDS.contains(&word)
}

#[cfg(test)]
mod tests {
    use super::indent_before;

    #[test]
    fn what_is_before_an_item_is_its_indent_or_code() {
        assert_eq!(indent_before("fn a() {}", 0), Some(""));
        assert_eq!(indent_before("\u{feff}fn a() {}", 3), Some("\u{feff}"));
        assert_eq!(indent_before("{\n \t fn a() {}", 5), Some(" \t "));
        assert_eq!(indent_before("{\r\n  fn a() {}", 5), Some("  "));
        assert_eq!(indent_before("mod m { fn a() {}", 8), None);
    }
}
