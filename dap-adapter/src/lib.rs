//! The debug adapter proxy. The only crate that knows DAP.
