//! The one table of all rules. Codes are for ever: a retired one stays as a comment and is never used again.

use crate::rules::{Aspect, Judge, builds, enums, functions, statics, structs, text, traits};

/// What a rule is about; the first two digits of its code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Family {
    /// `MF01xx`.
    Functions,
    /// `MF02xx`: structs, unions, aliases, and what all types have in common.
    Structs,
    /// `MF03xx`.
    Enums,
    /// `MF04xx`: traits and impls.
    Traits,
    /// `MF05xx`: statics, thread locals, constants.
    Statics,
    /// `MF09xx`: the text itself, and all that is not an item of its own.
    Text,
}

/// One numbered, documented, tested reason for a verdict.
pub struct Rule {
    /// Such as `MF0203`.
    pub code: &'static str,
    /// Such as `struct-field-added`.
    pub name: &'static str,
    /// What it finds, as a heading.
    pub title: &'static str,
    /// Its page in Markdown.
    pub page: &'static str,
    /// The parts of a unit whose difference it explains.
    pub(crate) explains: &'static [Aspect],
    pub(crate) judge: Judge,
}

impl Rule {
    /// What it is about.
    pub fn family(&self) -> Family {
        match &self.code[2..4] {
            "01" => Family::Functions,
            "02" => Family::Structs,
            "03" => Family::Enums,
            "04" => Family::Traits,
            "05" => Family::Statics,
            _ => Family::Text,
        }
    }
}

impl std::fmt::Debug for Rule {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.code, self.name)
    }
}

impl PartialEq for Rule {
    fn eq(&self, other: &Self) -> bool {
        self.code == other.code
    }
}

impl Eq for Rule {}

/// All rules, by code.
pub fn catalogue() -> &'static [Rule] {
    CATALOGUE
}

/// The rule with a code.
pub fn rule(code: &str) -> Option<&'static Rule> {
    catalogue().iter().find(|rule| rule.code.eq_ignore_ascii_case(code))
}

/// A row: number, name, what it explains, the function that judges, the heading.
macro_rules! rules {
    ($($code:ident $name:literal [$($aspect:ident)*] $judge:path, $title:literal;)*) => {
        &[$(Rule {
            code: stringify!($code),
            name: $name,
            title: $title,
            page: include_str!(concat!("../../../docs/rules/", stringify!($code), ".md")),
            explains: &[$(Aspect::$aspect),*],
            judge: $judge,
        }),*]
    };
}

#[rustfmt::skip]
static CATALOGUE: &[Rule] = rules! {
    MF0101 "function-body-changed"          [Body]              functions::body_changed, "The body of a function changed";
    MF0102 "function-signature-changed"     [Signature]         functions::signature_changed, "The signature of a function changed";
    MF0103 "boundary-signature-changed"     [Signature]         functions::boundary_signature_changed, "The signature of a boundary function changed";
    MF0104 "function-pointer-signature-changed" [Signature]     functions::pointer_signature_changed, "The signature of a function that is used as a pointer changed";
    MF0105 "function-added"                 [Existence]         functions::added, "A function was added";
    MF0106 "function-removed"               [Existence]         functions::removed, "A function was removed";
    MF0107 "run-once-body-changed"          [Body]              functions::run_once_body_changed, "The body of a function that runs once, or never returns, changed";
    MF0108 "async-body-changed"             [Body Environments] functions::async_body_changed, "The body of a function that makes futures changed";
    MF0109 "closure-captures-changed"       [Environments]      functions::closure_captures_changed, "What closures capture changed";
    MF0110 "const-function-body-changed"    [Body]              functions::const_body_changed, "The body of a `const fn` changed";
    MF0111 "function-generics-changed"      [Generics]          functions::generics_changed, "The generic parameters of a function changed";
    MF0112 "boundary-changed"               [Export]            functions::boundary_changed, "A function became a boundary, stopped being one, or has another symbol";
    MF0113 "code-generation-changed"        [Codegen]           functions::code_generation_changed, "How an item is compiled changed: `inline`, `cold`, `mut`, …";
    MF0114 "closures-renumbered"            []                  functions::closures_renumbered, "The closures of a function have other numbers";
    MF0115 "function-bounds-changed"        [Bounds]            functions::bounds_changed, "Bounds, where clauses or `unsafe` of a function changed";
    MF0116 "function-lifetimes-changed"     [Lifetimes]         functions::lifetimes_changed, "The lifetimes in a function's signature changed";
    MF0117 "abi-changed"                    [Abi]               functions::abi_changed, "The ABI of a function changed";
    MF0118 "scope-changed"                  []                  functions::scope_changed, "What a future or a stored closure is made of changed elsewhere";

    MF0201 "type-added"                     [Existence]         structs::added, "A type was added";
    MF0202 "type-removed"                   [Existence]         structs::removed, "A type was removed";
    MF0203 "struct-field-added"             [Layout]            structs::field_added, "A struct gained a field";
    MF0204 "struct-field-removed"           [Layout]            structs::field_removed, "A struct lost a field";
    MF0205 "struct-field-retyped"           [Layout]            structs::field_retyped, "A field has another type";
    MF0206 "struct-fields-reordered"        [Layout]            structs::fields_reordered, "The fields of a struct are in another order";
    MF0207 "struct-field-renamed"           [Layout]            structs::field_renamed, "A field has another name";
    MF0208 "struct-field-visibility-changed" [Layout]           structs::field_visibility_changed, "A field has another visibility";
    MF0209 "type-generics-changed"          [Generics]          structs::generics_changed, "The generic parameters of a type changed";
    MF0210 "representation-changed"         [Repr]              structs::representation_changed, "The `repr` of a type changed";
    MF0211 "drop-changed"                   [Existence]         structs::drop_changed, "`Drop` was added or removed";
    MF0212 "type-alias-changed"             [Layout]            structs::alias_changed, "A type alias means another type";
    MF0213 "derives-changed"                [Derives]           structs::derives_changed, "The derived traits of a type changed";
    MF0214 "bounds-changed"                 [Body]              structs::bounds_changed, "Bounds, lifetimes or where clauses changed";

    MF0301 "enum-variant-added"             [Layout]            enums::variant_added, "An enum gained a variant";
    MF0302 "enum-variant-removed"           [Layout]            enums::variant_removed, "An enum lost a variant";
    MF0303 "enum-variants-reordered"        [Layout]            enums::variants_reordered, "The variants of an enum are in another order";
    MF0304 "enum-payload-changed"           [Layout]            enums::payload_changed, "A variant carries something else";
    MF0305 "enum-discriminant-changed"      [Layout]            enums::discriminant_changed, "A variant has another discriminant";
    MF0306 "enum-variant-renamed"           [Layout]            enums::variant_renamed, "A variant has another name";

    MF0401 "trait-item-added"               [Layout]            traits::item_added, "A trait gained a method";
    MF0402 "trait-item-removed"             [Layout]            traits::item_removed, "A trait lost a method";
    MF0403 "trait-items-reordered"          [Layout]            traits::items_reordered, "The methods of a trait are in another order";
    MF0404 "trait-default-changed"          [Layout]            traits::default_changed, "The default body of a trait's method changed";
    MF0405 "trait-method-signature-changed" [Layout]            traits::signature_changed, "The signature of a trait's method changed";
    MF0406 "trait-associated-item-changed"  [Layout]            traits::associated_changed, "An associated type or constant of a trait changed";
    MF0407 "impl-added"                     [Existence]         traits::impl_added, "A trait is implemented for one more type";
    MF0408 "impl-removed"                   [Existence]         traits::impl_removed, "A trait is no longer implemented for a type";
    MF0409 "trait-added"                    [Existence]         traits::trait_added, "A trait was added";
    MF0410 "trait-removed"                  [Existence]         traits::trait_removed, "A trait was removed";
    MF0411 "associated-type-changed"        [Existence Layout Generics] traits::associated_type_changed, "An implementation's associated type changed";
    MF0412 "trait-head-changed"             [Signature Generics] traits::head_changed, "Supertraits or generic parameters of a trait or impl changed";
    MF0413 "override-changed"               [Existence]         traits::override_changed, "An implementation overrides a default of its trait, or no longer does";

    MF0501 "static-value-changed"           [Body]              statics::value_changed, "The initial value of a static changed";
    MF0502 "static-added"                   [Existence]         statics::added, "A static was added";
    MF0503 "static-removed"                 [Existence]         statics::removed, "A static was removed";
    MF0504 "static-retyped"                 [Signature]         statics::retyped, "A static has another type";
    MF0505 "thread-local-value-changed"     [Body]              statics::thread_local_value_changed, "The initial value of a thread local changed";
    MF0506 "thread-local-added"             [Existence]         statics::thread_local_added, "A thread local was added";
    MF0507 "thread-local-removed"           [Existence]         statics::thread_local_removed, "A thread local was removed";
    MF0508 "thread-local-retyped"           [Signature]         statics::thread_local_retyped, "A thread local has another type";
    MF0509 "const-value-changed"            [Body]              statics::const_value_changed, "The value of a constant changed";
    MF0510 "const-added"                    [Existence]         statics::const_added, "A constant was added";
    MF0511 "const-removed"                  [Existence]         statics::const_removed, "A constant was removed";
    MF0512 "const-retyped"                  [Signature]         statics::const_retyped, "A constant has another type";

    MF0900 "unrecognised-change"            []                  text::unrecognised, "Something changed that no rule knows";
    MF0901 "text-does-not-parse"            []                  text::does_not_parse, "The text does not parse";
    MF0902 "import-changed"                 [Existence Body]    text::import_changed, "A name is imported from elsewhere";
    MF0903 "macro-changed"                  [Existence Body]    text::macro_changed, "A macro changed";
    MF0904 "macro-call-changed"             [Existence Body]    text::macro_call_changed, "What a macro is called with changed";
    MF0905 "configuration-changed"          [Cfg]               text::configuration_changed, "A `cfg` changed";
    MF0906 "module-changed"                 [Existence]         text::module_changed, "A module was added or removed";
    MF0907 "build-file-changed"             [Existence Body]    builds::build_file_changed, "What a manifest says of its package or workspace changed";
    MF0908 "attribute-changed"              [Other]             text::attribute_changed, "An attribute changed";
    MF0909 "visibility-changed"             [Visibility]        text::visibility_changed, "An item has another visibility";
    MF0910 "foreign-items-changed"          [Existence Signature] text::foreign_items_changed, "Foreign items changed";
    MF0911 "module-attribute-changed"       [Existence Body]    text::module_attribute_changed, "An attribute of a whole module or crate changed";
    MF0912 "dependencies-changed"           [Existence Body]    builds::dependencies_changed, "The dependencies of a package changed";
    MF0913 "features-changed"               [Existence Body]    builds::features_changed, "The features of a package changed";
    MF0914 "profile-changed"                [Existence Body]    builds::profile_changed, "A profile changed";
    MF0915 "edition-changed"                [Existence Body]    builds::edition_changed, "The edition of a package changed";
    MF0916 "library-target-changed"         [Existence Body]    builds::library_target_changed, "The library of a package changed: its name, its root, what it is built as";
    MF0917 "lock-file-changed"              [Existence Body]    builds::lock_file_changed, "The locked versions of dependencies changed";
    MF0918 "build-script-changed"           [Existence Body]    builds::build_script_changed, "A build script changed";
    MF0919 "toolchain-changed"              [Existence Body]    builds::toolchain_changed, "The toolchain changed";
    MF0920 "cargo-configuration-changed"    [Existence Body]    builds::cargo_configuration_changed, "Cargo's configuration changed";
};
