//! Edits within bodies: statements, closures, futures, operators, literals.

use std::ops::Range;

use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use super::{Edit, range};

/// Edits that change what code does, and no declaration.
pub fn bodies(source: &str) -> Vec<Edit> {
    let file = syn::parse_file(source).expect("the programs that are edited parse");
    let (owner, statement, edits) = (String::new(), 0, Vec::new());
    let mut bodies = Bodies { source, owner, statement, edits };
    bodies.visit_file(&file);
    bodies.borrowed(&file);
    bodies.edits.retain(|edit| edit.after != source);
    bodies.edits
}

struct Bodies<'a> {
    source: &'a str,
    /// The function, constant or static that is looked at.
    owner: String,
    /// Where the statement begins that is looked at.
    statement: usize,
    edits: Vec<Edit>,
}

impl Bodies<'_> {
    /// Replaces some ranges, in their order.
    fn replace(&mut self, name: &str, parts: &[(Range<usize>, &str)]) {
        let (mut after, mut end) = (String::new(), 0);
        for (range, text) in parts {
            after.push_str(&self.source[end..range.start]);
            after.push_str(text);
            end = range.end;
        }
        after.push_str(&self.source[end..]);
        let name = if self.owner.is_empty() { name.to_owned() } else { format!("{}: {name}", self.owner) };
        self.edits.push(Edit { name, after });
    }

    fn insert(&mut self, name: &str, at: usize, text: &str) {
        self.replace(name, &[(at..at, text)]);
    }

    fn within(&mut self, owner: &impl ToString, visit: impl FnOnce(&mut Self)) {
        let outer = std::mem::replace(&mut self.owner, owner.to_string());
        visit(self);
        self.owner = outer;
    }

    /// Gives functions the bodies of others that take and give the same.
    fn borrowed(&mut self, file: &syn::File) {
        let functions = file.items.iter().filter_map(|item| match item {
            syn::Item::Fn(item) => Some(item),
            _ => None,
        });
        let functions: Vec<&syn::ItemFn> = functions.collect();
        for to in &functions {
            let is_alike = |from: &&&syn::ItemFn| {
                let (from, to) = (&from.sig, &to.sig);
                (&from.inputs, &from.output, &from.asyncness, &from.generics)
                    == (&to.inputs, &to.output, &to.asyncness, &to.generics)
            };
            for from in functions.iter().filter(is_alike) {
                let name = format!("{}: the body of {}", to.sig.ident, from.sig.ident);
                self.replace(&name, &[(range(&to.block), &self.source[range(&from.block)])]);
            }
        }
    }

    fn suspended(&mut self, block: &syn::Block) {
        let at = range(&block.brace_token.span.open()).end;
        self.insert("another await", at, " std::future::ready(()).await;");
        let held = " let held = [7_u8; 40]; std::future::ready(()).await; std::hint::black_box(&held);";
        self.insert("more held across an await", at, held);
    }
}

impl<'ast> Visit<'ast> for Bodies<'_> {
    fn visit_item_fn(&mut self, item: &'ast syn::ItemFn) {
        self.within(&item.sig.ident, |bodies| {
            if item.sig.asyncness.is_some() {
                bodies.suspended(&item.block);
            }
            visit::visit_item_fn(bodies, item);
        });
    }

    fn visit_impl_item_fn(&mut self, item: &'ast syn::ImplItemFn) {
        self.within(&item.sig.ident, |bodies| visit::visit_impl_item_fn(bodies, item));
    }

    fn visit_trait_item_fn(&mut self, item: &'ast syn::TraitItemFn) {
        self.within(&item.sig.ident, |bodies| visit::visit_trait_item_fn(bodies, item));
    }

    fn visit_item_static(&mut self, item: &'ast syn::ItemStatic) {
        self.within(&item.ident, |bodies| visit::visit_item_static(bodies, item));
    }

    fn visit_item_const(&mut self, item: &'ast syn::ItemConst) {
        self.within(&item.ident, |bodies| visit::visit_item_const(bodies, item));
    }

    fn visit_expr_async(&mut self, expression: &'ast syn::ExprAsync) {
        self.suspended(&expression.block);
        visit::visit_expr_async(self, expression);
    }

    fn visit_block(&mut self, block: &'ast syn::Block) {
        if let Some(first) = block.stmts.first() {
            let at = range(first).start;
            self.insert("a statement", at, "let _seen = 1 + 1; ");
            self.insert("an iterator", at, "let _twice = (0..3).map(|n| n * 2).sum::<u64>(); ");
            self.insert("a map", at, "let _m = std::collections::BTreeMap::from([(1u8, 2u64)]); ");
        }
        for statement in &block.stmts {
            if let syn::Stmt::Expr(_, Some(_)) = statement {
                self.replace("a statement less", &[(range(statement), "")]);
            }
        }
        visit::visit_block(self, block);
    }

    fn visit_stmt(&mut self, statement: &'ast syn::Stmt) {
        let outer = std::mem::replace(&mut self.statement, range(statement).start);
        visit::visit_stmt(self, statement);
        self.statement = outer;
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let (before, body) = (self.statement, range(&closure.body));
        let captured = "let more = std::hint::black_box(3_u64); ";
        let used = "{ std::hint::black_box(&more); ";
        let parts = [(before..before, captured), (body.start..body.start, used), (body.end..body.end, " }")];
        self.replace("a closure that captures more", &parts);
        visit::visit_expr_closure(self, closure);
    }

    fn visit_bin_op(&mut self, operator: &'ast syn::BinOp) {
        let other = match operator {
            syn::BinOp::Add(_) => "*",
            syn::BinOp::Gt(_) => "<",
            syn::BinOp::BitXor(_) => "|",
            _ => return,
        };
        self.replace("another operator", &[(operator.span().byte_range(), other)]);
    }

    fn visit_lit_int(&mut self, literal: &'ast syn::LitInt) {
        self.replace("a number", &[(range(literal), "9")]);
    }

    fn visit_lit_float(&mut self, literal: &'ast syn::LitFloat) {
        self.replace("a float", &[(range(literal), "9.5")]);
    }

    fn visit_lit_str(&mut self, literal: &'ast syn::LitStr) {
        self.replace("a text", &[(range(literal), "\"another\"")]);
    }
}
