//! A generator of Rust as people write them for their own projects: each rule of a text becomes a function, and a
//! source map (ECMA-426) says which.

use std::fmt::Write as _;

use serde_json::{Value, json};

/// What was generated: Rust, and its map.
#[derive(Debug)]
pub struct Generated {
    /// The Rust file.
    pub text: String,
    /// Its map.
    pub map: Value,
}

/// A mapping: generated line and column, original line and column, from 0.
type Mapping = [i64; 4];

/// Rules are lines such as `double: let twice = value * 2 ; twice`: a name, and statements of a function of `value`.
/// Lines that begin with `#` are comments.
pub fn generate(rules: &str, source: &str) -> Generated {
    let mut text = "// Generated. Edit the rules.\n".to_owned();
    let mut mappings: Vec<Mapping> = Vec::new();
    let mut line = 1;
    for (number, rule) in (0..).zip(rules.lines()) {
        let Some((name, body)) = rule.split_once(": ").filter(|_| !rule.starts_with('#')) else { continue };
        let _ = writeln!(text, "pub fn {name}(value: u64) -> u64 {{");
        mappings.push([line, 7, number, 0]);
        let mut column = name.len() + 2;
        let statements: Vec<&str> = body.split(" ; ").collect();
        for (index, statement) in statements.iter().enumerate() {
            let end = if index + 1 < statements.len() { ";" } else { "" };
            let _ = writeln!(text, "    {statement}{end}");
            line += 1;
            mappings.push([line, 4, number, i64::try_from(column).expect("a short line")]);
            column += statement.len() + 3;
        }
        text += "}\n";
        line += 2;
    }
    let map = json!({
        "version": 3, "file": "rules.rs", "sources": [source], "sourcesContent": [rules], "names": [],
        "mappings": encode(&mappings),
    });
    Generated { text, map }
}

fn encode(mappings: &[Mapping]) -> String {
    let mut text = String::new();
    let mut last = [0, 0, 0, 0];
    for mapping in mappings {
        while last[0] < mapping[0] {
            text.push(';');
            (last[0], last[1]) = (last[0] + 1, 0);
        }
        if !text.is_empty() && !text.ends_with(';') {
            text.push(',');
        }
        for quantity in [mapping[1] - last[1], 0, mapping[2] - last[2], mapping[3] - last[3]] {
            quantity_to(&mut text, quantity);
        }
        last = *mapping;
    }
    text
}

fn quantity_to(text: &mut String, quantity: i64) {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut left = quantity.unsigned_abs() << 1 | u64::from(quantity < 0);
    loop {
        let more = if left > 31 { 32 } else { 0 };
        let digit = usize::try_from(left & 31 | more).expect("five bits and one");
        text.push(char::from(DIGITS[digit]));
        left >>= 5;
        if more == 0 {
            return;
        }
    }
}
