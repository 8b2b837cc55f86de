//! State of every kind, and code whose effect on it depends on nothing but the code: each step adds the same.

use std::cell::Cell;
use std::pin::Pin;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, Mutex, OnceLock};
use std::task::{Context, Poll};

pub static COUNT: AtomicU64 = AtomicU64::new(1000);
pub static LAZY: LazyLock<Mutex<u64>> = LazyLock::new(|| Mutex::new(70));
pub static ONCE: OnceLock<u64> = OnceLock::new();
pub static mut RAW: [u64; 4] = [1, 2, 3, 4];
const SCALE: u64 = 3;

thread_local! {
    pub static LOCAL: Cell<u64> = const { Cell::new(5) };
}

pub type Adder = Box<dyn Fn(u64) -> u64>;
pub type Job = Pin<Box<dyn Future<Output = u64>>>;

pub trait Shape {
    fn area(&self) -> u64;
    fn name(&self) -> String {
        String::from("shape")
    }
}

pub struct Disc(pub u64);

pub struct Square {
    pub side: u64,
}

impl Shape for Disc {
    fn area(&self) -> u64 {
        self.0 * SCALE
    }
}

impl Shape for Square {
    fn area(&self) -> u64 {
        self.side * self.side + 1
    }
    fn name(&self) -> String {
        format!("square {}", self.side)
    }
}

/// Counts when it goes.
struct Guard(u64);

impl Drop for Guard {
    fn drop(&mut self) {
        COUNT.fetch_add(gain(self.0), Ordering::SeqCst);
    }
}

#[derive(Default)]
pub struct World {
    pub ticks: u64,
    pub shapes: Vec<Box<dyn Shape>>,
    pub adders: Vec<Adder>,
}

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

#[inline]
fn gain(n: u64) -> u64 {
    n * 2 + 1
}

fn depth(n: u64) -> u64 {
    if n == 0 { 1 } else { depth(n - 1) + n }
}

fn largest<T: PartialOrd + Copy>(items: &[T]) -> Option<T> {
    let mut best = *items.first()?;
    for &item in items {
        if item > best {
            best = item;
        }
    }
    Some(best)
}

pub fn adder(by: u64) -> Adder {
    let base = depth(2);
    Box::new(move |n| n + by + base)
}

async fn fetch(n: u64) -> u64 {
    let found = gain(n);
    Pause::default().await;
    found + 1
}

pub fn job(n: u64) -> Job {
    Box::pin(async move {
        let held = vec![fetch(n).await, n];
        Pause::default().await;
        held.iter().sum()
    })
}

pub extern "C" fn callback(n: u64) -> u64 {
    (n ^ 12) + SCALE
}

/// What all the threads call all the time.
pub fn work(seed: u64) -> u64 {
    (0..50).map(|n| n ^ seed).filter(|n| n % 3 == 0).sum()
}

fn careful(n: u64) -> u64 {
    assert!(n != 3, "on purpose");
    n
}

fn mark(n: u64) -> u64 {
    n + 30
}

pub fn visit(n: u64) -> u64 {
    let first = n + 2;
    let seen = mark(first); // breakpoint: visit
    seen + 1
}

pub fn step(world: &mut World) -> String {
    world.ticks += 1;
    COUNT.fetch_add(gain(4), Ordering::SeqCst);
    *LAZY.lock().unwrap() += depth(3);
    LOCAL.with(|local| local.set(local.get() + 2));
    unsafe { RAW[1] += gain(1) };
    let guard = Guard(2);
    let caught = std::panic::catch_unwind(|| careful(3)).is_err();
    let longest = largest(&[3, 9, 4]);
    drop(guard);
    world.adders.push(adder(5));
    format!("caught {caught}, longest {longest:?}, doubled {}", gain(20))
}
