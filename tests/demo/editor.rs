//! The editor of the demonstration: a folder, its open files, a language server and a debug session.

use std::collections::BTreeMap;

use midflight_tests::dap::{Session, Stop};
use midflight_tests::program::{Program, line_of};
use serde_json::Value;

use crate::language::Language;
use crate::scene::Scene;
use crate::tale;

/// Everything that an editor has open.
pub(crate) struct Editor {
    pub(crate) scene: &'static Scene,
    pub(crate) program: Program,
    pub(crate) language: Language,
    pub(crate) session: Option<Session>,
    /// The texts as they are on the screen, saved or not.
    buffers: BTreeMap<&'static str, String>,
    /// Where the program stands, when it does.
    pub(crate) stop: Option<Stop>,
}

impl Editor {
    /// Opens the example, starts the language server and the program.
    pub(crate) fn open(scene: &'static Scene) -> Self {
        let program = Program::example(scene.example);
        tale::say(scene.opening);
        tale::say("The editor: midflight lsp for the text, midflight dap (before lldb-dap) for the session.");
        let language = Language::start(&program);
        let session = Session::launch(&program, &scene.settings());
        let mut editor =
            Self { scene, program, language, session: Some(session), buffers: BTreeMap::new(), stop: None };
        for file in [scene.code, scene.state] {
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
        line_of(self.text(self.scene.code), self.scene.breakpoint)
    }

    /// Sets the breakpoint and answers with what the adapter says of it.
    pub(crate) fn set_breakpoint(&mut self) -> Value {
        let line = self.breakpoint_line();
        let Self { session, program, scene, .. } = self;
        let session = session.as_mut().expect("the session is open");
        session.set_breakpoints(program, scene.code, &[line]).swap_remove(0)
    }
}
