//! The UART's parts one by one, each against the part of the golden model that it is.

use rand::Rng;
use rowfuse_hdl::link::uart::queue::ReceiveQueue;
use rowfuse_hdl::link::uart::rate::Rate;
use rowfuse_hdl::link::uart::receiver::Receiver;
use rowfuse_hdl::link::uart::transmitter::Transmitter;
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::bench::{clocks, SETTINGS};
use super::golden::{Golden, Inputs};
use super::host::{draw, send};
use crate::support::{agree, rng};

/// Bytes with pauses, glitches and levels of any length.
pub fn receiver() {
    let mut random = rng(330);
    let period = clocks(SETTINGS.default_increment);
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
    let mut golden = Golden::new(SETTINGS);
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
    assert!(expected.iter().flatten().count() > 40);
}

/// Bytes whenever it is ready, or some time later; resets in the middle of them.
pub fn transmitter() {
    let mut random = rng(331);
    let mut golden = Golden::new(SETTINGS);
    let (mut expected, mut stands) = (Vec::new(), None);
    let mut dut = Dut::new("uart_transmitter", Transmitter::default(), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, 20_000, |b: &mut Transmitter, t: usize| {
        if stands.is_none() && random.gen_bool([0.5, 0.003][t / 4000 % 2]) {
            stands = Some(random.gen());
        }
        let inputs = Inputs {
            reset: random.gen_ratio(1, 1500),
            tx: stands,
            rx: true,
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

/// Requests for a rate, the quiet they wait for, good frames that keep it, resets.
pub fn rate() {
    let mut random = rng(333);
    let mut golden = Golden::new(SETTINGS);
    let mut expected = Vec::new();
    let cycles = 6 * SETTINGS.hold_clocks as usize;
    let mut dut = Dut::new("uart_rate", Rate::new(&SETTINGS), |b, clock| {
        b.clock.next = clock
    })
    .unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut Rate, t: usize| {
        // Two stretches without a good frame are long enough to bring the default back.
        let silent = (cycles / 4..cycles / 2).contains(&t) || t > 3 * cycles / 4;
        let inputs = Inputs {
            reset: random.gen_ratio(1, if silent { 1 << 20 } else { 6000 }),
            rx: true,
            tx: random.gen_bool([0.002, 0.1][t / 1000 % 2]).then_some(0x5A),
            rate: random
                .gen_ratio(1, 2500)
                .then(|| 1 << random.gen_range(13..=17)),
            frame_good: !silent && random.gen_ratio(1, 3000),
            ..Inputs::default()
        };
        b.reset.next = inputs.reset;
        b.rate.next = u64::from(inputs.rate.unwrap_or(0x3_3333)).to_bits();
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
