use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use baseline::{Current, NewGeneration, Store};

use crate::store::{spawn_owner, start};
use crate::texts;

/// Waits until the store, asked after each change that is reported, answers as expected.
#[track_caller]
fn wait_for(store: &Store, changes: &Receiver<()>, what: &str, expected: impl Fn(Option<&Current>) -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !expected(store.current().unwrap().as_ref()) {
        let left = deadline.saturating_duration_since(Instant::now());
        changes.recv_timeout(left).unwrap_or_else(|_| panic!("never seen: {what}"));
    }
}

#[test]
fn tells_of_generations_and_of_a_killed_owner() {
    let folder = tempfile::tempdir().unwrap();
    // Nothing of the way to the manifests exists yet.
    let target = folder.path().join("deep/target");
    let store = Store::open(&target).unwrap();
    let (sender, changes) = channel();
    let _watch = store.watch(move || _ = sender.send(())).unwrap();

    let mut session = store.begin(&start(folder.path())).unwrap();
    let live = |generation| {
        move |current: Option<&Current>| {
            current.is_some_and(|current| current.live && current.manifest.generation == generation)
        }
    };
    for generation in 0..3 {
        session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
        wait_for(&store, &changes, "a generation", live(generation));
    }
    drop(session);
    wait_for(&store, &changes, "the end of the session", |current| current.is_none());

    let mut owner = spawn_owner(&target);
    wait_for(&store, &changes, "the session of another process", live(0));
    owner.kill();
    wait_for(&store, &changes, "the end of the killed process", |current| current.is_none());
}

#[test]
fn survives_the_removal_of_the_target_folder() {
    let folder = tempfile::tempdir().unwrap();
    let target = folder.path().join("target");
    let store = Store::open(&target).unwrap();
    let mut session = store.begin(&start(folder.path())).unwrap();
    session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
    let (sender, changes) = channel();
    let _watch = store.watch(move || _ = sender.send(())).unwrap();
    wait_for(&store, &changes, "the session", |current| current.is_some());
    std::fs::remove_dir_all(&target).unwrap();
    wait_for(&store, &changes, "that it is gone", |current| current.is_none());
    drop(session);
    let mut session = store.begin(&start(folder.path())).unwrap();
    session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
    wait_for(&store, &changes, "the next session", |current| current.is_some_and(|found| found.live));
}

/// The folders come into being one by one while the watch follows them down: none may be missed.
#[test]
fn no_first_generation_is_ever_missed() {
    for _ in 0..50 {
        let folder = tempfile::tempdir().unwrap();
        let target = folder.path().join("target");
        let store = Store::open(&target).unwrap();
        let (sender, changes) = channel();
        let _watch = store.watch(move || _ = sender.send(())).unwrap();
        let mut session = store.begin(&start(folder.path())).unwrap();
        session.commit(&texts(&[("a.rs", "")]), &NewGeneration::default()).unwrap();
        wait_for_news(&store, &changes);
    }
}

/// Asks the store only when told to, as a client does: a change that is not reported is not seen.
#[track_caller]
fn wait_for_news(store: &Store, changes: &Receiver<()>) {
    let deadline = Instant::now() + Duration::from_secs(10);
    loop {
        let left = deadline.saturating_duration_since(Instant::now());
        changes.recv_timeout(left).expect("the first generation is reported");
        if store.current().unwrap().is_some_and(|current| current.live) {
            return;
        }
    }
}
