//! The section `midflight` of the client's configuration.

use std::str::FromStr as _;

use compat::{EngineKind, Verdict};
use lsp_types::DiagnosticSeverity;
use serde_json::Value;

/// What the user has chosen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Settings {
    /// None: whatever the session says, else what the workspace is made for.
    pub(crate) engine: Option<EngineKind>,
    severities: [Option<DiagnosticSeverity>; Verdict::ALL.len()],
}

impl Default for Settings {
    fn default() -> Self {
        let severities = Verdict::ALL.map(|verdict| {
            Some(match verdict {
                Verdict::Safe => DiagnosticSeverity::HINT,
                Verdict::Deferred | Verdict::Reset | Verdict::Unknown => DiagnosticSeverity::INFORMATION,
                Verdict::Restart => DiagnosticSeverity::WARNING,
            })
        });
        Self { engine: None, severities }
    }
}

impl Settings {
    /// Reads the section. What is missing or makes no sense stays as it is by default: a slip in a
    /// configuration file must not silence anything.
    pub(crate) fn from_section(section: &Value) -> Self {
        let engine = section.get("engine").and_then(Value::as_str);
        let engine = engine.and_then(|name| EngineKind::from_str(name).ok());
        let mut settings = Self { engine, ..Self::default() };
        for (verdict, severity) in Verdict::ALL.into_iter().zip(&mut settings.severities) {
            let chosen = section.get("severity").and_then(|it| it.get(verdict.name())?.as_str());
            match chosen {
                Some("off") => *severity = None,
                Some("hint") => *severity = Some(DiagnosticSeverity::HINT),
                Some("information") => *severity = Some(DiagnosticSeverity::INFORMATION),
                Some("warning") => *severity = Some(DiagnosticSeverity::WARNING),
                Some("error") => *severity = Some(DiagnosticSeverity::ERROR),
                _ => {}
            }
        }
        settings
    }

    /// How to show a verdict; none if it is off.
    pub(crate) fn severity(&self, verdict: Verdict) -> Option<DiagnosticSeverity> {
        let index = Verdict::ALL.iter().position(|other| *other == verdict)?;
        self.severities[index]
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_makes_no_sense_stays_as_it_is() {
        let section = json!({"severity": {"safe": "off", "reset": "loud", "restart": 3}, "engine": "warp"});
        let settings = Settings::from_section(&section);
        assert_eq!(settings.severity(Verdict::Safe), None);
        assert_eq!(settings.severity(Verdict::Reset), Some(DiagnosticSeverity::INFORMATION));
        assert_eq!(settings.severity(Verdict::Restart), Some(DiagnosticSeverity::WARNING));
        assert_eq!(settings.engine, None);
        assert_eq!(Settings::from_section(&Value::Null), Settings::default());
    }

    #[test]
    fn an_engine_can_be_forced() {
        let settings = Settings::from_section(&json!({"engine": "subsecond"}));
        assert_eq!(settings.engine, Some(EngineKind::Subsecond));
    }
}
