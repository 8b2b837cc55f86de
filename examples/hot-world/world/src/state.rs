//! What lives as long as the program does. The memory of a running program has this shape, so a change here is a
//! change that only a restart can bring in.

use std::ops::{Add, Mul, Sub};

/// Everything that outlives a reload.
#[derive(Debug, Clone, PartialEq)]
pub struct State {
    /// How often the world has been stepped.
    pub tick: u64,
    /// The seed that the world was made from.
    pub seed: u64,
    /// The world itself.
    pub world: World,
}

/// A sun and what goes around it.
#[derive(Debug, Clone, PartialEq)]
pub struct World {
    /// What its inhabitants call it.
    pub name: String,
    /// The farthest that anything has been from the middle.
    pub farthest: f64,
    /// The sun first, then the planets from the inside out.
    pub bodies: Vec<Body>,
}

/// A point with a mass and a name.
#[derive(Debug, Clone, PartialEq)]
pub struct Body {
    /// Its first letter is what the sky shows.
    pub name: String,
    /// In suns.
    pub mass: f64,
    /// Where it is.
    pub position: Vector,
    /// Where it is going.
    pub velocity: Vector,
}

/// A point or a direction in the plane.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Vector {
    /// To the right.
    pub x: f64,
    /// Upwards.
    pub y: f64,
}

impl State {
    /// A world at tick 0; the same seed gives the same world.
    pub fn new(name: &str, seed: u64) -> Self {
        let mut dice = Dice(seed);
        let mut bodies = vec![Body::new("Sol", 1.0, Vector::default(), Vector::default())];
        for (orbit, planet) in ["ada", "bose", "curie", "dirac"].into_iter().enumerate() {
            let distance = 1.0 + 0.7 * orbit as f64 + 0.2 * dice.roll();
            let speed = (1.0 / distance).sqrt();
            let position = Vector { x: distance, y: 0.0 };
            bodies.push(Body::new(planet, 0.001, position, Vector { x: 0.0, y: speed }));
        }
        State { tick: 0, seed, world: World { name: name.to_owned(), farthest: 0.0, bodies } }
    }
}

impl Body {
    fn new(name: &str, mass: f64, position: Vector, velocity: Vector) -> Self {
        Body { name: name.to_owned(), mass, position, velocity }
    }
}

impl Vector {
    /// The distance from the origin.
    pub fn length(self) -> f64 {
        self.x.hypot(self.y)
    }
}

impl Add for Vector {
    type Output = Vector;

    fn add(self, other: Vector) -> Vector {
        Vector { x: self.x + other.x, y: self.y + other.y }
    }
}

impl Sub for Vector {
    type Output = Vector;

    fn sub(self, other: Vector) -> Vector {
        Vector { x: self.x - other.x, y: self.y - other.y }
    }
}

impl Mul<f64> for Vector {
    type Output = Vector;

    fn mul(self, factor: f64) -> Vector {
        Vector { x: self.x * factor, y: self.y * factor }
    }
}

/// A small generator of numbers between 0 and 1 (an LCG with Knuth's constants).
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> f64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 40) as f64 / (1_u64 << 24) as f64
    }
}
