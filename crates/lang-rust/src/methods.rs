//! What is known of methods and functions by their names alone: those of the standard library, which nobody redefines
//! without a reason.

/// Methods of the standard library that use an iterator up, or call what they are given, before they return.
pub(crate) const USING_UP: [&str; 40] = [
    "all",
    "any",
    "binary_search_by",
    "binary_search_by_key",
    "collect",
    "count",
    "find",
    "find_map",
    "fold",
    "for_each",
    "is_none_or",
    "is_some_and",
    "last",
    "map_or",
    "map_or_else",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "nth",
    "or_insert_with",
    "partition",
    "partition_point",
    "position",
    "product",
    "reduce",
    "retain",
    "rposition",
    "sort_by",
    "sort_by_key",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "sum",
    "try_fold",
    "try_for_each",
    "unwrap_or_else",
    "unzip",
    "then",
];

/// Those that make one iterator of another.
pub(crate) const ADAPTING: [&str; 25] = [
    "by_ref",
    "chain",
    "cloned",
    "copied",
    "cycle",
    "enumerate",
    "filter",
    "filter_map",
    "flat_map",
    "flatten",
    "fuse",
    "inspect",
    "into_iter",
    "iter",
    "iter_mut",
    "map",
    "map_while",
    "peekable",
    "rev",
    "scan",
    "skip",
    "skip_while",
    "step_by",
    "take",
    "take_while",
];

/// Those that make an iterator of something else.
const ITERATING: [&str; 12] = [
    "bytes",
    "char_indices",
    "chars",
    "drain",
    "into_iter",
    "iter",
    "iter_mut",
    "keys",
    "lines",
    "values",
    "values_mut",
    "windows",
];

/// Those that lend what a thread local holds.
pub(crate) const ACCESSING: [&str; 3] = ["with", "with_borrow", "with_borrow_mut"];

/// What may keep a closure in a body, whoever is given it.
pub(crate) const KEEPING: [&str; 12] = [
    "Arc",
    "Box",
    "Cell",
    "LazyLock",
    "OnceLock",
    "Rc",
    "RefCell",
    "dyn",
    "leak",
    "scope",
    "spawn",
    "transmute",
];

/// Methods that by custom take `self` by value.
pub(crate) fn takes_self(method: &str) -> bool {
    method.starts_with("into")
        || method.starts_with("unwrap")
        || matches!(method, "expect" | "map" | "and_then" | "ok_or" | "ok_or_else" | "join" | "await")
}

/// Whether an expression is an iterator by the way it is written: a range, `iter()` and the like, and what adapts them.
pub(crate) fn is_iterator(expression: &syn::Expr) -> bool {
    match expression {
        syn::Expr::Range(_) => true,
        syn::Expr::Paren(inner) => is_iterator(&inner.expr),
        syn::Expr::MethodCall(call) => {
            let method = call.method.to_string();
            ITERATING.contains(&method.as_str())
                || (ADAPTING.contains(&method.as_str()) && is_iterator(&call.receiver))
        }
        _ => false,
    }
}

/// Whether an expression is a static, by custom.
pub(crate) fn is_of_static(expression: &syn::Expr) -> bool {
    let syn::Expr::Path(path) = expression else { return false };
    let name = path.path.segments.last().map(|last| last.ident.to_string()).unwrap_or_default();
    !name.is_empty() && !name.contains(char::is_lowercase)
}
