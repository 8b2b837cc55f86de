//! Edits of declarations: methods, impls, bounds, generics, imports, modules, constants, statics, attributes, names.

use std::collections::BTreeSet;
use std::ops::Range;

use syn::visit::{self, Visit};

use super::{Edit, range};

/// Edits of all declarations but the members of types and the order of things.
pub fn items(source: &str) -> Vec<Edit> {
    let file = syn::parse_file(source).expect("the programs that are edited parse");
    let mut items = Items { source, names: BTreeSet::new(), edits: Vec::new() };
    items.visit_file(&file);
    for name in std::mem::take(&mut items.names) {
        items.rename(&name);
    }
    items.edits.retain(|edit| edit.after != source);
    items.edits
}

struct Items<'a> {
    source: &'a str,
    names: BTreeSet<String>,
    edits: Vec<Edit>,
}

impl Items<'_> {
    fn replace(&mut self, name: impl Into<String>, range: Range<usize>, text: &str) {
        let after = format!("{}{text}{}", &self.source[..range.start], &self.source[range.end..]);
        self.edits.push(Edit { name: name.into(), after });
    }

    fn insert(&mut self, name: impl Into<String>, at: usize, text: &str) {
        self.replace(name, at..at, text);
    }

    /// The same name everywhere, as an editor's command does it.
    fn rename(&mut self, name: &str) {
        let mut after = String::new();
        let is_word = |c: char| c.is_alphanumeric() || c == '_';
        for word in self.source.split_inclusive(|c: char| !is_word(c)) {
            match word.strip_prefix(name) {
                Some(rest) if !rest.starts_with(is_word) => {
                    after.push_str(name);
                    after.push_str(if name.chars().all(char::is_uppercase) { "_NEW" } else { "New" });
                    after.push_str(rest);
                }
                _ => after.push_str(word),
            }
        }
        self.edits.push(Edit { name: format!("rename {name}"), after });
    }

    fn attributes(&mut self, owner: &str, at: usize, attributes: &[&str]) {
        for attribute in attributes {
            self.insert(format!("{owner}: add {attribute}"), at, &format!("{attribute}\n"));
        }
    }

    fn visibility(&mut self, owner: &str, visibility: &syn::Visibility, item: usize) {
        match visibility {
            syn::Visibility::Inherited => self.insert(format!("{owner}: make it public"), item, "pub "),
            other => self.replace(format!("{owner}: make it less public"), range(other), "pub(crate)"),
        }
    }

    fn generics(&mut self, owner: &str, generics: &syn::Generics, brace: usize) {
        for parameter in generics.type_params() {
            let at = range(parameter).end;
            let bound = if parameter.colon_token.is_some() { " + Send" } else { ": Send" };
            self.insert(format!("{owner}: bound {}", parameter.ident), at, bound);
        }
        if generics.where_clause.is_none() {
            self.insert(format!("{owner}: a where clause"), brace, "where u8: Copy ");
        }
    }

    /// Of functions and methods alike.
    fn signature(&mut self, owner: &str, signature: &syn::Signature, block: &syn::Block) {
        self.names.insert(signature.ident.to_string());
        let name = range(&signature.ident).end;
        self.generics(owner, &signature.generics, range(&block.brace_token.span.open()).start);
        if signature.generics.params.is_empty() {
            self.insert(format!("{owner}: name a lifetime"), name, "<'a>");
        }
        let keyword = range(&signature.fn_token).start;
        for word in ["unsafe ", "const ", "extern \"C\" "] {
            self.insert(format!("{owner}: make it {word}"), keyword, word);
        }
        if let syn::ReturnType::Type(_, ty) = &signature.output {
            self.replace(format!("{owner}: return a reference"), range(ty), "&'static str");
        }
    }

    fn type_of_all(
        &mut self,
        name: &syn::Ident,
        generics: &syn::Generics,
        attributes: &[syn::Attribute],
        end: usize,
    ) {
        let owner = name.to_string();
        self.names.insert(owner.clone());
        if generics.params.is_empty() {
            let code = format!("\nimpl Drop for {owner} {{ fn drop(&mut self) {{}} }}\n");
            self.insert(format!("{owner}: implement Drop"), end, &code);
            let code = format!(
                "\nimpl std::fmt::Display for {owner} {{ fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {{ f.write_str(\"x\") }} }}\n"
            );
            self.insert(format!("{owner}: implement Display"), end, &code);
            let code = format!("\nimpl {owner} {{ pub fn added(&self) -> u32 {{ 7 }} }}\n");
            self.insert(format!("{owner}: add a method"), end, &code);
            let code = format!("\npub type Named{owner} = {owner};\n");
            self.insert(format!("{owner}: add an alias"), end, &code);
        }
        for attribute in attributes {
            if !attribute.path().is_ident("derive") {
                self.replace(format!("{owner}: remove an attribute"), range(attribute), "");
                continue;
            }
            let close = range(attribute).end - 2;
            self.insert(format!("{owner}: derive one more"), close, ", PartialEq");
            self.replace(format!("{owner}: derive nothing"), range(attribute), "");
        }
    }

    fn value(&mut self, owner: &str, ty: &syn::Type, value: &syn::Expr) {
        if let syn::Expr::Lit(_) = value {
            self.replace(format!("{owner}: another value"), range(value), "3 as _");
        }
        self.insert(format!("{owner}: parentheses"), range(value).start, "(");
        let last = self.edits.len() - 1;
        let end = range(value).end + 1;
        self.edits[last].after.insert(end, ')');
        self.replace(format!("{owner}: retype to u128"), range(ty), "u128");
    }
}

impl<'ast> Visit<'ast> for Items<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        self.type_of_all(&item.ident, &item.generics, &item.attrs, range(item).end);
        let owner = item.ident.to_string();
        self.visibility(&owner, &item.vis, range(&item.struct_token).start);
        for field in &item.fields {
            self.names.extend(field.ident.as_ref().map(ToString::to_string));
            self.attributes(&owner, range(field).start, &["#[doc(hidden)]", "#[cfg(any())]"]);
        }
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        self.type_of_all(&item.ident, &item.generics, &item.attrs, range(item).end);
        self.names.extend(item.variants.iter().map(|variant| variant.ident.to_string()));
        visit::visit_item_enum(self, item);
    }

    fn visit_item_type(&mut self, item: &'ast syn::ItemType) {
        let owner = item.ident.to_string();
        self.names.insert(owner.clone());
        let boxed = format!("Box<{}>", &self.source[range(&*item.ty)]);
        self.replace(format!("{owner}: boxed"), range(&*item.ty), &boxed);
        self.visibility(&owner, &item.vis, range(&item.type_token).start);
        visit::visit_item_type(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let owner = item.ident.to_string();
        self.names.insert(owner.clone());
        let name = range(&item.ident).end;
        self.insert(format!("{owner}: a supertrait"), name, ": std::any::Any");
        let open = range(&item.brace_token.span.open()).end;
        for (what, code) in [
            ("an associated constant", "const ADDED: u32 = 7;"),
            ("a generic method", "fn generic<T>(&self, value: T) where Self: Sized { drop(value) }"),
            ("a function of the type", "fn of_type() -> u32 where Self: Sized { 7 }"),
        ] {
            self.insert(format!("{owner}: add {what}"), open, &format!(" {code} "));
        }
        for member in &item.items {
            if let syn::TraitItem::Fn(syn::TraitItemFn { sig, default, .. }) = member {
                self.names.insert(sig.ident.to_string());
                if let Some(block) = default {
                    let code = " std::hint::black_box(7_u8);";
                    self.insert(
                        format!("{owner}: another default"),
                        range(&block.brace_token.span.open()).end,
                        code,
                    );
                }
            }
        }
        visit::visit_item_trait(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let owner = &self.source[range(&*item.self_ty)];
        let owner = match &item.trait_ {
            Some((path, _)) => format!("impl {} for {owner}", &self.source[range(path)]),
            None => format!("impl {owner}"),
        };
        self.replace(format!("{owner}: remove it"), range(item), "");
        if item.trait_.is_none() {
            let open = range(&item.brace_token.span.open()).end;
            for code in [" pub fn added(&self) -> u32 { 7 }", " pub const ADDED: u32 = 7;"] {
                self.insert(format!("{owner}: add{code}"), open, code);
            }
        }
        self.generics(&owner, &item.generics, range(&item.brace_token.span.open()).start);
        for member in &item.items {
            self.replace(format!("{owner}: remove a member"), range(member), "");
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        let owner = item.sig.ident.to_string();
        self.signature(&owner, &item.sig, &item.block);
        self.attributes(&owner, range(item).start, &["#[inline]", "#[cold]", "#[must_use]"]);
        visit::visit_impl_item_fn(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let owner = item.sig.ident.to_string();
        self.signature(&owner, &item.sig, &item.block);
        let start = range(item).start;
        self.attributes(
            &owner,
            start,
            &[
                "#[cold]",
                "#[cfg(debug_assertions)]",
                "#[deprecated]",
                "#[track_caller]",
                "#[unsafe(export_name = \"other\")]",
            ],
        );
        self.visibility(&owner, &item.vis, range(&item.sig).start);
        for attribute in &item.attrs {
            self.replace(format!("{owner}: remove an attribute"), range(attribute), "");
        }
        let code = &self.source[range(item)];
        let moved = format!("pub mod moved {{ use super::*; {code} }}\npub use moved::{owner};");
        self.replace(format!("{owner}: move it to a module"), range(item), &moved);
        let open = range(&item.block.brace_token.span.open()).end;
        for (what, code) in [
            (
                "a static inside",
                " static INSIDE: std::sync::atomic::AtomicU32 = std::sync::atomic::AtomicU32::new(1);",
            ),
            ("a function inside", " fn inside() -> u8 { 7 } std::hint::black_box(inside());"),
            ("a type inside", " struct Inside { a: u8 } std::hint::black_box(Inside { a: 7 }.a);"),
            ("a use inside", " use std::mem::size_of as _size;"),
        ] {
            self.insert(format!("{owner}: {what}"), open, code);
        }
        visit::visit_item_fn(self, item);
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        let owner = item.ident.to_string();
        self.names.insert(owner.clone());
        self.value(&owner, &item.ty, &item.expr);
        self.visibility(&owner, &item.vis, range(&item.const_token).start);
        self.insert(format!("{owner}: another constant"), range(item).end, "\nconst ADDED: u8 = 7;");
        visit::visit_item_const(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        let owner = item.ident.to_string();
        self.names.insert(owner.clone());
        self.value(&owner, &item.ty, &item.expr);
        let code =
            "\nthread_local! { static ADDED: std::cell::Cell<u8> = const { std::cell::Cell::new(7) }; }";
        self.insert(format!("{owner}: a thread local beside it"), range(item).end, code);
        visit::visit_item_static(self, item);
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        let owner = self.source[range(item)].to_owned();
        self.replace(format!("{owner} remove it"), range(item), "");
        self.insert(format!("{owner} and another"), range(item).end, "\nuse std::rc::Rc as _Shared;");
        if let Some((path, _)) = owner.trim_end_matches(';').rsplit_once("::") {
            self.replace(format!("{owner} as a glob"), range(item), &format!("{path}::*;"));
        }
        visit::visit_item_use(self, item);
    }

    fn visit_item_mod(&mut self, item: &'ast syn::ItemMod) {
        let owner = item.ident.to_string();
        self.names.insert(owner.clone());
        self.insert(
            format!("{owner}: a module beside it"),
            range(item).end,
            "\npub mod added { pub fn f() -> u8 { 7 } }",
        );
        self.visibility(&owner, &item.vis, range(&item.mod_token).start);
        visit::visit_item_mod(self, item);
    }

    fn visit_item_macro(&mut self, item: &'ast syn::ItemMacro) {
        let owner = item.mac.path.segments.last().map_or_else(String::new, |last| last.ident.to_string());
        let tokens = &self.source[range(&item.mac.tokens)];
        for (from, to) in [("7", "8"), ("+ 1", "+ 2"), ("Cell<u32>", "Cell<u64>")] {
            if tokens.contains(from) {
                self.replace(
                    format!("{owner}!: {from} to {to}"),
                    range(&item.mac.tokens),
                    &tokens.replacen(from, to, 1),
                );
            }
        }
        visit::visit_item_macro(self, item);
    }
}
