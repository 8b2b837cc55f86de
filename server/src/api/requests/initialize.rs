//! `initialize`

use std::path::PathBuf;

use lsp_types::{
    CodeActionKind, CodeActionOptions, CodeActionProviderCapability, CodeLensOptions, DiagnosticOptions,
    DiagnosticServerCapabilities, ExecuteCommandOptions, HoverProviderCapability, InitializeParams,
    InitializeResult, OneOf, ServerCapabilities, ServerInfo, TextDocumentSyncCapability,
    TextDocumentSyncKind, TextDocumentSyncOptions, TextDocumentSyncSaveOptions, WorkDoneProgressOptions,
    WorkspaceFoldersServerCapabilities, WorkspaceServerCapabilities,
};

use crate::session::{ClientFeatures, Session, Settings};
use crate::show::{EXPLAIN, SHOW_RUNNING};
use crate::uri;

/// `initializationOptions.trusted` needs no handling: nothing of the workspace is ever run here, and the
/// sources of a folder that nobody trusts may be read.
pub(crate) fn handle(session: &Session, params: &InitializeParams) -> InitializeResult {
    let options = params.initialization_options.as_ref();
    let views = options.and_then(|options| options.get("views")?.as_bool()).unwrap_or_default();
    let features = ClientFeatures { views, ..ClientFeatures::new(&params.capabilities) };
    session.set_features(features);
    if let Some(parent) = params.process_id {
        session.set_parent(parent);
    }
    session.state().folders = folders(params);
    // For clients that can't be asked.
    if let Some(section) = options {
        session.configure(Settings::from_section(section));
    }
    InitializeResult {
        capabilities: capabilities(&features),
        server_info: Some(ServerInfo {
            name: "midflight".to_owned(),
            version: Some(env!("CARGO_PKG_VERSION").to_owned()),
        }),
        offset_encoding: None,
    }
}

#[expect(deprecated, reason = "clients that know no workspace folders still send `rootUri`")]
fn folders(params: &InitializeParams) -> Vec<PathBuf> {
    match &params.workspace_folders {
        Some(folders) if !folders.is_empty() => {
            folders.iter().filter_map(|folder| uri::to_path(&folder.uri)).collect()
        }
        _ => params.root_uri.as_ref().and_then(uri::to_path).into_iter().collect(),
    }
}

fn capabilities(features: &ClientFeatures) -> ServerCapabilities {
    let pull = DiagnosticOptions {
        identifier: Some("midflight".to_owned()),
        inter_file_dependencies: true,
        workspace_diagnostics: true,
        work_done_progress_options: WorkDoneProgressOptions::default(),
    };
    ServerCapabilities {
        position_encoding: Some(features.encoding.kind()),
        text_document_sync: Some(TextDocumentSyncCapability::Options(TextDocumentSyncOptions {
            open_close: Some(true),
            change: Some(TextDocumentSyncKind::INCREMENTAL),
            save: Some(TextDocumentSyncSaveOptions::Supported(true)),
            ..TextDocumentSyncOptions::default()
        })),
        hover_provider: Some(HoverProviderCapability::Simple(true)),
        code_lens_provider: Some(CodeLensOptions { resolve_provider: Some(false) }),
        code_action_provider: Some(CodeActionProviderCapability::Options(CodeActionOptions {
            code_action_kinds: Some(vec![CodeActionKind::QUICKFIX]),
            ..CodeActionOptions::default()
        })),
        execute_command_provider: Some(ExecuteCommandOptions {
            commands: vec![EXPLAIN.to_owned(), SHOW_RUNNING.to_owned()],
            ..ExecuteCommandOptions::default()
        }),
        diagnostic_provider: features
            .pulls_diagnostics
            .then_some(DiagnosticServerCapabilities::Options(pull)),
        workspace: Some(WorkspaceServerCapabilities {
            workspace_folders: Some(WorkspaceFoldersServerCapabilities {
                supported: Some(true),
                change_notifications: Some(OneOf::Left(true)),
            }),
            ..WorkspaceServerCapabilities::default()
        }),
        ..ServerCapabilities::default()
    }
}
