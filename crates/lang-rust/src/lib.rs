//! Rust text to units: parsing, crates and modules of a Cargo workspace. No IO.
