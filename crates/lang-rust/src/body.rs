//! What a body does beyond its tokens: the closures it makes, the names it takes from outside.

use std::collections::BTreeSet;

use compat::{Fingerprint, Name};
use proc_macro2::{TokenStream, TokenTree};
use syn::visit::{self, Visit};

/// What a function's body takes and makes.
#[derive(Debug, Default)]
pub(crate) struct Body<'ast> {
    /// Items declared inside.
    pub(crate) items: Vec<&'ast syn::Item>,
    /// It makes futures: async blocks or async closures.
    pub(crate) makes_futures: bool,
    bound: BTreeSet<String>,
    outer: BTreeSet<Name>,
    values: BTreeSet<String>,
    closures: Vec<Closure>,
    open: Vec<usize>,
}

/// A closure: what it binds itself and what it uses, by place and by how.
#[derive(Debug, Default)]
struct Closure {
    head: String,
    bound: BTreeSet<String>,
    uses: BTreeSet<(String, String)>,
}

/// How a closure uses a place decides whether it holds the value or a reference to it.
const BY_VALUE: &str = "value";
const BY_REFERENCE: &str = "reference";

impl<'ast> Body<'ast> {
    /// Reads a function's parameters and block.
    pub(crate) fn of(signature: &'ast syn::Signature, block: &'ast syn::Block) -> Self {
        let mut body = Self::default();
        body.bound.insert("self".to_owned());
        for input in &signature.inputs {
            if let syn::FnArg::Typed(input) = input {
                body.visit_pat(&input.pat);
            }
        }
        body.visit_block(block);
        body
    }

    /// The environments of the closures it makes, in order; the default where it makes none that capture.
    pub(crate) fn environments(&self) -> Fingerprint {
        let captures: Vec<_> =
            self.closures.iter().map(|closure| (&closure.head, self.captures(closure))).collect();
        if captures.iter().all(|(_, places)| places.is_empty()) {
            return Fingerprint::default();
        }
        Fingerprint::of(captures)
    }

    fn captures<'c>(&self, closure: &'c Closure) -> Vec<&'c (String, String)> {
        let is_captured = |place: &str| {
            let root = place.split('.').next().unwrap_or(place);
            self.bound.contains(root) && !closure.bound.contains(root)
        };
        closure.uses.iter().filter(|(place, _)| is_captured(place)).collect()
    }

    /// Names of outer items that it uses as values other than by calling them: functions as pointers, constants.
    pub(crate) fn values(&self) -> Box<[Name]> {
        self.values.iter().filter(|name| !self.bound.contains(*name)).map(|name| Name::new(name)).collect()
    }

    /// What it names outside itself.
    pub(crate) fn scope(&self) -> Fingerprint {
        let own: BTreeSet<_> = self.bound.iter().map(|name| Name::new(name)).collect();
        Fingerprint::of(self.outer.difference(&own).collect::<Vec<_>>())
    }

    fn bind(&mut self, name: String) {
        if let Some(&closure) = self.open.last() {
            self.closures[closure].bound.insert(name.clone());
        }
        self.bound.insert(name);
    }

    fn use_place(&mut self, place: &str, how: &str) {
        for &closure in &self.open {
            self.closures[closure].uses.insert((place.to_owned(), how.to_owned()));
        }
    }

    fn use_expression(&mut self, expression: &'ast syn::Expr, how: &str) -> bool {
        let Some(place) = place(expression) else { return false };
        self.use_place(&place, how);
        if let syn::Expr::Path(path) = expression {
            self.visit_path(&path.path);
        }
        true
    }

    /// Macro arguments are text to the parser: every name in them counts, those in format strings too.
    fn use_tokens(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    self.outer.insert(Name::new(&name));
                    self.use_place(&name, BY_REFERENCE);
                    self.values.insert(name);
                }
                TokenTree::Group(group) => self.use_tokens(group.stream()),
                TokenTree::Literal(literal) => {
                    for argument in literal.to_string().split('{').skip(1) {
                        let name: String =
                            argument.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                        if !name.is_empty() {
                            self.use_place(&name, BY_REFERENCE);
                        }
                    }
                }
                TokenTree::Punct(_) => {}
            }
        }
    }
}

impl<'ast> Visit<'ast> for Body<'ast> {
    fn visit_item(&mut self, item: &'ast syn::Item) {
        self.items.push(item);
    }

    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.bind(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }

    fn visit_expr_closure(&mut self, closure: &'ast syn::ExprClosure) {
        let head = format!(
            "{}{}{}",
            closure.capture.map_or("", |_| "move "),
            closure.asyncness.map_or("", |_| "async "),
            closure.inputs.len()
        );
        self.makes_futures |= closure.asyncness.is_some();
        self.open.push(self.closures.len());
        self.closures.push(Closure { head, ..Closure::default() });
        visit::visit_expr_closure(self, closure);
        self.open.pop();
    }

    fn visit_expr_async(&mut self, block: &'ast syn::ExprAsync) {
        self.makes_futures = true;
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_call(&mut self, call: &'ast syn::ExprCall) {
        if let syn::Expr::Path(path) = &*call.func {
            self.visit_path(&path.path);
            if let Some(name) = path.path.get_ident() {
                self.use_place(&name.to_string(), BY_REFERENCE);
            }
        } else {
            self.visit_expr(&call.func);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_method_call(&mut self, call: &'ast syn::ExprMethodCall) {
        let how = if takes_self(&call.method.to_string()) { BY_VALUE } else { BY_REFERENCE };
        if !self.use_expression(&call.receiver, how) {
            self.visit_expr(&call.receiver);
        }
        if let Some(turbofish) = &call.turbofish {
            self.visit_angle_bracketed_generic_arguments(turbofish);
        }
        call.args.iter().for_each(|argument| self.visit_expr(argument));
    }

    fn visit_expr_reference(&mut self, reference: &'ast syn::ExprReference) {
        if !self.use_expression(&reference.expr, BY_REFERENCE) {
            visit::visit_expr_reference(self, reference);
        }
    }

    fn visit_expr_field(&mut self, field: &'ast syn::ExprField) {
        match place(&field.base) {
            Some(base) => self.use_place(&format!("{base}.{}", member(&field.member)), BY_VALUE),
            None => visit::visit_expr_field(self, field),
        }
    }

    fn visit_expr_path(&mut self, path: &'ast syn::ExprPath) {
        if let Some(name) = path.path.get_ident() {
            self.use_place(&name.to_string(), BY_VALUE);
        }
        if let Some(last) = path.path.segments.last() {
            self.values.insert(last.ident.to_string());
        }
        visit::visit_expr_path(self, path);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.outer.extend(path.segments.iter().map(|segment| Name::new(&segment.ident.to_string())));
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        self.use_tokens(call.tokens.clone());
    }
}

/// `a.b.c` as text, where the expression is nothing but a place.
fn place(expression: &syn::Expr) -> Option<String> {
    let mut fields = Vec::new();
    let mut expression = expression;
    loop {
        match expression {
            syn::Expr::Field(field) => {
                fields.push(member(&field.member));
                expression = &field.base;
            }
            syn::Expr::Path(path) => {
                fields.push(path.path.get_ident()?.to_string());
                fields.reverse();
                return Some(fields.join("."));
            }
            syn::Expr::Paren(inner) => expression = &inner.expr,
            _ => return None,
        }
    }
}

fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}

/// Methods that by custom take `self` by value.
fn takes_self(method: &str) -> bool {
    method.starts_with("into")
        || method.starts_with("unwrap")
        || matches!(method, "expect" | "map" | "and_then" | "ok_or" | "ok_or_else" | "join" | "await")
}
