use super::*;

const WRITE: MigInputs = MigInputs {
    en: true,
    cmd: 0,
    addr: 16,
    wdf_wren: true,
    wdf_end: true,
    wdf_data: 0x0007_0006_0005_0004_0003_0002_0001_0000,
    wdf_mask: 0,
};
const READ: MigInputs = MigInputs {
    en: true,
    cmd: 1,
    addr: 16,
    wdf_wren: false,
    wdf_end: false,
    wdf_data: 0,
    wdf_mask: 0,
};
const NOTHING: MigInputs = MigInputs { en: false, ..READ };

fn small(settings: MigSettings) -> Mig {
    let words = 64;
    Mig::new(MigSettings { words, ..settings }, 1)
}

/// Only the access of `WRITE`, or only its data.
fn part(access: bool) -> MigInputs {
    MigInputs {
        en: access,
        wdf_wren: !access,
        wdf_end: !access,
        ..WRITE
    }
}

#[test]
fn a_line_comes_back_after_its_latency_and_once() {
    let mut mig = small(MigSettings {
        least_latency: 5,
        most_latency: 5,
        ..MigSettings::IDEAL
    });
    mig.clock(&WRITE).unwrap();
    mig.clock(&READ).unwrap();
    let mut seen = Vec::new();
    for _ in 0..12 {
        if mig.outputs().rd_data_valid {
            seen.push((mig.cycle(), mig.outputs().rd_data));
        }
        mig.clock(&NOTHING).unwrap();
    }
    assert_eq!(seen, [(1 + 5, WRITE.wdf_data)]);
    assert_eq!((mig.accesses(), mig.is_idle()), (2, true));
}

#[test]
fn data_come_before_their_access_with_it_or_two_clocks_later() {
    for first in [vec![part(false), part(true)], vec![WRITE]] {
        let mut mig = small(MigSettings::IDEAL);
        first.iter().for_each(|inputs| mig.clock(inputs).unwrap());
        assert_eq!(mig.peek(19), Some(3));
    }
    for wait in 0..4 {
        let mut mig = small(MigSettings::IDEAL);
        let mut result = mig.clock(&part(true));
        for _ in 0..wait {
            result = result.and_then(|()| mig.clock(&NOTHING));
        }
        let result = result.and_then(|()| mig.clock(&part(false)));
        let late = Violation {
            rule: Rule::LateData,
            cycle: 2,
        };
        assert_eq!(result, if wait < 2 { Ok(()) } else { Err(late) }, "{wait}");
    }
}

#[test]
fn masked_bytes_stay() {
    let mut mig = small(MigSettings::IDEAL);
    mig.poke(17, 0xABCD);
    mig.poke(18, 0xABCD);
    mig.poke(40, 0xABCD);
    let wdf_mask = 0b01_10_00;
    mig.clock(&MigInputs { wdf_mask, ..WRITE }).unwrap();
    let words = [16, 17, 18, 40].map(|address| mig.peek(address).unwrap());
    assert_eq!(words, [0, 0xAB01, 0x00CD, 0xABCD]);
}

#[test]
fn every_broken_rule_is_named() {
    let broken = |mig: &mut Mig, inputs: MigInputs| mig.clock(&inputs).unwrap_err().rule;
    let fresh = || small(MigSettings::IDEAL);
    let cases = [
        (MigInputs { cmd: 2, ..READ }, Rule::Command(2)),
        (MigInputs { addr: 12, ..READ }, Rule::Unaligned(12)),
        (
            MigInputs { addr: 64, ..READ },
            Rule::Address {
                address: 64,
                words: 64,
            },
        ),
        (
            MigInputs {
                wdf_end: false,
                ..WRITE
            },
            Rule::DataEnd,
        ),
    ];
    for (inputs, rule) in cases {
        assert_eq!(broken(&mut fresh(), inputs), rule);
    }
    // Nothing is taken before calibration, so both wait.
    let uncalibrated = || {
        let mut mig = small(MigSettings::BOARD);
        mig.clock(&WRITE).unwrap();
        mig.clock(&WRITE).unwrap();
        mig
    };
    for (inputs, rule) in [
        (part(false), Rule::AccessChanged),
        (MigInputs { addr: 24, ..WRITE }, Rule::AccessChanged),
        (part(true), Rule::DataChanged),
        (
            MigInputs {
                wdf_mask: 1,
                ..WRITE
            },
            Rule::DataChanged,
        ),
    ] {
        assert_eq!(broken(&mut uncalibrated(), inputs), rule);
    }
    let error = fresh().clock(&MigInputs { addr: 12, ..READ }).unwrap_err();
    assert_eq!(
        error.to_string(),
        "app_addr 0xc is no multiple of 8 words in cycle 0"
    );
}

#[test]
fn a_refresh_stops_accesses_and_lines() {
    let mut mig = small(MigSettings {
        refresh_interval: 50,
        refresh_clocks: 10,
        least_latency: 3,
        most_latency: 3,
        ..MigSettings::IDEAL
    });
    for _ in 0..500 {
        let (outputs, refreshed) = (mig.outputs(), mig.cycle() % 50 >= 40);
        assert!(!(refreshed && (outputs.rdy || outputs.rd_data_valid)));
        mig.clock(&READ).unwrap();
    }
    assert!((380..=400).contains(&mig.accesses()), "{}", mig.accesses());
}
