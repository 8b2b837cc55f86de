//! cargo xtask demo | test | bench | package

fn main() {}
