// No frame with a wrong CRC is handed over for execution. A second reader of the same bytes, written from the frame's layout alone,
// keeps its own CRC bit by bit over kind to payload and compares it with the four bytes that follow; the block compares with a residue over all of
// them. Bytes, pauses and `frame_done` are free; the payload's memory is left out.
// Parameters: GIVEN_LOW and GIVEN_HIGH, the 14 bytes of a good frame, the first lowest;
// ONLY_GIVEN, 0 but for mutants; SYNC, MAX_PAYLOAD, SILENCE (clocks without a byte that end an unfinished frame).

// What `crc_step.v` proves of the block's CRC step.
always @(*) assume (step$result == byte_of_crc(step$state, step$data));

// Where the reader is: outside a frame, in byte `at` of the header, of the payload, of the CRC, or at the end.
localparam OUTSIDE = 0, HEADER = 1, PAYLOAD = 2, CRC = 3, END = 4;
reg [2:0] part = OUTSIDE;
reg [15:0] at = 0;
reg [15:0] quiet = 0;
reg [31:0] golden = 32'hFFFFFFFF;
reg [31:0] received = 0;
// The CRC over the CRC's own bytes, which must end in the block's residue if and only if the bytes are right.
reg [31:0] after_1 = 0, after_2 = 0, after_3 = 0, after_4 = 0;
reg [7:0] golden_kind = 0, golden_seq = 0;
reg [15:0] golden_length = 0;
reg over_long = 0;
wire byte_comes = rx_valid && rx_ready;
wire [15:0] whole_length = {rx_data, golden_length[7:0]};
wire handed_over = part == END && (!frame_valid || frame_done);
wire good = !over_long && received == ~golden;

always @(posedge clock) begin
  quiet <= byte_comes || part == OUTSIDE || part == END ? 0 : quiet + 1'b1;
  if (handed_over) part <= OUTSIDE;
  if (part != OUTSIDE && part != END && !byte_comes && quiet == SILENCE - 1) part <= OUTSIDE;
  if (byte_comes)
    case (part)
      OUTSIDE: if (rx_data == SYNC) begin
        part <= HEADER;
        at <= 0;
        golden <= 32'hFFFFFFFF;
        over_long <= 0;
      end
      HEADER: begin
        golden <= byte_of_crc(golden, rx_data);
        at <= at + 1'b1;
        if (at == 0) golden_kind <= rx_data;
        if (at == 1) golden_seq <= rx_data;
        if (at == 3) golden_length <= rx_data;
        if (at == 4) begin
          golden_length <= whole_length;
          at <= 0;
          over_long <= whole_length > MAX_PAYLOAD;
          part <= whole_length > MAX_PAYLOAD ? END : whole_length == 0 ? CRC : PAYLOAD;
        end
      end
      PAYLOAD: begin
        golden <= byte_of_crc(golden, rx_data);
        at <= at + 1'b1;
        if (at + 1'b1 == golden_length) begin
          at <= 0;
          part <= CRC;
        end
      end
      CRC: begin
        case (at[1:0])
          0: begin received[7:0] <= rx_data; after_1 <= byte_of_crc(golden, rx_data); end
          1: begin received[15:8] <= rx_data; after_2 <= byte_of_crc(after_1, rx_data); end
          2: begin received[23:16] <= rx_data; after_3 <= byte_of_crc(after_2, rx_data); end
          3: begin received[31:24] <= rx_data; after_4 <= byte_of_crc(after_3, rx_data); end
        endcase
        at <= at + 1'b1;
        if (at == 3) part <= END;
      end
    endcase
end

// What was handed over last, and whether it may be executed.
reg last_good = 0;
reg [7:0] last_kind, last_seq;
reg [15:0] last_length;
reg last_known = 0;
always @(posedge clock) if (handed_over) begin
  last_known <= 1;
  last_good <= good;
  last_kind <= golden_kind;
  last_seq <= golden_seq;
  last_length <= golden_length;
end

// Whether the bytes so far are those of a frame that the contract's encoder made.
wire [127:0] given = {GIVEN_HIGH[63:0], GIVEN_LOW[63:0]};
reg [3:0] taken = 0;
reg as_given = 1;
// Mutants are looked for in that frame alone, without pauses.
always @(*) assume (!ONLY_GIVEN || rx_valid && !frame_done && rx_data == ((given >> {taken, 3'd0}) & 8'hFF));
always @(posedge clock) if (byte_comes) begin
  taken <= taken + 1'b1;
  as_given <= as_given && rx_data == ((given >> {taken, 3'd0}) & 8'hFF);
end

always @(*) begin
  `PROVE(only_good_frames, !(frame_valid && frame_refusal == 0) || (last_known && last_good))
  `PROVE(every_good_frame, !(frame_valid && last_good) || frame_refusal == 0)
  `PROVE(as_received, !frame_valid || (last_known && frame_kind == last_kind && frame_seq == last_seq && frame_length == last_length[10:0]))
  // Why it is so.
  `PROVE(same_place, (part == OUTSIDE) == (state$q == State$Hunt) && (part == PAYLOAD) == (state$q == State$Payload)
    && (part == CRC) == (state$q == State$Check) && (part == END) == (state$q == State$Deliver) && part <= END)
  `PROVE(same_header_byte, part != HEADER || (at <= 4 && state$q == State$Kind + at))
  `PROVE(same_byte, part == OUTSIDE || part == END || part == HEADER || at == place$q)
  `PROVE(place_begins, part != HEADER || place$q == 0)
  `PROVE(bounds, (part != CRC || at <= 3) && (part != PAYLOAD || at < golden_length) && (part == HEADER || part == OUTSIDE || over_long || golden_length <= MAX_PAYLOAD))
  `PROVE(same_length, (part == HEADER && at < 4) || part == OUTSIDE || length$q == golden_length)
  `PROVE(same_low_length, !(part == HEADER && at == 4) || length$q == golden_length[7:0] && golden_length[15:8] == 0)
  `PROVE(same_names, part == OUTSIDE || ((part == HEADER && at < 1) || kind$q == golden_kind) && ((part == HEADER && at < 2) || seq$q == golden_seq))
  `PROVE(same_verdict, part == OUTSIDE || too_long$q == over_long)
  `PROVE(over_long_ends, !over_long || part == OUTSIDE || part == END)
  `PROVE(same_silence, silence$q == quiet && (quiet == 0 || (part != OUTSIDE && part != END)))
  `PROVE(whole_crc, !(part == END && !over_long) || at == 4)
  `PROVE(same_crc, !(part == HEADER || part == PAYLOAD) || crc$q == golden)
  `PROVE(crc_of_crc, !(part == CRC || (part == END && !over_long)) || crc$q == (at == 0 ? golden : at == 1 ? after_1 : at == 2 ? after_2
    : at == 3 ? after_3 : after_4))
  `PROVE(crc_of_1, !((part == CRC && at >= 1) || (part == END && !over_long)) || after_1 == byte_of_crc(golden, received[7:0]))
  `PROVE(crc_of_2, !((part == CRC && at >= 2) || (part == END && !over_long)) || after_2 == byte_of_crc(after_1, received[15:8]))
  `PROVE(crc_of_3, !((part == CRC && at >= 3) || (part == END && !over_long)) || after_3 == byte_of_crc(after_2, received[23:16]))
  `PROVE(crc_of_4, !(part == END && !over_long) || after_4 == byte_of_crc(after_3, received[31:24]))
  // A solver does not find a CRC, but it can follow a frame that is given.
  `REACH(good_frame, as_given && frame_valid && frame_refusal == 0 && frame_length == 4)
  `REACH(wrong_crc, frame_valid && frame_refusal == BAD_CRC)
  `REACH(too_long_frame, frame_valid && frame_refusal == BAD_LENGTH)
  `REACH(stream_waits, part == END && frame_valid && !frame_done)
end
