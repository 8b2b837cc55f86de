//! What the other programs have not: unions, const generics, foreign items, futures, stored closures, macros, traits of
//! which there are no objects, constants of constants.

use std::cell::RefCell;
use std::future::Future;
use std::pin::Pin;

pub const fn rows(of: usize) -> usize {
    of * 2
}

const WIDTH: usize = 4;
const HEIGHT: usize = rows(WIDTH);
const STEPS: u32 = 3;
const RATE: f32 = 0.5;

#[derive(Clone, Copy)]
pub union Word {
    pub whole: u32,
    pub halves: [u16; 2],
}

#[derive(Clone)]
pub struct Grid<const N: usize> {
    pub cells: [u8; N],
    pub used: u8,
}

#[derive(Clone, Default)]
pub struct Point {
    pub x: f32,
    pub y: f32,
}

/// Of this one there are no trait objects.
pub trait Measure {
    const UNIT: u32;
    type Out;
    fn measure(&self) -> Self::Out;
    fn twice(&self) -> u32 {
        Self::UNIT * 2
    }
}

impl Measure for Point {
    const UNIT: u32 = 2;
    type Out = f32;
    fn measure(&self) -> f32 {
        self.x + self.y
    }
}

/// Of this one there are, and of its supertrait therefore.
pub trait Named {
    fn name(&self) -> String;
}

pub trait Task: Named {
    fn run(&mut self, by: u32) -> u32;
    fn again(&self) -> bool {
        true
    }
}

pub struct Count {
    pub so_far: u32,
}

impl Named for Count {
    fn name(&self) -> String {
        "count".to_owned()
    }
}

impl Task for Count {
    fn run(&mut self, by: u32) -> u32 {
        self.so_far += by;
        self.so_far
    }
}

impl Drop for Count {
    fn drop(&mut self) {
        LOG.with(|log| log.borrow_mut().push(self.so_far));
    }
}

macro_rules! sum {
    ($($value:expr),*) => { 0 $(+ $value)* };
}

thread_local! {
    static LOG: RefCell<Vec<u32>> = const { RefCell::new(Vec::new()) };
}

static BONUS: u32 = 7;
static mut TOTAL: u64 = 0;

unsafe extern "C" {
    fn getpid() -> i32;
}

#[derive(Default)]
pub struct Jobs {
    pub tasks: Vec<Box<dyn Task>>,
    pub hooks: Vec<Box<dyn Fn(u32) -> u32>>,
    pub waiting: Vec<Pin<Box<dyn Future<Output = u32>>>>,
    pub places: Vec<Point>,
}

pub struct Screen {
    pub grid: Grid<HEIGHT>,
    pub word: Option<Word>,
}

/// Never held across a call.
struct Found<'a> {
    best: Option<&'a Point>,
    length: f32,
}

fn best<'a>(places: &'a [Point]) -> Found<'a> {
    let mut found = Found { best: None, length: 0.0 };
    for place in places {
        if place.measure() > found.length {
            found = Found { best: Some(place), length: place.measure() };
        }
    }
    found
}

fn largest<T: PartialOrd + Copy>(values: &[T], first: T) -> T {
    let mut largest = first;
    for value in values {
        if *value > largest {
            largest = *value;
        }
    }
    largest
}

fn scaled(by: u32) -> impl Fn(u32) -> u32 {
    move |x| x * by + STEPS
}

async fn later(of: u32) -> u32 {
    let held = [of; WIDTH];
    std::future::ready(()).await;
    held[0] + BONUS
}

fn log(value: u32) {
    LOG.with(|log| log.borrow_mut().push(value));
    unsafe { TOTAL += u64::from(value) };
}

#[unsafe(no_mangle)]
pub fn start(jobs: &mut Jobs, by: u32) {
    jobs.tasks.push(Box::new(Count { so_far: by }));
    jobs.hooks.push(Box::new(scaled(by)));
    jobs.waiting.push(Box::pin(later(by)));
    jobs.places.push(Point { x: by as f32 * RATE, y: 1.0 });
}

#[unsafe(no_mangle)]
pub fn advance(jobs: &mut Jobs) -> u32 {
    let ran: u32 = jobs.tasks.iter_mut().map(|task| task.run(2)).sum();
    let hooked: u32 = jobs.hooks.iter().map(|hook| hook(1)).sum();
    let found = best(&jobs.places);
    log(sum!(ran, hooked));
    let unit = found.best.map_or(0, Measure::twice);
    ran + hooked + unit + largest(&[1, 5, 3], 0)
}

#[unsafe(no_mangle)]
pub extern "C" fn paint(screen: &mut Screen) -> u32 {
    screen.grid.used += 1;
    screen.grid.cells[0] = screen.grid.used;
    let process = unsafe { getpid() };
    screen.word.map_or(0, |word| unsafe { word.whole }) + u32::from(process > 0)
}
