//! Removes what nobody will ask for again.
//!
//! The caller owns the store-wide lock. Writers share that lock from the first text to the manifest, so a
//! text that no manifest names is garbage and not one that is about to be named.

use std::collections::HashSet;
use std::fs;
use std::path::Path;

use crate::files::TEMPORARY;
use crate::{Error, Manifest, Result, Store};

pub(crate) fn collect(store: &Store) -> Result<()> {
    // Sessions of every workspace that shares the target folder count: their texts are shared, too.
    let store = Store::open(store.folder().parent().unwrap_or(Path::new(".")))?.with_limits(store.limits());
    remove_sessions(&store)?;
    for session in store.sessions()? {
        remove_generations(&store, &session)?;
    }
    match referenced(&store)? {
        Some(referenced) => remove_texts(&store, &referenced),
        // What a damaged manifest names can't be known: better too many texts than one too few.
        None => Ok(()),
    }
}

fn remove_sessions(store: &Store) -> Result<()> {
    let ended: Vec<String> = store.sessions()?.into_iter().filter(|id| !store.is_live(id)).collect();
    // A session that ended before its first generation has nothing to say.
    let (empty, ended): (Vec<String>, Vec<String>) = ended
        .into_iter()
        .partition(|id| store.generation_numbers(id).is_ok_and(|numbers| numbers.is_empty()));
    let surplus = ended.len().saturating_sub(store.limits().sessions);
    for id in ended[..surplus].iter().chain(&empty) {
        let folder = store.sessions_folder().join(id);
        fs::remove_dir_all(&folder).map_err(|source| Error::io("remove", &folder, source))?;
    }
    Ok(())
}

/// Generation 0 stays: it is what was launched, and frames of it may be on the stack for ever.
fn remove_generations(store: &Store, session: &str) -> Result<()> {
    let numbers = store.generation_numbers(session)?;
    let surplus = numbers.len().saturating_sub(store.limits().generations.max(2));
    for number in numbers.iter().skip(1).take(surplus) {
        let path = store.sessions_folder().join(session).join(Manifest::file_name(*number));
        fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
    }
    Ok(())
}

/// The hashes that some manifest names, or none if a manifest of a live session can't be read.
fn referenced(store: &Store) -> Result<Option<HashSet<String>>> {
    let mut hashes = HashSet::new();
    for session in store.sessions()? {
        let manifests = store.generations(&session)?;
        let complete = manifests.len() == store.generation_numbers(&session)?.len();
        if !complete && store.is_live(&session) {
            return Ok(None);
        }
        hashes.extend(manifests.into_iter().flat_map(|manifest| manifest.files.into_values()));
    }
    Ok(Some(hashes))
}

fn remove_texts(store: &Store, referenced: &HashSet<String>) -> Result<()> {
    let texts = store.text_store();
    for folder in subfolders(texts.folder()) {
        let head = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let Ok(entries) = fs::read_dir(&folder) else { continue };
        for entry in entries.flatten() {
            let tail = entry.file_name().to_string_lossy().into_owned();
            // Nobody writes now, so a temporary name is what a crash has left.
            if tail.starts_with(TEMPORARY) || !referenced.contains(&format!("{head}{tail}")) {
                let path = entry.path();
                fs::remove_file(&path).map_err(|source| Error::io("remove", &path, source))?;
            }
        }
    }
    Ok(())
}

fn subfolders(folder: &Path) -> Vec<std::path::PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    entries.map(|entry| entry.path()).filter(|path| path.is_dir()).collect()
}
