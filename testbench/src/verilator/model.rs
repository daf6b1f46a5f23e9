//! A compiled, running model.

use std::ffi::CString;
use std::path::Path;

use super::compile::library;
use super::design::{Design, Direction, Port};
use super::ffi::Instance;
use super::{Toolchain, VerilatorError};

/// How far a build is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Progress {
    /// The cache had it.
    Cached,
    /// Verilator translates the text to C++.
    Verilating,
    /// The C++ compiler has finished `done` of `total` files.
    Compiling {
        /// Files finished.
        done: usize,
        /// All files.
        total: usize,
    },
    /// The objects are linked to a shared library.
    Linking,
}

/// Where a port lies in the words of its direction; good for any model of the same port list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PortHandle {
    /// Index of its first word.
    pub offset: usize,
    /// Width in bits.
    pub width: usize,
}

impl PortHandle {
    /// The words of this port in a record.
    pub fn words(self) -> std::ops::Range<usize> {
        self.offset..self.offset + self.width.div_ceil(32)
    }

    /// The low 64 bits of this port's value in a record.
    pub fn read(self, record: &[u32]) -> u64 {
        let words = &record[self.words()];
        let high = words.get(1).copied().unwrap_or(0);
        u64::from(words[0]) | u64::from(high) << 32
    }

    /// Writes the low 64 bits of this port's value into a record and zeroes the rest.
    pub fn write(self, record: &mut [u32], value: u64) {
        for (index, word) in record[self.words()].iter_mut().enumerate() {
            *word = if index < 2 {
                (value >> (32 * index)) as u32
            } else {
                0
            };
        }
    }
}

/// A running model of one Verilog module.
///
/// A *record* is the values of all inputs (or outputs) in the order of the port list, each in
/// `width.div_ceil(32)` words, least significant first. In a cycle the inputs are applied with the
/// clocks low, the logic settles, the outputs are recorded, and then the clocks rise: an output of
/// cycle *t* is what a synchronous neighbour would latch at edge *t*. A pipeline of *n* registers
/// shows the answer to the inputs of cycle *t* in cycle *t + n*.
pub struct Model {
    name: String,
    ports: Vec<Port>,
    inputs: Vec<u32>,
    outputs: Vec<u32>,
    instance: Instance,
}

impl Model {
    /// Compiles (or finds in the cache) and starts the module `top` of a Verilog text.
    ///
    /// # Errors
    /// When a tool is missing or refuses the text, or the library cannot be loaded.
    pub fn build(
        name: &str,
        verilog: &str,
        top: &str,
        ports: &[Port],
    ) -> Result<Self, VerilatorError> {
        Self::from_design(
            &Toolchain::find()?,
            &Design::new(name, verilog, top, ports),
            &mut |_| {},
        )
    }

    /// The same for a [`Design`] with options, reporting its progress.
    ///
    /// # Errors
    /// As [`Model::build`].
    pub fn from_design(
        tools: &Toolchain,
        design: &Design,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, VerilatorError> {
        Self::powered_on(tools, design, 0, progress)
    }

    /// As [`Model::from_design`], with noise in every memory and register that has no initial value, which `seed` determines;
    /// with seed 0 they hold zeros.
    ///
    /// # Errors
    /// As [`Model::build`].
    pub fn powered_on(
        tools: &Toolchain,
        design: &Design,
        seed: u64,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Self, VerilatorError> {
        let path = library(tools, design, progress)?;
        let words = |direction| design.ports_of(direction).map(Port::words).sum::<usize>();
        let (inputs, outputs) = (words(Direction::Input), words(Direction::Output));
        Ok(Self {
            name: design.name.clone(),
            ports: design.ports.clone(),
            inputs: vec![0; inputs],
            outputs: vec![0; outputs],
            instance: Instance::new(&path, inputs, outputs, seed)?,
        })
    }

    /// The ports, as given.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// Words in a record of inputs.
    pub fn input_words(&self) -> usize {
        self.inputs.len()
    }

    /// Words in a record of outputs.
    pub fn output_words(&self) -> usize {
        self.outputs.len()
    }

    /// Where an input lies.
    ///
    /// # Errors
    /// When there is no such input.
    pub fn input(&self, port: &str) -> Result<PortHandle, VerilatorError> {
        self.handle(port, Direction::Input)
    }

    /// Where an output lies.
    ///
    /// # Errors
    /// When there is no such output.
    pub fn output(&self, port: &str) -> Result<PortHandle, VerilatorError> {
        self.handle(port, Direction::Output)
    }

    /// Where the inputs and the outputs of two tables of names and widths lie.
    ///
    /// # Errors
    /// When one is missing.
    #[allow(clippy::type_complexity)]
    pub fn handles<const I: usize, const O: usize>(
        &self,
        inputs: [(&str, usize); I],
        outputs: [(&str, usize); O],
    ) -> Result<([PortHandle; I], [PortHandle; O]), VerilatorError> {
        let none = PortHandle {
            offset: 0,
            width: 1,
        };
        let (mut ins, mut outs) = ([none; I], [none; O]);
        for (handle, (name, _)) in ins.iter_mut().zip(inputs) {
            *handle = self.input(name)?;
        }
        for (handle, (name, _)) in outs.iter_mut().zip(outputs) {
            *handle = self.output(name)?;
        }
        Ok((ins, outs))
    }

    /// Sets an input (zero-extended to its width) for the next cycle and all that follow.
    ///
    /// # Errors
    /// When there is no such input.
    pub fn set(&mut self, port: &str, value: u64) -> Result<(), VerilatorError> {
        let handle = self.input(port)?;
        handle.write(&mut self.inputs, value);
        Ok(())
    }

    /// Reads the low 64 bits of an output as it was in the last cycle or settling.
    ///
    /// # Errors
    /// When there is no such output.
    pub fn get(&self, port: &str) -> Result<u64, VerilatorError> {
        Ok(self.output(port)?.read(&self.outputs))
    }

    /// The record of inputs that the next [`Model::cycle`] applies.
    pub fn inputs_mut(&mut self) -> &mut [u32] {
        &mut self.inputs
    }

    /// The record of outputs of the last cycle or settling.
    pub fn outputs(&self) -> &[u32] {
        &self.outputs
    }

    /// One clock cycle with the inputs set.
    pub fn cycle(&mut self) {
        self.instance.cycles(1, &self.inputs, &mut self.outputs);
    }

    /// Lets the logic settle with the inputs set, without a clock edge.
    pub fn settle(&mut self) {
        self.instance.settle(&self.inputs, &mut self.outputs);
    }

    /// Runs `cycles` cycles from `inputs` to `outputs`, one record a cycle, in one call.
    ///
    /// # Panics
    /// When a slice does not hold exactly `cycles` records.
    pub fn run(&mut self, cycles: usize, inputs: &[u32], outputs: &mut [u32]) {
        self.instance.cycles(cycles, inputs, outputs);
    }

    /// Writes every signal's waveform to `path`, as VCD, from the next cycle on and until [`Model::stop_trace`].
    /// The first cycle is at time `start`, a cycle lasts twice `half`, both in picoseconds; the clock rises in the
    /// middle of it. Times must not be earlier than those of a waveform before.
    ///
    /// # Errors
    /// When the file cannot be written, or the design was not made [`Design::traceable`].
    pub fn start_trace(
        &mut self,
        path: &Path,
        start: u64,
        half: u64,
    ) -> Result<(), VerilatorError> {
        let refused = |reason: &str| VerilatorError::File {
            action: "write a waveform to".into(),
            path: path.to_owned(),
            reason: reason.into(),
        };
        let name = path.as_os_str().as_encoded_bytes();
        let name = CString::new(name).map_err(|_| refused("its name holds a zero byte"))?;
        if !self.instance.trace(Some(&name), start, half) {
            return Err(refused(
                "it cannot be opened, or the model has no waveforms",
            ));
        }
        Ok(())
    }

    /// Ends the waveform, if one is being written; its file is then complete.
    pub fn stop_trace(&mut self) {
        self.instance.trace(None, 0, 0);
    }

    fn handle(&self, name: &str, direction: Direction) -> Result<PortHandle, VerilatorError> {
        let mut offset = 0;
        for port in self.ports.iter().filter(|port| port.direction == direction) {
            if port.name == name {
                return Ok(PortHandle {
                    offset,
                    width: port.width,
                });
            }
            offset += port.words();
        }
        let known = self.ports.iter().filter(|port| port.direction == direction);
        Err(VerilatorError::NoSuchPort {
            design: self.name.clone(),
            direction: format!("{direction:?}").to_lowercase(),
            port: name.to_owned(),
            known: known
                .map(|port| port.name.as_str())
                .collect::<Vec<_>>()
                .join(", "),
        })
    }
}
