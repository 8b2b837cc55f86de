//! The model (units, changes, verdicts, engines) and the numbered rules. No IO, no parser.
