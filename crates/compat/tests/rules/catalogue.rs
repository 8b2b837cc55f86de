//! The catalogue as a whole: every rule has a page, and what the page says is what happens.

use compat::{EngineKind, Rule, Verdict, catalogue, rule};

use crate::edit::{changes, verdict};

/// The fenced blocks of a page.
fn blocks(rule: &Rule) -> Vec<&str> {
    let fenced = rule.page.split("```").skip(1).step_by(2);
    fenced.filter_map(|block| block.split_once('\n').map(|(_, text)| text)).collect()
}

/// The verdict that a page's table gives for an engine.
fn promised(rule: &Rule, engine: EngineKind) -> Verdict {
    let row = format!("| {engine} | ");
    let line = rule.page.lines().find_map(|line| line.strip_prefix(&row));
    let verdict = line.and_then(|line| line.trim_end_matches(" |").parse().ok());
    verdict.unwrap_or_else(|| panic!("{} has no verdict for {engine}", rule.code))
}

#[test]
fn the_example_of_every_page_does_what_the_page_says() {
    let mut wrong = Vec::new();
    for rule in catalogue() {
        let [before, after] = blocks(rule)[..] else { panic!("{} needs a before and an after", rule.code) };
        let mut is_found = false;
        for engine in EngineKind::ALL {
            let found = changes(before, after, engine);
            is_found |= found.iter().any(|change| change.rule == rule);
            if verdict(before, after, engine) != promised(rule, engine) {
                let said: Vec<_> = found.iter().map(|change| (change.rule.code, change.verdict)).collect();
                wrong.push(format!(
                    "{} promises {} under {engine}: {said:?}",
                    rule.code,
                    promised(rule, engine)
                ));
            }
        }
        if !is_found {
            wrong.push(format!("{} is found by no engine in its own example", rule.code));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_page_has_its_rule_s_heading_and_title() {
    for rule in catalogue() {
        assert!(rule.page.starts_with(&format!("# {}: {}\n", rule.code, rule.name)), "{}", rule.code);
        assert!(rule.page.contains(rule.title), "{}", rule.code);
        for section in ["## Why", "## What to do"] {
            assert!(rule.page.contains(section), "{} has no {section}", rule.code);
        }
    }
}

#[test]
fn every_page_belongs_to_a_rule() {
    let pages = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/rules");
    for page in std::fs::read_dir(pages).expect("the pages are there") {
        let name = page.expect("a page can be listed").file_name();
        let name = name.to_string_lossy();
        let code = name.strip_suffix(".md").unwrap_or(&name);
        assert!(code == "README" || rule(code).is_some(), "{name} is about no rule");
    }
}

#[test]
fn codes_and_names_are_in_order_and_unique() {
    for (one, next) in catalogue().iter().zip(&catalogue()[1..]) {
        assert!(one.code < next.code, "{} comes after {}", one.code, next.code);
    }
    let mut names: Vec<_> = catalogue().iter().map(|rule| rule.name).collect();
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), catalogue().len());
}

#[test]
fn every_rule_is_named_in_a_test() {
    let tests = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/rules");
    let sources: String = std::fs::read_dir(tests)
        .expect("the tests are there")
        .map(|file| {
            std::fs::read_to_string(file.expect("a test can be listed").path()).expect("a test can be read")
        })
        .collect();
    let sources = sources.to_uppercase();
    let missing: Vec<_> =
        catalogue().iter().map(|rule| rule.code).filter(|code| !sources.contains(code)).collect();
    assert!(missing.is_empty(), "no before/after test names {missing:?}");
}

#[test]
fn the_index_lists_every_rule() {
    let index = include_str!("../../../../docs/rules/README.md");
    for rule in catalogue() {
        let Rule { code, name, title, .. } = rule;
        assert!(
            index.contains(&format!("- [{code}]({code}.md) `{name}`: {title}.\n")),
            "{code} is not listed"
        );
    }
}
