//! Places that code binds, names and captures.

use compat::Fingerprint;
use syn::visit::{self, Visit};

use crate::fingerprint;

/// What the type of a name follows from.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Origin<'ast> {
    Type(&'ast syn::Type),
    Value(&'ast syn::Expr),
}

impl Origin<'_> {
    pub(crate) fn fingerprint(self) -> Fingerprint {
        match self {
            Self::Type(ty) => fingerprint::without_lifetimes(ty),
            // Another number of the same kind has the same type.
            Self::Value(syn::Expr::Lit(literal)) => match &literal.lit {
                syn::Lit::Int(number) => Fingerprint::of(("int", number.suffix())),
                syn::Lit::Float(number) => Fingerprint::of(("float", number.suffix())),
                syn::Lit::Str(_) => Fingerprint::of("str"),
                syn::Lit::Bool(_) => Fingerprint::of("bool"),
                other => fingerprint::of(other),
            },
            Self::Value(value) => fingerprint::of(value),
        }
    }
}

/// The names that a pattern binds.
pub(crate) struct Names(pub(crate) Vec<String>);

impl<'ast> Visit<'ast> for Names {
    fn visit_pat_ident(&mut self, pattern: &'ast syn::PatIdent) {
        self.0.push(pattern.ident.to_string());
        visit::visit_pat_ident(self, pattern);
    }
}

/// The name that a place begins with.
pub(crate) fn root(place: &str) -> &str {
    place.split('.').next().unwrap_or(place)
}

/// `a.b.c` as text, where the expression is nothing but a place.
pub(crate) fn place(expression: &syn::Expr) -> Option<String> {
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

pub(crate) fn member(member: &syn::Member) -> String {
    match member {
        syn::Member::Named(name) => name.to_string(),
        syn::Member::Unnamed(index) => index.index.to_string(),
    }
}
