//! Deframer and enframer by themselves: frames in and out, everything round them waiting at random.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::link::{Deframer, Enframer};
use rowfuse_spec::frame::{
    Frame, ReplyStatus, CRC_BYTES, HEADER_BYTES, MAX_DATA, MAX_PAYLOAD, SYNC,
};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::support::{agree, rng};

/// Bytes of the address before a request's data. The longest request has no more than both; what is longer still is refused before any word of it is read.
const ADDRESS: usize = 4;

fn payload(random: &mut ChaCha8Rng, most: usize) -> Vec<u8> {
    let length = match random.gen_range(0..8) {
        0 => most,
        1 => 0,
        _ => 2 * random.gen_range(0..30),
    };
    (0..length).map(|_| random.gen()).collect()
}

/// What is handed over: a refusal or none, and the frame if it was read to its end.
#[derive(Debug, PartialEq)]
struct Handed {
    refusal: u8,
    frame: Option<Frame>,
}

/// Reads a stream as `rowfuse_spec::frame` describes it.
fn golden(stream: &[u8]) -> Vec<Handed> {
    let mut handed = Vec::new();
    let mut rest = stream;
    while let Some(start) = rest.iter().position(|byte| *byte == SYNC) {
        rest = &rest[start..];
        let Some(header) = rest.get(..HEADER_BYTES) else {
            break;
        };
        let length = usize::from(u16::from_le_bytes([header[4], header[5]]));
        let (refusal, taken) = match length > MAX_PAYLOAD {
            true => (ReplyStatus::BadLength as u8, HEADER_BYTES),
            false => (0, HEADER_BYTES + length + CRC_BYTES),
        };
        let Some(bytes) = rest.get(..taken) else {
            break;
        };
        handed.push(match (refusal, Frame::decode(bytes)) {
            (0, Ok(frame)) => Handed {
                refusal,
                frame: Some(frame),
            },
            (0, Err(_)) => Handed {
                refusal: ReplyStatus::BadCrc as u8,
                frame: None,
            },
            _ => Handed {
                refusal,
                frame: None,
            },
        });
        rest = &rest[taken..];
    }
    handed
}

/// A host that sends, and a controller that reads each frame at leisure.
struct Reader {
    random: ChaCha8Rng,
    stream: VecDeque<u8>,
    send: f64,
    offered: bool,
    /// Words of the present frame's data read so far; whether one was asked for a clock ago.
    words: Vec<u16>,
    asked: bool,
    /// Words still to be asked for.
    wanted: usize,
    finish: bool,
    handed: Vec<Handed>,
    waited: usize,
}

impl Reader {
    /// Puts the frame that is shown together.
    fn take(&mut self, b: &Deframer) {
        let refusal = b.frame_refusal.val().index() as u8;
        let length = b.frame_length.val().index();
        let address = (b.frame_address.val().index() as u32).to_le_bytes();
        let mut payload = address[..length.min(4)].to_vec();
        payload.extend(self.words.drain(..).flat_map(u16::to_le_bytes));
        if refusal == 0 && length >= 8 {
            let [count, reserved] = [&b.frame_count, &b.frame_reserved]
                .map(|word| (word.val().index() as u16).to_le_bytes());
            assert_eq!(payload[4..8], [count, reserved].concat());
        }
        let frame = Frame {
            kind: b.frame_kind.val().index() as u8,
            seq: b.frame_seq.val().index() as u8,
            status: 0,
            payload,
        };
        self.handed.push(Handed {
            refusal,
            frame: (refusal == 0).then_some(frame),
        });
        self.finish = true;
    }
}

impl Stimulus<Deframer> for &mut Reader {
    fn drive(&mut self, b: &mut Deframer, _cycle: usize) {
        self.offered = !self.stream.is_empty() && (self.offered || self.random.gen_bool(self.send));
        b.rx_valid.next = self.offered;
        let byte = self.stream.front().filter(|_| self.offered).copied();
        b.rx_data.next = u64::from(byte.unwrap_or_else(|| self.random.gen())).to_bits();
        b.frame_done.next = self.finish;
        let next = self.words.len() + usize::from(self.asked);
        b.payload_enable.next = next < self.wanted && self.random.gen_bool(0.8);
        b.payload_address.next = (next as u64 % 512).to_bits();
    }

    fn observe(&mut self, b: &Deframer, _cycle: usize) {
        if self.offered {
            match b.rx_ready.val() {
                true => {
                    self.stream.pop_front();
                    self.offered = false;
                }
                false => self.waited += 1,
            }
        }
        if std::mem::take(&mut self.asked) {
            self.words.push(b.payload_data.val().index() as u16);
        }
        self.asked = b.payload_enable.val();
        if std::mem::take(&mut self.finish) || !b.frame_valid.val() {
            self.wanted = 0;
            self.words.clear();
            self.asked = false;
            return;
        }
        self.wanted = match b.frame_refusal.val().index() {
            0 => b.frame_length.val().index().saturating_sub(4) / 2,
            _ => 0,
        };
        if self.words.len() == self.wanted && self.random.gen_bool(0.02) {
            self.take(b);
        }
    }
}

/// Frames whole and damaged, headers too long, noise between; bytes and the reader's clocks at random moments.
pub fn deframer() {
    for (seed, send) in [(350, 1.0), (351, 0.4)] {
        let mut random = rng(seed);
        let mut stream = Vec::new();
        for n in 0..90 {
            let kind = if random.gen() {
                random.gen_range(0..16)
            } else {
                random.gen()
            };
            let payload = payload(&mut random, ADDRESS + MAX_DATA);
            let mut bytes = Frame::request(kind, n, payload).encode().unwrap();
            match random.gen_range(0..8) {
                0 => {
                    let place = random.gen_range(6..bytes.len());
                    bytes[place] ^= 1 << random.gen_range(0..8);
                }
                1 => bytes[5] = random.gen_range(5..=255),
                2 => bytes
                    .splice(
                        0..0,
                        [0, 1, 2, 3]
                            .map(|_: u8| random.gen::<u8>() | 1)
                            .into_iter()
                            .filter(|byte| *byte != SYNC),
                    )
                    .for_each(drop),
                _ => {}
            }
            stream.extend(bytes);
        }
        let expected = golden(&stream);
        let mut reader = Reader {
            random,
            stream: stream.into(),
            send,
            offered: false,
            words: Vec::new(),
            asked: false,
            wanted: 0,
            finish: false,
            handed: Vec::new(),
            waited: 0,
        };
        let mut dut = Dut::new("deframer", Deframer::default(), |b, clock| {
            b.clock.next = clock
        })
        .unwrap()
        // Its buffer shows words while nobody looks.
        .with_zeros();
        while !reader.stream.is_empty() {
            agree(&mut dut, 2000, &mut reader);
        }
        agree(&mut dut, 2000, &mut reader);
        assert_eq!(reader.handed.len(), expected.len());
        for (n, (found, expected)) in reader.handed.iter().zip(&expected).enumerate() {
            assert_eq!(found, expected, "frame {n}");
        }
        let refused = expected.iter().filter(|handed| handed.refusal != 0).count();
        assert!(refused > 5 && expected.len() > refused + 20 && reader.waited > 0);
    }
}

/// A controller that posts replies and pushes their words, and a host that takes bytes.
struct Writer {
    random: ChaCha8Rng,
    replies: VecDeque<Frame>,
    words: VecDeque<u16>,
    push: f64,
    receive: f64,
    stands: Option<u8>,
    received: Vec<u8>,
}

impl Stimulus<Enframer> for &mut Writer {
    fn drive(&mut self, b: &mut Enframer, _cycle: usize) {
        // Whether there is room is a register's: it does not depend on what is driven now.
        let posts = self.words.is_empty() && b.reply_ready.val() && self.random.gen_bool(0.1);
        let reply = if posts {
            self.replies.pop_front()
        } else {
            None
        };
        b.reply_valid.next = reply.is_some();
        let shown = reply.clone().unwrap_or_default();
        b.reply_kind.next = u64::from(shown.kind).to_bits();
        b.reply_seq.next = u64::from(shown.seq).to_bits();
        b.reply_status.next = u64::from(shown.status).to_bits();
        b.reply_length.next = (shown.payload.len() as u64).to_bits();
        let pairs = shown
            .payload
            .chunks(2)
            .map(|pair| u16::from_le_bytes([pair[0], pair[1]]));
        self.words.extend(pairs);
        let pushes = !self.words.is_empty() && self.random.gen_bool(self.push);
        let word = if pushes { self.words.pop_front() } else { None };
        b.word_valid.next = word.is_some();
        b.word_data.next = u64::from(word.unwrap_or_else(|| self.random.gen())).to_bits();
        b.tx_ready.next = self.random.gen_bool(self.receive);
    }

    fn observe(&mut self, b: &Enframer, cycle: usize) {
        let shown = b.tx_valid.val().then(|| b.tx_data.val().index() as u8);
        if let Some(byte) = self.stands {
            assert_eq!(shown, Some(byte), "not held in cycle {cycle}");
        }
        self.stands = shown.filter(|_| !b.tx_ready.val());
        if b.tx_ready.val() {
            self.received.extend(shown);
        }
    }
}

/// Replies of every length, posted, pushed and taken at random moments.
pub fn enframer() {
    for (seed, push, receive) in [(352, 1.0, 1.0), (353, 0.3, 0.9), (354, 1.0, 0.3)] {
        let mut random = rng(seed);
        let replies: Vec<Frame> = (0..60)
            .map(|seq| Frame {
                kind: random.gen(),
                seq,
                status: random.gen_range(0..9),
                payload: payload(&mut random, MAX_DATA),
            })
            .collect();
        let expected: Vec<u8> = replies
            .iter()
            .flat_map(|reply| reply.encode().unwrap())
            .collect();
        let mut writer = Writer {
            random,
            replies: replies.into(),
            words: VecDeque::new(),
            push,
            receive,
            stands: None,
            received: Vec::new(),
        };
        let mut dut = Dut::new("enframer", Enframer::default(), |b, clock| {
            b.clock.next = clock
        })
        .unwrap()
        // Its buffer shows words while nobody looks.
        .with_zeros();
        for _ in 0..100 {
            if writer.received.len() < expected.len() {
                agree(&mut dut, 1000, &mut writer);
            }
        }
        agree(&mut dut, 200, &mut writer);
        assert!(
            writer.received == expected,
            "{} of {} bytes",
            writer.received.len(),
            expected.len()
        );
    }
}
