//! End-to-end tests: real debugger, real VS Code, real programs.

pub mod program;
