//! The programs that the other tests debug: they run, and their dependencies are not compiled for every test.

use midflight_tests::program::Program;

#[test]
fn a_copy_of_an_example_builds_only_its_own_crates() {
    let program = Program::example("hot-world");
    let build = program.command("cargo").args(["build", "--color=never"]).output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&build.stderr);
    let compiled: Vec<&str> = printed
        .lines()
        .filter_map(|line| line.trim().strip_prefix("Compiling "))
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(compiled, ["world", "app"], "{printed}");
}

#[test]
fn the_hot_example_runs_in_its_copy() {
    let program = Program::example("hot-world");
    program.build();
    let run = program.command("target/debug/app").arg("5").output().expect("the program starts");
    let printed = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && printed.starts_with("Kepler     5 |"), "{printed}");
}

#[test]
fn the_plain_example_runs_in_its_copy() {
    let program = Program::example("plain");
    let run = program.command("cargo").args(["run", "--quiet", "--", "1"]).output().expect("cargo runs");
    let printed = String::from_utf8_lossy(&run.stdout);
    assert!(run.status.success() && printed.starts_with("round    1  Ada   0 [T♥ 8♠ Q♣]"), "{printed}");
}
