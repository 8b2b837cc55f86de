//! `MF0907` and `MF0912` to `MF0920`: files that decide how everything is built.

use super::{Edit, Finding, Judgement, build_or_restart};
use crate::{UnitKind, Verdict};

const MIXED_BUILD: Judgement = Judgement {
    verdict: Verdict::Restart,
    effect: "code of two different builds would run together; rebuild and restart to apply",
    why: "Dependencies, features, profiles and toolchains decide the layout and the symbols of everything.",
    remedy: "rebuild and restart the program to apply",
};

/// What the changed file, or the part of a manifest, is called.
fn part<'a>(edit: &Edit<'a>) -> Option<&'a str> {
    let is_changed = edit.pair().is_none() || edit.differs(|unit| unit.body);
    if edit.kind() != UnitKind::BuildFile || !is_changed {
        return None;
    }
    let path = &*edit.placed().unit.id.path;
    let file = path.rsplit('/').next().unwrap_or(path);
    Some(file.strip_prefix("Cargo.toml ").unwrap_or(file))
}

fn changed(edit: &Edit<'_>, findings: &mut Vec<Finding>, judgement: Judgement) {
    findings.push(edit.finding(format!("`{}` changed", edit.placed().unit.id.path), judgement));
}

/// `MF0907`.
pub(crate) fn build_file_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("Cargo.toml") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0912`.
pub(crate) fn dependencies_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("[dependencies]") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0913`. A feature that no crate asks for changes nothing, which only the build shows.
pub(crate) fn features_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("[features]") {
        changed(edit, findings, build_or_restart(edit));
    }
}

/// `MF0914`.
pub(crate) fn profile_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("[profile]") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0915`.
pub(crate) fn edition_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("edition") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0916`.
pub(crate) fn library_target_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("[lib]") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0917`.
pub(crate) fn lock_file_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("Cargo.lock") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0918`.
pub(crate) fn build_script_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit) == Some("build.rs") {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0919`.
pub(crate) fn toolchain_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if part(edit).is_some_and(|part| part.starts_with("rust-toolchain")) {
        changed(edit, findings, MIXED_BUILD);
    }
}

/// `MF0920`.
pub(crate) fn cargo_configuration_changed(edit: &Edit<'_>, findings: &mut Vec<Finding>) {
    if matches!(part(edit), Some("config" | "config.toml")) {
        changed(edit, findings, MIXED_BUILD);
    }
}
