// A model of the ECP5 cell MULT18X18D, written from the vendor's description of the block (sysDSP usage guide).
//
// Modelled: operands A and B, parallel or from the shift inputs (SOURCEA, SOURCEB); their signs, which travel with them;
// the input, pipeline and output registers, each with a clock, enable and reset of its own choice, or bypassed ("NONE");
// a reset that is synchronous or not and stronger than the enable. Registers start at 0.
// Not modelled, because nothing here uses it: the C operand, clock division, MULT_BYPASS, HIGHSPEED_CLK.
module mult18x18d_register #(parameter WIDTH = 1, parameter CLK = "NONE", parameter CE = "CE0", parameter RST = "RST0",
  parameter RESETMODE = "SYNC"
) (input wire [3:0] clocks, input wire [3:0] enables, input wire [3:0] resets, input wire [WIDTH-1:0] d,
  output wire [WIDTH-1:0] q);
  wire enable = (CE == "CE3") ? enables[3] : (CE == "CE2") ? enables[2] : (CE == "CE1") ? enables[1] : enables[0];
  wire reset = (RST == "RST3") ? resets[3] : (RST == "RST2") ? resets[2] : (RST == "RST1") ? resets[1] : resets[0];
  generate
    if (CLK == "NONE") begin : bypass
      assign q = d;
    end else begin : hold
      localparam INDEX = (CLK == "CLK3") ? 3 : (CLK == "CLK2") ? 2 : (CLK == "CLK1") ? 1 : 0;
      wire clock = clocks[INDEX];
      reg [WIDTH-1:0] state = {WIDTH{1'b0}};
      if (RESETMODE == "ASYNC") begin : asynchronous
        always @(posedge clock or posedge reset) begin
          if (reset) state <= {WIDTH{1'b0}};
          else if (enable) state <= d;
        end
      end else begin : synchronous
        always @(posedge clock) begin
          if (reset) state <= {WIDTH{1'b0}};
          else if (enable) state <= d;
        end
      end
      assign q = state;
    end
  endgenerate
endmodule

module MULT18X18D #(
  parameter REG_INPUTA_CLK = "NONE", parameter REG_INPUTA_CE = "CE0", parameter REG_INPUTA_RST = "RST0",
  parameter REG_INPUTB_CLK = "NONE", parameter REG_INPUTB_CE = "CE0", parameter REG_INPUTB_RST = "RST0",
  parameter REG_INPUTC_CLK = "NONE", parameter REG_INPUTC_CE = "CE0", parameter REG_INPUTC_RST = "RST0",
  parameter REG_PIPELINE_CLK = "NONE", parameter REG_PIPELINE_CE = "CE0", parameter REG_PIPELINE_RST = "RST0",
  parameter REG_OUTPUT_CLK = "NONE", parameter REG_OUTPUT_CE = "CE0", parameter REG_OUTPUT_RST = "RST0",
  parameter CLK0_DIV = "ENABLED", parameter CLK1_DIV = "ENABLED", parameter CLK2_DIV = "ENABLED",
  parameter CLK3_DIV = "ENABLED", parameter HIGHSPEED_CLK = "NONE", parameter GSR = "ENABLED",
  parameter CAS_MATCH_REG = "FALSE", parameter SOURCEB_MODE = "B_SHIFT", parameter MULT_BYPASS = "DISABLED",
  parameter RESETMODE = "SYNC"
) (
  input wire
    A0, A1, A2, A3, A4, A5, A6, A7, A8, A9, A10, A11, A12, A13, A14, A15, A16, A17, B0, B1, B2, B3, B4, B5, B6,
    B7, B8, B9, B10, B11, B12, B13, B14, B15, B16, B17, C0, C1, C2, C3, C4, C5, C6, C7, C8, C9, C10, C11, C12,
    C13, C14, C15, C16, C17, SRIA0, SRIA1, SRIA2, SRIA3, SRIA4, SRIA5, SRIA6, SRIA7, SRIA8, SRIA9, SRIA10,
    SRIA11, SRIA12, SRIA13, SRIA14, SRIA15, SRIA16, SRIA17, SRIB0, SRIB1, SRIB2, SRIB3, SRIB4, SRIB5, SRIB6,
    SRIB7, SRIB8, SRIB9, SRIB10, SRIB11, SRIB12, SRIB13, SRIB14, SRIB15, SRIB16, SRIB17, SIGNEDA, SIGNEDB,
    SOURCEA, SOURCEB, CLK0, CLK1, CLK2, CLK3, CE0, CE1, CE2, CE3, RST0, RST1, RST2, RST3,
  output wire
    P0, P1, P2, P3, P4, P5, P6, P7, P8, P9, P10, P11, P12, P13, P14, P15, P16, P17, P18, P19, P20, P21, P22,
    P23, P24, P25, P26, P27, P28, P29, P30, P31, P32, P33, P34, P35, SROA0, SROA1, SROA2, SROA3, SROA4, SROA5,
    SROA6, SROA7, SROA8, SROA9, SROA10, SROA11, SROA12, SROA13, SROA14, SROA15, SROA16, SROA17, SROB0, SROB1,
    SROB2, SROB3, SROB4, SROB5, SROB6, SROB7, SROB8, SROB9, SROB10, SROB11, SROB12, SROB13, SROB14, SROB15,
    SROB16, SROB17, ROA0, ROA1, ROA2, ROA3, ROA4, ROA5, ROA6, ROA7, ROA8, ROA9, ROA10, ROA11, ROA12, ROA13,
    ROA14, ROA15, ROA16, ROA17, ROB0, ROB1, ROB2, ROB3, ROB4, ROB5, ROB6, ROB7, ROB8, ROB9, ROB10, ROB11,
    ROB12, ROB13, ROB14, ROB15, ROB16, ROB17, ROC0, ROC1, ROC2, ROC3, ROC4, ROC5, ROC6, ROC7, ROC8, ROC9,
    ROC10, ROC11, ROC12, ROC13, ROC14, ROC15, ROC16, ROC17, SIGNEDP
);
  wire [3:0] clocks = {CLK3, CLK2, CLK1, CLK0}, enables = {CE3, CE2, CE1, CE0}, resets = {RST3, RST2, RST1, RST0};
  wire [17:0] parallel_a = {
    A17, A16, A15, A14, A13, A12, A11, A10, A9, A8, A7, A6, A5, A4, A3, A2, A1, A0
  };
  wire [17:0] shifted_a = {
    SRIA17, SRIA16, SRIA15, SRIA14, SRIA13, SRIA12, SRIA11, SRIA10, SRIA9, SRIA8, SRIA7, SRIA6, SRIA5, SRIA4,
    SRIA3, SRIA2, SRIA1, SRIA0
  };
  wire [18:0] a;
  mult18x18d_register #(.WIDTH(19), .CLK(REG_INPUTA_CLK), .CE(REG_INPUTA_CE), .RST(REG_INPUTA_RST), .RESETMODE(RESETMODE))
    input_a (.clocks(clocks), .enables(enables), .resets(resets), .d({SIGNEDA, SOURCEA ? shifted_a : parallel_a}), .q(a));
  wire [17:0] parallel_b = {
    B17, B16, B15, B14, B13, B12, B11, B10, B9, B8, B7, B6, B5, B4, B3, B2, B1, B0
  };
  wire [17:0] shifted_b = {
    SRIB17, SRIB16, SRIB15, SRIB14, SRIB13, SRIB12, SRIB11, SRIB10, SRIB9, SRIB8, SRIB7, SRIB6, SRIB5, SRIB4,
    SRIB3, SRIB2, SRIB1, SRIB0
  };
  wire [18:0] b;
  mult18x18d_register #(.WIDTH(19), .CLK(REG_INPUTB_CLK), .CE(REG_INPUTB_CE), .RST(REG_INPUTB_RST), .RESETMODE(RESETMODE))
    input_b (.clocks(clocks), .enables(enables), .resets(resets), .d({SIGNEDB, SOURCEB ? shifted_b : parallel_b}), .q(b));
  // Each operand by its own sign, so that the lower 36 bits of the product are exact.
  wire [35:0] wide_a = {{18{a[18] & a[17]}}, a[17:0]};
  wire [35:0] wide_b = {{18{b[18] & b[17]}}, b[17:0]};
  wire [36:0] pipeline, result;
  mult18x18d_register #(.WIDTH(37), .CLK(REG_PIPELINE_CLK), .CE(REG_PIPELINE_CE), .RST(REG_PIPELINE_RST), .RESETMODE(RESETMODE))
    middle (.clocks(clocks), .enables(enables), .resets(resets), .d({a[18] | b[18], wide_a * wide_b}), .q(pipeline));
  mult18x18d_register #(.WIDTH(37), .CLK(REG_OUTPUT_CLK), .CE(REG_OUTPUT_CE), .RST(REG_OUTPUT_RST), .RESETMODE(RESETMODE))
    last (.clocks(clocks), .enables(enables), .resets(resets), .d(pipeline), .q(result));
  assign {SIGNEDP,
    P35, P34, P33, P32, P31, P30, P29, P28, P27, P26, P25, P24, P23, P22, P21, P20, P19, P18, P17, P16, P15,
    P14, P13, P12, P11, P10, P9, P8, P7, P6, P5, P4, P3, P2, P1, P0
  } = result;
  assign {
    SROA17, SROA16, SROA15, SROA14, SROA13, SROA12, SROA11, SROA10, SROA9, SROA8, SROA7, SROA6, SROA5, SROA4,
    SROA3, SROA2, SROA1, SROA0
  } = a[17:0];
  assign {
    ROA17, ROA16, ROA15, ROA14, ROA13, ROA12, ROA11, ROA10, ROA9, ROA8, ROA7, ROA6, ROA5, ROA4, ROA3, ROA2,
    ROA1, ROA0
  } = a[17:0];
  assign {
    SROB17, SROB16, SROB15, SROB14, SROB13, SROB12, SROB11, SROB10, SROB9, SROB8, SROB7, SROB6, SROB5, SROB4,
    SROB3, SROB2, SROB1, SROB0
  } = b[17:0];
  assign {
    ROB17, ROB16, ROB15, ROB14, ROB13, ROB12, ROB11, ROB10, ROB9, ROB8, ROB7, ROB6, ROB5, ROB4, ROB3, ROB2,
    ROB1, ROB0
  } = b[17:0];
  assign {
    ROC17, ROC16, ROC15, ROC14, ROC13, ROC12, ROC11, ROC10, ROC9, ROC8, ROC7, ROC6, ROC5, ROC4, ROC3, ROC2,
    ROC1, ROC0
  } = 18'd0;
endmodule
