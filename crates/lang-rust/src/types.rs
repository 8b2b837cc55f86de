//! Types and traits to units: what a value looks like in memory, and what a vtable holds.

use std::ops::Range;

use compat::{Fingerprint, Flag, Member, Unit, UnitKind};
use quote::ToTokens;
use syn::spanned::Spanned;

use crate::attribute::{self, Read};
use crate::body::Body;
use crate::fingerprint;
use crate::item::{Place, bytes, unit};

/// The unit of a struct, union, enum or alias.
pub(crate) fn of(place: &Place, item: &syn::Item, whole: Range<u32>) -> Option<Unit> {
    let (kind, attributes, visibility, name, generics, members) = match item {
        syn::Item::Struct(item) => {
            (UnitKind::Struct, &item.attrs, &item.vis, &item.ident, &item.generics, fields(&item.fields))
        }
        syn::Item::Union(item) => {
            let members = item.fields.named.iter().enumerate().map(field).collect();
            (UnitKind::Union, &item.attrs, &item.vis, &item.ident, &item.generics, members)
        }
        syn::Item::Enum(item) => {
            let members = item.variants.iter().map(variant).collect();
            (UnitKind::Enum, &item.attrs, &item.vis, &item.ident, &item.generics, members)
        }
        syn::Item::Type(item) => {
            (UnitKind::TypeAlias, &item.attrs, &item.vis, &item.ident, &item.generics, Vec::new())
        }
        _ => return None,
    };
    let text = name.to_string();
    let read = Read::of(attributes, Some(visibility));
    let mut unit = unit(place, kind, &text, whole, bytes(name.span()));
    unit.flags = read.flags.with(Flag::Local, place.local);
    unit.attributes = read.finish(&text);
    unit.generics = parameters(generics);
    unit.body = bounds(generics);
    unit.layout = layout(item, &members);
    unit.members = members.into();
    if let syn::Item::Type(alias) = item {
        unit.layout = fingerprint::without_lifetimes(&alias.ty);
        unit.mentions = fingerprint::names(&alias.ty).into();
    }
    Some(unit)
}

/// Everything that decides what a value looks like, and how its parts are called.
fn layout(item: &syn::Item, members: &[Member]) -> Fingerprint {
    let shape = match item {
        syn::Item::Struct(item) => match &item.fields {
            syn::Fields::Named(_) => "named",
            syn::Fields::Unnamed(_) => "tuple",
            syn::Fields::Unit => "unit",
        },
        _ => "",
    };
    let parts = members
        .iter()
        .map(|member| (&member.name, member.signature, member.body, member.visibility, member.attributes));
    Fingerprint::of((shape, parts.collect::<Vec<_>>()))
}

fn fields(fields: &syn::Fields) -> Vec<Member> {
    fields.iter().enumerate().map(field).collect()
}

fn field((index, field): (usize, &syn::Field)) -> Member {
    let (name, span) = match &field.ident {
        Some(name) => (name.to_string(), name.span()),
        None => (index.to_string(), field.ty.span()),
    };
    Member {
        name: name.into(),
        range: bytes(field.span()),
        name_range: bytes(span),
        signature: fingerprint::without_lifetimes(&field.ty),
        body: Fingerprint::default(),
        environments: Fingerprint::default(),
        visibility: fingerprint::of(&field.vis),
        attributes: attribute::of_member(&field.attrs),
        mentions: fingerprint::names(&field.ty).into(),
    }
}

fn variant(variant: &syn::Variant) -> Member {
    let payload = fields(&variant.fields);
    let shape = match &variant.fields {
        syn::Fields::Named(_) => "named",
        syn::Fields::Unnamed(_) => "tuple",
        syn::Fields::Unit => "unit",
    };
    let parts: Vec<_> =
        payload.iter().map(|field| (&field.name, field.signature, field.attributes)).collect();
    let discriminant = variant.discriminant.as_ref();
    Member {
        name: variant.ident.to_string().into(),
        range: bytes(variant.span()),
        name_range: bytes(variant.ident.span()),
        signature: Fingerprint::of((shape, parts)),
        body: discriminant.map_or_else(Fingerprint::default, |(_, value)| fingerprint::of(value)),
        environments: Fingerprint::default(),
        visibility: Fingerprint::default(),
        attributes: attribute::of_member(&variant.attrs),
        // A constant in the discriminant decides the layout as much as a payload's type does.
        mentions: fingerprint::names(Both(&variant.fields, discriminant.map(|(_, value)| value))).into(),
    }
}

/// Two things as one row of tokens.
struct Both<A, B>(A, B);

impl<A: ToTokens, B: ToTokens> ToTokens for Both<A, B> {
    fn to_tokens(&self, tokens: &mut proc_macro2::TokenStream) {
        self.0.to_tokens(tokens);
        self.1.to_tokens(tokens);
    }
}

/// The unit of a trait: its items in order are its vtable.
pub(crate) fn of_trait(place: &Place, item: &syn::ItemTrait, whole: Range<u32>) -> Unit {
    let name = item.ident.to_string();
    let read = Read::of(&item.attrs, Some(&item.vis));
    let mut unit = unit(place, UnitKind::Trait, &name, whole, bytes(item.ident.span()));
    unit.flags = read.flags.with(Flag::Local, place.local);
    unit.attributes = read.finish(&name);
    unit.generics = parameters(&item.generics);
    unit.body = Fingerprint::of((bounds(&item.generics), item.unsafety.is_some()));
    unit.mentions = fingerprint::names(&item.supertraits).into();
    unit.signature = fingerprint::without_lifetimes(&item.supertraits);
    let members: Vec<_> = item.items.iter().map(trait_item).collect();
    let slots = members.iter().map(|member| (&member.name, member.signature, member.body, member.attributes));
    unit.layout = Fingerprint::of(slots.collect::<Vec<_>>());
    unit.members = members.into();
    unit
}

fn trait_item(item: &syn::TraitItem) -> Member {
    let mut environments = Fingerprint::default();
    let (name, span, attributes, signature, default) = match item {
        syn::TraitItem::Fn(item) => {
            let default = item.default.as_ref().map(|block| {
                let body = Body::of(&item.sig, block);
                environments = outliving(&item.sig, block, &body);
                fingerprint::without(block, &body.parts())
            });
            (
                item.sig.ident.to_string(),
                item.sig.ident.span(),
                &item.attrs,
                fingerprint::of(&item.sig),
                default,
            )
        }
        syn::TraitItem::Const(item) => {
            let default = item.default.as_ref().map(|(_, value)| fingerprint::of(value));
            let name = format!("const {}", item.ident);
            (name, item.ident.span(), &item.attrs, fingerprint::of(&item.ty), default)
        }
        syn::TraitItem::Type(item) => {
            let default = item.default.as_ref().map(|(_, ty)| fingerprint::of(ty));
            let signature = Fingerprint::of((fingerprint::of(&item.bounds), fingerprint::of(&item.generics)));
            (format!("type {}", item.ident), item.ident.span(), &item.attrs, signature, default)
        }
        other => {
            let attributes = const { &Vec::new() };
            ("macro".to_owned(), other.span(), attributes, fingerprint::of(other), None)
        }
    };
    Member {
        name: name.into(),
        range: bytes(item.span()),
        name_range: bytes(span),
        signature,
        body: default.unwrap_or_default(),
        environments,
        visibility: Fingerprint::default(),
        attributes: attribute::of_member(attributes),
        mentions: fingerprint::names(item.to_token_stream()).into(),
    }
}

/// What a default body makes that can outlive the call.
fn outliving(signature: &syn::Signature, block: &syn::Block, body: &Body<'_>) -> Fingerprint {
    if signature.asyncness.is_some() || body.makes_futures {
        fingerprint::of(block)
    } else if body.captures_something() {
        body.environments()
    } else {
        Fingerprint::default()
    }
}

/// Type and constant parameters: what a symbol or a layout is made for. Bounds and lifetimes are no part of it.
pub(crate) fn parameters(generics: &syn::Generics) -> Fingerprint {
    let parameters: Vec<_> = generics
        .params
        .iter()
        .filter_map(|parameter| match parameter {
            syn::GenericParam::Lifetime(_) => None,
            // A default is the parameter of everything that is written without one.
            syn::GenericParam::Type(ty) => {
                let default = ty.default.as_ref().map(|(_, ty)| fingerprint::without_lifetimes(ty));
                Some((ty.ident.to_string(), default.unwrap_or_default()))
            }
            syn::GenericParam::Const(constant) => {
                let default = constant.default.as_ref().map(|(_, value)| fingerprint::of(value));
                let print = Fingerprint::of((fingerprint::of(&constant.ty), default));
                Some((constant.ident.to_string(), print))
            }
        })
        .collect();
    if parameters.is_empty() { Fingerprint::default() } else { Fingerprint::of(parameters) }
}

/// Bounds, lifetimes, defaults and where clauses.
pub(crate) fn bounds(generics: &syn::Generics) -> Fingerprint {
    if generics.params.is_empty() && generics.where_clause.is_none() {
        return Fingerprint::default();
    }
    Fingerprint::of((fingerprint::of(generics), fingerprint::of(&generics.where_clause)))
}
