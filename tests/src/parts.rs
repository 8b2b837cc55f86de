//! What a program of `tests/` is told to run: parts by their names, and numbers.

/// The arguments of such a program.
pub struct Parts {
    names: Vec<String>,
    numbers: Vec<u64>,
}

impl Parts {
    /// Those of this program.
    pub fn of_this_program() -> Self {
        let (numbers, names): (Vec<_>, Vec<_>) =
            std::env::args().skip(1).partition(|argument| argument.parse::<u64>().is_ok());
        let numbers = numbers.iter().filter_map(|number| number.parse().ok()).collect();
        Self { names, numbers }
    }

    /// Whether a part is to run: it is named, or none is.
    pub fn is_wanted(&self, part: &str) -> bool {
        self.names.is_empty() || self.names.iter().any(|name| name == part)
    }

    /// The number at this place, if there is one.
    pub fn number(&self, at: usize) -> Option<usize> {
        self.numbers.get(at).and_then(|number| usize::try_from(*number).ok())
    }
}
