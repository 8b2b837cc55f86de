//! One file's text to chunks of units.

use std::collections::{HashMap, HashSet};
use std::ops::Range;

use compat::{Chunk, FileUnits, Fingerprint, Flag, ParseProblem, Unit};
use proc_macro2::TokenStream;

use crate::item::{Place, Units, member_place};
use crate::lexeme::is_too_deep;
use crate::split::{Keyword, Piece, split, split_by_lines};

/// Modules in modules and impls in functions: deeper ones are read as one item.
const DEEPEST_CONTAINER: usize = 24;

/// Reads a file. Units of unchanged text are shared with `last_good`; where text does not parse its units stand in.
pub(crate) fn read(module_path: &str, text: &str, last_good: Option<&FileUnits>) -> FileUnits {
    let known = last_good.map(known_chunks).unwrap_or_default();
    let mut reader =
        Reader { text, with_tests: false, known, broken: Vec::new(), file: FileUnits::default() };
    let place = Place { path: module_path.to_owned(), in_impl: false, local: false };
    reader.within(&place, beginning(text)..text.len(), 0);
    if let Some(last_good) = last_good {
        reader.stand_in(last_good);
    }
    let mut file = reader.finish();
    file.module = module_path.into();
    file.len = offset(text.len());
    file
}

/// All items of a file, those included that are only built for tests.
pub(crate) fn read_with_tests(text: &str) -> FileUnits {
    let (known, broken, file) = (HashMap::new(), Vec::new(), FileUnits::default());
    let mut reader = Reader { text, with_tests: true, known, broken, file };
    let place = Place { path: String::new(), in_impl: false, local: false };
    reader.within(&place, beginning(text)..text.len(), 0);
    reader.finish()
}

/// Where items can begin: after a byte order mark and a `#!` line.
fn beginning(text: &str) -> usize {
    let start = if text.starts_with('\u{feff}') { '\u{feff}'.len_utf8() } else { 0 };
    let rest = &text[start..];
    let is_shebang = rest.strip_prefix("#!").is_some_and(|rest| !rest.trim_start().starts_with('['));
    if is_shebang { start + rest.find('\n').unwrap_or(rest.len()) } else { start }
}

fn known_chunks(file: &FileUnits) -> HashMap<Fingerprint, &Chunk> {
    file.chunks.iter().filter(|chunk| !chunk.stale).map(|chunk| (chunk.key, chunk)).collect()
}

/// Ranges are 32 bits wide; a file beyond that is cut off by [`crate::parse`] before it comes here.
fn offset(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

struct Reader<'a> {
    text: &'a str,
    with_tests: bool,
    known: HashMap<Fingerprint, &'a Chunk>,
    broken: Vec<Broken>,
    file: FileUnits,
}

/// A piece that does not parse.
struct Broken {
    piece: Piece,
    path: String,
    key: Fingerprint,
    message: String,
    range: Range<usize>,
    /// The item whose last good units stand in.
    stands_in: Option<String>,
}

/// What the parser said about a piece.
struct Failure {
    message: String,
    range: Range<usize>,
}

impl Reader<'_> {
    fn within(&mut self, place: &Place, range: Range<usize>, depth: usize) {
        for piece in split(self.text, range) {
            self.piece(place, piece, depth, true);
        }
    }

    /// Reads one piece. Where it does not parse it is cut at its lines, once, and its parts are read.
    fn piece(&mut self, place: &Place, piece: Piece, depth: usize, may_cut: bool) {
        let key = self.key(place, &piece);
        if let Some(inside) = piece.inside.clone()
            && depth < DEEPEST_CONTAINER
            && (!may_cut || self.text[..piece.range.end].ends_with('}'))
            && let Ok(place) = self.container(place, &piece, &inside)
        {
            // What is only built for tests is no part of the running program.
            if !self.head_is_test() {
                self.within(&place, inside, depth + 1);
            }
            return;
        }
        if let Some(chunk) = self.known.get(&key) {
            let chunk = Chunk { start: offset(piece.range.start), ..(*chunk).clone() };
            self.file.chunks.push(chunk);
            return;
        }
        match self.leaf(place, &piece, key) {
            Ok(()) => {}
            Err(_) if may_cut && self.cut(place, &piece, depth) => {}
            Err(failure) => self.broken.push(Broken {
                piece,
                path: place.path.clone(),
                key,
                message: failure.message,
                range: failure.range,
                stands_in: None,
            }),
        }
    }

    /// Reads a broken piece line by line; says whether that helped.
    fn cut(&mut self, place: &Place, piece: &Piece, depth: usize) -> bool {
        let parts = split_by_lines(self.text, piece.range.clone());
        let is_container = piece.inside.is_some();
        if parts.len() < 2 && !is_container {
            return false;
        }
        for part in parts {
            for piece in split(self.text, part) {
                self.piece(place, piece, depth, false);
            }
        }
        true
    }

    /// The head of a module or an impl becomes a chunk of its own; the answer is the place of what is inside.
    fn container(&mut self, place: &Place, piece: &Piece, inside: &Range<usize>) -> Result<Place, Failure> {
        let head = piece.range.start..inside.start;
        let text = format!("{}}}", &self.text[head.clone()]);
        let mut units = Units::default();
        let inner = parsed(&text, |tokens| {
            let whole = crate::item::bytes_up_to(head.len());
            match syn::parse2::<syn::Item>(tokens)? {
                syn::Item::Mod(item) => {
                    units.module(place, &item, whole);
                    Ok(Place { path: place.child(&item.ident.to_string()), ..place.clone() })
                }
                syn::Item::Impl(item) => {
                    units.implementation(place, &item, whole);
                    Ok(member_place(place, &item))
                }
                _ => Err(syn::Error::new(proc_macro2::Span::call_site(), "not a container")),
            }
        })?;
        let key = Fingerprint::of((&place.path, &self.text[head.clone()]));
        self.push(head, key, units);
        Ok(inner)
    }

    fn leaf(&mut self, place: &Place, piece: &Piece, key: Fingerprint) -> Result<(), Failure> {
        let mut units = Units::default();
        let text = &self.text[piece.range.clone()];
        if is_too_deep(text, 0, text.len()) {
            return Err(Failure { message: "nested too deeply to be read".to_owned(), range: 0..0 });
        }
        parsed(text, |tokens| read_leaf(place, &tokens, &mut units))?;
        self.push(piece.range.clone(), key, units);
        Ok(())
    }

    /// Whether the container whose head was just read is only built for tests.
    fn head_is_test(&self) -> bool {
        !self.with_tests && self.file.chunks.last().is_some_and(|head| head.units.is_empty())
    }

    fn push(&mut self, range: Range<usize>, key: Fingerprint, mut units: Units) {
        units.found.retain(|unit| self.with_tests || !unit.flags.has(Flag::Test));
        if let Some(flag) = crate::note::flag(self.text, range.start) {
            units
                .found
                .iter_mut()
                .filter(|unit| unit.id.kind.is_type())
                .for_each(|unit| unit.flags.set(flag, true));
        }
        self.file.hot_modules.extend(units.hot_modules.into_iter().map(String::into_boxed_str));
        let (start, len) = (offset(range.start), offset(range.len()));
        if let Some(chunk) = self.known.get(&key) {
            self.file.chunks.push(Chunk { start, ..(*chunk).clone() });
            return;
        }
        self.file.chunks.push(Chunk { start, len, key, units: units.found.into(), stale: false });
    }

    fn key(&self, place: &Place, piece: &Piece) -> Fingerprint {
        let text = &self.text[piece.range.clone()];
        match crate::note::flag(self.text, piece.range.start) {
            None => Fingerprint::of((&place.path, place.in_impl, text)),
            Some(flag) => Fingerprint::of((&place.path, place.in_impl, text, flag as u16)),
        }
    }

    /// The last good units of what is broken. Where a broken piece's name can be read, they are that item's; else all
    /// units that are nowhere else now may be its.
    fn stand_in(&mut self, last_good: &FileUnits) {
        if self.broken.is_empty() {
            return;
        }
        // The head of a reloaded module may be what is broken.
        let missing = last_good.hot_modules.iter().filter(|name| !self.file.hot_modules.contains(name));
        let missing: Vec<_> = missing.cloned().collect();
        self.file.hot_modules.extend(missing);
        let present: HashSet<_> = self
            .file
            .chunks
            .iter()
            .flat_map(|chunk| chunk.units.iter().map(|unit| unit.id.clone()))
            .collect();
        let names: Vec<_> = self.broken.iter().map(|broken| self.name_of(broken)).collect();
        let by_name: HashMap<_, _> =
            names.iter().enumerate().rev().filter_map(|(at, name)| Some((name.as_deref()?, at))).collect();
        let nameless = names.iter().position(Option::is_none);
        for chunk in &last_good.chunks {
            let Some(first) = chunk.units.first() else { continue };
            if present.contains(&first.id) {
                continue;
            }
            let Some(at) = by_name.get(&*first.id.path).copied().or(nameless) else { continue };
            let place = self.broken[at].piece.range.clone();
            self.file.chunks.push(stale(self.text, chunk, &place));
        }
        let known: HashSet<_> = last_good.units().map(|placed| &*placed.unit.id.path).collect();
        for (broken, name) in self.broken.iter_mut().zip(names) {
            broken.stands_in = name.filter(|name| known.contains(&**name));
        }
    }

    fn name_of(&self, broken: &Broken) -> Option<String> {
        let head = broken.piece.head.as_ref()?;
        let name = &self.text[head.name.clone()?];
        match head.keyword {
            Keyword::Function | Keyword::Type | Keyword::Value | Keyword::Module => {
                Some(Place { path: broken.path.clone(), ..Place::default() }.child(name))
            }
            _ => None,
        }
    }

    /// What is broken and has no last good tree is a unit all the same: when it changes, something changed.
    fn finish(mut self) -> FileUnits {
        let stale: HashSet<_> =
            self.file.chunks.iter().filter(|chunk| chunk.stale).map(|chunk| chunk.start).collect();
        for broken in std::mem::take(&mut self.broken) {
            let place = broken.piece.range.clone();
            let has_stand_in = stale.contains(&offset(place.start));
            if !has_stand_in {
                let mut units = Units::default();
                let whole = crate::item::bytes_up_to(place.len());
                units.opaque_text(
                    &Place { path: broken.path.clone(), ..Place::default() },
                    &self.text[place.clone()],
                    whole,
                );
                self.push(place.clone(), broken.key, units);
                if let Some(chunk) = self.file.chunks.last_mut() {
                    chunk.stale = true;
                }
            }
            self.file.problems.push(ParseProblem {
                range: problem_range(self.text, &place, &broken.range),
                message: broken.message,
                item: broken.stands_in.filter(|_| has_stand_in).map(Into::into),
                fingerprint: Fingerprint::of(self.text[place].split_whitespace().collect::<Vec<_>>()),
            });
        }
        self.file.chunks.sort_by_key(|chunk| chunk.start);
        self.file
    }
}

/// A chunk of the last good tree, squeezed into the range of the text that took its place.
fn stale(text: &str, chunk: &Chunk, place: &Range<usize>) -> Chunk {
    let room = offset(place.len());
    let squeeze_one = |at: u32| {
        let at = place.start + at.min(room) as usize;
        offset(text.floor_char_boundary(at).saturating_sub(place.start))
    };
    let squeeze = |range: &Range<u32>| squeeze_one(range.start)..squeeze_one(range.end);
    let units: Vec<Unit> = chunk
        .units
        .iter()
        .map(|unit| {
            let mut unit = unit.clone();
            unit.range = squeeze(&unit.range);
            unit.name_range = squeeze(&unit.name_range);
            for member in &mut unit.members {
                member.range = squeeze(&member.range);
                member.name_range = squeeze(&member.name_range);
            }
            unit.flags.set(Flag::Stale, true);
            unit
        })
        .collect();
    Chunk { start: offset(place.start), len: room, key: chunk.key, units: units.into(), stale: true }
}

/// Where to show a problem: the parser's place within its first line, else the piece's first line.
fn problem_range(text: &str, piece: &Range<usize>, found: &Range<usize>) -> Range<usize> {
    let start = (piece.start + found.start).min(piece.end);
    let end = (piece.start + found.end).min(piece.end);
    let is_usable = found.start < found.end && text.is_char_boundary(start) && text.is_char_boundary(end);
    let (start, end) = if is_usable { (start, end) } else { (piece.start, piece.end) };
    let line = text[start..end].find('\n').map_or(end, |newline| start + newline);
    start..line.max(start)
}

fn read_leaf(place: &Place, tokens: &TokenStream, units: &mut Units) -> syn::Result<()> {
    let inner = |input: syn::parse::ParseStream<'_>| input.call(syn::Attribute::parse_inner);
    if let Ok(attributes) = syn::parse::Parser::parse2(inner, tokens.clone())
        && !attributes.is_empty()
    {
        for attribute in &attributes {
            units.module_attribute(place, attribute);
        }
    } else if place.in_impl {
        let item = syn::parse2::<syn::ImplItem>(tokens.clone())?;
        units.member(place, &item, Some(tokens));
    } else {
        let item = syn::parse2::<syn::Item>(tokens.clone())?;
        units.item(place, &item, Some(tokens));
    }
    Ok(())
}

/// Lexes a text and reads its tokens. Spans are only good inside `read`: the thread's record of texts, which would
/// grow with every edit, is dropped afterwards.
fn parsed<T>(text: &str, read: impl FnOnce(TokenStream) -> syn::Result<T>) -> Result<T, Failure> {
    let result = match text.parse::<TokenStream>() {
        Ok(tokens) => read(tokens)
            .map_err(|error| Failure { message: error.to_string(), range: error.span().byte_range() }),
        Err(error) => Err(Failure {
            message: "brackets or quotes do not match".to_owned(),
            range: error.span().byte_range(),
        }),
    };
    proc_macro2::extra::invalidate_current_thread_spans();
    result
}
