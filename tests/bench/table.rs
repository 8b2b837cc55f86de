//! What was measured, beside the bar that it has to meet.

/// How many bars there were, and were missed. Rows are printed as they come.
pub(crate) struct Table {
    bars: u32,
    missed: u32,
}

impl Table {
    /// Begins with the titles.
    pub(crate) fn begin() -> Self {
        print(["program", "what", "measured", "bar", "met?"]);
        Self { bars: 0, missed: 0 }
    }

    /// Milliseconds that may be so many at most.
    pub(crate) fn measured(&mut self, program: &str, what: &str, milliseconds: f64, bar: Option<f64>) {
        let Some(bar) = bar else { return Self::seen(program, what, milliseconds) };
        let (measured, promised) = (shown(milliseconds), format!("≤ {bar} ms"));
        self.row(program, what, &measured, &promised, milliseconds <= bar);
    }

    /// A ratio that has to be below the bar.
    pub(crate) fn ratio(&mut self, program: &str, what: &str, ratio: f64, bar: f64) {
        self.row(program, what, &format!("{ratio:.2}"), &format!("< {bar}"), ratio < bar);
    }

    /// Anything else that has to meet a bar.
    pub(crate) fn judged(&mut self, program: &str, what: &str, measured: &str, bar: &str, is_met: bool) {
        self.row(program, what, measured, bar, is_met);
    }

    /// Anything that nothing was promised for.
    pub(crate) fn told(program: &str, what: &str, measured: &str) {
        print([program, what, measured, "", ""]);
    }

    /// Milliseconds that nothing was promised for.
    pub(crate) fn seen(program: &str, what: &str, milliseconds: f64) {
        print([program, what, &shown(milliseconds), "", ""]);
    }

    fn row(&mut self, program: &str, what: &str, measured: &str, bar: &str, is_met: bool) {
        self.bars += 1;
        self.missed += u32::from(!is_met);
        print([program, what, measured, bar, if is_met { "yes" } else { "NO" }]);
    }

    /// One line that says it all, and whether every bar was met.
    pub(crate) fn end(&self, name: &str) -> bool {
        println!("\nbench {name}: {} of {} bars met", self.bars - self.missed, self.bars);
        self.missed == 0
    }
}

/// Parts of a millisecond where they matter.
fn shown(milliseconds: f64) -> String {
    if milliseconds.abs() < 1.0 { format!("{milliseconds:.3} ms") } else { format!("{milliseconds:.1} ms") }
}

fn print([program, what, measured, bar, met]: [&str; 5]) {
    println!("{program:<10} {what:<62} {measured:>12} {bar:>10} {met:>5}");
}
