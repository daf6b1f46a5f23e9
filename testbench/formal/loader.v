// What LOAD does to the line buffer: it writes in its own time only, into its port only when nobody else does, and what it wrote can be read when it
// says that it has finished. No quad is lost on the way, because none is asked for that the queue has no room for.
//
// Assumed: a command starts when the last one has finished (`Issue` is a state machine that does so), the memory brings the words that were asked for
// and no others; and all that was asked for has come when a command ends (the two loop nests count the same; that is simulated).
// Parameters: LATENCY (of a write), QUADS (of the queue).

reg active = 0;
reg [4:0] quiet = 0;
always @(posedge clock) begin
  active <= clear ? 0 : start ? 1 : finished ? 0 : active;
  quiet <= clear || write ? 0 : quiet < LATENCY ? quiet + 1'b1 : quiet;
end
always @(*) assume (!start || !active);
always @(*) assume (!clear || !start);

// Words that the memory still owes.
reg [8:0] owed = 0;
wire asked = mem$req_valid && mem$req_ready;
always @(posedge clock) owed <= clear ? 0 : owed + (asked ? mem$req_len : 0) - mem$rd_valid;
always @(*) assume (!mem$rd_valid || owed != 0);
always @(*) assume (!clear || !mem$rd_valid);

// That the asking and the writing side count the same is not proved here.
always @(*) assume (!finished || (owed == 0 && !asking$q));

wire odd = active && half$q;
wire [8:0] owed_quads = (owed + odd) >> 1;
always @(*) begin
  `PROVE(writes_in_its_time, !write || active)
  `PROVE(port_is_free, !write || port_free)
  `PROVE(written_when_finished, !finished || quiet >= LATENCY)
  `PROVE(finishes_once, !finished || active)
  `PROVE(no_quad_lost, !queue$put || queue$level < QUADS)
  `PROVE(no_burst_is_empty, !mem$req_valid || mem$req_len != 0)
  `PROVE(no_quad_invented, !write || queue$level != 0)
  // Why it is so.
  `PROVE(idle, active || (!writing$q && settle$q == 0 && !started$q && !asking$q && owed == 0))
  `PROVE(size_is_known, !asking$q || plan$q != 0 || accepted_r$q || burst_cols$q == (ask_cols$q < max_cols$value ? ask_cols$q : max_cols$value))
  `PROVE(asks_while_asking, !want$q || asking$q)
  `PROVE(one_phase, !writing$q || settle$q == 0)
  `PROVE(settling, settle$q == 0 || quiet + settle$q > LATENCY)
  `PROVE(promises, promised$q == queue$level + owed_quads)
  `PROVE(whole_quads, (owed[0] ^ odd) == 0)
  `PROVE(owed_fits, owed <= 2 * QUADS)
  `PROVE(promises_fit, promised$q <= QUADS)
  `PROVE(room_is_known, !(want$q && !accepted_r$q) || promised$q <= QUADS - 32)
  `PROVE(bursts_fit, burst_words <= 64 && !burst_words[0])
  `REACH(writes, write)
  `REACH(has_to_wait, writing$q && queue$valid && !port_free)
  `REACH(queue_fills, queue$level == 8)
  `REACH(finishes, finished)
end
