//! The reloadable half of the program. Change a law of nature and save: the planets feel it within the second.
//!
//! The functions marked `#[unsafe(no_mangle)]` are the boundary: the program looks them up by name in the newest
//! library, so their signatures, and the types that pass through them, must stay what the program was built with.

mod state;

pub use state::{Body, State, Vector, World};

/// How much time passes in one tick.
const TIME_STEP: f64 = 0.05;

/// The width of the strip of sky that [`render`] draws.
const COLUMNS: usize = 48;

/// Advances the world by one tick.
#[unsafe(no_mangle)]
pub fn step(state: &mut State) {
    let gravity = 1.0;
    let tick = state.tick + 1;
    accelerate(&mut state.world.bodies, gravity * TIME_STEP);
    let farthest = drift(&mut state.world.bodies, TIME_STEP);
    state.world.farthest = state.world.farthest.max(farthest); // breakpoint: step
    state.tick = tick;
}

/// One line: where the bodies are, seen from the side, and the energy they have together.
#[unsafe(no_mangle)]
pub fn render(state: &State) -> String {
    let world = &state.world;
    let mut sky = [' '; COLUMNS];
    for body in &world.bodies {
        sky[column(body.position.x)] = glyph(body); // breakpoint: render
    }
    let sky: String = sky.iter().collect();
    format!("{} {:>5} |{sky}| energy {:+.4}", world.name, state.tick, energy(&world.bodies))
}

/// Every body pulls every other one.
fn accelerate(bodies: &mut [Body], strength: f64) {
    for pulled in 0..bodies.len() {
        let mut pull = Vector::default();
        for (pulling, body) in bodies.iter().enumerate() {
            if pulling != pulled {
                let way = body.position - bodies[pulled].position;
                pull = pull + way * (body.mass / cubed(way.length()));
            }
        }
        bodies[pulled].velocity = bodies[pulled].velocity + pull * strength; // breakpoint: accelerate
    }
}

/// Moves the bodies along, and says how far out the outermost of them is.
fn drift(bodies: &mut [Body], time: f64) -> f64 {
    let mut farthest = 0.0_f64;
    for body in bodies {
        body.position = body.position + body.velocity * time;
        farthest = farthest.max(body.position.length());
    }
    farthest
}

/// Motion less attraction: it hardly changes as long as the laws don't.
fn energy(bodies: &[Body]) -> f64 {
    let mut sum = 0.0;
    for (index, body) in bodies.iter().enumerate() {
        sum += body.mass * body.velocity.length().powi(2) / 2.0;
        for other in &bodies[index + 1..] {
            sum -= body.mass * other.mass / (body.position - other.position).length();
        }
    }
    sum
}

/// Where on the strip a coordinate is drawn; what has flown off stays at its edge.
fn column(x: f64) -> usize {
    let middle = COLUMNS as f64 / 2.0;
    (middle + x * 6.0).clamp(0.0, COLUMNS as f64 - 1.0) as usize
}

fn glyph(body: &Body) -> char {
    if body.mass > 0.5 { '@' } else { body.name.chars().next().unwrap_or('?') }
}

/// Softened, so that bodies which meet don't fling each other out of the world.
fn cubed(distance: f64) -> f64 {
    distance.max(0.05).powi(3)
}
