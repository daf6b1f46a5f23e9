//! The UART's parts one by one, each against the part of the golden model that it is.

use rand::Rng;
use rowfuse_hdl::link::uart::queue::ReceiveQueue;
use rowfuse_hdl::link::uart::rate::Rate;
use rowfuse_hdl::link::uart::receiver::Receiver;
use rowfuse_hdl::link::uart::transmitter::Transmitter;
use rowfuse_hdl::link::uart::UartSettings;
use rowfuse_spec::uart::{MAX_INCREMENT, MIN_INCREMENT, RATE_BITS};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::bench::{clocks, SETTINGS};
use super::golden::{Golden, Inputs};
use super::host::{draw, send};
use crate::support::{agree, rng};

/// Bytes with pauses, glitches and levels of any length, at several rates.
pub fn receiver() {
    let mut random = rng(330);
    for rate in [
        SETTINGS.default_increment,
        MAX_INCREMENT,
        any_rate(&mut random),
        any_rate(&mut random),
    ] {
        receive_at(&mut random, rate);
    }
}

fn receive_at(random: &mut impl Rng, increment: u32) {
    let period = clocks(increment);
    let mut line = Vec::new();
    while line.len() < 20_000 {
        match random.gen_range(0..5) {
            0 => {
                let levels: Vec<bool> =
                    (0..random.gen_range(1..30)).map(|_| random.gen()).collect();
                line.extend(draw(&levels, random.gen_range(1.0..20.0), 0.0));
            }
            1 => line.extend(vec![true; random.gen_range(1..300)]),
            _ => line.extend(send(
                &[random.gen()],
                period * random.gen_range(0.98..1.02),
                random.gen(),
            )),
        }
    }
    let mut golden = Golden::new(UartSettings {
        default_increment: increment,
        ..SETTINGS
    });
    let mut expected = Vec::new();
    let mut dut = Dut::new("uart_receiver", Receiver::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, line.len(), |b: &mut Receiver, t: usize| {
        let inputs = Inputs {
            reset: random.gen_ratio(1, 1500),
            rx: line[t],
            ..Inputs::default()
        };
        b.clear.next = inputs.reset;
        b.rx.next = inputs.rx;
        b.increment.next = golden.increment().to_bits();
        expected.push(golden.received());
        golden.step(&inputs);
    });
    for (t, byte) in expected.iter().enumerate() {
        let found = (trace.u64("valid", t) == 1).then(|| trace.u64("data", t) as u8);
        assert_eq!(found, *byte, "cycle {t}");
    }
    assert!(expected.iter().flatten().count() > 10);
}

/// An increment, as many slow ones as quick ones.
fn any_rate(random: &mut impl Rng) -> u32 {
    let low = MIN_INCREMENT.max(MAX_INCREMENT >> random.gen_range(1..5_u32));
    random.gen_range(low..=MAX_INCREMENT)
}

/// Bytes whenever it is ready, or some time later, at rates anywhere in their range; resets in the middle of them.
pub fn transmitter() {
    let mut random = rng(331);
    let settings = UartSettings {
        settle_clocks: 1,
        ..SETTINGS
    };
    let mut golden = Golden::new(settings);
    let (mut expected, mut stands) = (Vec::new(), None);
    let mut dut = Dut::new("uart_transmitter", Transmitter::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 60_000, |b: &mut Transmitter, t: usize| {
        if stands.is_none() && random.gen_bool([0.5, 0.003][t / 4000 % 2]) {
            stands = Some(random.gen());
        }
        let inputs = Inputs {
            reset: random.gen_ratio(1, 3000),
            tx: stands,
            rx: true,
            rate: random.gen_ratio(1, 700).then(|| any_rate(&mut random)),
            frame_good: true,
            ..Inputs::default()
        };
        b.clear.next = inputs.reset;
        b.valid.next = stands.is_some();
        b.data.next = u64::from(stands.unwrap_or_else(|| random.gen())).to_bits();
        b.increment.next = golden.increment().to_bits();
        let outputs = golden.outputs();
        expected.push((u64::from(outputs.tx), u64::from(outputs.tx_ready)));
        golden.step(&inputs);
        if outputs.tx_ready {
            stands = None;
        }
    });
    for (t, outputs) in expected.iter().enumerate() {
        assert_eq!(
            (trace.u64("tx", t), trace.u64("ready", t)),
            *outputs,
            "cycle {t}"
        );
    }
}

/// Filled to the brim and emptied, at random speeds, with resets.
pub fn queue() {
    let mut random = rng(332);
    let mut golden = Golden::new(SETTINGS);
    let mut expected = Vec::new();
    let mut dut = Dut::new("uart_queue", ReceiveQueue::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 12_000, |b: &mut ReceiveQueue, t: usize| {
        let [put, take] = [[0.5, 0.3], [0.9, 0.05], [0.1, 0.9], [0.02, 1.0]][t / 2000 % 4];
        let byte = random.gen_bool(put).then(|| random.gen());
        let inputs = Inputs {
            reset: t > 4000 && random.gen_ratio(1, 1500),
            rx_ready: random.gen_bool(take),
            rx: true,
            ..Inputs::default()
        };
        golden.receives(byte);
        b.clear.next = inputs.reset;
        b.put.next = byte.is_some();
        b.data_in.next = u64::from(byte.unwrap_or_else(|| random.gen())).to_bits();
        b.take.next = inputs.rx_ready;
        expected.push(golden.outputs().rx);
        golden.step(&inputs);
    });
    for (t, byte) in expected.iter().enumerate() {
        let found = (trace.u64("valid", t) == 1).then(|| trace.u64("data_out", t) as u8);
        assert_eq!(found, *byte, "cycle {t}");
    }
    assert!(golden.lost > 100, "never full for long");
}

/// Requests for a rate, the quiet they wait for, good frames that keep it, resets; and stretches without any of it, long enough to
/// bring the default back.
pub fn rate() {
    let mut random = rng(333);
    let settings = UartSettings {
        settle_clocks: 700,
        ..SETTINGS
    };
    let mut golden = Golden::new(settings);
    let mut expected = Vec::new();
    let episode = 5 * SETTINGS.hold_clocks as usize / 2;
    let cycles = 5 * episode;
    let mut dut = Dut::new("uart_rate", Rate::new(&settings), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut Rate, t: usize| {
        let lively = t % episode < episode / 2;
        let inputs = Inputs {
            reset: lively && random.gen_ratio(1, 12_000),
            rx: true,
            tx: (lively && random.gen_bool([0.0008, 0.1][t / 2500 % 2])).then_some(0x5A),
            rate: (lively && random.gen_ratio(1, 1500))
                .then(|| random.gen_range(0..1 << RATE_BITS)),
            frame_good: lively && random.gen_ratio(1, 3000),
            ..Inputs::default()
        };
        b.reset.next = inputs.reset;
        b.rate.next = u64::from(
            inputs
                .rate
                .unwrap_or_else(|| random.gen_range(0..1 << RATE_BITS)),
        )
        .to_bits();
        b.rate_valid.next = inputs.rate.is_some();
        b.frame_good.next = inputs.frame_good;
        b.quiet.next = golden.outputs().tx_ready && inputs.tx.is_none();
        expected.push(golden.increment());
        golden.step(&inputs);
    });
    for (t, increment) in expected.iter().enumerate() {
        assert_eq!(
            trace.u64("increment", t),
            u64::from(*increment),
            "cycle {t}"
        );
    }
    let changes = expected
        .windows(2)
        .filter(|pair| pair[0] != pair[1])
        .count();
    assert!(changes > 10, "{changes} changes");
}
