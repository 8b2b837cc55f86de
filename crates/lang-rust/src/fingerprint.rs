//! Fingerprints of tokens, blind to what is not a change: spacing, comments, lint and documentation attributes,
//! trailing commas, parentheses around what needs none.

use std::fmt::{self, Write};
use std::hash::Hasher;
use std::ops::Range;

use compat::{Fingerprint, Name};
use proc_macro2::{Delimiter, Group, Spacing, TokenStream, TokenTree};
use quote::ToTokens;

use crate::parentheses::are_redundant;

/// The fingerprint of tokens.
pub(crate) fn of(tokens: impl ToTokens) -> Fingerprint {
    Printer::new(false).print(tokens, How::Code)
}

/// The fingerprint of tokens that mean what a macro or attribute makes of them: every one counts.
pub(crate) fn exact(tokens: impl ToTokens) -> Fingerprint {
    Printer::new(false).print(tokens, How::Exact)
}

/// The fingerprint of code without the parts that have a life of their own, by their places.
pub(crate) fn without(tokens: impl ToTokens, parts: &[Range<usize>]) -> Fingerprint {
    Printer { parts, ..Printer::new(false) }.print(tokens, How::Code)
}

/// The fingerprint of tokens with the lifetimes left out: they change no layout and no calling convention.
pub(crate) fn without_lifetimes(tokens: impl ToTokens) -> Fingerprint {
    Printer::new(true).print(tokens, How::Code)
}

/// The lifetimes among tokens, in order.
pub(crate) fn lifetimes(tokens: impl ToTokens) -> Vec<String> {
    fn walk(tokens: TokenStream, lifetimes: &mut Vec<String>) {
        let mut after_quote = false;
        for token in tokens {
            match token {
                TokenTree::Ident(name) if after_quote => lifetimes.push(name.to_string()),
                TokenTree::Group(group) => walk(group.stream(), lifetimes),
                TokenTree::Punct(punct) if punct.as_char() == '\'' => {
                    after_quote = true;
                    continue;
                }
                _ => {}
            }
            after_quote = false;
        }
    }
    let mut lifetimes = Vec::new();
    walk(tokens.to_token_stream(), &mut lifetimes);
    lifetimes
}

/// All identifiers among tokens, sorted, each once.
pub(crate) fn names(tokens: impl ToTokens) -> Vec<Name> {
    fn walk(tokens: TokenStream, names: &mut Vec<Name>) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => names.push(Name::new(&ident.to_string())),
                TokenTree::Group(group) => walk(group.stream(), names),
                TokenTree::Punct(_) | TokenTree::Literal(_) => {}
            }
        }
    }
    let mut names = Vec::new();
    walk(tokens.to_token_stream(), &mut names);
    names.sort_unstable();
    names.dedup();
    names
}

/// Tokens as a person would write them in a path: no spaces but between words.
pub(crate) fn compact(tokens: impl ToTokens) -> String {
    let spaced = tokens.to_token_stream().to_string();
    let mut text = String::with_capacity(spaced.len());
    let mut words = spaced.split_whitespace().peekable();
    while let Some(word) = words.next() {
        text.push_str(word);
        let is_wordy = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let before = is_wordy(word.chars().last());
        let after = words.peek().is_some_and(|next| is_wordy(next.chars().next()) || next.starts_with('\''));
        if (before && after) || matches!(word, "," | ";") || (word == "+" || words.peek() == Some(&"+")) {
            text.push(' ');
        }
    }
    text
}

/// Feeds tokens to a hasher.
struct Printer<'a> {
    hasher: std::hash::DefaultHasher,
    skip_lifetimes: bool,
    /// Places to leave out.
    parts: &'a [Range<usize>],
}

/// How much of a text counts.
#[derive(Clone, Copy, PartialEq, Eq)]
enum How {
    /// What the language says.
    Code,
    /// The same, but for parentheses: some macros show their arguments as they are written.
    Arguments,
    /// All of it.
    Exact,
}

impl Write for Printer<'_> {
    fn write_str(&mut self, text: &str) -> fmt::Result {
        self.hasher.write(text.as_bytes());
        Ok(())
    }
}

/// What came before a token, as far as a comma after it may be meaningless.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    /// An operator, a keyword, the beginning: what follows in parentheses is a tuple or an expression.
    Operator,
    /// A name or a closing bracket: parentheses after it are a call or parameters.
    Callee,
    /// The `!` of a macro whose arguments are an ordinary list.
    ListMacro,
    /// The `!` of any other macro: its tokens mean what it says.
    Macro,
    /// A block that is a match arm's body.
    Arm,
}

impl Printer<'_> {
    fn new(skip_lifetimes: bool) -> Self {
        Self { hasher: std::hash::DefaultHasher::new(), skip_lifetimes, parts: &[] }
    }

    fn print(mut self, tokens: impl ToTokens, how: How) -> Fingerprint {
        self.stream(tokens.to_token_stream(), how);
        self.finish()
    }

    fn finish(self) -> Fingerprint {
        Fingerprint(self.hasher.finish())
    }

    /// One token is over: `ab` and `a b` must differ.
    fn end(&mut self) {
        self.hasher.write_u8(0);
    }

    /// Whether a token belongs to a part that is left out.
    fn is_left_out(&self, token: &TokenTree) -> bool {
        !self.parts.is_empty() && {
            let at = token.span().byte_range().start;
            self.parts.iter().any(|part| part.contains(&at))
        }
    }

    fn stream(&mut self, tokens: TokenStream, how: How) {
        let tokens: Vec<_> = tokens.into_iter().collect();
        let mut before = Before::Operator;
        let mut macro_name = String::new();
        let mut at = 0;
        while at < tokens.len() {
            if self.is_left_out(&tokens[at]) {
                at += 1;
                continue;
            }
            if let Some(length) = neutral_attribute(&tokens[at..]) {
                at += length;
                continue;
            }
            match &tokens[at] {
                TokenTree::Ident(ident) => {
                    macro_name = ident.to_string();
                    before = if is_operator_word(&macro_name) { Before::Operator } else { Before::Callee };
                    self.hasher.write(macro_name.as_bytes());
                    self.end();
                    at += 1;
                }
                TokenTree::Literal(literal) => {
                    let _ = write!(self, "{literal}");
                    self.end();
                    before = Before::Callee;
                    at += 1;
                }
                TokenTree::Group(group) => {
                    let is_plain = how == How::Code && before == Before::Operator;
                    if is_plain && are_redundant(&tokens, at, group) {
                        self.stream(group.stream(), how);
                    } else {
                        self.group(group, before, how);
                    }
                    let is_arm =
                        at > 0 && group.delimiter() == Delimiter::Brace && is_punct(&tokens[at - 1], '>');
                    before = if is_arm { Before::Arm } else { Before::Callee };
                    at += 1;
                }
                TokenTree::Punct(_) => {
                    let (length, after) = self.puncts(&tokens[at..], before, &macro_name, how);
                    before = after;
                    at += length;
                }
            }
        }
    }

    fn group(&mut self, group: &Group, before: Before, how: How) {
        let (open, close) = match group.delimiter() {
            Delimiter::Parenthesis => (b'(', b')'),
            Delimiter::Brace => (b'{', b'}'),
            Delimiter::Bracket => (b'[', b']'),
            Delimiter::None => (b' ', b' '),
        };
        let how = match before {
            Before::Macro => How::Exact,
            Before::ListMacro if how == How::Code => How::Arguments,
            _ => how,
        };
        let is_exact = how == How::Exact;
        let tokens = if is_exact { group.stream() } else { without_trailing_comma(group, before) };
        self.hasher.write_u8(open);
        self.stream(tokens, how);
        self.hasher.write_u8(close);
    }

    /// One operator: as many characters as the language glues together.
    fn puncts(
        &mut self,
        tokens: &[TokenTree],
        before: Before,
        macro_name: &str,
        how: How,
    ) -> (usize, Before) {
        let mut run = String::new();
        for token in tokens.iter().take(3) {
            let TokenTree::Punct(punct) = token else { break };
            run.push(punct.as_char());
            if punct.spacing() == Spacing::Alone {
                break;
            }
        }
        if run.starts_with('\'') && self.skip_lifetimes {
            let comma = tokens.get(2).is_some_and(|token| is_punct(token, ','));
            return (if comma { 3 } else { 2 }, before);
        }
        let length = (2..=run.len()).rev().find(|&length| is_glued(run.get(..length))).unwrap_or(1);
        let operator = run.get(..length).unwrap_or(&run);
        if operator == "," && before == Before::Arm && how != How::Exact {
            return (1, Before::Operator);
        }
        self.hasher.write(operator.as_bytes());
        self.end();
        let after = match operator {
            "!" if before == Before::Callee && is_list_macro(macro_name) => Before::ListMacro,
            "!" if before == Before::Callee => Before::Macro,
            ">" | "?" => Before::Callee,
            _ => Before::Operator,
        };
        (length, after)
    }
}

/// The group's tokens without a comma that changes nothing: every last one but that of a one-element tuple.
fn without_trailing_comma(group: &Group, before: Before) -> TokenStream {
    let mut tokens: Vec<_> = group.stream().into_iter().collect();
    if tokens.last().is_some_and(|token| is_punct(token, ',')) {
        let commas = tokens.iter().filter(|token| is_punct(token, ',')).count();
        let is_tuple =
            group.delimiter() == Delimiter::Parenthesis && commas == 1 && before == Before::Operator;
        if !is_tuple {
            tokens.pop();
        }
    }
    tokens.into_iter().collect()
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}

fn is_glued(operator: Option<&str>) -> bool {
    const GLUED: [&str; 24] = [
        "<<=", ">>=", "...", "..=", "&&", "||", "<<", ">>", "+=", "-=", "*=", "/=", "%=", "^=", "&=", "|=",
        "==", "!=", ">=", "<=", "->", "=>", "::", "..",
    ];
    operator.is_some_and(|operator| GLUED.contains(&operator))
}

/// Keywords after which parentheses hold an expression.
fn is_operator_word(word: &str) -> bool {
    matches!(
        word,
        "as" | "await"
            | "break"
            | "else"
            | "if"
            | "in"
            | "let"
            | "loop"
            | "match"
            | "move"
            | "mut"
            | "ref"
            | "return"
            | "while"
            | "yield"
            | "for"
            | "dyn"
            | "impl"
            | "where"
            | "unsafe"
            | "async"
    )
}

/// Macros of the standard library whose arguments are a list with an optional last comma.
pub(crate) fn is_list_macro(name: &str) -> bool {
    matches!(
        name,
        "assert"
            | "assert_eq"
            | "assert_ne"
            | "dbg"
            | "debug_assert"
            | "debug_assert_eq"
            | "eprint"
            | "eprintln"
            | "format"
            | "format_args"
            | "matches"
            | "panic"
            | "print"
            | "println"
            | "todo"
            | "unimplemented"
            | "unreachable"
            | "vec"
            | "write"
            | "writeln"
    )
}

/// How many tokens an attribute that changes nothing takes, where one begins here.
fn neutral_attribute(tokens: &[TokenTree]) -> Option<usize> {
    if !is_punct(tokens.first()?, '#') {
        return None;
    }
    let inner = tokens.get(1).is_some_and(|token| is_punct(token, '!'));
    let at = if inner { 2 } else { 1 };
    let TokenTree::Group(group) = tokens.get(at)? else { return None };
    let TokenTree::Ident(first) = group.stream().into_iter().next()? else { return None };
    (group.delimiter() == Delimiter::Bracket && is_neutral(&first.to_string())).then_some(at + 1)
}

/// Attributes that say nothing to the compiler but what to warn about, and nothing to the process at all.
pub(crate) fn is_neutral(attribute: &str) -> bool {
    matches!(
        attribute,
        "allow"
            | "clippy"
            | "deny"
            | "deprecated"
            | "doc"
            | "expect"
            | "forbid"
            | "must_use"
            | "rustfmt"
            | "warn"
    )
}
