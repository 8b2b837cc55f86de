//! A text as the editor has it.

use std::sync::Arc;

use lsp_types::{TextDocumentContentChangeEvent, TextDocumentItem, Uri};

use crate::lines::{Encoding, Lines};

/// An open document.
#[derive(Debug)]
pub(crate) struct Document {
    /// As the editor writes it.
    pub(crate) uri: Uri,
    pub(crate) version: i32,
    text: String,
    lines: Lines,
    /// The text for an analysis; made when one asks, not at each keystroke of a burst.
    shared: Option<Arc<str>>,
}

impl Document {
    pub(crate) fn new(item: TextDocumentItem) -> Self {
        let lines = Lines::new(&item.text);
        Self { uri: item.uri, version: item.version, text: item.text, lines, shared: None }
    }

    pub(crate) fn change(
        &mut self,
        version: i32,
        changes: Vec<TextDocumentContentChangeEvent>,
        encoding: Encoding,
    ) {
        for change in changes {
            let Some(range) = change.range else {
                self.lines = Lines::new(&change.text);
                self.text = change.text;
                continue;
            };
            let start = self.lines.offset(&self.text, range.start, encoding);
            let end = self.lines.offset(&self.text, range.end, encoding).max(start);
            self.text.replace_range(start..end, &change.text);
            self.lines.edit(&(start..end), change.text.len(), &self.text);
        }
        self.version = version;
        self.shared = None;
    }

    pub(crate) fn shared(&mut self) -> Arc<str> {
        Arc::clone(self.shared.get_or_insert_with(|| self.text.as_str().into()))
    }
}
