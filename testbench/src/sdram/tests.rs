//! Every rule is kept by a sequence of commands and broken by the same one a clock shorter, or longer.

use super::*;
use rowfuse_hdl::memory::sdram::{SdramTiming, AS4C16M16SA_7};

#[derive(Clone, Copy)]
enum Do {
    Activate(u8, u16),
    Read(u8, u16),
    Write(u8, u16, u16),
    Precharge(u8),
    PrechargeAll,
    Refresh,
    Mode(u16),
}
use Do::{Activate, Mode, Precharge, PrechargeAll, Read, Refresh, Write};

fn pins(command: Do) -> Pins {
    let pins = |(ras_n, cas_n, we_n), ba, a, dq| Pins {
        cs_n: false,
        ras_n,
        cas_n,
        we_n,
        ba,
        a,
        dq,
        ..Pins::IDLE
    };
    match command {
        Activate(bank, row) => pins((false, true, true), bank, row, None),
        Read(bank, column) => pins((true, false, true), bank, column, None),
        Write(bank, column, word) => pins((true, false, false), bank, column, Some(word)),
        Precharge(bank) => pins((false, true, false), bank, 0, None),
        PrechargeAll => pins((false, true, false), 0, A10, None),
        Refresh => pins((false, false, true), 0, 0, None),
        Mode(mode) => pins((false, false, false), 0, mode, None),
    }
}

fn timing() -> SdramTiming {
    SdramTiming {
        power_up_ns: 400,
        initial_refreshes: 2,
        ..AS4C16M16SA_7
    }
}

fn clocks() -> SdramClocks {
    timing().clocks(125, 3).unwrap()
}

/// Gives each command so many clocks after the one before it; returns what the chip drove, cycle by cycle.
fn play(chip: &mut Sdram, script: &[(u32, Do)]) -> Result<Vec<Option<u16>>, Violation> {
    let mut driven = Vec::new();
    for (gap, command) in script {
        for _ in 1..*gap {
            driven.push(chip.clock(&Pins::IDLE)?);
        }
        driven.push(chip.clock(&pins(*command))?);
    }
    Ok(driven)
}

/// Power-up as it should be.
fn power_up(c: &SdramClocks) -> Vec<(u32, Do)> {
    vec![
        (c.power_up + 1, PrechargeAll),
        (c.rp, Refresh),
        (c.rfc, Refresh),
        (c.rfc, Mode(c.mode_register())),
    ]
}

/// A chip ready for its first command in the next clock but tMRD − 1.
fn ready(c: &SdramClocks) -> Sdram {
    let mut chip = Sdram::new(c.clone(), 1 << 16);
    play(&mut chip, &power_up(c)).unwrap();
    chip
}

#[test]
fn every_wait_is_checked_to_the_clock() {
    let c = clocks();
    // tRC alone counts only in a part where tRAS and tRP together are shorter.
    let long_rc = SdramTiming {
        rc_ns: 100,
        ..timing()
    }
    .clocks(125, 3)
    .unwrap();
    // The last command of a script comes with the least distance.
    type Script = Vec<(u32, Do)>;
    let table: &[(Rule, &SdramClocks, Script)] = &[
        (Rule::Tmrd, &c, vec![(c.mrd, Activate(0, 1))]),
        (
            Rule::Trcd,
            &c,
            vec![(9, Activate(1, 1)), (c.rcd, Read(1, 3))],
        ),
        (
            Rule::Trcd,
            &c,
            vec![(9, Activate(1, 1)), (c.rcd, Write(1, 3, 7))],
        ),
        (
            Rule::Tras,
            &c,
            vec![(9, Activate(2, 1)), (c.ras, Precharge(2))],
        ),
        (
            Rule::Tras,
            &c,
            vec![(9, Activate(2, 1)), (c.ras, PrechargeAll)],
        ),
        (
            Rule::Trp,
            &c,
            vec![
                (9, Activate(0, 1)),
                (20, Precharge(0)),
                (c.rp, Activate(0, 2)),
            ],
        ),
        (
            Rule::Trp,
            &c,
            vec![(9, Activate(0, 1)), (20, Precharge(0)), (c.rp, Refresh)],
        ),
        (
            Rule::Trp,
            &c,
            vec![
                (9, Activate(0, 1)),
                (20, PrechargeAll),
                (c.rp, Mode(c.mode_register())),
            ],
        ),
        (
            Rule::Trc,
            &long_rc,
            vec![
                (9, Activate(0, 1)),
                (6, Precharge(0)),
                (long_rc.rc - 6, Activate(0, 2)),
            ],
        ),
        (
            Rule::Trc,
            &long_rc,
            vec![
                (9, Activate(0, 1)),
                (6, Precharge(0)),
                (long_rc.rc - 6, Refresh),
            ],
        ),
        (
            Rule::Trrd,
            &c,
            vec![(9, Activate(0, 1)), (c.rrd, Activate(3, 1))],
        ),
        (
            Rule::Twr,
            &c,
            vec![
                (9, Activate(0, 1)),
                (20, Write(0, 5, 1)),
                (c.wr, Precharge(0)),
            ],
        ),
        (Rule::Trfc, &c, vec![(9, Refresh), (c.rfc, Activate(0, 1))]),
        (Rule::Trfc, &c, vec![(9, Refresh), (c.rfc, Refresh)]),
        (Rule::Trfc, &c, vec![(9, Refresh), (c.rfc, PrechargeAll)]),
        // The chip lets go of the data pins one clock after its word.
        (
            Rule::DataBus,
            &c,
            vec![
                (9, Activate(0, 1)),
                (9, Read(0, 5)),
                (c.cas_latency + 2, Write(0, 6, 1)),
            ],
        ),
    ];
    for (index, (rule, clocks, script)) in table.iter().enumerate() {
        play(&mut ready(clocks), script).unwrap_or_else(|v| panic!("{index}: {v}"));
        let mut early = script.clone();
        let (gap, _) = early.last_mut().unwrap();
        *gap -= 1;
        let violation = play(&mut ready(clocks), &early).unwrap_err();
        assert_eq!(violation.rule, *rule, "{index}: {violation}");
        if *rule != Rule::DataBus {
            assert_eq!(violation.found + 1, violation.required, "{index}");
        }
    }
}

#[test]
fn power_up_is_checked() {
    let c = clocks();
    let good = power_up(&c);
    let play = |script: &[(u32, Do)]| {
        super::tests::play(&mut Sdram::new(c.clone(), 1 << 16), script).map_err(|v| v.rule)
    };
    let first = (c.mrd, Activate(0, 0));
    assert!(play(&[&good[..], &[first]].concat()).is_ok());
    let mut early = good.clone();
    early[0].0 -= 1;
    assert_eq!(play(&early).unwrap_err(), Rule::PowerUp);
    // Without the banks closed, one refresh short, without a mode.
    assert_eq!(play(&[(90, Refresh)]).unwrap_err(), Rule::Initialisation);
    let no_refresh = [good[0], good[1], good[3], first];
    assert_eq!(play(&no_refresh).unwrap_err(), Rule::Initialisation);
    let no_mode = [good[0], good[1], good[2], (20, Activate(0, 0))];
    assert_eq!(play(&no_mode).unwrap_err(), Rule::Initialisation);
    // The mode may be set before the refreshes.
    let swapped = [
        good[0],
        (c.rp, good[3].1),
        (c.mrd, Refresh),
        good[2],
        (c.rfc, Activate(0, 0)),
    ];
    assert!(play(&swapped).is_ok());
    for (mode, rule) in [
        (0x20, Rule::CasLatency),
        (0x31, Rule::ModeRegister),
        (0x230, Rule::ModeRegister),
    ] {
        assert_eq!(play(&[good[0], (9, Mode(mode))]).unwrap_err(), rule);
    }
}

#[test]
fn bank_states_are_checked() {
    let c = clocks();
    let open = (9, Activate(1, 4));
    let table: &[(Rule, Vec<(u32, Do)>)] = &[
        (Rule::BankState, vec![open, (9, Activate(1, 5))]),
        (Rule::BankState, vec![open, (9, Read(0, 0))]),
        (Rule::BankState, vec![open, (9, Write(2, 0, 0))]),
        (
            Rule::BankState,
            vec![open, (9, Precharge(1)), (9, Read(1, 0))],
        ),
        (Rule::BankState, vec![open, (9, Refresh)]),
        (Rule::BankState, vec![open, (9, Mode(0x30))]),
        (Rule::Unsupported, vec![open, (9, Read(1, A10))]),
        (Rule::Address, vec![(9, Activate(0, 32)), (9, Read(0, 0))]),
    ];
    for (index, (rule, script)) in table.iter().enumerate() {
        let violation = play(&mut ready(&c), script).unwrap_err();
        assert_eq!(violation.rule, *rule, "{index}: {violation}");
    }
    let mut chip = ready(&c);
    play(&mut chip, &[open]).unwrap();
    let floating = Pins {
        dq: None,
        ..pins(Write(1, 0, 0))
    };
    play(&mut chip, &[(5, Activate(0, 0))]).unwrap();
    assert_eq!(chip.clock(&floating).unwrap_err().rule, Rule::DataBus);
    let asleep = Pins {
        cke: false,
        ..Pins::IDLE
    };
    assert_eq!(
        ready(&c).clock(&asleep).unwrap_err().rule,
        Rule::Unsupported
    );
}

#[test]
fn a_closed_bank_has_nothing_to_wait_for_behind_a_precharge() {
    let c = clocks();
    let mut chip = ready(&c);
    play(&mut chip, &[(9, Precharge(1)), (1, Activate(1, 4))]).unwrap();
    let mut chip = ready(&c);
    play(&mut chip, &[(9, PrechargeAll), (1, Refresh)]).unwrap();
}

#[test]
fn nothing_was_before_the_power_came() {
    let c = SdramTiming {
        power_up_ns: 0,
        ..timing()
    }
    .clocks(125, 3)
    .unwrap();
    assert_eq!(c.power_up, 0);
    ready(&c);
}

#[test]
fn rows_do_not_stay_open_for_too_long() {
    // With the part's own figure refreshes would be overdue first.
    let c = SdramTiming {
        ras_max_ns: 50_000,
        ..timing()
    }
    .clocks(125, 3)
    .unwrap();
    let open_for = |clocks| {
        play(
            &mut ready(&c),
            &[(9, Activate(1, 4)), (clocks, Precharge(1))],
        )
    };
    assert!(open_for(c.ras_max).is_ok());
    let violation = open_for(c.ras_max + 1).unwrap_err();
    assert_eq!((violation.rule, violation.found), (Rule::TrasMax, 6251));
}

#[test]
fn refreshes_are_due() {
    let c = clocks();
    let due = |count: u64| (count * u64::from(c.refresh_period) / u64::from(c.refreshes)) as u32;
    // The first may come when eight more are owed, not a clock later.
    play(&mut ready(&c), &[(due(9), Refresh)]).unwrap();
    let violation = play(&mut ready(&c), &[(due(9) + 1, Refresh)]).unwrap_err();
    assert_eq!(violation.rule, Rule::RefreshInterval);
    play(
        &mut ready(&c),
        &[(due(9), Refresh), (due(10) - due(9), Refresh)],
    )
    .unwrap();
    let late = [(due(9), Refresh), (due(10) - due(9) + 1, Refresh)];
    assert_eq!(
        play(&mut ready(&c), &late).unwrap_err().rule,
        Rule::RefreshInterval
    );

    // All rows at once are refreshed in time on the average, but each again only after more than a period.
    let few = SdramTiming {
        refreshes: 16,
        refresh_period_ns: 10_000,
        ..timing()
    }
    .clocks(125, 3)
    .unwrap();
    let mut script = vec![(few.rfc, Refresh); 16];
    script.push((few.refresh_period - 15 * few.rfc, Refresh));
    play(&mut ready(&few), &script).unwrap();
    script[16].0 += 1;
    let violation = play(&mut ready(&few), &script).unwrap_err();
    assert_eq!(
        (violation.rule, violation.found),
        (Rule::RefreshPeriod, 1251)
    );
}

#[test]
fn words_come_back_after_the_latency() {
    for (mhz, latency) in [(100, 2), (100, 3), (125, 3)] {
        let c = timing().clocks(mhz, latency).unwrap();
        let mut chip = ready(&c);
        chip.poke(3 << 11 | 2 << 9 | 17, 0xBEEF);
        let script = [
            (9, Activate(2, 3)),
            (9, Write(2, 16, 0x1234)),
            (1, Read(2, 16)),
            (1, Read(2, 17)),
            (9, Precharge(2)),
        ];
        let driven = play(&mut chip, &script).unwrap();
        // The first READ is the 19th command or pause; what a clock returns stands in the next cycle.
        let first = 18 + latency as usize - 1;
        let words: Vec<_> = (0..driven.len())
            .filter_map(|at| driven[at].map(|word| (at, word)))
            .collect();
        assert_eq!(words, [(first, 0x1234), (first + 1, 0xBEEF)]);
        assert_eq!(chip.peek(3 << 11 | 2 << 9 | 16), Some(0x1234));
    }
}

#[test]
fn bytes_are_masked() {
    let c = clocks();
    let mut chip = ready(&c);
    play(&mut chip, &[(9, Activate(0, 0))]).unwrap();
    for (dqm, expected) in [(0, 0x3344), (1, 0x33BB), (2, 0xAA44), (3, 0xAABB)] {
        chip.poke(5, 0xAABB);
        for _ in 0..5 {
            chip.clock(&Pins::IDLE).unwrap();
        }
        let write = Pins {
            dqm,
            ..pins(Write(0, 5, 0x3344))
        };
        chip.clock(&write).unwrap();
        assert_eq!(chip.peek(5), Some(expected), "mask {dqm}");
    }
    // Masked two clocks before, the chip keeps off the pins.
    play(&mut chip, &[(9, Read(0, 5))]).unwrap();
    let masked = Pins {
        dqm: 3,
        ..Pins::IDLE
    };
    assert_eq!(chip.clock(&masked), Ok(None));
    assert_eq!(chip.clock(&Pins::IDLE), Ok(None));
    assert_eq!(chip.clock(&Pins::IDLE), Ok(None));
}
