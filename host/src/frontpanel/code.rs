//! What the library's error codes mean.

use crate::fault::Exit;
use std::fmt::{Display, Formatter, Result};

/// An error code of the library, zero or below, as its reference lists them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Code {
    /// The number.
    pub number: i64,
    /// What the library itself says of it, if it does.
    pub text: Option<String>,
}

/// Number, name, meaning.
const KNOWN: [(i64, &str, &str); 21] = [
    (0, "ok_NoError", "nothing went wrong"),
    (-1, "ok_Failed", "it failed, and the library says no more"),
    (-2, "ok_Timeout", "a transfer took too long"),
    (
        -3,
        "ok_DoneNotHigh",
        "the FPGA did not take its configuration",
    ),
    (-4, "ok_TransferError", "a transfer over USB failed"),
    (-5, "ok_CommunicationError", "the module does not answer"),
    (
        -6,
        "ok_InvalidBitstream",
        "the file is no bitstream for this FPGA",
    ),
    (-7, "ok_FileError", "the file cannot be read"),
    (-8, "ok_DeviceNotOpen", "the module is not open, or is gone"),
    (-9, "ok_InvalidEndpoint", "the design has no such endpoint"),
    (
        -10,
        "ok_InvalidBlockSize",
        "the module does not take blocks of this size",
    ),
    (
        -11,
        "ok_I2CRestrictedAddress",
        "an address on the I2C bus is not allowed",
    ),
    (-12, "ok_I2CBitError", "a bit was wrong on the I2C bus"),
    (-13, "ok_I2CNack", "nobody answered on the I2C bus"),
    (
        -14,
        "ok_I2CUnknownStatus",
        "the I2C bus is in an unknown state",
    ),
    (-15, "ok_UnsupportedFeature", "the module cannot do that"),
    (
        -16,
        "ok_FIFOUnderflow",
        "the module was read faster than it had data",
    ),
    (
        -17,
        "ok_FIFOOverflow",
        "the module was written faster than it took data",
    ),
    (-18, "ok_DataAlignmentError", "data are not aligned"),
    (
        -19,
        "ok_InvalidResetProfile",
        "the module's reset profile is not valid",
    ),
    (-20, "ok_InvalidParameter", "a parameter is not valid"),
];

impl Code {
    /// How a command ends because of it: with [`Exit::Input`] if a file was wrong, with [`Exit::Link`] if something did not get through.
    pub fn exit(&self) -> Exit {
        match self.number {
            -6 | -7 => Exit::Input,
            -2 | -4 | -5 | -16 | -17 => Exit::Link,
            _ => Exit::Board,
        }
    }

    /// The next step.
    pub fn help(&self) -> &'static str {
        match self.number {
            -2 | -4 | -5 | -16 | -17 => {
                "check cable and power of the module, and run the command again"
            }
            -3 | -6 => "load the bitstream that was made for this module: -a50 and -a200 have different FPGAs",
            -7 => "check the path and its permissions",
            -9 | -10 => "load rowfuse's bitstream: `rowfuse load FILE.bit --board ok:SERIAL`",
            _ => {
                "end other programs that use the module, let yourself use it (the vendor's rule for udev on Linux), and plug it in again"
            }
        }
    }
}

impl Display for Code {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> Result {
        let known = KNOWN.iter().find(|(number, ..)| *number == self.number);
        match (known, &self.text) {
            (Some((number, name, meaning)), _) => write!(formatter, "{meaning} ({name}, {number})"),
            (None, Some(text)) => write!(formatter, "{text} (code {})", self.number),
            (None, None) => write!(formatter, "an unknown reason (code {})", self.number),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_numbered_as_documented() {
        for (place, (number, name, _)) in KNOWN.iter().enumerate() {
            assert_eq!(*number, -(place as i64));
            assert!(name.starts_with("ok_"));
        }
        let code = |number, text: Option<&str>| {
            let text = text.map(str::to_owned);
            Code { number, text }.to_string()
        };
        assert_eq!(
            code(-2, Some("Timeout")),
            "a transfer took too long (ok_Timeout, -2)"
        );
        assert_eq!(code(-21, Some("Locked")), "Locked (code -21)");
        assert_eq!(code(-99, None), "an unknown reason (code -99)");
        let exit = |number| Code { number, text: None }.exit();
        assert_eq!(
            [exit(-1), exit(-2), exit(-6)],
            [Exit::Board, Exit::Link, Exit::Input]
        );
    }
}
