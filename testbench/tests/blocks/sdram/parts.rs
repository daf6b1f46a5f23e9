//! What the controller is made of, each against plain Rust: cycle numbers instead of shift registers.

use rand::Rng;
use rowfuse_hdl::memory::sdram::{
    Bank, Banks, RefreshTimer, ReturnPath, SdramClocks, SdramPads, SdramPins, URGENT,
};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::{on_a_board, settings};
use crate::support::{agree, rng};

/// The part at its fastest clock.
pub fn clocks() -> SdramClocks {
    settings(143, 3, 1).clocks().unwrap()
}

/// A bank as the chip's data sheet sees it.
#[derive(Clone, Copy, Default)]
struct Model {
    row: u64,
    open: bool,
    /// First cycle in which it may be closed.
    free: usize,
}

impl Model {
    /// What happens in cycle `t`.
    fn clock(
        &mut self,
        t: usize,
        clocks: &SdramClocks,
        [activate, precharge, close, written]: [bool; 4],
        row: u64,
    ) {
        // A write is a clock nearer to the pins than the command that closes, so a clock less is left to wait.
        if written {
            self.free = self.free.max(t + (clocks.wr as usize).max(2) - 1);
        }
        if activate {
            let active = clocks.ras.max(clocks.rc.saturating_sub(clocks.rp));
            (self.row, self.open, self.free) = (row, true, t + active as usize);
        }
        self.open &= !(precharge || close);
    }
}

pub fn bank() {
    let (mut random, clocks) = (rng(310), clocks());
    let mut dut = Dut::new("sdram_bank", Bank::new(&clocks), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 6000, |b: &mut Bank, t: usize| {
        let often = [0.3, 0.05][t / 100 % 2];
        b.selected.next = random.gen_bool(0.7);
        b.row.next = (random.gen_range(0..3_u64) * 0xABC).to_bits();
        b.activate.next = random.gen_bool(often);
        b.precharge.next = random.gen_bool(often);
        b.close.next = random.gen_bool(often / 4.0);
        b.written.next = random.gen_bool(often);
    });
    let mut model = Model::default();
    let mut hits = 0;
    for t in 0..trace.cycles() {
        let at = |port: &str| trace.u64(port, t) == 1;
        let selected = at("selected");
        let held = t < model.free;
        let hit = model.open && model.row == trace.u64("row", t);
        hits += usize::from(hit && selected);
        let expected = [
            ("open", selected && model.open),
            ("hit", selected && hit),
            ("blocked", selected && held),
            ("held", held),
        ];
        for (port, value) in expected {
            assert_eq!(at(port), value, "{port} in cycle {t}");
        }
        let events = [
            selected && at("activate"),
            selected && at("precharge"),
            at("close"),
            at("written"),
        ];
        model.clock(t, &clocks, events, trace.u64("row", t));
    }
    assert!(hits > 100);
}

pub fn banks() {
    let (mut random, clocks) = (rng(311), clocks());
    let mut dut = Dut::new("sdram_banks", Banks::new(&clocks), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 6000, |b: &mut Banks, t: usize| {
        let often = [0.4, 0.05][t / 100 % 2];
        b.number.next = random.gen_range(0..4_u64).to_bits();
        b.row.next = (random.gen_range(0..3_u64) * 0xABC).to_bits();
        b.activate.next = random.gen_bool(often);
        b.precharge.next = random.gen_bool(often);
        b.close.next = random.gen_bool(often / 20.0);
        b.write.next = random.gen_bool(often / 2.0);
        b.write_number.next = random.gen_range(0..4_u64).to_bits();
    });
    let mut models = [Model::default(); 4];
    for t in 0..trace.cycles() {
        let at = |port: &str| trace.u64(port, t) == 1;
        let [number, row, write_number] =
            ["number", "row", "write_number"].map(|port| trace.u64(port, t));
        let chosen = models[number as usize];
        let expected = [
            ("open", chosen.open),
            ("hit", chosen.open && chosen.row == row),
            ("held", t < chosen.free),
            ("any_held", models.iter().any(|model| t < model.free)),
        ];
        for (port, value) in expected {
            assert_eq!(at(port), value, "{port} in cycle {t}");
        }
        for (n, model) in (0..).zip(&mut models) {
            let events = [
                n == number && at("activate"),
                n == number && at("precharge"),
                at("close"),
                n == write_number && at("write"),
            ];
            model.clock(t, &clocks, events, row);
        }
    }
}

/// Refreshes are asked for as the rules say: urgent at a debt, made up for in quiet, until nothing is owed.
pub fn refresh_timer() {
    let (mut random, clocks) = (rng(312), clocks());
    let interval = clocks.refresh_interval() as usize;
    let mut debt_now = 0_u32;
    let timer = RefreshTimer::new(&clocks);
    let mut dut = Dut::new("refresh_timer", timer, |b, clock| b.clock.next = clock).unwrap();
    let cycles = 40 * interval;
    let mut enabled = true;
    let mut since = 0;
    let trace = agree(&mut dut, cycles, |b: &mut RefreshTimer, t: usize| {
        let phase = t / (5 * interval) % 3;
        enabled ^= random.gen_ratio(1, if enabled { 3000 } else { 40 });
        b.enable.next = enabled;
        b.load.next = random.gen_ratio(1, 3 * interval as u32);
        b.idle.next = random.gen_bool([0.2, 0.99, 0.0][phase]);
        // Only what is owed is made; a debt is never let grow past what the counter holds.
        let owes = b.owed.val();
        let wants = b.wanted.val();
        // Some are made in the very cycle in which the next falls due.
        let due = since == interval - 1;
        since = if due { 0 } else { since + usize::from(enabled) };
        let chance = [[0.0005, 0.3], [0.5, 0.5]][usize::from(due)][usize::from(wants)];
        b.refresh.next = owes && random.gen_bool(chance);
        debt_now = debt_now.max(u32::from(owes));
    });
    assert_eq!(debt_now, 1);
    // Time that has run since the last tick; the tick acts a clock after it is seen.
    let (mut elapsed, mut tick, mut debt, mut quiet, mut want) = (0, false, 0_u32, 0, false);
    let (mut urgent, mut made, mut met) = (0, 0, 0);
    for t in 0..cycles {
        let at = |port: &str| trace.u64(port, t) == 1;
        assert_eq!(at("owed"), debt > 0, "owed in cycle {t}");
        assert_eq!(at("wanted"), want, "wanted in cycle {t}");
        urgent += usize::from(debt >= URGENT);
        made += usize::from(at("refresh"));
        met += usize::from(tick && at("refresh"));
        let wants = debt > 0 && (want || debt >= URGENT || quiet >= 16);
        let ticks = elapsed == interval - 2;
        debt = debt + u32::from(tick) - u32::from(at("refresh"));
        if at("load") {
            debt = clocks.initial_refreshes;
        }
        elapsed = if tick {
            0
        } else {
            elapsed + usize::from(at("enable"))
        };
        quiet = if at("idle") { quiet + 1 } else { 0 };
        (tick, want) = (ticks, wants);
        assert!(
            debt <= 15,
            "the stimulus lets the debt grow to {debt} in cycle {t}"
        );
    }
    assert!(
        urgent > 100 && made > 30 && met > 5,
        "{urgent} {made} {met}"
    );
}

pub fn return_path() {
    for (n, settings) in [
        settings(50, 2, 1),
        settings(143, 3, 4),
        on_a_board(100, 3, 1),
    ]
    .into_iter()
    .enumerate()
    {
        let mut random = rng(313);
        let flight = settings.flight() as usize;
        let name = format!("return_path{n}");
        let mut dut = Dut::new(&name, ReturnPath::new(&settings), |b, clock| {
            b.clock.next = clock
        })
        .unwrap();
        let trace = agree(&mut dut, 1500, |b: &mut ReturnPath, t: usize| {
            b.read.next = random.gen_bool([0.9, 0.1, 0.02][t / 100 % 3]);
            b.last.next = random.gen_bool(0.4);
            b.dq_in.next = random.gen_range(0..0x1_0000_u64).to_bits();
        });
        let asked = |t: usize, last: bool| {
            trace.u64("read", t) == 1 && (!last || trace.u64("last", t) == 1)
        };
        for t in 0..trace.cycles() {
            let before = |last| {
                t.checked_sub(flight)
                    .is_some_and(|before| asked(before, last))
            };
            assert_eq!(trace.u64("valid", t) == 1, before(false), "cycle {t}");
            assert_eq!(trace.u64("valid_last", t) == 1, before(true), "cycle {t}");
            let busy = (t.saturating_sub(flight)..t).any(|before| asked(before, false));
            assert_eq!(trace.u64("busy", t) == 1, busy, "cycle {t}");
            let data = if t == 0 { 0 } else { trace.u64("dq_in", t - 1) };
            assert_eq!(trace.u64("data", t), data, "cycle {t}");
        }
    }
}

/// Registers cost a clock each way, wires none.
pub fn pads() {
    for settings in [settings(100, 2, 1), on_a_board(100, 2, 0)] {
        let mut random = rng(314);
        let registers = settings.pin_registers;
        let name = format!("sdram_pads_{registers}");
        let mut dut = Dut::new(&name, SdramPads::new(&settings), |b, clock| {
            b.clock.next = clock
        })
        .unwrap();
        let trace = agree(&mut dut, 400, |b: &mut SdramPads, _: usize| {
            b.cke_in.next = random.gen();
            b.cs_n_in.next = random.gen();
            b.ras_n_in.next = random.gen();
            b.cas_n_in.next = random.gen();
            b.we_n_in.next = random.gen();
            b.ba_in.next = random.gen_range(0..4_u64).to_bits();
            b.a_in.next = random.gen_range(0..1_u64 << 13).to_bits();
            b.dqm_in.next = random.gen_range(0..4_u64).to_bits();
            b.dq_out_in.next = random.gen_range(0..0x1_0000_u64).to_bits();
            b.dq_oe_in.next = random.gen();
            b.dq_in.next = random.gen_range(0..0x1_0000_u64).to_bits();
        });
        let trace = &trace;
        let controls = |t: usize| {
            let pins = ["cke_in", "cs_n_in", "ras_n_in", "cas_n_in", "we_n_in"];
            let bits = (0..).zip(pins).map(|(bit, port)| trace.u64(port, t) << bit);
            bits.sum::<u64>()
        };
        let undriven = |t: usize| {
            if trace.u64("dq_oe_in", t) == 1 {
                0
            } else {
                0xFFFF
            }
        };
        type Input<'a> = Box<dyn Fn(usize) -> u64 + 'a>;
        let plain = |port: &'static str| -> Input { Box::new(move |t| trace.u64(port, t)) };
        // What the chip sees before the first clock: nothing selected, nothing driven.
        let pins: [(&str, Input, u64); 7] = [
            ("controls", Box::new(controls), 0b11110),
            ("ba", plain("ba_in"), 0),
            ("a", plain("a_in"), 0),
            ("dqm", plain("dqm_in"), 0b11),
            ("dq_out", plain("dq_out_in"), 0),
            ("dq_z", Box::new(undriven), 0xFFFF),
            ("dq_in_out", plain("dq_in"), 0),
        ];
        for t in 0..trace.cycles() {
            for (port, input, first) in &pins {
                let expected = match (registers, t) {
                    (false, _) => input(t),
                    (true, 0) => *first,
                    (true, _) => input(t - 1),
                };
                assert_eq!(trace.u64(port, t), expected, "{port} in cycle {t}");
            }
        }
    }
}

/// The command on the pins a clock after the decision, in the data sheet's truth table.
pub fn pins() {
    let mut random = rng(315);
    let mut dut = Dut::new("sdram_pins", SdramPins::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 4000, |b: &mut SdramPins, t: usize| {
        // A bank command, a column command or nothing; never two.
        let what = random.gen_range(0..5);
        b.column_read.next = what == 0;
        b.column_write.next = what == 1;
        let slot = what == 2;
        b.slot.next = slot;
        b.slot_ras.next = slot && random.gen::<bool>();
        b.slot_cas.next = slot && random.gen::<bool>();
        b.slot_we.next = slot && random.gen::<bool>();
        b.column_bank.next = random.gen_range(0..4_u64).to_bits();
        b.column.next = random.gen_range(0..512_u64).to_bits();
        b.data.next = random.gen_range(0..0x1_0000_u64).to_bits();
        b.mask.next = random.gen_range(0..4_u64).to_bits();
        b.slot_bank.next = random.gen_range(0..4_u64).to_bits();
        b.slot_address.next = random.gen_range(0..1_u64 << 13).to_bits();
        b.set_up.next = t > 100 && random.gen_bool(0.9);
    });
    let seen = |t: usize, ports: &[&str]| -> Vec<u64> {
        ports.iter().map(|port| trace.u64(port, t)).collect()
    };
    let outputs = ["cke", "cs_n", "ras_n", "cas_n", "we_n", "dqm", "dq_oe"];
    assert_eq!(seen(0, &outputs), [0, 1, 1, 1, 1, 3, 0]);
    for t in 1..trace.cycles() {
        let at = |port: &str| trace.u64(port, t - 1);
        let (read, write, slot) = (at("column_read"), at("column_write"), at("slot"));
        // Chip select, row strobe, column strobe, write enable, all active low: READ 0101, WRITE 0100.
        let command = match (read, write, slot) {
            (1, _, _) => [0, 1, 0, 1],
            (_, 1, _) => [0, 1, 0, 0],
            (_, _, 1) => [0, 1 - at("slot_ras"), 1 - at("slot_cas"), 1 - at("slot_we")],
            _ => [1, 1, 1, 1],
        };
        assert_eq!(
            seen(t, &["cs_n", "ras_n", "cas_n", "we_n"]),
            command,
            "cycle {t}"
        );
        let place = match slot {
            1 => [at("slot_bank"), at("slot_address")],
            _ => [at("column_bank"), at("column")],
        };
        assert_eq!(seen(t, &["ba", "a"]), place, "cycle {t}");
        let mask = match (at("set_up"), write) {
            (0, _) => 3,
            (_, 1) => at("mask"),
            _ => 0,
        };
        assert_eq!(
            seen(t, &["cke", "dqm", "dq_oe", "dq_out"]),
            [1, mask, write, at("data")],
            "cycle {t}"
        );
    }
}
