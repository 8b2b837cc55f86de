//! How a type is laid out: what decides whether old values can be read by new code.

/// A function's parameters and return value, by type name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Signature {
    /// `(name, type)` of each parameter, in order.
    pub parameters: Vec<(String, String)>,
    /// The type it returns; `None` for `()`.
    pub returns: Option<String>,
}

impl std::fmt::Display for Signature {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let types: Vec<&str> = self.parameters.iter().map(|(_, type_name)| type_name.as_str()).collect();
        write!(f, "fn({})", types.join(", "))?;
        self.returns.as_ref().map_or(Ok(()), |returns| write!(f, " -> {returns}"))
    }
}

/// One type as the compiler laid it out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TypeLayout {
    /// Size in bytes.
    pub size: u64,
    /// Alignment in bytes; 0 where the debug information does not say.
    pub align: u64,
    /// Fields by offset.
    pub members: Vec<Member>,
    /// An enum's variants, in the order of their discriminants.
    pub variants: Vec<Variant>,
    /// Where an enum's discriminant (or the niche that stands for it) lies: offset and type.
    pub discriminant: Option<(u64, String)>,
    /// What it is made of besides fields: what it points to, its generic arguments.
    pub parts: Parts,
    /// The path by which live data of this type is reached from a boundary function.
    pub reach: Reach,
}

impl TypeLayout {
    /// The types of all that it is made of.
    pub(crate) fn made_of(&self) -> impl Iterator<Item = &str> {
        let members = self.members.iter().map(|member| member.type_name.as_str());
        let variants = self.variants.iter().map(|variant| variant.type_name.as_str());
        members.chain(variants).chain(self.parts.0.iter().map(String::as_str))
    }
}

/// A field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Member {
    /// Offset in bytes.
    pub offset: u64,
    /// The field's name (`__0` for the first of a tuple).
    pub name: String,
    /// Its type's qualified name.
    pub type_name: String,
}

/// A variant of an enum.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Variant {
    /// The discriminant's value; `None` for the one that all other values stand for.
    pub discriminant: Option<u64>,
    /// The variant's name.
    pub name: String,
    /// The type that holds its fields; empty for a variant of an enum without fields.
    pub type_name: String,
}

/// How a type is reached: a boundary function, then fields and pointers.
///
/// Not part of a layout: two layouts that are reached by different ways are equal.
#[derive(Debug, Clone, Default)]
pub struct Reach(pub Vec<String>);

impl PartialEq for Reach {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Reach {}

impl std::fmt::Display for Reach {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.join(" → "))
    }
}

/// Types that another is made of without holding them as fields. Not part of its layout either: they are
/// compared by themselves.
#[derive(Debug, Clone, Default)]
pub struct Parts(pub std::collections::BTreeSet<String>);

impl PartialEq for Parts {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Parts {}
