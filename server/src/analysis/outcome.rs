//! What came of an analysis, in the editor's terms.

use std::collections::{BTreeMap, HashMap};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::path::PathBuf;
use std::sync::Arc;

use compat::{Change, EngineKind, UnitKind, Verdict};
use lang_rust::{Allowance, WITHOUT_REASON};
use lsp_types::{Diagnostic, Range, Uri};

use crate::analysis::{Analysis, OpenText, Snapshot};
use crate::lines::Lines;
use crate::session::{Counts, FileCounts, StatusNotification, Totals};
use crate::{show, uri};

/// How many dependents of one change are shown: enough to see what kind of thing depends on it.
const TOLD: usize = 10;

/// All that requests are answered from. Immutable.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// It saw every change up to this one.
    pub(crate) revision: u64,
    pub(crate) status: Option<StatusNotification>,
    /// The files with changes.
    pub(crate) files: BTreeMap<PathBuf, FileOutcome>,
    /// The versions of the documents that it saw.
    pub(crate) versions: HashMap<PathBuf, i32>,
}

/// What changed in one file.
#[derive(Debug)]
pub(crate) struct FileOutcome {
    pub(crate) uri: Uri,
    /// The version of the document; none for a file that is not open.
    pub(crate) version: Option<i32>,
    pub(crate) findings: Vec<Finding>,
    pub(crate) diagnostics: Vec<Diagnostic>,
    /// The same for the same diagnostics.
    pub(crate) result_id: String,
}

/// One change at its place in the editor.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) code: &'static str,
    pub(crate) title: &'static str,
    pub(crate) verdict: Verdict,
    pub(crate) item: String,
    pub(crate) kind: UnitKind,
    pub(crate) range: Range,
    pub(crate) unit_range: Range,
    pub(crate) message: String,
    pub(crate) why: String,
    pub(crate) remedy: String,
    pub(crate) reachable_from: Vec<String>,
    pub(crate) before: Option<Before>,
    /// What a changed layout reaches: the way there, and where it stands.
    pub(crate) dependents: Vec<(String, lsp_types::Location)>,
    /// The text that the ranges are of.
    pub(crate) text: Arc<str>,
    /// Bytes of the whole item, as in [`Change`].
    pub(crate) item_range: Option<std::ops::Range<usize>>,
    pub(crate) old: Option<OldItem>,
}

/// The whole item in the baseline.
#[derive(Debug)]
pub(crate) struct OldItem {
    /// "generation 2".
    pub(crate) label: String,
    pub(crate) file: Arc<str>,
    pub(crate) file_text: Arc<str>,
    pub(crate) bytes: std::ops::Range<usize>,
    pub(crate) range: Range,
}

/// The same thing in the baseline.
#[derive(Debug)]
pub(crate) struct Before {
    /// "generation 2, src/world.rs:12".
    pub(crate) label: String,
    /// The line of the baseline.
    pub(crate) text: String,
    /// Where that line would be in the editor. The baseline's own text is no file that every editor could
    /// open, so the place to go to is here and the old line is quoted.
    pub(crate) uri: Uri,
    pub(crate) range: Range,
}

impl FileOutcome {
    fn counts(&self) -> FileCounts {
        let mut counts = Counts::default();
        self.findings.iter().for_each(|finding| counts.add(finding.verdict));
        FileCounts { uri: self.uri.clone(), counts }
    }
}

impl Outcome {
    /// Whether something differs in a document that the editor has not edited meanwhile: of that only a
    /// refresh will tell it.
    pub(crate) fn differs_behind_the_back_of_the_editor(&self, previous: &Self) -> bool {
        let id = |outcome: &Self, path| outcome.files.get(path).map(|file| file.result_id.clone());
        let mut paths = self.files.keys().chain(previous.files.keys());
        let is_first = previous.status.is_none() && self.status.is_some();
        is_first
            || paths.any(|path| {
                self.versions.get(path) == previous.versions.get(path) && id(self, path) != id(previous, path)
            })
    }
}

/// Turns changes into an outcome. Lines are counted once a text.
pub(super) struct Builder<'a> {
    analysis: &'a Analysis,
    snapshot: &'a Snapshot,
    engine: EngineKind,
    lines: HashMap<(bool, Arc<str>), Arc<Lines>>,
    maps: HashMap<(Arc<str>, Arc<str>), Arc<remap::LineMap>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(analysis: &'a Analysis, snapshot: &'a Snapshot, engine: EngineKind) -> Self {
        Self { analysis, snapshot, engine, lines: HashMap::new(), maps: HashMap::new() }
    }

    pub(super) fn build(mut self, changes: Vec<Change>) -> Outcome {
        let mut totals = Totals::default();
        let mut by_file: BTreeMap<Arc<str>, Vec<Finding>> = BTreeMap::new();
        for mut change in changes {
            match self.allowance(&change) {
                Some(Allowance::For(_)) => {
                    totals.allowed += 1;
                    continue;
                }
                Some(Allowance::WithoutReason) => change.why = format!("{} {WITHOUT_REASON}", change.why),
                None => {}
            }
            totals.counts.add(change.verdict);
            let file = self.shown_in(&change.file);
            let finding = self.finding(change, &file);
            by_file.entry(file).or_default().push(finding);
        }
        let files = by_file.into_iter().filter_map(|(path, findings)| self.file(&path, findings));
        let files: BTreeMap<_, FileOutcome> = files.collect();
        totals.files =
            files.values().filter(|file| file.version.is_some()).map(FileOutcome::counts).collect();
        let documents = self.snapshot.documents.iter();
        Outcome {
            revision: self.snapshot.revision,
            status: Some(self.status(totals)),
            files,
            versions: documents.map(|document| (document.path.clone(), document.version)).collect(),
        }
    }

    fn allowance(&self, change: &Change) -> Option<Allowance<'a>> {
        let text = self.text(true, &change.file);
        let item = change.item_range.as_ref().filter(|item| !item.is_empty())?;
        lang_rust::allowance(text, item, &change.unit_range, change.rule)
    }

    /// A file that is gone can show nothing: what went with it shows at the top of the root manifest.
    fn shown_in(&self, file: &Arc<str>) -> Arc<str> {
        if self.analysis.texts.contains_key(file) { Arc::clone(file) } else { "Cargo.toml".into() }
    }

    fn file(&self, path: &Arc<str>, findings: Vec<Finding>) -> Option<(PathBuf, FileOutcome)> {
        let open = self
            .snapshot
            .documents
            .iter()
            .find(|document| self.analysis.relative(&document.path).as_deref() == Some(&**path));
        let absolute = open.map_or_else(|| self.analysis.root.join(&**path), |open| open.path.clone());
        let uri = open.map(|open| open.uri.clone()).or_else(|| uri::from_path(&absolute))?;
        let diagnostics = findings.iter().filter_map(|finding| show::diagnostic(finding, self.snapshot));
        let diagnostics: Vec<Diagnostic> = diagnostics.collect();
        let result_id = fingerprint(&diagnostics, &findings);
        let version = open.map(|open| open.version);
        Some((absolute, FileOutcome { uri, version, findings, diagnostics, result_id }))
    }

    fn finding(&mut self, change: Change, shown_in: &Arc<str>) -> Finding {
        let is_here = *shown_in == change.file;
        let place = |builder: &mut Self, bytes: &std::ops::Range<usize>| {
            if is_here { builder.range(true, shown_in, bytes) } else { Range::default() }
        };
        let range = place(self, &change.range);
        let unit_range = place(self, &change.unit_range);
        let before = change.baseline.as_ref().and_then(|location| self.before(location, shown_in, range));
        let dependents = change.dependents.iter().take(TOLD).filter_map(|it| self.dependent(it)).collect();
        Finding {
            dependents,
            code: change.rule.code,
            title: change.rule.title,
            verdict: change.verdict,
            item: change.item,
            kind: change.kind,
            range,
            unit_range,
            message: change.message,
            why: change.why,
            remedy: change.remedy,
            reachable_from: change.reachable_from,
            before,
            text: self.analysis.texts.get(shown_in).cloned().unwrap_or_default(),
            item_range: change.item_range.filter(|_| is_here),
            old: change.item_baseline.and_then(|location| self.old_item(location)),
        }
    }

    fn dependent(&mut self, dependent: &compat::Dependent) -> Option<(String, lsp_types::Location)> {
        let file = &dependent.location.file;
        let uri = self.uri_of(file)?;
        let range = self.range(true, file, &dependent.location.range);
        Some((dependent.path.clone(), lsp_types::Location { uri, range }))
    }

    /// As the editor writes it, where it has the file open.
    fn uri_of(&self, file: &str) -> Option<Uri> {
        let is_it = |open: &&OpenText| self.analysis.relative(&open.path).as_deref() == Some(file);
        let open = self.snapshot.documents.iter().find(is_it);
        open.map(|open| open.uri.clone()).or_else(|| uri::from_path(&self.analysis.root.join(file)))
    }

    fn old_item(&mut self, location: compat::Location) -> Option<OldItem> {
        let file_text = Arc::clone(self.analysis.basis.texts.get(&location.file)?);
        let range = self.range(false, &location.file, &location.range);
        let label = self.analysis.basis.label();
        Some(OldItem { label, file: location.file, file_text, bytes: location.range, range })
    }

    fn before(&mut self, location: &compat::Location, file: &Arc<str>, range: Range) -> Option<Before> {
        let old = self.analysis.basis.texts.get(&location.file)?.clone();
        let old_range = self.range(false, &location.file, &location.range);
        let old_line = usize::try_from(old_range.start.line).ok()?;
        let text = self.lines(false, &location.file).line(&old, old_line).trim().to_owned();
        let label = format!("{}, {}:{}", self.analysis.basis.label(), location.file, old_line + 1);
        let range = self.counterpart(&location.file, file, old_range.start.line).unwrap_or(range);
        let uri = uri::from_path(&self.analysis.root.join(&**file))?;
        let open = self
            .snapshot
            .documents
            .iter()
            .find(|document| self.analysis.relative(&document.path).as_deref() == Some(&**file));
        Some(Before { label, text, uri: open.map_or(uri, |open| open.uri.clone()), range })
    }

    /// Where a line of the baseline is in the editor, if it is there.
    fn counterpart(&mut self, old: &Arc<str>, new: &Arc<str>, line: u32) -> Option<Range> {
        let old_text = self.analysis.basis.texts.get(old)?;
        let new_text = self.analysis.texts.get(new)?;
        let map = self.maps.entry((Arc::clone(old), Arc::clone(new)));
        let map = map.or_insert_with(|| Arc::new(remap::LineMap::between(old_text, new_text)));
        let (remap::Mapped::Exact(line) | remap::Mapped::Near(line)) = map.forward(line) else { return None };
        let position = lsp_types::Position::new(line, 0);
        Some(Range::new(position, position))
    }

    fn range(&mut self, is_new: bool, file: &Arc<str>, bytes: &std::ops::Range<usize>) -> Range {
        let lines = self.lines(is_new, file);
        let text = self.text(is_new, file);
        lines.range(text, bytes, self.snapshot.features.encoding)
    }

    fn lines(&mut self, is_new: bool, file: &Arc<str>) -> Arc<Lines> {
        let text = self.text(is_new, file);
        let lines = self.lines.entry((is_new, Arc::clone(file)));
        Arc::clone(lines.or_insert_with(|| Arc::new(Lines::new(text))))
    }

    fn text(&self, is_new: bool, file: &Arc<str>) -> &'a str {
        let texts = if is_new { &self.analysis.texts } else { &self.analysis.basis.texts };
        texts.get(file).map_or("", |text| text)
    }

    fn status(&self, totals: Totals) -> StatusNotification {
        let basis = &self.analysis.basis;
        StatusNotification::new(&self.analysis.root, basis, self.engine, totals)
    }
}

fn fingerprint(diagnostics: &[Diagnostic], findings: &[Finding]) -> String {
    let mut hasher = DefaultHasher::new();
    serde_json::to_string(diagnostics).unwrap_or_default().hash(&mut hasher);
    // What is switched off as a diagnostic still shows as a lens.
    for finding in findings {
        (finding.code, &finding.item, finding.unit_range.start.line).hash(&mut hasher);
    }
    format!("{:016x}", hasher.finish())
}
