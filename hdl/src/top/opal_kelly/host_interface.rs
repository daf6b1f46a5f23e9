//! The vendor's host interface and endpoints, by the names of their modules and ports.

use rowfuse_spec::pipes::{
    IDENTITY, PIPE_REPLIES, PIPE_REQUESTS, WIRES_CONFIG, WIRE_BLOCKS, WIRE_CONTROL, WIRE_IDENTITY,
    WIRE_STATUS,
};
use rust_hdl::prelude::*;

/// Endpoints that answer on the shared bus to the host: two pipes and five wires.
const ANSWERING: usize = 7;

/// `okHost` with its pins and every endpoint of [`rowfuse_spec::pipes`]: what the vendor's library holds, instantiated.
///
/// Ports are those of [`crate::link::opal_kelly::Pipes`], turned round, and the module's pins. There is no model of the vendor's parts: a simulation begins
/// behind them.
#[derive(LogicBlock, Default)]
pub struct HostInterface {
    /// From the module's USB microcontroller; bit 0 is its clock.
    pub hi_in: Signal<In, Bits<8>>,
    /// To it.
    pub hi_out: Signal<Out, Bits<2>>,
    /// Both ways.
    pub hi_inout: Signal<InOut, Bits<16>>,
    /// Both ways.
    pub hi_aa: Signal<InOut, Bit>,
    /// Low: the microcontroller has the bus.
    pub hi_muxsel: Signal<Out, Bit>,
    /// The interface's clock, 48 MHz.
    pub ti_clk: Signal<Out, Clock>,
    /// `ep_write` of the pipe with requests.
    pub in_write: Signal<Out, Bit>,
    /// Its `ep_blockstrobe`.
    pub in_blockstrobe: Signal<Out, Bit>,
    /// Its `ep_dataout`.
    pub in_dataout: Signal<Out, Bits<16>>,
    /// Its `ep_ready`.
    pub in_ready: Signal<In, Bit>,
    /// `ep_read` of the pipe with replies.
    pub out_read: Signal<Out, Bit>,
    /// Its `ep_blockstrobe`.
    pub out_blockstrobe: Signal<Out, Bit>,
    /// Its `ep_datain`.
    pub out_datain: Signal<In, Bits<16>>,
    /// Its `ep_ready`.
    pub out_ready: Signal<In, Bit>,
    /// The wire to the design.
    pub control: Signal<Out, Bits<16>>,
    /// The wire with the state.
    pub status: Signal<In, Bits<16>>,
    /// The wire with the number of blocks.
    pub blocks: Signal<In, Bits<16>>,
    _config_id: u32,
}

impl HostInterface {
    /// An interface whose wires show that configuration's ID.
    pub fn new(config_id: u32) -> Self {
        Self {
            _config_id: config_id,
            ..Default::default()
        }
    }

    fn code(&self) -> String {
        let constant = |value: u32| format!("16'h{:04x}", value & 0xFFFF);
        let wires = [
            (WIRE_IDENTITY, constant(IDENTITY.into())),
            (WIRES_CONFIG[0], constant(self._config_id)),
            (WIRES_CONFIG[1], constant(self._config_id >> 16)),
            (WIRE_STATUS, "status".into()),
            (WIRE_BLOCKS, "blocks".into()),
        ];
        let mut code = format!(
            "\
wire [30:0] ok1;
wire [16:0] ok2;
wire [{last}:0] ok2s;
assign hi_muxsel = 1'b0;
okHost host (.hi_in(hi_in), .hi_out(hi_out), .hi_inout(hi_inout), .hi_aa(hi_aa), .ti_clk(ti_clk), .ok1(ok1), .ok2(ok2));
okWireOR #(.N({ANSWERING})) answers (.ok2(ok2), .ok2s(ok2s));
okWireIn wire_control (.ok1(ok1), .ep_addr(8'h{WIRE_CONTROL:02x}), .ep_dataout(control));
okBTPipeIn pipe_requests (.ok1(ok1), .ok2(ok2s[0*17 +: 17]), .ep_addr(8'h{PIPE_REQUESTS:02x}), .ep_write(in_write), \
.ep_blockstrobe(in_blockstrobe), .ep_dataout(in_dataout), .ep_ready(in_ready));
okBTPipeOut pipe_replies (.ok1(ok1), .ok2(ok2s[1*17 +: 17]), .ep_addr(8'h{PIPE_REPLIES:02x}), .ep_read(out_read), \
.ep_blockstrobe(out_blockstrobe), .ep_datain(out_datain), .ep_ready(out_ready));
",
            last = 17 * ANSWERING - 1,
        );
        for (place, (address, value)) in wires.iter().enumerate() {
            code += &format!(
                "okWireOut wire_{address:02x} (.ok1(ok1), .ok2(ok2s[{}*17 +: 17]), .ep_addr(8'h{address:02x}), .ep_datain({value}));\n",
                place + ANSWERING - wires.len()
            );
        }
        code
    }
}

impl Logic for HostInterface {
    fn update(&mut self) {}

    fn connect(&mut self) {
        self.hi_out.connect();
        self.hi_inout.connect();
        self.hi_aa.connect();
        self.hi_muxsel.connect();
        self.ti_clk.connect();
        self.in_write.connect();
        self.in_blockstrobe.connect();
        self.in_dataout.connect();
        self.out_read.connect();
        self.out_blockstrobe.connect();
        self.control.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Wrapper(Wrapper {
            code: self.code(),
            cores: String::new(),
        })
    }
}
