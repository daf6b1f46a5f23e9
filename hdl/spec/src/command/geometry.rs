//! Commands from what they work on: maps in memory and rings in the line buffer.

use std::ops::Range;

use super::{Conv, Load, INSET_COLS, INSET_ROWS, OUTPUT_LINE_BUFFER, OUTPUT_POOL};
use crate::layout::{FeatureMap, LineBufferRegion};

/// A 3×3 convolution as a [`Conv`] sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvLayer {
    /// Input channels.
    pub cin: u32,
    /// Groups of output channels: output channels ÷ lanes, rounded up.
    pub groups: u32,
    /// Rows of pixels that are read and computed.
    pub height: u32,
    /// Columns of pixels.
    pub width: u32,
    /// What pixels outside the map are: the input's zero point.
    pub pad_value: u8,
    /// Whether a 2×2 max-pool follows.
    pub pool: bool,
    /// Place of output channel 0 in the parameter table.
    pub parameter_index: u32,
    /// Whether tiles begin two rows above the map, and two columns left of it.
    pub inset: [bool; 2],
}

/// Where a [`Conv`] writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Destination<'a> {
    /// The next layer's ring.
    LineBuffer(&'a LineBufferRegion),
    /// A map as [`FeatureMap::conv_output`] describes it.
    Memory(&'a FeatureMap),
    /// A part of a map, whose upper left sub-block is this.
    Part {
        /// The map.
        map: &'a FeatureMap,
        /// Sub-row.
        sub_row: u32,
        /// Sub-column.
        sub_col: u32,
    },
}

impl Load {
    /// Brings `sub_rows` of a map into a ring, in which a map's first sub-row is number 0. Semaphores are left to
    /// the caller.
    ///
    /// Nothing is refused here: that the ring holds the map's channels and columns is the caller's to see, that
    /// every field is in its range is the encoder's.
    ///
    /// ```
    /// use rowfuse_spec::layout::{FeatureMap, LineBufferRegion};
    /// use rowfuse_spec::{Load, Tokens};
    /// let map = FeatureMap::input(0x40, 3, 8, 8, 4);
    /// let ring = LineBufferRegion::new(0, 2, 2, 3, 4);
    /// let load = Load { header: Tokens::new(0, 1), ..Load::new(&map, &ring, 0..3) };
    /// assert_eq!((load.address, load.sub_rows, load.row_bank), (0x20, 3, 0));
    /// ```
    pub fn new(map: &FeatureMap, ring: &LineBufferRegion, sub_rows: Range<u32>) -> Load {
        let slot = ring.slot(sub_rows.start);
        Load {
            address: map.sub_row_word_address(sub_rows.start),
            sub_rows: sub_rows.len() as u32,
            groups: map.groups(),
            sub_cols: map.sub_cols,
            base: ring.base,
            row_pitch: ring.row_pitch(),
            channel_stride: ring.channel_stride,
            ring_end: ring.ring_end(),
            row_address: slot.address,
            row_bank: slot.bank,
            ..Load::default()
        }
    }

    /// Brings a part of a map, `rows` × `cols` of its sub-blocks, into a ring, where the part's first sub-row is number
    /// `ring_row` and its first sub-column number 0.
    ///
    /// As for [`Load::new`], nothing is refused here.
    ///
    /// ```
    /// use rowfuse_spec::layout::{FeatureMap, LineBufferRegion};
    /// use rowfuse_spec::Load;
    /// // 16×16 pixels of 5 channels: 8 sub-columns of 2 groups of 4 lanes. The lower right quarter of it.
    /// let map = FeatureMap::input(0, 5, 16, 16, 4);
    /// let ring = LineBufferRegion::new(0, 2, 2, 5, 4);
    /// let load = Load::part(&map, &ring, 4..8, 4..8, 0);
    /// assert_eq!((load.address, load.sub_cols, load.gap), (4 * 2 * 64 + 4 * 8, 4, 4 * 8));
    /// ```
    pub fn part(
        map: &FeatureMap,
        ring: &LineBufferRegion,
        rows: Range<u32>,
        cols: Range<u32>,
        ring_row: u32,
    ) -> Load {
        let slot = ring.slot(ring_row);
        Load {
            address: map.part_word_address(rows.start, cols.start),
            sub_cols: cols.len() as u32,
            gap: (map.sub_cols - cols.len() as u32) * 2 * map.lanes,
            row_address: slot.address,
            row_bank: slot.bank,
            ..Load::new(map, ring, rows)
        }
    }
}

impl Conv {
    /// Convolves the rows of 4×4 tiles `tile_rows` of a layer from its ring, where the map's first sub-row is number `ring_row`.
    /// Semaphores and the tag are left to the caller; nothing is refused here, as for [`Load::new`].
    pub fn new(
        layer: &ConvLayer,
        input: &LineBufferRegion,
        ring_row: u32,
        tile_rows: Range<u32>,
        output: Destination<'_>,
    ) -> Conv {
        let [above, beside] = layer.inset;
        // One sub-row higher is all but one further on in the ring.
        let before = if above { input.sub_rows() - 1 } else { 0 };
        let slot = input.slot(ring_row + 2 * tile_rows.start + before);
        let (height, width) = (
            layer.height + 2 * u32::from(above),
            layer.width + 2 * u32::from(beside),
        );
        let mut inset = 0;
        if above && tile_rows.start == 0 {
            inset |= INSET_ROWS;
        }
        if beside {
            inset |= INSET_COLS;
        }
        let conv = Conv {
            cin: layer.cin,
            groups: layer.groups,
            tile_rows: tile_rows.len() as u32,
            tile_cols: width.div_ceil(4),
            in_base: input.base,
            in_row_pitch: input.row_pitch(),
            in_channel_stride: input.channel_stride,
            in_ring_end: input.ring_end(),
            in_row_address: slot.address,
            in_row_bank: slot.bank,
            first_row: 4 * tile_rows.start,
            height,
            width,
            pad_value: layer.pad_value.into(),
            parameter_index: layer.parameter_index,
            inset,
            output: if layer.pool { OUTPUT_POOL } else { 0 },
            ..Conv::default()
        };
        conv.writing(tile_rows.start * if layer.pool { 1 } else { 2 }, output)
    }

    /// With the fields that say where its output goes, of which `sub_row` is the first.
    fn writing(self, sub_row: u32, output: Destination<'_>) -> Conv {
        match output {
            Destination::LineBuffer(ring) => {
                let slot = ring.slot(sub_row);
                Conv {
                    output: self.output | OUTPUT_LINE_BUFFER,
                    out_base: ring.base,
                    out_lb_row_pitch: ring.row_pitch(),
                    out_channel_stride: ring.channel_stride,
                    out_ring_end: ring.ring_end(),
                    out_row_address: slot.address,
                    out_row_bank: slot.bank,
                    ..self
                }
            }
            Destination::Memory(map) => self.writing(
                sub_row,
                Destination::Part {
                    map,
                    sub_row: 0,
                    sub_col: 0,
                },
            ),
            Destination::Part {
                map,
                sub_row: first,
                sub_col,
            } => Conv {
                out_address: map.part_word_address(first + sub_row, sub_col),
                out_group_pitch: map.group_pitch() / 2,
                out_row_pitch: map.row_pitch() / 2,
                ..self
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::Command;

    const LAYER: ConvLayer = ConvLayer {
        cin: 3,
        groups: 2,
        height: 22,
        width: 13,
        pad_value: 128,
        pool: false,
        parameter_index: 5,
        inset: [false; 2],
    };

    /// Every field by hand from the descriptions of the commands, in the order of its table.
    fn fields(command: Command) -> Vec<u16> {
        command.encode().unwrap()[1..].to_vec()
    }

    #[test]
    fn loads_walk_the_map_and_the_ring() {
        // 7 sub-columns of 2 groups of 4 lanes: 224 bytes a sub-row.
        let map = FeatureMap::input(0x1_0000, 5, 22, 13, 4);
        // 9 padded sub-blocks, 3 a bank, 8 channels: 24 lane bytes a row; three slots.
        let ring = LineBufferRegion::new(100, 3, 4, 5, 4);
        let load = Load::new(&map, &ring, 10..11);
        let mut expected = vec![0x8000 + 10 * 112, 0, 1, 2, 7, 100, 24, 8, 172, 100, 1];
        expected.resize(31, 0);
        assert_eq!(fields(Command::Load(load)), expected);
        let load = Load::new(&map, &ring, 3..8);
        assert_eq!(
            (load.sub_rows, load.row_address, load.row_bank),
            (5, 124, 0)
        );
    }

    #[test]
    fn parts_of_a_map_leave_gaps() {
        // 7 sub-columns of 2 groups of 4 lanes: 56 words a group, 112 a sub-row.
        let map = FeatureMap::input(0x1_0000, 5, 22, 13, 4);
        let ring = LineBufferRegion::new(100, 3, 4, 5, 4);
        let load = Load::part(&map, &ring, 4..6, 2..5, 10);
        let mut expected = vec![0x8000 + 4 * 112 + 16, 0, 2, 2, 3];
        expected.extend([100, 24, 8, 172, 100, 1, 56 - 24]);
        expected.resize(31, 0);
        assert_eq!(fields(Command::Load(load)), expected);
        assert_eq!(
            Load::part(&map, &ring, 3..8, 0..7, 3),
            Load::new(&map, &ring, 3..8)
        );
        let into = Destination::Part {
            map: &map,
            sub_row: 4,
            sub_col: 2,
        };
        let conv = Conv::new(&LAYER, &ring, 0, 1..2, into);
        let placed = (conv.out_address, conv.out_group_pitch, conv.out_row_pitch);
        assert_eq!(placed, (0x8000 + 6 * 112 + 16, 56, 112));
    }

    #[test]
    fn convolutions_to_memory_say_where_in_words() {
        let ring = LineBufferRegion::new(0, 2, 4, 3, 4);
        let map = FeatureMap::conv_output(0x2_0000, 8, 22, 13, 4, false);
        let conv = Conv::new(&LAYER, &ring, 0, 2..5, Destination::Memory(&map));
        // Tile row 2 is padded sub-row 4 at the input, and writes sub-rows 4 to 9 of 8 sub-columns.
        let mut expected = vec![3, 2, 3, 4, 0, 12, 4, 24, 12, 1, 8, 22, 13, 128, 5, 0];
        expected.extend([4 * 128, 1, 64, 128]);
        expected.resize(31, 0);
        assert_eq!(fields(Command::Conv(conv)), expected);
        let pooled = FeatureMap::conv_output(0x2_0000, 8, 22, 13, 4, true);
        let layer = ConvLayer {
            pool: true,
            ..LAYER
        };
        let conv = Conv::new(&layer, &ring, 0, 2..5, Destination::Memory(&pooled));
        assert!(conv.pool() && !conv.to_line_buffer());
        // A row of tiles is one sub-row of four sub-columns.
        let placed = (conv.out_address, conv.out_group_pitch, conv.out_row_pitch);
        assert_eq!(placed, (0x1_0000 + 2 * 64, 32, 64));
    }

    #[test]
    fn an_inset_moves_the_tiles_up_and_left() {
        // Two slots of three sub-rows.
        let ring = LineBufferRegion::new(0, 2, 4, 3, 4);
        let map = FeatureMap::conv_output(0, 8, 44, 13, 4, true);
        let layer = ConvLayer {
            pool: true,
            inset: [true, true],
            ..LAYER
        };
        let into = Destination::Part {
            map: &map,
            sub_row: 5,
            sub_col: 1,
        };
        // The map's first sub-row is number 6: slot 0 again; the one above it the last of slot 1.
        let top = Conv::new(&layer, &ring, 6, 0..1, into);
        assert_eq!((top.first_row, top.height, top.width), (0, 24, 15));
        assert_eq!((top.tile_cols, top.inset), (4, INSET_ROWS | INSET_COLS));
        assert_eq!((top.in_row_address, top.in_row_bank), (12, 2));
        assert_eq!(top.out_address, map.part_word_address(5, 1));
        // Further down only the columns are outside; sub-row 2·2 − 1 = 3 of the map is number 9.
        let below = Conv::new(&layer, &ring, 6, 2..3, into);
        assert_eq!(
            (below.first_row, below.height, below.inset),
            (8, 24, INSET_COLS)
        );
        assert_eq!((below.in_row_address, below.in_row_bank), (12, 0));
        assert_eq!(below.out_address, map.part_word_address(7, 1));
    }

    #[test]
    fn convolutions_to_the_next_ring_say_which_slot() {
        let ring = LineBufferRegion::new(0, 2, 4, 3, 4);
        let next = LineBufferRegion::new(24, 4, 4, 8, 4);
        let conv = Conv::new(&LAYER, &ring, 0, 2..3, Destination::LineBuffer(&next));
        assert!(conv.to_line_buffer() && !conv.pool());
        let lanes = (
            conv.out_base,
            conv.out_lb_row_pitch,
            conv.out_channel_stride,
        );
        assert_eq!(lanes, (24, 24, 8));
        // Sub-row 4: slot 1, bank 1.
        let slot = (conv.out_ring_end, conv.out_row_address, conv.out_row_bank);
        assert_eq!(slot, (24 + 4 * 24, 48, 1));
        assert_eq!(
            (conv.out_address, conv.out_group_pitch, conv.out_row_pitch),
            (0, 0, 0)
        );
        // Pooled, tile row 2 is sub-row 2: slot 0, bank 2.
        let layer = ConvLayer {
            pool: true,
            ..LAYER
        };
        let conv = Conv::new(&layer, &ring, 0, 2..3, Destination::LineBuffer(&next));
        assert_eq!(
            (conv.out_row_address, conv.out_row_bank, conv.output),
            (24, 2, 3)
        );
    }
}
