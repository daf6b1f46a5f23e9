//! The line buffer: 36 pixel lanes, addressed as the hardware addresses them.

/// Banks a dimension.
const BANKS: usize = 3;
/// Rows or columns of a window that lie outside the map if its tile begins two before it.
const OUTSIDE: usize = 3;

/// A walk over the padded sub-rows of a ring: where the current one lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct RowCursor {
    /// Lane address of the row's first sub-block.
    pub address: u32,
    /// Bank row.
    pub bank: u32,
    base: u32,
    row_pitch: u32,
    ring_end: u32,
}

impl RowCursor {
    /// A walk that starts at a row's slot address and bank.
    pub(super) fn new(
        address: u32,
        bank: u32,
        base: u32,
        row_pitch: u32,
        ring_end: u32,
    ) -> RowCursor {
        RowCursor {
            address,
            bank,
            base,
            row_pitch,
            ring_end,
        }
    }

    /// The next sub-row: the next bank, and after the last bank the next slot of the ring.
    pub(super) fn next(mut self) -> RowCursor {
        self.bank += 1;
        if self.bank as usize == BANKS {
            self.bank = 0;
            self.address += self.row_pitch;
            if self.address >= self.ring_end {
                self.address = self.base;
            }
        }
        self
    }

    /// The sub-row that many further on.
    pub(super) fn skip(self, count: u32) -> RowCursor {
        (0..count).fold(self, |cursor, _| cursor.next())
    }
}

/// What a window is read from: a tile row's three sub-rows, and the map's limits.
#[derive(Clone, Copy, Debug)]
pub(super) struct WindowSource {
    /// The top sub-row of the window.
    pub top: RowCursor,
    /// Lane bytes from a sub-block to the next of its bank.
    pub channel_stride: u32,
    /// Input channels.
    pub channels: usize,
    /// Columns of the window: four a tile and two more.
    pub cols: usize,
    /// Pixel row of the window's second row; the first is the one above.
    pub first_row: u32,
    /// Rows and columns of the map.
    pub height: u32,
    /// Columns of the map.
    pub width: u32,
    /// What pixels outside the map are.
    pub pad_value: u8,
    /// The window begins three rows above the map, not one.
    pub above: bool,
    /// It begins three columns left of the map, not one, and a sub-column left of the ring's first.
    pub beside: bool,
}

/// The pixel lanes.
#[derive(Debug)]
pub(super) struct LineBuffer {
    /// `[bank row][bank col][row parity][col parity][lane address]`.
    lanes: Vec<u8>,
    depth: usize,
}

impl LineBuffer {
    /// Zeroed lanes of `depth` bytes, a power of two.
    pub(super) fn new(depth: u32) -> LineBuffer {
        let depth = depth as usize;
        LineBuffer {
            lanes: vec![0; BANKS * BANKS * 4 * depth],
            depth,
        }
    }

    fn lane(&self, bank_row: u32, sub_col: usize, parity: usize) -> usize {
        ((bank_row as usize * BANKS + sub_col % BANKS) * 4 + parity) * self.depth
    }

    /// Writes the unpadded quad of one channel at sub-column `sub_col`; `row` is the padded sub-row of
    /// the same number as the quad's. Its four pixels fall into four padded sub-blocks.
    #[inline]
    pub(super) fn write_quad(
        &mut self,
        row: RowCursor,
        sub_col: usize,
        channel_stride: u32,
        channel: usize,
        quad: [u8; 4],
    ) {
        let below = row.next();
        for (pixel, value) in quad.into_iter().enumerate() {
            let (down, right) = (pixel / 2, pixel % 2);
            let row = if down == 0 { row } else { below };
            let col = sub_col + right;
            // Padded coordinates are one more, so parities are inverted.
            let lane = self.lane(row.bank, col, 2 * (1 - down) + (1 - right));
            let address = row.address as usize + col / BANKS * channel_stride as usize + channel;
            self.lanes[lane + (address & (self.depth - 1))] = value;
        }
    }

    /// Reads the six rows of a tile row's windows into `window`, `[6][cols][channels]`, pixels outside
    /// the map replaced by the pad value.
    pub(super) fn gather(&self, source: &WindowSource, window: &mut [i16]) {
        let WindowSource { channels, cols, .. } = *source;
        let mut row = source.top;
        for (y, line) in window.chunks_exact_mut(cols * channels).take(6).enumerate() {
            if y == 2 || y == 4 {
                row = row.next();
            }
            let pixel_row = i64::from(source.first_row) + y as i64 - 1;
            let inside = (0..i64::from(source.height)).contains(&pixel_row)
                && !(source.above && y < OUTSIDE);
            for (x, pixel) in line.chunks_exact_mut(channels).enumerate() {
                let first = if source.beside { OUTSIDE } else { 1 };
                if inside && (first..=source.width as usize).contains(&x) {
                    let column = x / 2 - usize::from(source.beside);
                    let lane = self.lane(row.bank, column, 2 * (y % 2) + x % 2);
                    let offset = column / BANKS * source.channel_stride as usize;
                    self.copy(lane, row.address as usize + offset, pixel);
                } else {
                    pixel.fill(source.pad_value.into());
                }
            }
        }
    }

    /// Copies consecutive bytes of a lane, wrapping at its end.
    #[inline]
    fn copy(&self, lane: usize, address: usize, to: &mut [i16]) {
        let lane = &self.lanes[lane..lane + self.depth];
        let address = address & (self.depth - 1);
        match lane.get(address..address + to.len()) {
            Some(from) => {
                for (to, &from) in to.iter_mut().zip(from) {
                    *to = from.into();
                }
            }
            None => {
                for (n, to) in to.iter_mut().enumerate() {
                    *to = lane[(address + n) & (self.depth - 1)].into();
                }
            }
        }
    }
}
