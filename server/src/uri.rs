//! Between URIs and paths. Editors write one file in several ways (`c%3A` and `c:`), so that documents are
//! known by path and the editor's own URI is kept to answer with.

use std::path::{Path, PathBuf};
use std::str::FromStr as _;

use lsp_types::Uri;

/// The path of a `file:` URI. Other schemes (untitled, git) name no file that is ever built.
pub(crate) fn to_path(uri: &Uri) -> Option<PathBuf> {
    if uri.scheme().as_str() != "file" {
        return None;
    }
    uri.to_file_path().map(std::borrow::Cow::into_owned)
}

pub(crate) fn from_path(path: &Path) -> Option<Uri> {
    Uri::from_file_path(path)
}

/// The page that explains a rule.
pub(crate) fn of_rule(code: &str) -> Option<Uri> {
    Uri::from_str(&format!("{}/blob/main/docs/rules/{code}.md", env!("CARGO_PKG_REPOSITORY"))).ok()
}
