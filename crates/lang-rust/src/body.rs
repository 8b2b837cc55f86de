//! What a body does beyond its tokens: the closures it makes, the names it takes from outside.

use std::collections::BTreeSet;
use std::ops::Range;

use compat::{Fingerprint, Name};
use proc_macro2::{Delimiter, TokenStream, TokenTree};
use syn::spanned::Spanned;
use syn::visit::{self, Visit};

use crate::fingerprint::{self, is_list_macro};
use crate::item::kind_declared;
use crate::methods::{ACCESSING, ADAPTING, KEEPING, USING_UP, is_iterator, is_of_static, takes_self};
use crate::place::{Names, Origin, member, place, root};

/// What a function's body takes and makes.
#[derive(Debug, Default)]
pub(crate) struct Body<'ast> {
    /// Items declared inside.
    pub(crate) items: Vec<&'ast syn::Item>,
    /// `thread_local!` and its like inside.
    pub(crate) statics: Vec<&'ast syn::Macro>,
    /// It makes futures: async blocks or async closures.
    pub(crate) makes_futures: bool,
    returns_something_opaque: bool,
    bound: BTreeSet<String>,
    /// Where the types of what it binds come from, as far as they are written there.
    declared: Vec<(String, Origin<'ast>)>,
    values: BTreeSet<String>,
    used: BTreeSet<Name>,
    /// What stands in lengths and generic arguments.
    sizes: BTreeSet<Name>,
    once: BTreeSet<Name>,
    closures: Vec<Closure>,
    open: Vec<usize>,
    /// Loops around what is being read.
    loops: usize,
    /// What is being read is an iterator that is used up where it is made.
    is_used_up: bool,
    /// Whether the closure that comes next goes to a function that calls it and forgets it.
    passing: Passes,
}

/// What becomes of a closure that is given to a call.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Passes {
    /// Somebody may keep it.
    #[default]
    No,
    /// Methods of that name call it and forget it, as a rule.
    AsARule,
    /// It is used up with the iterator that it belongs to.
    Surely,
}

/// A closure: what it binds itself and what it uses, by place and by how.
#[derive(Debug, Default)]
struct Closure {
    head: String,
    bound: BTreeSet<String>,
    uses: BTreeSet<(String, String)>,
    /// Whether it ends with the expression that it stands in.
    passes: Passes,
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
                body.declare(&input.pat, Origin::Type(&input.ty));
                body.visit_pat(&input.pat);
            }
        }
        body.returns_something_opaque = matches!(&signature.output, syn::ReturnType::Type(_, ty) if fingerprint::names(ty).contains(&Name::new("impl")));
        body.visit_block(block);
        body
    }

    /// The places of what it declares: items but imports, statics by macros.
    pub(crate) fn parts(&self) -> Vec<Range<usize>> {
        let items = self.items.iter().filter(|item| !matches!(item, syn::Item::Use(_)));
        let items = items.map(|item| item.span().byte_range());
        items.chain(self.statics.iter().map(|call| call.span().byte_range())).collect()
    }

    /// Reads an initial value.
    pub(crate) fn of_value(value: &'ast syn::Expr) -> Self {
        let mut body = Self::default();
        body.visit_expr(value);
        body
    }

    /// The closures it makes, in order, with what they capture; the default where it makes none.
    pub(crate) fn environments(&self) -> Fingerprint {
        if self.closures.is_empty() {
            return Fingerprint::default();
        }
        let row: Vec<_> = self
            .closures
            .iter()
            .map(|closure| {
                let places = self.captures(closure);
                (&closure.head, self.origins(&places), places)
            })
            .collect();
        Fingerprint::of(row)
    }

    /// Whether any of its closures captures something.
    pub(crate) fn captures_something(&self) -> bool {
        self.closures.iter().any(|closure| !self.captures(closure).is_empty())
    }

    /// What the types of captured places follow from.
    fn origins(&self, places: &[&(String, String)]) -> Vec<Fingerprint> {
        let roots: BTreeSet<_> = places.iter().map(|(place, _)| root(place)).collect();
        let declared = self.declared.iter().filter(|(name, _)| roots.contains(name.as_str()));
        declared.map(|(_, origin)| origin.fingerprint()).collect()
    }

    /// What each closure captures that captures something and can outlive the call, sorted.
    pub(crate) fn stored(&self) -> Box<[Fingerprint]> {
        let may_keep =
            self.returns_something_opaque || KEEPING.iter().any(|name| self.used.contains(&Name::new(name)));
        let is_stored = |closure: &&Closure| match closure.passes {
            Passes::No => true,
            Passes::AsARule => may_keep,
            Passes::Surely => false,
        };
        let environment = |closure| {
            let places = self.captures(closure);
            (!places.is_empty()).then(|| Fingerprint::of((&closure.head, self.origins(&places), places)))
        };
        let mut stored: Vec<_> = self.closures.iter().filter(is_stored).filter_map(environment).collect();
        stored.sort_unstable();
        stored.into()
    }

    fn captures<'c>(&self, closure: &'c Closure) -> Vec<&'c (String, String)> {
        let is_captured = |place: &str| {
            let root = root(place);
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

    /// What it names that decides how futures and stored closures look.
    pub(crate) fn scope(&self) -> Box<[Name]> {
        let values: BTreeSet<_> = self.values.iter().map(|name| Name::new(name)).collect();
        let called = self.used.difference(&values);
        called.chain(&self.sizes).copied().collect::<BTreeSet<_>>().into_iter().collect()
    }

    /// Where the names of a pattern have their types from.
    fn declare(&mut self, pattern: &'ast syn::Pat, origin: Origin<'ast>) {
        let mut names = Names(Vec::new());
        names.visit_pat(pattern);
        self.declared.extend(names.0.into_iter().map(|name| (name, origin)));
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
                    self.use_place(&name, BY_REFERENCE);
                    if !is_list {
                        self.sizes.insert(Name::new(&name));
                        self.used.insert(Name::given_to_a_macro(&name));
                    }
                    let is_arguments = |next: &TokenTree| matches!(next, TokenTree::Group(group) if group.delimiter() == Delimiter::Parenthesis);
                    if !is_list || !tokens.peek().is_some_and(is_arguments) {
                        self.values.insert(name);
                    }
                }
                TokenTree::Group(group) => {
                    before.clear();
                    // An array's length may be among the arguments.
                    if group.delimiter() == Delimiter::Bracket {
                        self.sizes.extend(fingerprint::names(group.stream()));
                    }
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

    fn visit_local(&mut self, local: &'ast syn::Local) {
        match (&local.pat, &local.init) {
            (syn::Pat::Type(typed), _) => self.declare(&typed.pat, Origin::Type(&typed.ty)),
            (pattern, Some(init)) => self.declare(pattern, Origin::Value(&init.expr)),
            _ => {}
        }
        visit::visit_local(self, local);
    }

    fn visit_expr_let(&mut self, expression: &'ast syn::ExprLet) {
        self.declare(&expression.pat, Origin::Value(&expression.expr));
        visit::visit_expr_let(self, expression);
    }

    fn visit_expr_match(&mut self, expression: &'ast syn::ExprMatch) {
        for arm in &expression.arms {
            self.declare(&arm.pat, Origin::Value(&expression.expr));
        }
        visit::visit_expr_match(self, expression);
    }

    fn visit_expr_repeat(&mut self, array: &'ast syn::ExprRepeat) {
        self.sizes.extend(fingerprint::names(&array.len));
        visit::visit_expr_repeat(self, array);
    }

    fn visit_type_array(&mut self, array: &'ast syn::TypeArray) {
        self.sizes.extend(fingerprint::names(&array.len));
        visit::visit_type_array(self, array);
    }

    fn visit_angle_bracketed_generic_arguments(
        &mut self,
        arguments: &'ast syn::AngleBracketedGenericArguments,
    ) {
        self.sizes.extend(fingerprint::names(arguments));
        visit::visit_angle_bracketed_generic_arguments(self, arguments);
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
        let passes = std::mem::take(&mut self.passing);
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
        let passes = USING_UP.contains(&method.as_str())
            || (self.is_used_up && ADAPTING.contains(&method.as_str()))
            || (ACCESSING.contains(&method.as_str()) && is_of_static(&call.receiver));
        let passing = match passes {
            true if is_iterator(&call.receiver) => Passes::Surely,
            true => Passes::AsARule,
            false => Passes::No,
        };
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
            let is_closure = matches!(argument, syn::Expr::Closure(_));
            self.passing = if is_closure { passing } else { Passes::No };
            self.visit_expr(argument);
        }
        self.passing = Passes::No;
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
        self.declare(&expression.pat, Origin::Value(&expression.expr));
        self.visit_pat(&expression.pat);
        let around = std::mem::replace(&mut self.is_used_up, true);
        self.visit_expr(&expression.expr);
        self.is_used_up = around;
        self.in_loop(|body| body.visit_block(&expression.body));
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        if kind_declared(call).is_some() {
            self.statics.push(call);
        }
        self.visit_path(&call.path);
        let name = call.path.segments.last().map(|segment| segment.ident.to_string());
        let is_list = name.is_some_and(|name| is_list_macro(&name));
        self.use_tokens(call.tokens.clone(), is_list);
    }
}
