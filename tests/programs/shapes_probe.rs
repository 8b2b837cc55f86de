use crate::model::{Body, Disc, Mood, Phase, Square, State, describe, step};

pub struct Live {
    state: State,
}

/// What lives all the time, for whoever compares layouts.
#[unsafe(no_mangle)]
pub fn roots(live: &Live) -> usize {
    live.state.world.bodies.len()
}

impl Live {
    pub fn new() -> Self {
        let mut state = State { tick: 40, label: Some("seeded".to_owned()), ..State::default() };
        for number in 1..4_u8 {
            let (x, mass) = (f64::from(number), f32::from(number) * 2.0);
            state.world.bodies.push(Body { x, y: x + 0.5, mass, tag: 7, ..Body::default() });
        }
        state.world.moods.insert(1, Mood::Fleeing(Box::new(Body { mass: 3.0, ..Body::default() })));
        state.world.moods.insert(2, Mood::Calm);
        state.world.shapes.push(Box::new(Disc { radius: 2.0, label: 3, ..Disc::default() }));
        state.world.shapes.push(Box::new(Square { side: 5.0, ..Square::default() }));
        state.world.phase = Phase::Dusk;
        Self { state }
    }

    /// Optimisers don't make it part of `main`, which never returns.
    #[inline(never)]
    pub fn answer(&mut self, _: &str) -> String {
        std::hint::black_box(roots(self));
        step(&mut self.state);
        let State { tick, world, label, .. } = &self.state;
        let mut moods: Vec<_> = world.moods.iter().collect();
        moods.sort_by_key(|(key, _)| **key);
        let areas: Vec<f64> = world.shapes.iter().map(|shape| shape.area()).collect();
        let scaled: Vec<f64> = world.shapes.iter().map(|shape| shape.scaled(2.0)).collect();
        let names: Vec<String> = world.shapes.iter().map(|shape| shape.name()).collect();
        format!(
            "tick={tick} | label={label:?} | bodies={:?} | moods={moods:?} | phase={:?} | areas={areas:?} | \
             scaled={scaled:?} | names={names:?} | text={}",
            world.bodies,
            world.phase,
            describe(&self.state, "now"),
        )
    }
}
