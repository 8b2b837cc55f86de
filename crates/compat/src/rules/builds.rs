//! `MF0907` and `MF0912` to `MF0920`: files that decide how everything is built.

use super::{Edit, Finding, Judgement, build_or_restart};
use crate::{UnitKind, Verdict};

const MIXED_BUILD: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "code of two different builds would run together; rebuild and restart to apply",
    why: "Dependencies, features, profiles and toolchains decide the layout and the symbols of everything.",
    remedy: "rebuild and restart the program to apply",
};

/// Finds a changed file, or a changed part of a manifest, by what it is called.
fn changed(edit: &Edit<'_>, findings: &mut Vec<Finding>, judgement: Judgement, is_it: impl Fn(&str) -> bool) {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() != UnitKind::BuildFile || !is_changed {
        return;
    }
    let path = &*edit.placed().unit.id.path;
    let file = path.rsplit('/').next().unwrap_or(path);
    if is_it(file.strip_prefix("Cargo.toml ").unwrap_or(file)) {
        findings.push(edit.finding(format!("`{path}` changed"), judgement));
    }
}

/// `MF0907`.
pub(crate) fn build_file_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "Cargo.toml");
}

/// `MF0912`.
pub(crate) fn dependencies_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "[dependencies]");
}

/// `MF0913`. A feature that no crate asks for changes nothing, which only the build shows.
pub(crate) fn features_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, build_or_restart(edit), |part| part == "[features]");
}

/// `MF0914`.
pub(crate) fn profile_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "[profile]");
}

/// `MF0915`.
pub(crate) fn edition_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "edition");
}

/// `MF0916`.
pub(crate) fn library_target_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "[lib]");
}

/// `MF0917`.
pub(crate) fn lock_file_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "Cargo.lock");
}

/// `MF0918`.
pub(crate) fn build_script_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part == "build.rs");
}

/// `MF0919`.
pub(crate) fn toolchain_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| part.starts_with("rust-toolchain"));
}

/// `MF0920`.
pub(crate) fn cargo_configuration_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    changed(edit, findings, MIXED_BUILD, |part| matches!(part, "config" | "config.toml"));
}
