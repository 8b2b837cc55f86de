//! What a process does that takes the edit while it runs: `midflight dap`, a real debugger, a real program.

use std::panic::{AssertUnwindSafe, catch_unwind};

use midflight_tests::dap::{Client, Session};
use midflight_tests::driven::{Driven, Driver, MODEL, Run};
use midflight_tests::program::{NEWER_MANGLING, Program};
use serde_json::json;

use crate::truth::STEPS;

/// How a program is written down and built.
#[derive(Clone, Copy)]
pub(crate) struct Setting {
    /// How its models are written down.
    pub(crate) dress: fn(&str) -> String,
    /// The text of its `.cargo/config.toml`.
    pub(crate) config: &'static str,
}

impl Setting {
    /// A workspace of it.
    pub(crate) fn program(self, driven: &Driven) -> Program {
        let program = Program::files(&driven.files(&(self.dress)(driven.model)));
        program.write(".cargo/config.toml", self.config);
        program
    }
}

/// The newer mangling, by which a function keeps its name when a type in its signature changes.
pub(crate) const NEWER: &str = NEWER_MANGLING.1;

/// What an optimiser is told, with a name.
const OPTIMISED: [(&str, &str); 5] = [
    ("level 1", "[profile.dev]\nopt-level = 1\n"),
    ("level 2", "[profile.dev]\nopt-level = 2\n"),
    ("level 3", "[profile.dev]\nopt-level = 3\ncodegen-units = 1\n"),
    ("level s", "[profile.dev]\nopt-level = \"s\"\n"),
    ("level 3 with thin lto", "[profile.dev]\nopt-level = 3\nlto = \"thin\"\n"),
];

/// Whether all is right, whatever the optimiser is told.
pub(crate) fn is_right_optimised(mut is_right: impl FnMut(&str, &'static str) -> bool) -> bool {
    let of_one = |(name, config)| {
        println!("\n{name}");
        is_right(name, config)
    };
    OPTIMISED.map(of_one).into_iter().all(|is_right| is_right)
}

/// A workspace, and a session of its program as long as nothing was swapped in.
pub(crate) struct Bench {
    driven: Driven,
    setting: Setting,
    pub(crate) program: Program,
    session: Option<(Session, Driver)>,
}

/// What became of a save.
pub(crate) enum Reload {
    /// The new code runs; what was seen then.
    Applied(Run),
    /// Why not. The process was not touched, and takes the next edit.
    Refused(String),
    /// The session did not come to its end.
    Broken(String),
}

impl Bench {
    pub(crate) fn new(driven: Driven, setting: Setting) -> Self {
        Self { driven, setting, program: setting.program(&driven), session: None }
    }

    /// Saves this model while the program runs the first one.
    pub(crate) fn reload(&mut self, model: &str) -> Reload {
        let attempt = catch_unwind(AssertUnwindSafe(|| self.attempt(model)));
        self.write(self.driven.model);
        attempt.unwrap_or_else(|panic| {
            let text = panic.downcast_ref::<String>().map_or("a panic", String::as_str);
            Reload::Broken(text.lines().next().unwrap_or_default().to_owned())
        })
    }

    fn attempt(&mut self, model: &str) -> Reload {
        let (mut session, mut driver) = self.launch();
        self.write(model);
        let answer = session.client.ok("midflight/reload", json!({}));
        if answer["applied"] != true {
            let message = answer["message"].as_str().unwrap_or_default().to_owned();
            self.session = Some((session, driver));
            return Reload::Refused(message);
        }
        let run = Run::of(&mut driver, STEPS, || stop(&mut session.client));
        session.client.disconnect();
        Reload::Applied(run)
    }

    /// Saves what this makes of each model after the other, as long as it makes one, while the program runs. The models
    /// that went in, the first one included, and what was seen then.
    pub(crate) fn reload_each(&mut self, mut next: impl FnMut(&str) -> Option<String>) -> (Vec<String>, Run) {
        let (mut session, mut driver) = self.launch();
        let mut models = vec![self.driven.model.to_owned()];
        while let Some(model) = next(models.last().expect("there is a first one")) {
            self.write(&model);
            if session.client.ok("midflight/reload", json!({}))["applied"] == true {
                models.push(model);
            }
        }
        let run = Run::of(&mut driver, STEPS, || stop(&mut session.client));
        session.client.disconnect();
        self.write(self.driven.model);
        (models, run)
    }

    fn write(&self, model: &str) {
        self.program.write(MODEL, &(self.setting.dress)(model));
    }

    fn launch(&mut self) -> (Session, Driver) {
        if let Some(running) = self.session.take() {
            return running;
        }
        let mut session = Session::launch(&self.program, &json!({"reload": "manual", "engine": "in-place"}));
        session.configuration_done();
        let driver = Driver::connect(self.program.root(), || stop(&mut session.client));
        (session, driver.unwrap_or_else(|error| panic!("the program does not start: {error}")))
    }
}

/// A stop that nobody asked for: a signal.
fn stop(client: &mut Client) -> Option<String> {
    let stop = client.events_so_far("stopped").pop()?;
    Some(stop["description"].as_str().or(stop["reason"].as_str()).unwrap_or("stopped").to_owned())
}
