//! Functions by the names that Rust writes.
//!
//! LLDB takes the symbols of the older mangling for those of C++: it leaves the hash in, and everything that is no letter
//! as it is escaped (`_$LT$app..Square$u20$as$u20$app..Shape$GT$::area::h…`).

use std::borrow::Cow;

/// An opening bracket, escaped: of types and of closures. Whatever else is escaped stands in such.
const ESCAPES: [&str; 2] = ["$LT$", "$u7b$"];

/// A function's name without the hash and the escapes that the compiler adds.
pub(crate) fn readable(name: &str) -> Cow<'_, str> {
    let plain = artifact::without_hash(name);
    if !ESCAPES.iter().any(|escape| plain.contains(escape)) {
        return Cow::Borrowed(plain);
    }
    let mut symbol = "_ZN".to_owned();
    for segment in plain.split("::") {
        symbol.push_str(&segment.len().to_string());
        symbol.push_str(segment);
    }
    symbol.push_str("17h0000000000000000E");
    let decoded = artifact::demangled(&symbol);
    if decoded == symbol { Cow::Borrowed(plain) } else { Cow::Owned(decoded) }
}

#[cfg(test)]
mod tests {
    use super::readable;

    #[test]
    fn the_compilers_hash_is_no_part_of_a_name() {
        assert_eq!(readable("app::main::h0123456789abcdef"), "app::main");
        assert_eq!(readable("app::hot"), "app::hot");
        assert_eq!(readable("step"), "step");
    }

    #[test]
    fn names_are_as_rust_writes_them() {
        let names = [
            ("app::main::_$u7b$$u7b$closure$u7d$$u7d$::h0123456789abcdef", "app::main::{{closure}}"),
            (
                "_$LT$app..Square$u20$as$u20$app..Shape$GT$::area::h0123456789abcdef",
                "<app::Square as app::Shape>::area",
            ),
            (
                "core::ptr::drop_in_place$LT$$LP$alloc..string..String$C$u8$RP$$GT$",
                "core::ptr::drop_in_place<(alloc::string::String,u8)>",
            ),
            ("app::f::_$u7b$$u7b$closure$u7d$$u7d$::g", "app::f::{{closure}}::g"),
        ];
        for (name, expected) in names {
            assert_eq!(readable(name), expected);
        }
    }

    #[test]
    fn names_of_other_languages_are_left_as_they_are() {
        for name in [
            "main.(*server).run",
            "std::vector<int>::push$x",
            "a$b",
            "outer$1::run",
            "_$render",
            "$$",
            "::",
            "",
        ] {
            assert_eq!(readable(name), name);
        }
    }
}
