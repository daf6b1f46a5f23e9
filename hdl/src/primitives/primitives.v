// Cells of the FPGA that are instantiated rather than inferred, each with a behavioural twin for simulation.
// SYNTHESIS is defined by Yosys; with it, the module holds the cell itself.

// A flip-flop that synthesis does not merge with another one of the same input: a copy of a strobe stays a copy.
module rowfuse_keep_ff (input wire clock, input wire d, output wire q);
`ifdef SYNTHESIS
  (* keep *)
  TRELLIS_FF #(
    .GSR("DISABLED"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET"), .SRMODE("LSR_OVER_CE")
  ) ff (.CLK(clock), .CE(1'b1), .LSR(1'b0), .DI(d), .Q(q));
`else
  reg state = 1'b0;
  always @(posedge clock) state <= d;
  assign q = state;
`endif
endmodule

// p = a * b, signed, three clocks later: input, pipeline and output register of one multiplier block, which is put at
// SITE if that is not empty.
module rowfuse_mul18
`ifdef SYNTHESIS
  #(parameter SITE = "")
`endif
  (input wire clock, input wire [17:0] a, input wire [17:0] b, output wire [35:0] p);
`ifdef SYNTHESIS
`define ROWFUSE_BLOCK MULT18X18D #( \
    .REG_INPUTA_CLK("CLK0"), .REG_INPUTA_CE("CE0"), .REG_INPUTA_RST("RST0"), \
    .REG_INPUTB_CLK("CLK0"), .REG_INPUTB_CE("CE0"), .REG_INPUTB_RST("RST0"), \
    .REG_PIPELINE_CLK("CLK0"), .REG_PIPELINE_CE("CE0"), .REG_PIPELINE_RST("RST0"), \
    .REG_OUTPUT_CLK("CLK0"), .REG_OUTPUT_CE("CE0"), .REG_OUTPUT_RST("RST0"), \
    .CLK0_DIV("ENABLED"), .SOURCEB_MODE("B_SHIFT"), .RESETMODE("SYNC") \
  ) block ( \
    .CLK0(clock), .CE0(1'b1), .RST0(1'b0), .SIGNEDA(1'b1), .SIGNEDB(1'b1), .SOURCEA(1'b0), .SOURCEB(1'b0), \
    .A0(a[0]), .A1(a[1]), .A2(a[2]), .A3(a[3]), .A4(a[4]), .A5(a[5]), \
    .A6(a[6]), .A7(a[7]), .A8(a[8]), .A9(a[9]), .A10(a[10]), .A11(a[11]), \
    .A12(a[12]), .A13(a[13]), .A14(a[14]), .A15(a[15]), .A16(a[16]), .A17(a[17]), \
    .B0(b[0]), .B1(b[1]), .B2(b[2]), .B3(b[3]), .B4(b[4]), .B5(b[5]), \
    .B6(b[6]), .B7(b[7]), .B8(b[8]), .B9(b[9]), .B10(b[10]), .B11(b[11]), \
    .B12(b[12]), .B13(b[13]), .B14(b[14]), .B15(b[15]), .B16(b[16]), .B17(b[17]), \
    .P0(p[0]), .P1(p[1]), .P2(p[2]), .P3(p[3]), .P4(p[4]), .P5(p[5]), \
    .P6(p[6]), .P7(p[7]), .P8(p[8]), .P9(p[9]), .P10(p[10]), .P11(p[11]), \
    .P12(p[12]), .P13(p[13]), .P14(p[14]), .P15(p[15]), .P16(p[16]), .P17(p[17]), \
    .P18(p[18]), .P19(p[19]), .P20(p[20]), .P21(p[21]), .P22(p[22]), .P23(p[23]), \
    .P24(p[24]), .P25(p[25]), .P26(p[26]), .P27(p[27]), .P28(p[28]), .P29(p[29]), \
    .P30(p[30]), .P31(p[31]), .P32(p[32]), .P33(p[33]), .P34(p[34]), .P35(p[35]) \
  )
  generate
    if (SITE == "") begin : free
      `ROWFUSE_BLOCK;
    end else begin : placed
      (* BEL = SITE *)
      `ROWFUSE_BLOCK;
    end
  endgenerate
`else
  reg [17:0] a_in = 18'd0, b_in = 18'd0;
  reg [35:0] pipeline = 36'd0, result = 36'd0;
  always @(posedge clock) begin
    a_in <= a;
    b_in <= b;
    pipeline <= $signed({{18{a_in[17]}}, a_in}) * $signed({{18{b_in[17]}}, b_in});
    result <= pipeline;
  end
  assign p = result;
`endif
endmodule

// Registers in the cells of output pins: q is d of the clock before and wakes up at FIRST. Enable and reset stay open: nextpnr trips over
// constants there.
module rowfuse_output_pins #(parameter WIDTH = 1, parameter [WIDTH-1:0] FIRST = 0)
  (input wire clock, input wire [WIDTH-1:0] d, output wire [WIDTH-1:0] q);
`ifdef SYNTHESIS
  genvar k;
  generate
    for (k = 0; k < WIDTH; k = k + 1) begin : pins
      (* keep, syn_useioff, ioff_dir = "output" *)
      TRELLIS_FF #(
        .GSR("DISABLED"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET(FIRST[k] ? "SET" : "RESET"),
        .SRMODE("LSR_OVER_CE")
      ) ff (.CLK(clock), .DI(d[k]), .Q(q[k]));
    end
  endgenerate
`else
  reg [WIDTH-1:0] state = FIRST;
  always @(posedge clock) state <= d;
  assign q = state;
`endif
endmodule

// Registers in the cells of input pins: q is d of the clock before.
module rowfuse_input_pins #(parameter WIDTH = 1)
  (input wire clock, input wire [WIDTH-1:0] d, output wire [WIDTH-1:0] q);
`ifdef SYNTHESIS
  genvar k;
  generate
    for (k = 0; k < WIDTH; k = k + 1) begin : pins
      (* keep, syn_useioff, ioff_dir = "input" *)
      TRELLIS_FF #(
        .GSR("DISABLED"), .CEMUX("1"), .CLKMUX("CLK"), .LSRMUX("LSR"), .REGSET("RESET"), .SRMODE("LSR_OVER_CE")
      ) ff (.CLK(clock), .DI(d[k]), .Q(q[k]));
    end
  endgenerate
`else
  reg [WIDTH-1:0] state = 0;
  always @(posedge clock) state <= d;
  assign q = state;
`endif
endmodule

// The PLL, the gate that holds the design's clock back until it has locked, and the memory's clock at its pin. In a simulation both
// clocks are the reference.
module rowfuse_clocks #(
  parameter REFERENCE = 1, parameter FEEDBACK = 1, parameter OUTPUT = 1,
  parameter PHASE = 0, parameter SHIFTED_PHASE = 0, parameter SHIFTED_FINE = 0
) (input wire reference, output wire clock, output wire memory_clock);
`ifdef SYNTHESIS
  wire free, shifted, locked;
  // Currents of the charge pump and resistors of its filter as the vendor's tool sets them.
  (* ICP_CURRENT = "12", LPF_RESISTOR = "8", MFG_ENABLE_FILTEROPAMP = "1", MFG_GMCREF_SEL = "2" *)
  EHXPLLL #(
    .PLLRST_ENA("DISABLED"), .INTFB_WAKE("DISABLED"), .STDBY_ENABLE("DISABLED"), .DPHASE_SOURCE("DISABLED"),
    .OUTDIVIDER_MUXA("DIVA"), .OUTDIVIDER_MUXB("DIVB"), .OUTDIVIDER_MUXC("DIVC"), .OUTDIVIDER_MUXD("DIVD"),
    .CLKI_DIV(REFERENCE), .CLKFB_DIV(FEEDBACK), .FEEDBK_PATH("CLKOP"),
    .CLKOP_ENABLE("ENABLED"), .CLKOP_DIV(OUTPUT), .CLKOP_CPHASE(PHASE), .CLKOP_FPHASE(0),
    .CLKOS_ENABLE("ENABLED"), .CLKOS_DIV(OUTPUT), .CLKOS_CPHASE(SHIFTED_PHASE), .CLKOS_FPHASE(SHIFTED_FINE)
  ) pll (
    .RST(1'b0), .STDBY(1'b0), .CLKI(reference), .CLKOP(free), .CLKOS(shifted), .CLKFB(free), .PHASESEL0(1'b0),
    .PHASESEL1(1'b0), .PHASEDIR(1'b1), .PHASESTEP(1'b1), .PHASELOADREG(1'b1), .PLLWAKESYNC(1'b0), .ENCLKOP(1'b0),
    .LOCK(locked)
  );
  reg [2:0] steady = 3'b000;
  always @(posedge free) steady <= {steady[1:0], locked};
  DCCA gate (.CLKI(free), .CE(steady[2]), .CLKO(clock));
  ODDRX1F out (.SCLK(shifted), .RST(1'b0), .D0(1'b1), .D1(1'b0), .Q(memory_clock));
`else
  assign clock = reference;
  assign memory_clock = reference;
`endif
endmodule

// Pins in both directions, each with its own tristate.
module rowfuse_data_pins #(parameter WIDTH = 1)
  (input wire [WIDTH-1:0] d, input wire [WIDTH-1:0] z, output wire [WIDTH-1:0] q, inout wire [WIDTH-1:0] pins);
  genvar k;
  generate
    for (k = 0; k < WIDTH; k = k + 1) begin : cells
`ifdef SYNTHESIS
      BB pad (.I(d[k]), .T(z[k]), .O(q[k]), .B(pins[k]));
`else
      assign pins[k] = z[k] ? 1'bz : d[k];
      assign q[k] = pins[k];
`endif
    end
  endgenerate
endmodule
