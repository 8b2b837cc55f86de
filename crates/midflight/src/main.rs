//! The midflight command: lsp, dap, check, diff, map, run.

fn main() {}
