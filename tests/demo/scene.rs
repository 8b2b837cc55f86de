//! The programs of the demonstration, and what is done to each. The steps are the same for all.

use serde_json::{Value, json};

/// A program, an engine, and two edits.
pub(crate) struct Scene {
    /// A folder of `examples`.
    pub(crate) example: &'static str,
    pub(crate) opening: &'static str,
    /// What the engine does with a safe edit, and when.
    pub(crate) kind: Kind,
    /// The file with the breakpoint, and the function.
    pub(crate) code: &'static str,
    pub(crate) function: &'static str,
    pub(crate) breakpoint: &'static str,
    /// The edit of a line, and the variable that shows whether its code runs.
    pub(crate) edit: [&'static str; 2],
    pub(crate) law: &'static str,
    pub(crate) is_new: fn(f64) -> bool,
    /// Five lines that are typed above the breakpoint, and the variable that comes with them.
    pub(crate) lines: &'static str,
    pub(crate) fresh: &'static str,
    /// What only grows as long as the process lives: the function that has it, and its name.
    pub(crate) clock: [&'static str; 2],
    /// The edit that live data forbids: its file, what is typed, and above what.
    pub(crate) state: &'static str,
    pub(crate) field: &'static str,
    pub(crate) above: &'static str,
    /// What has to be written elsewhere in that file, so that it compiles.
    pub(crate) initializer: [&'static str; 2],
}

/// How new code comes into the process.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Functions are swapped where they are, even at a breakpoint inside of them.
    InPlace,
    /// A library is loaded again, once nobody is in it.
    Library { path: &'static str },
}

impl Scene {
    /// The settings that the program is launched with.
    pub(crate) fn settings(&self) -> Value {
        match self.kind {
            Kind::InPlace => json!({}),
            Kind::Library { .. } => json!({"cargo": ["build"]}),
        }
    }
}

pub(crate) const SCENES: [Scene; 2] = [
    Scene {
        example: "plain",
        opening: "An ordinary Cargo program: examples/plain, a card game. Nothing in it knows of reloading.",
        kind: Kind::InPlace,
        code: "src/main.rs",
        function: "plain::play",
        breakpoint: "// breakpoint: play",
        edit: ["if pair { sum * 2 } else { sum }", "if pair { sum * 200 } else { sum * 100 }"],
        law: "best",
        is_new: |best| best >= 100.0,
        lines: "            // How far is it to the next round number?
            let mut missing = 1;
            while (player.score + missing) % 10 != 0 {
                missing += 1;
            }
",
        fresh: "missing",
        clock: ["plain::main", "round"],
        state: "src/deck.rs",
        field: "    /// How often a card was dealt.\n    dealt: u64,\n",
        above: "seed: u64,",
        initializer: ["Deck { cards: Vec::new(), seed }", "Deck { cards: Vec::new(), dealt: 0, seed }"],
    },
    Scene {
        example: "hot-world",
        opening: "With a framework: examples/hot-world, a solar system whose laws hot-lib-reloader reloads.",
        kind: Kind::Library { path: "target/debug/libworld.so" },
        code: "world/src/lib.rs",
        function: "step",
        breakpoint: "// breakpoint: step",
        edit: ["let gravity = 1.0;", "let gravity = 3.0;"],
        law: "gravity",
        is_new: |gravity| gravity > 2.0,
        lines: "    // How fast is the fastest of them?
    let mut fastest = 0.0_f64;
    for body in &state.world.bodies {
        fastest = fastest.max(body.velocity.length());
    }
",
        fresh: "fastest",
        clock: ["step", "tick"],
        state: "world/src/state.rs",
        field: "    /// How lucky its inhabitants are.\n    pub luck: f64,\n",
        above: "/// The seed that the world was made from.",
        initializer: ["State { tick: 0, seed,", "State { tick: 0, luck: 0.5, seed,"],
    },
];
