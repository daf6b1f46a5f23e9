// What a FIFO owes: words come out once each, in the order in which they went in.
//
// One word is followed: the solver chooses when to begin (`follow`), and `ahead` counts the words before it. So the claim holds for
// every word. `held` counts words by the two strobes alone, apart from the block's own counter.
// Parameters: DEPTH, WIDTH, BITS (of an index).

reg following = 0;
reg [BITS:0] ahead = 0;
reg [BITS:0] held = 0;
reg [WIDTH-1:0] followed;
wire follow = $anyseq;

wire room = held != DEPTH;
wire enters = put && room && !clear;
wire leaves = take && held != 0;
wire [BITS:0] held_next = clear ? 0 : held + enters - leaves;

always @(posedge clock) begin
  held <= held_next;
  if (clear) following <= 0;
  else if (!following) begin
    if (enters && follow) begin
      following <= 1;
      followed <= data_in;
      ahead <= held - leaves;
    end
  end else if (leaves) begin
    if (ahead == 0) following <= 0;
    else ahead <= ahead - 1'b1;
  end
end

// The word that is followed lies in the memory, `ahead` places behind the oldest.
wire [BITS-1:0] place = head + ahead[BITS-1:0];

always @(*) begin
  // Occupancy: never above the depth, never below zero, and what the ports say.
  `PROVE(occupancy, held <= DEPTH && level == held && valid == (held != 0))
  // Order, and nothing lost: the word is still in there and, when nothing is ahead, stands at the output.
  `PROVE(nothing_lost, !following || ahead < held)
  `PROVE(order, !(following && ahead == 0) || (valid && data_out == followed))
  // Why it is so (strengthens the induction).
  `PROVE(pointers, tail == head + held[BITS-1:0])
  `PROVE(content, !following || mem[place] == followed)
  `REACH(full, held == DEPTH)
  `REACH(refused, put && held == DEPTH)
  `REACH(taken_while_full, put && take && held == DEPTH)
  `REACH(last_word_leaves, following && leaves && ahead == 0 && held == 1)
  `REACH(followed_through, following && ahead == 0 && held > 1)
  `REACH(cleared, following && clear)
end
