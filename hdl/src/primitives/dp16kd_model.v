// A model of the ECP5 cell DP16KD, 18 Kbit of block memory with two ports. What it is taken from, what it assumes and
// what it leaves out stands in dp16kd.rs, which is the same again in Rust.
//
// One port: where its word lies among the 2048 units of nine bits, what it writes there, and its output registers.
module dp16kd_port #(parameter WIDTH = 18, parameter REGMODE = "NOREG", parameter WRITEMODE = "NORMAL",
  parameter RESETMODE = "SYNC", parameter CSDECODE = "0b000"
) (
  input wire clock, input wire ce, input wire oce, input wire we, input wire rst, input wire [2:0] cs,
  input wire [13:0] ad, input wire [35:0] di,
  // The four units from `first` on: as they are, as they will be, and which of their bits the other port writes.
  output wire [10:0] first, input wire [35:0] old, input wire [35:0] next, input wire [35:0] other,
  // Which of their bits this port writes, and with what.
  output wire [35:0] mask, output wire [35:0] data,
  output wire [35:0] q
);
  localparam [35:0] WORD = (WIDTH == 36) ? 36'hfffffffff : (36'd1 << WIDTH) - 36'd1;
  wire [2:0] decode = {CSDECODE[23:16] == "1", CSDECODE[15:8] == "1", CSDECODE[7:0] == "1"};
  wire selected = ce && (cs == decode);
  wire write = selected && we && !(rst && RESETMODE == "SYNC");

  // Above nine bits the address' lowest bits are the bytes' write enables, below they choose bits of a unit.
  wire [5:0] shift;
  wire [35:0] bytes;
  generate
    if (WIDTH == 36) begin : quad
      assign first = {ad[13:5], 2'd0};
      assign bytes = {{9{ad[3]}}, {9{ad[2]}}, {9{ad[1]}}, {9{ad[0]}}};
      assign shift = 6'd0;
    end else if (WIDTH == 18) begin : double
      assign first = {ad[13:4], 1'd0};
      assign bytes = {18'd0, {9{ad[1]}}, {9{ad[0]}}};
      assign shift = 6'd0;
    end else begin : single
      assign first = ad[13:3];
      assign bytes = WORD << shift;
      assign shift = (WIDTH == 4) ? {3'd0, ad[2], 2'd0} : (WIDTH == 2) ? {3'd0, ad[2:1], 1'd0} :
        (WIDTH == 1) ? {3'd0, ad[2:0]} : 6'd0;
    end
  endgenerate
  assign mask = write ? bytes : 36'd0;
  assign data = (di & WORD) << shift;

  // A reset clears what is shown, not what is held: a flag that asynchronous resets can set is enough.
  wire load = selected && !(write && WRITEMODE == "NORMAL");
  wire [35:0] through = (WRITEMODE == "WRITETHROUGH") ? mask : 36'd0;
  wire [35:0] seen = (next & through) | ((old ^ other) & ~through);
  reg [35:0] latch = 36'd0, register = 36'd0;
  reg latch_clear = 1'b0, register_clear = 1'b0;
  wire [35:0] read = latch_clear ? 36'd0 : latch;
  always @(posedge clock) begin
    if (load) latch <= (seen >> shift) & WORD;
    if (oce) register <= read;
  end
  generate
    if (RESETMODE == "ASYNC") begin : asynchronous
      always @(posedge clock or posedge rst) begin
        if (rst) begin
          latch_clear <= 1'b1;
          register_clear <= 1'b1;
        end else begin
          if (load) latch_clear <= 1'b0;
          if (oce) register_clear <= 1'b0;
        end
      end
    end else begin : synchronous
      always @(posedge clock) begin
        if (rst) begin
          latch_clear <= 1'b1;
          register_clear <= 1'b1;
        end else begin
          if (load) latch_clear <= 1'b0;
          if (oce) register_clear <= 1'b0;
        end
      end
    end
  endgenerate
  assign q = (REGMODE != "OUTREG") ? read : register_clear ? 36'd0 : register;
endmodule

// What one port writes, seen from the four units of the other.
module dp16kd_overlap (input wire [10:0] first, input wire [10:0] other_first, input wire [35:0] other_mask,
  input wire [35:0] other_data, output wire [35:0] mask, output wire [35:0] data);
  genvar k;
  generate
    for (k = 0; k < 4; k = k + 1) begin : unit
      wire [10:0] distance = first + k[10:0] - other_first;
      wire near = distance < 11'd4;
      assign mask[9*k +: 9] = near ? other_mask[9*distance[1:0] +: 9] : 9'd0;
      assign data[9*k +: 9] = near ? other_data[9*distance[1:0] +: 9] : 9'd0;
    end
  endgenerate
endmodule

module DP16KD #(
  parameter DATA_WIDTH_A = 18, parameter DATA_WIDTH_B = 18,
  parameter REGMODE_A = "NOREG", parameter REGMODE_B = "NOREG",
  parameter WRITEMODE_A = "NORMAL", parameter WRITEMODE_B = "NORMAL",
  parameter [47:0] CSDECODE_A = "0b000", parameter [47:0] CSDECODE_B = "0b000",
  parameter CLKAMUX = "CLKA", parameter CLKBMUX = "CLKB", parameter RESETMODE = "SYNC",
  parameter ASYNC_RESET_RELEASE = "SYNC", parameter GSR = "ENABLED",
  parameter [319:0] INITVAL_00 = 0, INITVAL_01 = 0, INITVAL_02 = 0, INITVAL_03 = 0,
  parameter [319:0] INITVAL_04 = 0, INITVAL_05 = 0, INITVAL_06 = 0, INITVAL_07 = 0,
  parameter [319:0] INITVAL_08 = 0, INITVAL_09 = 0, INITVAL_0A = 0, INITVAL_0B = 0,
  parameter [319:0] INITVAL_0C = 0, INITVAL_0D = 0, INITVAL_0E = 0, INITVAL_0F = 0,
  parameter [319:0] INITVAL_10 = 0, INITVAL_11 = 0, INITVAL_12 = 0, INITVAL_13 = 0,
  parameter [319:0] INITVAL_14 = 0, INITVAL_15 = 0, INITVAL_16 = 0, INITVAL_17 = 0,
  parameter [319:0] INITVAL_18 = 0, INITVAL_19 = 0, INITVAL_1A = 0, INITVAL_1B = 0,
  parameter [319:0] INITVAL_1C = 0, INITVAL_1D = 0, INITVAL_1E = 0, INITVAL_1F = 0,
  parameter [319:0] INITVAL_20 = 0, INITVAL_21 = 0, INITVAL_22 = 0, INITVAL_23 = 0,
  parameter [319:0] INITVAL_24 = 0, INITVAL_25 = 0, INITVAL_26 = 0, INITVAL_27 = 0,
  parameter [319:0] INITVAL_28 = 0, INITVAL_29 = 0, INITVAL_2A = 0, INITVAL_2B = 0,
  parameter [319:0] INITVAL_2C = 0, INITVAL_2D = 0, INITVAL_2E = 0, INITVAL_2F = 0,
  parameter [319:0] INITVAL_30 = 0, INITVAL_31 = 0, INITVAL_32 = 0, INITVAL_33 = 0,
  parameter [319:0] INITVAL_34 = 0, INITVAL_35 = 0, INITVAL_36 = 0, INITVAL_37 = 0,
  parameter [319:0] INITVAL_38 = 0, INITVAL_39 = 0, INITVAL_3A = 0, INITVAL_3B = 0,
  parameter [319:0] INITVAL_3C = 0, INITVAL_3D = 0, INITVAL_3E = 0, INITVAL_3F = 0
) (
  input wire
    DIA0, DIA1, DIA2, DIA3, DIA4, DIA5, DIA6, DIA7, DIA8, DIA9, DIA10, DIA11, DIA12, DIA13, DIA14, DIA15, DIA16,
    DIA17, ADA0, ADA1, ADA2, ADA3, ADA4, ADA5, ADA6, ADA7, ADA8, ADA9, ADA10, ADA11, ADA12, ADA13, CLKA, CEA, OCEA,
    WEA, RSTA, CSA0, CSA1, CSA2, DIB0, DIB1, DIB2, DIB3, DIB4, DIB5, DIB6, DIB7, DIB8, DIB9, DIB10, DIB11, DIB12,
    DIB13, DIB14, DIB15, DIB16, DIB17, ADB0, ADB1, ADB2, ADB3, ADB4, ADB5, ADB6, ADB7, ADB8, ADB9, ADB10, ADB11,
    ADB12, ADB13, CLKB, CEB, OCEB, WEB, RSTB, CSB0, CSB1, CSB2,
  output wire
    DOA0, DOA1, DOA2, DOA3, DOA4, DOA5, DOA6, DOA7, DOA8, DOA9, DOA10, DOA11, DOA12, DOA13, DOA14, DOA15, DOA16,
    DOA17, DOB0, DOB1, DOB2, DOB3, DOB4, DOB5, DOB6, DOB7, DOB8, DOB9, DOB10, DOB11, DOB12, DOB13, DOB14, DOB15,
    DOB16, DOB17
);
  wire [17:0] di_a = {
    DIA17, DIA16, DIA15, DIA14, DIA13, DIA12, DIA11, DIA10, DIA9, DIA8, DIA7, DIA6, DIA5, DIA4, DIA3, DIA2, DIA1,
    DIA0
  };
  wire [13:0] ad_a = {
    ADA13, ADA12, ADA11, ADA10, ADA9, ADA8, ADA7, ADA6, ADA5, ADA4, ADA3, ADA2, ADA1, ADA0
  };
  wire [17:0] di_b = {
    DIB17, DIB16, DIB15, DIB14, DIB13, DIB12, DIB11, DIB10, DIB9, DIB8, DIB7, DIB6, DIB5, DIB4, DIB3, DIB2, DIB1,
    DIB0
  };
  wire [13:0] ad_b = {
    ADB13, ADB12, ADB11, ADB10, ADB9, ADB8, ADB7, ADB6, ADB5, ADB4, ADB3, ADB2, ADB1, ADB0
  };
  // A port 36 bits wide takes both halves of the data pins: then A writes, always, and B reads.
  localparam PSEUDO = (DATA_WIDTH_A == 36);
  wire [35:0] q_a, q_b;
  wire clock = (CLKAMUX == "INV") ? !CLKA : CLKA;

  reg [8:0] units [0:2047];
  wire [10:0] first_a, first_b;
  wire [35:0] mask_a, data_a, mask_b, data_b;
  wire [35:0] theirs_a, theirs_b, their_data_a, their_data_b;
  wire [35:0] old_a, old_b, next_a, next_b;
  dp16kd_overlap over_a (.first(first_a), .other_first(first_b), .other_mask(mask_b), .other_data(data_b),
    .mask(theirs_a), .data(their_data_a));
  dp16kd_overlap over_b (.first(first_b), .other_first(first_a), .other_mask(mask_a), .other_data(data_a),
    .mask(theirs_b), .data(their_data_b));
  // Bits that both write are lost: they become the opposite of what they were.
  assign next_a = (old_a & ~mask_a & ~theirs_a) | (data_a & mask_a & ~theirs_a) | (their_data_a & theirs_a & ~mask_a) |
    (~old_a & mask_a & theirs_a);
  assign next_b = (old_b & ~mask_b & ~theirs_b) | (data_b & mask_b & ~theirs_b) | (their_data_b & theirs_b & ~mask_b) |
    (~old_b & mask_b & theirs_b);
  dp16kd_port #(.WIDTH(DATA_WIDTH_A), .REGMODE(REGMODE_A), .WRITEMODE(WRITEMODE_A), .RESETMODE(RESETMODE),
    .CSDECODE(CSDECODE_A)) a (
    .clock(clock), .ce(CEA), .oce(OCEA), .we(PSEUDO ? 1'b1 : WEA), .rst(PSEUDO ? 1'b0 : RSTA), .cs({CSA2, CSA1, CSA0}),
    .ad(ad_a), .di({di_b, di_a}), .first(first_a), .old(old_a), .next(next_a), .other(theirs_a), .mask(mask_a),
    .data(data_a), .q(q_a));
  dp16kd_port #(.WIDTH(DATA_WIDTH_B), .REGMODE(REGMODE_B), .WRITEMODE(WRITEMODE_B), .RESETMODE(RESETMODE),
    .CSDECODE(CSDECODE_B)) b (
    .clock(clock), .ce(CEB), .oce(OCEB), .we(PSEUDO ? 1'b0 : WEB), .rst(RSTB), .cs({CSB2, CSB1, CSB0}),
    .ad(ad_b), .di({18'd0, di_b}), .first(first_b), .old(old_b), .next(next_b), .other(theirs_b), .mask(mask_b),
    .data(data_b), .q(q_b));

  genvar k;
  generate
    if (DATA_WIDTH_B == 36 && !PSEUDO || CLKBMUX != ((CLKAMUX == "INV") ? "INV" : "CLKB")) begin : refused
      dp16kd_cannot_model_this error ();
    end
    for (k = 0; k < 4; k = k + 1) begin : unit
      assign old_a[9*k +: 9] = units[first_a + k[10:0]];
      assign old_b[9*k +: 9] = units[first_b + k[10:0]];
      // Where both write one unit, both write the same.
      always @(posedge clock) begin
        if (mask_a[9*k +: 9] != 9'd0) units[first_a + k[10:0]] <= next_a[9*k +: 9];
        if (mask_b[9*k +: 9] != 9'd0) units[first_b + k[10:0]] <= next_b[9*k +: 9];
      end
    end
  endgenerate

  localparam [20479:0] INITIAL = {
    INITVAL_3F, INITVAL_3E, INITVAL_3D, INITVAL_3C, INITVAL_3B, INITVAL_3A, INITVAL_39, INITVAL_38, INITVAL_37,
    INITVAL_36, INITVAL_35, INITVAL_34, INITVAL_33, INITVAL_32, INITVAL_31, INITVAL_30, INITVAL_2F, INITVAL_2E,
    INITVAL_2D, INITVAL_2C, INITVAL_2B, INITVAL_2A, INITVAL_29, INITVAL_28, INITVAL_27, INITVAL_26, INITVAL_25,
    INITVAL_24, INITVAL_23, INITVAL_22, INITVAL_21, INITVAL_20, INITVAL_1F, INITVAL_1E, INITVAL_1D, INITVAL_1C,
    INITVAL_1B, INITVAL_1A, INITVAL_19, INITVAL_18, INITVAL_17, INITVAL_16, INITVAL_15, INITVAL_14, INITVAL_13,
    INITVAL_12, INITVAL_11, INITVAL_10, INITVAL_0F, INITVAL_0E, INITVAL_0D, INITVAL_0C, INITVAL_0B, INITVAL_0A,
    INITVAL_09, INITVAL_08, INITVAL_07, INITVAL_06, INITVAL_05, INITVAL_04, INITVAL_03, INITVAL_02, INITVAL_01,
    INITVAL_00
  };
  integer i;
  initial begin
    for (i = 0; i < 1024; i = i + 1) {units[2*i + 1], units[2*i]} = INITIAL[20*i +: 18];
  end

  assign {
    DOA17, DOA16, DOA15, DOA14, DOA13, DOA12, DOA11, DOA10, DOA9, DOA8, DOA7, DOA6, DOA5, DOA4, DOA3, DOA2, DOA1,
    DOA0
  } = PSEUDO ? ((DATA_WIDTH_B == 36) ? q_b[17:0] : 18'd0) : q_a[17:0];
  assign {
    DOB17, DOB16, DOB15, DOB14, DOB13, DOB12, DOB11, DOB10, DOB9, DOB8, DOB7, DOB6, DOB5, DOB4, DOB3, DOB2, DOB1,
    DOB0
  } = (DATA_WIDTH_B == 36) ? q_b[35:18] : q_b[17:0];
endmodule
