//! The commands of the engine: encoder, decoder and disassembler, all driven by one table of fields a
//! command.
//!
//! A command is 32 words of 16 bits, little-endian. Word 0 holds the opcode in bits 0..=7, the wait
//! mask in bits 8..=11 and the signal mask in bits 12..=15; unused words are zero. A command starts
//! when every semaphore of its wait mask is above zero and takes one from each; when it has finished
//! it adds one to each semaphore of its signal mask. A fetcher reads commands in order and hands each
//! to its unit ([`Unit`]), which works through its own queue in order. A semaphore belongs to one
//! signalling and one waiting unit ([`check_semaphores`]).
//!
//! Addresses are word addresses of the external memory (24 bits) unless they are said to be lane
//! addresses of the line buffer.

mod disassemble;
mod fields;
mod geometry;

pub use disassemble::{disassemble, disassemble_text, Line};
pub use fields::{
    field, Conv, End, FieldSpec, Load, Params, Weights, CONV_FIELDS, END_FIELDS, LOAD_FIELDS,
    PARAMS_FIELDS, WEIGHTS_FIELDS,
};
pub use geometry::{ConvLayer, Destination};

use crate::error::CommandError;

/// Words of a command.
pub const COMMAND_WORDS: usize = 32;
/// Bytes of a command.
pub const COMMAND_BYTES: usize = 2 * COMMAND_WORDS;
/// Semaphores of the engine, 8-bit counters that are zero at RUN.
pub const NUM_SEMAPHORES: usize = 4;
/// Commands that fit in a unit's queue behind the one it executes or holds until its semaphores allow
/// it. The fetcher reads a command only while every queue has room for one.
pub const UNIT_QUEUE_DEPTH: usize = 2;

/// Opcode of [`Load`].
pub const OP_LOAD: u8 = 0x01;
/// Opcode of [`Weights`].
pub const OP_WEIGHTS: u8 = 0x02;
/// Opcode of [`Params`].
pub const OP_PARAMS: u8 = 0x03;
/// Opcode of [`Conv`].
pub const OP_CONV: u8 = 0x04;
/// Opcode of [`End`].
pub const OP_END: u8 = 0x0F;

/// Bit of [`Conv::output`]: 2×2 max-pool.
pub const OUTPUT_POOL: u32 = 1;
/// Bit of [`Conv::output`]: into the line buffer rather than memory.
pub const OUTPUT_LINE_BUFFER: u32 = 2;

/// Bit of [`Conv::inset`]: the command's first two rows of outputs lie above the map. Pooled to memory, the upper row of pixels of the first
/// row of quads keeps what it holds.
pub const INSET_ROWS: u32 = 1;
/// Bit of [`Conv::inset`]: the first two columns of outputs lie left of the map, and the first window begins a sub-column left of the ring's.
/// Pooled to memory, the left column of pixels of the first column of quads keeps what it holds.
pub const INSET_COLS: u32 = 2;

/// Program status of an invalid opcode or an illegal command.
pub const STATUS_INVALID: u16 = 0xFFFF;
/// Program status of a deadlock. Only boards that can see one report it; hardware stays busy until
/// ABORT.
pub const STATUS_DEADLOCK: u16 = 0xFFFE;
/// Program status of a program that misuses its semaphores: one exceeds 255, or is left above zero at
/// END. Only checking boards report it.
pub const STATUS_TOKENS: u16 = 0xFFFD;
/// Program status of a program that leaves entries in the weight ring. Only checking boards report it.
pub const STATUS_WEIGHTS: u16 = 0xFFFC;

/// The part of the engine that executes a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unit {
    /// Executes LOAD.
    Load,
    /// Executes WEIGHTS and PARAMS.
    Weight,
    /// Executes CONV.
    Compute,
    /// Executes END: waits until all queues are empty and all units idle.
    Fetcher,
}

/// Semaphore masks of a command: bit n is semaphore n.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Tokens {
    /// Semaphores the command takes one from before it starts.
    pub wait: u8,
    /// Semaphores the command adds one to when it has finished.
    pub signal: u8,
}

impl Tokens {
    /// Neither waits nor signals.
    pub const NONE: Tokens = Tokens { wait: 0, signal: 0 };

    /// Both masks.
    pub const fn new(wait: u8, signal: u8) -> Tokens {
        Tokens { wait, signal }
    }
}

/// A command with its fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Command {
    /// Memory → line buffer.
    Load(Load),
    /// Memory → weight ring.
    Weights(Weights),
    /// Memory → parameter table.
    Params(Params),
    /// Line buffer → convolution → line buffer or memory.
    Conv(Conv),
    /// End of the program.
    End(End),
}

/// Runs `$body` with `$inner` bound to the command's struct, whatever it is.
macro_rules! each {
    ($command:expr, $inner:ident => $body:expr) => {
        match $command {
            Command::Load($inner) => $body,
            Command::Weights($inner) => $body,
            Command::Params($inner) => $body,
            Command::Conv($inner) => $body,
            Command::End($inner) => $body,
        }
    };
}

impl Command {
    /// The command's mnemonic.
    pub fn name(&self) -> &'static str {
        match self {
            Command::Load(_) => "LOAD",
            Command::Weights(_) => "WEIGHTS",
            Command::Params(_) => "PARAMS",
            Command::Conv(_) => "CONV",
            Command::End(_) => "END",
        }
    }

    /// The command's opcode.
    pub fn opcode(&self) -> u8 {
        match self {
            Command::Load(_) => OP_LOAD,
            Command::Weights(_) => OP_WEIGHTS,
            Command::Params(_) => OP_PARAMS,
            Command::Conv(_) => OP_CONV,
            Command::End(_) => OP_END,
        }
    }

    /// The unit that executes it.
    pub fn unit(&self) -> Unit {
        match self {
            Command::Load(_) => Unit::Load,
            Command::Weights(_) | Command::Params(_) => Unit::Weight,
            Command::Conv(_) => Unit::Compute,
            Command::End(_) => Unit::Fetcher,
        }
    }

    /// Its semaphore masks.
    pub fn header(&self) -> Tokens {
        each!(self, inner => inner.header)
    }

    /// Its table of fields.
    pub fn fields(&self) -> &'static [FieldSpec] {
        match self {
            Command::Load(_) => LOAD_FIELDS,
            Command::Weights(_) => WEIGHTS_FIELDS,
            Command::Params(_) => PARAMS_FIELDS,
            Command::Conv(_) => CONV_FIELDS,
            Command::End(_) => END_FIELDS,
        }
    }

    /// The value of the field called `name` in its struct, if it has one.
    pub fn value(&self, name: &str) -> Option<u32> {
        each!(self, inner => inner.get(name))
    }

    /// The command's words. Names the first field that is out of its range.
    pub fn encode(&self) -> Result<[u16; COMMAND_WORDS], CommandError> {
        let command = self.name();
        let Tokens { wait, signal } = self.header();
        for (which, value) in [("wait", wait), ("signal", signal)] {
            if value >> NUM_SEMAPHORES != 0 {
                return Err(CommandError::Tokens {
                    command,
                    which,
                    value,
                });
            }
        }
        self.check_end()?;
        let mut words = [0; COMMAND_WORDS];
        words[0] = u16::from(self.opcode()) | u16::from(wait) << 8 | u16::from(signal) << 12;
        for spec in self.fields() {
            let value = self.value(spec.field).unwrap_or(0);
            spec.check(command, value)?;
            words[spec.word] = ((value >> spec.shift) & spec.mask()) as u16;
        }
        Ok(words)
    }

    /// Reads a command back. Refuses unknown opcodes, fields out of range and reserved bits.
    pub fn decode(words: &[u16; COMMAND_WORDS]) -> Result<Command, CommandError> {
        let opcode = words[0] as u8;
        let header = Tokens::new((words[0] >> 8) as u8 & 0xF, (words[0] >> 12) as u8);
        let mut decoded = match opcode {
            OP_LOAD => Command::Load(Load {
                header,
                ..Load::default()
            }),
            OP_WEIGHTS => Command::Weights(Weights {
                header,
                ..Weights::default()
            }),
            OP_PARAMS => Command::Params(Params {
                header,
                ..Params::default()
            }),
            OP_CONV => Command::Conv(Conv {
                header,
                ..Conv::default()
            }),
            OP_END => Command::End(End {
                header,
                ..End::default()
            }),
            _ => return Err(CommandError::Opcode { opcode }),
        };
        let (command, table) = (decoded.name(), decoded.fields());
        for (word, &value) in words.iter().enumerate().skip(1) {
            match table.iter().find(|spec| spec.word == word) {
                None if value != 0 => {
                    return Err(CommandError::Reserved {
                        command,
                        word,
                        value,
                    })
                }
                None => {}
                Some(spec) if u32::from(value) > spec.mask() => {
                    let (field, bits) = (spec.name, spec.bits);
                    return Err(CommandError::TooWide {
                        command,
                        field,
                        word,
                        value,
                        bits,
                    });
                }
                Some(spec) => {
                    let part = u32::from(value) << spec.shift;
                    each!(&mut decoded, inner => inner.or_assign(spec.field, part));
                }
            }
        }
        for spec in table {
            spec.check(command, decoded.value(spec.field).unwrap_or(0))?;
        }
        decoded.check_end()?;
        Ok(decoded)
    }

    /// END waits for all units anyway, and nothing is left to be signalled.
    fn check_end(&self) -> Result<(), CommandError> {
        match self {
            Command::End(end) if end.header != Tokens::NONE => Err(CommandError::EndTokens),
            _ => Ok(()),
        }
    }

    /// The command's 64 bytes as they lie in memory.
    pub fn to_bytes(&self) -> Result<[u8; COMMAND_BYTES], CommandError> {
        let mut bytes = [0; COMMAND_BYTES];
        for (pair, word) in bytes.chunks_exact_mut(2).zip(self.encode()?) {
            pair.copy_from_slice(&word.to_le_bytes());
        }
        Ok(bytes)
    }

    /// Decodes the 64 bytes of a command.
    pub fn from_bytes(bytes: &[u8; COMMAND_BYTES]) -> Result<Command, CommandError> {
        Command::decode(&std::array::from_fn(|word| {
            u16::from_le_bytes([bytes[2 * word], bytes[2 * word + 1]])
        }))
    }
}

/// Refuses a program in which a semaphore is signalled, or waited for, by commands of two units: two
/// units may finish in the same cycle, and the counters add and subtract only one a cycle.
pub fn check_semaphores(commands: &[Command]) -> Result<(), CommandError> {
    for semaphore in 0..NUM_SEMAPHORES {
        let mut owners: [Option<Unit>; 2] = [None; 2];
        for (index, command) in commands.iter().enumerate() {
            let Tokens { wait, signal } = command.header();
            for (owner, mask) in owners.iter_mut().zip([signal, wait]) {
                let unit = command.unit();
                if mask >> semaphore & 1 == 1 && *owner.get_or_insert(unit) != unit {
                    return Err(at(index, CommandError::SharedSemaphore { semaphore }));
                }
            }
        }
    }
    Ok(())
}

/// The bytes of a program. An error says which command is at fault; see also [`check_semaphores`].
pub fn encode_program(commands: &[Command]) -> Result<Vec<u8>, CommandError> {
    check_semaphores(commands)?;
    let mut bytes = Vec::with_capacity(commands.len() * COMMAND_BYTES);
    for (index, command) in commands.iter().enumerate() {
        let encoded = command.to_bytes().map_err(|source| at(index, source))?;
        bytes.extend_from_slice(&encoded);
    }
    Ok(bytes)
}

/// The commands of a program's bytes. An error says which command is at fault.
pub fn decode_program(bytes: &[u8]) -> Result<Vec<Command>, CommandError> {
    let lines = disassemble(bytes).into_iter().enumerate();
    lines
        .map(|(index, line)| line.command.map_err(|source| at(index, source)))
        .collect()
}

fn at(index: usize, source: CommandError) -> CommandError {
    CommandError::At {
        index,
        source: Box::new(source),
    }
}

#[cfg(test)]
mod tests;
