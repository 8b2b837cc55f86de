//! What the dynamic loader knows of images: `r_debug` and its list of `link_map`s (glibc's `<link.h>`, System V ABI).

use object::read::elf::{Dyn, ProgramHeader};
use object::{Endianness, elf};

use crate::content::Elf;
use crate::process::Process;

/// The first words of a `link_map`, which stands for one loaded image.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LinkMap {
    /// Where it lies itself. It is what `dlopen` returns, too.
    pub at: u64,
    /// How far from where the image was linked it was loaded: `l_addr`.
    pub bias: u64,
    /// Where its dynamic section is: `l_ld`.
    dynamic: u64,
    /// The one that was loaded after it, or 0: `l_next`.
    pub next: u64,
}

impl LinkMap {
    /// So many words it has that matter here.
    pub const WORDS: usize = 4;

    /// The one whose words stand there.
    pub fn of(at: u64, words: &[u64]) -> Option<Self> {
        let &[bias, _, dynamic, next] = words else { return None };
        Some(Self { at, bias, dynamic, next })
    }

    /// Whether it stands for an image that was linked with its dynamic section there.
    pub fn is_of(&self, dynamic: u64) -> bool {
        self.dynamic.wrapping_sub(self.bias) == dynamic
    }
}

impl Process {
    /// Where the loader has written the address of its `r_debug`, whose second word is that of the first `link_map`.
    /// `None` for a program without a loader.
    pub fn r_debug_at(&self) -> Option<u64> {
        self.r_debug_at
    }
}

/// Where an image's dynamic section is, as it was linked.
pub(crate) fn dynamic_section(image: &Elf<'_>) -> Option<u64> {
    let endian = Endianness::Little;
    let mut headers = image.elf_program_headers().iter();
    Some(headers.find(|header| header.p_type(endian) == elf::PT_DYNAMIC)?.p_vaddr(endian))
}

/// Where the value of a program's `DT_DEBUG` is, as it was linked.
pub(crate) fn r_debug_at(program: &[u8]) -> Option<u64> {
    let (image, endian) = (Elf::parse(program).ok()?, Endianness::Little);
    let start = dynamic_section(&image)?;
    let mut headers = image.elf_program_headers().iter();
    let entries = headers.find_map(|header| header.dynamic(endian, program).ok()?)?;
    let index = entries.iter().position(|entry| entry.tag(endian) == elf::DT_DEBUG)?;
    // An entry is two words: tag and value.
    Some(start + 16 * u64::try_from(index).ok()? + 8)
}

#[cfg(test)]
mod tests {
    use super::{LinkMap, r_debug_at};

    #[test]
    fn a_program_with_a_loader_says_where_it_tells_of_itself() {
        let program = std::env::current_exe().and_then(std::fs::read).expect("this program");
        assert!(r_debug_at(&program).is_some_and(|at| at % 8 == 0));
        assert_eq!(r_debug_at(b"no program"), None);
    }

    #[test]
    fn an_image_is_known_wherever_it_was_loaded() {
        let at_its_place = LinkMap::of(0x10, &[0, 1, 0x4000_2000, 0x20]).expect("four words");
        assert!(at_its_place.is_of(0x4000_2000) && !at_its_place.is_of(0x4000_3000));
        let elsewhere = LinkMap::of(0x10, &[0x7000_0000, 1, 0xb000_2000, 0]).expect("four words");
        assert!(elsewhere.is_of(0x4000_2000));
        assert_eq!(LinkMap::of(0x10, &[0, 1]), None);
    }
}
