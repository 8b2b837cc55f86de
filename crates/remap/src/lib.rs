//! Where a line of one text stands in another.
//!
//! A debug session holds several texts of one file at once: the generation that a frame runs, the
//! generation that the process runs now, the file on disk. [`LineMap`] relates two of them. It does no
//! IO and can't fail: a line that has no counterpart says so ([`Mapped::Near`], [`Mapped::Gone`]), since
//! a breakpoint on a different statement is worse than one that is not there.
//!
//! The same file has another path where it was built elsewhere: [`PathRewrites`].
//!
//! Generated code has a third kind of text behind it, its original: [`SourceMap`] reads the maps that
//! compilers write (ECMA-426).
//!
//! What lies between the editor and the code that runs is a chain of these: [`Remapper`] goes along it in both
//! directions.
//!
//! Lines and columns count from 0 everywhere in this crate.

mod line_map;
mod pairing;
mod paths;
mod remapper;
mod source_map;
mod tokens;

pub use line_map::{Anchor, LineMap, Mapped, column};
pub use paths::{PathRewriteError, PathRewrites};
pub use remapper::{Location, Remapper};
pub use source_map::{Error as SourceMapError, Original, Position, Source, SourceMap};
