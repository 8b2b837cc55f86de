//! A lexer that never fails: just enough of Rust's to tell brackets from text.
//!
//! Items are found with it before the parser sees anything, so that a broken item costs only itself and an unbalanced
//! or absurdly nested text never reaches code that would fail, or recurse, on it.

/// What a stretch of text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Lexeme {
    /// `(`, `[` or `{`.
    Open(u8),
    /// `)`, `]` or `}`.
    Close(u8),
    /// Any other single character of punctuation.
    Punct(u8),
    /// An identifier or keyword.
    Word,
    /// A string, character or number.
    Literal,
    /// `'a`.
    Lifetime,
    /// A documentation comment: trivia that belongs to what follows.
    Doc,
}

/// A cursor over text.
#[derive(Clone, Debug)]
pub(crate) struct Lexer<'a> {
    text: &'a [u8],
    at: usize,
    end: usize,
}

impl<'a> Lexer<'a> {
    /// A cursor over `text[start..end]`.
    pub(crate) fn new(text: &'a str, start: usize, end: usize) -> Self {
        Self { text: text.as_bytes(), at: start, end: end.min(text.len()) }
    }

    fn byte(&self, at: usize) -> u8 {
        if at < self.end { self.text[at] } else { 0 }
    }

    /// The next lexeme, its start and its end; whitespace and plain comments are passed over.
    pub(crate) fn next(&mut self) -> Option<(Lexeme, usize, usize)> {
        loop {
            while self.at < self.end && self.byte(self.at).is_ascii_whitespace() {
                self.at += 1;
            }
            if self.at >= self.end {
                return None;
            }
            let start = self.at;
            let lexeme = match (self.byte(start), self.byte(start + 1)) {
                (b'/', b'/') if self.line_comment(start) => Lexeme::Doc,
                (b'/', b'*') if self.block_comment(start) => Lexeme::Doc,
                (b'/', b'/' | b'*') => continue,
                _ => self.token(start),
            };
            return Some((lexeme, start, self.at));
        }
    }

    fn token(&mut self, start: usize) -> Lexeme {
        match self.byte(start) {
            byte @ (b'(' | b'[' | b'{') => self.single(Lexeme::Open(byte)),
            byte @ (b')' | b']' | b'}') => self.single(Lexeme::Close(byte)),
            b'"' => self.string(start),
            b'\'' => self.quote(start),
            b'0'..=b'9' => self.number(),
            byte if is_word(byte) => self.word(start),
            byte => self.single(Lexeme::Punct(byte)),
        }
    }

    fn single(&mut self, lexeme: Lexeme) -> Lexeme {
        self.at += 1;
        lexeme
    }

    /// Passes a line comment; says whether it is an outer documentation comment.
    fn line_comment(&mut self, start: usize) -> bool {
        let rest = &self.text[start..self.end];
        self.at = start + rest.iter().position(|&byte| byte == b'\n').unwrap_or(rest.len());
        rest.starts_with(b"///") && !rest.starts_with(b"////")
    }

    /// Passes a block comment, nested ones with it; says whether it is an outer documentation comment.
    fn block_comment(&mut self, start: usize) -> bool {
        let mut depth = 1_usize;
        let mut at = start + 2;
        while at < self.end && depth > 0 {
            match (self.byte(at), self.byte(at + 1)) {
                (b'/', b'*') => (depth, at) = (depth + 1, at + 2),
                (b'*', b'/') => (depth, at) = (depth - 1, at + 2),
                _ => at += 1,
            }
        }
        self.at = at.min(self.end);
        let rest = &self.text[start..self.end];
        rest.starts_with(b"/**") && !rest.starts_with(b"/***") && !rest.starts_with(b"/**/")
    }

    fn string(&mut self, start: usize) -> Lexeme {
        let mut at = start + 1;
        while at < self.end && self.byte(at) != b'"' {
            at += if self.byte(at) == b'\\' { 2 } else { 1 };
        }
        self.at = (at + 1).min(self.end);
        Lexeme::Literal
    }

    /// `'a` is a lifetime, `'a'` a character.
    fn quote(&mut self, start: usize) -> Lexeme {
        if self.byte(start + 1) == b'\\' {
            // The escaped character may itself be a quote.
            let mut at = start + 3;
            while at < self.end && !matches!(self.byte(at), b'\'' | b'\n') {
                at += 1;
            }
            self.at = (at + 1).min(self.end);
            return Lexeme::Literal;
        }
        let width = utf8_width(self.byte(start + 1));
        if self.byte(start + 1 + width) == b'\'' && self.byte(start + 1) != b'\'' {
            self.at = start + width + 2;
            return Lexeme::Literal;
        }
        self.at = start + 1;
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        Lexeme::Lifetime
    }

    fn number(&mut self) -> Lexeme {
        while is_word(self.byte(self.at))
            || (self.byte(self.at) == b'.' && self.byte(self.at + 1).is_ascii_digit())
        {
            self.at += 1;
        }
        Lexeme::Literal
    }

    fn word(&mut self, start: usize) -> Lexeme {
        while is_word(self.byte(self.at)) {
            self.at += 1;
        }
        let word = &self.text[start..self.at];
        match (word, self.byte(self.at)) {
            (b"r" | b"br" | b"cr", b'"' | b'#') => self.raw(),
            (b"b" | b"c", b'"') => self.string(self.at),
            (b"b", b'\'') => self.quote(self.at),
            _ => Lexeme::Word,
        }
    }

    /// After `r`: a raw string, or a raw identifier.
    fn raw(&mut self) -> Lexeme {
        let hashes = self.text[self.at..self.end].iter().take_while(|&&byte| byte == b'#').count();
        if self.byte(self.at + hashes) != b'"' {
            if hashes == 1 && is_word(self.byte(self.at + 1)) {
                self.at += 1;
                while is_word(self.byte(self.at)) {
                    self.at += 1;
                }
            }
            return Lexeme::Word;
        }
        let mut at = self.at + hashes + 1;
        while at < self.end {
            let closed = self.byte(at) == b'"' && (1..=hashes).all(|hash| self.byte(at + hash) == b'#');
            at += 1;
            if closed {
                at += hashes;
                break;
            }
        }
        self.at = at.min(self.end);
        Lexeme::Literal
    }
}

/// Part of a word: other scripts' letters are taken as such, byte by byte.
fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_' || byte >= 0x80
}

fn utf8_width(first: u8) -> usize {
    match first {
        0xF0.. => 4,
        0xE0.. => 3,
        0xC0.. => 2,
        _ => 1,
    }
}

/// How deep a text may nest before it is not given to the parser, which recurses on it. Far beyond what people
/// write, and far within the stack that the parser is given.
const DEEPEST: u32 = 1500 * TOKEN;

/// What a token adds. Alternatives of literals, of which tables have thousands, nest too, but cheaply.
const TOKEN: u32 = 16;

/// Whether parsing `text[start..end]` could recurse deeper than is wise.
///
/// Brackets nest, but so do `- - - x`, `a + b + c`, `else if` chains and `&&&&T`: every token of an expression may be
/// one more level, until a `,`, a `;`, an arm's `=>` or the end of a block starts anew.
pub(crate) fn is_too_deep(text: &str, start: usize, end: usize) -> bool {
    let mut lexer = Lexer::new(text, start, end);
    let mut around: Vec<u32> = Vec::new();
    let mut deepest_so_far = 0_u32;
    let mut here = 0_u32;
    let mut after_block = false;
    let mut previous = 0_u8;
    let mut after_literal = false;
    while let Some((lexeme, at, _)) = lexer.next() {
        let byte = text.as_bytes()[at];
        let goes_on = matches!(lexeme, Lexeme::Punct(_)) || text[at..].starts_with("else");
        if std::mem::take(&mut after_block) && !goes_on {
            here = around.last().copied().unwrap_or(0);
        }
        match lexeme {
            Lexeme::Open(_) => {
                here += TOKEN;
                around.push(here);
            }
            Lexeme::Close(close) => {
                here = around.pop().unwrap_or(0);
                after_block = close == b'}';
            }
            Lexeme::Punct(b',' | b';') => here = around.last().copied().unwrap_or(0),
            Lexeme::Punct(b'>') if previous == b'=' => here = around.last().copied().unwrap_or(0),
            Lexeme::Doc => {}
            Lexeme::Literal => here += 1,
            Lexeme::Punct(b'|' | b'.' | b'=') if after_literal => here += 1,
            _ => here += TOKEN,
        }
        after_literal = lexeme == Lexeme::Literal || (after_literal && matches!(lexeme, Lexeme::Punct(_)));
        previous = byte;
        deepest_so_far = deepest_so_far.max(here);
    }
    deepest_so_far > DEEPEST
}
