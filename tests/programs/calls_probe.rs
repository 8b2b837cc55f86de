use crate::model::{
    PARTS, Part, at_once, closed, erased, hooked, keep, made, pointed, tabled, taken, visited, written,
};

pub struct Live {
    parts: Vec<Box<dyn Part>>,
    tick: u64,
}

/// What lives all the time, for whoever compares layouts.
#[unsafe(no_mangle)]
pub fn roots(live: &Live) -> usize {
    live.parts.len()
}

impl Live {
    pub fn new() -> Self {
        keep();
        let mut live = Self { parts: Vec::new(), tick: 10 };
        live.answer("");
        live.parts.extend(PARTS.lock().unwrap().pop());
        live
    }

    pub fn answer(&mut self, _: &str) -> String {
        std::hint::black_box(roots(self));
        self.tick += 1;
        let n = self.tick;
        let own: Vec<u64> = self.parts.iter().map(|part| part.write(n).note.high).collect();
        let titles: Vec<String> = self.parts.iter().map(|part| part.title()).collect();
        format!(
            "tick={n} | taken={:?} | written={:?} | visited={:?} | pointed={:?} | closed={:?} | made={:?} | once={:?} | \
             hooked={} | erased={} | tabled={:?} | own={own:?} | titles={titles:?}",
            taken(n),
            written(n),
            visited(n),
            pointed(n),
            closed(n),
            made(n),
            at_once(n),
            hooked(n),
            erased(n),
            tabled(n),
        )
    }
}
