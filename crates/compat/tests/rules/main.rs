//! Before/after tests of the rules: the program, the edit, what is said about it.

// `expect-test` writes its texts with hashes.
#![allow(clippy::needless_raw_string_hashes, clippy::needless_pass_by_value)]

mod catalogue;
mod edit;
mod enums;
mod functions;
mod live;
mod names;
mod statics;
mod structs;
mod text;
mod traits;
