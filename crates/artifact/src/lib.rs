//! The gate: compares what was built before anything is loaded.
