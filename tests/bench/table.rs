//! What was measured, beside the bar that it has to meet.

/// The rows so far.
#[derive(Default)]
pub(crate) struct Table {
    rows: Vec<[String; 5]>,
    bars: u32,
    missed: u32,
}

impl Table {
    /// Milliseconds that may be so many at most.
    pub(crate) fn measured(&mut self, program: &str, what: &str, milliseconds: f64, bar: Option<f64>) {
        let Some(bar) = bar else { return self.seen(program, what, milliseconds) };
        self.row(
            program,
            what,
            format!("{milliseconds:.1} ms"),
            format!("≤ {bar:.0} ms"),
            milliseconds <= bar,
        );
    }

    /// A ratio that has to be below the bar.
    pub(crate) fn ratio(&mut self, program: &str, what: &str, ratio: f64, bar: f64) {
        self.row(program, what, format!("{ratio:.2}"), format!("< {bar}"), ratio < bar);
    }

    /// Milliseconds that nothing was promised for.
    pub(crate) fn seen(&mut self, program: &str, what: &str, milliseconds: f64) {
        let measured = format!("{milliseconds:.1} ms");
        self.rows.push([program, what, &measured, "", ""].map(str::to_owned));
    }

    fn row(&mut self, program: &str, what: &str, measured: String, bar: String, is_met: bool) {
        self.bars += 1;
        self.missed += u32::from(!is_met);
        let met = if is_met { "yes" } else { "NO" };
        self.rows.push([program.to_owned(), what.to_owned(), measured, bar, met.to_owned()]);
    }

    pub(crate) fn are_met(&self) -> bool {
        self.missed == 0
    }

    /// The table, and one line that says it all.
    pub(crate) fn print(&self) {
        let title = ["program", "what", "measured", "bar", "met?"].map(str::to_owned);
        println!();
        for [program, what, measured, bar, met] in std::iter::once(&title).chain(&self.rows) {
            println!("{program:<10} {what:<50} {measured:>12} {bar:>10} {met:>5}");
        }
        let met = self.bars - self.missed;
        println!("\nbench in-place: {met} of {} bars met", self.bars);
    }
}
