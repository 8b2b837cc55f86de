//! What the launch configuration asks of Midflight.

use std::ffi::OsString;
use std::path::Path;
use std::time::Duration;

use compat::EngineKind;
use remap::PathRewrites;
use serde::Deserialize;
use serde_json::Value;

use crate::error::{Error, Result};
use crate::originals::Originals;

/// The `midflight` key of a launch configuration.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Config {
    /// How new code gets into the process.
    #[serde(default = "auto")]
    engine: String,
    /// What to build: the arguments of `cargo`.
    cargo: Option<Vec<String>>,
    /// When to reload.
    #[serde(default)]
    pub(crate) reload: Trigger,
    /// Another debug adapter.
    adapter: Option<Command>,
    /// The `type` that the adapter is told; it is the editor's otherwise.
    pub(crate) r#type: Option<String>,
    /// In a session that an adapter asked the editor for: where that adapter listens.
    pub(crate) child_of: Option<String>,
    /// How much of a stopped frame is kept.
    #[serde(default)]
    pub(crate) snapshot: Limits,
    /// Whether values are shown by the data formatters of the program's toolchain.
    #[serde(default = "yes")]
    pub(crate) formatters: bool,
    /// Whether plain values are set back to what they were, at the first stop at a breakpoint after a restart.
    #[serde(default)]
    pub(crate) restore_values: bool,
    /// Whether the session goes on with the next process of the same program when this one ends; unless it is
    /// said, when a watcher is seen to have started it.
    pub(crate) reattach: Option<bool>,
    /// Prefixes of paths that differ between here and the build.
    #[serde(default)]
    path_rewrites: Vec<PathRewrite>,
    /// Where the source maps are, or the generated files that name theirs; none, where nothing is generated.
    pub(crate) source_maps: Option<Vec<String>>,
}

/// A prefix of paths here, and what stands for it where the program was built.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct PathRewrite {
    local: String,
    remote: String,
}

/// When changed sources are brought into the process.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) enum Trigger {
    /// When a source file is saved.
    #[default]
    OnSave,
    /// When asked for.
    Manual,
}

/// How much of a stopped frame is kept.
#[derive(Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct Limits {
    /// How deep values are followed.
    pub(crate) depth: u32,
    /// How many variables are read at a stop.
    pub(crate) items: usize,
    /// How many bytes of names, types and values are kept of a stop.
    pub(crate) bytes: usize,
    /// How long it may take.
    time_ms: u64,
}

impl Default for Limits {
    fn default() -> Self {
        Self { depth: 3, items: 200, bytes: 64 * 1024, time_ms: 50 }
    }
}

impl Limits {
    /// How long reading a snapshot may take, and the user's `continue` may wait for it.
    pub(crate) fn time(&self) -> Duration {
        Duration::from_millis(self.time_ms)
    }
}

/// A command line, as one program or as an array.
#[derive(Debug, Clone, Deserialize)]
#[serde(untagged)]
enum Command {
    Program(String),
    Line(Vec<String>),
}

impl Command {
    fn into_line(self) -> Vec<OsString> {
        match self {
            Self::Program(program) => vec![program.into()],
            Self::Line(line) => line.into_iter().map(OsString::from).collect(),
        }
    }
}

/// What `engine` asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Engine {
    /// The one the project is made for.
    Auto,
    /// This one.
    Chosen(EngineKind),
    /// No reloads at all.
    None,
}

fn auto() -> String {
    "auto".to_owned()
}

fn yes() -> bool {
    true
}

impl Config {
    /// The configuration in these launch or attach arguments; `None` for a transparent session.
    pub(crate) fn of(arguments: &Value) -> Result<Option<Self>> {
        let Some(value) = arguments.get("midflight") else { return Ok(None) };
        // `true` is short for all defaults.
        let value = if *value == Value::Bool(true) { serde_json::json!({}) } else { value.clone() };
        let config: Self = serde_json::from_value(value).map_err(|error| {
            Error::user(format!("`midflight` in the launch configuration is not understood: {error}."))
        })?;
        config.engine()?;
        config.path_rewrites()?;
        config.originals(Path::new("/"))?;
        Ok(Some(config))
    }

    /// The arguments of `cargo`.
    pub(crate) fn cargo(&self) -> Vec<String> {
        self.cargo.clone().unwrap_or_else(|| vec!["build".to_owned()])
    }

    /// Whether the configuration says that Cargo builds the program.
    pub(crate) fn builds_with_cargo(&self) -> bool {
        self.cargo.is_some()
    }

    /// Paths here, and as the debugger knows them.
    pub(crate) fn path_rewrites(&self) -> Result<PathRewrites> {
        let pairs = self.path_rewrites.iter();
        PathRewrites::new(pairs.map(|pair| (pair.local.as_str(), pair.remote.as_str())))
            .map_err(|error| Error::user(format!("In `midflight.pathRewrites`, {error}.")))
    }

    /// The originals of generated files below a root.
    pub(crate) fn originals(&self, root: &Path) -> Result<Originals> {
        let Some(patterns) = &self.source_maps else { return Ok(Originals::default()) };
        Originals::new(root, patterns, self.path_rewrites()?)
    }

    /// The engine that is asked for.
    pub(crate) fn engine(&self) -> Result<Engine> {
        match self.engine.as_str() {
            "auto" => Ok(Engine::Auto),
            "none" => Ok(Engine::None),
            name => name.parse().map(Engine::Chosen).map_err(|_| {
                Error::user(format!(
                    "`midflight.engine` is `{name}`; use auto, in-place, hot-lib-reloader, subsecond, \
                     restart or none."
                ))
            }),
        }
    }
}

/// The debug adapter that the launch configuration names, in `adapter` or `midflight.adapter`.
pub(crate) fn adapter_of(arguments: &Value, config: Option<&Config>) -> Result<Option<Vec<OsString>>> {
    if let Some(command) = config.and_then(|config| config.adapter.clone()) {
        return Ok(Some(command.into_line()));
    }
    let Some(value) = arguments.get("adapter").filter(|_| config.is_some()) else { return Ok(None) };
    let command: Command = serde_json::from_value(value.clone())
        .map_err(|_| Error::user("`adapter` must be a command: a string, or an array of strings."))?;
    Ok(Some(command.into_line()))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn nothing_asked_for_is_a_transparent_session() {
        assert!(Config::of(&json!({"program": "a"})).is_ok_and(|config| config.is_none()));
    }

    #[test]
    fn all_has_a_default() {
        let config = Config::of(&json!({"midflight": {}})).ok().flatten().expect("a configuration");
        assert_eq!(config.cargo(), ["build"]);
        assert_eq!(config.reload, Trigger::OnSave);
        assert_eq!(config.engine().ok(), Some(Engine::Auto));
        assert_eq!(config.snapshot.time(), Duration::from_millis(50));
    }

    #[test]
    fn mistakes_are_named() {
        let problem = |config: Value| match Config::of(&json!({"midflight": config})) {
            Err(error) => error.message,
            Ok(_) => "none".to_owned(),
        };
        assert!(problem(json!({"engin": "auto"})).contains("unknown field `engin`"));
        assert!(problem(json!({"engine": "magic"})).contains("`magic`"));
        assert!(problem(json!({"cargo": "build"})).contains("invalid type"));
        assert!(problem(json!({"reload": "always"})).contains("always"));
        let relative = json!({"pathRewrites": [{"local": "src", "remote": "/build"}]});
        assert!(problem(relative).contains("`src`"));
    }
}
