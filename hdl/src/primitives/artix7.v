// The same modules as in primitives.v, for Artix-7 (AMD UG953, "7 Series Libraries Guide"). SYNTHESIS is defined by Vivado and Yosys; with it,
// a module holds the cell itself, otherwise its behavioural twin.

// A flip-flop that synthesis does not merge with another one of the same input: a copy of a strobe stays a copy.
module rowfuse_keep_ff (input wire clock, input wire d, output wire q);
`ifdef SYNTHESIS
  (* keep, DONT_TOUCH = "yes" *)
  FDRE #(.INIT(1'b0)) ff (.C(clock), .CE(1'b1), .R(1'b0), .D(d), .Q(q));
`else
  reg state = 1'b0;
  always @(posedge clock) state <= d;
  assign q = state;
`endif
endmodule

// p = a * b, signed, three clocks later: input, pipeline and output register of one DSP48E1. Its other operands are fixed, so that it computes
// P = 0 + A * B: operation mode 0000101, X and Y the product, Z zero.
module rowfuse_mul18 (input wire clock, input wire [17:0] a, input wire [17:0] b, output wire [35:0] p);
`ifdef SYNTHESIS
  wire [47:0] sum;
  DSP48E1 #(
    .USE_MULT("MULTIPLY"), .USE_DPORT("FALSE"), .USE_SIMD("ONE48"), .A_INPUT("DIRECT"), .B_INPUT("DIRECT"),
    .AREG(1), .ACASCREG(1), .BREG(1), .BCASCREG(1), .MREG(1), .PREG(1),
    .CREG(0), .DREG(0), .ADREG(0), .OPMODEREG(0), .ALUMODEREG(0), .INMODEREG(0), .CARRYINREG(0), .CARRYINSELREG(0)
  ) block (
    .CLK(clock), .A({{12{a[17]}}, a}), .B(b), .P(sum),
    .C(48'd0), .D(25'd0), .ACIN(30'd0), .BCIN(18'd0), .PCIN(48'd0),
    .OPMODE(7'b0000101), .ALUMODE(4'd0), .INMODE(5'd0), .CARRYIN(1'b0), .CARRYINSEL(3'd0),
    .CARRYCASCIN(1'b0), .MULTSIGNIN(1'b0),
    .CEA1(1'b0), .CEA2(1'b1), .CEB1(1'b0), .CEB2(1'b1), .CEM(1'b1), .CEP(1'b1),
    .CEC(1'b0), .CED(1'b0), .CEAD(1'b0), .CEALUMODE(1'b0), .CECARRYIN(1'b0), .CECTRL(1'b0), .CEINMODE(1'b0),
    .RSTA(1'b0), .RSTB(1'b0), .RSTM(1'b0), .RSTP(1'b0), .RSTC(1'b0), .RSTD(1'b0), .RSTALLCARRYIN(1'b0),
    .RSTALUMODE(1'b0), .RSTCTRL(1'b0), .RSTINMODE(1'b0)
  );
  assign p = sum[35:0];
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
