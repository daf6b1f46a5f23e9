//! The system for an Opal Kelly module in rust-hdl's own simulation.

use rowfuse_hdl::top::opal_kelly::OkSystem;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

use super::outside::{Inputs, Module, Outputs};
use super::ToHost;
use crate::board::simulated::{settle, Core};
use crate::board::{BoardError, Simulated};
use crate::mig::MigInputs;

/// The rust-hdl simulation of an [`OkSystem`].
pub struct OkGateware {
    top: Box<OkSystem>,
}

impl OkGateware {
    /// A board that simulates `config`.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn board(config: &EngineConfig) -> Result<Simulated<OkGateware>, BoardError> {
        let mut top = OkSystem::new(config)
            .map(Box::new)
            .map_err(|error| BoardError::Build(error.to_string()))?;
        top.connect_all();
        Simulated::new(OkGateware { top }, config)
    }
}

/// Sets a system's inputs but its clock.
pub fn drive(top: &mut OkSystem, inputs: &Inputs) {
    let Inputs {
        ti_clk,
        host,
        memory,
    } = inputs;
    top.ti_clk.next = (*ti_clk).into();
    top.in_write.next = host.in_write;
    top.in_blockstrobe.next = host.in_blockstrobe;
    top.in_dataout.next = u64::from(host.in_dataout).to_bits();
    top.out_read.next = host.out_read;
    top.out_blockstrobe.next = host.out_blockstrobe;
    top.control.next = u64::from(host.control).to_bits();
    top.app_rdy.next = memory.rdy;
    top.app_wdf_rdy.next = memory.wdf_rdy;
    top.app_rd_data_valid.next = memory.rd_data_valid;
    top.app_rd_data.next = memory.rd_data.to_bits();
    top.init_calib_complete.next = memory.init_calib_complete;
}

/// Reads a system's outputs.
pub fn read(top: &OkSystem) -> Outputs {
    Outputs {
        host: ToHost {
            in_ready: top.in_ready.val(),
            out_ready: top.out_ready.val(),
            out_datain: top.out_datain.val().to_u16(),
            status: top.status.val().to_u16(),
            blocks: top.blocks.val().to_u16(),
        },
        memory: MigInputs {
            en: top.app_en.val(),
            cmd: top.app_cmd.val().to_u8(),
            addr: top.app_addr.val().to_u32(),
            wdf_wren: top.app_wdf_wren.val(),
            wdf_end: top.app_wdf_end.val(),
            wdf_data: top.app_wdf_data.val().to_u128(),
            wdf_mask: top.app_wdf_mask.val().to_u16(),
        },
        busy: top.busy.val(),
    }
}

impl Core for OkGateware {
    type Outside = Module;

    fn kind(&self) -> &'static str {
        "gateware"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let top = self.top.as_mut();
        drive(top, inputs);
        top.clock.next = false.into();
        settle(self.top.as_mut())?;
        let outputs = read(&self.top);
        self.top.clock.next = true.into();
        settle(self.top.as_mut())?;
        Ok(outputs)
    }

    fn cycles_per_poll(&self) -> u64 {
        2_000
    }
}
