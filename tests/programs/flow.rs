//! Closures, futures, generics, statics of every kind, threads, callbacks, `Drop` and panics.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::task::{Context, Poll};

pub static COUNT: AtomicU64 = AtomicU64::new(100);
pub static LAZY: LazyLock<Mutex<Vec<u64>>> = LazyLock::new(|| Mutex::new(vec![7]));
pub static ONCE: OnceLock<u64> = OnceLock::new();
pub static mut RAW: [u64; 4] = [1, 2, 3, 4];
static WEIGHTS: [u64; 3] = [2, 3, 5];
const SHIFT: u64 = 17;

thread_local! {
    pub static LOCAL: Cell<u64> = const { Cell::new(5) };
}

pub type Adder = Box<dyn Fn(u64) -> u64>;
pub type Job = Pin<Box<dyn Future<Output = u64>>>;

#[derive(Debug, Clone)]
pub enum Event {
    Started,
    Moved { by: i64 },
    Said(String),
}

#[derive(Debug, Default, Clone)]
pub struct Player {
    pub name: String,
    pub score: u64,
    pub tags: Vec<u16>,
}

#[derive(Default)]
pub struct Game {
    pub tick: u64,
    pub players: Vec<Player>,
    pub events: BTreeMap<u64, Event>,
    pub rules: Vec<Box<dyn Rule>>,
}

pub trait Rule {
    fn apply(&self, n: u64) -> u64;
    fn title(&self) -> String {
        String::from("rule")
    }
}

#[derive(Default)]
pub struct Double;

#[derive(Default)]
pub struct Plus {
    pub by: u64,
}

impl Rule for Double {
    fn apply(&self, n: u64) -> u64 {
        n * 2
    }
}

impl Rule for Plus {
    fn apply(&self, n: u64) -> u64 {
        n + self.by
    }
    fn title(&self) -> String {
        format!("plus {}", self.by)
    }
}

/// Counts when it goes.
pub struct Guard(pub u64);

impl Drop for Guard {
    fn drop(&mut self) {
        COUNT.fetch_add(self.0 + 1, Ordering::SeqCst);
    }
}

/// Lets others go first, once.
#[derive(Default)]
struct Pause {
    done: bool,
}

impl Future for Pause {
    type Output = ();
    fn poll(mut self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<()> {
        if std::mem::replace(&mut self.done, true) { Poll::Ready(()) } else { Poll::Pending }
    }
}

/// Only within one call.
#[derive(Debug, Default)]
struct Tally {
    sum: u64,
    seen: u32,
}

/// Only within one call, too.
#[derive(Debug, Default)]
enum Choice {
    #[default]
    Nothing,
    Low(u64),
    High {
        value: u64,
    },
}

struct Pair<T> {
    left: T,
    right: T,
}

pub fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    let mut best = *items.first()?;
    for &item in items {
        if item > best {
            best = item;
        }
    }
    Some(best)
}

fn both<T: Into<u64>>(pair: Pair<T>) -> u64 {
    let left: u64 = pair.left.into();
    left * 10 + pair.right.into()
}

fn choose(n: u64) -> Choice {
    if n > 50 { Choice::High { value: n } } else { Choice::Low(n) }
}

fn tally(players: &[Player]) -> Tally {
    let mut tally = Tally { ..Tally::default() };
    for player in players {
        tally.sum += player.score;
        tally.seen += 1;
    }
    tally
}

#[inline]
fn mix(a: u64, b: u64) -> u64 {
    (a ^ b) + SHIFT
}

fn depth(n: u64) -> u64 {
    if n == 0 { 1 } else { depth(n - 1) + n }
}

pub fn adder(by: u64) -> Adder {
    let base = depth(2);
    Box::new(move |n| n + by + base)
}

async fn lookup(n: u64) -> u64 {
    let weight = WEIGHTS[1];
    Pause::default().await;
    n * weight
}

pub async fn fetch(n: u64) -> u64 {
    let found = lookup(n).await;
    found + 1
}

pub fn job(n: u64) -> Job {
    Box::pin(async move {
        let first = fetch(n).await;
        let held = vec![first, n];
        Pause::default().await;
        held.iter().sum()
    })
}

pub extern "C" fn callback(n: u64) -> u64 {
    mix(n, 12)
}

pub fn work(seed: u64) -> u64 {
    (0..50).map(|n| n ^ seed).filter(|n| n % 3 == 0).sum()
}

fn careful(n: u64) -> u64 {
    assert!(n != 3, "on purpose");
    n
}

pub fn step(game: &mut Game) -> String {
    game.tick += 1;
    let guard = Guard(game.tick);
    LAZY.lock().unwrap().push(game.tick);
    LOCAL.with(|local| local.set(local.get() + 2));
    unsafe { RAW[1] += 1 };
    for player in &mut game.players {
        player.score = game.rules.iter().fold(player.score, |score, rule| rule.apply(score));
    }
    let said = format!("tick {}", game.tick);
    game.events.insert(game.tick, Event::Said(said));
    let caught = std::panic::catch_unwind(|| careful(3)).is_err();
    let Tally { sum, seen, .. } = tally(&game.players);
    let chosen = match choose(sum) {
        Choice::Low(value) | Choice::High { value } => value,
        _ => 0,
    };
    drop(guard);
    let pair = both(Pair { left: 3_u8, right: 4 });
    let longest = largest(&[3, 9, 4]);
    format!("{sum} of {seen}, chosen {chosen}, pair {pair}, caught {caught}, longest {longest:?}")
}
