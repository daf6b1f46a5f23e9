//! The link against the golden model of a board: every request, at every speed.

pub mod bench;
pub mod checks;
pub mod controller;
pub mod damage;
pub mod frames;
pub mod golden;
pub mod parts;

use bench::{Around, Bench, Input};
use golden::INFO;
use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::REPLY_LATENCY;
use rowfuse_spec::frame::{Frame, Info, Request, Status, CRC_BYTES, HEADER_BYTES};
use rowfuse_spec::uart::{MAX_INCREMENT, MIN_INCREMENT};

use crate::memory_model::Pace;

const MEMORY_END: u32 = 1024 * INFO.memory_kib;

fn bytes(frame: &Frame) -> Vec<Input> {
    frame
        .encode()
        .expect("it fits")
        .into_iter()
        .map(Input::Byte)
        .collect()
}

fn request(seq: u8, request: Request) -> Vec<Input> {
    bytes(&request.frame(seq).expect("a legal request"))
}

fn data(random: &mut ChaCha8Rng, length: usize) -> Vec<u8> {
    (0..length).map(|_| random.gen()).collect()
}

/// Every kind of request at its limits, back to back.
fn all_requests(seed: u64) -> Vec<Input> {
    let random = &mut crate::support::rng(seed);
    let mut list = vec![Request::Info, Request::Status];
    for (address, length) in [
        (0, 2),
        (0x1000, 1024),
        (0x1400, 1022),
        (0x2002, 256),
        (0x2102, 258),
        (MEMORY_END - 1024, 1024),
        (MEMORY_END - 2, 2),
    ] {
        list.push(Request::Write {
            address,
            data: data(random, length),
        });
        list.push(Request::Read {
            address,
            length: length as u16,
        });
        list.push(Request::Checksum {
            address,
            length: length as u16,
        });
    }
    for (address, length) in [(0x1000, 2046), (0xF80, 4096), (0x20_0000, 65_534)] {
        list.push(Request::Checksum { address, length });
    }
    list.push(Request::Read {
        address: 0x11FE,
        length: 600,
    });
    list.push(Request::Read {
        address: 0x1000,
        length: 1024,
    });
    list.push(Request::Read {
        address: 0x1400,
        length: 1024,
    });
    for address in [0x4000, 0x5000] {
        list.push(Request::Run { address });
        list.push(Request::Status);
        list.push(Request::Run { address });
        list.push(Request::Write {
            address: 0x100,
            data: data(random, 300),
        });
        list.push(Request::Read {
            address: 0x100,
            length: 300,
        });
        list.push(Request::Checksum {
            address: 0x100,
            length: 300,
        });
        list.push(Request::Abort);
        list.push(Request::Status);
    }
    for increment in [MIN_INCREMENT, 39_322, 0x1_0000, MAX_INCREMENT] {
        list.push(Request::Rate { increment });
    }
    list.push(Request::Run {
        address: MEMORY_END - 64,
    });
    list.into_iter()
        .zip(0..)
        .flat_map(|(r, seq)| request(seq, r))
        .collect()
}

#[test]
fn every_request_at_full_speed() {
    let bench = Bench::new(1, Around::FULL, all_requests(1)).run();
    assert_eq!(bench.runs, [0x4000, 0x5000, MEMORY_END - 64]);
    assert_eq!(bench.aborts, 2);
}

pub fn every_request_with_everything_waiting() {
    Bench::new(2, Around::SLOW, all_requests(2)).run();
    // A fast host that receives slowly, and a slow host that receives at once.
    Bench::new(
        3,
        Around {
            receive: 0.1,
            ..Around::FULL
        },
        all_requests(3),
    )
    .run();
    Bench::new(
        4,
        Around {
            send: 0.3,
            pace: Pace::SLOW,
            ..Around::FULL
        },
        all_requests(4),
    )
    .run();
}

#[test]
fn a_program_ends_by_itself() {
    let mut inputs = Vec::new();
    for address in [0x40, 0x80] {
        inputs.extend(request(1, Request::Run { address }));
        inputs.extend(request(2, Request::Status));
        inputs.extend(request(3, Request::Run { address }));
        inputs.push(Input::Pause(3000));
        inputs.extend(request(4, Request::Status));
    }
    let bench = Bench::new(
        8,
        Around {
            program: 3000,
            ..Around::FULL
        },
        inputs,
    )
    .run();
    assert_eq!(bench.runs, [0x40, 0x80]);
}

pub fn reset_stops_a_program_and_nothing_else() {
    let run = || request(1, Request::Run { address: 0x40 });
    let status = || request(2, Request::Status);
    let mut inputs = Vec::new();
    for around in [Input::Pause(100), Input::Pause(1)] {
        inputs.push(Input::Reset);
        inputs.extend([run(), status()].concat());
        inputs.extend([Input::Pause(100), Input::Reset, around]);
        // Stopped: it can be started again, and is stopped in the middle of a frame.
        inputs.extend([run(), status()].concat());
        inputs.push(Input::Pause(100));
        let read = request(
            3,
            Request::Read {
                address: 0x80,
                length: 700,
            },
        );
        inputs.extend_from_slice(&read[..9]);
        inputs.push(Input::Reset);
        inputs.extend_from_slice(&read[9..]);
        // While the words of that READ are on their way.
        inputs.extend([Input::Pause(150), Input::Reset, Input::Pause(2000)]);
        inputs.extend(status());
    }
    let bench = Bench::new(9, Around::FULL, inputs).run();
    assert_eq!((bench.runs.len(), bench.aborts), (4, 8));
}

#[test]
fn data_streams_at_a_byte_a_cycle() {
    let frames = |chosen: &dyn Fn(u32) -> Request| -> Vec<Input> {
        (0..8)
            .flat_map(|n| request(n as u8, chosen(1024 * n)))
            .collect()
    };
    // 8 replies of 1034 bytes.
    let reads = frames(&|address| Request::Read {
        address,
        length: 1024,
    });
    let bench = Bench::new(20, Around::FULL, reads).run();
    let span = bench.times[bench.times.len() - 1] - bench.times[0];
    assert!(span < 8 * 1034 + 8 * 20, "{span}");
    // 8 requests of 1038 bytes: the last reply soon after the last byte, one burst behind.
    let writes = frames(&|address| Request::Write {
        address,
        data: vec![7; 1024],
    });
    let bench = Bench::new(21, Around::FULL, writes).run();
    let last = bench.times[bench.times.len() - 1];
    assert!(last < 8 * 1038 + 8 * 20 + 600, "{last}");
}

#[test]
fn replies_begin_after_their_latency_and_have_no_gaps() {
    let requests = [
        (Request::Info, Info::BYTES),
        (Request::Status, Status::BYTES),
        (
            Request::Read {
                address: 0x100,
                length: 1024,
            },
            1024,
        ),
        (Request::Run { address: 0x40 }, 0),
        (Request::Abort, 0),
        (Request::Rate { increment: 1510 }, 0),
    ];
    for (chosen, payload) in requests {
        let bench = Bench::new(30, Around::FULL, request(1, chosen)).run();
        assert_eq!(bench.times.len(), HEADER_BYTES + payload + CRC_BYTES);
        let first = bench.sent_last + REPLY_LATENCY;
        assert!(bench
            .times
            .iter()
            .copied()
            .eq(first..first + bench.times.len()));
    }
}
