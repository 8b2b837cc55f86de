//! An item's attributes, split by what a change of them does.

use compat::{Attributes, Fingerprint, Flag, Flags};
use proc_macro2::TokenStream;
use quote::ToTokens;

use crate::fingerprint;

/// What an item's attributes and visibility say.
#[derive(Default)]
pub(crate) struct Read {
    attributes: Attributes,
    repr: Vec<Fingerprint>,
    cfg: Vec<Fingerprint>,
    codegen: Vec<Fingerprint>,
    abi: Vec<Fingerprint>,
    other: Vec<Fingerprint>,
    /// Flags that attributes set.
    pub(crate) flags: Flags,
    /// The libraries of `hot_module(dylib = "…")`.
    pub(crate) hot_modules: Vec<String>,
}

impl Read {
    /// Reads attributes.
    pub(crate) fn of(attributes: &[syn::Attribute], visibility: Option<&syn::Visibility>) -> Self {
        let mut read = Self::default();
        for attribute in attributes {
            read.meta(&attribute.meta);
        }
        if let Some(visibility) =
            visibility.filter(|visibility| !matches!(visibility, syn::Visibility::Inherited))
        {
            read.attributes.visibility = fingerprint::of(visibility);
            read.flags.set(Flag::Public, matches!(visibility, syn::Visibility::Public(_)));
        }
        read
    }

    /// Something that decides how code is generated and is no attribute: `mut`.
    pub(crate) fn codegen(&mut self, tokens: impl ToTokens) {
        self.codegen.push(fingerprint::of(tokens));
    }

    /// How the function is called.
    pub(crate) fn abi(&mut self, abi: Option<&syn::Abi>) {
        self.abi.extend(abi.map(fingerprint::of));
    }

    /// The attributes, where there are any that matter. `name` is the symbol of a `no_mangle` item.
    pub(crate) fn finish(mut self, name: &str) -> Option<Box<Attributes>> {
        self.attributes.repr = together(self.repr);
        self.attributes.cfg = together(self.cfg);
        self.attributes.codegen = together(self.codegen);
        self.attributes.abi = together(self.abi);
        self.attributes.other = together(self.other);
        if self.flags.has(Flag::Boundary) && self.attributes.export.is_none() {
            self.attributes.export = Some(name.into());
        }
        self.attributes.derives.sort_unstable();
        (self.attributes != Attributes::default()).then(|| Box::new(self.attributes))
    }

    fn meta(&mut self, meta: &syn::Meta) {
        let path = meta.path();
        let first = path.segments.first().map(|segment| segment.ident.to_string()).unwrap_or_default();
        let last = path.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default();
        if fingerprint::is_neutral(&first) {
            return;
        }
        match last.as_str() {
            "unsafe" => {
                if let Ok(inner) =
                    meta.require_list().and_then(|list| syn::parse2::<syn::Meta>(list.tokens.clone()))
                {
                    self.meta(&inner);
                }
            }
            "derive" => self.derives(meta),
            "repr" => self.repr.push(fingerprint::of(meta)),
            "cfg" if meta.require_list().is_ok_and(|list| list.tokens.to_string() == "test") => {
                self.flags.set(Flag::Test, true);
            }
            "cfg" | "cfg_attr" => self.cfg.push(fingerprint::of(meta)),
            "inline" | "cold" | "target_feature" | "optimize" => self.codegen.push(fingerprint::of(meta)),
            // The place of the call is passed along, where nobody sees it.
            "track_caller" => self.abi.push(fingerprint::of(meta)),
            "no_mangle" => self.flags.set(Flag::Boundary, true),
            "export_name" => {
                self.flags.set(Flag::Boundary, true);
                self.attributes.export = string_value(meta).map(Into::into);
            }
            "hot_module" => {
                self.hot_modules.extend(dylib_argument(meta));
                self.other.push(fingerprint::exact(meta));
            }
            _ => self.other(meta, &last),
        }
    }

    fn other(&mut self, meta: &syn::Meta, last: &str) {
        self.flags.set(Flag::Test, self.flags.has(Flag::Test) || last == "test");
        self.flags.set(Flag::RunsOnce, self.flags.has(Flag::RunsOnce) || matches!(last, "ctor" | "dtor"));
        self.other.push(fingerprint::exact(meta));
    }

    fn derives(&mut self, meta: &syn::Meta) {
        let Ok(list) = meta.require_list() else { return };
        let parser = syn::punctuated::Punctuated::<syn::Path, syn::Token![,]>::parse_terminated;
        let Ok(paths) = syn::parse::Parser::parse2(parser, list.tokens.clone()) else { return };
        let mut derives = std::mem::take(&mut self.attributes.derives).into_vec();
        derives.extend(paths.iter().map(|path| fingerprint::compact(path).into_boxed_str()));
        self.attributes.derives = derives.into();
    }
}

/// The fingerprint of attributes that matter, for members of types.
pub(crate) fn of_member(attributes: &[syn::Attribute]) -> Fingerprint {
    let matters = |attribute: &&syn::Attribute| {
        let first = attribute.path().segments.first().map(|segment| segment.ident.to_string());
        !first.is_some_and(|first| fingerprint::is_neutral(&first))
    };
    together(attributes.iter().filter(matters).map(|attribute| fingerprint::of(&attribute.meta)).collect())
}

fn together(fingerprints: Vec<Fingerprint>) -> Fingerprint {
    if fingerprints.is_empty() { Fingerprint::default() } else { Fingerprint::of(fingerprints) }
}

fn string_value(meta: &syn::Meta) -> Option<String> {
    let syn::Meta::NameValue(pair) = meta else { return None };
    literal_text(&pair.value.to_token_stream())
}

fn literal_text(tokens: &TokenStream) -> Option<String> {
    syn::parse2::<syn::LitStr>(tokens.clone()).ok().map(|literal| literal.value())
}

/// The `dylib` of `hot_module(dylib = "…")`. A value that is not a plain string (as in `concat!(…)`) is unknown here.
fn dylib_argument(meta: &syn::Meta) -> Option<String> {
    let tokens = meta.require_list().ok()?.tokens.clone();
    let mut tokens = tokens.into_iter().skip_while(|token| token.to_string() != "dylib").skip(2);
    literal_text(&tokens.next()?.into_token_stream())
}
