//! What the user reads: on standard error, so that the program's output stays what it is.

use std::io::Write;

use compat::EngineKind;
use dap_adapter::terminal::News;

use super::keys;

/// Shows what there is to show. Colours are dropped where the standard error is no terminal.
pub(super) fn show(news: &News, has_keys: bool) {
    match news {
        News::Building(line) | News::Diagnostic(line) => write(line),
        News::Started { program, engine, saves_restart, is_first } => {
            say(&started(program, engine, *saves_restart, has_keys));
            if has_keys && *is_first {
                say(keys::HELP);
            }
        }
        News::Line(line) => say(line),
        News::Crashed { signal, frames } => say(&format!("the program got {signal}{}", backtrace(frames))),
    }
}

/// One line a frame; where a function called itself again and again, one for all of that.
fn backtrace(frames: &[String]) -> String {
    let lines = frames.iter().enumerate().filter_map(|(index, frame)| {
        let is_again = |other: Option<&String>| other == Some(frame);
        let before = index.checked_sub(1).and_then(|before| frames.get(before));
        match (is_again(before), is_again(frames.get(index + 1))) {
            (false, _) => Some(format!("\n{index:>4}: {frame}")),
            (true, true) => None,
            (true, false) => Some(format!("\n   … to {index}: the same")),
        }
    });
    lines.collect()
}

/// Says something of our own.
pub(super) fn say(line: &str) {
    write(&format!("\x1b[1mmidflight:\x1b[0m {line}"));
}

fn started(program: &str, engine: &str, saves_restart: bool, has_keys: bool) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let here = format!("{}/", here.display());
    let program = program.strip_prefix(&here).unwrap_or(program);
    let saves = match (engine == EngineKind::Restart.name(), has_keys) {
        _ if saves_restart => "it is built and started again at every save".to_owned(),
        (false, _) => format!("saves are swapped in ({engine})"),
        (true, true) => "saves can't be swapped into it; R restarts it with them".to_owned(),
        (true, false) => "saves can't be swapped into it; run it again to apply them".to_owned(),
    };
    format!("`{program}` runs; {saves}")
}

fn write(line: &str) {
    // A terminal that has gone can't be told of it.
    let _ = writeln!(anstream::stderr().lock(), "{line}");
}
