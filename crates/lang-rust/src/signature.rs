//! A function's parts: what callers rely on, the rest of its head, its body.

use std::collections::BTreeSet;
use std::ops::Range;

use compat::{Fingerprint, Name};
use proc_macro2::{TokenStream, TokenTree};

use crate::fingerprint;

/// What a caller must agree on with a function. Lifetimes, bounds and parameter names are no part of it, and the ABI is
/// one of the attributes.
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
        signature.variadic.is_some(),
    ))
}

/// The rest of a signature: what its parameters are called.
pub(crate) fn patterns(signature: &syn::Signature) -> Fingerprint {
    let patterns: Vec<_> = signature
        .inputs
        .iter()
        .map(|input| match input {
            syn::FnArg::Receiver(receiver) => fingerprint::of(receiver.mutability),
            syn::FnArg::Typed(input) => fingerprint::of(&input.pat),
        })
        .collect();
    Fingerprint::of(patterns)
}

/// Bounds, where clauses and `unsafe`.
pub(crate) fn bounds(signature: &syn::Signature) -> Fingerprint {
    let parameters =
        signature.generics.type_params().map(|ty| (fingerprint::of(&ty.ident), each(&ty.bounds)));
    let clause = signature.generics.where_clause.iter().flat_map(|clause| &clause.predicates);
    let predicates = clause.filter_map(|predicate| match predicate {
        syn::WherePredicate::Type(ty) => {
            Some((fingerprint::without_lifetimes(&ty.bounded_ty), each(&ty.bounds)))
        }
        _ => None,
    });
    // A parameter without bounds is a matter of the generics.
    let bounds: Vec<_> = parameters.chain(predicates).filter(|(_, bounds)| !bounds.is_empty()).collect();
    Fingerprint::of((bounds, fingerprint::of(&signature.safety)))
}

/// Each bound but lifetimes.
fn each<P>(bounds: &syn::punctuated::Punctuated<syn::TypeParamBound, P>) -> Vec<Fingerprint> {
    let types = bounds.iter().filter(|bound| !matches!(bound, syn::TypeParamBound::Lifetime(_)));
    types.map(fingerprint::without_lifetimes).collect()
}

/// The names in its types; `self` where it has a receiver.
pub(crate) fn mentions(signature: &syn::Signature) -> Box<[Name]> {
    let inputs = signature.inputs.iter().map(|input| match input {
        syn::FnArg::Receiver(receiver) => fingerprint::names(receiver),
        syn::FnArg::Typed(input) => fingerprint::names(&input.ty),
    });
    let generics = (&signature.generics, &signature.generics.where_clause);
    let rest = [
        fingerprint::names(&signature.output),
        fingerprint::names(generics.0),
        fingerprint::names(generics.1),
    ];
    let names: BTreeSet<Name> = inputs.chain(rest).flatten().collect();
    names.into_iter().collect()
}

/// The lifetimes that it names, in order.
pub(crate) fn lifetimes(signature: &syn::Signature) -> Fingerprint {
    let lifetimes = fingerprint::lifetimes(signature);
    if lifetimes.is_empty() { Fingerprint::default() } else { Fingerprint::of(lifetimes) }
}

/// A body's tokens as they came from the text: printing the parsed block again would cost more than parsing it. `parts`
/// are left out.
pub(crate) fn body_tokens(
    block: &syn::Block,
    tokens: Option<&TokenStream>,
    parts: &[Range<usize>],
) -> Fingerprint {
    let last = tokens.and_then(|tokens| tokens.clone().into_iter().last());
    match last {
        Some(TokenTree::Group(group)) => fingerprint::without(group, parts),
        _ => fingerprint::without(block, parts),
    }
}
