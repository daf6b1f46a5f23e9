//! The vendor's memory controller with the chip's pins.

use crate::memory::mig::{APP_ADDRESS_BITS, APP_COMMAND_BITS, LINE_BITS, LINE_BYTES};
use rust_hdl::prelude::*;

/// The module `mig7` that Vivado's Memory Interface Generator makes for the board, and the gate of the engine's clock behind it.
///
/// The engine has no reset: its registers wake up in their reset state, and its clock stands still until MIG says that it is stable, by a `BUFGCE`. Ports `app_`
/// and `ddr3_` are MIG's. There is no model of the vendor's part here: a simulation begins at `app_`.
#[derive(LogicBlock, Default)]
pub struct Ddr3 {
    /// The board's 200 MHz, positive.
    pub sys_clk_p: Signal<In, Bit>,
    /// Negative.
    pub sys_clk_n: Signal<In, Bit>,
    /// The engine's clock, a quarter of the chip's.
    pub clock: Signal<Out, Clock>,
    /// The memory can be used.
    pub init_calib_complete: Signal<Out, Bit>,
    /// Address of an access in words.
    pub app_addr: Signal<In, Bits<APP_ADDRESS_BITS>>,
    /// Write or read.
    pub app_cmd: Signal<In, Bits<APP_COMMAND_BITS>>,
    /// An access stands.
    pub app_en: Signal<In, Bit>,
    /// It is taken.
    pub app_rdy: Signal<Out, Bit>,
    /// Data of a write.
    pub app_wdf_data: Signal<In, Bits<LINE_BITS>>,
    /// The access' last.
    pub app_wdf_end: Signal<In, Bit>,
    /// They stand.
    pub app_wdf_wren: Signal<In, Bit>,
    /// Bytes not to write.
    pub app_wdf_mask: Signal<In, Bits<LINE_BYTES>>,
    /// They are taken.
    pub app_wdf_rdy: Signal<Out, Bit>,
    /// Data of a read.
    pub app_rd_data: Signal<Out, Bits<LINE_BITS>>,
    /// They are there.
    pub app_rd_data_valid: Signal<Out, Bit>,
    /// Data.
    pub ddr3_dq: Signal<InOut, Bits<16>>,
    /// Strobes, negative.
    pub ddr3_dqs_n: Signal<InOut, Bits<2>>,
    /// Positive.
    pub ddr3_dqs_p: Signal<InOut, Bits<2>>,
    /// Row, column or mode.
    pub ddr3_addr: Signal<Out, Bits<15>>,
    /// Bank.
    pub ddr3_ba: Signal<Out, Bits<3>>,
    /// Row address strobe, active low.
    pub ddr3_ras_n: Signal<Out, Bit>,
    /// Column address strobe, active low.
    pub ddr3_cas_n: Signal<Out, Bit>,
    /// Write enable, active low.
    pub ddr3_we_n: Signal<Out, Bit>,
    /// Reset, active low.
    pub ddr3_reset_n: Signal<Out, Bit>,
    /// The chip's clock, positive.
    pub ddr3_ck_p: Signal<Out, Bit>,
    /// Negative.
    pub ddr3_ck_n: Signal<Out, Bit>,
    /// Clock enable.
    pub ddr3_cke: Signal<Out, Bit>,
    /// Byte masks.
    pub ddr3_dm: Signal<Out, Bits<2>>,
    /// Termination.
    pub ddr3_odt: Signal<Out, Bit>,
}

/// `sys_rst` is active high, as the MIG project has it.
const CODE: &str = "\
wire ui_clk, ui_clk_sync_rst;
BUFGCE gate (.I(ui_clk), .CE(~ui_clk_sync_rst), .O(clock));
mig7 mig (
  .sys_clk_p(sys_clk_p), .sys_clk_n(sys_clk_n), .sys_rst(1'b0),
  .ui_clk(ui_clk), .ui_clk_sync_rst(ui_clk_sync_rst), .init_calib_complete(init_calib_complete), .device_temp(),
  .app_addr(app_addr), .app_cmd(app_cmd), .app_en(app_en), .app_rdy(app_rdy),
  .app_wdf_data(app_wdf_data), .app_wdf_end(app_wdf_end), .app_wdf_wren(app_wdf_wren), .app_wdf_mask(app_wdf_mask),
  .app_wdf_rdy(app_wdf_rdy),
  .app_rd_data(app_rd_data), .app_rd_data_valid(app_rd_data_valid), .app_rd_data_end(),
  .app_sr_req(1'b0), .app_ref_req(1'b0), .app_zq_req(1'b0), .app_sr_active(), .app_ref_ack(), .app_zq_ack(),
  .ddr3_dq(ddr3_dq), .ddr3_dqs_n(ddr3_dqs_n), .ddr3_dqs_p(ddr3_dqs_p), .ddr3_addr(ddr3_addr), .ddr3_ba(ddr3_ba),
  .ddr3_ras_n(ddr3_ras_n), .ddr3_cas_n(ddr3_cas_n), .ddr3_we_n(ddr3_we_n), .ddr3_reset_n(ddr3_reset_n),
  .ddr3_ck_p(ddr3_ck_p), .ddr3_ck_n(ddr3_ck_n), .ddr3_cke(ddr3_cke), .ddr3_dm(ddr3_dm), .ddr3_odt(ddr3_odt)
);
";

impl Logic for Ddr3 {
    fn update(&mut self) {}

    fn connect(&mut self) {
        self.clock.connect();
        self.init_calib_complete.connect();
        self.app_rdy.connect();
        self.app_wdf_rdy.connect();
        self.app_rd_data.connect();
        self.app_rd_data_valid.connect();
        self.ddr3_dq.connect();
        self.ddr3_dqs_n.connect();
        self.ddr3_dqs_p.connect();
        self.ddr3_addr.connect();
        self.ddr3_ba.connect();
        self.ddr3_ras_n.connect();
        self.ddr3_cas_n.connect();
        self.ddr3_we_n.connect();
        self.ddr3_reset_n.connect();
        self.ddr3_ck_p.connect();
        self.ddr3_ck_n.connect();
        self.ddr3_cke.connect();
        self.ddr3_dm.connect();
        self.ddr3_odt.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: CODE.into(),
            cores: String::new(),
        })
    }
}
