//! The JSON of a map, before its mappings are decoded.

use std::borrow::Cow;

use serde::Deserialize;

/// A regular or an index map: which of the two, [`super::decode`] decides.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Json<'a> {
    pub(super) version: Option<f64>,
    pub(super) file: Option<String>,
    pub(super) source_root: Option<String>,
    pub(super) sources: Option<Vec<Option<String>>>,
    pub(super) sources_content: Option<Vec<Option<String>>>,
    pub(super) names: Option<Vec<String>>,
    #[serde(borrow)]
    pub(super) mappings: Option<Cow<'a, str>>,
    #[serde(borrow)]
    pub(super) range_mappings: Option<Cow<'a, str>>,
    /// `x_google_ignoreList` is the name it had before it was standardised.
    #[serde(alias = "x_google_ignoreList")]
    pub(super) ignore_list: Option<Vec<u32>>,
    #[serde(borrow)]
    pub(super) sections: Option<Vec<Section<'a>>>,
}

#[derive(Deserialize)]
pub(super) struct Section<'a> {
    pub(super) offset: Offset,
    #[serde(borrow)]
    pub(super) map: Json<'a>,
}

#[derive(Deserialize)]
pub(super) struct Offset {
    pub(super) line: u32,
    pub(super) column: u32,
}
