//! The accelerator in rust-hdl's own simulation.

use super::{Core, Inputs, Outputs, Simulated};
use crate::board::BoardError;
use rowfuse_hdl::accelerator::Accelerator;
use rowfuse_spec::EngineConfig;
use rust_hdl::prelude::*;

/// Rounds after which logic that still changes is taken to oscillate.
const MAX_ROUNDS: usize = 100;

/// The rust-hdl simulation of an [`Accelerator`].
pub struct Gateware {
    top: Box<Accelerator>,
}

impl Gateware {
    /// A board that simulates `config`.
    ///
    /// # Errors
    /// If the configuration is not legal.
    pub fn board(config: &EngineConfig) -> Result<Simulated<Gateware>, BoardError> {
        let mut top = Accelerator::new(config)
            .map(Box::new)
            .map_err(|error| BoardError::Build(error.to_string()))?;
        top.mem.link_connect_dest();
        top.connect_all();
        Ok(Simulated::new(Gateware { top }, config))
    }

    fn settle(&mut self) -> Result<(), BoardError> {
        if simulate(self.top.as_mut(), MAX_ROUNDS) {
            Ok(())
        } else {
            Err(BoardError::Build(
                "the rust-hdl simulation does not settle".into(),
            ))
        }
    }
}

impl Core for Gateware {
    fn kind(&self) -> &'static str {
        "gateware"
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let top = self.top.as_mut();
        top.rx_valid.next = inputs.rx.is_some();
        top.rx_data.next = u64::from(inputs.rx.unwrap_or(0)).into();
        top.tx_ready.next = inputs.tx_ready;
        top.mem.req_ready.next = inputs.req_ready;
        top.mem.wr_next.next = inputs.wr_next;
        top.mem.rd_valid.next = inputs.rd.is_some();
        top.mem.rd_data.next = u64::from(inputs.rd.unwrap_or(0)).into();
        top.mem.done.next = inputs.done;
        top.clock.next = false.into();
        self.settle()?;
        let top = self.top.as_mut();
        let outputs = Outputs {
            rx_ready: top.rx_ready.val(),
            tx: top.tx_valid.val().then(|| top.tx_data.val().to_u8()),
            request: top.mem.req_valid.val().then(|| {
                (
                    top.mem.req_write.val(),
                    top.mem.req_addr.val().to_u32(),
                    top.mem.req_len.val().to_u8().into(),
                )
            }),
            wr_data: top.mem.wr_data.val().to_u16(),
            busy: top.busy.val(),
        };
        top.clock.next = true.into();
        self.settle()?;
        Ok(outputs)
    }

    fn cycles_per_poll(&self) -> u64 {
        2_000
    }
}
