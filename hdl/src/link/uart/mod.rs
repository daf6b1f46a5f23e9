//! The UART: the link's bytes on two pins, eight bits, no parity, one stop bit, at a rate that can be changed.

pub mod queue;
pub mod rate;
pub mod receiver;
pub mod transmitter;

pub use queue::ReceiveQueue;
pub use rate::{Rate, UartSettings};
pub use receiver::Receiver;
pub use transmitter::Transmitter;

use rowfuse_spec::uart::RATE_BITS;
use rust_hdl::prelude::*;

/// Cycles from the middle of a stop bit on the pin, rounded up, to the byte's `rx_valid`, when the queue was empty.
pub const RECEIVE_LATENCY: usize = receiver::LATENCY + queue::LATENCY;

/// Receiver, queue, transmitter and rate, in the link's clock domain.
///
/// The byte ports fit those of [`crate::link::Link`] of the same names, and so do `rate`, `rate_valid` and `frame_good`.
/// Bytes that arrive while the queue is full are lost; the frame's CRC tells.
#[derive(LogicBlock)]
pub struct Uart {
    /// The one clock.
    pub clock: Signal<In, Clock>,
    /// One cycle high: forget every byte, also those half received or sent, and return to the default rate.
    pub reset: Signal<In, Bit>,
    /// The line from the host; any timing.
    pub rx: Signal<In, Bit>,
    /// The line to the host; high from power-up.
    pub tx: Signal<Out, Bit>,
    /// A byte from the host stands on `rx_data`; held until taken.
    pub rx_valid: Signal<Out, Bit>,
    /// The byte.
    pub rx_data: Signal<Out, Bits<8>>,
    /// The byte is taken at this clock edge if `rx_valid` is high.
    pub rx_ready: Signal<In, Bit>,
    /// A byte for the host stands on `tx_data`.
    pub tx_valid: Signal<In, Bit>,
    /// The byte.
    pub tx_data: Signal<In, Bits<8>>,
    /// The byte is taken at this clock edge if `tx_valid` is high.
    pub tx_ready: Signal<Out, Bit>,
    /// An increment to change to once the line to the host is quiet; one that the contract allows.
    pub rate: Signal<In, Bits<RATE_BITS>>,
    /// One cycle high: `rate` is meant.
    pub rate_valid: Signal<In, Bit>,
    /// One cycle high: the host was understood.
    pub frame_good: Signal<In, Bit>,

    receiver: Receiver,
    queue: ReceiveQueue,
    transmitter: Transmitter,
    control: Rate,
}

impl Uart {
    /// A UART of these settings.
    ///
    /// # Panics
    /// If a time is not in the range of [`UartSettings`]: a fault of the design, not of its input.
    pub fn new(settings: &UartSettings) -> Self {
        Self {
            clock: Default::default(),
            reset: Default::default(),
            rx: Default::default(),
            tx: Default::default(),
            rx_valid: Default::default(),
            rx_data: Default::default(),
            rx_ready: Default::default(),
            tx_valid: Default::default(),
            tx_data: Default::default(),
            tx_ready: Default::default(),
            rate: Default::default(),
            rate_valid: Default::default(),
            frame_good: Default::default(),
            receiver: Default::default(),
            queue: Default::default(),
            transmitter: Default::default(),
            control: Rate::new(settings),
        }
    }
}

impl Logic for Uart {
    #[hdl_gen]
    fn update(&mut self) {
        clock!(self, clock, receiver, queue, transmitter, control);

        self.receiver.clear.next = self.reset.val();
        self.receiver.increment.next = self.control.increment.val();
        self.receiver.rx.next = self.rx.val();
        self.queue.clear.next = self.reset.val();
        self.queue.put.next = self.receiver.valid.val();
        self.queue.data_in.next = self.receiver.data.val();
        self.rx_valid.next = self.queue.valid.val();
        self.rx_data.next = self.queue.data_out.val();
        self.queue.take.next = self.rx_ready.val();

        self.transmitter.clear.next = self.reset.val();
        self.transmitter.increment.next = self.control.increment.val();
        self.transmitter.valid.next = self.tx_valid.val();
        self.transmitter.data.next = self.tx_data.val();
        self.tx_ready.next = self.transmitter.ready.val();
        self.tx.next = self.transmitter.tx.val();

        self.control.reset.next = self.reset.val();
        self.control.rate.next = self.rate.val();
        self.control.rate_valid.next = self.rate_valid.val();
        self.control.frame_good.next = self.frame_good.val();
        self.control.quiet.next = self.transmitter.ready.val() & !self.tx_valid.val();
    }
}
