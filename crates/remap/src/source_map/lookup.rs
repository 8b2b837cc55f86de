//! Both directions of a map.

use super::{Mapping, Position, SourceMap, Target};

/// Where a generated position comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Original<'a> {
    /// Index into [`SourceMap::sources`].
    pub source: usize,
    /// The original file, where the map names it.
    pub path: Option<&'a str>,
    /// Position in it.
    pub position: Position,
    /// The name that the identifier there had, where the map tells.
    pub name: Option<&'a str>,
}

impl SourceMap {
    /// The original of a generated position: the nearest mapping at or before it on its line, or a range
    /// mapping from before. `None` where the map says nothing, or that there is no original.
    pub fn original(&self, generated: Position) -> Option<Original<'_>> {
        let after = self.mappings.partition_point(|mapping| mapping.generated <= generated);
        let last = self.mappings[..after].last()?;
        // Of several mappings for one place the first counts, as in other consumers.
        let first = self.mappings.partition_point(|mapping| mapping.generated < last.generated);
        let mapping = self.mappings[first];
        if mapping.generated.line != generated.line && !mapping.range {
            return None;
        }
        let target = mapping.target?;
        let position = if mapping.range { along(&mapping, &target, generated) } else { target.position };
        Some(Original {
            source: target.source as usize,
            path: self.sources.get(target.source as usize)?.path.as_deref(),
            position,
            name: target.name.and_then(|name| self.names.get(name as usize)).map(String::as_str),
        })
    }

    /// The generated positions of an original one: on its line the nearest mapping at or before it (else the
    /// next one after), with all that share its original position, in the order of how little their round
    /// trip varies, then of the generated text. Empty where the line generated nothing.
    pub fn generated(&self, source: usize, original: Position) -> Vec<Position> {
        let key =
            |index: &u32| self.mappings[*index as usize].target.map(|t| (t.source as usize, t.position));
        let line_start = Some((source, Position { line: original.line, column: 0 }));
        let from = self.reverse.partition_point(|index| key(index) < line_start);
        let at = self.reverse.partition_point(|index| key(index) <= Some((source, original)));
        let nearest = match self.reverse[from..at].last() {
            Some(index) => key(index),
            None => {
                self.reverse.get(at).and_then(key).filter(|&(s, p)| (s, p.line) == (source, original.line))
            }
        };
        let Some((_, place)) = nearest else { return Vec::new() };
        let start = self.reverse.partition_point(|index| key(index) < nearest);
        let end = self.reverse.partition_point(|index| key(index) <= nearest);
        let mut found: Vec<Position> =
            self.reverse[start..end]
                .iter()
                .map(|&index| self.mappings[index as usize])
                .map(|mapping| {
                    if mapping.range { ahead(mapping.generated, place, original) } else { mapping.generated }
                })
                .collect();
        found.sort_by_key(|&position| (self.round_trip(source, original, position), position));
        found.dedup();
        found
    }

    /// Whether nothing that was generated stands before this generated position on its line.
    pub fn begins_line(&self, generated: Position) -> bool {
        let line_start = Position { column: 0, ..generated };
        let first = self.mappings.partition_point(|mapping| mapping.generated < line_start);
        self.mappings.get(first).is_none_or(|mapping| mapping.generated >= generated)
    }

    /// How far the way back from a generated position ends from where it began.
    fn round_trip(&self, source: usize, original: Position, generated: Position) -> (bool, u32, u32) {
        self.original(generated).map_or((true, u32::MAX, u32::MAX), |back| {
            let lines = back.position.line.abs_diff(original.line);
            (back.source != source, lines, back.position.column.abs_diff(original.column))
        })
    }
}

/// A range mapping's original, moved along with the generated position.
fn along(mapping: &Mapping, target: &Target, generated: Position) -> Position {
    let lines = generated.line - mapping.generated.line;
    if lines > 0 {
        return Position { line: target.position.line.saturating_add(lines), column: generated.column };
    }
    let columns = generated.column - mapping.generated.column;
    Position { column: target.position.column.saturating_add(columns), ..target.position }
}

/// A range mapping's generated position, moved along with the original one on its line.
fn ahead(generated: Position, place: Position, original: Position) -> Position {
    let columns = original.column.saturating_sub(place.column);
    Position { column: generated.column.saturating_add(columns), ..generated }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(line: u32, column: u32) -> Position {
        Position { line, column }
    }

    /// Two generated places for one original: `AAAA` at 0:0, and once more at 1:4.
    const TWICE: &str = r#"{"version": 3, "sources": ["a.rs"], "mappings": "AAAA,IAAI;IAAJ,IACA"}"#;

    #[test]
    fn all_equal_candidates_are_found() {
        let map = SourceMap::parse(TWICE).expect("valid");
        assert_eq!(map.generated(0, at(0, 0)), [at(0, 0), at(1, 4)]);
    }

    #[test]
    fn the_nearest_lower_column_wins() {
        let map = SourceMap::parse(TWICE).expect("valid");
        assert_eq!(map.generated(0, at(0, 3)), [at(0, 0), at(1, 4)]);
        assert_eq!(map.generated(0, at(0, 9)), [at(0, 4)]);
    }

    #[test]
    fn the_next_column_serves_where_none_is_lower() {
        let map =
            SourceMap::parse(r#"{"version": 3, "sources": ["a.rs"], "mappings": "AAAI"}"#).expect("valid");
        assert_eq!(map.generated(0, at(0, 0)), [at(0, 0)]);
    }

    #[test]
    fn a_line_begins_with_its_first_mapping() {
        let map = SourceMap::parse(TWICE).expect("valid");
        let begins =
            [at(0, 0), at(0, 4), at(1, 4), at(1, 8), at(2, 9)].map(|position| map.begins_line(position));
        assert_eq!(begins, [true, false, true, false, true]);
    }

    #[test]
    fn a_line_that_generated_nothing_has_no_position() {
        let map = SourceMap::parse(TWICE).expect("valid");
        assert_eq!(map.generated(0, at(7, 0)), []);
        assert_eq!(map.generated(3, at(0, 0)), []);
    }

    #[test]
    fn a_range_mapping_goes_both_ways() {
        let text = r#"{"version": 3, "sources": ["a.rs"], "mappings": "EAAA", "rangeMappings": "B"}"#;
        let map = SourceMap::parse(text).expect("valid");
        assert_eq!(map.original(at(0, 7)).map(|original| original.position), Some(at(0, 5)));
        assert_eq!(map.generated(0, at(0, 5)), [at(0, 7)]);
    }

    #[test]
    fn positions_at_the_edge_of_32_bits_do_not_overflow() {
        let map = SourceMap::parse(TWICE).expect("valid");
        assert_eq!(map.original(at(u32::MAX, u32::MAX)), None);
        assert_eq!(map.generated(usize::MAX, at(u32::MAX, u32::MAX)), []);
    }
}
