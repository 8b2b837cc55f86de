//! Sources that the program was not built from directly: what was built was generated from them, and a source map
//! (ECMA-426) relates the two.
//!
//! Nothing is read before something is asked about, and then on another thread: a map may have megabytes. Until it
//! is read, positions are those of what was generated.

use std::collections::{HashMap, HashSet};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use globset::{Glob, GlobSet, GlobSetBuilder};
use remap::{PathRewrites, SourceMap};

use crate::error::{Error, Result};
use crate::sources::normal;

/// What a generated file says where its map is.
const URL: &str = "sourceMappingURL=";

/// Of a generated file without a map, only the end is looked at.
const TAIL: usize = 4096;

/// Folders with many files, and none of the program's own, unless a pattern names them.
const LEFT_OUT: [&str; 3] = [".git", "node_modules", "target"];

/// A generated file with its map.
#[derive(Debug)]
pub(crate) struct Generated {
    /// Its path.
    pub(crate) path: Arc<str>,
    /// Its text when the map was read.
    pub(crate) text: Arc<str>,
    pub(crate) map: Arc<SourceMap>,
    /// The paths of the map's sources.
    pub(crate) sources: Arc<[Option<String>]>,
    /// Their texts, where the map carries them.
    contents: Vec<Option<Arc<str>>>,
    /// The files that it was read from, and when they were written.
    stamps: Vec<(PathBuf, Option<SystemTime>)>,
}

/// All maps that were read.
#[derive(Debug, Default)]
pub(crate) struct Index {
    generated: HashMap<Arc<str>, Arc<Generated>>,
    originals: HashMap<String, Vec<Arc<Generated>>>,
    /// What can't be used, and why.
    pub(crate) problems: Vec<String>,
}

/// Where to look for maps.
#[derive(Debug, Clone)]
pub(crate) struct Search {
    root: PathBuf,
    patterns: GlobSet,
    /// Folders of these names are not looked into.
    left_out: Vec<&'static str>,
    rewrites: PathRewrites,
}

/// The originals of a session.
#[derive(Debug, Default)]
pub(crate) struct Originals {
    search: Option<Search>,
    is_read: bool,
    is_reading: bool,
    index: Index,
    /// Files that frames have named.
    named: HashSet<PathBuf>,
}

impl Originals {
    /// Those of the maps that match these patterns, below a root.
    pub(crate) fn new(root: &Path, patterns: &[String], rewrites: PathRewrites) -> Result<Self> {
        let mut set = GlobSetBuilder::new();
        for pattern in patterns {
            let path = root.join(pattern).to_string_lossy().into_owned();
            let glob = Glob::new(&path).map_err(|error| {
                Error::user(format!("`midflight.sourceMaps` has the pattern `{pattern}`: {}.", error.kind()))
            })?;
            set.add(glob);
        }
        let globs = set.build().map_err(|error| Error::user(format!("`midflight.sourceMaps`: {error}.")))?;
        let is_named =
            |folder: &str| patterns.iter().any(|pattern| pattern.split('/').any(|name| name == folder));
        let left_out = LEFT_OUT.into_iter().filter(|folder| !is_named(folder)).collect();
        let search = Search { root: root.to_owned(), patterns: globs, left_out, rewrites };
        Ok(Self { search: Some(search), ..Self::default() })
    }

    /// What has to be read now, if anything is: it is then being read.
    pub(crate) fn due(&mut self) -> Option<(Search, Vec<PathBuf>)> {
        let search = self.search.as_ref().filter(|_| !self.is_reading)?;
        if self.is_read && !self.index.is_stale() {
            return None;
        }
        self.is_reading = true;
        Some((search.clone(), self.named.iter().cloned().collect()))
    }

    /// Whether the first reading is not done.
    pub(crate) fn is_awaited(&self) -> bool {
        self.is_reading && !self.is_read
    }

    /// A frame is in this file. It may have a map that no pattern matches.
    pub(crate) fn name(&mut self, path: &Path) {
        if self.search.is_some() && self.named.insert(path.to_owned()) {
            // The end of a file is read at once; the whole of it and its map are not.
            self.is_read &= !says_where_its_map_is(path);
        }
    }

    /// They were read.
    pub(crate) fn take(&mut self, index: Index) {
        (self.is_read, self.is_reading, self.index) = (true, false, index);
    }

    /// What was generated from a file.
    pub(crate) fn generated_from(&self, path: &str) -> &[Arc<Generated>] {
        self.index.originals.get(path).map_or(&[], Vec::as_slice)
    }

    /// The map of a generated file.
    pub(crate) fn of(&self, path: &str) -> Option<&Arc<Generated>> {
        self.index.generated.get(path)
    }

    /// Whether no map is known.
    pub(crate) fn has_none(&self) -> bool {
        self.index.generated.is_empty()
    }

    /// Whether nobody ever has to look here.
    pub(crate) fn is_off(&self) -> bool {
        self.search.is_none()
    }
}

impl Generated {
    /// The text of one of its originals, where the map carries it.
    pub(crate) fn content(&self, original: &str) -> Option<Arc<str>> {
        let index = self.sources.iter().position(|path| path.as_deref() == Some(original))?;
        self.contents.get(index)?.clone()
    }

    /// Whether debuggers should step over one of its originals.
    pub(crate) fn is_ignored(&self, original: &str) -> bool {
        let sources = self.sources.iter().zip(self.map.sources());
        sources.into_iter().any(|(path, source)| path.as_deref() == Some(original) && source.ignored)
    }

    fn is_stale(&self) -> bool {
        self.stamps.iter().any(|(path, stamp)| written(path) != *stamp)
    }
}

impl Index {
    fn is_stale(&self) -> bool {
        self.generated.values().any(|generated| generated.is_stale())
    }

    fn add(&mut self, generated: Generated) {
        let generated = Arc::new(generated);
        for path in generated.sources.iter().flatten() {
            let known = self.originals.entry(path.clone()).or_default();
            known.retain(|other| other.path != generated.path);
            known.push(Arc::clone(&generated));
        }
        self.generated.insert(Arc::clone(&generated.path), generated);
    }
}

impl Search {
    /// Reads all maps that match, and those of other files that were named.
    pub(crate) fn read(&self, named: Vec<PathBuf>) -> Index {
        let mut index = Index::default();
        let left_out = self.left_out.clone();
        let is_looked_into =
            move |entry: &ignore::DirEntry| !left_out.iter().any(|name| entry.file_name() == *name);
        let mut walk = ignore::WalkBuilder::new(&self.root);
        let walk = walk.standard_filters(false).filter_entry(is_looked_into).build();
        let files = walk.flatten().map(ignore::DirEntry::into_path);
        let matching = files.filter(|path| self.patterns.is_match(path) && path.is_file());
        for path in matching.chain(named) {
            match self.generated(&path) {
                Ok(Some(generated)) => index.add(generated),
                Ok(None) => {}
                Err(reason) => index.problems.push(format!("{}: {reason}", path.display())),
            }
        }
        index
    }

    fn generated(&self, path: &Path) -> std::result::Result<Option<Generated>, String> {
        let read = |path: &Path| std::fs::read_to_string(path).map_err(|error| error.to_string());
        if path.extension().is_some_and(|extension| extension == "map") {
            let map = SourceMap::parse(&read(path)?).map_err(|error| error.to_string())?;
            let named = map.file.as_ref().map(|file| normal(&folder(path).join(file)));
            let generated = named.filter(|file| file.is_file()).unwrap_or_else(|| path.with_extension(""));
            let text = std::fs::read_to_string(&generated)
                .map_err(|error| format!("what it is the map of, {}: {error}", generated.display()))?;
            return Ok(Some(self.related(&generated, text, map, path)));
        }
        let text = read(path)?;
        let Some(url) = mapping_url(&text) else { return Ok(None) };
        let (json, of) = if let Some(data) = url.strip_prefix("data:") {
            (inline(data).ok_or("its map is no `data:` URI of JSON")?, path.to_owned())
        } else {
            let map = normal(&folder(path).join(local(&decoded(url))));
            (read(&map).map_err(|error| format!("its map {}: {error}", map.display()))?, map)
        };
        let map = SourceMap::parse(&json).map_err(|error| error.to_string())?;
        Ok(Some(self.related(path, text, map, &of)))
    }

    fn related(&self, path: &Path, text: String, map: SourceMap, of: &Path) -> Generated {
        let resolved = |source: &remap::Source| {
            let path = source.path.as_deref()?;
            let path = if path.contains("://") && !path.starts_with("file://") {
                path.to_owned()
            } else {
                normal(&folder(of).join(local(path))).to_string_lossy().into_owned()
            };
            Some(self.rewrites.to_local(&path).unwrap_or(path))
        };
        let sources = map.sources().iter().map(resolved).collect();
        let contents = map.sources().iter().map(|source| source.content.as_deref().map(Arc::from)).collect();
        let stamps = [path, of].map(|path| (path.to_owned(), written(path)));
        let path = path.to_string_lossy().as_ref().into();
        Generated { path, text: text.into(), map: Arc::new(map), sources, contents, stamps: stamps.into() }
    }
}

fn folder(path: &Path) -> &Path {
    path.parent().unwrap_or(path)
}

fn local(url: &str) -> &str {
    url.strip_prefix("file://").unwrap_or(url)
}

fn decoded(url: &str) -> String {
    percent_encoding::percent_decode_str(url).decode_utf8_lossy().into_owned()
}

fn written(path: &Path) -> Option<SystemTime> {
    path.metadata().and_then(|file| file.modified()).ok()
}

fn says_where_its_map_is(path: &Path) -> bool {
    use std::io::{Read, Seek, SeekFrom};
    let tail = || -> std::io::Result<Vec<u8>> {
        let mut file = std::fs::File::open(path)?;
        let length = file.metadata()?.len();
        file.seek(SeekFrom::Start(length.saturating_sub(TAIL as u64)))?;
        let mut tail = Vec::new();
        file.take(TAIL as u64).read_to_end(&mut tail)?;
        Ok(tail)
    };
    tail().is_ok_and(|tail| memchr::memmem::find(&tail, URL.as_bytes()).is_some())
}

/// The URL in the last comment that gives one: `//# sourceMappingURL=…`, or in `/*# … */`.
fn mapping_url(text: &str) -> Option<&str> {
    let lines = text.lines().rev();
    let mut urls = lines.filter_map(|line| {
        let (before, url) = line.rsplit_once(URL)?;
        let before = before.trim_end();
        let is_comment = ["//#", "//@", "/*#", "/*@"].iter().any(|comment| before.ends_with(comment));
        is_comment.then(|| url.trim_end().trim_end_matches("*/").trim())
    });
    urls.next()
}

/// The text of a `data:` URI.
fn inline(data: &str) -> Option<String> {
    let (kind, content) = data.split_once(',')?;
    let bytes = if kind.ends_with(";base64") {
        data_encoding::BASE64.decode(content.as_bytes()).ok()?
    } else {
        percent_encoding::percent_decode_str(content).collect()
    };
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_comment_says_where_the_map_is() {
        assert_eq!(mapping_url("a\n//# sourceMappingURL=a.js.map\n"), Some("a.js.map"));
        assert_eq!(mapping_url("/*# sourceMappingURL=a.css.map */"), Some("a.css.map"));
        assert_eq!(mapping_url("//# sourceMappingURL=old\n//# sourceMappingURL=new\nend"), Some("new"));
        assert_eq!(mapping_url("let text = \"sourceMappingURL=a\";"), None);
    }

    #[test]
    fn maps_may_be_inline() {
        assert_eq!(inline("application/json;base64,e30=").as_deref(), Some("{}"));
        assert_eq!(inline("application/json,%7B%7D").as_deref(), Some("{}"));
        assert_eq!(inline("application/json;base64,?"), None);
    }

    #[test]
    fn maps_are_found_by_pattern_by_comment_and_by_a_frame() {
        let folder = std::env::temp_dir().join(format!("midflight-originals-{}", std::process::id()));
        let write = |file: &str, text: &str| {
            let path = folder.join(file);
            std::fs::create_dir_all(path.parent().expect("a folder")).expect("written");
            std::fs::write(&path, text).expect("written");
            path.to_string_lossy().into_owned()
        };
        let map = |source: &str| {
            format!(r#"{{"version": 3, "sources": [{source:?}], "ignoreList": [0], "mappings": "AAAA"}}"#)
        };
        let with_map = write("dist/a.js", "a\n");
        write("dist/a.js.map", &map("../src/a.ts"));
        let with_comment = write("dist/b.js", "b\n//# sourceMappingURL=maps/b.map\n");
        write("dist/maps/b.map", &map("webpack:///src/b.ts"));
        let elsewhere = write("other/c.js", "c\n//# sourceMappingURL=c.map\n");
        write("other/c.map", &map("c.ts"));
        write("dist/broken.js.map", "{}");

        let local = folder.join("src").to_string_lossy().into_owned();
        let rewrites = PathRewrites::new([(local.as_str(), "/build/src")]).expect("absolute");
        let patterns = ["dist/**/*.map".to_owned(), "dist/*.js".to_owned()];
        let mut originals = Originals::new(&folder, &patterns, rewrites).expect("patterns");
        let (search, named) = originals.due().expect("never read");
        assert!(originals.is_awaited() && originals.due().is_none());
        originals.take(search.read(named));
        assert_eq!(originals.index.problems.len(), 2, "{:?}", originals.index.problems);
        let a = folder.join("src/a.ts").to_string_lossy().into_owned();
        assert_eq!(*originals.generated_from(&a)[0].path, *with_map);
        assert!(originals.of(&with_map).expect("a map").is_ignored(&a));
        assert_eq!(*originals.generated_from("webpack:///src/b.ts")[0].path, *with_comment);
        assert!(originals.due().is_none() && originals.of(&elsewhere).is_none());

        originals.name(Path::new(&elsewhere));
        let (search, named) = originals.due().expect("a file with a map");
        originals.take(search.read(named));
        assert!(originals.of(&elsewhere).is_some() && originals.of(&with_map).is_some());
        std::fs::remove_dir_all(&folder).expect("removed");
    }
}
