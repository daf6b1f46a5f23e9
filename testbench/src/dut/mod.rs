//! Runs one block through the rust-hdl simulation and through Verilator.
//!
//! The two can disagree, so no block counts as verified until both have seen the same stimulus and
//! gave the same outputs, bit for bit, in every cycle. A test sets inputs of the Rust block; the
//! harness reads back what they are and hands Verilator the same.
//!
//! ```no_run
//! use rowfuse_testbench::dut::Dut;
//! use rust_hdl::prelude::*;
//! # #[derive(LogicBlock, Default)]
//! # struct Adder { pub a: Signal<In, Bits<8>>, pub sum: Signal<Out, Bits<8>>,
//! #   pub clock: Signal<In, Clock>, register: DFF<Bits<8>> }
//! # impl Logic for Adder {
//! #   #[hdl_gen]
//! #   fn update(&mut self) {
//! #     dff_setup!(self, clock, register);
//! #     self.register.d.next = self.a.val() + 1;
//! #     self.sum.next = self.register.q.val();
//! #   }
//! # }
//! # fn main() -> Result<(), rowfuse_testbench::dut::DutError> {
//! let mut dut = Dut::new("adder", Adder::default(), |block, clock| block.clock.next = clock)?;
//! let trace = dut.run(100, |block: &mut Adder, cycle: usize| block.a.next = (cycle as u64).to_bits())?;
//! assert_eq!(trace.u64("sum", 5), 4 + 1);
//! # Ok(())
//! # }
//! ```

mod error;
mod probe;
mod record;
mod trace;

pub use error::{DutError, Mismatch};
pub use record::RECORD;
pub use trace::{Trace, Verified};

use record::Recording;
use rust_hdl::prelude::{check_all, generate_verilog_unchecked, simulate, Block, Clock};

use crate::verilator::{Design, Direction, Model, Optimisation, Port, Toolchain, VerilatorError};

/// Deepest chain of blocks that a change may have to travel through; beyond it the logic oscillates.
const SETTLING_STEPS: usize = 1000;

/// Environment variable that turns "Verilator is missing" from a skipped comparison into an error.
pub const REQUIRE_VERILATOR: &str = "ROWFUSE_REQUIRE_VERILATOR";

/// Environment variable with the number of models of a block that a run is compared with, each with other noise in the
/// memories at power-on; 1 unless told.
pub const POWER_ON: &str = "ROWFUSE_POWER_ON";

/// What a test does in each cycle. A closure `|block, cycle|` will do when it only drives.
pub trait Stimulus<B> {
    /// Sets the inputs of `cycle` (from 0) with the clock low. Outputs read here are those after the
    /// last rising edge, still under the last cycle's inputs.
    fn drive(&mut self, block: &mut B, cycle: usize);

    /// Sees the settled outputs of `cycle`, as a synchronous neighbour does at the rising edge.
    fn observe(&mut self, _block: &B, _cycle: usize) {}
}

impl<B, F: FnMut(&mut B, usize)> Stimulus<B> for F {
    fn drive(&mut self, block: &mut B, cycle: usize) {
        self(block, cycle);
    }
}

/// A block under test, in both simulations.
pub struct Dut<B: Block> {
    name: String,
    block: B,
    clock: Option<fn(&mut B, Clock)>,
    ports: Vec<Port>,
    design: Design,
    models: Vec<Model>,
    recording: Option<Recording>,
    zeros: bool,
}

impl<B: Block> Dut<B> {
    /// Takes a clocked block; `clock` sets its clock input (several, if it has several).
    ///
    /// # Errors
    /// When rust-hdl's check refuses the block or a port cannot be driven from outside.
    pub fn new(name: &str, block: B, clock: fn(&mut B, Clock)) -> Result<Self, DutError> {
        Self::with_clock(name, block, Some(clock))
    }

    /// Takes a block without a clock.
    ///
    /// # Errors
    /// As [`Dut::new`].
    pub fn combinational(name: &str, block: B) -> Result<Self, DutError> {
        Self::with_clock(name, block, None)
    }

    fn with_clock(
        name: &str,
        mut block: B,
        clock: Option<fn(&mut B, Clock)>,
    ) -> Result<Self, DutError> {
        block.connect_all();
        check_all(&block).map_err(|error| DutError::Check {
            block: name.to_owned(),
            reason: format!("{error:?}"),
        })?;
        let ports = probe::ports(&block).map_err(|port| DutError::InOut {
            block: name.to_owned(),
            port,
        })?;
        let has_clock = ports.iter().any(|port| port.direction == Direction::Clock);
        if has_clock != clock.is_some() {
            return Err(DutError::Clock {
                block: name.to_owned(),
                has_clock,
            });
        }
        let verilog = generate_verilog_unchecked(&block);
        let design = Design::new(name, &verilog, "top", &ports)
            .source(rowfuse_hdl::primitives::verilog())
            .optimise(Optimisation::Quick);
        Ok(Self {
            name: name.to_owned(),
            block,
            clock,
            ports,
            design,
            models: Vec::new(),
            recording: None,
            zeros: false,
        })
    }

    /// Adds Verilog that the block's own text instantiates, beyond [`rowfuse_hdl::primitives`], which
    /// is always there.
    #[must_use]
    pub fn with_source(mut self, verilog: &str) -> Self {
        self.design = self.design.source(verilog);
        self
    }

    /// Changes how the Verilog is compiled: macros, optimisation, strictness.
    #[must_use]
    pub fn with_design(mut self, change: impl FnOnce(Design) -> Design) -> Self {
        self.design = change(self.design);
        self
    }

    /// Makes clock inputs beside the one that the harness drives ordinary inputs, moved by the stimulus: clocks of other domains. Such a clock may
    /// rise or fall once a cycle, before the harness' own edge. Inputs that its registers see must not change in the cycle in which it rises.
    #[must_use]
    pub fn with_driven_clocks(mut self, names: &[&str]) -> Self {
        for port in &mut self.ports {
            if names.contains(&port.name.as_str()) {
                port.direction = Direction::Input;
            }
        }
        self.design = self.design.with_ports(&self.ports);
        self
    }

    /// For a block with an output that shows words of a memory which nobody has written, as long as nobody looks: Verilator's
    /// memories start with zeros then, as rust-hdl's do.
    #[must_use]
    pub fn with_zeros(mut self) -> Self {
        self.zeros = true;
        self
    }

    /// The Verilog text under test.
    pub fn verilog(&self) -> &str {
        self.design.verilog()
    }

    /// The ports found on the block.
    pub fn ports(&self) -> &[Port] {
        &self.ports
    }

    /// The block in the rust-hdl simulation.
    pub fn block(&self) -> &B {
        &self.block
    }

    /// Runs `cycles` cycles through both simulations and compares every output of every cycle. A
    /// further call goes on where the last one ended. Memories and registers without an initial value start with noise in
    /// Verilator and with zeros in rust-hdl: an output that depends on them differs. [`POWER_ON`] asks for more such starts,
    /// [`Dut::with_zeros`] for none.
    ///
    /// Without Verilator only the rust-hdl simulation runs and the trace says so, unless
    /// [`REQUIRE_VERILATOR`] is set to 1.
    ///
    /// # Errors
    /// When the two disagree, the logic does not settle, or the Verilog does not compile.
    pub fn run(&mut self, cycles: usize, stimulus: impl Stimulus<B>) -> Result<Trace, DutError> {
        let mut trace = self.simulate(cycles, |_| false, stimulus)?;
        let name = self.name.clone();
        let power_ons = power_ons()?;
        let verified = match self.models(power_ons) {
            Ok(models) => {
                for model in models {
                    let mut outputs = vec![0; cycles * model.output_words()];
                    model.run(cycles, trace.input_records(), &mut outputs);
                    trace.compare(&name, &outputs)?;
                }
                Verified::Compared
            }
            Err(error) if error.is_missing_tool() && !is_required() => {
                Verified::Skipped(error.to_string())
            }
            Err(error) => return Err(error.into()),
        };
        trace.set_verified(verified);
        if self.recording.is_none() {
            self.recording = Recording::begin(&self.name, &self.design)?;
        }
        if let Some(recording) = &self.recording {
            recording.append(&trace)?;
        }
        Ok(trace)
    }

    /// The rust-hdl half of [`Dut::run`] with a fault, to test that a golden model notices: in each cycle for which `lost` says so, a clocked block
    /// misses its rising edge, and the trace of one without a clock has its first output's lowest bit wrong.
    ///
    /// # Errors
    /// When the logic does not settle.
    pub fn run_losing(
        &mut self,
        cycles: usize,
        lost: impl FnMut(usize) -> bool,
        stimulus: impl Stimulus<B>,
    ) -> Result<Trace, DutError> {
        self.simulate(cycles, lost, stimulus)
    }

    /// The rust-hdl half of [`Dut::run`].
    fn simulate(
        &mut self,
        cycles: usize,
        mut lost: impl FnMut(usize) -> bool,
        mut stimulus: impl Stimulus<B>,
    ) -> Result<Trace, DutError> {
        let mut trace = Trace::new(&self.ports);
        for cycle in 0..cycles {
            self.level(false);
            stimulus.drive(&mut self.block, cycle);
            self.settle(cycle)?;
            stimulus.observe(&self.block, cycle);
            let loses = lost(cycle);
            trace.record(|inputs, outputs| {
                let first = outputs.len();
                probe::read(&self.block, &self.ports, inputs, outputs);
                if loses && self.clock.is_none() {
                    outputs[first..first + 1]
                        .iter_mut()
                        .for_each(|word| *word ^= 1);
                }
            });
            if !loses {
                self.level(true);
                self.settle(cycle)?;
            }
        }
        Ok(trace)
    }

    fn level(&mut self, level: bool) {
        if let Some(clock) = self.clock {
            clock(&mut self.block, level.into());
        }
    }

    fn settle(&mut self, cycle: usize) -> Result<(), DutError> {
        if simulate(&mut self.block, SETTLING_STEPS) {
            return Ok(());
        }
        Err(DutError::NotSettled {
            block: self.name.clone(),
            cycle,
        })
    }

    /// The models, made on first use, each with other noise.
    fn models(&mut self, number: u64) -> Result<&mut [Model], VerilatorError> {
        if self.models.is_empty() {
            let tools = Toolchain::find()?;
            let seeds = if self.zeros { 0..=0 } else { 1..=number };
            for seed in seeds {
                let model = Model::powered_on(&tools, &self.design, seed, &mut |_| {})?;
                self.models.push(model);
            }
        }
        Ok(&mut self.models)
    }
}

/// How many models a run is compared with.
fn power_ons() -> Result<u64, DutError> {
    let Some(value) = std::env::var_os(POWER_ON) else {
        return Ok(1);
    };
    let number = value.to_str().and_then(|text| text.parse().ok());
    number
        .filter(|number| *number > 0)
        .ok_or_else(|| DutError::PowerOn {
            value: value.to_string_lossy().into_owned(),
        })
}

/// Whether a missing Verilator is an error.
fn is_required() -> bool {
    std::env::var(REQUIRE_VERILATOR).is_ok_and(|value| value == "1")
}
