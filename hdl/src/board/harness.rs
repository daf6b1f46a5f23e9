//! A harness with three pins, to place and route the accelerator without its board.
//!
//! Inputs come from a shift register, outputs leave through another that takes them all in turn, so that nothing of the design is removed and no
//! pin's delay enters its timing.

/// Inputs of the accelerator's emitted Verilog beside its clock: name, width.
pub const INPUTS: [(&str, usize); 8] = [
    ("rx_valid", 1),
    ("rx_data", 8),
    ("tx_ready", 1),
    ("mem$req_ready", 1),
    ("mem$wr_next", 1),
    ("mem$rd_valid", 1),
    ("mem$rd_data", 16),
    ("mem$done", 1),
];
/// Its outputs.
pub const OUTPUTS: [(&str, usize); 10] = [
    ("rx_ready", 1),
    ("tx_valid", 1),
    ("tx_data", 8),
    ("mem$req_valid", 1),
    ("mem$req_write", 1),
    ("mem$req_addr", 24),
    ("mem$req_len", 8),
    ("mem$wr_data", 16),
    ("mem$wr_mask", 2),
    ("busy", 1),
];

/// Renames the accelerator's module to `accelerator` and puts the harness, module `top` with ports `clock`, `serial_in`, `load` and
/// `serial_out`, around it.
pub fn wrap(verilog: &str) -> String {
    let renamed = verilog.replacen("module top(", "module accelerator(", 1);
    let total = |ports: &[(&str, usize)]| ports.iter().map(|(_, width)| width).sum::<usize>();
    let (inputs, outputs) = (total(&INPUTS), total(&OUTPUTS));
    let mut connections = vec![".clock(clock)".to_string()];
    for (ports, bus) in [(&INPUTS[..], "in"), (&OUTPUTS[..], "out")] {
        let mut at = 0;
        for (name, width) in ports {
            connections.push(format!(".{name}({bus}[{}:{at}])", at + width - 1));
            at += width;
        }
    }
    format!(
        "{renamed}
module top(input wire clock, input wire serial_in, input wire load, output reg serial_out);
reg [{i}:0] shift_in, in;
reg [{o}:0] shift_out;
wire [{o}:0] out;
always @(posedge clock) begin
  shift_in <= {{shift_in[{i1}:0], serial_in}};
  in <= shift_in;
  shift_out <= load ? out : {{shift_out[{o1}:0], 1'b0}};
  serial_out <= shift_out[{o}];
end
accelerator dut({connections});
endmodule
",
        i = inputs - 1,
        i1 = inputs - 2,
        o = outputs - 1,
        o1 = outputs - 2,
        connections = connections.join(", ")
    )
}
