//! Which of several types of one name is meant, as far as imports settle it. In doubt every one is.

use std::sync::Arc;

use crate::{FileUnits, Fingerprint, Program, UnitId, UnitKind};

/// The types that share a name with one, in a program.
pub(crate) struct Namesakes<'a> {
    program: &'a Program,
    id: &'a UnitId,
    /// The paths of the others.
    others: Vec<Arc<str>>,
}

impl<'a> Namesakes<'a> {
    pub(crate) fn of(program: &'a Program, id: &'a UnitId) -> Self {
        let mut others = program.lives().types_named(id.name());
        others.retain(|path| *path != id.path);
        Self { program, id, others }
    }

    /// Whether the name means this type where a unit stands.
    pub(crate) fn is_meant(&self, file: &str, unit: &UnitId) -> bool {
        if self.others.is_empty() {
            return true;
        }
        let Some(file) = self.program.file(file) else { return true };
        let modules = modules_around(unit, &file.module);
        for module in modules {
            let own = format!("{module}::{}", self.id.name());
            if *own == *self.id.path {
                return true;
            }
            if self.others.iter().any(|other| **other == *own) {
                return false;
            }
            if let Some(path) = imported(file, module, self.id.name()) {
                let is_it = |target: &str| spellings(target, module).contains(&path);
                return is_it(&self.id.path) || !self.others.iter().any(|other| is_it(other));
            }
            // A name comes into a module by itself or not at all; into the code of an item from the module around it.
            if is_module(file, module) {
                return true;
            }
        }
        true
    }
}

/// What is around a unit, from the inside, down to the module that its file is.
fn modules_around<'a>(unit: &'a UnitId, file: &str) -> Vec<&'a str> {
    let mut around = Vec::new();
    let mut path = unit.parent().trim_end_matches("::");
    while path.len() >= file.len() && !path.is_empty() {
        around.push(path);
        path = path.rsplit_once("::").map_or("", |(outer, _)| outer);
    }
    around
}

fn is_module(file: &FileUnits, path: &str) -> bool {
    *file.module == *path
        || file.units().any(|placed| placed.unit.id.kind == UnitKind::Module && *placed.unit.id.path == *path)
}

/// The fingerprint of the path that a module imports a name by.
fn imported(file: &FileUnits, module: &str, name: &str) -> Option<Fingerprint> {
    let path = format!("{module}::use {name}");
    let import = file
        .units()
        .find(|placed| placed.unit.id.kind == UnitKind::Import && *placed.unit.id.path == *path)?;
    Some(import.unit.body)
}

/// The ways in which a module can spell the path of an item.
fn spellings(target: &str, module: &str) -> Vec<Fingerprint> {
    let mut spelled = vec![target.to_owned()];
    let (krate, inside) = target.split_once("::").unwrap_or((target, ""));
    if module == krate || module.starts_with(&format!("{krate}::")) {
        spelled.push(format!("crate::{inside}"));
    }
    let (mut around, mut up) = (Some(module), String::new());
    while let Some(path) = around {
        if let Some(below) = target.strip_prefix(path).and_then(|rest| rest.strip_prefix("::")) {
            spelled.push(format!("{up}{below}"));
            spelled.push(format!("self::{up}{below}"));
        }
        up.push_str("super::");
        around = path.rsplit_once("::").map(|(outer, _)| outer);
    }
    spelled.iter().map(|path| Fingerprint::of((false, path))).collect()
}
