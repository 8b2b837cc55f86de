//! What a body does beyond its tokens: the closures it makes, the names it takes from outside.

use std::collections::BTreeSet;

use compat::{Fingerprint, Name};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::visit::{self, Visit};

use crate::fingerprint::is_list_macro;

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
    used: BTreeSet<Name>,
    once: BTreeSet<Name>,
    closures: Vec<Closure>,
    open: Vec<usize>,
    /// Loops around what is being read.
    loops: usize,
    /// What is being read is an iterator that is used up where it is made.
    is_used_up: bool,
    /// The closure that comes next goes to a function that calls it and forgets it.
    is_passing: bool,
}

/// A closure: what it binds itself and what it uses, by place and by how.
#[derive(Debug, Default)]
struct Closure {
    head: String,
    bound: BTreeSet<String>,
    uses: BTreeSet<(String, String)>,
    /// It ends with the expression that it stands in.
    passes: bool,
}

/// Methods of the standard library that use an iterator up, or call what they are given, before they return.
const USING_UP: [&str; 40] = [
    "all",
    "any",
    "binary_search_by",
    "binary_search_by_key",
    "collect",
    "count",
    "find",
    "find_map",
    "fold",
    "for_each",
    "is_none_or",
    "is_some_and",
    "last",
    "map_or",
    "map_or_else",
    "max",
    "max_by",
    "max_by_key",
    "min",
    "min_by",
    "min_by_key",
    "nth",
    "or_insert_with",
    "partition",
    "partition_point",
    "position",
    "product",
    "reduce",
    "retain",
    "rposition",
    "sort_by",
    "sort_by_key",
    "sort_unstable_by",
    "sort_unstable_by_key",
    "sum",
    "try_fold",
    "try_for_each",
    "unwrap_or_else",
    "unzip",
    "then",
];

/// Those that make one iterator of another.
const ADAPTING: [&str; 25] = [
    "by_ref",
    "chain",
    "cloned",
    "copied",
    "cycle",
    "enumerate",
    "filter",
    "filter_map",
    "flat_map",
    "flatten",
    "fuse",
    "inspect",
    "into_iter",
    "iter",
    "iter_mut",
    "map",
    "map_while",
    "peekable",
    "rev",
    "scan",
    "skip",
    "skip_while",
    "step_by",
    "take",
    "take_while",
];

/// What may keep a closure in a body, whoever is given it.
const KEEPING: [&str; 12] = [
    "Arc",
    "Box",
    "Cell",
    "LazyLock",
    "OnceLock",
    "Rc",
    "RefCell",
    "dyn",
    "leak",
    "scope",
    "spawn",
    "transmute",
];

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

    /// Reads an initial value.
    pub(crate) fn of_value(value: &'ast syn::Expr) -> Self {
        let mut body = Self::default();
        body.visit_expr(value);
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

    /// Whether none of its closures that capture something can outlive the call.
    pub(crate) fn closures_pass(&self) -> bool {
        let may_keep = KEEPING.iter().any(|name| self.used.contains(&Name::new(name)));
        let mut capturing = self.closures.iter().filter(|closure| !self.captures(closure).is_empty());
        !may_keep && capturing.all(|closure| closure.passes)
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

    /// All that it names or calls, and what of it stands outside of its loops.
    pub(crate) fn uses(&self) -> (Box<[Name]>, Box<[Name]>) {
        (self.used.iter().copied().collect(), self.once.iter().copied().collect())
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

    fn use_name(&mut self, name: &str) {
        self.used.insert(Name::new(name));
        if self.loops == 0 {
            self.once.insert(Name::new(name));
        }
    }

    /// A name, and what stands before it in its path.
    fn use_segment(&mut self, before: Option<&str>, name: &str) {
        match before.filter(|before| before.starts_with(char::is_uppercase)) {
            Some(before) => self.use_name(&format!("{before}::{name}")),
            None => self.use_name(name),
        }
    }

    fn in_loop(&mut self, visit: impl FnOnce(&mut Self)) {
        self.loops += 1;
        visit(self);
        self.loops -= 1;
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
    ///
    /// Where the macro takes a list of expressions, a name before parentheses is called; elsewhere it may be anything.
    fn use_tokens(&mut self, tokens: TokenStream, is_list: bool) {
        let mut before = String::new();
        let mut tokens = tokens.into_iter().peekable();
        while let Some(token) = tokens.next() {
            match token {
                TokenTree::Ident(ident) => {
                    let name = ident.to_string();
                    self.use_segment(before.strip_suffix("::"), &name);
                    self.use_name(&name);
                    before.clone_from(&name);
                    self.outer.insert(Name::new(&name));
                    self.use_place(&name, BY_REFERENCE);
                    let is_arguments = |next: &TokenTree| matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
                    if !is_list || !tokens.peek().is_some_and(is_arguments) {
                        self.values.insert(name);
                    }
                }
                TokenTree::Group(group) => {
                    before.clear();
                    self.use_tokens(group.stream(), is_list);
                }
                TokenTree::Literal(literal) => {
                    for argument in literal.to_string().split('{').skip(1) {
                        let name: String =
                            argument.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
                        if !name.is_empty() {
                            self.use_place(&name, BY_REFERENCE);
                        }
                    }
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => before.push(':'),
                TokenTree::Punct(_) => before.clear(),
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
        let passes = std::mem::take(&mut self.is_passing);
        self.closures.push(Closure { head, passes, ..Closure::default() });
        let is_used_up = std::mem::take(&mut self.is_used_up);
        visit::visit_expr_closure(self, closure);
        self.is_used_up = is_used_up;
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
        let method = call.method.to_string();
        let passes =
            USING_UP.contains(&method.as_str()) || (self.is_used_up && ADAPTING.contains(&method.as_str()));
        let around = std::mem::replace(&mut self.is_used_up, passes);
        let how = if takes_self(&method) { BY_VALUE } else { BY_REFERENCE };
        if !self.use_expression(&call.receiver, how) {
            self.visit_expr(&call.receiver);
        }
        self.use_name(&method);
        if let Some(turbofish) = &call.turbofish {
            self.visit_angle_bracketed_generic_arguments(turbofish);
        }
        self.is_used_up = false;
        for argument in &call.args {
            self.is_passing = passes && matches!(argument, syn::Expr::Closure(_));
            self.visit_expr(argument);
        }
        self.is_passing = false;
        self.is_used_up = around;
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
        let mut before: Option<String> = None;
        for segment in &path.segments {
            let name = segment.ident.to_string();
            self.outer.insert(Name::new(&name));
            self.use_segment(before.as_deref(), &name);
            before = Some(name);
        }
        visit::visit_path(self, path);
    }

    fn visit_type_trait_object(&mut self, object: &'ast syn::TypeTraitObject) {
        self.use_name("dyn");
        visit::visit_type_trait_object(self, object);
    }

    fn visit_expr_loop(&mut self, expression: &'ast syn::ExprLoop) {
        self.in_loop(|body| visit::visit_expr_loop(body, expression));
    }

    fn visit_expr_while(&mut self, expression: &'ast syn::ExprWhile) {
        self.in_loop(|body| visit::visit_expr_while(body, expression));
    }

    fn visit_expr_for_loop(&mut self, expression: &'ast syn::ExprForLoop) {
        self.visit_pat(&expression.pat);
        let around = std::mem::replace(&mut self.is_used_up, true);
        self.visit_expr(&expression.expr);
        self.is_used_up = around;
        self.in_loop(|body| body.visit_block(&expression.body));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.visit_path(&call.path);
        let name = call.path.segments.last().map(|segment| segment.ident.to_string());
        self.use_tokens(call.tokens.clone(), name.is_some_and(|name| is_list_macro(&name)));
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
