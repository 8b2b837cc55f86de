//! Files that decide how everything is built: a unit each, a manifest one for each part. Blind to comments and formatting.

use std::ops::Range;

use compat::{Chunk, FileUnits, Fingerprint, Manifest, Unit, UnitKind};
use toml::{Table, Value};

use crate::fingerprint;
use crate::item::{Place, unit};
use crate::manifest::parts;

/// Whether the file is one of them.
pub(crate) fn is_build_file(path: &str) -> bool {
    !crate::project::is_rust(path) || is_build_script(path)
}

fn is_build_script(path: &str) -> bool {
    path.rsplit('/').next() == Some("build.rs") && !path.contains("src/")
}

/// Reads the file.
pub(crate) fn read(path: &str, text: &str) -> FileUnits {
    let table = text.trim_start_matches('\u{feff}').parse::<Table>().ok();
    let first_line = 0..text.lines().next().map_or(0, str::len);
    let is_manifest = path.rsplit('/').next() == Some("Cargo.toml");
    let units: Vec<Unit> = match &table {
        Some(table) if is_manifest => parts(table.clone())
            .into_iter()
            .filter(|part| !part.says.is_empty() || part.name.is_empty())
            .map(|part| {
                let (name, line) = (format!("{path}{}", part.name), part.line(text));
                of(&name, line, canonical(&Value::Table(part.says)))
            })
            .collect(),
        _ if is_build_script(path) => vec![of(path, first_line, script(text))],
        Some(table) => vec![of(path, first_line, canonical(&Value::Table(table.clone())))],
        None => vec![of(path, first_line, Fingerprint::of(text.trim()))],
    };
    let chunk = Chunk {
        start: 0,
        len: u32::try_from(text.len()).unwrap_or(u32::MAX),
        key: Fingerprint::of((path, text)),
        units: units.into(),
        stale: false,
    };
    FileUnits {
        len: chunk.len,
        chunks: vec![chunk],
        manifest: table.filter(|_| is_manifest).map(|table| Box::new(manifest(&table))),
        ..FileUnits::default()
    }
}

fn of(name: &str, line: Range<usize>, body: Fingerprint) -> Unit {
    let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    let line = clamp(line.start)..clamp(line.end);
    Unit { body, ..unit(&Place::default(), UnitKind::BuildFile, name, line.clone(), line) }
}

fn script(text: &str) -> Fingerprint {
    let deep = crate::lexeme::is_too_deep(text, 0, text.len());
    let tokens = (!deep).then(|| text.parse::<proc_macro2::TokenStream>().ok()).flatten();
    let body = tokens.map_or_else(|| Fingerprint::of(text), fingerprint::of);
    proc_macro2::extra::invalidate_current_thread_spans();
    body
}

/// A value's fingerprint whatever the order of its keys; `toml` keeps tables sorted.
fn canonical(value: &Value) -> Fingerprint {
    match value {
        Value::Table(table) => {
            let mut pairs: Vec<_> = table.iter().map(|(key, value)| (key, canonical(value))).collect();
            pairs.sort_unstable();
            Fingerprint::of(pairs)
        }
        Value::Array(values) => Fingerprint::of(values.iter().map(canonical).collect::<Vec<_>>()),
        other => Fingerprint::of(other.to_string()),
    }
}

/// The facts that units and rules need.
fn manifest(table: &Table) -> Manifest {
    let lib = table.get("lib").and_then(Value::as_table);
    let in_lib = |key: &str| lib.and_then(|lib| lib.get(key));
    let package = table.get("package").and_then(|package| package.get("name")).and_then(Value::as_str);
    let crate_types = in_lib("crate-type").or_else(|| in_lib("crate_type")).and_then(Value::as_array);
    let binaries = table.get("bin").and_then(Value::as_array).into_iter().flatten().filter_map(|bin| {
        let name = bin.get("name")?.as_str()?;
        let path = bin
            .get("path")
            .and_then(Value::as_str)
            .map_or_else(|| format!("src/bin/{name}.rs"), str::to_owned);
        Some((name.into(), path.into()))
    });
    Manifest {
        package: package.map(Into::into),
        lib_name: in_lib("name").and_then(Value::as_str).map(Into::into),
        lib_path: in_lib("path").and_then(Value::as_str).map(Into::into),
        crate_types: crate_types.into_iter().flatten().filter_map(Value::as_str).map(Into::into).collect(),
        is_procedural: in_lib("proc-macro").or_else(|| in_lib("proc_macro")).and_then(Value::as_bool)
            == Some(true),
        is_workspace: table.contains_key("workspace"),
        binaries: binaries.collect(),
        dependencies: dependencies(table),
    }
}

/// The packages under `[dependencies]`, for every target; those for tests and build scripts are not in the process.
fn dependencies(table: &Table) -> Box<[Box<str>]> {
    let targets = table.get("target").and_then(Value::as_table);
    let of_targets =
        targets.into_iter().flat_map(Table::values).filter_map(|target| target.get("dependencies"));
    let all = table.get("dependencies").into_iter().chain(of_targets).filter_map(Value::as_table);
    all.flatten()
        .map(|(name, how)| how.get("package").and_then(Value::as_str).unwrap_or(name).into())
        .collect()
}
