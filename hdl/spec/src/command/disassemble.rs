//! Programs as text.

use std::fmt;

use super::{Command, Tokens, COMMAND_BYTES, NUM_SEMAPHORES};
use crate::error::CommandError;

/// A command of a program, or what is wrong with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Byte offset in the program.
    pub offset: usize,
    /// The command.
    pub command: Result<Command, CommandError>,
}

impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:06x}  ", self.offset)?;
        match &self.command {
            Ok(command) => write!(f, "{command}"),
            Err(error) => write!(f, "?        {error}"),
        }
    }
}

/// The mnemonic, the semaphores and every field by name: `LOAD     wait=0 signal=1,2 address=0x40 …`.
impl fmt::Display for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:<7}", self.name())?;
        let Tokens { wait, signal } = self.header();
        for (name, mask) in [("wait", wait), ("signal", signal)] {
            if mask != 0 {
                write!(f, " {name}={}", semaphores(mask))?;
            }
        }
        for spec in self.fields().iter().filter(|spec| spec.shift == 0) {
            let value = self.value(spec.field).unwrap_or(0);
            if spec.max > 0xFFFF {
                write!(f, " {}={value:#x}", spec.field)?;
            } else {
                write!(f, " {}={value}", spec.field)?;
            }
        }
        Ok(())
    }
}

fn semaphores(mask: u8) -> String {
    let set = (0..NUM_SEMAPHORES).filter(|bit| mask >> bit & 1 == 1);
    set.map(|bit| bit.to_string()).collect::<Vec<_>>().join(",")
}

/// Every command of a program; what cannot be decoded is a line that says why, and so is a rest of
/// fewer than 64 bytes.
pub fn disassemble(program: &[u8]) -> Vec<Line> {
    let decode = |(index, bytes): (usize, &[u8])| Line {
        offset: index * COMMAND_BYTES,
        command: match bytes.try_into() {
            Ok(whole) => Command::from_bytes(whole),
            Err(_) => Err(CommandError::Length {
                bytes: program.len(),
            }),
        },
    };
    program
        .chunks(COMMAND_BYTES)
        .enumerate()
        .map(decode)
        .collect()
}

/// [`disassemble`] as text, one line a command.
pub fn disassemble_text(program: &[u8]) -> String {
    disassemble(program)
        .iter()
        .map(|line| format!("{line}\n"))
        .collect()
}
