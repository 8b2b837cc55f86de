//! The table, and the bars.

use std::collections::BTreeMap;
use std::fmt;

use serde_json::Value;

use crate::server::AtRest;
use crate::wrk::Served;

/// The most throughput that may be lost, in percent.
const LOSS: f64 = 2.1;

/// One edit under load.
pub(crate) struct Edit {
    pub(crate) kind: &'static str,
    /// Why its new code does not answer.
    pub(crate) problem: Option<String>,
    pub(crate) times: Value,
}

/// All that was measured.
#[derive(Default)]
pub(crate) struct Report {
    /// The compiler has processors of its own.
    pub(crate) are_split: bool,
    pub(crate) alone: Vec<Served>,
    pub(crate) quiet: Vec<Served>,
    pub(crate) swaps: Vec<Served>,
    pub(crate) builds: Vec<Served>,
    pub(crate) edits: Vec<Edit>,
    pub(crate) before: Option<AtRest>,
    pub(crate) after: Option<AtRest>,
}

/// Requests a second.
#[expect(clippy::cast_precision_loss, reason = "a rate")]
fn rate(segments: &[Served]) -> f64 {
    let requests: u64 = segments.iter().map(|served| served.requests).sum();
    let seconds: f64 = segments.iter().map(|served| served.seconds).sum();
    requests as f64 / seconds.max(f64::MIN_POSITIVE)
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}

/// What is lost of the first against the second, in percent.
fn loss(of: &[Served], against: &[Served]) -> f64 {
    100.0 * (1.0 - rate(of) / rate(against))
}

impl Report {
    /// How far it is.
    pub(crate) fn progress(&self) -> String {
        let (edits, swaps, quiet, builds) =
            (self.edits.len(), rate(&self.swaps), rate(&self.quiet), rate(&self.builds));
        format!(
            "{edits} edits: {quiet:.0} requests/s quiet, {swaps:.0} with swaps, {builds:.0} with builds alone"
        )
    }

    fn bars(&self) -> Vec<(String, bool)> {
        let failed: u64 =
            [&self.quiet, &self.swaps, &self.builds].into_iter().flatten().map(|served| served.failed).sum();
        let live = self.edits.iter().filter(|edit| edit.problem.is_none()).count();
        let total = loss(&self.swaps, &self.quiet);
        let mut bars = vec![
            (format!("{failed} failed requests (bar: 0)"), failed == 0),
            (
                format!("{live} of {} edits answered by new code (bar: all)", self.edits.len()),
                live == self.edits.len(),
            ),
            (format!("{total:.1} % of the throughput lost (bar: {LOSS} %)"), total <= LOSS),
        ];
        if let (Some(before), Some(after)) = (&self.before, &self.after) {
            let same = |what: &str, before: u64, after: u64| {
                (format!("{what}: {before} before, {after} after (bar: no more)"), after <= before)
            };
            let count = |count: usize| u64::try_from(count).unwrap_or(u64::MAX);
            let (old, new) = (&before.footprint, &after.footprint);
            bars.push(same("threads", count(old.threads), count(new.threads)));
            bars.push(same("tasks", before.tasks, after.tasks));
            bars.push(same("descriptors", count(old.descriptors), count(new.descriptors)));
        }
        bars
    }

    /// Whether every bar is met.
    pub(crate) fn is_met(&self) -> bool {
        self.bars().iter().all(|(_, met)| *met)
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "{:<34}{:>12}{:>10}{:>10}{:>10}{:>9}",
            "", "requests/s", "p50 ms", "p99 ms", "max ms", "failed"
        )?;
        for (name, segments) in [
            ("without a debugger", &self.alone),
            ("debugged, quiet", &self.quiet),
            ("debugged, edits built, not swapped", &self.builds),
            ("debugged, edits swapped in", &self.swaps),
        ] {
            let of = |value: fn(&Served) -> f64| median(segments.iter().map(value).collect());
            let max = segments.iter().map(|served| served.max).fold(0.0, f64::max);
            let failed: u64 = segments.iter().map(|served| served.failed).sum();
            let (rate, p50, p99) = (rate(segments), of(|served| served.p50), of(|served| served.p99));
            writeln!(f, "{name:<34}{rate:>12.0}{p50:>10.2}{p99:>10.2}{max:>10.1}{failed:>9}")?;
        }
        let whose =
            if self.are_split { "have processors of their own" } else { "share the server's processors" };
        writeln!(f, "(the compiler and the debugger {whose})\n")?;
        let (all, builds) = (loss(&self.swaps, &self.quiet), loss(&self.builds, &self.quiet));
        writeln!(
            f,
            "throughput: {all:.1} % lost with swaps; {builds:.1} % by building the same edits alone, so"
        )?;
        writeln!(
            f,
            "            {:.1} % by the rest: gate, link, pause, jumps",
            loss(&self.swaps, &self.builds)
        )?;
        for part in ["elapsedMs", "buildMs", "gateMs", "swapMs", "pausedMs"] {
            let times = self.edits.iter().filter_map(|edit| edit.times[part].as_f64()).collect();
            writeln!(f, "{part}: {:.0} at the median", median(times))?;
        }
        for (when, at_rest) in [("before", &self.before), ("after", &self.after)] {
            if let Some(at_rest) = at_rest {
                writeln!(f, "{when:<8}{}, {} tasks", at_rest.footprint, at_rest.tasks)?;
            }
        }
        let mut kinds: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
        for edit in &self.edits {
            let (live, all) = kinds.entry(edit.kind).or_default();
            *live += usize::from(edit.problem.is_none());
            *all += 1;
        }
        for (kind, (live, all)) in kinds {
            writeln!(f, "{kind}: {live} of {all} answered by new code")?;
        }
        for (number, edit) in self.edits.iter().enumerate() {
            if let Some(problem) = &edit.problem {
                writeln!(f, "edit {number} ({}): {problem}", edit.kind)?;
            }
        }
        writeln!(f)?;
        for (bar, met) in self.bars() {
            writeln!(f, "{} {bar}", if met { "met    " } else { "MISSED " })?;
        }
        Ok(())
    }
}
