use std::cell::Cell;
use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Poll, Waker};

use crate::model::{
    COUNT, Disc, Job, LAZY, LOCAL, ONCE, RAW, Square, World, adder, callback, job, step, visit, work,
};

pub struct Live {
    world: World,
    /// Entries that say what they must be, and that nobody else touches.
    heap: BTreeMap<u64, String>,
    written: u64,
    suspended: Job,
    callback: extern "C" fn(u64) -> u64,
    /// What the threads found wrong with their own.
    wrong: Arc<AtomicU64>,

}

thread_local! {
    static ROUNDS: Cell<u64> = const { Cell::new(0) };
}

/// Calls the model all the time, and looks after what it holds itself.
fn busy(seed: u64, wrong: &AtomicU64) {
    let mut held: Vec<u64> = Vec::new();
    for round in 1.. {
        std::hint::black_box(work(seed));
        ROUNDS.set(ROUNDS.get() + 1);
        held.push(seed);
        let is_right = ROUNDS.get() == round && held.iter().all(|&item| item == seed);
        wrong.fetch_add(u64::from(!is_right), Ordering::SeqCst);
        if held.len() > 100 {
            held = Vec::new();
            std::thread::sleep(std::time::Duration::from_millis(5));
        }
    }
}

fn poll(job: &mut Job) -> Option<u64> {
    match job.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
        Poll::Ready(value) => Some(value),
        Poll::Pending => None,
    }
}

impl Live {
    pub fn new() -> Self {
        std::panic::set_hook(Box::new(|_| {}));
        ONCE.set(42).expect("nobody was before");
        let wrong = Arc::new(AtomicU64::new(0));
        for seed in 1..5 {
            let wrong = Arc::clone(&wrong);
            std::thread::spawn(move || busy(seed, &wrong));
        }
        let mut world = World::default();
        world.shapes = vec![Box::new(Disc(4)), Box::new(Square { side: 5 })];
        let (heap, written, suspended) = (BTreeMap::new(), 0, job(1));
        Self { world, heap, written, suspended, callback, wrong }
    }

    pub fn answer(&mut self, request: &str) -> String {
        match request {
            "visit" => self.visit(),
            _ => self.step(),
        }
    }

    fn visit(&mut self) -> String {
        let seen = visit(self.written);
        let next = seen + 1; // breakpoint: visited
        format!("next {next}")
    }

    fn step(&mut self) -> String {
        let text = step(&mut self.world);
        self.written += 1;
        self.heap.insert(self.written, format!("entry {}", self.written));
        if self.heap.len() > 200 {
            self.heap.pop_first();
        }
        let spoilt = self.heap.iter().filter(|(key, text)| **text != format!("entry {key}")).count();
        if self.world.adders.len() > 8 {
            self.world.adders.remove(0);
        }
        // Some were made by code of earlier generations.
        std::hint::black_box(self.world.adders.iter().map(|add| add(1)).sum::<u64>());
        if let Some(value) = poll(&mut self.suspended) {
            self.suspended = job(std::hint::black_box(value) % 100);
        }
        let mut whole = job(7);
        let done = std::iter::from_fn(|| Some(poll(&mut whole))).take(9).flatten().next();
        let areas: Vec<u64> = self.world.shapes.iter().map(|shape| shape.area()).collect();
        let names: Vec<String> = self.world.shapes.iter().map(|shape| shape.name()).collect();
        let raw = unsafe { RAW };
        format!(
            "text={text} | areas={areas:?} | names={names:?} | fresh={} | done={done:?} | callback={} | once={:?} | \
             spoilt={spoilt} | wrong={} | +raw0={} | +ticks={} | +count={} | +lazy={} | +local={} | +raw1={} | \
             +written={}",
            adder(7)(1),
            (self.callback)(9),
            ONCE.get(),
            self.wrong.load(Ordering::SeqCst),
            raw[0],
            self.world.ticks,
            COUNT.load(Ordering::SeqCst),
            LAZY.lock().unwrap(),
            LOCAL.get(),
            raw[1],
            self.written,
        )
    }
}
