//! What is to go wrong.

use rowfuse_spec::pipes::IDENTITY;
use std::time::Duration;

/// Name of the environment variable that describes [`Faults`].
pub const VARIABLE: &str = "ROWFUSE_STAND_IN";

/// Something that happens to one transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It ends with that code, without anything moved.
    Fails(i32),
    /// Only half of it is moved.
    Short,
    /// It comes back later.
    Blocks(Duration),
    /// The module is gone for so long; what it holds stays.
    Vanishes(Duration),
}

/// What is to go wrong, as words with commas between:
///
/// | word | what |
/// |---|---|
/// | `config=NAME` | the configuration of the board; `small-4` unless given |
/// | `devices=COUNT` | so many modules, `STAND-IN-1` and so on; one unless given |
/// | `open=CODE`, `load=CODE` | opening and loading end with that code |
/// | `disabled` | nothing is in the FPGA until something is loaded |
/// | `identity=NUMBER` | the identity's wire says that until something is loaded |
/// | `uncalibrated` | the memory is never ready |
/// | `filler=COUNT` | so many blocks of filling before every reply that nothing waits before |
/// | `stuck=NAME` | the function `okFrontPanel_NAME` never comes back |
/// | `fail@PLACE:CODE`, `short@PLACE`, `block@PLACE:MS`, `vanish@PLACE:MS` | a [`Fault`] of the pipes' transfer of that number, from 1 |
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Faults {
    /// Name of the configuration.
    pub config: String,
    /// How many modules there are.
    pub devices: usize,
    /// Code of opening, 0 unless it fails.
    pub open: i32,
    /// Code of loading, 0 unless it fails.
    pub load: i32,
    /// Nothing is in the FPGA.
    pub disabled: bool,
    /// What the identity's wire says.
    pub identity: u16,
    /// The memory is never ready.
    pub uncalibrated: bool,
    /// Blocks of filling before every reply.
    pub filler: usize,
    /// A function that never comes back.
    pub stuck: Option<String>,
    /// Faults of transfers by their numbers.
    pub transfers: Vec<(u64, Fault)>,
}

impl Default for Faults {
    /// One module of `small-4`, and nothing goes wrong.
    fn default() -> Faults {
        Faults {
            config: "small-4".into(),
            devices: 1,
            open: 0,
            load: 0,
            disabled: false,
            identity: IDENTITY,
            uncalibrated: false,
            filler: 0,
            stuck: None,
            transfers: Vec::new(),
        }
    }
}

impl Faults {
    /// Reads a description.
    ///
    /// # Errors
    /// The first word that is none.
    pub fn parse(text: &str) -> Result<Faults, String> {
        let mut faults = Faults::default();
        for word in text.split(',').filter(|word| !word.is_empty()) {
            faults.word(word).ok_or_else(|| word.to_owned())?;
        }
        Ok(faults)
    }

    fn word(&mut self, word: &str) -> Option<()> {
        if let Some((kind, place)) = word.split_once('@') {
            let (place, figure) = place.split_once(':').unwrap_or((place, ""));
            let milliseconds = || figure.parse().ok().map(Duration::from_millis);
            let fault = match kind {
                "fail" => Fault::Fails(figure.parse().ok()?),
                "short" if figure.is_empty() => Fault::Short,
                "block" => Fault::Blocks(milliseconds()?),
                "vanish" => Fault::Vanishes(milliseconds()?),
                _ => return None,
            };
            self.transfers.push((place.parse().ok()?, fault));
            return Some(());
        }
        match word.split_once('=').unwrap_or((word, "")) {
            ("disabled", "") => self.disabled = true,
            ("uncalibrated", "") => self.uncalibrated = true,
            ("config", name) => self.config = name.into(),
            ("devices", count) => self.devices = count.parse().ok()?,
            ("open", code) => self.open = code.parse().ok()?,
            ("load", code) => self.load = code.parse().ok()?,
            ("identity", number) => self.identity = number.parse().ok()?,
            ("filler", count) => self.filler = count.parse().ok()?,
            ("stuck", name) => self.stuck = Some(name.into()),
            _ => return None,
        }
        Some(())
    }

    /// What happens to the transfer of that number.
    pub(crate) fn of_transfer(&self, number: u64) -> Option<Fault> {
        let mut found = self.transfers.iter().filter(|(place, _)| *place == number);
        found.next().map(|(_, fault)| *fault)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_described_in_words() {
        assert_eq!(Faults::parse(""), Ok(Faults::default()));
        let faults =
            Faults::parse("config=tiny-1,devices=2,open=-8,disabled,short@3,fail@7:-2").unwrap();
        assert_eq!(
            (faults.devices, faults.open, faults.disabled),
            (2, -8, true)
        );
        assert_eq!(faults.of_transfer(3), Some(Fault::Short));
        assert_eq!(faults.of_transfer(7), Some(Fault::Fails(-2)));
        assert_eq!(faults.of_transfer(4), None);
        for wrong in [
            "short",
            "disabled=1",
            "fail@1",
            "block@1",
            "vanish@x:1",
            "devices=",
            "ok",
        ] {
            assert_eq!(Faults::parse(wrong), Err(wrong.to_owned()));
        }
    }
}
