//! CONV, one tile row of one group of output channels at a time.

use rowfuse_spec::{Conv, EngineConfig};

use super::kernel::{convolve, run_length, Operands, RUN};
use super::line_buffer::{LineBuffer, RowCursor, WindowSource};
use super::memory::Memory;
use super::weights::{ParameterTable, WeightRing};

/// How far a CONV has come.
#[derive(Clone, Copy, Debug)]
pub(super) struct ConvState {
    /// The command.
    pub command: Conv,
    group: u32,
    tile_row: u32,
}

/// What a step of a CONV did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum ConvStep {
    /// The group's weights are not there yet.
    NeedsWeights,
    /// A tile row is done.
    Worked,
    /// It was the last one.
    Finished,
}

/// The compute unit's own memory; all of it is scratch between two tile rows but the weights.
#[derive(Debug)]
pub(super) struct ComputeUnit {
    lanes: usize,
    window: Vec<i16>,
    weights: Vec<i16>,
    sums: Vec<i32>,
    outputs: Vec<u8>,
}

/// What the compute unit works on.
pub(super) struct Surroundings<'a> {
    pub memory: &'a mut Memory,
    pub line_buffer: &'a mut LineBuffer,
    pub ring: &'a mut WeightRing,
    pub table: &'a ParameterTable,
}

impl ConvState {
    pub(super) fn new(command: Conv) -> ConvState {
        ConvState {
            command,
            group: 0,
            tile_row: 0,
        }
    }

    /// Words written to memory by one step, for `lanes` lanes.
    pub(super) fn words_per_step(&self, lanes: u32) -> u32 {
        match (self.command.to_line_buffer(), self.command.pool()) {
            (true, _) => 0,
            (false, true) => self.command.tile_cols * 2 * lanes,
            (false, false) => self.command.tile_cols * 8 * lanes,
        }
    }

    /// Multiplications of one step, for `lanes` lanes.
    pub(super) fn work_per_step(&self, lanes: u32) -> u64 {
        u64::from(self.command.tile_cols * 16 * lanes) * u64::from(9 * self.command.cin)
    }
}

impl ComputeUnit {
    pub(super) fn new(config: &EngineConfig) -> ComputeUnit {
        ComputeUnit {
            lanes: config.lanes as usize,
            window: Vec::new(),
            weights: Vec::new(),
            sums: Vec::new(),
            outputs: Vec::new(),
        }
    }

    /// Computes the next tile row of the current group, if the group's weights are in the ring.
    pub(super) fn step(&mut self, state: &mut ConvState, around: Surroundings<'_>) -> ConvStep {
        let conv = state.command;
        let cin = conv.cin as usize;
        if around.ring.len() < cin {
            return ConvStep::NeedsWeights;
        }
        if state.tile_row == 0 {
            self.take_weights(around.ring, cin);
        }
        self.tile_row(&conv, state.tile_row, around.line_buffer);
        self.requantise(&conv, state.group, around.table);
        self.write_back(&conv, state, around.memory, around.line_buffer);
        state.tile_row += 1;
        if state.tile_row == conv.tile_rows {
            state.tile_row = 0;
            state.group += 1;
            around.ring.free(cin);
        }
        if state.group == conv.groups {
            ConvStep::Finished
        } else {
            ConvStep::Worked
        }
    }

    /// Brings a group's entries, `[cin][lane][9]`, into the kernel's order.
    fn take_weights(&mut self, ring: &WeightRing, cin: usize) {
        let run = run_length(cin);
        self.weights.clear();
        self.weights.resize(self.lanes * 3 * run, 0);
        for (c, entry) in ring.entries(cin).enumerate() {
            for (place, &weight) in entry[..9 * self.lanes].iter().enumerate() {
                let (row, col) = (place / 3, place % 3);
                self.weights[row * run + col * cin + c] = (weight as i8).into();
            }
        }
    }

    /// The sums of a tile row, from the line buffer.
    fn tile_row(&mut self, conv: &Conv, tile_row: u32, line_buffer: &LineBuffer) {
        let first = RowCursor::new(
            conv.in_row_address,
            conv.in_row_bank,
            conv.in_base,
            conv.in_row_pitch,
            conv.in_ring_end,
        );
        let (channels, cols) = (conv.cin as usize, 4 * conv.tile_cols as usize + 2);
        let source = WindowSource {
            top: first.skip(2 * tile_row),
            channel_stride: conv.in_channel_stride,
            channels,
            cols,
            first_row: conv.first_row + 4 * tile_row,
            height: conv.height,
            width: conv.width,
            pad_value: conv.pad_value as u8,
            above: conv.inset_rows() && tile_row == 0,
            beside: conv.inset_cols(),
        };
        self.window.resize(6 * cols * channels + RUN, 0);
        line_buffer.gather(&source, &mut self.window);
        self.sums.resize(self.lanes * 4 * (cols - 2), 0);
        let (window, weights, lanes) = (&self.window, &self.weights, self.lanes);
        convolve(
            &Operands {
                window,
                weights,
                lanes,
                channels,
                cols,
            },
            &mut self.sums,
        );
    }

    /// Brings the sums back to uint8.
    fn requantise(&mut self, conv: &Conv, group: u32, table: &ParameterTable) {
        let first = conv.parameter_index as usize + group as usize * self.lanes;
        let per_lane = self.sums.len() / self.lanes;
        self.outputs.clear();
        for (lane, sums) in self.sums.chunks_exact(per_lane).enumerate() {
            let parameters = table.get(first + lane);
            self.outputs
                .extend(sums.iter().map(|&sum| parameters.apply(sum)));
        }
    }

    /// Writes the quads of a tile row to memory or to the line buffer.
    fn write_back(
        &self,
        conv: &Conv,
        state: &ConvState,
        memory: &mut Memory,
        line_buffer: &mut LineBuffer,
    ) {
        let (group, lanes) = (state.group, self.lanes);
        let (rows, cols) = if conv.pool() { (1, 1) } else { (2, 2) };
        let first = RowCursor::new(
            conv.out_row_address,
            conv.out_row_bank,
            conv.out_base,
            conv.out_lb_row_pitch,
            conv.out_ring_end,
        );
        for r in 0..rows {
            let sub_row = state.tile_row * rows + r;
            let row = first.skip(sub_row);
            let address = conv
                .out_address
                .wrapping_add(sub_row.wrapping_mul(conv.out_row_pitch))
                .wrapping_add(group.wrapping_mul(conv.out_group_pitch));
            for q in 0..conv.tile_cols as usize * cols {
                for lane in 0..lanes {
                    let quad = self.quad(conv, lane, r as usize, q);
                    if conv.to_line_buffer() {
                        let channel = group as usize * lanes + lane;
                        line_buffer.write_quad(row, q, conv.out_channel_stride, channel, quad);
                    } else {
                        let place = address.wrapping_add(((q * lanes + lane) * 2) as u32);
                        let place = place & 0xFF_FFFF;
                        let above = conv.inset_rows() && state.tile_row == 0;
                        let beside = conv.inset_cols() && q == 0;
                        if conv.pool() && (above || beside) {
                            memory.write(place, keep(quad, memory.read(place), above, beside));
                        } else {
                            memory.write(place, quad);
                        }
                    }
                }
            }
        }
    }

    /// The quad at sub-block `(r, q)` of the tile row's output, which is pooled or not.
    fn quad(&self, conv: &Conv, lane: usize, r: usize, q: usize) -> [u8; 4] {
        let width = 4 * conv.tile_cols as usize;
        let at = |y: usize, x: usize| self.outputs[(lane * 4 + y) * width + x];
        std::array::from_fn(|pixel| {
            let (y, x) = (2 * r + pixel / 2, 2 * q + pixel % 2);
            if conv.pool() {
                let top = at(2 * y, 2 * x).max(at(2 * y, 2 * x + 1));
                top.max(at(2 * y + 1, 2 * x)).max(at(2 * y + 1, 2 * x + 1))
            } else {
                at(y, x)
            }
        })
    }
}

/// A quad with its upper row or left column as it was.
fn keep(quad: [u8; 4], old: [u8; 4], upper: bool, left: bool) -> [u8; 4] {
    std::array::from_fn(|pixel| {
        let kept = (upper && pixel / 2 == 0) || (left && pixel % 2 == 0);
        if kept {
            old[pixel]
        } else {
            quad[pixel]
        }
    })
}
