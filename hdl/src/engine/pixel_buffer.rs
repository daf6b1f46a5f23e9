//! The line buffer's memories: 36 pixel lanes, written a 2×2 quad and read a 6×6 window at a time.
//!
//! A lane is one of 3×3 banks (padded sub-row and sub-column modulo three) by one of 2×2 parities (pixel inside its
//! sub-block); lane index `4·bank + parity`. A lane of 8,192 bytes is cut by bit into four memories of 8192×2, so that no
//! memory needs a read multiplexer.
use crate::dataflow::Pack;
use rust_hdl::prelude::*;

/// Number of pixel lanes: a 6×6 window.
pub const LANES: usize = 36;
const BANKS: usize = 9;

/// Clocks from `read_address` to `pixels`: address register, memory, data register.
pub const READ_LATENCY: u32 = 3;
/// Clocks after which a written quad can be read in every bank: two address sums, nine hops, write enable, memory.
pub const WRITE_LATENCY: u32 = 13;

/// The 36 pixel lanes with their write chain.
///
/// **Write**: `quad` holds the pixels of an unpadded 2×2 quad, row major, 8 bits each. Pixel `(r,c)` goes to row parity `1-r`
/// and column parity `1-c`; its lane address is `row_r + col_c + channel`, its bank `((row_bank + r) mod 3, (col_bank + c) mod 3)`.
/// The word travels from bank to bank, one register a hop, and is written where its bank matches.
///
/// **Read**: each bank has its own address, `read_address[bank]`, shared by its four parities; the 36 bytes appear
/// [`READ_LATENCY`] clocks later in `pixels`, lane `l` in bits `8·l..8·l+8`. Reading an address while it is written is not allowed:
/// the old or the new byte may appear.
#[derive(LogicBlock)]
pub struct PixelBuffer {
    /// Clock, rising edge.
    pub clock: Signal<In, Clock>,
    /// A quad is offered this clock.
    pub write: Signal<In, Bit>,
    /// Four pixels, row major, first in the low byte.
    pub quad: Signal<In, Bits<32>>,
    /// Slot address of the quad's upper row.
    pub row0: Signal<In, Bits<16>>,
    /// Slot address of the quad's lower row.
    pub row1: Signal<In, Bits<16>>,
    /// Address offset of the quad's left column.
    pub col0: Signal<In, Bits<16>>,
    /// Address offset of the quad's right column.
    pub col1: Signal<In, Bits<16>>,
    /// Channel, added to the address.
    pub channel: Signal<In, Bits<16>>,
    /// Bank of the upper row, `0..=2`.
    pub row_bank: Signal<In, Bits<2>>,
    /// Bank of the left column, `0..=2`.
    pub col_bank: Signal<In, Bits<2>>,
    /// A lane address for each bank.
    pub read_address: [Signal<In, Bits<16>>; BANKS],
    /// Thirty-six bytes, lane 0 in the low bits.
    pub pixels: Signal<Out, Bits<288>>,
    _depth: usize,
    _state: State,
}

/// A quad on its way: per row parity `p` and column parity `q` the sum so far, data and banks.
#[derive(Clone, Copy, Default)]
struct Write {
    valid: bool,
    address: [[u32; 2]; 2],
    data: [[u8; 2]; 2],
    row_bank: [u32; 2],
    col_bank: [u32; 2],
}

struct State {
    lanes: Vec<Vec<u8>>,
    sums: Write,
    channel: u32,
    hops: [Write; BANKS + 1],
    enables: [[bool; 4]; BANKS],
    addresses: [u32; BANKS],
    data: [[u8; LANES]; 2],
}

impl PixelBuffer {
    /// Lanes of `depth` bytes each.
    ///
    /// # Panics
    /// If `depth` is not a power of two in `16..=8192`; the configuration's validation refuses such a depth first.
    pub fn new(depth: u32) -> Self {
        assert!(depth.is_power_of_two() && (16..=8192).contains(&depth));
        let depth = depth as usize;
        Self {
            clock: Default::default(),
            write: Default::default(),
            quad: Default::default(),
            row0: Default::default(),
            row1: Default::default(),
            col0: Default::default(),
            col1: Default::default(),
            channel: Default::default(),
            row_bank: Default::default(),
            col_bank: Default::default(),
            read_address: Default::default(),
            pixels: Default::default(),
            _depth: depth,
            _state: State {
                lanes: vec![vec![0; depth]; LANES],
                sums: Default::default(),
                channel: 0,
                hops: Default::default(),
                enables: Default::default(),
                addresses: Default::default(),
                data: [[0; LANES]; 2],
            },
        }
    }

    fn capture_write(&self) -> Write {
        let rows = [value(self.row0.val()), value(self.row1.val())];
        let cols = [value(self.col0.val()), value(self.col1.val())];
        let quad = self.quad.val().to_u32();
        let banks = |b: u32| [b, (b + 1) % 3];
        let mut write = Write {
            valid: self.write.val(),
            row_bank: banks(self.row_bank.val().to_u8().into()),
            col_bank: banks(self.col_bank.val().to_u8().into()),
            ..Default::default()
        };
        write.address = rows.map(|row| cols.map(|col| row + col));
        write.data = [0, 16].map(|row| [0, 8].map(|col| (quad >> (row + col)) as u8));
        write
    }

    fn clock_edge(&mut self) {
        let next_sums = self.capture_write();
        let next_channel = value(self.channel.val());
        let mask = self._depth - 1;
        let s = &mut self._state;
        // Read side, last register first.
        s.data[1] = s.data[0];
        for lane in 0..LANES {
            s.data[0][lane] = s.lanes[lane][s.addresses[lane / 4] as usize & mask];
        }
        // Write side: memory, enables, hops, sums.
        for bank in 0..BANKS {
            for parity in 0..4 {
                if s.enables[bank][parity] {
                    let (r, c) = pixel_of(parity);
                    let hop = &s.hops[bank + 1];
                    s.lanes[4 * bank + parity][hop.address[r][c] as usize & mask] = hop.data[r][c];
                }
            }
        }
        for bank in 0..BANKS {
            let hop = &s.hops[bank];
            for parity in 0..4 {
                let (r, c) = pixel_of(parity);
                s.enables[bank][parity] = hop.valid
                    && hop.row_bank[r] == bank as u32 / 3
                    && hop.col_bank[c] == bank as u32 % 3;
            }
        }
        for hop in (1..=BANKS).rev() {
            s.hops[hop] = s.hops[hop - 1];
        }
        s.hops[0] = s.sums;
        for row in &mut s.hops[0].address {
            for address in row {
                *address = (*address + s.channel) & 0xffff;
            }
        }
        s.sums = next_sums;
        s.channel = next_channel;
        for (address, port) in s.addresses.iter_mut().zip(&self.read_address) {
            *address = value(port.val());
        }
        let data = s.data[1];
        self.pixels.next = Pack::pack(8, data.iter().map(|&byte| byte.into()));
    }
}

fn value(x: Bits<16>) -> u32 {
    x.to_u16().into()
}

/// The quad's pixel `(row, column)` that lands in a parity, `2·row parity + column parity`.
fn pixel_of(parity: usize) -> (usize, usize) {
    (1 - parity / 2, 1 - parity % 2)
}

impl Logic for PixelBuffer {
    fn update(&mut self) {
        if self.clock.pos_edge() {
            self.clock_edge();
        }
    }

    fn connect(&mut self) {
        self.pixels.connect();
    }

    fn hdl(&self) -> Verilog {
        Verilog::Custom(super::pixel_buffer_verilog::body(self._depth))
    }
}
