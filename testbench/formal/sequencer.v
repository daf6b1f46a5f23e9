// What CONV reads of the line buffer: it reads in its own time only, so that a row that waits for its end is not needed any more when it is
// overwritten; and no weights are read before they are ready. Assumed: a command starts when the last one has finished. After `clear` one window of nothing is
// read, to empty the accumulators.

reg active = 0;
reg [4:0] since_clear = 0;
always @(posedge clock) begin
  active <= clear ? 0 : start ? 1 : finished ? 0 : active;
  since_clear <= clear ? 1 : since_clear == 0 || since_clear == FLUSH ? 0 : since_clear + 1'b1;
end
always @(*) assume (!start || !active);
always @(*) assume (!clear || !start);
reg [4:0] read_ago = 31;
always @(posedge clock) read_ago <= enable ? 0 : read_ago == 31 ? 31 : read_ago + 1'b1;
// The groups that began, each after its weights were seen ready.
reg seen_ready = 0;
always @(posedge clock) seen_ready <= weights_ready;

// Clocks in which all was issued and nothing is.
reg [4:0] draining = 0;
always @(posedge clock) draining <= state$q != SequencerState$Drain ? 0 : draining == 31 ? 31 : draining + 1'b1;

always @(*) begin
  `PROVE(reads_in_its_time, !enable || active || since_clear != 0)
  `PROVE(issues_in_its_time, !issued || active)
  `PROVE(all_read_when_finished, !finished || read_ago != 0)
  `PROVE(finishes_once, !finished || active)
  `PROVE(opens_when_ready, !open$d || open$q || weights_ready)
  `PROVE(first_channel_waits, !(issued && at_start$q) || open$q)
  `PROVE(no_tile_without_room, !(tile && output_full))
  // Why it is so.
  `PROVE(idle, active == (state$q != SequencerState$Idle))
  `PROVE(settles_while_draining, state$q == SequencerState$Drain ? settle$q <= draining && settle$q <= settle_end$value : state$q != SequencerState$Run || settle$q == 0)
  `REACH(reads, enable && active)
  `REACH(finishes, finished)
  `REACH(group_ends, group_done)
  `REACH(stalls, stall_weights && active)
end
