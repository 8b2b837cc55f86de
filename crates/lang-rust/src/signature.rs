//! A function's parts: what callers rely on, the rest of its head, its body.

use compat::Fingerprint;
use proc_macro2::{TokenStream, TokenTree};

use crate::fingerprint;

/// What a caller must agree on with a function. Lifetimes, bounds and parameter names are no part of it.
pub(crate) fn calling_convention(signature: &syn::Signature) -> Fingerprint {
    let inputs: Vec<_> = signature
        .inputs
        .iter()
        .map(|input| match input {
            syn::FnArg::Receiver(receiver) => match &receiver.kind {
                syn::ReceiverKind::Typed(_, ty) => fingerprint::without_lifetimes(ty),
                syn::ReceiverKind::Reference(_, _, mutability) => {
                    Fingerprint::of(("&self", mutability.is_some()))
                }
                _ => Fingerprint::of("self"),
            },
            syn::FnArg::Typed(input) => fingerprint::without_lifetimes(&input.ty),
        })
        .collect();
    Fingerprint::of((
        inputs,
        fingerprint::without_lifetimes(&signature.output),
        signature.asyncness.is_some(),
        signature.constness.is_some(),
        fingerprint::of(&signature.abi),
        signature.variadic.is_some(),
    ))
}

/// The rest of a signature: parameter patterns, lifetimes, bounds.
pub(crate) fn head(signature: &syn::Signature) -> Fingerprint {
    let patterns: Vec<_> = signature
        .inputs
        .iter()
        .map(|input| match input {
            syn::FnArg::Receiver(receiver) => fingerprint::of(receiver.mutability),
            syn::FnArg::Typed(input) => fingerprint::of(&input.pat),
        })
        .collect();
    let bounds = (fingerprint::of(&signature.generics), fingerprint::of(&signature.generics.where_clause));
    Fingerprint::of((patterns, bounds, fingerprint::lifetimes(signature)))
}

/// A body's tokens as they came from the text: printing the parsed block again would cost more than parsing it.
pub(crate) fn body_tokens(block: &syn::Block, tokens: Option<&TokenStream>) -> Fingerprint {
    let last = tokens.and_then(|tokens| tokens.clone().into_iter().last());
    match last {
        Some(TokenTree::Group(group)) => fingerprint::of(group),
        _ => fingerprint::of(block),
    }
}
