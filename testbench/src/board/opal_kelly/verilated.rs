//! The emitted Verilog of the system for an Opal Kelly module under Verilator.

use rowfuse_hdl::top::opal_kelly::{OkSystem, INPUTS, OUTPUTS};
use rowfuse_spec::EngineConfig;

use super::outside::{Inputs, Module, Outputs};
use super::ToHost;
use crate::board::simulated::{Compiled, Core};
use crate::board::{BoardError, Simulated};
use crate::mig::MigInputs;
use crate::verilator::{Design, Model, Port, PortHandle, Progress, Toolchain, VerilatorError};

/// A compiled model of a system's Verilog. The engine's clock is the model's, the host interface's an input that changes at most once a cycle.
pub struct OkVerilated {
    model: Model,
    inputs: [PortHandle; INPUTS.len()],
    outputs: [PortHandle; OUTPUTS.len()],
}

impl OkVerilated {
    /// A board that runs the emitted Verilog of `config`; compiling it takes minutes the first time, of which `progress` is told.
    ///
    /// # Errors
    /// If the configuration is not legal, or Verilator or a C++ compiler is missing or fails.
    pub fn board(
        config: &EngineConfig,
        progress: &mut dyn FnMut(Progress),
    ) -> Result<Simulated<OkVerilated>, BoardError> {
        let design = Self::design(config)?;
        let model = Model::from_design(&Toolchain::find()?, &design, progress)?;
        Simulated::new(Self::of(model)?, config)
    }
}

impl Compiled for OkVerilated {
    fn design(config: &EngineConfig) -> Result<Design, BoardError> {
        let verilog =
            OkSystem::verilog(config).map_err(|error| BoardError::Build(error.to_string()))?;
        let mut ports = vec![Port::clock("clock")];
        ports.extend(INPUTS.map(|(name, width)| Port::input(name, width)));
        ports.extend(OUTPUTS.map(|(name, width)| Port::output(name, width)));
        let name = format!("Opal Kelly system {}", config.name);
        Ok(Design::new(&name, &verilog, "top", &ports).uncleared())
    }

    fn of(model: Model) -> Result<Self, VerilatorError> {
        let (inputs, outputs) = model.handles(INPUTS, OUTPUTS)?;
        Ok(OkVerilated {
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

impl Core for OkVerilated {
    type Outside = Module;

    fn kind(&self) -> &'static str {
        "verilated"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let Inputs {
            ti_clk,
            host,
            memory,
        } = inputs;
        let values: [u64; INPUTS.len() - 1] = [
            (*ti_clk).into(),
            host.in_write.into(),
            host.in_blockstrobe.into(),
            host.in_dataout.into(),
            host.out_read.into(),
            host.out_blockstrobe.into(),
            host.control.into(),
            memory.rdy.into(),
            memory.wdf_rdy.into(),
            memory.rd_data_valid.into(),
            memory.init_calib_complete.into(),
        ];
        let record = self.model.inputs_mut();
        for (handle, value) in self.inputs.iter().zip(values) {
            handle.write(record, value);
        }
        let [.., line] = self.inputs;
        for (place, word) in record[line.words()].iter_mut().enumerate() {
            *word = (memory.rd_data >> (32 * place)) as u32;
        }
        self.model.cycle();
        let record = self.model.outputs();
        let [in_ready, out_ready, out_datain, status, blocks, busy, ..] =
            self.outputs.map(|handle| handle.read(record));
        let [.., en, cmd, addr, wdf_wren, wdf_end, wdf_mask, _] =
            self.outputs.map(|handle| handle.read(record));
        let [.., line] = self.outputs;
        let words = record[line.words()].iter().rev();
        Ok(Outputs {
            host: ToHost {
                in_ready: in_ready != 0,
                out_ready: out_ready != 0,
                out_datain: out_datain as u16,
                status: status as u16,
                blocks: blocks as u16,
            },
            memory: MigInputs {
                en: en != 0,
                cmd: cmd as u8,
                addr: addr as u32,
                wdf_wren: wdf_wren != 0,
                wdf_end: wdf_end != 0,
                wdf_data: words.fold(0, |line, word| line << 32 | u128::from(*word)),
                wdf_mask: wdf_mask as u16,
            },
            busy: busy != 0,
        })
    }

    fn cycles_per_poll(&self) -> u64 {
        200_000
    }
}
