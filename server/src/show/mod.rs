//! How findings look in an editor.

mod actions;
mod diagnostic;
mod hover;
mod lens;
pub(crate) mod progress;

pub(crate) use actions::{EXPLAIN, SHOW_RUNNING, actions};
pub(crate) use diagnostic::diagnostic;
pub(crate) use hover::hover;
pub(crate) use lens::lenses;
