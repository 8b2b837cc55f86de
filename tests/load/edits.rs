//! Fifty edits of the server's sources, each with an answer that only the new code gives.

use midflight_tests::program::{Program, replace};

const MAIN: &str = "src/main.rs";
const HANDLERS: &str = "src/handlers.rs";
const MIDDLEWARE: &str = "src/middleware.rs";

/// The sources as they are now: what has been edited how often.
#[derive(Debug, Clone)]
pub(crate) struct Sources {
    /// The files as they were.
    original: [(&'static str, String); 3],
    edits: usize,
}

/// What shows that the new code runs: a page, and a text in its answer.
#[derive(Debug)]
pub(crate) struct Sign {
    pub(crate) page: String,
    pub(crate) text: String,
}

/// The kinds of edits, which take turns.
const KINDS: [&str; 5] = [
    "a function that a handler calls",
    "the body of an async handler",
    "a function that a middleware calls",
    "a new handler and its route",
    "the body of an async middleware",
];

impl Sources {
    pub(crate) fn of(program: &Program) -> Self {
        Self { original: [MAIN, HANDLERS, MIDDLEWARE].map(|file| (file, program.read(file))), edits: 0 }
    }

    /// What the next edit is.
    pub(crate) fn kind(&self) -> &'static str {
        KINDS[self.edits % KINDS.len()]
    }

    /// Makes the next edit, and saves it.
    pub(crate) fn edit(&mut self, program: &Program) -> Sign {
        self.edits += 1;
        for (file, text) in self.texts() {
            if program.read(file) != text {
                program.write(file, &text);
            }
        }
        let number = self.edits;
        let (page, text) = match (number - 1) % KINDS.len() {
            0 => ("/".to_owned(), format!("Welcome to shop {number}.")),
            1 => ("/".to_owned(), format!("greeting {number}\n")),
            2 => ("/".to_owned(), format!("served-by: shop {number}")),
            3 => (format!("/more/{number}"), format!("more {number}")),
            _ => ("/".to_owned(), format!("counted: {number}")),
        };
        Sign { page, text }
    }

    /// The number of the last edit of a kind.
    fn last(&self, kind: usize) -> Option<usize> {
        (1..=self.edits).rev().find(|number| (number - 1) % KINDS.len() == kind)
    }

    fn texts(&self) -> [(&'static str, String); 3] {
        let [(_, main), (_, handlers), (_, middleware)] = &self.original;
        let (mut main, mut handlers, mut middleware) = (main.clone(), handlers.clone(), middleware.clone());
        if let Some(number) = self.last(0) {
            handlers = replace(&handlers, "Welcome to the shop.", &format!("Welcome to shop {number}."));
        }
        if let Some(number) = self.last(1) {
            let text = format!("format!(\"{{text}} greeting {number}\\n\")");
            handlers = replace(&handlers, "format!(\"{text}\\n\")", &text);
        }
        if let Some(number) = self.last(2) {
            middleware = replace(&middleware, "\"shop\"", &format!("\"shop {number}\""));
        }
        for number in (1..=self.edits).filter(|number| (number - 1) % KINDS.len() == 3) {
            let marker = "        // route: more\n";
            let route = format!("        .route(\"/more/{number}\", get(handlers::more{number}))\n{marker}");
            main = replace(&main, marker, &route);
            let body = format!("{{\n    \"more {number}\"\n}}");
            handlers = format!("{handlers}\npub async fn more{number}() -> &'static str {body}\n");
        }
        if let Some(number) = self.last(4) {
            let body = format!(
                "let mut response = next.run(request).await;\n    response.headers_mut().insert(\"counted\", \
                 HeaderValue::from_static(\"{number}\"));\n    response\n}}\n\n/// Says"
            );
            middleware = replace(&middleware, "next.run(request).await\n}\n\n/// Says", &body);
        }
        [(MAIN, main), (HANDLERS, handlers), (MIDDLEWARE, middleware)]
    }
}
