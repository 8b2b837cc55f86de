//! What the running image has: each name's place, and which code a call of it runs.

use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};

use artifact::{Addresses, Image};
use object::{Object, ObjectSegment, ObjectSymbol, SymbolKind};
use rustc_hash::{FxHashMap, FxHashSet};

use crate::archives::Archives;
use crate::build::Build;
use crate::content::{Hash, hashes};
use crate::error::{Error, Result, io};
use crate::jump::{JUMP, busy, is_padding};
use crate::loader;
use crate::pointers::addresses;
use crate::promoted::{altered, own_name};
use crate::thread_locals::ThreadLocals;

/// Patches lie this far below the program, well within the 2 GiB that its code can reach, where neither
/// heap nor libraries grow; elsewhere when something of the process is there.
const BELOW: [u64; 3] = [0x4000_0000, 0x6000_0000, 0x2000_0000];
pub(crate) const PAGE: u64 = 0x1000;

/// Of so many patches the debug information is kept.
const RECENT: usize = 4;

/// One place of the process.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Place {
    pub(crate) address: u64,
    pub(crate) size: u64,
    /// What may be overwritten: the code, and the padding behind it where the code is short.
    pub(crate) room: u64,
}

/// What a name stands for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Entry {
    /// Where it is; several places for a function that objects have copies of (`#[inline]`).
    pub(crate) places: Vec<Place>,
    /// Several different things have this name.
    pub(crate) ambiguous: bool,
    /// Another function has the same code, by the same address.
    pub(crate) merged: bool,
    pub(crate) function: bool,
    /// Which image holds it, as an index into [`Process::images`].
    pub(crate) image: usize,
    /// Which image has the code that a call of it runs now, or that the newest code calls in its place.
    pub(crate) newest: usize,
    /// The code that patches brought of it, and which patch did.
    pub(crate) later: Vec<(usize, Range<u64>)>,
    /// What a call of it runs now, redirects followed. A generic function that several objects
    /// instantiated may have several contents; which of them the linker took is not known.
    pub(crate) contents: FxHashSet<Hash>,
    /// What the newest code calls in its place, where that was forked.
    pub(crate) fork: Option<FxHashSet<Hash>>,
}

impl Entry {
    /// Whether an image has code of it that may be running.
    pub(crate) fn is_of(&self, image: usize) -> bool {
        self.image == image || self.newest == image
    }

    /// Whether that is what the newest code runs.
    pub(crate) fn runs(&self, content: &Hash) -> bool {
        self.fork.as_ref().unwrap_or(&self.contents).contains(content)
    }

    /// Its address. Of several copies, any.
    pub(crate) fn address(&self) -> u64 {
        self.places[0].address
    }

    /// All code of it that the process has, and of which image.
    pub(crate) fn code(&self) -> impl Iterator<Item = (usize, Range<u64>)> + '_ {
        let first = self.places.iter().map(|place| (self.image, place.address..place.address + place.size));
        first.chain(self.later.iter().cloned())
    }

    /// How much of it may be overwritten, at all of its places.
    pub(crate) fn room(&self) -> u64 {
        self.places.iter().map(|place| place.room).min().unwrap_or_default()
    }
}

/// What is mapped from an image's file.
#[derive(Debug, Clone)]
struct Segment {
    image: usize,
    address: u64,
    bytes: Arc<[u8]>,
}

/// The names of the running image, with run-time addresses.
#[derive(Debug, Clone, Default)]
pub struct Process {
    pub(crate) names: FxHashMap<String, Entry>,
    /// The program, then the patches it has loaded, in order.
    pub(crate) images: Vec<PathBuf>,
    /// The program's debug information, once it is read.
    program: Arc<OnceLock<Image>>,
    /// That of the newest patches: most edits are of what was edited before.
    recent: VecDeque<(usize, Image)>,
    /// What it could have had besides, once that is read.
    archives: Arc<OnceLock<Archives>>,
    /// Where the program begins, for patches to be near it.
    pub(crate) low: u64,
    /// Where the loader tells the program's debuggers of itself.
    pub(crate) r_debug_at: Option<u64>,
    pub(crate) thread_locals: Arc<ThreadLocals>,
    segments: Vec<Segment>,
    /// Statics that are kept in another way than they are written.
    pub(crate) altered: FxHashSet<String>,
    /// The jumps that were written, by where they are.
    pub(crate) jumps: FxHashMap<u64, [u8; 5]>,
    /// Forked functions with those around them that call the forks: the one changes with the other.
    pub(crate) forks: Vec<BTreeSet<String>>,
    /// What code and data of it have the addresses of.
    pub(crate) addresses: Addresses,
    /// The patches that were the first to have a static, or a function that something has the address of.
    pub(crate) first_to_keep: BTreeSet<usize>,
    /// Where the last patch ends.
    end: Option<u64>,
    /// How often the place for patches was taken by something else.
    taken: usize,
}

impl Process {
    /// The program as it is launched, and what it was built from. Its addresses are those of the file until
    /// [`Process::moved`] tells where the loader put it.
    pub fn launched(program: &Path, build: &Build) -> Result<Self> {
        let mut process = Self { addresses: addresses(build)?, ..Self::default() };
        process.add(program, program, 0, &hashes(build)?)?;
        Ok(process)
    }

    /// The loader put the program so far from where it was linked.
    pub fn moved(&mut self, bias: u64) {
        for entry in self.names.values_mut().filter(|entry| entry.image == 0) {
            for place in &mut entry.places {
                place.address = place.address.wrapping_add(bias);
            }
        }
        for segment in self.segments.iter_mut().filter(|segment| segment.image == 0) {
            segment.address = segment.address.wrapping_add(bias);
        }
        self.low = self.low.wrapping_add(bias);
        self.r_debug_at = self.r_debug_at.map(|at| at.wrapping_add(bias));
    }

    /// Statics and thread locals, and their sizes in bytes.
    pub(crate) fn statics(&self) -> impl Iterator<Item = (&str, u64)> {
        let data = self.names.iter().filter(|(_, entry)| !entry.function);
        let data = data.map(|(name, entry)| (name.as_str(), entry.places[0].size));
        data.chain(self.thread_locals.all())
    }

    /// Whether it has a static or a thread local of this name.
    pub(crate) fn has_static(&self, name: &str) -> bool {
        self.names.contains_key(name) || self.thread_locals.has(name)
    }

    /// An image with its debug information. The program's is read once; a patch's is small.
    pub(crate) fn image(&self, index: usize) -> Result<Image> {
        if let Some(program) = self.program.get().filter(|_| index == 0) {
            return Ok(program.clone());
        }
        if let Some((_, recent)) = self.recent.iter().find(|(known, _)| *known == index) {
            return Ok(recent.clone());
        }
        if index > 0 {
            return Ok(Image::read(&self.images[index])?);
        }
        let image = Image::of_program(&self.images[0])?;
        Ok(self.program.get_or_init(|| image).clone())
    }

    /// Keeps what was read of the newest patch.
    pub(crate) fn keep(&mut self, image: Image) {
        self.recent.push_back((self.patches(), image));
        if self.recent.len() > RECENT {
            self.recent.pop_front();
        }
    }

    /// The libraries that the program is linked from, but for the workspace's own.
    pub(crate) fn archives(&self, build: &Build) -> Result<&Archives> {
        if let Some(archives) = self.archives.get() {
            return Ok(archives);
        }
        let archives = Archives::of(build.libraries.clone())?;
        Ok(self.archives.get_or_init(|| archives))
    }

    /// Reads the program's debug information and what its libraries have now, so that the first swap need not.
    pub fn warm_up(&self, build: &Build) {
        if let Err(error) = self.image(0).and_then(|_| self.archives(build).map(drop)) {
            tracing::debug!(%error, "the first swap will say so");
        }
    }

    /// Where the program begins.
    pub fn low(&self) -> u64 {
        self.low
    }

    /// How many patches have been loaded.
    pub fn patches(&self) -> usize {
        self.images.len().saturating_sub(1)
    }

    /// Adds an image, and the names that a file has for it, which lies so far below. Names that the process had before
    /// stay where they were: a static lives where it was first, and a function is called by its first entry.
    pub(crate) fn add(
        &mut self,
        code: &Path,
        file: &Path,
        slide: u64,
        contents: &FxHashMap<String, FxHashSet<Hash>>,
    ) -> Result<()> {
        let bytes = std::fs::read(file).map_err(io(file))?;
        let object =
            object::File::parse(&*bytes).map_err(|source| Error::Object { path: file.into(), source })?;
        let image = self.images.len();
        let (mut all, mut names_at) = (Vec::new(), FxHashMap::default());
        for symbol in object.symbols().filter(|symbol| symbol.is_definition() && symbol.address() != 0) {
            let Ok(name) = symbol.name().map(own_name) else { continue };
            let address = symbol.address().wrapping_add(slide);
            all.push(address);
            let function = symbol.kind() == SymbolKind::Text;
            if !function && let Some(whole) = altered(name) {
                self.altered.insert(whole.to_owned());
            }
            let known = name.strip_prefix(crate::link::NEW).unwrap_or(name);
            if function && let Some(entry) = self.names.get_mut(known).filter(|entry| entry.image != image) {
                entry.later.push((image, address..address + symbol.size()));
            }
            if name.is_empty()
                || name.starts_with(crate::link::OURS)
                || !(function || matches!(symbol.kind(), SymbolKind::Data | SymbolKind::Unknown))
            {
                continue;
            }
            let new = || Entry {
                places: Vec::new(),
                ambiguous: false,
                merged: false,
                function,
                image,
                newest: image,
                later: Vec::new(),
                contents: contents.get(name).cloned().unwrap_or_default(),
                fork: None,
            };
            let entry = self.names.entry(name.to_owned()).or_insert_with(new);
            if entry.image == image && entry.places.iter().all(|place| place.address != address) {
                *names_at.entry(address).or_insert(0_u32) += 1;
                entry.places.push(Place { address, size: symbol.size(), room: symbol.size() });
                // Two functions of one mangled name are copies of one.
                entry.ambiguous |=
                    entry.places.len() > 1 && !(entry.function && function && is_mangled(name));
            }
        }
        self.map(image, code)?;
        let entries = self.names.values_mut().filter(|entry| entry.function && entry.image == image);
        for entry in entries {
            entry.merged = entry.places.iter().any(|place| names_at[&place.address] > 1);
        }
        all.sort_unstable();
        self.make_room(image, &all);
        self.images.push(file.to_owned());
        Ok(())
    }

    /// Keeps what the loader takes from a file.
    fn map(&mut self, image: usize, code: &Path) -> Result<()> {
        let bytes = std::fs::read(code).map_err(io(code))?;
        let object =
            object::File::parse(&*bytes).map_err(|source| Error::Object { path: code.into(), source })?;
        for segment in object.segments() {
            let data = segment.data().unwrap_or_default();
            self.segments.push(Segment { image, address: segment.address(), bytes: data.into() });
            if image > 0 {
                self.end = self.end.max(Some(segment.address().wrapping_add(segment.size())));
            }
        }
        if image == 0 {
            self.thread_locals = Arc::new(ThreadLocals::of(&bytes));
            self.low = object.segments().map(|segment| segment.address()).min().unwrap_or(0);
            self.r_debug_at = loader::r_debug_at(&bytes);
        }
        Ok(())
    }

    /// Short functions may be overwritten together with the padding behind them.
    fn make_room(&mut self, image: usize, all: &[u64]) {
        let mut names = std::mem::take(&mut self.names);
        let short = |place: &&mut Place| place.size < JUMP;
        let entries = names.values_mut().filter(|entry| entry.function && entry.image == image);
        for place in entries.flat_map(|entry| &mut entry.places).filter(short) {
            let (end, limit) = (place.address + place.size, place.address + JUMP);
            let next = all.get(all.partition_point(|&address| address <= place.address));
            let padding = self.read(end, limit - end);
            if next.is_none_or(|&next| next >= limit)
                && padding.len() as u64 == limit - end
                && is_padding(padding)
            {
                place.room = JUMP;
            }
        }
        self.names = names;
    }

    /// What images have at an address: so many bytes, or none.
    pub(crate) fn read(&self, address: u64, count: u64) -> &[u8] {
        let Ok(count) = usize::try_from(count) else { return &[] };
        let mut inside = self.segments.iter().filter_map(|segment| {
            let start = usize::try_from(address.checked_sub(segment.address)?).ok()?;
            segment.bytes.get(start..start.checked_add(count)?)
        });
        inside.next_back().unwrap_or_default()
    }

    /// What the jump to new code will be written over.
    pub(crate) fn first_bytes(&self, place: &Place) -> Option<[u8; 5]> {
        let built = || self.read(place.address, JUMP).try_into().ok();
        self.jumps.get(&place.address).copied().or_else(built)
    }

    /// Where no thread may be while an entry is overwritten, but for its first bytes.
    pub(crate) fn busy(&self, place: &Place) -> Range<u64> {
        let code = self.read(place.address, place.size);
        busy(code, place.address, &|address, count| self.read(address, count))
    }

    /// Where the next patch is to lie: right behind the last.
    pub(crate) fn room(&self) -> u64 {
        let distance = BELOW[self.taken % BELOW.len()];
        // A program at a fixed low address has no room below; above it, behind where its heap will grow.
        let first = self.low.checked_sub(distance).filter(|&address| address > PAGE);
        let first = first.unwrap_or(self.low + distance);
        self.end.unwrap_or(first).next_multiple_of(PAGE)
    }

    /// Something of the process lies where the next patch was to lie. Whether there is another place to try.
    pub fn elsewhere(&mut self) -> bool {
        self.taken += 1;
        self.end = None;
        self.taken < BELOW.len()
    }
}

pub(crate) fn is_mangled(name: &str) -> bool {
    name.starts_with("_ZN") || name.starts_with("_R")
}

/// The hash that ends a name of the older mangling, as long as all are.
pub(crate) const HASH: &str = "17h0123456789abcdefE";

/// Of a name of the older mangling what stands before its hash, and what behind it.
pub(crate) fn around_hash(name: &str) -> Option<(&str, &str)> {
    let at = name.rfind(&HASH[..3]).filter(|_| name.starts_with("_ZN"))?;
    let (hash, rest) = name[at..].split_at_checked(HASH.len())?;
    hash.ends_with('E').then_some((&name[..at], rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thousands_of_patches_are_within_reach_of_the_program() {
        let low = 0x5555_5555_4000;
        let mut process = Process { low, ..Process::default() };
        for _ in 0..2000 {
            let room = process.room();
            assert!(
                process.end.is_none_or(|end| (end..end + PAGE).contains(&room)) && room.is_multiple_of(PAGE)
            );
            process.end = Some(room + 200_001);
        }
        let end = process.end.expect("patches have an end");
        assert!(end < low && low - end < i32::MAX as u64 / 2);
    }

    #[test]
    fn a_place_that_is_taken_is_tried_twice_elsewhere() {
        let mut process = Process { low: 0x5555_5555_4000, end: Some(0x1234), ..Process::default() };
        let first = process.low - BELOW[0];
        assert!(process.elsewhere() && process.room() != first);
        let second = process.room();
        assert!(process.elsewhere() && ![first, second].contains(&process.room()));
        assert!(!process.elsewhere());
    }

    #[test]
    fn a_program_at_a_low_address_has_patches_above() {
        let process = Process { low: 0x40_0000, ..Process::default() };
        assert_eq!(process.room(), 0x40_0000 + BELOW[0]);
    }
}
