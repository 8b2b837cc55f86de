//! Names of the standard library and its like that say what may become of a value.

/// Kept by type, or through pointers that say nothing of it.
pub(crate) const HIDING: [&str; 9] = [
    "Any",
    "TypeId",
    "type_id",
    "c_void",
    "transmute",
    "from_raw",
    "downcast",
    "downcast_ref",
    "downcast_mut",
];

/// Calls that start what outlives them.
pub(crate) const STARTING: [&str; 6] =
    ["spawn", "spawn_blocking", "spawn_local", "spawn_unchecked", "scope", "block_on"];

/// Traits of the standard library through which no value is kept, unless by `dyn`.
pub(crate) const HARMLESS: [&str; 40] = [
    "Add",
    "AddAssign",
    "AsMut",
    "AsRef",
    "BitAnd",
    "BitOr",
    "BitXor",
    "Borrow",
    "Clone",
    "Copy",
    "Debug",
    "Default",
    "Deref",
    "DerefMut",
    "Display",
    "Div",
    "DivAssign",
    "Drop",
    "Eq",
    "Extend",
    "From",
    "FromIterator",
    "FromStr",
    "Hash",
    "Index",
    "IndexMut",
    "Into",
    "IntoIterator",
    "Iterator",
    "Mul",
    "MulAssign",
    "Neg",
    "Not",
    "Ord",
    "PartialEq",
    "PartialOrd",
    "Rem",
    "Sub",
    "SubAssign",
    "TryFrom",
];
