//! Programs on subsecond: somebody else (`dx`, `cargo-hot`) builds a patch on every save and has the program load it.
//! The session follows.
//!
//! A patch is a library that is never unloaded, so that one line of a file may be in the program and in each patch.
//! Which text a patch was built from is told by its name, which has the time at which its build began, and by when
//! each text was saved.

use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use compat::{EngineKind, Texts, Verdict};
use serde_json::{Value, json};

use super::Session;
use super::positions::FrameView;
use super::prepare::{blocking, read};
use super::staging::{Ready, Times};
use crate::breakpoints::Placement;
use crate::error::Result;
use crate::message::breakpoints;
use crate::sources::Key;

/// Every version of every text that was seen, by when it was saved.
#[derive(Debug, Default)]
pub(super) struct Versions(HashMap<Key, Vec<(SystemTime, Arc<str>)>>);

impl Versions {
    /// The texts that are on disk now.
    pub(super) fn see(&mut self, root: &Path, texts: &Texts) {
        for (key, text) in texts {
            let versions = self.0.entry(Arc::clone(key)).or_default();
            if versions.last().is_none_or(|(_, last)| last != text) {
                let saved = root.join(&**key).metadata().and_then(|file| file.modified());
                versions.push((saved.unwrap_or_else(|_| SystemTime::now()), Arc::clone(text)));
            }
        }
    }

    /// The texts as they were at a time, of the files that there are now. What was not seen then is as it ran before.
    fn at(&self, time: SystemTime, now: &Texts, before: &Texts) -> Texts {
        let text = |key: &Key| {
            let versions = self.0.get(key)?.iter().rev();
            let seen = versions.map(|(saved, text)| (millis(*saved), text));
            let version = seen.filter(|(saved, _)| *saved <= millis(time)).map(|(_, text)| text).next();
            Some((Arc::clone(key), Arc::clone(version.or_else(|| before.get(key))?)))
        };
        now.keys().filter_map(text).collect()
    }
}

/// The names of patches say no more than milliseconds.
fn millis(time: SystemTime) -> u128 {
    time.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_millis()
}

/// When the build of a patch began, by the name that `dx` and `cargo-hot` give it: `libapp-patch-1735689600000.so`.
pub(crate) fn patch_time(path: &str) -> Option<SystemTime> {
    let name = Path::new(path).file_name()?.to_str()?;
    let (stem, extension) = name.rsplit_once('.')?;
    let (_, stamp) = stem.rsplit_once("-patch-")?;
    let is_library = matches!(extension, "so" | "dylib" | "dll");
    let stamp = stamp.parse().ok().filter(|_| is_library)?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(stamp))
}

impl Session {
    /// Sources were saved: whoever builds the patches takes them from here. Returns what is on disk.
    pub(super) async fn see_versions(&mut self) -> Result<Texts> {
        let Some(live) = &self.live else { return Ok(Texts::new()) };
        let root = live.root().to_owned();
        let texts = read(&root).await?.texts;
        if let Some(versions) = self.live.as_mut().and_then(|live| live.followed.as_mut()) {
            versions.see(&root, &texts);
        }
        Ok(texts)
    }

    /// Takes up the patches that the program has loaded since. The process stands still.
    pub(super) async fn follow_patches(&mut self) -> Result<()> {
        if self.live.as_ref().is_none_or(|live| live.followed.is_none()) {
            return Ok(());
        }
        let body = self.ask("modules", &json!({})).await?;
        let Some(live) = &mut self.live else { return Ok(()) };
        live.modules.update(&body);
        let patches = live.modules.new_patches();
        for (path, built) in &patches {
            self.take_up(path, *built).await?;
        }
        if !patches.is_empty() {
            self.set_all_breakpoints().await?;
        }
        Ok(())
    }

    /// A patch is the next generation.
    async fn take_up(&mut self, path: &str, built: SystemTime) -> Result<()> {
        let now = self.see_versions().await?;
        let Some(live) = &mut self.live else { return Ok(()) };
        let current = live.sources.current();
        let (running, before, number) = (current.texts.clone(), current.program.clone(), current.number + 1);
        let texts = match &live.followed {
            Some(versions) => versions.at(built, &now, &running),
            None => now,
        };
        let new = texts.clone();
        let judge = move || {
            let after = lang_rust::update(&before, &running, &new);
            let engine = Some(EngineKind::Subsecond);
            (lang_rust::report_of((&running, &before), (&new, &after), engine), after)
        };
        let (report, program) = blocking(judge).await?;
        live.modules.patch(path, number);
        let took = SystemTime::now().duration_since(built).unwrap_or_default();
        let started = Instant::now();
        let ready = Ready {
            number,
            texts,
            program,
            verdict: report.verdict,
            changes: serde_json::to_value(&report.changes).unwrap_or_default(),
            libraries: Arc::default(),
            replaced: Arc::default(),
            staged: Vec::new(),
            patch: None,
            started: started.checked_sub(took).unwrap_or(started),
            times: Times::default(),
        };
        live.advance(&ready);
        self.announce(&ready, None);
        let unsafe_change = report.changes.iter().find(|change| change.verdict == Verdict::Restart);
        if let Some(change) = unsafe_change {
            self.editor.warn(format!(
                "The program has loaded a patch that it should not have: {} [{}]. Start it again.",
                change.message, change.code
            ));
        }
        Ok(())
    }

    /// The breakpoints of the editor's that one of the adapter's is, where a thread has stopped: one line is one statement
    /// in the program and another in a patch.
    pub(super) async fn meant_by(&mut self, id: i64, thread: &Value) -> Vec<i64> {
        let Some(live) = &mut self.live else { return Vec::new() };
        let own = vec![live.breakpoints.editor_id(id)];
        let Some((several, asked)) = live.breakpoints.shared(id).filter(|_| live.followed.is_some()) else {
            return own;
        };
        let Some(frame) = self.top_frame(thread).await else { return own };
        let Some(live) = &mut self.live else { return own };
        let generation = live.generation_of(&FrameView::of(&frame));
        several.into_iter().filter(|id| live.has_one_of(&[*id], generation, asked)).collect()
    }

    /// Of one line in the program and in each patch, those places stay that have the statement which is meant.
    pub(super) async fn choose_locations(&mut self, placement: &Placement, answer: &Value) -> Result<()> {
        for ((ids, line), answer) in placement.placed.iter().zip(breakpoints(answer)) {
            let Some(adapters) = answer.get("id").and_then(Value::as_i64) else { continue };
            let locations = locations(&self.printed(&format!("breakpoint list -v {adapters}")).await?);
            let Some(live) = &mut self.live else { return Ok(()) };
            let mut found = BTreeMap::new();
            let mut wrong = String::new();
            for location in locations {
                let generation = live.modules.generation_of_file(&location.module);
                if live.has_one_of(ids, generation, *line) {
                    found.insert(generation, location.line);
                } else {
                    wrong.push(' ');
                    wrong.push_str(&location.id);
                }
            }
            // The answer tells the line of the oldest place, be it another statement.
            let at = found.last_key_value().and_then(|(_, at)| at.checked_sub(1));
            live.breakpoints.found(ids, *line, at);
            if !wrong.is_empty() {
                self.printed(&format!("breakpoint disable{wrong}")).await?;
            }
        }
        Ok(())
    }
}

/// A place in the process where a breakpoint is set.
#[derive(Debug, PartialEq, Eq)]
struct Location {
    /// As LLDB names it: `3.1`.
    id: String,
    /// The file of the program or library.
    module: String,
    /// From 1.
    line: u32,
}

/// The locations in what `breakpoint list -v` prints.
fn locations(listed: &str) -> Vec<Location> {
    let mut found: Vec<Location> = Vec::new();
    for line in listed.lines().map(str::trim) {
        let id = line.strip_suffix(':').filter(|id| {
            id.split_once('.').is_some_and(|(breakpoint, location)| {
                [breakpoint, location].iter().all(|number| number.parse::<u32>().is_ok())
            })
        });
        if let Some(id) = id {
            found.push(Location { id: id.to_owned(), module: String::new(), line: 0 });
        }
        let Some(location) = found.last_mut() else { continue };
        if let Some(module) = line.strip_prefix("module = ") {
            module.clone_into(&mut location.module);
        } else if let Some(place) = line.strip_prefix("location = ") {
            let mut numbers = place.rsplit(':').map_while(|part| part.parse().ok());
            let (last, before) = (numbers.next(), numbers.next());
            location.line = before.or(last).unwrap_or_default();
        }
    }
    found.retain(|location| location.line > 0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_patch_is_known_by_its_name() {
        let time = patch_time("/t/debug/libapp-patch-1735689600123.so").expect("a patch");
        assert_eq!(millis(time), 1_735_689_600_123);
        for other in ["/t/libapp.so", "/t/libdis-patch-er.so", "/t/libapp-patch-12.rs", "/t/app-patch-"] {
            assert_eq!(patch_time(other), None, "{other}");
        }
    }

    #[test]
    fn a_text_is_the_one_that_was_saved_when_the_build_began() {
        let at = |millis| SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
        let text = |text: &str| -> Texts { [(Key::from("a.rs"), Arc::from(text))].into_iter().collect() };
        let versions = [(at(10), Arc::from("one")), (at(20), Arc::from("two"))];
        let versions = Versions(HashMap::from([("a.rs".into(), versions.to_vec())]));
        for (time, expected) in [(5, "ran"), (10, "one"), (19, "one"), (20, "two"), (99, "two")] {
            assert_eq!(versions.at(at(time), &text("two"), &text("ran")), text(expected), "at {time}");
        }
    }

    #[test]
    fn locations_are_read_from_the_list() {
        let list = "3: file = '/w/a.rs', line = 5, exact_match = 0, locations = 2, resolved = 2, hit count = 7\n    \
                    3.1: \n      module = /t/app\n      compile unit = a.rs\n      function = app::step\n      \
                    location = /w/a.rs:6:5\n      address = 0x0000555555\n      resolved = true\n    3.2: \n      \
                    module = /t/libapp-patch-1.so\n      location = /w/a.rs:5\n";
        let location = |id: &str, module: &str, line| Location { id: id.into(), module: module.into(), line };
        let found = [location("3.1", "/t/app", 6), location("3.2", "/t/libapp-patch-1.so", 5)];
        assert_eq!(locations(list), found);
    }
}
