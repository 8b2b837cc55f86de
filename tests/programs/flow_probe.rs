use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::task::{Context, Waker};

use crate::model::{
    Adder, COUNT, Double, Event, Game, Guard, Job, LAZY, LOCAL, ONCE, Player, Plus, RAW, adder, callback, job, step,
    work,
};

pub struct Live {
    game: Game,
    guards: Vec<Guard>,
    adders: Vec<Adder>,
    jobs: Vec<Job>,
    callback: extern "C" fn(u64) -> u64,
    /// What the threads found wrong with their own.
    wrong: Arc<AtomicU64>,
}

/// What lives all the time, for whoever compares layouts.
#[unsafe(no_mangle)]
pub fn roots(live: &Live) -> usize {
    live.game.players.len()
}

/// Calls the model all the time, and looks after what it holds itself.
fn busy(seed: u64, wrong: &AtomicU64) {
    let mut held: Vec<u64> = Vec::new();
    let mut sum = 0_u64;
    loop {
        std::hint::black_box(work(seed));
        held.push(seed);
        sum += seed;
        if held.iter().sum::<u64>() != sum {
            wrong.fetch_add(1, Ordering::SeqCst);
        }
        if held.len() > 100 {
            (held, sum) = (Vec::new(), 0);
            std::thread::sleep(std::time::Duration::from_millis(1));
        }
    }
}

impl Live {
    pub fn new() -> Self {
        std::panic::set_hook(Box::new(|_| {}));
        ONCE.set(42).expect("nobody was before");
        LAZY.lock().unwrap().push(1);
        LOCAL.set(50);
        let mut game = Game { tick: 5, ..Game::default() };
        for (name, score) in [("Ada", 3), ("Grace", 5)] {
            game.players.push(Player { name: name.to_owned(), score, tags: vec![1, 2], ..Player::default() });
        }
        game.events.insert(1, Event::Moved { by: -3 });
        game.events.insert(2, Event::Started);
        game.rules = vec![Box::new(Double), Box::new(Plus { by: 3, ..Plus::default() })];
        let wrong = Arc::new(AtomicU64::new(0));
        for seed in 1..3 {
            let wrong = Arc::clone(&wrong);
            std::thread::spawn(move || busy(seed, &wrong));
        }
        let mut live = Self {
            game,
            guards: vec![Guard(1000), Guard(2000), Guard(3000), Guard(4000)],
            adders: vec![adder(10), adder(20)],
            jobs: vec![job(1), job(2)],
            callback,
            wrong,
        };
        // One of them is suspended in its middle.
        live.poll(1);
        live
    }

    fn poll(&mut self, index: usize) -> Option<u64> {
        match self.jobs[index].as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            std::task::Poll::Ready(value) => {
                self.jobs[index] = job(value % 100);
                Some(value)
            }
            std::task::Poll::Pending => None,
        }
    }

    /// Optimisers don't make it part of `main`, which never returns.
    #[inline(never)]
    pub fn answer(&mut self, _: &str) -> String {
        std::hint::black_box(roots(self));
        let text = step(&mut self.game);
        let jobs: Vec<_> = (0..self.jobs.len()).map(|index| self.poll(index)).collect();
        let sums: Vec<u64> = self.adders.iter().map(|add| add(1)).collect();
        let fresh = adder(7)(1);
        drop(self.guards.pop());
        let rules: Vec<_> = self.game.rules.iter().map(|rule| (rule.title(), rule.apply(4))).collect();
        let raw = unsafe { RAW };
        format!(
            "text={text} | tick={} | players={:?} | events={:?} | rules={rules:?} | adders={sums:?} | fresh={fresh} | \
             job0={:?} | job1={:?} | callback={} | count={} | lazy={:?} | once={:?} | raw={raw:?} | local={} | wrong={}",
            self.game.tick,
            self.game.players,
            self.game.events,
            jobs[0],
            jobs[1],
            (self.callback)(9),
            COUNT.load(Ordering::SeqCst),
            LAZY.lock().unwrap(),
            ONCE.get(),
            LOCAL.get(),
            self.wrong.load(Ordering::SeqCst),
        )
    }
}
