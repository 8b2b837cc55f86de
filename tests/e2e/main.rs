//! The end-to-end tests: one binary, a module per feature.

mod architecture;
mod check;
mod dap;
mod diff;
mod editor;
mod gate;
mod in_place;
mod in_place_faults;
mod incremental;
mod lsp;
mod map;
mod programs;
mod run;
mod soak;
mod source_maps;
