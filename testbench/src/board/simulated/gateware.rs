//! The accelerator with its SDRAM controller in rust-hdl's own simulation.

use super::{Chip, Core, Inputs, Outputs, Simulated};
use crate::board::BoardError;
use crate::sdram::Pins;
use rowfuse_hdl::system::System;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Rounds after which logic that still changes is taken to oscillate.
const MAX_ROUNDS: usize = 100;

/// The rust-hdl simulation of an [`System`].
pub struct Gateware {
    top: Box<System>,
}

impl Gateware {
    /// A board that simulates `config`.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn board(config: &EngineConfig) -> Result<Simulated<Gateware>, BoardError> {
        let mut top = System::new(config)
            .map(Box::new)
            .map_err(|error| BoardError::Build(error.to_string()))?;
        top.connect_all();
        Simulated::new(Gateware { top }, config)
    }
}

/// Lets the logic settle.
///
/// # Errors
/// If it does not.
pub(in crate::board) fn settle(top: &mut impl Block) -> Result<(), BoardError> {
    if simulate(top, MAX_ROUNDS) {
        Ok(())
    } else {
        Err(BoardError::Build(
            "the rust-hdl simulation does not settle".into(),
        ))
    }
}

impl Core for Gateware {
    type Outside = Chip;

    fn kind(&self) -> &'static str {
        "gateware"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let top = self.top.as_mut();
        top.rx_valid.next = inputs.rx.is_some();
        top.rx_data.next = u64::from(inputs.rx.unwrap_or(0)).into();
        top.tx_ready.next = inputs.tx_ready;
        top.reset.next = inputs.reset;
        top.dq_in.next = u64::from(inputs.dq).into();
        top.clock.next = false.into();
        settle(self.top.as_mut())?;
        let top = self.top.as_mut();
        let outputs = Outputs {
            rx_ready: top.rx_ready.val(),
            tx: top.tx_valid.val().then(|| top.tx_data.val().to_u8()),
            memory: Pins {
                cke: top.cke.val(),
                cs_n: top.cs_n.val(),
                ras_n: top.ras_n.val(),
                cas_n: top.cas_n.val(),
                we_n: top.we_n.val(),
                ba: top.ba.val().to_u8(),
                a: top.a.val().to_u16(),
                dqm: top.dqm.val().to_u8(),
                dq: (top.dq_z.val() == 0).then(|| top.dq_out.val().to_u16()),
            },
            busy: top.busy.val(),
        };
        top.clock.next = true.into();
        settle(self.top.as_mut())?;
        Ok(outputs)
    }

    fn cycles_per_poll(&self) -> u64 {
        2_000
    }
}
