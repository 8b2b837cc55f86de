use std::fs;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use baseline::{Error, Limits, NewGeneration, SessionStart, Store, sha256};

use crate::{texts, write};

pub(crate) fn start(root: &Path) -> SessionStart {
    SessionStart {
        root: root.to_owned(),
        engine: "hot-lib-reloader".to_owned(),
        program: "app".to_owned(),
        adapter: "lldb-dap".to_owned(),
    }
}

#[test]
fn what_was_committed_is_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    assert_eq!(store.current().unwrap(), None);
    let mut session = store.begin(&start(folder.path())).unwrap();
    assert_eq!(store.current().unwrap(), None, "nothing is committed yet");

    let first = texts(&[("src/main.rs", "fn main() {}"), ("src/🦀.rs", "\r\n")]);
    let manifest = session.commit(&first, &NewGeneration::default()).unwrap();
    assert_eq!(manifest.files["src/main.rs"], sha256(b"fn main() {}"));
    assert_eq!(store.texts(&manifest).unwrap(), first);

    let second = texts(&[("src/main.rs", "fn main() { step() }"), ("src/🦀.rs", "\r\n")]);
    let new = NewGeneration { verdict: Some("safe".to_owned()), ..NewGeneration::default() };
    session.commit(&second, &new).unwrap();
    let current = store.current().unwrap().unwrap();
    assert!(current.live);
    assert_eq!(current.manifest.generation, 1);
    assert_eq!(store.texts(&current.manifest).unwrap(), second);
    assert_eq!(store.generation(session.id(), 0).unwrap(), manifest);
    assert!(matches!(store.generation(session.id(), 2), Err(Error::NoSuchGeneration { .. })));
}

#[test]
fn the_last_build_counts_only_while_it_is_on_disk() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "debug/app", "program");
    let store = Store::open(folder.path()).unwrap();
    let mut session = store.begin(&start(folder.path())).unwrap();
    let new = NewGeneration { artifacts: vec![folder.path().join("debug/app")], ..NewGeneration::default() };
    session.commit(&texts(&[("a.rs", "")]), &new).unwrap();
    drop(session);
    assert!(!store.current().unwrap().unwrap().live);
    write(folder.path(), "debug/app", "another");
    assert_eq!(store.current().unwrap(), None);
}

#[test]
fn a_live_session_goes_before_a_newer_one_that_ended() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut older = store.begin(&start(folder.path())).unwrap();
    older.commit(&texts(&[("a.rs", "old")]), &NewGeneration::default()).unwrap();
    let mut newer = store.begin(&start(folder.path())).unwrap();
    newer.commit(&texts(&[("a.rs", "new")]), &NewGeneration::default()).unwrap();
    assert_eq!(store.current().unwrap().unwrap().manifest.session, newer.id());
    drop(newer);
    assert_eq!(store.current().unwrap().unwrap().manifest.session, older.id());
}

#[test]
fn a_shared_target_folder_keeps_workspaces_apart() {
    let (one, two) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let config = format!("[build]\ntarget-dir = {:?}\n", one.path().join("target"));
    write(two.path(), ".cargo/config.toml", config);
    if std::env::var_os("CARGO_TARGET_DIR").is_some() {
        return;
    }
    let of_one = Store::of_workspace(one.path()).unwrap();
    let of_two = Store::of_workspace(two.path()).unwrap();
    assert_eq!(of_one.folder(), of_two.folder());
    let mut session = of_one.begin(&start(one.path())).unwrap();
    session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
    assert!(of_one.current().unwrap().is_some());
    assert!(of_two.current().unwrap().is_none());
}

#[test]
fn a_damaged_manifest_hides_one_generation() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut session = store.begin(&start(folder.path())).unwrap();
    for text in ["0", "1", "2"] {
        session.commit(&texts(&[("a.rs", text)]), &NewGeneration::default()).unwrap();
    }
    let manifests = store.folder().join("sessions").join(session.id());
    let last = manifests.join("generation-000002.json");
    for damage in ["", "{\"version\": 1, \"sess", "[]", "{\"version\": 99}", "\u{0}\u{0}"] {
        fs::write(&last, damage).unwrap();
        assert_eq!(store.current().unwrap().unwrap().manifest.generation, 1, "{damage:?}");
    }
    fs::remove_file(&last).unwrap();
    fs::create_dir(&last).unwrap();
    assert_eq!(store.current().unwrap().unwrap().manifest.generation, 1);
}

#[test]
fn a_damaged_text_is_found_and_written_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let files = texts(&[("a.rs", "whole")]);
    let mut session = store.begin(&start(folder.path())).unwrap();
    let manifest = session.commit(&files, &NewGeneration::default()).unwrap();
    let hash = &manifest.files["a.rs"];
    fs::write(store.folder().join("texts").join(&hash[..2]).join(&hash[2..]), "torn!").unwrap();
    assert!(matches!(store.texts(&manifest), Err(Error::Damaged { .. })));
    let mut next = store.begin(&start(folder.path())).unwrap();
    let manifest = next.commit(&files, &NewGeneration::default()).unwrap();
    assert_eq!(store.texts(&manifest).unwrap(), files);
}

#[test]
fn the_store_stays_small() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap().with_limits(Limits { sessions: 2, generations: 3 });
    let mut kept = store.begin(&start(folder.path())).unwrap();
    let first = kept.commit(&texts(&[("a.rs", "kept")]), &NewGeneration::default()).unwrap();
    for number in 0..5 {
        let mut session = store.begin(&start(folder.path())).unwrap();
        let text = format!("of {number}");
        session.commit(&texts(&[("a.rs", &text)]), &NewGeneration::default()).unwrap();
    }
    for number in 0..10 {
        let text = format!("generation {number}");
        kept.commit(&texts(&[("a.rs", &text)]), &NewGeneration::default()).unwrap();
    }
    let numbers: Vec<u32> =
        store.generations(kept.id()).unwrap().iter().map(|manifest| manifest.generation).collect();
    assert_eq!(numbers, [0, 9, 10]);
    assert_eq!(store.texts(&first).unwrap(), texts(&[("a.rs", "kept")]));
    assert_eq!(store.sessions().unwrap().len(), 3, "two that ended, and the live one");
    let texts_left = walk(&store.folder().join("texts"));
    assert_eq!(texts_left, 2 + 3, "{texts_left} texts");
}

fn walk(folder: &Path) -> usize {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    entries.map(|path| if path.is_dir() { walk(&path) } else { 1 }).sum()
}

/// Two adapters begin, commit and collect at once: neither may lose a text of the other.
#[test]
fn many_sessions_at_once_never_lose_a_text() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { sessions: 1, generations: 2 };
    std::thread::scope(|scope| {
        for thread in 0..4 {
            let folder = folder.path();
            scope.spawn(move || {
                let store = Store::open(folder).unwrap().with_limits(limits);
                for round in 0..15 {
                    let mut session = store.begin(&start(folder)).unwrap();
                    for generation in 0..4 {
                        let text = format!("{thread} {round} {generation}");
                        let files = texts(&[("a.rs", &text), ("b.rs", "shared")]);
                        let manifest = session.commit(&files, &NewGeneration::default()).unwrap();
                        assert_eq!(store.texts(&manifest).unwrap(), files);
                    }
                }
            });
        }
    });
}

/// Run by [`a_killed_owner_is_not_alive`] in a process of its own; does nothing otherwise.
#[test]
fn owner_process() {
    let Some(target) = std::env::var_os("MIDFLIGHT_TEST_OWNER") else { return };
    let store = Store::open(Path::new(&target)).unwrap();
    let mut session = store.begin(&start(Path::new(&target))).unwrap();
    session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
    let mut out = std::io::stdout().lock();
    writeln!(out, "\ncommitted").unwrap();
    out.flush().unwrap();
    std::thread::park();
}

/// A process that owns a session. It does not outlive the test, whatever becomes of that.
pub(crate) struct Owner(std::process::Child);

impl Owner {
    pub(crate) fn kill(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Owner {
    fn drop(&mut self) {
        let _ = self.0.kill();
    }
}

/// Starts [`owner_process`] and waits until it has committed.
pub(crate) fn spawn_owner(target: &Path) -> Owner {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args(["store::owner_process", "--exact", "--nocapture"])
        .env("MIDFLIGHT_TEST_OWNER", target)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "committed"), "the owner ended early");
    Owner(child)
}

#[test]
fn a_killed_owner_is_not_alive() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path()).unwrap();
    let mut owner = spawn_owner(folder.path());
    let session = store.current().unwrap().unwrap().manifest.session;
    assert!(store.is_live(&session));
    owner.kill();
    assert!(!store.is_live(&session));
}

#[test]
fn a_file_in_the_place_of_the_store_is_an_error_that_says_so() {
    let folder = tempfile::tempdir().unwrap();
    write(folder.path(), "midflight", "");
    let error = Store::open(folder.path()).unwrap_err().to_string();
    assert!(error.contains("a file stands where"), "{error}");
}

/// A folder that nobody can write, not even root: `/proc` refuses every new name.
#[cfg(target_os = "linux")]
#[test]
fn a_target_folder_that_cannot_be_written_is_an_error_to_show() {
    let store = Store::open(Path::new("/proc/self")).unwrap();
    assert_eq!(store.current().unwrap(), None);
    let error = store.begin(&start(Path::new("/"))).unwrap_err();
    assert!(matches!(error, Error::ReadOnly { .. } | Error::Io { action: "create", .. }), "{error:?}");
}
