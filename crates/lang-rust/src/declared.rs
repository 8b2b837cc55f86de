//! Statics that macros declare.

use proc_macro2::Span;
use syn::spanned::Spanned;

/// One `static NAME: Type = value` inside a macro.
pub(crate) struct Declared {
    pub(crate) attributes: Vec<syn::Attribute>,
    pub(crate) visibility: syn::Visibility,
    pub(crate) name: syn::Ident,
    pub(crate) ty: syn::Type,
    pub(crate) value: syn::Expr,
    pub(crate) span: Span,
}

/// The statics in a `thread_local!` or `lazy_static!`.
pub(crate) struct Statics(pub(crate) Vec<Declared>);

impl syn::parse::Parse for Statics {
    fn parse(input: syn::parse::ParseStream<'_>) -> syn::Result<Self> {
        let mut statics = Vec::new();
        while !input.is_empty() {
            let attributes = input.call(syn::Attribute::parse_outer)?;
            let visibility = input.parse()?;
            let span = input.parse::<syn::Token![static]>()?.span;
            input.parse::<Option<syn::Token![ref]>>()?;
            let name: syn::Ident = input.parse()?;
            input.parse::<syn::Token![:]>()?;
            let ty = input.parse()?;
            input.parse::<syn::Token![=]>()?;
            // `const { … }` parses as an expression.
            let value: syn::Expr = input.parse()?;
            let span = span.join(value.span()).unwrap_or(span);
            statics.push(Declared { attributes, visibility, name, ty, value, span });
            if input.parse::<Option<syn::Token![;]>>()?.is_none() {
                break;
            }
        }
        Ok(Self(statics))
    }
}
