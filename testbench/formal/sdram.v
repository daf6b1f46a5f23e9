// What the memory chip demands, at its pins: the rules of `testbench/src/sdram/checker.rs` written once more, as clocks since the last command of
// each kind. Requests, words and the order of both are free. Rules of a bank are told of one bank that the solver chooses.
// Parameters: the figures of `SdramClocks`: POWER_UP, INITIAL, RCD, RP, RAS, RC, RRD, WR, RFC, MRD, MODE, CL; LONG, more than any of the
// waits; and for refreshes INTERVAL, LATE, RAS_MAX (see below).

wire command = cke && !cs_n;
wire activates = command && !ras_n && cas_n && we_n;
wire reads = command && ras_n && !cas_n && we_n;
wire writes = command && ras_n && !cas_n && !we_n;
wire precharges = command && !ras_n && cas_n && !we_n;
wire refreshes = command && !ras_n && !cas_n && we_n;
wire sets_mode = command && !ras_n && !cas_n && !we_n;

wire [1:0] bank = $anyconst;
wire here = ba == bank;
wire closes = precharges && (a[10] || here);

// Clocks since the last command of each kind, LONG if it is longer ago.
reg [4:0] activated = LONG, activated_any = LONG, closed = LONG, written = LONG, refreshed = LONG, mode_set = LONG;
reg [4:0] read_any = LONG;
reg [15:0] cycle = 0;
reg [4:0] initial_refreshes = 0;
reg is_open_here = 0, all_closed_once = 0, has_mode = 0;
always @(posedge clock) begin
  cycle <= cycle < POWER_UP ? cycle + 1'b1 : cycle;
  activated <= activates && here ? 1 : activated < LONG ? activated + 1'b1 : activated;
  activated_any <= activates ? 1 : activated_any < LONG ? activated_any + 1'b1 : activated_any;
  closed <= closes && (is_open_here || !all_closed_once) ? 1 : closed < LONG ? closed + 1'b1 : closed;
  written <= writes && here ? 1 : written < LONG ? written + 1'b1 : written;
  refreshed <= refreshes ? 1 : refreshed < LONG ? refreshed + 1'b1 : refreshed;
  mode_set <= sets_mode ? 1 : mode_set < LONG ? mode_set + 1'b1 : mode_set;
  read_any <= reads ? 1 : read_any < LONG ? read_any + 1'b1 : read_any;
  if (refreshes && initial_refreshes < INITIAL) initial_refreshes <= initial_refreshes + 1'b1;
  if (activates && here) is_open_here <= 1;
  if (closes) is_open_here <= 0;
  if (precharges && a[10]) all_closed_once <= 1;
  if (sets_mode) has_mode <= 1;
end
wire chip_ready = all_closed_once && has_mode && initial_refreshes == INITIAL;

always @(*) begin
  `PROVE(power_up, !command || (cycle >= POWER_UP && cke))
  `PROVE(initialisation, !(activates || reads || writes) || chip_ready)
  `PROVE(banks_closed_first, !(refreshes || sets_mode) || all_closed_once)
  `PROVE(mode_register, !sets_mode || (a == MODE && ba == 0))
  `PROVE(tRCD, !((reads || writes) && here) || activated >= RCD)
  `PROVE(tRP, !((activates && here) || refreshes || sets_mode) || closed >= RP)
  `PROVE(tRAS, !(closes && is_open_here) || activated >= RAS)
  `PROVE(tRC, !((activates && here) || refreshes) || activated >= RC)
  `PROVE(tRRD, !activates || activated_any >= RRD)
  `PROVE(tWR, !(closes && is_open_here) || written >= WR)
  `PROVE(tRFC, !command || refreshed >= RFC)
  `PROVE(tMRD, !command || mode_set >= MRD)
  `PROVE(activates_closed_banks, !(activates && here) || !is_open_here)
  `PROVE(column_of_open_bank, !((reads || writes) && here) || is_open_here)
  `PROVE(refresh_with_all_closed, !(refreshes || sets_mode) || !is_open_here)
  `PROVE(no_auto_precharge, !(reads || writes) || !a[10])
  `PROVE(no_other_command, !command || activates || reads || writes || precharges || refreshes || sets_mode)
  `PROVE(writes_drive_the_pins, writes == dq_oe)
  `PROVE(pins_are_free, !dq_oe || read_any > CL + 1)
end

// Why it is so. What was decided reaches the pins two clocks later, column commands one.
(* hierconn *) wire \banks.bank$0.is_open$q ;
(* hierconn *) wire \banks.bank$1.is_open$q ;
(* hierconn *) wire \banks.bank$2.is_open$q ;
(* hierconn *) wire \banks.bank$3.is_open$q ;
(* hierconn *) wire [3:0] \refresh.debt$q ;
wire [3:0] open_banks = {\banks.bank$3.is_open$q , \banks.bank$2.is_open$q , \banks.bank$1.is_open$q , \banks.bank$0.is_open$q };
wire open_now = (open_banks >> bank) & 1'b1;
reg open_1 = 0, open_2 = 0, set_up_1 = 0, set_up_2 = 0, begun_1 = 0, begun_2 = 0;
reg [4:0] decided = 0, decided_1 = 0, decided_2 = 0;
wire begun = step$q != Step$PowerUp;
always @(posedge clock) begin
  {open_2, open_1} <= {open_1, open_now};
  {set_up_2, set_up_1} <= {set_up_1, set_up$q};
  {begun_2, begun_1} <= {begun_1, begun};
  if (refresh$refresh && decided < INITIAL) decided <= decided + 1'b1;
  {decided_2, decided_1} <= {decided_1, decided};
end
wire for_next = step$q == Step$Check || step$q == Step$Close || step$q == Step$Precharge || step$q == Step$Activate || step$q == Step$Ready;
wire next_open = (open_banks >> bank_now) & 1'b1;
wire column_open = (open_banks >> column_bank$q) & 1'b1;
always @(*) begin
  `PROVE(follows_the_banks, is_open_here == open_2 && has_mode == set_up_2 && all_closed_once == begun_2 && initial_refreshes == decided_2)
  // `powered` is a pulse: the count passes by.
  `PROVE(power_is_counted, begun ? cycle == POWER_UP : powered$q ? cycle == POWER_UP && power_count$q == POWER_UP + 1
    : cycle == power_count$q && power_count$q <= POWER_UP)
  `PROVE(not_begun, begun || !(set_up$q || active || slot$q || decided != 0))
  `PROVE(initial_debt, !begun || set_up$q || (\refresh.debt$q + decided == INITIAL))
  `PROVE(set_up_after_debt, !set_up$q || decided == INITIAL)
  `PROVE(set_up_first, set_up$q || (step$q == Step$PowerUp || step$q == Step$Refresh))
  `PROVE(closed_in_refresh, !(step$q == Step$PowerUp || step$q == Step$Refresh) || (open_banks == 0 && !active))
  `PROVE(next_is_there, for_next ? next_valid$q : step$q != Step$Idle || !next_valid$q)
  `PROVE(next_is_open, !(step$q == Step$Activate || step$q == Step$Ready) || next_open)
  `PROVE(next_is_closed, step$q != Step$Precharge || !next_open)
  `PROVE(current_is_open, !active || column_open)
  `PROVE(one_kind, !(reading$q && writing$q))
  `PROVE(pause_stays_with_slot, !slot$q || slot_ras$q)
end

// Refreshes in time. `late` is the time that passed less INTERVAL for each refresh, never below zero: LATE is what the refreshes that may be
// owed, and the refresh of every row within the period, allow. A row must not stay open beyond RAS_MAX.
reg [15:0] late = 0, open_for = 0;
always @(posedge clock) begin
  late <= !chip_ready ? 0 : refreshes ? (late + 1 > INTERVAL ? late + 1 - INTERVAL : 0) : late + 1;
  open_for <= activates && here ? 1 : is_open_here ? open_for + 1'b1 : 0;
end
// Requests are of 1 to 255 words.
always @(*) assume (!port$req_valid || port$req_len != 0);
always @(*) begin
  `PROVE(refresh_interval, late <= LATE)
  `PROVE(tRAS_max, !is_open_here || open_for <= RAS_MAX)
end

// Why it is so: `owed` is the time that the timer owes refreshes for. From four intervals on traffic gives way, and `work` bounds how long
// that takes: it falls every clock.
(* hierconn *) wire [10:0] \refresh.count$q ;
(* hierconn *) wire \refresh.tick$q ;
(* hierconn *) wire \refresh.want$q ;
(* hierconn *) wire [15:0] \banks.bank$0.hold$q ;
(* hierconn *) wire [15:0] \banks.bank$1.hold$q ;
(* hierconn *) wire [15:0] \banks.bank$2.hold$q ;
(* hierconn *) wire [15:0] \banks.bank$3.hold$q ;
(* hierconn *) wire [15:0] \back.busy_ones$q ;
function [4:0] ones(input [15:0] bits);
  ones = bits[0] + bits[1] + bits[2] + bits[3] + bits[4] + bits[5] + bits[6] + bits[7] + bits[8] + bits[9] + bits[10] + bits[11] + bits[12]
    + bits[13] + bits[14] + bits[15];
endfunction
localparam WORK = 360;
localparam URGENT = 4 * INTERVAL;
wire [15:0] owed = \refresh.debt$q * INTERVAL + \refresh.count$q ;
wire [15:0] holds = \banks.bank$0.hold$q | \banks.bank$1.hold$q | \banks.bank$2.hold$q | \banks.bank$3.hold$q ;
wire settled = step$q == Step$Close || step$q == Step$Activate || step$q == Step$Ready;
wire [15:0] work = (active ? left$q : 0) + (writing$q ? ones(\back.busy_ones$q ) : 0) + slot$q
  + (step$q == Step$Idle ? 42 : step$q == Step$Check ? 24 : step$q == Step$Precharge ? 24 + ones(pause$q)
    : step$q == Step$Activate ? 2 + ones(pause$q) : 0)
  + (writing$q || step$q == Step$Check || step$q == Step$Precharge ? 16 : ones(holds));
wire serving = step$q != Step$PowerUp && step$q != Step$Refresh;
reg [15:0] late_now = 0, late_1 = 0, late_2 = 0, owed_1 = 0, owed_2 = 0;
always @(posedge clock) begin
  late_now <= !set_up$q ? 0 : refresh$refresh ? (late_now + 1 > INTERVAL ? late_now + 1 - INTERVAL : 0) : late_now + 1;
  {late_2, late_1} <= {late_1, late_now};
  {owed_2, owed_1} <= {owed_1, owed};
end
always @(*) begin
  `PROVE(late_follows, late == late_2)
  `PROVE(late_is_owed, !set_up$q ? late_now == 0 : late_now <= owed)
  `PROVE(ticks, \refresh.count$q < INTERVAL && \refresh.tick$q == (\refresh.count$q == INTERVAL - 1))
  `PROVE(no_tick_before, set_up$q || \refresh.count$q == 0)
  `PROVE(age_is_owed, !is_open_here || open_for <= owed_2 + 1)
  `PROVE(gives_way, !(serving && owed > URGENT) || \refresh.want$q )
  `PROVE(work_is_bounded, !(serving && owed > URGENT) || owed - URGENT + work <= WORK)
  `PROVE(refreshes_are_made, !(step$q == Step$Refresh && set_up$q) || owed + ones(pause$q) <= URGENT + WORK + 20)
  `PROVE(debt_is_bounded, !set_up$q || owed <= URGENT + WORK + 20)
  `PROVE(owed_before, owed_2 <= 9 * INTERVAL && owed_1 <= 9 * INTERVAL)
  `PROVE(burst_ends, !active || (left$q != 0 && (left$q != 1 || row_end$q)))
  `PROVE(next_has_words, !next_valid$q || next_length$q != 0)
  `PROVE(next_end_follows, !(for_next && step$q != Step$Check) || (next_end$q == (next_length$q == 1 || next_column$q == 511) && end_column$q == next_column$q + next_length$q))
  `PROVE(waits_run_out, (holds & (holds + 1'b1)) == 0 && (pause$q & (pause$q + 1'b1)) == 0)
end

always @(*) begin
  `REACH(reads_a_word, reads)
  `REACH(writes_a_word, writes)
  `REACH(write_after_read, writes && read_any < LONG)
  `REACH(closes_one_bank, precharges && !a[10])
  `REACH(opens_another_row, activates && here && closed == RP)
  `REACH(closes_soon, closes && is_open_here && activated < LONG)
  `REACH(closes_after_write, closes && is_open_here && written < WR + 3)
  `REACH(two_banks_open, open_banks == 4'b0011)
  `REACH(column_soonest, (reads || writes) && here && activated == RCD)
  `REACH(mode_is_set, sets_mode)
end
