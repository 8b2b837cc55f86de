//! One parsed item to units.

use std::ops::Range;

use compat::{Fingerprint, Flag, Flags, Unit, UnitId, UnitKind};
use proc_macro2::{Span, TokenStream};
use quote::ToTokens;
use syn::spanned::Spanned;

use crate::attribute::Read;
use crate::body::Body;
use crate::declared::Statics;
use crate::endless::is_endless;
use crate::fingerprint;
use crate::import::leaf_names;
use crate::signature::{body_tokens, bounds, calling_convention, lifetimes, mentions, patterns};
use crate::types;

/// Where an item stands.
#[derive(Clone, Debug, Default)]
pub(crate) struct Place {
    /// The path of what is around it, such as `app::world` or `app::<World as Drop>`.
    pub(crate) path: String,
    /// It is a member of an `impl`.
    pub(crate) in_impl: bool,
    /// It is declared inside a function.
    pub(crate) local: bool,
}

impl Place {
    pub(crate) fn child(&self, name: &str) -> String {
        if self.path.is_empty() { name.to_owned() } else { format!("{}::{name}", self.path) }
    }
}

/// Units as they are found.
#[derive(Default)]
pub(crate) struct Units {
    /// The units so far.
    pub(crate) found: Vec<Unit>,
    /// The libraries of `hot_module` attributes.
    pub(crate) hot_modules: Vec<String>,
}

/// A unit before its fingerprints are filled in.
pub(crate) fn unit(
    place: &Place,
    kind: UnitKind,
    name: &str,
    range: Range<u32>,
    name_range: Range<u32>,
) -> Unit {
    Unit {
        id: UnitId { path: place.child(name).into(), kind },
        range,
        name_range,
        signature: Fingerprint::default(),
        generics: Fingerprint::default(),
        bounds: Fingerprint::default(),
        lifetimes: Fingerprint::default(),
        body: Fingerprint::default(),
        layout: Fingerprint::default(),
        environments: Fingerprint::default(),
        stored: Box::default(),
        members: Box::default(),
        attributes: None,
        mentions: Box::default(),
        values: Box::default(),
        uses: Box::default(),
        once: Box::default(),
        scope: Box::default(),
        flags: Flags::default().with(Flag::Local, place.local),
    }
}

/// A span as bytes in its chunk.
pub(crate) fn bytes(span: Span) -> Range<u32> {
    let range = span.byte_range();
    let clamp = |at: usize| u32::try_from(at).unwrap_or(u32::MAX);
    clamp(range.start)..clamp(range.end)
}

/// The whole of a chunk of this length.
pub(crate) fn bytes_up_to(len: usize) -> Range<u32> {
    0..u32::try_from(len).unwrap_or(u32::MAX)
}

impl Units {
    /// Reads an item of a module. `tokens` are its own, so that a body need not be printed to be hashed.
    pub(crate) fn item(&mut self, place: &Place, item: &syn::Item, tokens: Option<&TokenStream>) {
        let whole = bytes(item.span());
        match item {
            syn::Item::Fn(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                self.function(place, whole, read, &item.sig, &item.block, tokens);
            }
            syn::Item::Struct(_) | syn::Item::Enum(_) | syn::Item::Union(_) | syn::Item::Type(_) => {
                self.found.extend(types::of(place, item, whole));
            }
            syn::Item::Trait(item) => {
                self.found.push(types::of_trait(place, item, whole));
                let inside = Place { path: place.child(&item.ident.to_string()), ..place.clone() };
                item.items.iter().for_each(|member| self.default(&inside, member));
            }
            syn::Item::TraitAlias(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                self.plain(
                    place,
                    UnitKind::Trait,
                    &item.ident.to_string(),
                    (whole, bytes(item.ident.span())),
                    read,
                );
                self.last().layout = fingerprint::of(&item.bounds);
                self.last().mentions = fingerprint::names(&item.bounds).into();
            }
            syn::Item::Static(item) => self.statics(place, item, whole),
            syn::Item::Const(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                self.constant(place, whole, read, &item.ident, (&item.ty, &item.expr));
            }
            syn::Item::Use(item) => self.import(place, item, &whole),
            syn::Item::ExternCrate(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                let name = item.rename.as_ref().map_or(&item.ident, |(_, name)| name);
                self.plain(place, UnitKind::Import, &name.to_string(), (whole, bytes(name.span())), read);
                self.last().body = fingerprint::of(&item.ident);
            }
            syn::Item::Mod(item) => self.module(place, item, whole),
            syn::Item::Impl(item) => self.implementation(place, item, whole),
            syn::Item::ForeignMod(item) => {
                let name = item.abi.name.as_ref().map_or_else(|| "C".to_owned(), syn::LitStr::value);
                let read = Read::of(&item.attrs, None);
                let head = bytes(item.abi.span());
                self.plain(place, UnitKind::ExternBlock, &format!("extern {name:?}"), (whole, head), read);
                self.last().signature = fingerprint::of(List(&item.items));
            }
            syn::Item::Macro(item) => self.macros(place, &item.attrs, item.ident.as_ref(), &item.mac, whole),
            other => self.opaque(place, other.to_token_stream(), whole),
        }
    }

    /// Reads a member of an `impl`.
    pub(crate) fn member(&mut self, place: &Place, item: &syn::ImplItem, tokens: Option<&TokenStream>) {
        let whole = bytes(item.span());
        match item {
            syn::ImplItem::Fn(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                self.function(place, whole, read, &item.sig, &item.block, tokens);
            }
            syn::ImplItem::Const(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                self.constant(place, whole, read, &item.ident, (&item.ty, &item.expr));
            }
            syn::ImplItem::Type(item) => {
                let read = Read::of(&item.attrs, Some(&item.vis));
                let name = (whole, bytes(item.ident.span()));
                self.plain(place, UnitKind::AssociatedType, &item.ident.to_string(), name, read);
                self.last().layout = fingerprint::of(&item.ty);
                self.last().generics = fingerprint::of(&item.generics);
                self.last().mentions = fingerprint::names(&item.ty).into();
            }
            syn::ImplItem::Macro(item) => self.macros(place, &item.attrs, None, &item.mac, whole),
            other => self.opaque(place, other.to_token_stream(), whole),
        }
    }

    /// What the default body of a trait's item declares; the body itself is a part of the trait.
    fn default(&mut self, place: &Place, item: &syn::TraitItem) {
        if let syn::TraitItem::Fn(syn::TraitItemFn { sig, default: Some(block), .. }) = item {
            let path = place.child(&sig.ident.to_string());
            self.declared_inside(&Place { path, in_impl: false, local: true }, &Body::of(sig, block));
        }
    }

    /// An attribute of the module itself.
    pub(crate) fn module_attribute(&mut self, place: &Place, attribute: &syn::Attribute) {
        let name = fingerprint::compact(attribute.path());
        if fingerprint::is_neutral(name.split("::").next().unwrap_or_default()) {
            return;
        }
        let range = bytes(attribute.span());
        let mut unit = unit(place, UnitKind::ModuleAttribute, &format!("#![{name}]"), range.clone(), range);
        unit.body = fingerprint::of(&attribute.meta);
        self.found.push(unit);
    }

    /// Something that no rule knows: any difference in it is one that only the build can judge.
    pub(crate) fn opaque(&mut self, place: &Place, tokens: TokenStream, whole: Range<u32>) {
        let name =
            tokens.clone().into_iter().take(2).map(|token| token.to_string()).collect::<Vec<_>>().join(" ");
        let mut unit = unit(place, UnitKind::Opaque, &name, whole.clone(), whole);
        unit.body = fingerprint::of(tokens);
        self.found.push(unit);
    }

    /// Text that does not parse and never did.
    pub(crate) fn opaque_text(&mut self, place: &Place, text: &str, whole: Range<u32>) {
        let first: Vec<_> = text.split_whitespace().take(2).collect();
        let mut unit = unit(place, UnitKind::Opaque, &first.join(" "), whole.clone(), whole);
        unit.body = Fingerprint::of(text.split_whitespace().collect::<Vec<_>>());
        self.found.push(unit);
    }

    fn plain(
        &mut self,
        place: &Place,
        kind: UnitKind,
        name: &str,
        ranges: (Range<u32>, Range<u32>),
        mut read: Read,
    ) {
        let mut unit = unit(place, kind, name, ranges.0, ranges.1);
        self.hot_modules.append(&mut read.hot_modules);
        unit.flags = read.flags.with(Flag::Local, place.local);
        unit.attributes = read.finish(name);
        self.found.push(unit);
    }

    fn last(&mut self) -> &mut Unit {
        self.found.last_mut().expect("a unit was just added")
    }

    fn function(
        &mut self,
        place: &Place,
        whole: Range<u32>,
        mut read: Read,
        signature: &syn::Signature,
        block: &syn::Block,
        tokens: Option<&TokenStream>,
    ) {
        let name = signature.ident.to_string();
        let kind = if place.in_impl { UnitKind::Method } else { UnitKind::Function };
        read.abi(signature.abi.as_ref());
        let body = Body::of(signature, block);
        let is_main =
            name == "main" && kind == UnitKind::Function && !place.local && !place.path.contains("::");
        let runs_once = is_main || read.flags.has(Flag::RunsOnce);
        read.flags.set(Flag::RunsOnce, runs_once);
        read.flags.set(Flag::Async, signature.asyncness.is_some() || body.makes_futures);
        read.flags.set(Flag::Const, signature.constness.is_some());
        let is_plain = !read.flags.has(Flag::Async) && !read.flags.has(Flag::Const);
        read.flags.set(Flag::Endless, is_plain && is_endless(block));
        read.flags.set(Flag::Captures, body.captures_something());
        read.flags.set(
            Flag::Generic,
            signature.generics.type_params().count() + signature.generics.const_params().count() > 0,
        );
        self.plain(place, kind, &name, (whole, bytes(signature.ident.span())), read);
        let unit = self.last();
        unit.signature = calling_convention(signature);
        unit.generics = types::parameters(&signature.generics);
        unit.bounds = bounds(signature);
        unit.lifetimes = lifetimes(signature);
        unit.body = Fingerprint::of((patterns(signature), body_tokens(block, tokens, &body.parts())));
        unit.environments = body.environments();
        unit.stored = body.stored();
        let makes_any = signature.asyncness.is_some() || body.makes_futures || !unit.stored.is_empty();
        unit.scope = if makes_any { body.scope() } else { Box::default() };
        unit.values = body.values();
        (unit.uses, unit.once) = body.uses();
        unit.mentions = mentions(signature);
        self.declared_inside(&Place { path: place.child(&name), in_impl: false, local: true }, &body);
    }

    /// What a body declares has a life of its own; what it imports is part of it.
    fn declared_inside(&mut self, inside: &Place, body: &Body<'_>) {
        for item in &body.items {
            if !matches!(item, syn::Item::Use(_)) {
                self.item(inside, item, None);
            }
        }
        for call in &body.statics {
            self.macros(inside, &[], None, call, bytes(call.span()));
        }
    }

    fn statics(&mut self, place: &Place, item: &syn::ItemStatic, whole: Range<u32>) {
        let mut read = Read::of(&item.attrs, Some(&item.vis));
        if matches!(item.mutability, syn::StaticMutability::Mut(_)) {
            read.codegen(&item.mutability);
        }
        self.plain(place, UnitKind::Static, &item.ident.to_string(), (whole, bytes(item.ident.span())), read);
        self.typed_value(&item.ty, &item.expr);
    }

    fn constant(
        &mut self,
        place: &Place,
        whole: Range<u32>,
        read: Read,
        name: &syn::Ident,
        (ty, value): (&syn::Type, &syn::Expr),
    ) {
        self.plain(place, UnitKind::Const, &name.to_string(), (whole, bytes(name.span())), read);
        self.typed_value(ty, value);
    }

    fn typed_value(&mut self, ty: &syn::Type, value: &syn::Expr) {
        let unit = self.last();
        unit.signature = fingerprint::without_lifetimes(ty);
        unit.body = fingerprint::of(value);
        unit.mentions = fingerprint::names(ty).into();
        unit.values = fingerprint::names(value).into();
        (unit.uses, unit.once) = Body::of_value(value).uses();
    }

    /// Every name that a `use` brings in is a unit, so that regrouping and reordering them is no change.
    fn import(&mut self, place: &Place, item: &syn::ItemUse, whole: &Range<u32>) {
        let mut leaves = Vec::new();
        leaf_names(&item.tree, &mut Vec::new(), &mut leaves);
        for (path, name, span) in leaves {
            let read = Read::of(&item.attrs, Some(&item.vis));
            let name = if name == "_" || name == "*" { path.clone() } else { name };
            self.plain(place, UnitKind::Import, &format!("use {name}"), (whole.clone(), bytes(span)), read);
            let unit = self.last();
            unit.body = Fingerprint::of((item.leading_colon.is_some(), &path));
            unit.mentions = Box::new([compat::Name::new(&name)]);
            let original = path.rsplit("::").next().unwrap_or(&path);
            if original != name && original != "*" {
                unit.uses = Box::new([compat::Name::new(original)]);
            }
        }
    }

    /// The declaration of a module; what is inside are units of their own.
    pub(crate) fn module(&mut self, place: &Place, item: &syn::ItemMod, whole: Range<u32>) {
        let read = Read::of(&item.attrs, Some(&item.vis));
        let name = item.ident.to_string();
        self.plain(place, UnitKind::Module, &name, (whole, bytes(item.ident.span())), read);
        let inside = Place { path: place.child(&name), ..place.clone() };
        for item in item.content.iter().flat_map(|(_, items)| items) {
            self.item(&inside, item, None);
        }
    }

    /// The head of an `impl`; its members are units of their own.
    pub(crate) fn implementation(&mut self, place: &Place, item: &syn::ItemImpl, whole: Range<u32>) {
        let read = Read::of(&item.attrs, None);
        let kind = if item.trait_.is_some() { UnitKind::TraitImpl } else { UnitKind::InherentImpl };
        let ranges = (whole, bytes(item.self_ty.span()));
        self.plain(place, kind, &impl_name(item), ranges, read);
        let unit = self.last();
        unit.signature = Fingerprint::of((item.unsafety.is_some(), item.modifiers.polarity.is_some()));
        unit.generics = types::parameters(&item.generics);
        unit.body = types::bounds(&item.generics);
        unit.mentions = fingerprint::names(&item.self_ty).into();
        let inside = member_place(place, item);
        for member in &item.items {
            self.member(&inside, member, None);
        }
    }

    fn macros(
        &mut self,
        place: &Place,
        attributes: &[syn::Attribute],
        name: Option<&syn::Ident>,
        call: &syn::Macro,
        whole: Range<u32>,
    ) {
        let path = fingerprint::compact(&call.path);
        let read = Read::of(attributes, None);
        if let Some(name) = name {
            self.plain(place, UnitKind::Macro, &name.to_string(), (whole, bytes(name.span())), read);
            self.last().body = fingerprint::exact(&call.tokens);
            self.last().mentions = fingerprint::names(&call.tokens).into();
            return;
        }
        let declared = kind_declared(call).and_then(|kind| self.declared(place, kind, &call.tokens));
        if declared.is_none() {
            let ranges = (whole, bytes(call.path.span()));
            self.plain(place, UnitKind::MacroCall, &format!("{path}!"), ranges, read);
            self.last().body = fingerprint::exact(&call.tokens);
            self.last().mentions = fingerprint::names(&call.tokens).into();
        }
    }

    /// The statics in a `thread_local!` or `lazy_static!`.
    fn declared(&mut self, place: &Place, kind: UnitKind, tokens: &TokenStream) -> Option<()> {
        let statics = syn::parse2::<Statics>(tokens.clone()).ok()?;
        for declared in statics.0 {
            let ranges = (bytes(declared.span), bytes(declared.name.span()));
            let mut read = Read::of(&declared.attributes, Some(&declared.visibility));
            read.flags.set(Flag::Lazy, true);
            self.plain(place, kind, &declared.name.to_string(), ranges, read);
            self.typed_value(&declared.ty, &declared.value);
        }
        Some(())
    }
}

/// What a macro of the standard library, or one that is as well known, declares.
pub(crate) fn kind_declared(call: &syn::Macro) -> Option<UnitKind> {
    match call.path.segments.last()?.ident.to_string().as_str() {
        "thread_local" => Some(UnitKind::ThreadLocal),
        "lazy_static" => Some(UnitKind::Static),
        _ => None,
    }
}

/// Where the members of an `impl` stand: `World` or `<World as Drop>`.
pub(crate) fn member_place(place: &Place, item: &syn::ItemImpl) -> Place {
    let ty = type_name(item);
    let path = match &item.trait_ {
        Some((path, _)) => place.child(&format!("<{ty} as {}>", fingerprint::compact(path))),
        None => place.child(&ty),
    };
    Place { path, in_impl: true, local: place.local }
}

fn impl_name(item: &syn::ItemImpl) -> String {
    let ty = type_name(item);
    match &item.trait_ {
        Some((path, _)) => format!("impl {} for {ty}", fingerprint::compact(path)),
        None => format!("impl {ty}"),
    }
}

/// The self type as a user would name it: `World` for `impl<T> World<T>`, `World<u8>` for `impl World<u8>`.
fn type_name(item: &syn::ItemImpl) -> String {
    let own: Vec<_> = item
        .generics
        .params
        .iter()
        .map(|parameter| match parameter {
            syn::GenericParam::Lifetime(lifetime) => lifetime.lifetime.to_string(),
            syn::GenericParam::Type(ty) => ty.ident.to_string(),
            syn::GenericParam::Const(constant) => constant.ident.to_string(),
        })
        .collect();
    let mut ty = (*item.self_ty).clone();
    if let syn::Type::Path(path) = &mut ty
        && let Some(last) = path.path.segments.last_mut()
        && let syn::PathArguments::AngleBracketed(arguments) = &last.arguments
        && arguments.args.iter().all(|argument| {
            let argument = fingerprint::compact(argument);
            argument == "'_" || own.contains(&argument)
        })
    {
        last.arguments = syn::PathArguments::None;
    }
    fingerprint::compact(ty)
}

/// Prints what has no printing of its own: a row of things.
pub(crate) struct List<'a, T>(pub(crate) &'a [T]);

impl<T: ToTokens> ToTokens for List<'_, T> {
    fn to_tokens(&self, tokens: &mut TokenStream) {
        self.0.iter().for_each(|item| item.to_tokens(tokens));
    }
}
