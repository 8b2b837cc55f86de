//! The texts of a session: what each generation was built from, what is on disk, what the editor said it
//! shows; and the line maps between any two of them.

use std::collections::{HashMap, HashSet};
use std::hash::Hash;
use std::path::{Component, Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use artifact::CodeLines;
use compat::{FileUnits, Placed, Program, Texts};
use in_place::Replaced;
use remap::{Anchor, LineMap};
use serde_json::Value;

use crate::images::Image;

/// A path of a source file relative to the workspace root.
pub(crate) type Key = Arc<str>;

/// So many line maps are kept; a reload makes most of them useless anyway.
const MAPS: usize = 512;

/// The exact texts that some running code was built from.
#[derive(Debug, Clone)]
pub(crate) struct Generation {
    /// 0 is what was launched.
    pub(crate) number: u32,
    /// The texts.
    pub(crate) texts: Texts,
    /// Their units; of the newest two generations only.
    pub(crate) program: Program,
    /// When it was applied, how long it took, what changed: for the time line.
    pub(crate) record: Value,
}

/// All texts of a session.
#[derive(Debug)]
pub(crate) struct Sources {
    root: PathBuf,
    /// Folders, relative to the root, whose code is reloaded.
    hot: Vec<String>,
    /// Those of them whose library still runs an older generation than the newest one.
    behind: HashMap<String, u32>,
    generations: Vec<Generation>,
    /// The one that the process was launched with.
    launched: u32,
    /// In an in-place session, the program and the patches; else none.
    images: Vec<Image>,
    disk: HashMap<Key, OnDisk>,
    /// Counts the looks at the disk: between two of them, files are what they were.
    look: u64,
    told: HashMap<Key, Told>,
    /// What paths name: whether one is a link, the disk has to be asked.
    named: Mutex<HashMap<String, Named>>,
    maps: HashMap<(usize, usize), Related>,
    units: HashMap<usize, (Arc<str>, Arc<FileUnits>)>,
}

/// What a path names.
#[derive(Debug)]
struct Named {
    /// A file of the texts.
    key: Option<Key>,
    /// The generation that the path alone tells.
    generation: Option<u32>,
}

/// Two texts and their map. The texts are kept so that their addresses stay theirs.
type Related = (Arc<str>, Arc<str>, Arc<LineMap>);

#[derive(Debug)]
struct OnDisk {
    look: u64,
    stamp: (Option<SystemTime>, u64),
    text: Arc<str>,
}

/// A buffer that the editor sent because it was not saved, and the file below it then.
#[derive(Debug)]
struct Told {
    text: Arc<str>,
    disk: Option<Arc<str>>,
}

impl Sources {
    /// The texts of a session that starts with this generation.
    pub(crate) fn new(root: PathBuf, hot: Vec<String>, first: Generation) -> Self {
        Self {
            root,
            hot,
            behind: HashMap::new(),
            generations: vec![first],
            launched: 0,
            images: Vec::new(),
            disk: HashMap::new(),
            look: 0,
            told: HashMap::new(),
            named: Mutex::default(),
            maps: HashMap::new(),
            units: HashMap::new(),
        }
    }

    /// The workspace root.
    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    /// The generation that is newest in the process.
    pub(crate) fn current(&self) -> &Generation {
        // There is always the first one.
        &self.generations[self.generations.len() - 1]
    }

    /// All generations, oldest first.
    pub(crate) fn generations(&self) -> &[Generation] {
        &self.generations
    }

    /// The generation that the process was launched with: what never was replaced is of this one.
    pub(crate) fn launched(&self) -> u32 {
        self.launched
    }

    /// Another process was launched, from these texts.
    pub(crate) fn launch(&mut self, hot: Vec<String>, generation: Generation) {
        self.launched = generation.number;
        self.hot = hot;
        self.behind.clear();
        self.images.clear();
        self.push(generation);
    }

    /// The next generation is applied.
    pub(crate) fn push(&mut self, mut generation: Generation) {
        self.named = Mutex::default();
        // A generation differs in a few files: what it has in common with the last one is kept once.
        for (key, text) in &mut generation.texts {
            let known = self.current().texts.get(key).filter(|known| known == &text);
            if let Some(known) = known {
                *text = Arc::clone(known);
            }
        }
        // The newest is what edits are compared with, and the one before it becomes that where it is taken back. Each has
        // the units of the whole workspace.
        if let [.., old, _] = &mut self.generations[..] {
            old.program = Program::default();
        }
        self.generations.push(generation);
    }

    /// Completes what is recorded of the newest generation.
    pub(crate) fn record(&mut self, record: Value) {
        if let Some(newest) = self.generations.last_mut() {
            newest.record = record;
        }
    }

    /// The program is swapped in place: it is the first image.
    pub(crate) fn add_program(&mut self) {
        self.images.push(Image::of_program(self.launched, self.root.clone()));
    }

    /// The newest generation is in the process: the lines of its patch that have code, by file below a root.
    pub(crate) fn add_patch(&mut self, root: PathBuf, library: PathBuf, lines: &CodeLines) {
        let generation = self.current().number;
        let mut items = HashMap::new();
        for (path, lines) in lines {
            let relative = Path::new(path).strip_prefix(&root).ok().and_then(Path::to_str);
            let text = relative.and_then(|key| self.current().texts.get_key_value(key));
            let Some((key, text)) = text.map(|(key, text)| (Arc::clone(key), Arc::clone(text))) else {
                continue;
            };
            let (units, starts) = (self.units_of(&key, &text), LineStarts::of(&text));
            let has_code = |placed: &Placed<'_>| lines.range(starts.range(&placed.range())).next().is_some();
            let ids = units.units().filter(has_code).map(|placed| placed.unit.id.clone());
            items.insert(key, ids.collect());
        }
        self.add_image(Image::of_patch(generation, root, library, items));
    }

    /// The newest generation is in the process, in this patch.
    pub(crate) fn add_image(&mut self, patch: Image) {
        self.named = Mutex::default();
        self.images.push(patch);
    }

    /// Code was replaced, while the frames of all threads went on at these addresses, as far as that is known.
    pub(crate) fn outlive(&mut self, replaced: &[Replaced], frames: Option<&[u64]>) {
        for (index, image) in self.images.iter_mut().enumerate() {
            image.outlive(replaced.iter().filter(|code| code.image == index).cloned(), frames);
        }
    }

    /// Takes the newest generation back, and its patch, which is returned.
    pub(crate) fn take_back(&mut self) -> Option<Image> {
        self.named = Mutex::default();
        self.generations.pop();
        self.images.pop()
    }

    /// The images that the process has, if code is swapped in place.
    pub(crate) fn images(&self) -> &[Image] {
        &self.images
    }

    /// The patch whose label a path begins with.
    fn labelled(&self, path: &Path) -> Option<&Image> {
        self.images.iter().skip(1).find(|image| path.starts_with(&image.root))
    }

    /// The patch that a file, as the debugger knows it, is in.
    pub(crate) fn library_of(&self, file: &str) -> Option<&Path> {
        self.labelled(Path::new(file))?.library.as_deref()
    }

    /// The generation that a path alone tells.
    pub(crate) fn generation_of(&self, path: &str) -> Option<u32> {
        self.named(path, |named| named.generation)
    }

    /// The image that the function around a line runs in: the newest that has code for it. The line is one
    /// of the given text.
    pub(crate) fn home(&mut self, key: &Key, text: &Arc<str>, line: u32) -> usize {
        if self.images.len() < 2 {
            return 0;
        }
        let units = self.units_of(key, text);
        let Some(around) = units.unit_at(start_of(text, line)) else { return 0 };
        let has_code = |image: &Image| image.has_code_of(key, &around.unit.id);
        self.images.iter().rposition(has_code).unwrap_or(0)
    }

    /// The images in which older code of the function around a line may run on.
    pub(crate) fn older_homes(&mut self, key: &Key, text: &Arc<str>, line: u32) -> Vec<usize> {
        if !self.images.iter().any(Image::is_outlived) {
            return Vec::new();
        }
        let home = self.home(key, text, line);
        let units = self.units_of(key, text);
        let Some(around) = units.unit_at(start_of(text, line)) else { return Vec::new() };
        let may_run = |index: &usize| {
            let image = &self.images[*index];
            image.is_outlived() && (*index == 0 || image.has_code_of(key, &around.unit.id))
        };
        (0..home).filter(may_run).collect()
    }

    /// The source's name in the texts, if it is one of the workspace.
    pub(crate) fn key(&self, path: &str) -> Option<Key> {
        self.named(path, |named| named.key.clone())
    }

    fn named<T>(&self, path: &str, of: impl Fn(&Named) -> T) -> T {
        let mut named = self.named.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = named.get(path) {
            return of(known);
        }
        let generation = self.labelled(Path::new(path)).map(|image| image.generation);
        let new = Named { key: self.find_key(path), generation };
        of(named.entry(path.to_owned()).or_insert(new))
    }

    fn find_key(&self, path: &str) -> Option<Key> {
        let path = normal(Path::new(path));
        let path = match self.labelled(&path) {
            Some(image) => self.root.join(path.strip_prefix(&image.root).ok()?),
            None => path,
        };
        let relative = match path.strip_prefix(&self.root) {
            Ok(relative) => relative.to_owned(),
            // The editor may have come through a link.
            Err(_) => path.canonicalize().ok()?.strip_prefix(&self.root).ok()?.to_owned(),
        };
        let key = relative.to_str()?.replace('\\', "/");
        self.generations.iter().rev().find_map(|generation| {
            generation.texts.get_key_value(key.as_str()).map(|(key, _)| Arc::clone(key))
        })
    }

    /// Whether the file's code is reloaded.
    pub(crate) fn is_hot(&self, key: &str) -> bool {
        self.hot_folder(key).is_some()
    }

    /// The reloaded folder that a file lies in: the innermost.
    pub(crate) fn hot_folder(&self, key: &str) -> Option<&str> {
        let holds = |folder: &&String| {
            folder.is_empty() || key.strip_prefix(folder.as_str()).is_some_and(|rest| rest.starts_with('/'))
        };
        self.hot.iter().filter(holds).max_by_key(|folder| folder.len()).map(String::as_str)
    }

    /// These folders' libraries run an older generation than the newest one.
    pub(crate) fn set_behind(&mut self, behind: HashMap<String, u32>) {
        self.behind = behind;
    }

    /// The generation that breakpoints in a file have to be set in.
    pub(crate) fn running(&self, key: &str) -> u32 {
        let Some(folder) = self.hot_folder(key) else { return self.launched };
        self.behind.get(folder).copied().unwrap_or(self.current().number)
    }

    /// A file's text in a generation.
    pub(crate) fn text(&self, generation: u32, key: &str) -> Option<Arc<str>> {
        let generation = self.generations.get(generation as usize)?;
        generation.texts.get(key).cloned()
    }

    /// The text that lines from the editor mean: the one it says, else the one that is saved.
    pub(crate) fn meant(&mut self, key: &Key, said: Option<&Value>) -> Option<Arc<str>> {
        let disk = self.on_disk(key);
        let field = |name: &str| said.and_then(|said| said.get(name)).and_then(Value::as_str);
        if let Some(text) = field("text") {
            let text = self.known(key, text).unwrap_or_else(|| Arc::from(text));
            self.told.insert(Arc::clone(key), Told { text: Arc::clone(&text), disk });
            return Some(text);
        }
        self.told.remove(key);
        if let Some(sha256) = field("sha256") {
            let is_meant = |text: &&Arc<str>| baseline::sha256(text.as_bytes()) == sha256;
            let generations = self.generations.iter().rev().filter_map(|g| g.texts.get(key));
            if let Some(text) = disk.iter().chain(generations).find(is_meant) {
                return Some(Arc::clone(text));
            }
        }
        disk
    }

    /// The text that the editor shows, as far as is known.
    pub(crate) fn shown(&mut self, key: &Key) -> Option<Arc<str>> {
        let disk = self.on_disk(key);
        if let Some(told) = self.told.get(key) {
            if told.disk == disk {
                return Some(Arc::clone(&told.text));
            }
            self.told.remove(key);
        }
        disk
    }

    /// Something came in: files may have been saved meanwhile.
    pub(crate) fn look_again(&mut self) {
        self.look += 1;
    }

    fn on_disk(&mut self, key: &Key) -> Option<Arc<str>> {
        let look = self.look;
        if let Some(known) = self.disk.get(key).filter(|known| known.look == look) {
            return Some(Arc::clone(&known.text));
        }
        let path = self.root.join(&**key);
        let file = path.metadata().ok()?;
        let stamp = (file.modified().ok(), file.len());
        if let Some(known) = self.disk.get_mut(key).filter(|known| known.stamp == stamp) {
            known.look = look;
            return Some(Arc::clone(&known.text));
        }
        let text = std::fs::read_to_string(&path).ok()?;
        let text = self.known(key, &text).unwrap_or_else(|| text.into());
        self.disk.insert(Arc::clone(key), OnDisk { look, stamp, text: Arc::clone(&text) });
        Some(text)
    }

    /// The same text, if a generation has it: equal texts are then found equal by address.
    fn known(&self, key: &str, text: &str) -> Option<Arc<str>> {
        let mut texts = self.generations.iter().rev().filter_map(|generation| generation.texts.get(key));
        texts.find(|known| ***known == *text).cloned()
    }

    /// How the lines of two texts of one file are related.
    pub(crate) fn map(&mut self, key: &str, from: &Arc<str>, to: &Arc<str>) -> Arc<LineMap> {
        let place = (address(from), address(to));
        if let Some((_, _, map)) = self.maps.get(&place) {
            return Arc::clone(map);
        }
        let map = if Arc::ptr_eq(from, to) {
            LineMap::between(from, to)
        } else {
            let anchors = anchors(&self.units_of(key, from), from, &self.units_of(key, to), to);
            LineMap::anchored(from, to, &anchors)
        };
        if self.maps.len() >= MAPS {
            self.maps.clear();
            self.units.clear();
        }
        let map = Arc::new(map);
        self.maps.insert(place, (Arc::clone(from), Arc::clone(to), Arc::clone(&map)));
        map
    }

    /// A statement whose function was moved to another file: that file, its newest text, and the line there.
    pub(crate) fn moved(&mut self, key: &Key, text: &Arc<str>, line: u32) -> Option<(Key, Arc<str>, u32)> {
        if self.current().texts.get(key).is_some_and(|now| Arc::ptr_eq(now, text)) {
            return None;
        }
        let old = self.units_of(key, text);
        let around = old.unit_at(start_of(text, line)).filter(|placed| placed.unit.id.kind.is_function())?;
        let now = self.current();
        let is_it = |placed: &Placed<'_>| {
            placed.unit.body == around.unit.body && placed.unit.id.name() == around.unit.id.name()
        };
        let has =
            |units: Option<&Arc<FileUnits>>| units.is_some_and(|units| units.units().any(|it| is_it(&it)));
        if has(now.program.file(key)) {
            return None;
        }
        let mut generations = self.generations.iter().rev();
        let before = generations
            .find(|generation| generation.texts.get(key).is_some_and(|known| Arc::ptr_eq(known, text)))?;
        let others = now.program.files().filter(|(other, _)| *other != key);
        let found: Vec<_> = others
            .flat_map(|(other, units)| {
                units.units().filter(is_it).map(move |placed| (Arc::clone(other), placed.range()))
            })
            .map(|(other, range)| (before.texts.get(&other).cloned(), other, range))
            .collect();
        // Where it was before, it was not moved to.
        let mut found = found.into_iter().filter(|(before, other, _)| {
            let before = before.as_ref().map(|before| self.units_of(other, before));
            !has(before.as_ref())
        });
        let (_, there, range) = found.next()?;
        if found.next().is_some() {
            return None;
        }
        drop(found);
        let new = Arc::clone(self.current().texts.get(&there)?);
        let anchor = Anchor {
            old: LineStarts::of(text).range(&around.range()),
            new: LineStarts::of(&new).range(&range),
        };
        let line = LineMap::anchored(text, &new, &[anchor]).forward(line).exact()?;
        Some((there, new, line))
    }

    fn units_of(&mut self, key: &str, text: &Arc<str>) -> Arc<FileUnits> {
        // In other languages lines are all there is to go by.
        let is_rust = Path::new(key).extension().is_some_and(|extension| extension == "rs");
        let parsed = if is_rust { text.as_ref() } else { "" };
        let entry = self
            .units
            .entry(address(text))
            .or_insert_with(|| (Arc::clone(text), Arc::new(lang_rust::items(key, parsed))));
        Arc::clone(&entry.1)
    }

    /// Whether the function around a line is the same in both texts, but for its comments and how it is broken into lines.
    pub(crate) fn same_function(&mut self, key: &str, line: u32, from: &Arc<str>, to: &Arc<str>) -> bool {
        if Arc::ptr_eq(from, to) {
            return true;
        }
        let (old, new) = (self.units_of(key, from), self.units_of(key, to));
        let Some(placed) = old.unit_at(start_of(from, line)) else { return false };
        new.units().any(|other| other.unit.id == placed.unit.id && other.unit.same_as(placed.unit))
    }
}

fn address(text: &Arc<str>) -> usize {
    text.as_ptr() as usize
}

/// The first byte of a line that is not blank: indentation may lie outside the unit.
fn start_of(text: &str, line: u32) -> usize {
    let start: usize = text.split_inclusive('\n').take(line as usize).map(str::len).sum();
    let indent = text[start..].bytes().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
    start + indent
}

/// The items that both texts have. One whose path changed, since it was moved or renamed, is known by its body, or by
/// its name alone.
fn anchors(old: &FileUnits, old_text: &str, new: &FileUnits, new_text: &str) -> Vec<Anchor> {
    let (old_lines, new_lines) = (LineStarts::of(old_text), LineStarts::of(new_text));
    let by_id: HashMap<_, _> = new.units().map(|placed| (&placed.unit.id, placed)).collect();
    let (mut pairs, mut gone) = (Vec::new(), Vec::new());
    for placed in old.units() {
        match by_id.get(&placed.unit.id) {
            Some(there) => pairs.push((placed, *there)),
            None => gone.push(placed),
        }
    }
    let known: HashSet<_> = old.units().map(|placed| &placed.unit.id).collect();
    let mut come: Vec<_> = new.units().filter(|placed| !known.contains(&placed.unit.id)).collect();
    pairs.extend(pair_by(&mut gone, &mut come, |placed| placed.unit.body));
    pairs.extend(pair_by(&mut gone, &mut come, |placed| placed.unit.id.name()));
    let lines = |(old, new): &(Placed<'_>, Placed<'_>)| Anchor {
        old: old_lines.range(&old.range()),
        new: new_lines.range(&new.range()),
    };
    pairs.iter().map(lines).collect()
}

/// Takes out those that have something in common that no other one has.
fn pair_by<'a, K: Eq + Hash>(
    old: &mut Vec<Placed<'a>>,
    new: &mut Vec<Placed<'a>>,
    key: impl Fn(&Placed<'a>) -> K,
) -> Vec<(Placed<'a>, Placed<'a>)> {
    let mut by_key: HashMap<K, (Vec<usize>, Vec<usize>)> = HashMap::new();
    for (index, placed) in old.iter().enumerate() {
        by_key.entry(key(placed)).or_default().0.push(index);
    }
    for (index, placed) in new.iter().enumerate() {
        by_key.entry(key(placed)).or_default().1.push(index);
    }
    let only = by_key.into_values().filter_map(|(old, new)| match (&old[..], &new[..]) {
        ([old], [new]) => Some((*old, *new)),
        _ => None,
    });
    let pairs: HashMap<usize, usize> = only.collect();
    let taken: HashSet<usize> = pairs.values().copied().collect();
    let found = pairs.iter().map(|(from, to)| (old[*from], new[*to])).collect();
    *old =
        old.iter().enumerate().filter(|(index, _)| !pairs.contains_key(index)).map(|(_, it)| *it).collect();
    *new = new.iter().enumerate().filter(|(index, _)| !taken.contains(index)).map(|(_, it)| *it).collect();
    found
}

/// Where the lines of a text begin.
struct LineStarts(Vec<usize>);

impl LineStarts {
    fn of(text: &str) -> Self {
        let starts = text.bytes().enumerate().filter(|(_, byte)| *byte == b'\n').map(|(at, _)| at + 1);
        Self(std::iter::once(0).chain(starts).collect())
    }

    fn range(&self, bytes: &std::ops::Range<usize>) -> std::ops::Range<u32> {
        let line = |offset: usize| {
            let line = self.0.partition_point(|start| *start <= offset) - 1;
            u32::try_from(line).unwrap_or(u32::MAX)
        };
        line(bytes.start)..line(bytes.end.saturating_sub(1).max(bytes.start)) + 1
    }
}

/// Without `.` and `..`, as a debugger may report paths.
pub(crate) fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::ParentDir => {
                normal.pop();
            }
            other => normal.push(other),
        }
    }
    normal
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn generation(number: u32, text: &str) -> Generation {
        let texts = Texts::from([("src/main.rs".into(), text.into())]);
        Generation { number, program: lang_rust::program(&texts), texts, record: Value::Null }
    }

    #[test]
    fn generations_share_the_texts_that_they_have_in_common() {
        let mut sources = Sources::new("/work".into(), Vec::new(), generation(0, "fn a() {}\n"));
        sources.push(generation(1, "fn a() {}\n"));
        let texts = [0, 1].map(|number| sources.text(number, "src/main.rs").expect("a text"));
        assert!(Arc::ptr_eq(&texts[0], &texts[1]));
    }

    #[test]
    fn a_line_is_at_home_in_the_newest_patch_with_code_of_its_function() {
        let key: Key = "src/main.rs".into();
        let mut sources =
            Sources::new("/work".into(), Vec::new(), generation(0, "fn a() {}\nfn b() {\n    a();\n}\n"));
        sources.add_program();
        let newest: Arc<str> = "// moved\nfn a() {}\nfn b() {\n    a();\n}\n".into();
        for (number, line) in [(1, 4), (2, 2)] {
            sources.push(generation(number, &newest));
            let root = format!("/~~{number}");
            let lines = CodeLines::from([
                (format!("{root}/src/main.rs"), BTreeSet::from([line - 1])),
                ("/rustc/library/core/src/lib.rs".to_owned(), BTreeSet::from([1])),
            ]);
            sources.add_patch(root.into(), "/patch.so".into(), &lines);
        }
        assert_eq!(sources.home(&key, &newest, 3), 1, "the second patch has no code of `b`");
        assert_eq!(sources.home(&key, &newest, 1), 2, "the second patch has `a`");
        assert_eq!(sources.home(&key, &newest, 0), 0, "a comment is nobody's");

        let replaced =
            |image, is_called| Replaced { function: "a".to_owned(), code: 0x10..0x20, image, is_called };
        let older = |sources: &mut Sources| [3, 1].map(|line| sources.older_homes(&key, &newest, line));
        sources.outlive(&[replaced(0, false)], None);
        assert_eq!(older(&mut sources), [vec![0], vec![0]], "nobody has looked");
        sources.outlive(&[replaced(1, false)], Some(&[0x20]));
        assert_eq!(older(&mut sources), [vec![0], vec![0]], "the first patch has no code of `a`");
        sources.outlive(&[], Some(&[0x10, 0x21]));
        assert!(older(&mut sources).iter().all(Vec::is_empty), "calls have returned");
        sources.outlive(&[replaced(0, true)], Some(&[]));
        sources.outlive(&[], Some(&[]));
        assert_eq!(older(&mut sources), [vec![0], vec![0]], "old code calls it");
    }

    #[test]
    fn a_statement_goes_with_its_function_to_another_file() {
        let step = "fn step() {\n    let a = 1;\n    drop(a);\n}\n";
        let generation = |number, main: &str, other: &str| {
            let texts =
                Texts::from([("src/main.rs".into(), main.into()), ("src/other.rs".into(), other.into())]);
            Generation { number, program: lang_rust::program(&texts), texts, record: Value::Null }
        };
        let moved_to = |before: (&str, &str), after: (&str, &str)| {
            let mut sources = Sources::new("/work".into(), Vec::new(), generation(0, before.0, before.1));
            let key: Key = "src/main.rs".into();
            let text = sources.text(0, &key).expect("a text");
            let mut found = (1..=4).map(|number| {
                sources.push(generation(number, after.0, after.1));
                sources.moved(&key, &text, 2).map(|(key, _, line)| (key.to_string(), line))
            });
            let first = found.next().flatten();
            assert!(found.all(|later| later == first), "however long ago it was");
            first
        };
        let (rest, there) = ("fn main() {}\n", format!("// moved\n\n{step}"));
        let place = Some(("src/other.rs".to_owned(), 4));
        assert_eq!(moved_to((step, rest), (rest, &there)), place);
        assert_eq!(moved_to((step, rest), (&format!("// up\n{step}"), &there)), None, "it is still here");
        assert_eq!(moved_to((step, &there), (rest, &there)), None, "the other one was there before");
    }
}
