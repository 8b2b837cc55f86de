//! The editor of the demonstration: a folder, its open files, a language server and a debug session.

use std::collections::BTreeMap;

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::{Program, line_of};
use serde_json::{Value, json};

use crate::language::Language;
use crate::tale;

/// The files that are edited.
pub(crate) const LIBRARY: &str = "world/src/lib.rs";
pub(crate) const STATE: &str = "world/src/state.rs";

/// Where the breakpoint is, in every version of the text.
pub(crate) const BREAKPOINT: &str = "// breakpoint: step";

/// Everything that an editor has open.
pub(crate) struct Editor {
    pub(crate) program: Program,
    pub(crate) language: Language,
    pub(crate) session: Option<Session>,
    /// The texts as they are on the screen, saved or not.
    buffers: BTreeMap<&'static str, String>,
    /// Where the program stands, when it does.
    pub(crate) stop: Option<Stop>,
    /// What was shown, in a few words each.
    shown: Vec<&'static str>,
}

impl Editor {
    /// Opens the example, starts the language server and the program.
    pub(crate) fn open() -> Self {
        let program = Program::example("hot-world");
        tale::say("The program: examples/hot-world, a solar system whose laws live in a reloadable library.");
        tale::say("The editor: midflight lsp for the text, midflight dap (before lldb-dap) for the session.");
        let language = Language::start(&program);
        let session = Session::launch(&program, &json!({"cargo": ["build"]}));
        let mut editor = Self {
            program,
            language,
            session: Some(session),
            buffers: BTreeMap::new(),
            stop: None,
            shown: Vec::new(),
        };
        for file in [LIBRARY, STATE] {
            let text = editor.program.read(file);
            editor.language.open(file, &text);
            editor.buffers.insert(file, text);
        }
        editor
    }

    /// The debug session.
    #[track_caller]
    pub(crate) fn session(&mut self) -> &mut Session {
        self.session.as_mut().expect("the session is open")
    }

    /// The text on the screen.
    pub(crate) fn text(&self, file: &str) -> &str {
        &self.buffers[file]
    }

    /// Changes the text on the screen, not the file.
    pub(crate) fn type_text(&mut self, file: &'static str, text: String) {
        self.language.change(file, &text);
        self.buffers.insert(file, text);
    }

    /// Saves the text on the screen.
    pub(crate) fn save(&mut self, file: &'static str) {
        let text = self.buffers[file].clone();
        self.program.write(file, &text);
        self.language.save(file);
    }

    /// The line of the breakpoint, from 1, in the text on the screen.
    pub(crate) fn breakpoint_line(&self) -> u32 {
        line_of(self.text(LIBRARY), BREAKPOINT)
    }

    /// Sets the breakpoint and answers with what the adapter says of it.
    pub(crate) fn set_breakpoint(&mut self) -> Value {
        let line = self.breakpoint_line();
        let Self { session, program, .. } = self;
        let session = session.as_mut().expect("the session is open");
        session.set_breakpoints(program, LIBRARY, &[line]).swap_remove(0)
    }

    /// Remembers what was shown.
    pub(crate) fn show(&mut self, what: &'static str) {
        self.shown.push(what);
    }

    /// What was shown, in one sentence.
    pub(crate) fn seen(&self) -> String {
        format!("{}.", self.shown.join("; "))
    }
}
