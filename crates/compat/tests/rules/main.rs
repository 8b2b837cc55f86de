//! Before/after tests of the rules: the program, the edit, what is said about it.

// `expect-test` writes its texts with hashes.
#![allow(clippy::needless_raw_string_hashes, clippy::needless_pass_by_value)]

mod catalogue;
mod edit;
mod enums;
mod functions;
mod identity;
mod live;
mod names;
mod scope;
mod statics;
mod structs;
mod table;
mod text;
mod traits;
