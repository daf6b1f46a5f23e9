//! Everything a wire or a host can do wrong: the answer is the golden model's, and nothing is executed
//! that was not asked for.

use rand::seq::SliceRandom;
use rand::Rng;
use rowfuse_spec::frame::{
    Frame, Request, KIND_CHECKSUM, KIND_INFO, KIND_RATE, KIND_READ, KIND_RUN, KIND_WRITE,
    MAX_PAYLOAD, SILENCE_CLOCKS, SYNC,
};
use rowfuse_spec::uart::{MAX_INCREMENT, MIN_INCREMENT};

use super::bench::{Around, Bench, Input};
use super::{bytes, data, request, MEMORY_END};
use crate::memory_model::Pace;

#[test]
fn refused_requests_do_nothing() {
    let with_address = |address: u32, rest: &[u8]| [&address.to_le_bytes()[..], rest].concat();
    let mut inputs = Vec::new();
    let mut frame = |kind: u8, payload: Vec<u8>| {
        inputs.extend(bytes(&Frame {
            kind,
            seq: 0x5A,
            status: 0xEE,
            payload,
        }));
    };
    for kind in 0..=255 {
        frame(kind, vec![]);
    }
    for length in 1..12 {
        for kind in 0..10 {
            frame(kind, vec![0; length]);
        }
    }
    for length in [1026, 1028, 1029, 1030, 1031, MAX_PAYLOAD] {
        frame(KIND_WRITE, vec![0x22; length]);
        frame(KIND_INFO, vec![0x22; length]);
    }
    for count in [0_u16, 1, 3, 1023, 1025, 1026, 2048, 0x8000, 0xFFFF] {
        frame(
            KIND_READ,
            with_address(0x100, &[count as u8, (count >> 8) as u8, 0, 0]),
        );
    }
    for count in [0_u16, 1, 2, 3, 1025, 4097, 0xFFFF] {
        let [low, high] = count.to_le_bytes();
        frame(KIND_CHECKSUM, with_address(0x100, &[low, high, 0, 0]));
        frame(KIND_CHECKSUM, with_address(0x100, &[low, high, 0, 0, 0]));
        frame(KIND_CHECKSUM, with_address(0x100, &[low, high, 4, 0]));
    }
    frame(KIND_READ, with_address(0, &[2, 0, 1, 0]));
    frame(KIND_READ, with_address(0, &[2, 0, 0, 0x80]));
    for address in [
        1,
        MEMORY_END,
        MEMORY_END - 2,
        MEMORY_END - 1,
        0x200_0000,
        0x8000_0000,
        !1,
        !0,
    ] {
        frame(KIND_WRITE, with_address(address, &[1, 2, 3, 4]));
        frame(KIND_READ, with_address(address, &[4, 0, 0, 0]));
        frame(KIND_CHECKSUM, with_address(address, &[4, 0, 0, 0]));
        frame(KIND_RUN, with_address(address, &[]));
        frame(KIND_RUN, with_address(address.wrapping_sub(62), &[]));
    }
    for bit in 0..32 {
        frame(KIND_RATE, with_address(1 << bit, &[]));
        frame(KIND_RATE, with_address(1000 | 1 << bit, &[]));
    }
    for increment in [0, MIN_INCREMENT - 1, MAX_INCREMENT + 1, !0] {
        frame(KIND_RATE, with_address(increment, &[]));
        frame(KIND_RATE, with_address(increment, &[0, 0]));
    }
    frame(KIND_WRITE, with_address(MEMORY_END - 1022, &[9; 1024]));
    frame(KIND_READ, with_address(MEMORY_END - 1022, &[0, 4, 0, 0]));
    // One RUN among them was legal: the rest were judged by their address first, then found it busy.
    let bench = Bench::new(5, Around::FULL, inputs).run();
    assert_eq!(bench.runs, [0]);
}

#[test]
fn damage_is_answered_and_never_executed() {
    let mut random = crate::support::rng(6);
    let good = request(
        9,
        Request::Write {
            address: 0x20,
            data: vec![SYNC, 2, 3, 4, 5, 6],
        },
    );
    let mut inputs = Vec::new();
    // Every bit of a frame flipped. A damaged length swallows what follows, so each is given a
    // margin of zeros to end in.
    for bit in 0..8 * good.len() {
        let mut bad = good.clone();
        if let Input::Byte(byte) = &mut bad[bit / 8] {
            *byte ^= 1 << (bit % 8);
        }
        inputs.extend(bad);
        let margin = if (32..48).contains(&bit) { 1040 } else { 0 };
        inputs.extend(vec![Input::Byte(0); margin]);
    }
    inputs.extend(request(
        1,
        Request::Read {
            address: 0x20,
            length: 6,
        },
    ));
    // Noise, with and without syncs, then a frame.
    for length in [1, 2, 5, 40] {
        let noise = data(&mut random, length)
            .into_iter()
            .filter(|&byte| byte != SYNC);
        inputs.extend(noise.map(Input::Byte));
        inputs.extend(request(2, Request::Info));
    }
    // Lengths beyond the limit: refused with the header; the hunt goes on in what follows.
    for length in [MAX_PAYLOAD as u16 + 1, 0x1000, 0x8000, 0xFFFF] {
        let [low, high] = length.to_le_bytes();
        inputs.extend([SYNC, KIND_WRITE, 7, 0, low, high].map(Input::Byte));
        inputs.extend(request(3, Request::Info));
    }
    Bench::new(6, Around::FULL, inputs).run();
}

#[test]
fn silence_ends_a_frame() {
    let whole = request(
        1,
        Request::Write {
            address: 0x40,
            data: vec![1, 2, 3, 4],
        },
    );
    let mut inputs = Vec::new();
    // One cycle less than the limit is patience, the limit is not.
    for (cut, pause) in [
        (9, SILENCE_CLOCKS - 1),
        (5, SILENCE_CLOCKS),
        (17, SILENCE_CLOCKS),
    ] {
        inputs.extend_from_slice(&whole[..cut]);
        inputs.push(Input::Pause(pause as usize));
        if pause < SILENCE_CLOCKS {
            inputs.extend_from_slice(&whole[cut..]);
        }
        inputs.extend(request(
            2,
            Request::Read {
                address: 0x40,
                length: 4,
            },
        ));
    }
    Bench::new(7, Around::FULL, inputs).run();
}

#[test]
fn random_traffic() {
    for seed in 10..16 {
        let mut random = crate::support::rng(seed);
        let mut inputs = Vec::new();
        for _ in 0..40 {
            let address = 2 * random.gen_range(0..600);
            let longest = if random.gen_bool(0.2) { 512 } else { 20 };
            let length = 2 * random.gen_range(1..=longest);
            let chosen = match random.gen_range(0..10) {
                0 => Request::Info,
                1 => Request::Status,
                2 => Request::Run { address },
                3 if random.gen() => Request::Abort,
                3 => Request::Rate {
                    increment: random.gen_range(MIN_INCREMENT..=MAX_INCREMENT),
                },
                4..=6 => Request::Write {
                    address,
                    data: data(&mut random, length),
                },
                7 => Request::Checksum {
                    address,
                    length: length as u16 * random.gen_range(1..=9),
                },
                _ => Request::Read {
                    address,
                    length: length as u16,
                },
            };
            let mut frame = request(random.gen(), chosen);
            match random.gen_range(0..12) {
                0 => {
                    let place = random.gen_range(0..frame.len());
                    frame[place] = Input::Byte(random.gen());
                }
                1 => frame.truncate(random.gen_range(0..frame.len())),
                2 => inputs.extend((0..random.gen_range(1..9)).map(|_| Input::Byte(random.gen()))),
                _ => {}
            }
            inputs.extend(frame);
        }
        let chance = [0.1, 0.5, 1.0];
        let mut pick = || *chance.choose(&mut random).expect("not empty");
        let around = Around {
            send: pick(),
            receive: pick(),
            pace: if pick() < 1.0 { Pace::SLOW } else { Pace::FULL },
            registered_counters: seed % 2 == 0,
            busy_delay: 1 + seed as usize % 8,
            ..Around::FULL
        };
        Bench::new(seed, around, inputs).run();
    }
}
