//! `midflight map`: explains one mapping of a source map, or says whether the map is valid.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::str::FromStr;

use anyhow::{Context, bail};
use clap::Args;
use remap::{Position, SourceMap};
use serde_json::json;

/// Lines count from 1 and columns from 0, as in stack traces and in the standard's own examples.
#[derive(Debug, Args)]
pub(crate) struct MapArgs {
    /// The source map (ECMA-426, JSON).
    #[arg(value_name = "FILE.map")]
    file: PathBuf,
    /// Where does this generated position come from?
    #[arg(long, value_name = "LINE:COLUMN", group = "question")]
    generated: Option<Place>,
    /// What was generated from this original position?
    #[arg(long, value_name = "SOURCE:LINE:COLUMN", group = "question")]
    original: Option<SourcePlace>,
    /// Is the map valid? Exit status 0 if it is, 1 with the reason if not.
    #[arg(long, group = "question")]
    validate: bool,
}

/// `LINE:COLUMN`, line from 1, column from 0.
#[derive(Debug, Clone, Copy)]
struct Place(Position);

impl FromStr for Place {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected LINE:COLUMN, the line from 1 and the column from 0".to_owned();
        let (line, column) = text.split_once(':').ok_or_else(expected)?;
        let line: u32 = line.parse().map_err(|_| expected())?;
        let column = column.parse().map_err(|_| expected())?;
        Ok(Self(Position { line: line.checked_sub(1).ok_or_else(expected)?, column }))
    }
}

/// `SOURCE:LINE:COLUMN`; the source may itself have colons (`webpack://…`).
#[derive(Debug, Clone)]
struct SourcePlace {
    source: String,
    position: Position,
}

impl FromStr for SourcePlace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let expected = || "expected SOURCE:LINE:COLUMN".to_owned();
        let (rest, column) = text.rsplit_once(':').ok_or_else(expected)?;
        let (source, line) = rest.rsplit_once(':').ok_or_else(expected)?;
        let Place(position) = format!("{line}:{column}").parse()?;
        Ok(Self { source: source.to_owned(), position })
    }
}

/// Answers one question about a map.
pub(crate) fn run(arguments: &MapArgs) -> anyhow::Result<ExitCode> {
    let file = &arguments.file;
    let bytes = std::fs::read(file).with_context(|| format!("can't read `{}`", file.display()))?;
    let parsed = match String::from_utf8(bytes) {
        Ok(text) => SourceMap::parse(&text).map_err(anyhow::Error::from),
        Err(error) => Err(anyhow::Error::from(error).context("a source map is UTF-8")),
    };
    let map = match parsed {
        Ok(map) => map,
        Err(reason) if arguments.validate => {
            say(&format!("invalid: {reason:#}"))?;
            return Ok(ExitCode::from(1));
        }
        Err(reason) => {
            return Err(reason.context(format!("`{}` is not a valid source map", file.display())));
        }
    };
    let answer = match (&arguments.generated, &arguments.original) {
        _ if arguments.validate => "valid".to_owned(),
        (Some(Place(position)), _) => original_of(&map, *position).to_string(),
        (_, Some(place)) => generated_of(&map, place)?.to_string(),
        (None, None) => bail!("nothing to explain: give `--generated`, `--original` or `--validate`"),
    };
    say(&answer)?;
    Ok(ExitCode::SUCCESS)
}

fn say(line: &str) -> anyhow::Result<()> {
    writeln!(std::io::stdout(), "{line}").context("can't write the answer")
}

fn original_of(map: &SourceMap, generated: Position) -> serde_json::Value {
    let original = map.original(generated);
    json!({
        "source": original.and_then(|original| original.path),
        "line": original.map(|original| original.position.line + 1),
        "column": original.map(|original| original.position.column),
        "name": original.and_then(|original| original.name),
    })
}

fn generated_of(map: &SourceMap, place: &SourcePlace) -> anyhow::Result<serde_json::Value> {
    let sources = map.sources();
    let Some(source) = sources.iter().position(|source| source.path.as_deref() == Some(&place.source)) else {
        let known: Vec<&str> = sources.iter().filter_map(|source| source.path.as_deref()).collect();
        bail!("the map has no source `{}`; it has: {}", place.source, known.join(", "));
    };
    let generated: Vec<_> = map
        .generated(source, place.position)
        .into_iter()
        .map(|position| json!({ "line": position.line + 1, "column": position.column }))
        .collect();
    Ok(json!({ "generated": generated }))
}
