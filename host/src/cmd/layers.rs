//! Which convolutions of a network: `--layers` of several verbs.

use crate::cli::Failure;
use rowfuse::fault::Exit;
use rowfuse::quantise::QuantisedNetwork;
use std::ops::Range;
use std::str::FromStr;

/// One convolution, by its number from 0 or its name, not yet compared with a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct One(Place);

impl FromStr for One {
    type Err = String;

    fn from_str(text: &str) -> Result<One, String> {
        match Place::read(text) {
            Place::Name(name) if name.is_empty() => Err("it is empty".into()),
            place => Ok(One(place)),
        }
    }
}

impl One {
    /// Its number in a network.
    pub fn resolve(&self, network: &QuantisedNetwork) -> Result<usize, Failure> {
        let written = Written::Range {
            start: Some(self.0.clone()),
            end: Some(self.0.clone()),
            inclusive: true,
        };
        Layers(written).resolve(network).map(|range| range.start)
    }
}

/// The value of `--layers`, not yet compared with a network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layers(Written);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Written {
    /// `N`: the first so many.
    First(usize),
    /// `NAME`: that one alone.
    One(String),
    /// `a..b`, `a..=b`, `a..`, `..b`.
    Range {
        start: Option<Place>,
        end: Option<Place>,
        inclusive: bool,
    },
}

/// A convolution.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Counted from 0.
    Index(usize),
    /// Of that name.
    Name(String),
}

impl Place {
    fn read(text: &str) -> Place {
        text.parse()
            .map_or_else(|_| Place::Name(text.into()), Place::Index)
    }
}

impl FromStr for Layers {
    type Err = String;

    fn from_str(text: &str) -> Result<Layers, String> {
        let Some((start, end)) = text.split_once("..") else {
            return match Place::read(text) {
                Place::Index(count) => Ok(Layers(Written::First(count))),
                Place::Name(name) if name.is_empty() => Err("it is empty".into()),
                Place::Name(name) => Ok(Layers(Written::One(name))),
            };
        };
        let (inclusive, end) = match end.strip_prefix('=') {
            Some(end) => (true, end),
            None => (false, end),
        };
        let place = |text: &str| (!text.is_empty()).then(|| Place::read(text));
        if inclusive && end.is_empty() {
            return Err("a convolution must follow `..=`".into());
        }
        Ok(Layers(Written::Range {
            start: place(start),
            end: place(end),
            inclusive,
        }))
    }
}

impl Layers {
    /// [`Layers::resolve`] of an option.
    pub fn range(
        layers: Option<&Layers>,
        network: &QuantisedNetwork,
    ) -> Result<Option<Range<usize>>, Failure> {
        layers.map(|layers| layers.resolve(network)).transpose()
    }

    /// The convolutions of a network that are meant: at least one, all within it.
    pub fn resolve(&self, network: &QuantisedNetwork) -> Result<Range<usize>, Failure> {
        let names: Vec<&str> = network.layers.iter().map(|l| l.name.as_str()).collect();
        let name = &network.network.name;
        self.within(&names).map_err(|what| Failure {
            code: "usage".into(),
            message: format!(
                "{what}; {name} has convolutions 0..{} ({} to {})",
                names.len(),
                names.first().unwrap_or(&"none"),
                names.last().unwrap_or(&"none"),
            ),
            help: "`N` is the first N, `a..b` those from a to b without b, `a..=b` with b; counted from 0, or by name".into(),
            exit: Exit::Usage,
        })
    }

    fn within(&self, names: &[&str]) -> Result<Range<usize>, String> {
        let find = |place: &Place| match place {
            Place::Index(index) => Ok(*index),
            Place::Name(name) => names
                .iter()
                .position(|known| known == name)
                .ok_or_else(|| format!("no convolution is called `{name}`")),
        };
        let range = match &self.0 {
            Written::First(count) => 0..*count,
            Written::One(name) => {
                let index = find(&Place::Name(name.clone()))?;
                index..index + 1
            }
            Written::Range {
                start,
                end,
                inclusive,
            } => {
                let start = start.as_ref().map_or(Ok(0), find)?;
                let end = match end {
                    Some(end) => find(end)?.saturating_add((*inclusive).into()),
                    None => names.len(),
                };
                start..end
            }
        };
        let (start, end) = (range.start, range.end);
        if range.is_empty() {
            Err(format!("{start}..{end} is no convolution at all"))
        } else if end > names.len() {
            Err(format!("{start}..{end} is asked for"))
        } else {
            Ok(range)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NAMES: [&str; 4] = ["features.0", "features.2", "features.5", "features.7"];

    fn range(text: &str) -> Result<Range<usize>, String> {
        text.parse::<Layers>()?.within(&NAMES)
    }

    #[test]
    fn every_way_to_write_it() {
        for (text, expected) in [
            ("1", 0..1),
            ("4", 0..4),
            ("1..3", 1..3),
            ("1..=3", 1..4),
            ("2..", 2..4),
            ("..2", 0..2),
            ("..", 0..4),
            ("features.5", 2..3),
            ("features.2..features.7", 1..3),
            ("features.2..=features.7", 1..4),
            ("1..=features.5", 1..3),
        ] {
            assert_eq!(range(text), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_not_there_is_refused() {
        let huge = format!("0..={}", usize::MAX);
        for (text, word) in [
            ("0", "no convolution"),
            ("5", "0..5"),
            ("2..2", "no convolution"),
            ("3..1", "no convolution"),
            ("1..5", "1..5"),
            ("1..=4", "1..5"),
            ("4..", "no convolution"),
            ("features.1", "features.1"),
            ("-1..2", "-1"),
            ("", "empty"),
            ("1..=", "..="),
            (huge.as_str(), "asked"),
        ] {
            let error = range(text).unwrap_err();
            assert!(error.contains(word), "{text}: {error}");
        }
    }
}
