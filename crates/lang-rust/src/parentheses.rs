//! Parentheses that change nothing, as far as the tokens around them tell. In doubt they do change something.

use proc_macro2::{Delimiter, Group, TokenTree};

/// Whether the tokens of a group mean the same without its parentheses. `tokens[at]` is the group; what stands before it
/// is no callee.
pub(crate) fn are_redundant(tokens: &[TokenTree], at: usize, group: &Group) -> bool {
    if group.delimiter() != Delimiter::Parenthesis {
        return false;
    }
    let inside: Vec<_> = group.stream().into_iter().collect();
    // Nothing, and what a comma makes a tuple of.
    if inside.is_empty() || inside.iter().any(|token| is_punct(token, ',')) {
        return false;
    }
    let next = tokens.get(at + 1);
    (is_atom(&inside) && !is_call(next)) || stands_alone(&inside, &tokens[..at], next)
}

/// A name, a literal, or a row of fields and calls: nothing binds closer.
fn is_atom(inside: &[TokenTree]) -> bool {
    let is_part = |token: &TokenTree| match token {
        TokenTree::Ident(name) => !is_jump(&name.to_string()),
        TokenTree::Literal(_) => true,
        TokenTree::Group(group) => matches!(group.delimiter(), Delimiter::Parenthesis | Delimiter::Bracket),
        TokenTree::Punct(punct) => matches!(punct.as_char(), '.' | ':' | '?'),
    };
    let are_words = |pair: &[TokenTree]| {
        matches!(pair, [TokenTree::Ident(_), TokenTree::Ident(_) | TokenTree::Literal(_)])
    };
    let is_range = |pair: &[TokenTree]| is_punct(&pair[0], '.') && is_punct(&pair[1], '.');
    matches!(inside.first(), Some(TokenTree::Ident(_) | TokenTree::Literal(_)))
        && inside.iter().all(is_part)
        && !inside.windows(2).any(|pair| are_words(pair) || is_range(pair))
}

/// Takes what follows for its value.
fn is_jump(word: &str) -> bool {
    matches!(word, "return" | "break" | "continue" | "yield" | "become")
}

/// A whole expression where nothing beside it could bind to a part of it.
fn stands_alone(inside: &[TokenTree], before: &[TokenTree], next: Option<&TokenTree>) -> bool {
    let has_block = inside.iter().any(|token| is_group(token, Delimiter::Brace));
    let is_last = next.is_none_or(|next| is_punct(next, ',') || is_punct(next, ';'));
    let keyword = |words: &[&str]| matches!(before.last(), Some(TokenTree::Ident(word)) if words.contains(&word.to_string().as_str()));
    let is_first = before.last().is_none_or(|token| is_punct(token, ',') || is_punct(token, ';'));
    let is_head = next.is_some_and(|next| is_group(next, Delimiter::Brace));
    let opens_a_body = keyword(&["if", "while", "match", "in"]) && is_head;
    !has_block && ((is_last && (is_first || is_assigned(before) || keyword(&["return"]))) || opens_a_body)
}

/// After `=`, `+=`, `=>` and the like, but not after a comparison or a range.
fn is_assigned(before: &[TokenTree]) -> bool {
    let mut operator = before.iter().rev().map_while(|token| match token {
        TokenTree::Punct(punct) => Some(punct.as_char()),
        _ => None,
    });
    match (operator.next(), operator.next()) {
        (Some('='), before) => !matches!(before, Some('=' | '!' | '<' | '>' | '.')),
        (Some('>'), Some('=')) => true,
        _ => false,
    }
}

fn is_call(next: Option<&TokenTree>) -> bool {
    next.is_some_and(|next| is_group(next, Delimiter::Parenthesis))
}

fn is_group(token: &TokenTree, delimiter: Delimiter) -> bool {
    matches!(token, TokenTree::Group(group) if group.delimiter() == delimiter)
}

fn is_punct(token: &TokenTree, c: char) -> bool {
    matches!(token, TokenTree::Punct(punct) if punct.as_char() == c)
}
