//! Every kind of edit at every place of a program where it can be made, by the syntax tree.

mod bodies;
mod items;

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

pub use bodies::bodies;
pub use items::items;

/// One edit: what it is called, and the program after it.
#[derive(Debug)]
pub struct Edit {
    /// What is done, and where.
    pub name: String,
    /// The whole program text.
    pub after: String,
}

/// All edits of a program. Not all of them compile; the compiler says which.
pub fn all(source: &str) -> Vec<Edit> {
    let file = syn::parse_file(source).expect("the oracle's programs parse");
    let mut edits = Edits { source, edits: Vec::new() };
    edits.visit_file(&file);
    edits.whole_file(&file);
    edits.edits.retain(|edit| edit.after != source);
    edits.edits.extend(items(source));
    edits.edits.extend(bodies(source));
    edits.edits
}

/// The program with its structs and enums made by a macro, so that what is typed does not show what they are.
pub fn veiled(source: &str) -> String {
    let file = syn::parse_file(source).expect("the oracle's programs parse");
    let (mut veiled, mut from) = (String::new(), 0);
    for item in &file.items {
        let range = range(item);
        if from == 0 {
            veiled.push_str(&source[..range.start]);
            veiled.push_str("macro_rules! veil { ($($item:item)*) => { $($item)* } }\n");
            from = range.start;
        }
        if matches!(item, syn::Item::Struct(_) | syn::Item::Enum(_)) {
            veiled.extend([&source[from..range.start], "veil! { ", &source[range.clone()], " }"]);
            from = range.end;
        }
    }
    veiled + &source[from..]
}

struct Edits<'a> {
    source: &'a str,
    edits: Vec<Edit>,
}

impl Edits<'_> {
    fn replace(&mut self, name: impl Into<String>, range: Range<usize>, text: &str) {
        let after = format!("{}{text}{}", &self.source[..range.start], &self.source[range.end..]);
        self.edits.push(Edit { name: name.into(), after });
    }

    fn insert(&mut self, name: impl Into<String>, at: usize, text: &str) {
        self.replace(name, at..at, text);
    }

    fn text(&self, range: Range<usize>) -> String {
        self.source[range].to_owned()
    }

    /// Swaps two neighbours.
    fn swap(&mut self, name: String, first: Range<usize>, second: Range<usize>) {
        let between = self.text(first.end..second.start);
        let text = format!("{}{between}{}", self.text(second.clone()), self.text(first.clone()));
        self.replace(name, first.start..second.end, &text);
    }

    /// Removes an element of a list with the comma behind it.
    fn remove(&mut self, name: String, range: Range<usize>) {
        let behind = &self.source[range.end..];
        let comma = usize::from(behind.starts_with(','));
        self.replace(name, range.start..range.end + comma, "");
    }

    fn neighbours(&mut self, name: &str, ranges: &[Range<usize>]) {
        for (index, pair) in ranges.windows(2).enumerate() {
            self.swap(format!("{name}: swap {index} and {}", index + 1), pair[0].clone(), pair[1].clone());
        }
    }

    fn fields(&mut self, owner: &str, fields: &syn::Fields) {
        let ranges: Vec<_> = fields.iter().map(range).collect();
        let named = matches!(fields, syn::Fields::Named(_));
        let added = |ty: &str| if named { format!("added: {ty}, ") } else { format!("{ty}, ") };
        for (index, field) in fields.iter().enumerate() {
            let label = field.ident.as_ref().map_or_else(|| index.to_string(), ToString::to_string);
            for ty in ["u8", "u64", "String"] {
                let name = format!("{owner}: add a {ty} field before {label}");
                self.insert(name, ranges[index].start, &added(ty));
            }
            self.remove(format!("{owner}: remove field {label}"), ranges[index].clone());
            for ty in ["u32", "i64", "f32", "Vec<u16>", "Option<Box<u8>>"] {
                self.replace(format!("{owner}: retype field {label} to {ty}"), range(&field.ty), ty);
            }
            if let syn::Visibility::Public(_) = field.vis {
                self.replace(format!("{owner}: hide field {label}"), range(&field.vis), "pub(crate)");
            }
        }
        self.neighbours(&format!("{owner}: fields"), &ranges);
    }

    /// What concerns all the items of a file.
    fn whole_file(&mut self, file: &syn::File) {
        let end = self.source.len();
        let items: Vec<_> = file.items.iter().map(range).collect();
        self.neighbours("items", &items);
        self.insert("add a function", end, "\nfn added() -> u32 { 7 }\n");
        self.insert("add a struct", end, "\nstruct Added { value: u64 }\n");
        self.insert("add a static", end, "\nstatic ADDED: u64 = 7;\n");
        self.insert("add a boundary function", end, "\n#[unsafe(no_mangle)] pub fn added() -> u32 { 7 }\n");
        let spaced = self.source.replace("{\n", "{\n\n");
        self.edits.push(Edit { name: "format: empty lines".to_owned(), after: spaced });
        let commented = self.source.replace(";\n", "; // why\n");
        self.edits.push(Edit { name: "format: comments".to_owned(), after: commented });
        let documented = self.source.replace("pub struct", "/// Said.\npub struct");
        self.edits.push(Edit { name: "format: documentation".to_owned(), after: documented });
    }

    fn attribute(&mut self, owner: &str, at: usize) {
        for attribute in ["#[repr(C)]", "#[repr(align(32))]", "#[allow(dead_code)]", "#[doc = \"x\"]"] {
            self.insert(format!("{owner}: add {attribute}"), at, &format!("{attribute}\n"));
        }
    }

    fn signature(&mut self, owner: &str, signature: &syn::Signature) {
        let at = range(&signature.paren_token.span.close()).start;
        self.insert(format!("{owner}: add a parameter"), at, ", _more: u64");
        for input in &signature.inputs {
            if let syn::FnArg::Typed(typed) = input {
                self.replace(format!("{owner}: retype a parameter"), range(&typed.ty), "u128");
                self.replace(format!("{owner}: rename a parameter"), range(&typed.pat), "_renamed");
            }
        }
    }
}

impl<'ast> Visit<'ast> for Edits<'_> {
    fn visit_item_struct(&mut self, item: &'ast syn::ItemStruct) {
        let owner = item.ident.to_string();
        self.fields(&owner, &item.fields);
        self.attribute(&owner, range(item).start);
        visit::visit_item_struct(self, item);
    }

    fn visit_item_enum(&mut self, item: &'ast syn::ItemEnum) {
        let owner = item.ident.to_string();
        let ranges: Vec<_> = item.variants.iter().map(range).collect();
        for (index, variant) in item.variants.iter().enumerate() {
            let at = ranges[index].start;
            self.insert(format!("{owner}: add a variant before {}", variant.ident), at, "Added, ");
            self.insert(format!("{owner}: add a big variant"), at, "Added([u64; 9]), ");
            self.remove(format!("{owner}: remove variant {}", variant.ident), ranges[index].clone());
            self.fields(&format!("{owner}::{}", variant.ident), &variant.fields);
            if let Some((_, value)) = &variant.discriminant {
                self.replace(format!("{owner}: another discriminant"), range(value), "77");
            }
        }
        self.neighbours(&format!("{owner}: variants"), &ranges);
        visit::visit_item_enum(self, item);
    }

    fn visit_item_trait(&mut self, item: &'ast syn::ItemTrait) {
        let owner = item.ident.to_string();
        let ranges: Vec<_> = item.items.iter().map(range).collect();
        for (index, range) in ranges.iter().enumerate() {
            let method = "fn added(&self) -> u32 { 7 } ";
            self.insert(format!("{owner}: add a method before {index}"), range.start, method);
            self.replace(format!("{owner}: remove method {index}"), range.clone(), "");
        }
        self.neighbours(&format!("{owner}: methods"), &ranges);
        visit::visit_item_trait(self, item);
    }

    fn visit_item_impl(&mut self, item: &'ast syn::ItemImpl) {
        let ranges: Vec<_> = item.items.iter().map(range).collect();
        self.neighbours("impl: items", &ranges);
        visit::visit_item_impl(self, item);
    }

    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        let owner = item.sig.ident.to_string();
        self.signature(&owner, &item.sig);
        for attribute in ["#[inline]", "#[inline(never)]", "#[must_use]"] {
            self.insert(format!("{owner}: add {attribute}"), range(item).start, &format!("{attribute}\n"));
        }
        self.replace(format!("{owner}: remove it"), range(item), "");
        visit::visit_item_fn(self, item);
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.replace(format!("{}: retype", item.ident), range(&item.ty), "i64");
        visit::visit_item_static(self, item);
    }
}

fn range(node: &impl Spanned) -> Range<usize> {
    node.span().byte_range()
}
