//! Commands that load a library without LLDB's hearing of it from the dynamic linker, which takes the longer the more
//! patches there are.

use std::path::Path;

use crate::scripts;

const MODULE: &str = "midflight_unobserved";
const SCRIPT: &str = include_str!("unobserved/midflight_unobserved.py");

/// What LLDB is told before the program is started.
pub(crate) fn command(target_dir: &Path) -> Option<String> {
    scripts::load(target_dir, MODULE, SCRIPT)
}

/// The same command, unobserved.
pub(crate) fn run(command: &str) -> String {
    format!("midflight-unobserved {command}")
}

/// Whether LLDB says that it has no such command, for it has no Python.
pub(crate) fn is_missing(printed: &str) -> bool {
    printed.lines().any(|line| line.starts_with("error: 'midflight-unobserved' is not a valid command"))
}

#[cfg(test)]
mod tests {
    use super::is_missing;

    #[test]
    fn only_the_command_itself_is_missed() {
        assert!(is_missing(
            "(lldb) midflight-unobserved x\nerror: 'midflight-unobserved' is not a valid command.\n"
        ));
        assert!(!is_missing("(lldb) midflight-unobserved x\nerror: 'x' is not a valid command.\n"));
    }
}
