//! What the names of types say: they are the only thing by which two builds know a type as the same.

use std::borrow::Cow;

/// How the compiler names the environment of a closure.
pub(crate) const CLOSURE: &str = "{closure_env#";
/// How it names the state of an async function or block, and of a coroutine.
const SUSPENDED: [&str; 2] = ["{async_", "{coroutine_"];

/// Whether a type is the state of an async function or block, or of a coroutine, itself.
pub(crate) fn is_coroutine(name: &str) -> bool {
    let mut depth = 0_u32;
    let mut last = 0;
    for (at, c) in name.char_indices() {
        match c {
            '<' => depth += 1,
            '>' => depth = depth.saturating_sub(1),
            ':' if depth == 0 => last = at + 1,
            _ => {}
        }
    }
    SUSPENDED.iter().any(|mark| name[last..].starts_with(mark))
}

/// Types that nothing but the code that made them can name, and generic types over them.
pub(crate) fn is_anonymous(name: &str) -> bool {
    name.contains(CLOSURE) || SUSPENDED.iter().any(|mark| name.contains(mark))
}

/// Types of the standard library over nothing else: nobody rebuilds it.
pub(crate) fn is_of_the_toolchain(name: &str) -> bool {
    let mut words = name
        .split("::")
        .map(|part| part.rsplit(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or(part));
    let last = name.split("::").count() - 1;
    // A path's first word names its crate; those after it are followed by what belongs to it.
    let is_known = |word: &str| matches!(word, "core" | "alloc" | "std");
    let starts_with_crate = words.next().is_some_and(is_known);
    starts_with_crate && last > 0 && !name.contains('<') && !name.contains('{')
}

/// Types of the standard library, whatever they are over, and pointers.
pub(crate) fn is_of_the_language(name: &str) -> bool {
    ["core::", "alloc::", "std::", "&", "*"].iter().any(|start| name.starts_with(start))
}

/// How symbols name what debug information calls `app::f::{closure_env#0}`.
pub(crate) fn as_symbols_say(type_name: &str) -> String {
    match type_name.find("::{") {
        Some(at) if is_anonymous(type_name) => format!("{}::{{{{closure}}}}", &type_name[..at]),
        _ => type_name.to_owned(),
    }
}

/// A type's name without the types of functions in it.
pub(crate) fn without_functions(name: &str) -> Cow<'_, str> {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut left, mut rest) = (String::new(), name);
    while let Some((at, _)) =
        rest.match_indices("fn(").find(|(at, _)| !rest[..*at].chars().next_back().is_some_and(is_word))
    {
        left.push_str(&rest[..at]);
        rest = &rest[at + length_of_function_type(&rest[at..])..];
    }
    if rest.len() == name.len() { Cow::Borrowed(name) } else { Cow::Owned(left + rest) }
}

/// How long the type of a function is that a text begins with: `fn(u8) -> Vec<u8>`.
fn length_of_function_type(text: &str) -> usize {
    let (mut depth, mut is_result, mut before) = (0_u32, false, ' ');
    for (at, c) in text.char_indices() {
        match c {
            '>' if before == '-' => {}
            '(' | '<' | '[' | '{' => depth += 1,
            ')' | '>' | ']' | '}' | ',' if depth == 0 => return at,
            ')' | '>' | ']' | '}' => {
                depth -= 1;
                if depth == 0 && !is_result {
                    is_result = text[at + 1..].starts_with(" -> ");
                    if !is_result {
                        return at + 1;
                    }
                }
            }
            _ => {}
        }
        before = c;
    }
    text.len()
}

/// Whether a type is that of a function, or of a pointer to one.
pub(crate) fn is_of_function(name: &str) -> bool {
    let name = name.strip_prefix("unsafe ").unwrap_or(name);
    let abi = name.strip_prefix("extern \"").and_then(|name| name.split_once("\" "));
    abi.map_or(name, |(_, name)| name).starts_with("fn(")
}

/// What vtables say of the trait of a trait object: that of `(dyn app::Part<u8, Out=u16> + core::marker::Send)` is
/// `app::Part<u8>`.
pub(crate) fn trait_of_object(name: &str) -> Option<String> {
    let bounds = name.strip_prefix("dyn ").or_else(|| name.strip_prefix("(dyn ")?.strip_suffix(')'))?;
    let principal = split_outside(bounds, " + ").next()?;
    let Some((path, arguments)) = principal.strip_suffix('>').and_then(|inner| inner.split_once('<')) else {
        return Some(principal.to_owned());
    };
    let arguments: Vec<&str> =
        split_outside(arguments, ", ").filter(|argument| !is_binding(argument)).collect();
    Some(if arguments.is_empty() { path.to_owned() } else { format!("{path}<{}>", arguments.join(", ")) })
}

/// Whether nothing but its own code takes apart what stands behind a trait object: closures and futures.
pub(crate) fn is_only_called(object: &str) -> bool {
    let of = trait_of_object(object).unwrap_or_default();
    of.starts_with("core::ops::function::Fn") || of == "core::future::future::Future"
}

/// Whether a generic argument says what an associated type is: `Output=u32`.
fn is_binding(argument: &str) -> bool {
    let name = argument.trim_start_matches(|c: char| c.is_alphanumeric() || c == '_');
    name.len() < argument.len() && name.starts_with('=')
}

/// The parts of a text between separators that stand in no brackets.
pub(crate) fn split_outside<'a>(text: &'a str, separator: &str) -> impl Iterator<Item = &'a str> {
    let (mut depth, mut before, mut start, mut parts) = (0_u32, ' ', 0, Vec::new());
    for (at, c) in text.char_indices() {
        match c {
            '>' if before == '-' => {}
            '(' | '<' | '[' | '{' => depth += 1,
            ')' | '>' | ']' | '}' => depth = depth.saturating_sub(1),
            _ if depth == 0 && at >= start && text[at..].starts_with(separator) => {
                parts.push(&text[start..at]);
                start = at + separator.len();
            }
            _ => {}
        }
        before = c;
    }
    parts.push(&text[start..]);
    parts.into_iter()
}

/// Whether a type's name has another in it, as a whole word.
pub(crate) fn mentions(name: &str, wanted: &str) -> bool {
    let is_word = |c: char| c.is_alphanumeric() || c == '_';
    name.match_indices(wanted).any(|(at, found)| {
        let before = name[..at].chars().next_back();
        let after = name[at + found.len()..].chars().next();
        !before.is_some_and(|c| is_word(c) || c == ':') && !after.is_some_and(is_word)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_trait_of_an_object_is_called_as_vtables_call_it() {
        let told = [
            ("dyn core::fmt::Display", "core::fmt::Display"),
            ("(dyn app::Part + core::marker::Send)", "app::Part"),
            (
                "(dyn app::Part<alloc::vec::Vec<(u8, app::Tmp)>> + core::marker::Send)",
                "app::Part<alloc::vec::Vec<(u8, app::Tmp)>>",
            ),
            ("dyn app::Part<3, Out=app::Tmp>", "app::Part<3>"),
            (
                "(dyn core::future::future::Future<Output=fn(u8) -> u8> + core::marker::Send)",
                "core::future::future::Future",
            ),
            (
                "(dyn core::ops::function::Fn<(&app::Tmp, u8), Output=app::Tmp> + core::marker::Send)",
                "core::ops::function::Fn<(&app::Tmp, u8)>",
            ),
            (
                "dyn app::Part<fn(u8) -> u8, (dyn app::Part<Out=u8> + core::marker::Sync)>",
                "app::Part<fn(u8) -> u8, (dyn app::Part<Out=u8> + core::marker::Sync)>",
            ),
        ];
        for (name, expected) in told {
            assert_eq!(trait_of_object(name).as_deref(), Some(expected));
        }
        assert_eq!(trait_of_object("app::dyn_like"), None);
    }

    #[test]
    fn types_of_functions_are_left_out() {
        let left = |name| without_functions(name).into_owned();
        assert_eq!(
            left("axum::Handler<fn(u8, (u8, u8)) -> app::f::{async_fn_env#0}, app::State>"),
            "axum::Handler<, app::State>"
        );
        assert_eq!(left("(fn(&[fn() -> u8; 2]), u8)"), "(, u8)");
        assert_eq!(left("fn() -> fn(u8) -> Vec<u8>"), "");
        assert_eq!(left("app::myfn(u8)"), "app::myfn(u8)");
        assert_eq!(left("&dyn core::ops::Fn(u8) -> u8"), "&dyn core::ops::Fn(u8) -> u8");
        assert!(is_of_function("unsafe extern \"C\" fn(u8)") && is_of_function("fn()"));
        assert!(!is_of_function("app::Handler<fn()>"));
    }
}
