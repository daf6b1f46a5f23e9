// What the queue of received bytes owes: bytes come out once each, in order; only a byte put into a full queue is lost. One byte is followed,
// which the solver chooses. The block RAM is replaced by what `buffer.v` proves of it, for the place where that byte lies.

localparam BITS = 10;
localparam DEPTH = 1 << BITS;
wire [BITS-1:0] slot = $anyconst;
reg written = 0;
reg [15:0] stored;
reg asked = 0;
reg [15:0] expected;
always @(posedge clock) begin
  if (buffer$write_enable && buffer$write_address == slot) begin
    written <= 1;
    stored <= buffer$write_data;
  end
  if (buffer$read_enable) begin
    asked <= written && buffer$read_address == slot;
    expected <= stored;
  end
end
always @(*) assume (!asked || buffer$read_data == expected);

// Bytes in the block RAM by the strobes alone, and one in front of it.
reg [BITS:0] held = 0;
wire follow = $anyseq;
reg following = 0;
reg in_front = 0;
reg [BITS:0] ahead = 0;
reg [7:0] followed;
wire enters = put && held != DEPTH && !clear;

always @(posedge clock) begin
  held <= clear ? 0 : held + enters - pop;
  if (clear) begin
    following <= 0;
    in_front <= 0;
  end else if (following) begin
    if (in_front) begin
      if (take) begin following <= 0; in_front <= 0; end
    end else if (pop) begin
      if (ahead == 0) in_front <= 1;
      else ahead <= ahead - 1'b1;
    end
  end else if (enters && follow && pushed$q[BITS-1:0] == slot) begin
    following <= 1;
    in_front <= 0;
    followed <= data_in;
    ahead <= held - pop;
  end
end

wire [BITS:0] unseen = pushed$q - visible$q;
wire [BITS:0] seen = visible$q - popped$q;
wire [BITS:0] place = popped$q + ahead;

always @(*) begin
  `PROVE(occupancy, held <= DEPTH && held == level)
  `PROVE(no_underflow, !pop || held != 0)
  `PROVE(nothing_overwritten, !pop || !front_valid$q || take)
  `PROVE(nothing_lost, !following || in_front || ahead < held)
  `PROVE(order, !(following && in_front) || (valid && data_out == followed))
  `PROVE(nothing_invented, !(pop && following && !in_front && ahead == 0) || buffer$read_data[7:0] == followed)
  // Why it is so.
  `PROVE(seen_follows, unseen <= 1 && seen <= held)
  `PROVE(content, !(following && !in_front) || (written && stored[7:0] == followed && place[BITS-1:0] == slot))
  `PROVE(port_shows_it, !(following && !in_front && ahead == 0 && settled$q && seen != 0) || (asked && expected[7:0] == followed))
  `REACH(two_wait, held == 2 && valid)
  `REACH(front_taken, following && in_front && take && held != 0)
  `REACH(taken_and_replaced, pop && take && valid)
  `REACH(cleared, following && clear && held > 2)
  `REACH(last_byte, following && in_front && held == 0)
end
