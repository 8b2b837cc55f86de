"""The language server under the capabilities of Visual Studio Code, Neovim and Emacs."""

import asyncio
import os
import pathlib
import subprocess
from typing import Any

import pytest
import pytest_lsp
from lsprotocol import types
from pytest_lsp import ClientServerConfig, LanguageClient, client_capabilities

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("MIDFLIGHT_BIN", str(ROOT / "target" / "debug" / "midflight"))
EDITORS = ["visual_studio_code", "neovim@v0.9.1", "neovim", "emacs"]
DEADLINE = 20

MAIN = """\
pub struct State {
    pub x: f32,
}

pub static STATE: State = State { x: 1.0 };

fn main() {
    println!("{}", STATE.x);
}
"""


def git(folder: pathlib.Path, *arguments: str) -> None:
    identity = ["-c", "user.name=T", "-c", "user.email=t@example.org", "-c", "commit.gpgsign=false"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True)


@pytest.fixture
def workspace(tmp_path: pathlib.Path) -> pathlib.Path:
    """A package whose baseline is the commit that it was born with."""
    (tmp_path / "src").mkdir()
    (tmp_path / "Cargo.toml").write_text('[package]\nname = "app"\nversion = "0.1.0"\nedition = "2024"\n')
    (tmp_path / "src" / "main.rs").write_text(MAIN)
    git(tmp_path, "init", "-q", "-b", "main")
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-q", "-m", "First")
    return tmp_path


class Editor:
    """What an editor knows, as far as the tests ask for it."""

    def __init__(self, client: LanguageClient, capabilities: types.ClientCapabilities) -> None:
        self.client = client
        self.capabilities = capabilities
        self.statuses: list[Any] = []
        self.told = asyncio.Event()
        self.is_initialized = False

    @property
    def pulls(self) -> bool:
        document = self.capabilities.text_document
        return document is not None and document.diagnostic is not None

    async def initialize(self, folder: pathlib.Path) -> types.InitializeResult:
        uri = folder.as_uri()
        self.is_initialized = True
        return await self.client.initialize_session(
            types.InitializeParams(
                capabilities=self.capabilities,
                process_id=os.getpid(),
                workspace_folders=[types.WorkspaceFolder(uri=uri, name=folder.name)],
                root_uri=uri,
            )
        )

    async def status(self, kind: str) -> Any:
        """The first status of a finished scan with this kind of baseline."""

        async def wait() -> Any:
            while True:
                for status in self.statuses:
                    if status.baseline.kind == kind and not status.scanning:
                        return status
                self.told.clear()
                await self.told.wait()

        return await asyncio.wait_for(wait(), DEADLINE)

    def open(self, file: pathlib.Path) -> None:
        document = types.TextDocumentItem(
            uri=file.as_uri(), language_id="rust", version=1, text=file.read_text()
        )
        self.client.text_document_did_open(types.DidOpenTextDocumentParams(text_document=document))

    def edit(self, file: pathlib.Path, version: int, line: int, text: str) -> None:
        """Replaces one line."""
        change = types.TextDocumentContentChangePartial(
            range=types.Range(start=types.Position(line, 0), end=types.Position(line + 1, 0)), text=text
        )
        document = types.VersionedTextDocumentIdentifier(uri=file.as_uri(), version=version)
        self.client.text_document_did_change(
            types.DidChangeTextDocumentParams(text_document=document, content_changes=[change])
        )

    async def diagnostics(self, file: pathlib.Path, expected: bool) -> list[types.Diagnostic]:
        """What the editor shows for a file, got as this editor gets it, once there are some (or none)."""
        if self.pulls:
            document = types.TextDocumentIdentifier(uri=file.as_uri())
            report = await self.client.text_document_diagnostic_async(
                types.DocumentDiagnosticParams(text_document=document)
            )
            assert isinstance(report, types.RelatedFullDocumentDiagnosticReport)
            assert bool(report.items) == expected
            return list(report.items)

        async def wait() -> list[types.Diagnostic]:
            while bool(self.client.diagnostics.get(file.as_uri(), [])) != expected:
                await self.client.wait_for_notification(types.TEXT_DOCUMENT_PUBLISH_DIAGNOSTICS)
            return list(self.client.diagnostics.get(file.as_uri(), []))

        return await asyncio.wait_for(wait(), DEADLINE)


@pytest_lsp.fixture(config=ClientServerConfig(server_command=[BINARY, "lsp"]), params=EDITORS)
async def client(request: pytest.FixtureRequest, lsp_client: LanguageClient):
    lsp_client.editor = Editor(lsp_client, client_capabilities(request.param))
    yield
    # A server that was told nothing yet answers no farewell.
    if lsp_client.editor.is_initialized:
        await lsp_client.shutdown_session()


@pytest.fixture
def editor(client: LanguageClient) -> Editor:
    editor = client.editor

    @client.feature("midflight/status")
    def _(status: Any) -> None:
        editor.statuses.append(status)
        editor.told.set()

    # What pytest-lsp leaves to its users.
    for request in (
        types.CLIENT_REGISTER_CAPABILITY,
        types.WORKSPACE_CODE_LENS_REFRESH,
        types.WORKSPACE_DIAGNOSTIC_REFRESH,
    ):
        if request not in client.protocol.fm.features:
            client.feature(request)(lambda *_: None)

    return editor


async def test_an_edit_is_judged_and_the_undone_edit_is_not(editor: Editor, workspace: pathlib.Path) -> None:
    answer = await editor.initialize(workspace)
    assert (answer.capabilities.diagnostic_provider is not None) == editor.pulls
    status = await editor.status("git")
    assert status.baseline.label == "git HEAD"

    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 1, "    pub mass: f32,\n    pub x: f32,\n")
    shown = await editor.diagnostics(main, expected=True)
    warning = next(it for it in shown if it.severity == types.DiagnosticSeverity.Warning)
    assert warning.source == "midflight"
    assert warning.range.start.line == 1
    reached = [it.message for it in warning.related_information or [] if it.message.startswith("reached: ")]
    assert not editor.pulls or any("STATE → State" in it for it in reached), reached

    editor.edit(main, 3, 1, "")
    await editor.diagnostics(main, expected=False)
    if editor.pulls:
        pushed = editor.client.diagnostics.get(main.as_uri(), [])
        assert not pushed, "an editor that asks is never pushed to"


async def test_hover_and_lens_explain(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 7, '    println!("{:?}", STATE.x);\n')
    document = types.TextDocumentIdentifier(uri=main.as_uri())
    lenses = await editor.client.text_document_code_lens_async(types.CodeLensParams(text_document=document))
    assert lenses and lenses[0].range.start.line == 6 and lenses[0].command
    position = types.Position(line=6, character=4)
    hover = await editor.client.text_document_hover_async(
        types.HoverParams(text_document=document, position=position)
    )
    assert hover and isinstance(hover.contents, types.MarkupContent)
    assert "main" in hover.contents.value and "docs/rules/MF" in hover.contents.value
    assert "under in-place" in hover.contents.value, "whose verdict it is"


async def test_the_encoding_is_one_that_the_editor_offered(editor: Editor, workspace: pathlib.Path) -> None:
    answer = await editor.initialize(workspace)
    general = editor.capabilities.general
    offered = (general.position_encodings if general else None) or [types.PositionEncodingKind.Utf16]
    assert answer.capabilities.position_encoding in offered


def applied(text: str, edit: types.TextEdit) -> str:
    """A text after an edit. All of these texts are ASCII, so that every encoding counts alike."""
    lines = text.splitlines(keepends=True)
    start = sum(map(len, lines[: edit.range.start.line])) + edit.range.start.character
    end = sum(map(len, lines[: edit.range.end.line])) + edit.range.end.character
    return text[:start] + edit.new_text + text[end:]


async def actions(editor: Editor, file: pathlib.Path, line: int) -> dict[str, types.CodeAction]:
    """What the editor offers on a line, by the words after `Midflight: `."""
    here = types.Range(start=types.Position(line, 0), end=types.Position(line, 99))
    found = await editor.client.text_document_code_action_async(
        types.CodeActionParams(
            text_document=types.TextDocumentIdentifier(uri=file.as_uri()),
            range=here,
            context=types.CodeActionContext(diagnostics=[]),
        )
    )
    offered = [action for action in found or [] if isinstance(action, types.CodeAction)]
    return {action.title.removeprefix("Midflight: "): action for action in offered}


async def run(editor: Editor, command: str, *arguments: str) -> pathlib.Path:
    """The file that the server has the editor open for a command, or names in a message."""
    await editor.client.workspace_execute_command_async(
        types.ExecuteCommandParams(command=command, arguments=list(arguments))
    )

    async def told() -> pathlib.Path:
        while True:
            for document in editor.client.shown_documents:
                return pathlib.Path(document.uri.removeprefix("file://"))
            for message in editor.client.messages:
                if message.message.startswith("See "):
                    return pathlib.Path(message.message.removeprefix("See "))
            await asyncio.sleep(0.01)

    return await asyncio.wait_for(told(), DEADLINE)


async def test_an_item_is_reverted_to_the_running_version(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 1, "    pub mass: f32,\n    pub x: f32,\n")
    offered = await actions(editor, main, 1)
    revert = offered["revert `State` to git HEAD"].edit
    assert revert and revert.changes
    edited = MAIN.replace("    pub x", "    pub mass: f32,\n    pub x")
    [edit] = revert.changes[main.as_uri()]
    assert applied(edited, edit) == MAIN


async def test_an_item_that_is_gone_or_new_is_reverted(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 4, "/// New.\nfn new() {}\n")
    edited = MAIN.replace("pub static STATE: State = State { x: 1.0 };", "/// New.\nfn new() {}")
    offered = await actions(editor, main, 5)
    added = offered["revert `new` to the running version"].edit
    assert added and added.changes
    assert "new" not in applied(edited, added.changes[main.as_uri()][0])
    gone = (await actions(editor, main, 0))["revert `STATE` to git HEAD"].edit
    assert gone and gone.changes
    back = applied(edited, gone.changes[main.as_uri()][0])
    assert "}\n\npub static STATE: State = State { x: 1.0 };\n\n/// New." in back


async def test_the_running_version_and_the_rule_are_shown(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 1, "    pub mass: f32,\n    pub x: f32,\n")
    # lsprotocol takes an action with a command for a bare command, so the commands are run by their names.
    running = await run(editor, "midflight.showRunning", main.as_uri(), "app::State")
    assert running.read_text() == MAIN and running.name == "main.rs"
    editor.client.messages.clear()
    editor.client.shown_documents.clear()
    page = await run(editor, "midflight.explainRule", "MF0203")
    assert page.read_text().startswith("# MF0203: struct-field-added")


async def test_a_rule_is_allowed_on_an_item(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    editor.open(main)
    editor.edit(main, 2, 1, "    pub mass: f32,\n    pub x: f32,\n")
    assert [it.code for it in await editor.diagnostics(main, expected=True)] == ["MF0203"]
    allow = (await actions(editor, main, 1))["allow MF0203 on `State`"].edit
    assert allow and allow.changes
    [edit] = allow.changes[main.as_uri()]
    assert edit.new_text == "// midflight: allow(MF0203): \n", "the reason is left to its author"
    reason = edit.new_text.replace("\n", "it is made anew at every start\n")
    editor.edit(main, 3, 0, reason + "pub struct State {\n")
    await editor.diagnostics(main, expected=False)

    async def counted() -> None:
        while not editor.statuses or editor.statuses[-1].allowed != 1:
            editor.told.clear()
            await editor.told.wait()

    await asyncio.wait_for(counted(), DEADLINE)
    assert editor.statuses[-1].counts.restart == 0
    # Without a reason, and for another rule, it allows nothing.
    for version, comment in enumerate(["allow(MF0203)", "allow(MF0203):", "allow(MF0203): say why here", "allow(MF0204): it may"], 4):
        editor.edit(main, version, 0, f"// midflight: {comment}\n")
        await editor.diagnostics(main, expected=True)


async def test_the_status_counts_for_the_file_too(editor: Editor, workspace: pathlib.Path) -> None:
    await editor.initialize(workspace)
    main = workspace / "src" / "main.rs"
    (workspace / "src" / "more.rs").write_text("")
    editor.open(main)
    editor.edit(main, 2, 1, "    pub mass: f32,\n    pub x: f32,\n")
    await editor.diagnostics(main, expected=True)

    async def counted() -> Any:
        while True:
            for status in editor.statuses:
                for file in status.files:
                    if file.uri == main.as_uri() and file.counts.restart == 1:
                        return status
            editor.told.clear()
            await editor.told.wait()

    status = await asyncio.wait_for(counted(), DEADLINE)
    assert status.counts.restart == 1
