//! Trait objects, enums with and without payload, nested state.

use std::collections::HashMap;

pub trait Shape {
    fn area(&self) -> f64;
    fn name(&self) -> String {
        String::from("shape")
    }
    fn scaled(&self, by: f64) -> f64 {
        self.area() * by
    }
}

#[derive(Default, Clone)]
pub struct Disc {
    pub radius: f64,
    pub label: u32,
}

#[derive(Default, Clone)]
pub struct Square {
    pub side: f64,
}

impl Shape for Disc {
    fn area(&self) -> f64 {
        self.radius * self.radius * 3.0
    }
}

impl Shape for Square {
    fn area(&self) -> f64 {
        self.side * self.side
    }
    fn name(&self) -> String {
        format!("square {}", self.side)
    }
}

#[derive(Default, Clone, Debug)]
pub enum Mood {
    #[default]
    Calm,
    Angry {
        level: u32,
    },
    Fleeing(Box<Body>),
}

#[derive(Default, Clone, Copy, PartialEq, Debug)]
pub enum Phase {
    #[default]
    Dawn,
    Noon,
    Dusk,
}

#[derive(Default, Clone, Debug)]
pub struct Body {
    pub x: f64,
    pub y: f64,
    pub mass: f32,
    pub tag: u32,
}

#[derive(Default)]
pub struct World {
    pub bodies: Vec<Body>,
    pub moods: HashMap<u64, Mood>,
    pub shapes: Vec<Box<dyn Shape>>,
    pub phase: Phase,
}

#[derive(Default)]
pub struct State {
    pub tick: u64,
    pub world: World,
    pub label: Option<String>,
}

/// Never held across a call.
#[derive(Default)]
struct Scratch {
    sum: f64,
    count: usize,
}

const SCALE: f64 = 2.0;
static LIMIT: u64 = 1000;

fn total(bodies: &[Body]) -> Scratch {
    let mut scratch = Scratch { ..Scratch::default() };
    for body in bodies {
        scratch.sum += f64::from(body.mass);
        scratch.count += 1;
    }
    scratch
}

fn next(phase: Phase) -> Phase {
    if phase == Phase::Dawn { Phase::Noon } else { Phase::default() }
}

#[unsafe(no_mangle)]
pub fn step(state: &mut State) {
    state.tick += 1;
    let scratch = total(&state.world.bodies);
    let shift = scratch.sum * SCALE;
    state.world.bodies.iter_mut().for_each(|body| body.x += shift);
    state.world.phase = next(state.world.phase);
    if state.tick < LIMIT {
        state.world.shapes.push(Box::new(Disc { ..Disc::default() }));
        state.world.shapes.push(Box::new(Square { ..Square::default() }));
    }
    state.world.moods.insert(state.tick, Mood::default());
}

#[unsafe(no_mangle)]
pub fn describe(state: &State, prefix: &str) -> String {
    let names: Vec<String> = state.world.shapes.iter().map(|shape| shape.name()).collect();
    let area: f64 = state.world.shapes.iter().map(|shape| shape.scaled(1.5)).sum();
    format!("{prefix} {} {:?} {}", names.join(","), state.world.phase, area)
}
