//! The rules, a file per family.

pub(crate) type Judge = fn();
