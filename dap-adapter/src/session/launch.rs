//! From a launch configuration to a running program of generation 0.

use std::path::{Path, PathBuf};
use std::time::Duration;

use baseline::{NewGeneration, SessionStart, Store, Tree};
use compat::{EngineKind, Program, Role};
use dap::events::{ProgressEndEventBody, ProgressStartEventBody, ProgressUpdateEventBody};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::follow::Versions;
use super::live::{Build, Documents, Live, Running};
use super::patching::EMPTY_CALL;
use super::prepare::{millis, prepare};
use super::reload::Reloading;
use super::swap::Swapping;
use super::{Forwarded, Report, Session, Stage};
use crate::adapter::Adapter;
use crate::config::{Config, Engine};
use crate::error::{Error, Result};
use crate::message::{self, Message};
use crate::modules::Modules;
use crate::project::Project;
use crate::sources::{Generation, Sources};

const PROGRESS: &str = "midflight-build";

/// A launch that waits for its build.
#[derive(Debug)]
pub(super) struct Launching {
    seq: i64,
    command: String,
    message: Message,
    config: Config,
    task: JoinHandle<()>,
}

impl Drop for Launching {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// A program that is ready to be launched.
#[derive(Debug)]
pub(super) struct Prepared {
    pub(super) tree: Tree,
    pub(super) project: Project,
    /// The session starts the program, and so can start it again.
    pub(super) is_started: bool,
    pub(super) program: Program,
    pub(super) engine: EngineKind,
    pub(super) build: Option<Build>,
    pub(super) swap: Option<Swapping>,
    /// Why functions can't be swapped in place, where they should be.
    pub(super) fixed: Option<String>,
    pub(super) executable: Option<PathBuf>,
    /// What makes LLDB show Rust values as Rust does.
    pub(super) scripts: Vec<String>,
    pub(super) folder: PathBuf,
    pub(super) took: Duration,
}

/// What belongs to one process of the program, not to the session.
pub(super) struct ForProcess {
    pub(super) engine: EngineKind,
    pub(super) reloads: bool,
    pub(super) followed: Option<Versions>,
    pub(super) swap: Option<Swapping>,
    pub(super) fixed: Option<String>,
    pub(super) hot: Vec<String>,
    pub(super) modules: Modules,
    pub(super) build: Option<Build>,
    pub(super) is_started: bool,
}

impl Prepared {
    /// The texts that it was built from, as the newest generation: 0, or the number in the record.
    pub(super) fn generation(&self, record: Value) -> Generation {
        let number = record["generation"].as_u64().and_then(|number| u32::try_from(number).ok());
        let (texts, program) = (self.tree.texts.clone(), self.program.clone());
        Generation { number: number.unwrap_or_default(), texts, program, record }
    }

    /// What was built, to be written down.
    pub(super) fn artifacts(&self) -> Vec<PathBuf> {
        let libraries = self.build.iter().flat_map(|build| build.built.libraries.values());
        self.executable.iter().chain(libraries).cloned().collect()
    }
}

impl Session {
    pub(super) async fn on_launch(&mut self, seq: i64, command: &str, message: Message) {
        if self.launching.is_some() {
            let error = Error::user("The program is being built already.");
            return self.editor.refuse(seq, command, &error);
        }
        let arguments = message.arguments();
        let config = match self.configured(&arguments).await {
            Ok(config) => config,
            Err(error) => return self.editor.refuse(seq, command, &error),
        };
        if let Some(error) = self.missing.clone().filter(|_| self.adapter.is_none()) {
            return self.editor.refuse(seq, command, &error);
        }
        // Not as the adapter says it: LLDB attaches to what it has had started in a terminal.
        self.is_attached = command == "attach";
        let Some(config) = config else {
            self.stage = Stage::Started;
            return self.forward(seq, message.into_bytes(), Forwarded::Launch(command.to_owned()));
        };
        // What another session's adapter has started can't be started again from here.
        let starts = command == "launch" && config.child_of.is_none();
        let task = self.prepare(starts, &config, &arguments);
        let launching = Launching { seq, command: command.to_owned(), message, config, task };
        self.launching = Some(launching);
        self.progress_starts();
    }

    /// The configuration; and the adapter that it asks for instead of the one that runs.
    async fn configured(&mut self, arguments: &Value) -> Result<Option<Config>> {
        let config = Config::of(arguments)?;
        if let Some(adapter) = named_adapter(arguments, config.as_ref()).await? {
            if let Some(mut old) = self.adapter.replace(adapter) {
                old.kill().await;
            }
            self.aside.clear();
            let arguments = self.client.arguments.clone();
            self.capabilities = self.ask("initialize", &arguments).await?;
            self.editor.event("capabilities", &json!({"capabilities": self.capabilities}));
            self.missing = None;
        }
        if let Some((config, adapter)) = config.as_ref().zip(self.adapter.as_mut()) {
            adapter.rewrite_paths(config.path_rewrites()?);
        }
        Ok(config)
    }

    pub(super) fn prepare(&self, builds: bool, config: &Config, arguments: &Value) -> JoinHandle<()> {
        let (progress, mut lines) = mpsc::unbounded_channel();
        let reports = self.reports.clone();
        let (config, arguments) = (config.clone(), arguments.clone());
        let running = self.live.as_ref().map(|live| live.sources.current().texts.clone());
        tokio::spawn(async move {
            let preparing = prepare(builds, &config, &arguments, running, progress);
            tokio::pin!(preparing);
            let prepared = loop {
                tokio::select! {
                    biased;
                    Some(line) = lines.recv() => {
                        let _ = reports.send(Report::Build(line));
                    }
                    prepared = &mut preparing => break prepared,
                }
            };
            while let Ok(line) = lines.try_recv() {
                let _ = reports.send(Report::Build(line));
            }
            let _ = reports.send(Report::Launched(Box::new(prepared)));
        })
    }

    /// The program is built: off to the debugger, with everything else as the user wrote it.
    pub(super) fn on_prepared(&mut self, prepared: Result<Prepared>) {
        let Some(launching) = self.launching.take() else { return };
        self.progress_ends();
        let prepared = match prepared {
            Ok(prepared) => prepared,
            Err(error) => return self.editor.refuse(launching.seq, &launching.command, &error),
        };
        let mut tree = launching.message.tree();
        let live = self.live(&prepared, launching.config.clone(), tree["arguments"].clone());
        self.complete(&mut tree["arguments"], &prepared, &live.config, live.stops_at_libraries());
        // What was built here can be built and started again, whatever the debug adapter knows.
        let limits = json!({"capabilities": {"supportsRestartRequest": live.is_started}});
        self.live = Some(Box::new(live));
        self.editor.event("capabilities", &limits);
        if let Some(live) = &self.live {
            let session = json!({
                "engine": live.engine.name(), "program": prepared.executable,
                "savesRestart": live.is_started_again(),
            });
            self.editor.event("midflight/session", &session);
        }
        self.say_what_needs_a_restart();
        self.stage = Stage::Started;
        self.forward(launching.seq, message::bytes(&tree), Forwarded::Launch(launching.command.clone()));
    }

    /// Why no change can be swapped into this process. Whoever attaches has started it in another way.
    pub(super) fn say_what_needs_a_restart(&mut self) {
        let live = self.live.as_ref().filter(|live| live.is_started);
        if let Some(reason) = live.and_then(|live| live.fixed.as_ref()) {
            self.editor.warn(format!("Every change will need a restart: {reason}."));
        }
    }

    /// What Midflight adds to the arguments, and the key that is its own.
    pub(super) fn complete(
        &self,
        arguments: &mut Value,
        prepared: &Prepared,
        config: &Config,
        at_libraries: bool,
    ) {
        let Some(arguments) = arguments.as_object_mut() else { return };
        arguments.remove("midflight");
        if let Some(kind) = &config.r#type {
            arguments.insert("type".to_owned(), json!(kind));
        }
        if let Some(executable) = &prepared.executable {
            arguments.insert("program".to_owned(), json!(executable));
            arguments.entry("cwd").or_insert_with(|| json!(prepared.folder));
        }
        let (mut before, mut at_entry) = (Vec::new(), Vec::new());
        if at_libraries {
            // The process stops whenever a library comes or goes: the moments to move breakpoints.
            before.push(json!("settings set target.process.stop-on-sharedlibrary-events true"));
        }
        if self.adapter.as_ref().is_some_and(Adapter::is_lldb) {
            before.extend(prepared.scripts.iter().map(|command| json!(command)));
            at_entry.extend(prepared.swap.iter().map(|_| json!(format!("?{EMPTY_CALL}"))));
        }
        for (when, ours) in [("initCommands", before), ("postRunCommands", at_entry)] {
            if !ours.is_empty() {
                let commands = arguments.entry(when).or_insert_with(|| json!([]));
                if let Some(commands) = commands.as_array_mut() {
                    commands.splice(0..0, ours);
                }
            }
        }
    }

    /// What belongs to one process of the program, of this generation.
    pub(super) fn for_process(&self, prepared: &Prepared, config: &Config, generation: u32) -> ForProcess {
        let is_lldb = self.adapter.as_ref().is_some_and(Adapter::is_lldb);
        let is_off = matches!(config.engine(), Ok(Engine::None));
        let reloads = prepared.engine == EngineKind::HotLibReloader && is_lldb && !is_off;
        // What Cargo alone has built, nobody patches.
        let follows = prepared.engine == EngineKind::Subsecond && is_lldb && !is_off && !prepared.is_started;
        let mut followed = follows.then(Versions::default);
        if let Some(versions) = &mut followed {
            versions.see(&prepared.tree.root, &prepared.tree.texts);
        }
        let swap = prepared.swap.clone().filter(|_| is_lldb && !is_off);
        let other_debugger = || {
            let name = self.adapter.as_ref().map_or("another debugger", |adapter| &adapter.name);
            format!(
                "functions are swapped through lldb-dap only so far, and this session goes through `{name}`"
            )
        };
        let fixed = prepared.fixed.clone();
        let fixed = fixed.or_else(|| (prepared.swap.is_some() && !is_lldb).then(other_debugger));
        let is_foreign = prepared.engine == EngineKind::InPlace && !prepared.is_started && !is_off;
        let foreign = || "it was not built and started by Midflight".to_owned();
        let fixed = fixed.or_else(|| is_foreign.then(foreign));
        let takes_new_code = reloads || swap.is_some();
        let engine = if takes_new_code || follows || is_off { prepared.engine } else { EngineKind::Restart };
        let crates = prepared.program.crates().iter();
        let hot = crates.filter(|krate| matches!(krate.role, Role::Hot | Role::Shared));
        let hot: Vec<String> = match (reloads, follows) {
            (true, _) => hot.map(|krate| krate.root.to_string()).collect(),
            // Whatever is of the workspace.
            (_, true) => vec![String::new()],
            _ => vec![],
        };
        let mut modules = Modules::new(lang_rust::hot_libs(&prepared.program), generation);
        for path in prepared.build.iter().flat_map(|build| build.built.libraries.values()) {
            if let Ok(content) = std::fs::read(path) {
                modules.built(baseline::sha256(&content), generation);
            }
        }
        let (build, is_started) = (prepared.build.clone(), prepared.is_started);
        ForProcess { engine, reloads, followed, swap, fixed, hot, modules, build, is_started }
    }

    fn live(&mut self, prepared: &Prepared, config: Config, launch: Value) -> Live {
        let is_off = matches!(config.engine(), Ok(Engine::None)) || config.child_of.is_some();
        let process = self.for_process(prepared, &config, 0);
        // The language server compares programs of Cargo's only.
        let store = if is_off || prepared.project == Project::Other {
            None
        } else {
            self.begin(prepared, process.engine)
        };
        let generation = prepared.generation(json!({
            "generation": 0, "time": super::reload::now(), "verdict": null, "changes": [],
            "elapsedMs": millis(prepared.took),
        }));
        let mut sources = Sources::new(prepared.tree.root.clone(), process.hot, generation);
        // What is wrong with the patterns was said before anything was built.
        let originals = config.originals(&prepared.tree.root).unwrap_or_default();
        if process.swap.is_some() {
            sources.add_program();
        }
        Live {
            launch,
            engine: process.engine,
            reloads: process.reloads,
            followed: process.followed,
            swap: process.swap,
            fixed: process.fixed,
            sources,
            breakpoints: crate::breakpoints::Breakpoints::default(),
            originals,
            held: Vec::new(),
            modules: process.modules,
            snapshots: crate::snapshots::Snapshots::default(),
            frames: std::collections::HashMap::new(),
            documents: Documents::default(),
            store,
            build: process.build,
            project: prepared.project,
            is_started: process.is_started,
            reload: Reloading::new(is_off),
            watch: None,
            process: Running::default(),
            config,
        }
    }

    /// Writes generation 0 down, where the language server finds it.
    fn begin(&mut self, prepared: &Prepared, engine: EngineKind) -> Option<baseline::LiveSession> {
        let root = &prepared.tree.root;
        let executable = prepared.executable.as_deref().unwrap_or(Path::new(""));
        let start = SessionStart {
            root: root.clone(),
            engine: engine.name().to_owned(),
            program: executable.to_string_lossy().into_owned(),
            adapter: self.adapter.as_ref().map(|adapter| adapter.name.clone()).unwrap_or_default(),
        };
        let artifacts = prepared.artifacts();
        let generation = NewGeneration { artifacts, elapsed: prepared.took, ..NewGeneration::default() };
        let begun = Store::open(&baseline::target_dir(root)).and_then(|store| {
            let mut session = store.begin(&start)?;
            session.commit(&prepared.tree.texts, &generation)?;
            Ok(session)
        });
        match begun {
            Ok(session) => Some(session),
            Err(error) => {
                self.editor.say(format!(
                    "The generation can't be written down ({error}); the language server will compare \
                     with something else."
                ));
                None
            }
        }
    }

    /// The program runs: watch its sources, and make the first reload a quick one.
    pub(super) fn started(&mut self) {
        let reports = self.reports.clone();
        let Some(live) = &mut self.live else { return };
        if live.reload.is_off() {
            return;
        }
        let on_save = move || {
            let _ = reports.send(Report::Saved);
        };
        let root = live.root().to_owned();
        match crate::watch::Watch::start(&root, &live.sources.current().texts, live.project, on_save) {
            Ok(watch) => live.watch = Some(watch),
            Err(error) => self.editor.warn(format!(
                "The sources can't be watched ({error}): saves are not noticed. Reload by command."
            )),
        }
        self.warm_up();
    }

    pub(super) fn progress_starts(&mut self) {
        if self.client.shows_progress {
            let body = ProgressStartEventBody {
                progress_id: PROGRESS.to_owned(),
                title: "Building".to_owned(),
                cancellable: Some(false),
                ..Default::default()
            };
            self.editor.event("progressStart", &body);
        }
    }

    /// Shows what the build is at, in the editor's progress.
    pub(super) fn report_progress(&mut self, step: &str) {
        let is_building = self.launching.is_some() || self.relaunching.is_some();
        if is_building && self.client.shows_progress {
            let message = Some(step.to_owned());
            let body =
                ProgressUpdateEventBody { progress_id: PROGRESS.to_owned(), message, percentage: None };
            self.editor.event("progressUpdate", &body);
        }
    }

    pub(super) fn progress_ends(&mut self) {
        if self.client.shows_progress {
            let body = ProgressEndEventBody { progress_id: PROGRESS.to_owned(), message: None };
            self.editor.event("progressEnd", &body);
        }
    }
}

/// The debug adapter that the launch configuration names, if it names one.
pub(super) async fn named_adapter(arguments: &Value, config: Option<&Config>) -> Result<Option<Adapter>> {
    if let Some(address) = config.and_then(|config| config.child_of.as_deref()) {
        return Adapter::connect(address).await.map(Some);
    }
    match crate::config::adapter_of(arguments, config)? {
        Some(command) => Adapter::start(&command).await.map(Some),
        None => Ok(None),
    }
}
