//! A program on its way to the debugger: its sources are read, and it is built.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use baseline::Tree;
use compat::{EngineKind, Program, Texts};
use serde_json::Value;
use tokio::sync::mpsc;

use super::launch::Prepared;
use super::live::Build;
use super::swap::Swapping;
use crate::cargo::{Built, Invocation, Progress};
use crate::config::{Config, Engine};
use crate::error::{Error, Result};
use crate::project::{self, Project};
use crate::{formatters, in_library, unobserved};

/// A program whose sources change all the time is built so often before it is started anyway.
const BUILDS: u32 = 3;

pub(super) async fn prepare(
    builds: bool,
    config: &Config,
    arguments: &Value,
    running: Option<Texts>,
    progress: mpsc::UnboundedSender<Progress>,
) -> Result<Prepared> {
    let started = Instant::now();
    let folder = folder(arguments)?;
    if let (Project::Other, root) = Project::of(config, arguments, &folder) {
        return prepare_other(builds, arguments, folder, root, running).await;
    }
    let package = crate::cargo::package_folder(&folder, &config.cargo());
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
    let mut scripts = if config.formatters {
        formatters::commands(&folder, &baseline::target_dir(&root)).await
    } else {
        Vec::new()
    };
    let (mut build, mut executable, mut swap, mut fixed) = (None, None, None, None);
    if builds {
        let mut invocation = Invocation::new(&folder, &config.cargo())?;
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
    if swap.is_some() {
        let target = baseline::target_dir(&root);
        scripts.extend(in_library::command(&target));
        scripts.extend(unobserved::command(&target));
    }
    let (took, project, is_started) = (started.elapsed(), Project::Cargo, builds);
    Ok(Prepared {
        tree,
        project,
        is_started,
        program,
        engine,
        build,
        swap,
        fixed,
        executable,
        scripts,
        folder,
        took,
    })
}

/// A program that its debug adapter starts by itself. What `running` does not have is checked, where it can be.
async fn prepare_other(
    builds: bool,
    arguments: &Value,
    folder: PathBuf,
    root: PathBuf,
    running: Option<Texts>,
) -> Result<Prepared> {
    let started = Instant::now();
    let root = root.canonicalize().unwrap_or(root);
    let tree = read_as(Project::Other, &root).await?;
    if let Some(running) = running.filter(|_| builds) {
        project::check(arguments, &folder, &root, &tree.texts, &running).await?;
    }
    Ok(Prepared {
        tree,
        project: Project::Other,
        is_started: builds,
        program: Program::default(),
        engine: EngineKind::Restart,
        build: None,
        swap: None,
        fixed: None,
        executable: None,
        scripts: Vec::new(),
        folder,
        took: started.elapsed(),
    })
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
    read_as(Project::Cargo, root).await
}

async fn read_as(project: Project, root: &Path) -> Result<Tree> {
    let root = root.to_owned();
    let tree = blocking(move || baseline::read_tree(&root, &|path| project.is_source(path))).await?;
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
