//! What may stand behind `--board`.

use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap::{Arg, Command, Error};
use rowfuse::boards::Kind;
use rowfuse::frontpanel::Module;
use std::ffi::OsStr;

/// Names of boards; a module's may have a serial number behind it.
#[derive(Clone)]
pub struct BoardName;

impl TypedValueParser for BoardName {
    type Value = String;

    fn parse_ref(
        &self,
        command: &Command,
        argument: Option<&Arg>,
        value: &OsStr,
    ) -> Result<String, Error> {
        match value.to_str() {
            // Whether it has the form of a serial number is told with the other faults of modules.
            Some(name) if Module::parse(name).is_some() => Ok(name.to_owned()),
            _ => names().parse_ref(command, argument, value),
        }
    }

    fn possible_values(&self) -> Option<Box<dyn Iterator<Item = PossibleValue> + '_>> {
        let values = Kind::ALL.map(|kind| PossibleValue::new(kind.name()));
        Some(Box::new(values.into_iter()))
    }
}

fn names() -> PossibleValuesParser {
    PossibleValuesParser::new(Kind::ALL.map(Kind::name))
}
