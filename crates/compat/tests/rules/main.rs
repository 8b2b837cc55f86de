//! Before/after tests of the rules: the program, the edit, what is said about it.

mod catalogue;
mod edit;
mod enums;
mod functions;
mod statics;
mod structs;
mod text;
mod traits;
