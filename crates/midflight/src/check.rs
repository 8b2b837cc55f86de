//! `midflight check`: two trees in, verdicts out.

use std::io::Write;
use std::path::Path;
use std::process::ExitCode;

use anyhow::{Context, bail};
use compat::Texts;
use lang_rust::Channel;

use crate::{CheckArgs, Format, github, human, sarif};

/// Compares the two trees that the arguments name and prints the report.
pub(crate) fn run(arguments: &CheckArgs) -> anyhow::Result<ExitCode> {
    let (old, new) = trees(arguments)?;
    let report = lang_rust::report(&old, &new, arguments.engine);
    let mut out = anstream::stdout().lock();
    let written = match arguments.format {
        Format::Json => json(&mut out, &report),
        Format::Sarif => json(&mut out, &sarif::log(&report)),
        Format::Github => github::write(&mut out, &report),
        Format::Human => human::write(&mut out, &report, &old, &new),
    };
    match written {
        // The reader had enough, as `head` has; the exit status still answers.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => {}
        other => other.context("cannot write the report")?,
    }
    Ok(match report.channel {
        Channel::HotReload => ExitCode::SUCCESS,
        Channel::Build => ExitCode::from(1),
    })
}

fn json(out: &mut impl Write, value: &impl serde::Serialize) -> std::io::Result<()> {
    serde_json::to_writer_pretty(&mut *out, value)?;
    writeln!(out)
}

fn trees(arguments: &CheckArgs) -> anyhow::Result<(Texts, Texts)> {
    if let Some(revision) = &arguments.since {
        let here = std::env::current_dir().context("cannot tell the current directory")?;
        let root = baseline::find_root(&here).unwrap_or(here);
        let old = baseline::read_git(&root, revision, &lang_rust::is_source)?;
        return Ok((complete(old, &root), read(&root)?));
    }
    let (Some(old), Some(new)) = (&arguments.old, &arguments.new) else {
        bail!("nothing to compare: give `--old DIR --new DIR` or `--since REF`");
    };
    Ok((read(old)?, read(new)?))
}

fn read(root: &Path) -> anyhow::Result<Texts> {
    if !root.is_dir() {
        bail!("`{}` is not a directory", root.display());
    }
    Ok(complete(baseline::read_tree(root, &lang_rust::is_source)?, root))
}

/// The texts of a tree; what had to be left out is said, never passed over.
fn complete(tree: baseline::Tree, root: &Path) -> Texts {
    for (path, reason) in &tree.skipped {
        eprintln!("midflight: left out {}: {reason}", root.join(path).display());
    }
    tree.texts
}
