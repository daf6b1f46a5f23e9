//! The description of faults: `flip=1e-5,delay.reply=1e-4:20ms,reset@5000`.

use super::Direction;
use std::str::FromStr;
use std::time::Duration;

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// A bit of a byte is flipped.
    Flip,
    /// A byte is lost.
    Lose,
    /// A byte comes twice.
    Double,
    /// A byte and all behind it come late.
    Delay,
    /// A burst of random bytes takes the place of a byte.
    Noise,
    /// A whole frame comes twice.
    Twice,
    /// A whole frame comes behind the next one.
    Swap,
    /// Nothing gets through, either way, for a while.
    Cut,
    /// The board's button is pressed.
    Reset,
    /// The board's power goes and comes back.
    Power,
    /// The board hears nothing and says nothing.
    Stop,
    /// The host gets back what it sends, and the board gets nothing.
    Echo,
}

/// What a fault's further figure is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Length {
    /// It has none.
    None,
    /// So many bytes.
    Bytes(u32),
    /// For so long.
    For(Duration),
    /// Until the end.
    Forever,
}

impl Kind {
    /// All kinds.
    pub const ALL: [Kind; 12] = [
        Kind::Flip,
        Kind::Lose,
        Kind::Double,
        Kind::Delay,
        Kind::Noise,
        Kind::Twice,
        Kind::Swap,
        Kind::Cut,
        Kind::Reset,
        Kind::Power,
        Kind::Stop,
        Kind::Echo,
    ];

    /// Its name in descriptions of faults.
    pub const fn name(self) -> &'static str {
        match self {
            Kind::Flip => "flip",
            Kind::Lose => "lose",
            Kind::Double => "double",
            Kind::Delay => "delay",
            Kind::Noise => "noise",
            Kind::Twice => "twice",
            Kind::Swap => "swap",
            Kind::Cut => "cut",
            Kind::Reset => "reset",
            Kind::Power => "power",
            Kind::Stop => "stop",
            Kind::Echo => "echo",
        }
    }

    /// Whether places are counted in frames rather than in bytes.
    pub const fn of_frames(self) -> bool {
        matches!(self, Kind::Twice | Kind::Swap)
    }

    /// The further figure of a rule that gives none.
    pub const fn usual(self) -> Length {
        match self {
            Kind::Delay => Length::For(Duration::from_millis(20)),
            Kind::Noise => Length::Bytes(16),
            Kind::Swap => Length::For(Duration::from_millis(50)),
            Kind::Cut => Length::For(Duration::from_millis(500)),
            Kind::Stop | Kind::Echo => Length::Forever,
            _ => Length::None,
        }
    }
}

/// When a fault happens.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum When {
    /// At each byte, or frame, with that probability, above 0 and at most 1.
    Chance(f64),
    /// Once, at the byte or frame of that number, counted from 0.
    At(u64),
}

/// A fault, where and when.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Rule {
    /// What happens.
    pub kind: Kind,
    /// To bytes of which direction; to either if none is named.
    pub direction: Option<Direction>,
    /// When.
    pub when: When,
    /// How long or how many.
    pub length: Length,
}

/// A description of faults that is none.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{rule:?} is no fault: {reason}")]
pub struct SpecError {
    /// The part that is wrong.
    pub rule: String,
    /// Why.
    pub reason: String,
}

impl Rule {
    /// Reads a list of rules, separated by commas; an empty text has none.
    ///
    /// # Errors
    /// The first rule that is wrong.
    pub fn list(text: &str) -> Result<Vec<Rule>, SpecError> {
        let parts = text.split(',').map(str::trim);
        parts
            .filter(|part| !part.is_empty())
            .map(str::parse)
            .collect()
    }

    /// A rule with the kind's usual figure.
    pub fn new(kind: Kind, direction: Option<Direction>, when: When) -> Rule {
        let length = kind.usual();
        Rule {
            kind,
            direction,
            when,
            length,
        }
    }
}

impl FromStr for Rule {
    type Err = SpecError;

    /// `KIND[.request|.reply](=CHANCE|@PLACE)[:FIGURE]`.
    fn from_str(text: &str) -> Result<Rule, SpecError> {
        let wrong = |reason: String| SpecError {
            rule: text.to_owned(),
            reason,
        };
        let at = text.find(['=', '@']);
        let Some((what, rest)) = at.map(|at| text.split_at(at)) else {
            return Err(wrong("it needs =PROBABILITY or @PLACE".into()));
        };
        let (name, direction) = match what.split_once('.') {
            Some((name, direction)) => (name, Some(direction)),
            None => (what, None),
        };
        let kind = Kind::ALL.into_iter().find(|kind| kind.name() == name);
        let kind = kind.ok_or_else(|| {
            let names = Kind::ALL.map(Kind::name).join(", ");
            wrong(format!("there is no {name:?}, only {names}"))
        })?;
        let direction = match direction {
            None => None,
            Some(name) => {
                let known = Direction::ALL.into_iter().find(|d| d.name() == name);
                Some(known.ok_or_else(|| wrong("the directions are request and reply".into()))?)
            }
        };
        let (when, figure) = match rest[1..].split_once(':') {
            Some((when, figure)) => (when, Some(figure)),
            None => (&rest[1..], None),
        };
        let when = if rest.starts_with('@') {
            let place = when.parse();
            When::At(place.map_err(|_| wrong(format!("{when:?} is no number of a byte or frame")))?)
        } else {
            let chance = when
                .parse()
                .ok()
                .filter(|chance| *chance > 0.0 && *chance <= 1.0);
            let chance: Option<f64> = chance;
            When::Chance(chance.ok_or_else(|| {
                wrong(format!("{when:?} is no probability above 0 and at most 1"))
            })?)
        };
        let mut rule = Rule::new(kind, direction, when);
        if let Some(figure) = figure {
            rule.length = length(kind, figure).map_err(wrong)?;
        }
        Ok(rule)
    }
}

/// A kind's further figure.
fn length(kind: Kind, figure: &str) -> Result<Length, String> {
    match kind.usual() {
        Length::None => Err(format!("{} takes no further figure", kind.name())),
        Length::Bytes(_) => match figure.parse() {
            Ok(bytes @ 1..=65_536) => Ok(Length::Bytes(bytes)),
            _ => Err(format!("{figure:?} is no number of bytes, 1 to 65536")),
        },
        Length::For(_) | Length::Forever => humantime::parse_duration(figure)
            .map(Length::For)
            .map_err(|error| format!("{figure:?} is no time such as 20ms: {error}")),
    }
}
