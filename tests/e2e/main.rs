//! The end-to-end tests: one binary, a module per feature.

mod architecture;
mod map;
mod programs;
