//! By which path live values of a type can be reached.

use crate::Program;

#[derive(Debug, Default)]
pub(crate) struct Index {}

impl Index {
    pub(crate) fn of(_program: &Program) -> Self {
        Self {}
    }
}
