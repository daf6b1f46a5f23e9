//! The emitted Verilog of the accelerator with its SDRAM controller under Verilator.

use super::{Chip, Core, Inputs, Outputs, Outside, Simulated};
use crate::board::BoardError;
use crate::sdram::Pins;
use crate::verilator::{Design, Model, Port, PortHandle, Progress, Toolchain, VerilatorError};
use rowfuse_hdl::system::{System, INPUTS, OUTPUTS};
use rowfuse_spec::EngineConfig;

/// A core whose Verilog Verilator has compiled.
pub trait Compiled: Core + Sized {
    /// The system of a configuration, to be compiled.
    ///
    /// # Errors
    /// If the configuration is not legal.
    fn design(config: &EngineConfig) -> Result<Design, BoardError>;

    /// A compiled model of [`Compiled::design`], perhaps with further outputs.
    ///
    /// # Errors
    /// If it lacks a port.
    fn of(model: Model) -> Result<Self, VerilatorError>;

    /// The model.
    fn model(&mut self) -> &mut Model;

    /// Whether a program runs.
    fn busy(outputs: &<Self::Outside as Outside>::Outputs) -> bool;
}

/// A compiled model of a system's Verilog.
pub struct Verilated {
    pub(super) model: Model,
    inputs: [PortHandle; INPUTS.len()],
    outputs: [PortHandle; OUTPUTS.len()],
}

impl Verilated {
    /// A board that runs the emitted Verilog of `config`; compiling it takes minutes the first time, of which `progress` is told.
    ///
    /// # Errors
    /// If the configuration is not legal, or Verilator or a C++ compiler is missing or fails.
    pub fn board(
        config: &EngineConfig,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Simulated<Verilated>, BoardError> {
        let design = Self::design(config)?;
        let model = Model::from_design(&Toolchain::find()?, &design, progress)?;
        Simulated::new(Self::of(model)?, config)
    }

    /// The ports of every system.
    pub(super) fn ports() -> Vec<Port> {
        let mut ports = vec![Port::clock("clock")];
        ports.extend(INPUTS.map(|(name, width)| Port::input(name, width)));
        ports.extend(OUTPUTS.map(|(name, width)| Port::output(name, width)));
        ports
    }
}

impl Compiled for Verilated {
    fn design(config: &EngineConfig) -> Result<Design, BoardError> {
        let verilog =
            System::verilog(config).map_err(|error| BoardError::Build(error.to_string()))?;
        let name = format!("system {}", config.name);
        // Memories start with zeros all the same, unless a model is asked for with others.
        Ok(Design::new(&name, &verilog, "top", &Self::ports()).uncleared())
    }

    fn of(model: Model) -> Result<Self, VerilatorError> {
        let (inputs, outputs) = model.handles(INPUTS, OUTPUTS)?;
        Ok(Verilated {
            model,
            inputs,
            outputs,
        })
    }

    fn model(&mut self) -> &mut Model {
        &mut self.model
    }

    fn busy(outputs: &Outputs) -> bool {
        outputs.busy
    }
}

impl Core for Verilated {
    type Outside = Chip;

    fn kind(&self) -> &'static str {
        "verilated"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let values = [
            inputs.rx.is_some().into(),
            inputs.rx.unwrap_or(0).into(),
            inputs.tx_ready.into(),
            inputs.reset.into(),
            inputs.dq.into(),
        ];
        let record = self.model.inputs_mut();
        for (handle, value) in self.inputs.iter().zip(values) {
            handle.write(record, value);
        }
        self.model.cycle();
        let record = self.model.outputs();
        let [rx_ready, tx_valid, tx_data, busy, ..] =
            self.outputs.map(|handle| handle.read(record));
        let [.., cke, cs_n, ras_n, cas_n, we_n, ba, a, dqm, dq_out, dq_z] =
            self.outputs.map(|handle| handle.read(record));
        Ok(Outputs {
            rx_ready: rx_ready != 0,
            tx: (tx_valid != 0).then_some(tx_data as u8),
            memory: Pins {
                cke: cke != 0,
                cs_n: cs_n != 0,
                ras_n: ras_n != 0,
                cas_n: cas_n != 0,
                we_n: we_n != 0,
                ba: ba as u8,
                a: a as u16,
                dqm: dqm as u8,
                dq: (dq_z == 0).then_some(dq_out as u16),
            },
            busy: busy != 0,
        })
    }

    fn cycles_per_poll(&self) -> u64 {
        200_000
    }
}
