// Nobody starves at the memory: of five clients the solver chooses one, and watches it from the moment in which it asks.
//
// Assumed of the memory (progress): a request shown to it is taken within READY cycles, and a burst under way ends within DONE cycles of the last
// burst's end. Nothing is assumed of the other clients, nor of `abort`.
// Parameters: READY, DONE.

wire [2:0] client = $anyconst;
always @(*) assume (client <= 4);
wire [4:0] asks = {link$req_valid, writer$req_valid, features$req_valid, weights$req_valid, fetch$req_valid};
wire [4:0] granted = asks & {link$req_ready, writer$req_ready, features$req_ready, weights$req_ready, fetch$req_ready};
wire [4:0] chosen = 5'd1 << client;
wire asking = (asks & chosen) != 0;
wire served = (granted & chosen) != 0;

// Progress of the memory.
reg [15:0] refused = 0;
reg [15:0] silent = 0;
wire shown = memory$req_valid;
always @(posedge clock) begin
  refused <= shown && !memory$req_ready ? refused + 1'b1 : 0;
  silent <= count$q != 0 && !memory$done ? silent + 1'b1 : 0;
end
always @(*) begin
  assume (!(shown && refused == READY - 1) || memory$req_ready);
  assume (!(count$q != 0 && silent == DONE - 1) || memory$done);
end

// How long the client has been waiting, and for how many others.
localparam TURN = READY + DONE;
reg [15:0] waited = 0;
reg [2:0] others = 0;
always @(posedge clock) begin
  if (!asking || served) begin
    waited <= 0;
    others <= 0;
  end else begin
    waited <= waited + 1'b1;
    if (accept) others <= others + 1'b1;
  end
end
// Steps from the owner's turn to the client's, and how long this turn has been going on.
wire [2:0] distance = client >= owner$q ? client - owner$q : client + 3'd5 - owner$q;
reg [15:0] turn = 0;
always @(posedge clock) turn <= owner$d != owner$q || accept || (room && !shown) ? 0 : turn + 1'b1;

always @(*) begin
  `PROVE(at_most_four_before, others <= 4)
  `PROVE(granted_in_time, waited < 5 * TURN)
  `PROVE(one_at_a_time, (granted & (granted - 5'd1)) == 0)
  // Why it is so.
  `PROVE(owner_exists, owner$q <= 4 && count$q <= 2)
  `PROVE(memory_keeps_time, refused < READY && silent < DONE)
  `PROVE(turn_ends, turn < TURN && (count$q == 2 ? turn <= silent : turn <= DONE + refused))
  `PROVE(turns_pass, !asking || waited == 0 || others + distance <= 4)
  `PROVE(time_passes, !asking || waited == 0 || waited <= (4 - distance) * TURN + turn)
  `REACH(all_ask, asks == 5'b11111 && room)
  `REACH(waits_for_four, others == 4)
  `REACH(waits_long, waited == TURN && others == 2)
  `REACH(granted_last, others == 4 && served)
  `REACH(aborted_while_waiting, abort && waited > 3)
end
