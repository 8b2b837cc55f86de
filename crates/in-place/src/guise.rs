//! What makes a process know a patch by its names and lines.

use object::read::elf::{FileHeader, ProgramHeader};
use object::{Endianness, elf};

use crate::content::Elf;
use crate::process::{PAGE, Process};

/// The patch that debuggers are told of lies so far below the one that is loaded.
///
/// The two differ in nothing else. Their distance stands for a load bias, which a patch has not, being loaded where it
/// was linked: the standard library takes any image without one for the program itself, and looks for the lines of a
/// backtrace there (backtrace-rs, `libs_dl_iterate_phdr.rs`).
pub const SLIDE: u64 = PAGE;

/// What to write into the process, once a patch is in for good, for `dl_iterate_phdr` to tell of [`crate::Patch::described`].
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Guise {
    /// Where the program headers are.
    pub headers_at: u64,
    /// What they are to be.
    pub headers: Vec<u8>,
    /// The first words of the `link_map`: load bias, and the address of the path.
    pub link_map: [u64; 2],
    /// What the standard library must forget.
    pub memory: Option<Memory>,
}

/// What the standard library keeps for naming the frames of backtraces, once it has named one: which images there are.
/// Patches that come later are none of them, until it forgets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Memory {
    /// A mutex, whose lower half is 0 while nobody uses it.
    pub lock: u64,
    /// Where it is.
    pub at: u64,
    /// Its words as they were when the program started: empty.
    pub empty: Vec<u64>,
}

/// The statics of the standard library (`backtrace_rs/symbolize/gimli.rs`, `sys/backtrace.rs`), without angle brackets.
const KEPT: &str = "std::backtrace_rs::symbolize::gimli::Cache::with_global::MAPPINGS_CACHE";
const LOCK: &str = "std::sys::backtrace::lock::LOCK";

impl Process {
    /// `None` where this standard library is another one than we know.
    pub(crate) fn memory(&self) -> Option<Memory> {
        let find = |path: &str| {
            let last = path.rsplit("::").next()?;
            let mut named =
                self.names.iter().filter(|(name, _)| name.contains(last) && name.contains("backtrace"));
            let is_it = |name: &str| artifact::demangled(name).replace(['<', '>'], "") == path;
            let (_, entry) = named.find(|(name, entry)| !entry.ambiguous && is_it(name))?;
            entry.places.first()
        };
        let kept = find(KEPT)?;
        let (words, rest) = self.read(kept.address, kept.size).as_chunks();
        let empty: Vec<u64> = words.iter().map(|word| u64::from_le_bytes(*word)).collect();
        let is_known = rest.is_empty() && !empty.is_empty();
        is_known.then_some(Memory { lock: find(LOCK)?.address, at: kept.address, empty })
    }
}

impl Guise {
    /// `None` unless the images are the same but for where they lie.
    pub(crate) fn of(code: &[u8], described: &[u8], path_at: u64) -> Option<Self> {
        let (code, described) = (Elf::parse(code).ok()?, Elf::parse(described).ok()?);
        let endian = Endianness::Little;
        let parts = |elf: &Elf<'_>, slide: u64| -> Vec<(u64, u64)> {
            let loaded =
                elf.elf_program_headers().iter().filter(|header| header.p_type(endian) == elf::PT_LOAD);
            loaded.map(|header| (header.p_vaddr(endian) + slide, header.p_memsz(endian))).collect()
        };
        if parts(&code, 0) != parts(&described, SLIDE) {
            return None;
        }
        let headers = object::pod::bytes_of_slice(described.elf_program_headers());
        if headers.len() != object::pod::bytes_of_slice(code.elf_program_headers()).len() {
            return None;
        }
        let offset = code.elf_header().e_phoff(endian);
        let headers_at = code.elf_program_headers().iter().find_map(|header| {
            let inside = offset
                .checked_sub(header.p_offset(endian))
                .filter(|inside| *inside < header.p_filesz(endian));
            Some(header.p_vaddr(endian) + inside.filter(|_| header.p_type(endian) == elf::PT_LOAD)?)
        })?;
        Some(Self { headers_at, headers: headers.to_vec(), link_map: [SLIDE, path_at], memory: None })
    }
}
