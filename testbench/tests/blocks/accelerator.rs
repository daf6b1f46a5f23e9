//! What the whole accelerator shows a board beside its bytes: running, failed, good and bad frames, rates; and its reset.

use std::collections::VecDeque;

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::accelerator::Accelerator;
use rowfuse_spec::command::encode_program;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, Request, Status, KIND_INFO};
use rowfuse_spec::{Command, End, Load, Tokens};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

struct Around {
    random: ChaCha8Rng,
    offered: bool,
    memory: MemoryModel,
    bytes: VecDeque<u8>,
    reset: bool,
    replies: Vec<u8>,
    good: usize,
    bad: usize,
    rates: Vec<u64>,
    busy: bool,
    failed: bool,
}

impl Stimulus<Accelerator> for &mut Around {
    fn drive(&mut self, top: &mut Accelerator, _cycle: usize) {
        self.offered = !self.bytes.is_empty() && (self.offered || self.random.gen_bool(0.8));
        top.rx_valid.next = self.offered;
        top.rx_data.next = u64::from(self.bytes.front().copied().unwrap_or(0)).to_bits();
        top.tx_ready.next = self.random.gen_bool(0.8);
        top.reset.next = std::mem::take(&mut self.reset);
        self.memory.drive(&mut top.mem);
    }

    fn observe(&mut self, top: &Accelerator, _cycle: usize) {
        if top.rx_valid.val() && top.rx_ready.val() {
            self.bytes.pop_front();
            self.offered = false;
        }
        if top.tx_valid.val() && top.tx_ready.val() {
            self.replies.push(top.tx_data.val().index() as u8);
        }
        self.good += usize::from(top.frame_good.val());
        self.bad += usize::from(top.frame_bad.val());
        if top.rate_valid.val() {
            self.rates.push(top.rate.val().index() as u64);
        }
        self.busy = top.busy.val();
        self.failed = top.program_failed.val();
        self.memory.observe(&top.mem);
    }
}

pub fn a_board_sees_what_happens_and_can_reset() {
    let end = Command::End(End {
        header: Tokens::NONE,
        status: 0xFFEF,
    });
    let waits_for_ever = Command::Load(Load {
        header: Tokens::new(1, 0),
        sub_rows: 1,
        groups: 1,
        sub_cols: 1,
        row_pitch: 1,
        channel_stride: 1,
        ring_end: 1,
        ..Load::default()
    });
    let (stuck, short) = (0x400, 0x800);
    let mut memory = MemoryModel::new(Pace::SLOW, crate::support::rng(1));
    // Zeros are no command: a program at 0 fails.
    for (address, program) in [(stuck, vec![waits_for_ever, end]), (short, vec![end])] {
        let bytes = encode_program(&program).unwrap();
        for (place, word) in (address / 2..).zip(bytes.chunks(2)) {
            memory.set_word(place, u16::from_le_bytes([word[0], word[1]]));
        }
    }
    let mut around = Around {
        random: crate::support::rng(2),
        offered: false,
        memory,
        bytes: VecDeque::new(),
        reset: false,
        replies: Vec::new(),
        good: 0,
        bad: 0,
        rates: Vec::new(),
        busy: false,
        failed: false,
    };
    let top = Accelerator::new(&preset("tiny-1").unwrap(), 7).unwrap();
    let mut dut = Dut::new("accelerator", top, |b, clock| b.clock.next = clock)
        .unwrap()
        // The link's buffers show bytes at its outputs while nobody looks.
        .with_zeros();
    let mut ask = |around: &mut Around, frame: Frame| {
        around.bytes = frame.encode().unwrap().into();
        agree(&mut dut, 400, &mut *around);
        Frame::decode(&std::mem::take(&mut around.replies)).unwrap()
    };
    let run = |address| Request::Run { address }.frame(1).unwrap();
    let status = || Request::Status.frame(2).unwrap();
    let program_status = |reply: Frame| Status::decode(&reply.payload).unwrap().program_status;

    ask(&mut around, run(0));
    assert_eq!((around.busy, around.failed), (false, true));
    assert_eq!(program_status(ask(&mut around, status())), 0xFFFF);
    // The largest status that is no error.
    ask(&mut around, run(short));
    assert_eq!((around.busy, around.failed), (false, false));
    assert_eq!(program_status(ask(&mut around, status())), 0xFFEF);

    for _ in 0..3 {
        ask(&mut around, run(stuck));
        assert_eq!((around.busy, around.failed), (true, false));
        around.reset = true;
        ask(&mut around, status());
        assert!(!around.busy);
    }
    // The memory is written, too.
    let write = Request::Write {
        address: 0x1000,
        data: (0..80).collect(),
    };
    ask(&mut around, write.frame(5).unwrap());
    assert_eq!(around.memory.word(0x800), 0x0100);
    // Clean again.
    ask(&mut around, run(short));
    assert_eq!(program_status(ask(&mut around, status())), 0xFFEF);

    assert_eq!((around.good, around.bad), (13, 0));
    ask(&mut around, Frame::request(KIND_INFO, 3, vec![0]));
    let rate = Request::Rate {
        increment: 0x1_2345,
    };
    ask(&mut around, rate.frame(4).unwrap());
    assert_eq!((around.good, around.bad), (14, 1));
    assert_eq!(around.rates, [0x1_2345]);
}
