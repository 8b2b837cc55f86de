//! A chain of maps, from one end to the other and back.

use std::sync::Arc;

use crate::{LineMap, PathRewrites, Position, SourceMap, column};

/// A position in a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Location {
    /// The file, as this end of a chain names it.
    pub path: String,
    /// The position in it.
    pub position: Position,
}

/// Goes from a position at one end of a chain to those at the other.
///
/// The steps are made by [`lines`](Self::lines), [`originals`](Self::originals) and [`paths`](Self::paths), and put
/// one behind the other by [`then`](Self::then). A step that has nothing to say about a file passes it on.
#[derive(Debug, Clone, Default)]
pub struct Remapper {
    steps: Vec<Step>,
}

#[derive(Debug, Clone)]
struct Step {
    kind: Kind,
    inverse: bool,
}

#[derive(Debug, Clone)]
enum Kind {
    Lines { path: Arc<str>, map: Arc<LineMap>, old: Arc<str>, new: Arc<str> },
    Originals { generated: Arc<str>, sources: Arc<[Option<String>]>, map: Arc<SourceMap> },
    Paths(Arc<PathRewrites>),
}

impl Remapper {
    /// From the lines of an old text of a file to those of a new one.
    #[must_use]
    pub fn lines(path: Arc<str>, map: Arc<LineMap>, old: Arc<str>, new: Arc<str>) -> Self {
        Self::of(Kind::Lines { path, map, old, new })
    }

    /// From original files, by the names that they have here, to the file that was generated.
    #[must_use]
    pub fn originals(generated: Arc<str>, sources: Arc<[Option<String>]>, map: Arc<SourceMap>) -> Self {
        Self::of(Kind::Originals { generated, sources, map })
    }

    /// From paths here to those of the same files elsewhere.
    #[must_use]
    pub fn paths(rewrites: Arc<PathRewrites>) -> Self {
        Self::of(Kind::Paths(rewrites))
    }

    fn of(kind: Kind) -> Self {
        Self { steps: vec![Step { kind, inverse: false }] }
    }

    /// This chain with another one behind it.
    #[must_use]
    pub fn then(mut self, next: Self) -> Self {
        self.steps.extend(next.steps);
        self
    }

    /// The chain in the other direction.
    #[must_use]
    pub fn inverse(mut self) -> Self {
        self.steps.reverse();
        for step in &mut self.steps {
            step.inverse = !step.inverse;
        }
        self
    }

    /// Where a position is at the other end, the best first; none, where it has no counterpart.
    #[must_use]
    pub fn map(&self, from: &Location) -> Vec<Location> {
        let mut places = vec![from.clone()];
        for step in &self.steps {
            places = places.iter().flat_map(|place| step.map(place)).collect();
        }
        places
    }
}

impl Step {
    fn map(&self, from: &Location) -> Vec<Location> {
        let at = from.position;
        match &self.kind {
            Kind::Lines { path, map, old, new } if **path == *from.path => {
                let (mapped, from_text, to_text) = if self.inverse {
                    (map.backward(at.line), new, old)
                } else {
                    (map.forward(at.line), old, new)
                };
                let place = mapped.exact().map(|line| Position {
                    line,
                    column: if map.is_identity() {
                        at.column
                    } else {
                        column(line_of(from_text, at.line), line_of(to_text, line), at.column)
                    },
                });
                place.into_iter().map(|position| Location { path: from.path.clone(), position }).collect()
            }
            Kind::Originals { generated, sources, map } if self.inverse && **generated == *from.path => {
                let original = map.original(at);
                let place = original.and_then(|original| {
                    let path = sources.get(original.source)?.clone()?;
                    Some(Location { path, position: original.position })
                });
                place.into_iter().collect()
            }
            Kind::Originals { generated, sources, map } if !self.inverse => {
                let is_meant = |(_, name): &(usize, &Option<String>)| name.as_deref() == Some(&from.path);
                let mut named = sources.iter().enumerate().filter(is_meant).peekable();
                if named.peek().is_none() {
                    return vec![from.clone()];
                }
                let places = named.flat_map(|(source, _)| map.generated(source, at));
                places.map(|position| Location { path: generated.to_string(), position }).collect()
            }
            Kind::Paths(rewrites) => {
                let path =
                    if self.inverse { rewrites.to_local(&from.path) } else { rewrites.to_remote(&from.path) };
                vec![Location { path: path.unwrap_or_else(|| from.path.clone()), position: at }]
            }
            Kind::Lines { .. } | Kind::Originals { .. } => vec![from.clone()],
        }
    }
}

fn line_of(text: &str, line: u32) -> &str {
    text.lines().nth(line as usize).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(path: &str, line: u32, column: u32) -> Location {
        Location { path: path.to_owned(), position: Position { line, column } }
    }

    /// Line 0 of `/w/a.tmpl` made line 1 of `/w/gen.rs`, of which the text that runs has a line less above it; where
    /// it was built, `/w` is `/build`.
    fn chain() -> Remapper {
        let map = r#"{"version": 3, "sources": ["a.tmpl"], "mappings": ";IAAA"}"#;
        let map = Arc::new(SourceMap::parse(map).expect("valid"));
        let (shown, runs): (Arc<str>, Arc<str>) = ("// new\n    go();\n".into(), "go();\n".into());
        let lines = Arc::new(LineMap::between(&shown, &runs));
        let rewrites = Arc::new(PathRewrites::new([("/w", "/build")]).expect("absolute"));
        Remapper::originals("/w/gen.rs".into(), Arc::new([Some("/w/a.tmpl".to_owned())]), map)
            .then(Remapper::lines("/w/gen.rs".into(), lines, shown, runs))
            .then(Remapper::paths(rewrites))
    }

    #[test]
    fn a_chain_is_gone_along_in_both_directions() {
        let chain = chain();
        assert_eq!(chain.map(&at("/w/a.tmpl", 0, 0)), [at("/build/gen.rs", 0, 0)]);
        assert_eq!(chain.inverse().map(&at("/build/gen.rs", 0, 0)), [at("/w/a.tmpl", 0, 0)]);
    }

    #[test]
    fn what_no_step_knows_is_passed_on() {
        let chain = chain();
        assert_eq!(chain.map(&at("/w/b.rs", 7, 3)), [at("/build/b.rs", 7, 3)]);
        assert_eq!(chain.inverse().map(&at("/usr/lib.rs", 7, 3)), [at("/usr/lib.rs", 7, 3)]);
    }

    #[test]
    fn what_has_no_counterpart_has_none() {
        assert_eq!(chain().map(&at("/w/a.tmpl", 5, 0)), []);
        assert_eq!(chain().map(&at("/w/gen.rs", 0, 0)), [], "a line that does not run yet");
    }
}
