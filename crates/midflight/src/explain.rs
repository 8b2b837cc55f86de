//! `midflight explain`: a rule's page.

use std::io::Write;
use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

#[derive(Debug, Args)]
pub(crate) struct ExplainArgs {
    /// The rule, by its code (`MF0203`) or name (`struct-field-added`); all rules are listed where none is given.
    rule: Option<String>,
}

/// Prints the page, or the list.
pub(crate) fn run(arguments: &ExplainArgs) -> anyhow::Result<ExitCode> {
    let mut out = anstream::stdout().lock();
    let written = match arguments.rule.as_deref() {
        Some(wanted) => {
            let is_it = |rule: &&compat::Rule| rule.code.eq_ignore_ascii_case(wanted) || rule.name == wanted;
            let Some(rule) = compat::catalogue().iter().find(is_it) else {
                bail!("there is no rule `{wanted}`: `midflight explain` lists them all");
            };
            write!(out, "{}", rule.page)
        }
        None => compat::catalogue()
            .iter()
            .try_for_each(|rule| writeln!(out, "{}  {:36} {}", rule.code, rule.name, rule.title)),
    };
    match written {
        Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => Err(error.into()),
        _ => Ok(ExitCode::SUCCESS),
    }
}
