//! What a reload is said to have brought: one line, the same in every editor.

use std::time::Duration;

use in_place::{Patch, Replaced};
use serde_json::Value;

/// So many functions are named.
const NAMED: usize = 3;

/// What a closure's name ends with.
const CLOSURE: &str = " (a closure)";

/// The rule on the body of a function that runs once.
const RUNS_ONCE: &str = "run-once-body-changed";

/// What the process stood still for.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Parts {
    /// Until all threads stood, at places where they may stand.
    pub(super) stop: Duration,
    /// Loading the patch.
    pub(super) load: Duration,
    /// Redirecting the old entries.
    pub(super) redirect: Duration,
    /// Setting breakpoints in the new code, until the editor was told of all.
    pub(super) breakpoints: Duration,
    /// Taking those away that older code had.
    pub(super) left_over: Duration,
}

/// What a swap in place did.
#[derive(Debug, Default)]
pub(super) struct Swapped {
    /// How long the process stood still.
    pub(super) paused: Duration,
    /// The parts of it.
    pub(super) parts: Parts,
    /// The functions whose calls run new code, as the user knows them.
    pub(super) functions: Vec<String>,
    /// The functions that are running: those calls finish the old code.
    pub(super) in_progress: Vec<String>,
    /// What does not take effect at once, in sentences.
    pub(super) notes: Vec<String>,
}

impl Swapped {
    /// What a patch does.
    pub(super) fn of(patch: &Patch) -> Self {
        let functions = names(patch.redirects.iter().map(|redirect| redirect.function.as_str()));
        Self { functions, notes: patch.notes.clone(), ..Self::default() }
    }

    /// It is loaded while frames go on at these addresses.
    pub(super) fn is_during(&mut self, patch: &Patch, frames: &[u64]) {
        let is_running = |code: &&Replaced| frames.iter().any(|address| code.is_running(*address));
        // Of a fork the notes say that its old code is called.
        let running = patch.replaced.iter().filter(|code| !code.is_called).filter(is_running);
        self.in_progress = names(running.map(|replaced| replaced.function.as_str()));
    }
}

/// What to say of a generation that runs now; `swapped` where functions were swapped in place.
pub(super) fn message(number: u32, took: Duration, swapped: Option<&Swapped>, changes: &Value) -> String {
    let seconds = format!("{:.1} s", took.as_secs_f64());
    let done = match swapped {
        None => format!("Reloaded in {seconds}, generation {number}"),
        Some(swapped) if swapped.functions.is_empty() => {
            format!("The code is the same, its lines follow the text ({seconds}), generation {number}")
        }
        Some(Swapped { paused, functions, .. }) => {
            let paused = paused.as_secs_f64() * 1000.0;
            let what = list(functions, changes);
            format!("Swapped {what} in {seconds} (paused {paused:.0} ms), generation {number}")
        }
    };
    let mut notes = later(swapped, changes);
    notes.extend(swapped.iter().flat_map(|swapped| swapped.notes.iter().cloned()));
    if notes.is_empty() { done } else { format!("{done}. {}", notes.join(" ")) }
}

/// `a`, `b`, `c` and 5 more. What was edited is named; the rest is there because its lines moved, or because what
/// was edited is compiled into it.
fn list(functions: &[String], changes: &Value) -> String {
    let edited: Vec<String> = of(changes).filter_map(item).collect();
    let mut named: Vec<&String> = functions.iter().filter(|name| edited.contains(name)).collect();
    if named.is_empty() {
        named.extend(functions);
    }
    named.truncate(NAMED);
    let quoted: Vec<String> = named.iter().map(|name| format!("`{name}`")).collect();
    match functions.len() - named.len() {
        0 => quoted.join(", "),
        more => format!("{} and {more} more", quoted.join(", ")),
    }
}

/// Why such a patch is refused.
pub(super) const NEVER_RUNS: &str = "The new code would never run: only `main` leads to it, and `main` runs once. \
    Either the future of a changed `async` function holds other values than the one that `main` has started, or an \
    optimised build has compiled a changed function into `main`, or a type in the signature of a function that `main` calls \
    is written in another way, which gives the function another name (not with `-Csymbol-mangling-version=v0`).";

/// Whether nothing but `main` would run the new code, which was not even edited: futures are parts of those that wait for
/// them, and an optimised build compiles functions into their callers.
pub(super) fn never_runs(patch: &Patch, changes: &Value) -> bool {
    let is_new = |function: &&String| !patch.restated.contains(*function);
    let mut functions = patch.redirects.iter().map(|redirect| &redirect.function).filter(is_new).peekable();
    functions.peek().is_some()
        && functions.all(|function| artifact::is_main(function))
        && !of(changes).any(runs_once)
}

/// The functions that changes are of, to be told by their linker names.
#[derive(Debug)]
pub(super) struct Edited {
    /// As the user knows them.
    functions: Vec<String>,
}

impl Edited {
    /// Those that may be called again.
    pub(super) fn of(changes: &Value) -> Self {
        let again = of(changes).filter(|change| !runs_once(change));
        Self { functions: again.filter_map(item).collect() }
    }

    /// Whether a function is one of them, or a closure of one.
    pub(super) fn has(&self, symbol: &str) -> bool {
        self.functions.iter().any(|known| {
            // Most are not, which is quickly told by this alone.
            symbol.contains(known.rsplit("::").next().unwrap_or_default()) && {
                let name = short(&artifact::demangled(symbol));
                name.strip_suffix(CLOSURE).unwrap_or(&name) == known
            }
        })
    }
}

fn of(changes: &Value) -> impl Iterator<Item = &Value> {
    changes.as_array().into_iter().flatten()
}

fn runs_once(change: &Value) -> bool {
    change["rule"] == RUNS_ONCE
}

/// What a change is of, as the user knows it.
fn item(change: &Value) -> Option<String> {
    change["item"].as_str().map(short)
}

/// What takes effect later: `main`, what the rules know to run only once, and what is running.
fn later(swapped: Option<&Swapped>, changes: &Value) -> Vec<String> {
    let functions = swapped.iter().flat_map(|swapped| &swapped.functions);
    let items = of(changes).filter(|change| runs_once(change)).filter_map(item);
    let mut names: Vec<String> = functions.filter(|name| *name == "main").cloned().chain(items).collect();
    names.sort_unstable();
    names.dedup();
    let in_progress = swapped.iter().flat_map(|swapped| &swapped.in_progress);
    let in_progress = in_progress
        .filter(|name| !names.contains(name))
        .map(|name| format!("A call of `{name}` is in progress and finishes the old code."));
    let once = names.iter().map(|name| format!("`{name}` runs its old code until it is called again."));
    once.chain(in_progress).collect()
}

/// The functions behind these linker names as the user knows them, each once.
pub(super) fn names<'a>(symbols: impl Iterator<Item = &'a str>) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    for symbol in symbols {
        let name = short(&artifact::demangled(symbol));
        if !names.contains(&name) {
            names.push(name);
        }
    }
    // A closure is a part of its function.
    let all = names.clone();
    names.retain(|name| {
        !name.strip_suffix(CLOSURE).is_some_and(|owner| all.iter().any(|other| other == owner))
    });
    names
}

/// The shortest name that still tells: `step` of `app::world::step`, `Disc::area` of
/// `<app::Disc as app::Shape>::area`, `main (a closure)` of `app::main::{{closure}}`.
fn short(path: &str) -> String {
    let (path, closure) = match path.split_once("::{{closure}}").or_else(|| path.split_once("::{closure")) {
        Some((path, _)) => (path, CLOSURE),
        None => (path, ""),
    };
    let mut segments = segments(path).into_iter().rev();
    let last = segments.next().unwrap_or_default();
    let owner = segments.next().map(owner).filter(|owner| owner.starts_with(char::is_uppercase));
    let owner = owner.map_or_else(String::new, |owner| format!("{owner}::"));
    format!("{owner}{}{closure}", without_generics(last))
}

/// The type of an `impl` by its last segment.
fn owner(segment: &str) -> &str {
    let inner = segment.strip_prefix('<').and_then(|inner| inner.strip_suffix('>')).unwrap_or(segment);
    let implementor = inner.split(" as ").next().unwrap_or(inner);
    without_generics(segments(implementor).last().copied().unwrap_or_default())
}

fn without_generics(name: &str) -> &str {
    name.split('<').next().unwrap_or(name)
}

/// The parts of a path between its outermost `::`.
fn segments(path: &str) -> Vec<&str> {
    let (mut parts, mut start, mut depth) = (Vec::new(), 0, 0_usize);
    for (at, letter) in path.char_indices() {
        match letter {
            '<' | '(' | '{' => depth += 1,
            // An arrow in a type is no bracket.
            '>' if path[..at].ends_with('-') => {}
            '>' | ')' | '}' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && path[at..].starts_with("::") => {
                parts.push(&path[start..at]);
                start = at + 2;
            }
            _ => {}
        }
    }
    parts.push(&path[start..]);
    // What stands before generic arguments: `largest::<u32>`.
    parts.retain(|part| !part.is_empty() && !is_arguments(part));
    parts
}

/// Whether it is only the arguments of what stands before it.
fn is_arguments(part: &str) -> bool {
    part.starts_with('<') && !part.contains(" as ") && !part.contains("::")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn swapped(functions: &[&str]) -> Swapped {
        let functions = functions.iter().map(|name| (*name).to_owned()).collect();
        Swapped { paused: Duration::from_millis(18), functions, ..Swapped::default() }
    }

    #[test]
    fn functions_are_named_with_the_time_and_the_pause() {
        let took = Duration::from_millis(612);
        let say = |functions: &[&str]| message(4, took, Some(&swapped(functions)), &json!([]));
        assert_eq!(
            say(&["step", "describe"]),
            "Swapped `step`, `describe` in 0.6 s (paused 18 ms), generation 4"
        );
        let many = ["a", "b", "c", "d", "e", "f", "g", "h"];
        assert_eq!(say(&many), "Swapped `a`, `b`, `c` and 5 more in 0.6 s (paused 18 ms), generation 4");
        let changes = json!([{"item": "app::h"}, {"item": "app::State"}]);
        let said = message(4, took, Some(&swapped(&many)), &changes);
        assert!(said.starts_with("Swapped `h` and 7 more in"), "{said}");
        assert!(say(&[]).starts_with("The code is the same"));
        assert_eq!(message(2, took, None, &json!([])), "Reloaded in 0.6 s, generation 2");
    }

    #[test]
    fn what_runs_once_is_said_to_run_its_old_code() {
        let changes = json!([{"rule": RUNS_ONCE, "item": "app::main"}]);
        let said = message(1, Duration::from_secs(1), Some(&swapped(&["main"])), &changes);
        let end = "(paused 18 ms), generation 1. `main` runs its old code until it is called again.";
        assert!(said.ends_with(end), "{said}");
        assert_eq!(message(1, Duration::from_secs(1), Some(&swapped(&["main"])), &json!([])), said);
    }

    #[test]
    fn calls_in_progress_are_named_once() {
        let mut done = swapped(&["main", "run"]);
        done.in_progress = vec!["main".to_owned(), "run".to_owned()];
        let said = message(1, Duration::from_secs(1), Some(&done), &json!([]));
        let end = "1. `main` runs its old code until it is called again. A call of `run` is in progress and finishes the old code.";
        assert!(said.ends_with(end), "{said}");
    }

    #[test]
    fn a_closure_goes_with_its_function() {
        let symbols = ["app::play", "app::play::{{closure}}", "app::main::{{closure}}"];
        assert_eq!(names(symbols.into_iter()), ["play", "main (a closure)"]);
    }

    #[test]
    fn edited_functions_are_known_by_their_linker_names() {
        let items = ["app::<Disc as Shape>::area", "app::play", "app::main"];
        let rule = |item: &str| if item == "app::main" { RUNS_ONCE } else { "function-body-changed" };
        let edited =
            Edited::of(&items.iter().map(|item| json!({"item": item, "rule": rule(item)})).collect());
        for (area, other, closure) in [
            (
                "_ZN40_$LT$app..Disc$u20$as$u20$app..Shape$GT$4area17hcc6f7698d5538ea2E",
                "_ZN42_$LT$app..Square$u20$as$u20$app..Shape$GT$4area17h42688213a3998ae9E",
                "_ZN3app4play28_$u7b$$u7b$closure$u7d$$u7d$17h4141c89c937fac10E",
            ),
            (
                "_RNvXCsehy31kd5JTe_3appNtB2_4DiscNtB2_5Shape4area",
                "_RNvXs_Csehy31kd5JTe_3appNtB4_6SquareNtB4_5Shape4area",
                "_RNCNvCsehy31kd5JTe_3app4play0B3_",
            ),
        ] {
            assert_eq!([area, other, closure].map(|symbol| edited.has(symbol)), [true, false, true]);
        }
        assert!(!edited.has("_ZN3app4main17h298b14305f49ff10E"), "it is not called again");
    }

    #[test]
    fn names_are_as_short_as_they_can_be() {
        for (path, name) in [
            ("app::world::step", "step"),
            ("main", "main"),
            ("app::Player::new", "Player::new"),
            ("<app::Disc as app::Shape>::area", "Disc::area"),
            ("<app::Pair<u8, app::B> as core::fmt::Display>::fmt", "Pair::fmt"),
            ("app::main::{{closure}}", "main (a closure)"),
            ("app::largest::<u32>", "largest"),
            ("<app::Disc>::grow", "Disc::grow"),
            ("app::run::<fn() -> u8>", "run"),
        ] {
            assert_eq!(short(path), name, "{path}");
        }
    }
}
