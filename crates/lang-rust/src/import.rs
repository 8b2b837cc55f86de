//! The names that a `use` brings in.

use proc_macro2::Span;

/// All names that a use tree brings in: full path, name, and where.
pub(crate) fn leaf_names(
    tree: &syn::UseTree,
    path: &mut Vec<String>,
    leaves: &mut Vec<(String, String, Span)>,
) {
    match tree {
        syn::UseTree::Path(step) => {
            path.push(step.ident.to_string());
            leaf_names(&step.tree, path, leaves);
            path.pop();
        }
        syn::UseTree::Name(name) => {
            let last = name.ident.to_string();
            let bound = if last == "self" { path.last().cloned().unwrap_or_default() } else { last.clone() };
            let full = if last == "self" { path.join("::") } else { join(path, &last) };
            leaves.push((full, bound, name.ident.span()));
        }
        syn::UseTree::Rename(rename) => {
            leaves.push((
                join(path, &rename.ident.to_string()),
                rename.rename.to_string(),
                rename.rename.span(),
            ));
        }
        syn::UseTree::Glob(glob) => leaves.push((join(path, "*"), "*".to_owned(), glob.star_token.spans[0])),
        syn::UseTree::Group(group) => group.items.iter().for_each(|tree| leaf_names(tree, path, leaves)),
    }
}

fn join(path: &[String], last: &str) -> String {
    if path.is_empty() { last.to_owned() } else { format!("{}::{last}", path.join("::")) }
}
