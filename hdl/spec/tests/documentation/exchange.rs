//! An example exchange between a host and a board, byte by byte.

use std::fmt::Write;

use rowfuse_spec::command::COMMAND_WORDS;
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::crc32::crc32;
use rowfuse_spec::frame::{
    Frame, Info, ReplyStatus, Request, Status, CRC_BYTES, HEADER_BYTES, KIND_NAK, KIND_READ,
};
use rowfuse_spec::{Command, End};

/// Payload bytes on a line.
const LINE: usize = 16;
/// Where the example writes and reads data, and where its program lies.
const DATA_AT: u32 = 0x1000;
const PROGRAM_AT: u32 = 0x2000;

fn hex(bytes: &[u8]) -> String {
    let bytes: Vec<String> = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    bytes.join(" ")
}

/// One direction of the exchange: header, payload and CRC apart, a long payload on lines of its own.
fn line(who: &str, frame: &[u8]) -> String {
    let (header, rest) = frame.split_at(HEADER_BYTES);
    let (payload, crc) = rest.split_at(rest.len() - CRC_BYTES);
    let (header, crc) = (hex(header), hex(crc));
    let rows: Vec<String> = payload.chunks(LINE).map(hex).collect();
    match &rows[..] {
        [] => format!("{who:<6} {header} | {crc}\n"),
        [row] => format!("{who:<6} {header} | {row} | {crc}\n"),
        rows => {
            let indent = " ".repeat(7);
            let rows: String = rows.iter().map(|row| format!("{indent}{row}\n")).collect();
            format!("{who:<6} {header} |\n{rows}{indent}| {crc}\n")
        }
    }
}

fn encoded(frame: &Frame) -> Vec<u8> {
    frame.encode().expect("the example's frames are legal")
}

/// A request and its reply: what they are, the request's frame on the wire, the reply.
struct Step {
    title: &'static str,
    host: Vec<u8>,
    board: Frame,
}

/// What the example asks and what comes of it.
fn steps() -> Vec<Step> {
    let config = preset("ulx3s-85f").expect("a configuration of that name");
    let info = Info::of(&config, 0x1234_ABCD).encode().to_vec();
    let data = vec![0xDE, 0xAD, 0xBE, 0xEF];
    let sum = crc32(&data).to_le_bytes().to_vec();
    let end = Command::End(End {
        status: 7,
        ..End::default()
    });
    let end = end.to_bytes().expect("a legal command").to_vec();
    let mut counters = Counters::default();
    counters.add(Counter::ReadWords, COMMAND_WORDS as u32);
    counters.add(Counter::Commands, 1);
    let status = Status {
        busy: false,
        program_status: 7,
        counters,
    };
    let write = |address, data| Request::Write { address, data };
    let (address, length) = (DATA_AT, 4);
    let read = Request::Read { address, length };
    let run = Request::Run {
        address: PROGRAM_AT,
    };
    let done = [
        ("INFO: who are you?", Request::Info, info),
        (
            "WRITE: four bytes to 0x1000",
            write(DATA_AT, data.clone()),
            vec![],
        ),
        ("READ: four bytes from 0x1000", read, data),
        (
            "CHECKSUM: of the four bytes from 0x1000",
            Request::Checksum { address, length },
            sum,
        ),
        (
            "WRITE: a program of one command, END with status 7, to 0x2000",
            write(PROGRAM_AT, end),
            vec![],
        ),
        ("RUN: the program at 0x2000", run, vec![]),
        (
            "STATUS: not busy, ended with status 7, read 32 words, accepted 1 command",
            Request::Status,
            status.encode(),
        ),
    ];
    let mut steps = Vec::new();
    for (seq, (title, request, payload)) in (1..).zip(done) {
        let request = request
            .frame(seq)
            .expect("the example's requests are legal");
        steps.push(Step {
            title,
            host: encoded(&request),
            board: request.reply(ReplyStatus::Ok, payload),
        });
    }
    // Request::payload would not make this one.
    let mut odd = steps[2].host[HEADER_BYTES..][..8].to_vec();
    odd[0] |= 1;
    let odd = Frame::request(KIND_READ, 8, odd);
    steps.push(Step {
        title: "READ: from an odd address, which is refused with status 5",
        host: encoded(&odd),
        board: odd.reply(ReplyStatus::BadAddress, vec![]),
    });
    let status = Request::Status.frame(9).expect("a legal request");
    let mut damaged = encoded(&status);
    let last = damaged.len() - 1;
    damaged[last] ^= 0x10;
    steps.push(Step {
        title: "A frame whose last byte was damaged, which is answered with NAK and status 1",
        host: damaged,
        board: Frame {
            kind: KIND_NAK,
            ..status.reply(ReplyStatus::BadCrc, vec![])
        },
    });
    steps
}

/// The section of the page.
pub fn exchange() -> String {
    let mut text = String::from("```text\n");
    for (place, step) in steps().iter().enumerate() {
        if place > 0 {
            text.push('\n');
        }
        let board = encoded(&step.board);
        let (host, board) = (line("host", &step.host), line("board", &board));
        write!(text, "# {}\n{host}{board}", step.title).expect("string");
    }
    text + "```\n"
}

#[test]
fn the_page_says_which_addresses_are_meant() {
    let titles: Vec<&str> = steps().iter().map(|step| step.title).collect();
    for address in [DATA_AT, PROGRAM_AT] {
        let written = format!("{address:#x}");
        assert!(titles.iter().any(|title| title.contains(&written)));
    }
}
