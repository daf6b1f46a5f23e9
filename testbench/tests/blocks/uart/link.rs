//! UART and link together, at the pins: a host that asks, changes the rate, asks again, falls silent.

use std::collections::VecDeque;

use rowfuse_hdl::link::uart::{Uart, UartSettings};
use rowfuse_hdl::link::Link;
use rowfuse_hdl::memory::MemoryClient;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{Frame, Info, ReplyStatus, Request};
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::bench::{clocks, SETTINGS};
use super::host::{receive, send};
use super::FAST;
use crate::support::agree;

#[derive(LogicBlock)]
struct Port {
    pub clock: Signal<In, Clock>,
    pub reset: Signal<In, Bit>,
    pub rx: Signal<In, Bit>,
    pub tx: Signal<Out, Bit>,
    pub abort: Signal<Out, Bit>,
    pub config_id: Signal<In, Bits<32>>,
    pub source_id: Signal<In, Bits<32>>,
    pub lanes: Signal<In, Bits<16>>,
    pub memory_kib: Signal<In, Bits<32>>,
    pub mem: MemoryClient,
    uart: Uart,
    link: Link,
}

impl Port {
    fn new(settings: &UartSettings) -> Port {
        Port {
            clock: Default::default(),
            reset: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            abort: Default::default(),
            config_id: Default::default(),
            source_id: Default::default(),
            lanes: Default::default(),
            memory_kib: Default::default(),
            mem: Default::default(),
            uart: Uart::new(settings),
            link: Default::default(),
        }
    }
}

impl Logic for Port {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, uart, link);
        MemoryClient::link(&mut self.mem, &mut self.link.mem);
        self.uart.reset.next = self.reset.val();
        self.link.reset.next = self.reset.val();
        self.uart.rx.next = self.rx.val();
        self.tx.next = self.uart.tx.val();
        self.link.rx_valid.next = self.uart.rx_valid.val();
        self.link.rx_data.next = self.uart.rx_data.val();
        self.uart.rx_ready.next = self.link.rx_ready.val();
        self.uart.tx_valid.next = self.link.tx_valid.val();
        self.uart.tx_data.next = self.link.tx_data.val();
        self.link.tx_ready.next = self.uart.tx_ready.val();
        self.uart.rate.next = self.link.rate.val();
        self.uart.rate_valid.next = self.link.rate_valid.val();
        self.uart.frame_good.next = self.link.frame_good.val();
        self.abort.next = self.link.abort.val();
        self.link.busy.next = false;
        self.link.program_status.next = 0.into();
        self.link.counter_value.next = 0.into();
        self.link.config_id.next = self.config_id.val();
        self.link.source_id.next = self.source_id.val();
        self.link.lanes.next = self.lanes.val();
        self.link.memory_kib.next = self.memory_kib.val();
    }
}

struct Host {
    info: Info,
    line: VecDeque<bool>,
    heard: Vec<bool>,
    reset: bool,
    aborts: usize,
}

impl Stimulus<Port> for &mut Host {
    fn drive(&mut self, port: &mut Port, _cycle: usize) {
        port.config_id.next = self.info.config_id.to_bits();
        port.source_id.next = self.info.source_id.to_bits();
        port.lanes.next = self.info.lanes.to_bits();
        port.memory_kib.next = self.info.memory_kib.to_bits();
        port.mem.req_ready.next = false;
        port.mem.wr_next.next = false;
        port.mem.rd_valid.next = false;
        port.mem.rd_data.next = 0.into();
        port.mem.done.next = false;
        port.reset.next = std::mem::take(&mut self.reset);
        port.rx.next = self.line.pop_front().unwrap_or(true);
    }

    fn observe(&mut self, port: &Port, _cycle: usize) {
        self.heard.push(port.tx.val());
        self.aborts += usize::from(port.abort.val());
    }
}

struct Talk {
    dut: Dut<Port>,
    host: Host,
    seq: u8,
}

impl Talk {
    /// Sends a request at a rate and returns what answers at it.
    fn ask(&mut self, request: Frame, increment: u32) -> Option<Frame> {
        self.seq += 1;
        let frame = Frame {
            seq: self.seq,
            ..request
        };
        let bytes = frame.encode().expect("it fits");
        self.host.line = send(&bytes, clocks(increment), 0.4).into();
        self.host.heard.clear();
        // Request, the longest reply, and the time to settle.
        let bits = (bytes.len() + 26) as f64 * 10.5;
        let cycles = (bits * clocks(increment)) as usize + SETTINGS.settle_clocks as usize + 100;
        agree(&mut self.dut, cycles, &mut self.host);
        let heard = receive(&self.host.heard, clocks(increment));
        let bytes: Option<Vec<u8>> = heard.into_iter().collect();
        let reply = bytes.and_then(|bytes| Frame::decode(&bytes).ok())?;
        assert_eq!(reply.seq, self.seq);
        Some(reply)
    }

    fn info(&mut self, increment: u32) -> bool {
        let request = Request::Info.frame(0).expect("legal");
        let reply = self.ask(request, increment);
        let info = reply.map(|reply| Info::decode(&reply.payload));
        assert!(info.is_none() || info == Some(Ok(self.host.info)));
        info.is_some()
    }

    fn rate(&mut self, from: u32, to: u32) -> u8 {
        let payload = to.to_le_bytes().to_vec();
        let request = Frame::request(rowfuse_spec::frame::KIND_RATE, 0, payload);
        let reply = self.ask(request, from).expect("a reply at the old rate");
        assert!(reply.payload.is_empty());
        reply.status
    }
}

#[test]
fn a_host_changes_the_rate_and_falls_silent() {
    let info = Info::of(&preset("ulx3s-85f").unwrap(), 0x1234_5678);
    let port = Port::new(&SETTINGS);
    let dut = Dut::new("uart_link", port, |b, clock| b.clock.next = clock)
        .unwrap()
        // The link's buffers show bytes at its outputs while nobody looks.
        .with_zeros();
    let host = Host {
        info,
        line: VecDeque::new(),
        heard: Vec::new(),
        reset: false,
        aborts: 0,
    };
    let seq = 0;
    let mut talk = Talk { dut, host, seq };
    let usual = SETTINGS.default_increment;

    assert!(talk.info(usual));
    assert_eq!(talk.rate(usual, 7), ReplyStatus::BadRate as u8);
    assert!(talk.info(usual));
    assert_eq!(talk.rate(usual, FAST), ReplyStatus::Ok as u8);
    assert!(talk.info(FAST));
    assert!(talk.info(FAST));
    assert!(!talk.info(usual));
    // Nobody is understood for the hold time: the usual rate again.
    agree(&mut talk.dut, SETTINGS.hold_clocks as usize, &mut talk.host);
    assert!(talk.info(usual));
    assert_eq!(talk.rate(usual, FAST), ReplyStatus::Ok as u8);
    talk.host.reset = true;
    agree(&mut talk.dut, 10, &mut talk.host);
    assert_eq!(talk.host.aborts, 1);
    assert!(talk.info(usual));
}
