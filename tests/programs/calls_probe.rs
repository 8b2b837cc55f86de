use crate::model::{
    CLOSURES, ERASED, HOOK, MAKERS, ONCES, PARTS, POINTERS, Part, VISITS, at_once, closed, drafted, erased, hooked, keep,
    made, plain, pointed, tabled, taken, visited, written,
};

pub struct Live {
    parts: Vec<Box<dyn Part>>,
    tick: u64,
}

/// What lives all the time, for whoever compares layouts.
#[unsafe(no_mangle)]
pub fn roots(live: &Live) -> usize {
    let calls = HOOK.lock().unwrap().calls + ERASED.lock().unwrap().calls;
    live.parts.len() + CLOSURES.lock().unwrap().len() + MAKERS.lock().unwrap().len() + ONCES.lock().unwrap().len()
        + PARTS.lock().unwrap().len() + POINTERS.lock().unwrap().len() + VISITS.lock().unwrap().len() + calls as usize
}

impl Live {
    pub fn new() -> Self {
        keep();
        Self { parts: PARTS.lock().unwrap().pop().into_iter().collect(), tick: 10 }
    }

    /// Optimisers don't make it part of `main`, which never returns.
    #[inline(never)]
    pub fn answer(&mut self, _: &str) -> String {
        std::hint::black_box(roots(self));
        self.tick += 1;
        let n = self.tick;
        let own: Vec<u64> = self.parts.iter().map(|part| part.write(n).note.high).collect();
        let titles: Vec<String> = self.parts.iter().map(|part| part.title()).collect();
        format!(
            "tick={n} | taken={:?} | written={:?} | visited={:?} | pointed={:?} | closed={:?} | made={:?} | once={:?} | \
             hooked={} | erased={} | tabled={:?} | drafted={:?} | plain={:?} | own={own:?} | titles={titles:?}",
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
            drafted(n),
            plain(n),
        )
    }
}
