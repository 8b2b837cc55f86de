//! Generic functions, with instantiations that the program has not had; trait objects and their vtables.

use super::Live;

const GENERIC: &str = r#"
    fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
        let mut best = *items.first()?;
        for &item in items { if item > best { best = item; } }
        Some(best)
    }
    struct Stack<T> { items: Vec<T> }
    impl<T: Clone> Stack<T> {
        fn top(&self) -> Option<T> { self.items.last().cloned() }
    }
    fn more() -> String { String::from("nothing") }
    fn step(_: u64) -> String {
        let stack = Stack { items: vec![1_u8, 2, 3] };
        format!("v1 largest {:?} {:?} top {:?} more {}.", largest(&[3, 9, 4]), largest(&[0.5, 0.25]), stack.top(), more())
    }
"#;

#[test]
fn every_instantiation_of_a_generic_function_runs_the_new_code() {
    let mut app = Live::stepping(GENERIC);
    app.line("v1 largest Some(9) Some(0.5) top Some(3) more nothing.");
    app.swap(&[("item > best", "item < best"), ("self.items.last()", "self.items.first()")]);
    app.line("v1 largest Some(3) Some(0.25) top Some(1) more nothing.");
    app.end();
}

#[test]
fn new_instantiations_of_the_programs_and_the_librarys_generics_come_along() {
    let mut app = Live::stepping(GENERIC);
    app.line("more nothing.");
    app.swap(&[(
        "String::from(\"nothing\")",
        "format!(\"{:?} {:?}\", largest(&['a', 'z', 'b']), Stack { items: vec![\"text\"] }.top())",
    )]);
    app.line("v1 largest Some(9) Some(0.5) top Some(3) more Some('z') Some(\"text\").");
    let map = r#"{
        let mut map: std::collections::BTreeMap<u8, Vec<String>> = std::collections::BTreeMap::new();
        for (at, word) in "to be or not to be".split(' ').enumerate() { map.entry(at as u8 % 3).or_default().push(word.to_uppercase()); }
        let mut words: Vec<_> = map.into_values().flatten().collect();
        words.sort_by(|a, b| b.len().cmp(&a.len()).then(a.cmp(b)));
        words.dedup();
        words.join("-")
    }"#;
    app.swap(&[("fn more() -> String {", &format!("fn more() -> String {{ if true {{ return {map}; }}"))]);
    app.line("v1 largest Some(9) Some(0.5) top Some(3) more NOT-BE-OR-TO.");
    app.end();
}

const SHAPES: &str = r#"
    use std::sync::Mutex;
    trait Shape { fn area(&self) -> u64; fn name(&self) -> String { format!("shape of {}", self.area()) } }
    struct Disc(u64);
    struct Square(u64);
    impl Shape for Disc { fn area(&self) -> u64 { self.0 * 3 } }
    impl Shape for Square { fn area(&self) -> u64 { self.0 * self.0 } }
    static SHAPES: Mutex<Vec<Box<dyn Shape + Send>>> = Mutex::new(Vec::new());
    fn step(_: u64) -> String {
        let mut shapes = SHAPES.lock().unwrap();
        if shapes.is_empty() { shapes.push(Box::new(Disc(2))); shapes.push(Box::new(Square(5))); }
        format!("v1 {:?}.", shapes.iter().map(|shape| (shape.area(), shape.name())).collect::<Vec<_>>())
    }
"#;

#[test]
fn old_trait_objects_call_the_new_bodies() {
    let mut app = Live::stepping(SHAPES);
    app.line(r#"v1 [(6, "shape of 6"), (25, "shape of 25")]."#);
    app.swap(&[("self.0 * 3", "self.0 * 31"), ("self.0 * self.0", "self.0 + self.0")]);
    app.line(r#"v1 [(62, "shape of 62"), (10, "shape of 10")]."#);
    app.swap(&[("shape of {}", "form of {}")]);
    app.line(r#"v1 [(62, "form of 62"), (10, "form of 10")]."#);
    app.end();
}

#[test]
fn a_new_implementation_lives_among_old_objects() {
    let mut app = Live::stepping(SHAPES);
    app.line(r#"v1 [(6, "shape of 6"), (25, "shape of 25")]."#);
    let line = "struct Line;\n    impl Shape for Line { fn area(&self) -> u64 { 0 } fn name(&self) -> String { String::from(\"line\") } }\n    static SHAPES";
    app.swap(&[
        ("static SHAPES", line),
        (
            "if shapes.is_empty()",
            "if shapes.len() == 2 { shapes.push(Box::new(Line)); }\n        if shapes.is_empty()",
        ),
    ]);
    app.line(r#"v1 [(6, "shape of 6"), (25, "shape of 25"), (0, "line")]."#);
    app.swap(&[("String::from(\"line\")", "String::from(\"edge\")")]);
    app.line(r#"v1 [(6, "shape of 6"), (25, "shape of 25"), (0, "edge")]."#);
    app.end();
}

#[test]
fn parts_of_the_standard_library_that_the_program_had_no_use_for_come_along() {
    let mut app = Live::stepping(GENERIC);
    app.line("more nothing.");
    let threads = r#"{
        let (to, from) = std::sync::mpsc::channel();
        let threads: Vec<_> = (0..4_u64).map(|n| { let to = to.clone(); std::thread::spawn(move || to.send(n * n).unwrap()) }).collect();
        drop(to);
        for thread in threads { thread.join().unwrap(); }
        let started = std::time::Instant::now();
        format!("sum {} {}", from.iter().sum::<u64>(), started.elapsed().as_secs() < 1000)
    }"#;
    app.swap(&[("String::from(\"nothing\")", threads)]);
    app.line("more sum 14 true.");
    let parse = r#"{
        fn parsed(text: &str) -> Result<i32, Box<dyn std::error::Error>> {
            let number: i32 = text.trim().parse()?;
            Ok(dbg!(number) * 2)
        }
        let file = std::fs::read_to_string("Cargo.toml").map(|text| text.lines().count() > 2);
        format!("{:?} {} {:?}", parsed(" 21 ").ok(), parsed("x").unwrap_err(), file.ok())
    }"#;
    app.swap(&[(threads, parse)]);
    app.line("more Some(42) invalid digit found in string Some(true).");
    app.end();
}
