//! The language server. The only crate that knows LSP.
