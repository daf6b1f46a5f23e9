// The ECP5 flip-flop TRELLIS_FF in the one mode that is used here: always enabled, never reset.
module TRELLIS_FF #(parameter GSR = "ENABLED", parameter CEMUX = "1", parameter CLKMUX = "CLK", parameter LSRMUX = "LSR",
  parameter REGSET = "RESET", parameter SRMODE = "LSR_OVER_CE"
) (input wire CLK, input wire CE, input wire LSR, input wire DI, output wire Q);
  reg state = (REGSET == "SET");
  always @(posedge CLK) state <= LSR ? (REGSET == "SET") : (CE || CEMUX == "1") ? DI : state;
  assign Q = state;
endmodule
