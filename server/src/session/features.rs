//! What the client can do, asked once.

use lsp_types::{ClientCapabilities, MarkupKind, PositionEncodingKind};

use crate::lines::Encoding;

/// The client's capabilities, as far as they decide anything here.
#[derive(Debug, Clone, Copy, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a capability of its own")]
pub(crate) struct ClientFeatures {
    pub(crate) encoding: Encoding,
    /// The client asks for diagnostics. Then none are pushed: it would show each twice.
    pub(crate) pulls_diagnostics: bool,
    pub(crate) refreshes_diagnostics: bool,
    pub(crate) refreshes_lenses: bool,
    pub(crate) related_information: bool,
    pub(crate) code_description: bool,
    pub(crate) markdown: bool,
    pub(crate) progress: bool,
    pub(crate) configuration: bool,
    pub(crate) registers_configuration: bool,
    pub(crate) watches_files: bool,
    pub(crate) code_action_literals: bool,
    pub(crate) shows_documents: bool,
    /// It draws what there is to look at itself. A thing of ours, so it is said in the initialization options.
    pub(crate) views: bool,
}

impl ClientFeatures {
    pub(crate) fn new(capabilities: &ClientCapabilities) -> Self {
        let document = capabilities.text_document.as_ref();
        let workspace = capabilities.workspace.as_ref();
        let window = capabilities.window.as_ref();
        let published = document.and_then(|document| document.publish_diagnostics.as_ref());
        let yes = |supported: Option<bool>| supported == Some(true);
        let formats = document.and_then(|it| it.hover.as_ref()?.content_format.as_ref());
        Self {
            encoding: encoding(capabilities),
            pulls_diagnostics: document.is_some_and(|it| it.diagnostic.is_some()),
            refreshes_diagnostics: yes(workspace.and_then(|it| it.diagnostics.as_ref()?.refresh_support)),
            refreshes_lenses: yes(workspace.and_then(|it| it.code_lens.as_ref()?.refresh_support)),
            // A client that pulls may announce these for pushed diagnostics only; all of them show both.
            related_information: yes(published.and_then(|it| it.related_information)),
            code_description: yes(published.and_then(|it| it.code_description_support)),
            markdown: formats.is_some_and(|formats| formats.contains(&MarkupKind::Markdown)),
            progress: yes(window.and_then(|it| it.work_done_progress)),
            configuration: yes(workspace.and_then(|it| it.configuration)),
            registers_configuration: yes(
                workspace.and_then(|it| it.did_change_configuration.as_ref()?.dynamic_registration)
            ),
            watches_files: yes(
                workspace.and_then(|it| it.did_change_watched_files.as_ref()?.dynamic_registration)
            ),
            code_action_literals: document.is_some_and(|it| {
                it.code_action.as_ref().is_some_and(|it| it.code_action_literal_support.is_some())
            }),
            shows_documents: window.is_some_and(|it| it.show_document.as_ref().is_some_and(|it| it.support)),
            views: false,
        }
    }
}

/// UTF-8 where the client has it: texts are UTF-8 here, so nothing needs counting.
fn encoding(capabilities: &ClientCapabilities) -> Encoding {
    let offered = capabilities.general.as_ref().and_then(|general| general.position_encodings.as_ref());
    match offered {
        Some(offered) if offered.contains(&PositionEncodingKind::UTF8) => Encoding::Utf8,
        _ => Encoding::Utf16,
    }
}
