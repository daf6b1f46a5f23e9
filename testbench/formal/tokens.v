// No unit starts without its tokens and a whole command, and no counter runs below zero or beyond 255: command registers, issue and semaphores of the
// accelerator as they are joined there. What comes out of the queues, what the units do and what memory and host send is free.
//
// Assumed of programs, as `check_semaphores` demands before one is sent: a semaphore has one waiting and one signalling unit, and no more than
// 255 are outstanding. The solver chooses the semaphore.

wire [1:0] n = $anyconst;
wire [1:0] taker = $anyconst;
wire [1:0] giver = $anyconst;
wire load_waits = (load_issue$header[11:8] >> n) & 1'b1, load_signals = (load_issue$header[15:12] >> n) & 1'b1;
wire weight_waits = (weight_issue$header[11:8] >> n) & 1'b1, weight_signals = (weight_issue$header[15:12] >> n) & 1'b1;
wire compute_waits = (compute_issue$header[11:8] >> n) & 1'b1, compute_signals = (compute_issue$header[15:12] >> n) & 1'b1;

// Tokens by the units' strobes alone, and what is outstanding: a token is from the giver's end of command to the taker's start.
wire given = ((load_issue$give >> n) & 1'b1) || ((weight_issue$give >> n) & 1'b1) || ((compute_issue$give >> n) & 1'b1);
wire taken = ((load_issue$take >> n) & 1'b1) || ((weight_issue$take >> n) & 1'b1) || ((compute_issue$take >> n) & 1'b1);
reg [8:0] tokens = 0;
always @(posedge clock) tokens <= clear$q ? 0 : tokens + given - taken;

always @(*) begin
  assume (taker <= 2 && giver <= 2);
  assume (!load_waits || taker == 0);
  assume (!weight_waits || taker == 1);
  assume (!compute_waits || taker == 2);
  assume (!load_signals || giver == 0);
  assume (!weight_signals || giver == 1);
  assume (!compute_signals || giver == 2);
  assume (tokens + given - taken <= 255);
end

// Registers inside the blocks.
(* hierconn *) wire [7:0] \semaphores.count$0$q ;
(* hierconn *) wire [7:0] \semaphores.count$1$q ;
(* hierconn *) wire [7:0] \semaphores.count$2$q ;
(* hierconn *) wire [7:0] \semaphores.count$3$q ;
(* hierconn *) wire [1:0] \load_issue.state$q ;
(* hierconn *) wire [1:0] \weight_issue.state$q ;
(* hierconn *) wire [1:0] \compute_issue.state$q ;
(* hierconn *) wire \load_issue.ready$q ;
(* hierconn *) wire \weight_issue.ready$q ;
(* hierconn *) wire \compute_issue.ready$q ;
wire [8:0] count = n == 0 ? \semaphores.count$0$q : n == 1 ? \semaphores.count$1$q : n == 2 ? \semaphores.count$2$q : \semaphores.count$3$q ;
wire [1:0] state = taker == 0 ? \load_issue.state$q : taker == 1 ? \weight_issue.state$q : \compute_issue.state$q ;
wire ready = taker == 0 ? \load_issue.ready$q : taker == 1 ? \weight_issue.ready$q : \compute_issue.ready$q ;
wire waits = taker == 0 ? load_waits : taker == 1 ? weight_waits : compute_waits;
wire starts = taker == 0 ? load_issue$start : taker == 1 ? weight_issue$start : compute_issue$start;
wire give_n = give$q >> n, take_n = take$q >> n;
localparam WAITING = 1;

// Words of a unit's next command since the last one, or since a clear. The solver chooses the unit.
wire [1:0] unit = $anyconst;
(* hierconn *) wire [5:0] \load_issue.words$q ;
(* hierconn *) wire [5:0] \weight_issue.words$q ;
(* hierconn *) wire [5:0] \compute_issue.words$q ;
(* hierconn *) wire [4:0] \load_regs.at_word ;
(* hierconn *) wire [4:0] \weights_regs.at_word ;
(* hierconn *) wire [4:0] \conv_regs.at_word ;
wire [5:0] words = unit == 0 ? \load_issue.words$q : unit == 1 ? \weight_issue.words$q : \compute_issue.words$q ;
wire [4:0] at_word = unit == 0 ? \load_regs.at_word : unit == 1 ? \weights_regs.at_word : \conv_regs.at_word ;
wire [1:0] stage = unit == 0 ? \load_issue.state$q : unit == 1 ? \weight_issue.state$q : \compute_issue.state$q ;
wire coming = unit == 0 ? load_put$q : unit == 1 ? weight_put$q : compute_put$q;
wire complete = unit == 0 ? load_regs$complete : unit == 1 ? weights_regs$complete : conv_regs$complete;
wire begins = unit == 0 ? load_issue$start : unit == 1 ? weight_issue$start : compute_issue$start;
reg [5:0] come = 0;
always @(posedge clock) come <= clear$q || begins ? 0 : come + coming;
localparam READING = 0;
// A register that is joined to here loses its initial value on the way.
reg begun = 0;
always @(posedge clock) begun <= 1;
always @(*) assume (begun || (\load_regs.at_word == 0 && \weights_regs.at_word == 0 && \conv_regs.at_word == 0));

always @(*) begin
  `PROVE(starts_with_a_whole_command, !begins || come == 32)
  `PROVE(never_dry, !taken || tokens != 0)
  `PROVE(starts_with_its_token, !(starts && waits) || (taken && tokens != 0))
  `PROVE(no_underflow, !(take_n && !give_n) || count != 0)
  `PROVE(no_overflow, !(give_n && !take_n) || count != 255)
  `PROVE(nothing_lost, count + give_n - take_n == tokens)
  // Why it is so.
  `PROVE(words_are_counted, come + coming == (stage == READING ? words : stage == WAITING ? 32 : 0) && come <= 32 && (stage == READING || words == 0) && stage != 3)
  `PROVE(place_is_counted, at_word == come[4:0])
  `PROVE(complete_is_whole, !complete || (stage == READING && come == 32))
  `PROVE(strobe_is_over, !take_n || state != WAITING)
  `PROVE(what_is_there_stays, !(state == WAITING && ready && waits) || tokens != 0)
  `REACH(token_given, given && tokens == 0)
  `REACH(whole_command, begins)
  `REACH(token_taken, taken && tokens == 1)
  `REACH(waits_for_token, state == WAITING && waits && tokens == 0)
end
