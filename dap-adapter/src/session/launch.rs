//! From a launch configuration to a running program of generation 0.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use baseline::{NewGeneration, SessionStart, Store, Tree};
use compat::{EngineKind, Program, Role};
use dap::events::{ProgressEndEventBody, ProgressStartEventBody, ProgressUpdateEventBody};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::live::{Build, Documents, Live, Running};
use super::reload::Reloading;
use super::swap::Swapping;
use super::{Forwarded, Report, Session, Stage};
use crate::adapter::Adapter;
use crate::cargo::{Built, Invocation, Progress};
use crate::config::{Config, Engine};
use crate::error::{Error, Result};
use crate::formatters;
use crate::message::{self, Message};
use crate::modules::Modules;
use crate::sources::{Generation, Sources};

/// A program whose sources change all the time is built so often before it is started anyway.
const BUILDS: u32 = 3;

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
    program: Program,
    engine: EngineKind,
    build: Option<Build>,
    swap: Option<Swapping>,
    /// Why functions can't be swapped in place, where they should be.
    fixed: Option<String>,
    executable: Option<PathBuf>,
    /// What makes LLDB show Rust values as Rust does.
    formatters: Vec<String>,
    folder: PathBuf,
    pub(super) took: Duration,
}

/// What belongs to one process of the program, not to the session.
pub(super) struct ForProcess {
    pub(super) engine: EngineKind,
    pub(super) reloads: bool,
    pub(super) swap: Option<Swapping>,
    pub(super) fixed: Option<String>,
    pub(super) hot: Vec<String>,
    pub(super) modules: Modules,
    pub(super) build: Option<Build>,
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
        let Some(config) = config else {
            self.stage = Stage::Started;
            return self.forward(seq, message.into_bytes(), Forwarded::Launch(command.to_owned()));
        };
        let task = self.prepare(command == "launch", &config, &arguments);
        let launching = Launching { seq, command: command.to_owned(), message, config, task };
        self.launching = Some(launching);
        self.progress_starts();
    }

    /// The configuration; and the adapter that it asks for instead of the one that runs.
    async fn configured(&mut self, arguments: &Value) -> Result<Option<Config>> {
        let config = Config::of(arguments)?;
        if let Some(command) = crate::config::adapter_of(arguments, config.as_ref())? {
            let adapter = Adapter::start(&command).await?;
            if let Some(mut old) = self.adapter.replace(adapter) {
                old.kill().await;
            }
            self.aside.clear();
            let arguments = self.client.arguments.clone();
            self.capabilities = self.ask("initialize", arguments).await?;
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
        tokio::spawn(async move {
            let preparing = prepare(builds, &config, &arguments, progress);
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
        self.complete(&mut tree["arguments"], &prepared, live.reloads);
        // What was built here can be built and started again, whatever the debug adapter knows.
        let limits = json!({"capabilities": {"supportsRestartRequest": live.build.is_some()}});
        self.live = Some(Box::new(live));
        self.editor.event("capabilities", &limits);
        if let Some(live) = &self.live {
            let session = json!({
                "engine": live.engine.name(), "program": prepared.executable,
                "savesRestart": live.is_started_again(),
            });
            self.editor.event("midflight/session", &session);
            if let Some(reason) = &live.fixed {
                self.editor.warn(format!("Every change will need a restart: {reason}."));
            }
        }
        self.stage = Stage::Started;
        self.forward(launching.seq, message::bytes(&tree), Forwarded::Launch(launching.command.clone()));
    }

    /// What Midflight adds to the arguments, and the key that is its own.
    pub(super) fn complete(&self, arguments: &mut Value, prepared: &Prepared, reloads: bool) {
        let Some(arguments) = arguments.as_object_mut() else { return };
        arguments.remove("midflight");
        if let Some(executable) = &prepared.executable {
            arguments.insert("program".to_owned(), json!(executable));
            arguments.entry("cwd").or_insert_with(|| json!(prepared.folder));
        }
        let mut ours = Vec::new();
        if reloads {
            // The process stops whenever a library comes or goes: the moments to move breakpoints.
            ours.push(json!("settings set target.process.stop-on-sharedlibrary-events true"));
        }
        if self.adapter.as_ref().is_some_and(Adapter::is_lldb) {
            ours.extend(prepared.formatters.iter().map(|command| json!(command)));
        }
        if !ours.is_empty() {
            let commands = arguments.entry("initCommands").or_insert_with(|| json!([]));
            if let Some(commands) = commands.as_array_mut() {
                commands.splice(0..0, ours);
            }
        }
    }

    /// What belongs to one process of the program, of this generation.
    pub(super) fn for_process(&self, prepared: &Prepared, config: &Config, generation: u32) -> ForProcess {
        let is_lldb = self.adapter.as_ref().is_some_and(Adapter::is_lldb);
        let is_off = matches!(config.engine(), Ok(Engine::None));
        let reloads = prepared.engine == EngineKind::HotLibReloader && is_lldb && !is_off;
        let swap = prepared.swap.clone().filter(|_| is_lldb && !is_off);
        let other_debugger = || {
            let name = self.adapter.as_ref().map_or("another debugger", |adapter| &adapter.name);
            format!(
                "functions are swapped through lldb-dap only so far, and this session goes through `{name}`"
            )
        };
        let fixed = prepared.fixed.clone();
        let fixed = fixed.or_else(|| (prepared.swap.is_some() && !is_lldb).then(other_debugger));
        let takes_new_code = reloads || swap.is_some();
        let engine = if takes_new_code || is_off { prepared.engine } else { EngineKind::Restart };
        let crates = prepared.program.crates().iter();
        let hot = crates.filter(|krate| matches!(krate.role, Role::Hot | Role::Shared));
        let hot: Vec<String> =
            if reloads { hot.map(|krate| krate.root.to_string()).collect() } else { vec![] };
        let libraries = lang_rust::hot_libs(&prepared.program);
        let libraries = libraries.iter().map(|library| library.lib_name.clone()).collect();
        let mut modules = Modules::new(libraries, generation);
        for path in prepared.build.iter().flat_map(|build| build.built.libraries.values()) {
            if let Ok(content) = std::fs::read(path) {
                modules.built(baseline::sha256(&content), generation);
            }
        }
        let build = prepared.build.clone();
        ForProcess { engine, reloads, swap, fixed, hot, modules, build }
    }

    fn live(&mut self, prepared: &Prepared, config: Config, launch: Value) -> Live {
        let is_off = matches!(config.engine(), Ok(Engine::None));
        let process = self.for_process(prepared, &config, 0);
        let store = if is_off { None } else { self.begin(prepared, process.engine) };
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
        match crate::watch::Watch::start(&root, &live.sources.current().texts, on_save) {
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

async fn prepare(
    builds: bool,
    config: &Config,
    arguments: &Value,
    progress: mpsc::UnboundedSender<Progress>,
) -> Result<Prepared> {
    let started = Instant::now();
    let folder = folder(arguments)?;
    let package = crate::cargo::package_folder(&folder, &config.cargo);
    let root = baseline::find_root(&package).ok_or_else(|| {
        Error::user(format!(
            "{} is in no Cargo workspace: there is no Cargo.toml there or above it. Open the project's \
             folder, or set `cwd` in the launch configuration.",
            package.display()
        ))
    })?;
    // The compiler writes real paths into the debug information.
    let root = root.canonicalize().unwrap_or(root);
    let mut tree = read(&root).await?;
    let mut program = parsed(&tree).await?;
    let engine = match config.engine()? {
        Engine::Chosen(engine) => engine,
        Engine::Auto | Engine::None => lang_rust::detect_engine(&program),
    };
    let formatters = if config.formatters {
        formatters::commands(&folder, &baseline::target_dir(&root)).await
    } else {
        Vec::new()
    };
    let (mut build, mut executable, mut swap, mut fixed) = (None, None, None, None);
    if builds {
        let mut invocation = Invocation::new(&folder, &config.cargo)?;
        let mut captures = engine == EngineKind::InPlace && !matches!(config.engine()?, Engine::None);
        if captures {
            match Swapping::for_launch(&invocation, &root) {
                Ok(recorded) => invocation = recorded,
                Err(error) => {
                    captures = false;
                    fixed = Some(reason(&error));
                }
            }
        }
        let mut made;
        (tree, made) = build_unchanged(&root, tree, &invocation, progress.clone()).await?;
        program = parsed(&tree).await?;
        let (path, package) = self::program(arguments, &folder, &made)?;
        let hot = lang_rust::hot_libs(&program);
        if engine == EngineKind::HotLibReloader && !hot.is_empty() {
            // A library that is built only as a dependency is linked to the shared standard library: Cargo
            // tells the programs it runs where that is, a debugger doesn't, and reloads are built without.
            let hot = hot.into_iter().map(|library| library.package);
            let packages: Vec<String> = package.iter().cloned().chain(hot).collect();
            let libraries = invocation.libraries(&packages).run(progress.clone()).await?;
            made.libraries.extend(libraries.libraries);
        }
        if captures {
            match Swapping::of(&root, &config.path_rewrites()?, &path, &program).await? {
                Ok(swapping) => {
                    fixed = made.without_layouts(&path, &swapping.libraries());
                    swap = Some(swapping).filter(|_| fixed.is_none());
                }
                Err(in_place::Error::Overtaken) => {
                    return Err(Error::user(
                        "Another session of this program brought a change in while it was built for this \
                         one. Start it again.",
                    ));
                }
                Err(error) => fixed = Some(reason(&error)),
            }
        }
        executable = Some(path);
        build = Some(Build { invocation, built: made, package });
    }
    let took = started.elapsed();
    Ok(Prepared { tree, program, engine, build, swap, fixed, executable, formatters, folder, took })
}

/// Why new code can't be swapped in, to stand in a sentence. Debugging works all the same.
fn reason(error: &dyn std::fmt::Display) -> String {
    error.to_string().trim_end_matches('.').to_owned()
}

async fn parsed(tree: &Tree) -> Result<Program> {
    let texts = tree.texts.clone();
    blocking(move || lang_rust::program(&texts)).await
}

/// Builds until no source changed during the build: the texts are then what was built.
async fn build_unchanged(
    root: &Path,
    mut tree: Tree,
    invocation: &Invocation,
    progress: mpsc::UnboundedSender<Progress>,
) -> Result<(Tree, Built)> {
    let _ = progress.send(Progress::Step(invocation.shown()));
    let mut builds = 1;
    loop {
        let built = invocation.run(progress.clone()).await?;
        let after = read(root).await?;
        if after.texts == tree.texts || builds == BUILDS {
            return Ok((after, built));
        }
        // A build may write `Cargo.lock` or generate code; what a person saves meanwhile looks the same.
        let _ = progress.send(Progress::Step("Sources changed during the build: building again".to_owned()));
        tree = after;
        builds += 1;
    }
}

/// The program to debug: the one that the launch configuration names, else the one that was built.
fn program(arguments: &Value, folder: &Path, built: &Built) -> Result<(PathBuf, Option<String>)> {
    let wanted = arguments.get("program").and_then(Value::as_str).filter(|program| !program.is_empty());
    if let Some(program) = built.program(wanted)? {
        return Ok((program.path.clone(), Some(program.package.clone())));
    }
    let wanted = wanted.unwrap_or_default();
    let path = folder.join(wanted);
    if path.is_file() {
        let package = built.programs.iter().find(|program| same_file(&program.path, &path));
        return Ok((path, package.map(|program| program.package.clone())));
    }
    let names: Vec<&str> = built.programs.iter().map(|program| program.name.as_str()).collect();
    Err(Error::user(format!(
        "The program `{wanted}` does not exist, and the build makes no program of that name (it makes: {}). \
         Leave `program` out to use what Cargo builds.",
        if names.is_empty() { "none".to_owned() } else { names.join(", ") }
    )))
}

fn same_file(one: &Path, other: &Path) -> bool {
    one.canonicalize().ok().zip(other.canonicalize().ok()).is_some_and(|(one, other)| one == other)
}

/// Where the program is started and Cargo is run.
fn folder(arguments: &Value) -> Result<PathBuf> {
    let here =
        || std::env::current_dir().map_err(|error| Error::user(format!("No working folder: {error}.")));
    let Some(cwd) = arguments.get("cwd").and_then(Value::as_str).filter(|cwd| !cwd.is_empty()) else {
        return here();
    };
    let folder = here()?.join(cwd);
    if folder.is_dir() {
        return Ok(folder);
    }
    Err(Error::user(format!("`cwd` in the launch configuration is `{cwd}`, which is no folder.")))
}

/// Reads the sources of a workspace.
pub(super) async fn read(root: &Path) -> Result<Tree> {
    let root = root.to_owned();
    let tree = blocking(move || baseline::read_tree(&root, &lang_rust::is_source)).await?;
    tree.map_err(|error| Error::user(format!("The sources can't be read: {error}.")))
}

/// Runs something that would keep the event loop from its work.
pub(super) async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T> {
    let done = tokio::task::spawn_blocking(work).await;
    done.map_err(|error| Error::midflight(format!("Midflight stumbled: {error}.")))
}

/// A duration as messages carry it.
pub(super) fn millis(duration: Duration) -> f64 {
    (duration.as_secs_f64() * 10_000.0).round() / 10.0
}
