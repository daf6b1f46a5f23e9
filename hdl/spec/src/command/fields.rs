//! The one definition of every command's fields: structs, tables, widths and ranges.

use super::Tokens;
use crate::error::CommandError;

/// Where a field, or a part of one, lies in a command and what it may be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldSpec {
    /// Name of this word of the field, such as `address_low`.
    pub name: &'static str,
    /// Name of the field in the command's struct, such as `address`; the same as `name` unless the
    /// field is spread over two words.
    pub field: &'static str,
    /// Index of the word, 1..=31.
    pub word: usize,
    /// Bits used in that word, from bit 0.
    pub bits: u32,
    /// Which bit of the field is bit 0 of the word.
    pub shift: u32,
    /// Smallest value of the whole field.
    pub min: u32,
    /// Largest value of the whole field.
    pub max: u32,
}

impl FieldSpec {
    /// The bits of the word that the field uses.
    pub const fn mask(&self) -> u32 {
        (1 << self.bits) - 1
    }

    /// Refuses a value of the whole field outside its range.
    pub(super) fn check(&self, command: &'static str, value: u32) -> Result<(), CommandError> {
        let FieldSpec {
            field, min, max, ..
        } = *self;
        if (min..=max).contains(&value) {
            Ok(())
        } else {
            Err(CommandError::OutOfRange {
                command,
                field,
                value,
                min,
                max,
            })
        }
    }
}

/// The word called `name` in a table.
pub fn field<'a>(table: &'a [FieldSpec], name: &str) -> Option<&'a FieldSpec> {
    table.iter().find(|spec| spec.name == name)
}

/// Defines a command's struct and its table from the same rows:
/// `field: min..=max, word_name[word; bits << shift], …;`
macro_rules! command {
    (
        $(#[$doc:meta])* $name:ident, $table:ident:
        $( $(#[$field_doc:meta])* $field:ident: $min:literal..=$max:expr,
           $( $part:ident[$word:literal; $bits:literal << $shift:literal] ),+ ; )*
    ) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
        pub struct $name {
            /// Semaphores to wait for and to signal.
            pub header: Tokens,
            $( $(#[$field_doc])* pub $field: u32, )*
        }

        #[doc = concat!("The fields of [`", stringify!($name), "`].")]
        pub const $table: &[FieldSpec] = &[
            $( $( FieldSpec {
                name: stringify!($part), field: stringify!($field), word: $word, bits: $bits,
                shift: $shift, min: $min, max: $max,
            }, )+ )*
        ];

        impl $name {
            pub(super) fn get(&self, name: &str) -> Option<u32> {
                match name {
                    $( stringify!($field) => Some(self.$field), )*
                    _ => None,
                }
            }

            pub(super) fn or_assign(&mut self, name: &str, bits: u32) {
                match name {
                    $( stringify!($field) => self.$field |= bits, )*
                    _ => {}
                }
            }
        }
    };
}

/// Largest word address.
const ADDRESS: u32 = 0xFF_FFFF;

command! {
    /// Brings sub-rows of a feature map from memory into the line buffer.
    ///
    /// Reads `sub_rows × groups × sub_cols` quads of all lanes, in the order in which they lie in memory, and leaves out
    /// `gap` words behind the last sub-column of each group.
    /// The line buffer holds the padded map; `row_address` and `row_bank` are those of the padded
    /// sub-row with the number of the first sub-row loaded, and the unit walks on, wrapping at
    /// `ring_end`.
    Load, LOAD_FIELDS:
    /// Word address of the first quad.
    address: 0..=ADDRESS, address_low[1; 16 << 0], address_high[2; 8 << 16];
    /// Sub-rows to load.
    sub_rows: 1..=512, sub_rows[3; 10 << 0];
    /// Channel groups of the map.
    groups: 1..=512, groups[4; 10 << 0];
    /// Sub-columns stored a row.
    sub_cols: 1..=256, sub_cols[5; 9 << 0];
    /// Lane address of the ring.
    base: 0..=8191, base[6; 13 << 0];
    /// Lane bytes of a row of sub-blocks.
    row_pitch: 1..=8191, row_pitch[7; 13 << 0];
    /// Lane bytes from a sub-block to the next but two to its right: at least groups × lanes.
    channel_stride: 1..=512, channel_stride[8; 10 << 0];
    /// Lane address behind the ring.
    ring_end: 1..=8192, ring_end[9; 14 << 0];
    /// Lane address of the first row's slot.
    row_address: 0..=8191, row_address[10; 13 << 0];
    /// Bank of the first row.
    row_bank: 0..=2, row_bank[11; 2 << 0];
    /// Words of memory from a group's last sub-column loaded to the next group's first: 0 if whole rows are loaded.
    gap: 0..=65535, gap[12; 16 << 0];
}

command! {
    /// Appends entries to the weight ring, waiting while it is full.
    ///
    /// An entry is one input channel's kernels for all lanes, `[lane][3·ky + kx]` int8, padded to a
    /// whole word.
    Weights, WEIGHTS_FIELDS:
    /// Word address of the first entry.
    address: 0..=ADDRESS, address_low[1; 16 << 0], address_high[2; 8 << 16];
    /// Entries to append.
    entries: 1..=65535, entries[3; 16 << 0];
}

command! {
    /// Fills part of the parameter table, four words a channel.
    Params, PARAMS_FIELDS:
    /// Word address of the first channel's parameters.
    address: 0..=ADDRESS, address_low[1; 16 << 0], address_high[2; 8 << 16];
    /// First place in the table.
    index: 0..=1023, index[3; 10 << 0];
    /// Channels to fill.
    count: 1..=1024, count[4; 11 << 0];
}

command! {
    /// Convolves tile rows that are in the line buffer, 3×3 with stride 1 and a border of one pixel.
    ///
    /// For each group of output channels, tile row and tile column it reads the 6×6 window of each
    /// input channel, and takes the group's `cin` weight entries from the ring, freeing them when the
    /// group is done. `in_row_address` and `in_row_bank` are those of the padded sub-row at the top of the
    /// first tile row; `out_row_address` and `out_row_bank` those of the padded sub-row with the number of
    /// the first sub-row written.
    ///
    /// Tiles usually begin with the map. With `inset` they begin two rows above it, or two columns left of it, and rows and columns count
    /// from there: what lies outside the map is read as `pad_value`, and of a pooled output to memory it is not written.
    Conv, CONV_FIELDS:
    /// Input channels.
    cin: 1..=512, cin[1; 10 << 0];
    /// Groups of output channels.
    groups: 1..=512, groups[2; 10 << 0];
    /// Rows of 4×4 tiles.
    tile_rows: 1..=255, tile_rows[3; 8 << 0];
    /// Columns of 4×4 tiles.
    tile_cols: 1..=128, tile_cols[4; 8 << 0];
    /// Lane address of the input's ring.
    in_base: 0..=8191, in_base[5; 13 << 0];
    /// Lane bytes of a row of the input's sub-blocks.
    in_row_pitch: 1..=8191, in_row_pitch[6; 13 << 0];
    /// Lane bytes from an input sub-block to the next of its bank.
    in_channel_stride: 1..=512, in_channel_stride[7; 10 << 0];
    /// Lane address behind the input's ring.
    in_ring_end: 1..=8192, in_ring_end[8; 14 << 0];
    /// Lane address of the slot of the first window's top sub-row.
    in_row_address: 0..=8191, in_row_address[9; 13 << 0];
    /// Bank of the first window's top sub-row.
    in_row_bank: 0..=2, in_row_bank[10; 2 << 0];
    /// Pixel row of the first output row: four times the first tile row.
    first_row: 0..=1020, first_row[11; 10 << 0];
    /// Rows of the map, and those above it; pixels outside the map are read as `pad_value`.
    height: 1..=1023, height[12; 10 << 0];
    /// Columns of the map, and those left of it; pixels outside the map are read as `pad_value`.
    width: 1..=1023, width[13; 10 << 0];
    /// What pixels outside the map are.
    pad_value: 0..=255, pad_value[14; 8 << 0];
    /// Place of output channel 0 in the parameter table.
    parameter_index: 0..=1023, parameter_index[15; 10 << 0];
    /// [`super::OUTPUT_POOL`] and [`super::OUTPUT_LINE_BUFFER`].
    output: 0..=3, output[16; 2 << 0];
    /// To memory: word address of the first sub-row written.
    out_address: 0..=ADDRESS, out_address_low[17; 16 << 0], out_address_high[18; 8 << 16];
    /// To memory: words from a channel group to the next of the same sub-row.
    out_group_pitch: 0..=65535, out_group_pitch[19; 16 << 0];
    /// To memory: words from a sub-row to the next.
    out_row_pitch: 0..=ADDRESS, out_row_pitch_low[20; 16 << 0], out_row_pitch_high[21; 8 << 16];
    /// To the line buffer: lane address of the output's ring.
    out_base: 0..=8191, out_base[22; 13 << 0];
    /// To the line buffer: lane bytes of a row of the output's sub-blocks.
    out_lb_row_pitch: 0..=8191, out_lb_row_pitch[23; 13 << 0];
    /// To the line buffer: lane bytes from an output sub-block to the next of its bank.
    out_channel_stride: 0..=512, out_channel_stride[24; 10 << 0];
    /// To the line buffer: lane address behind the output's ring.
    out_ring_end: 0..=8192, out_ring_end[25; 14 << 0];
    /// To the line buffer: lane address of the first sub-row's slot.
    out_row_address: 0..=8191, out_row_address[26; 13 << 0];
    /// To the line buffer: bank of the first sub-row.
    out_row_bank: 0..=2, out_row_bank[27; 2 << 0];
    /// Free for the host, to tell layers apart in traces.
    tag: 0..=15, tag[28; 4 << 0];
    /// [`super::INSET_ROWS`] and [`super::INSET_COLS`].
    inset: 0..=3, inset[29; 2 << 0];
}

impl Conv {
    /// Whether the output is max-pooled.
    pub const fn pool(&self) -> bool {
        self.output & super::OUTPUT_POOL != 0
    }

    /// Whether the output goes to the line buffer rather than to memory.
    pub const fn to_line_buffer(&self) -> bool {
        self.output & super::OUTPUT_LINE_BUFFER != 0
    }

    /// Whether the first two rows of outputs lie above the map.
    pub const fn inset_rows(&self) -> bool {
        self.inset & super::INSET_ROWS != 0
    }

    /// Whether the first two columns of outputs lie left of the map.
    pub const fn inset_cols(&self) -> bool {
        self.inset & super::INSET_COLS != 0
    }
}

command! {
    /// Ends the program once all queues are empty and all units idle. It has no semaphores.
    End, END_FIELDS:
    /// Reported as the program's status; those from 0xFFF0 on mean errors and are refused here.
    status: 0..=0xFFEF, status[1; 16 << 0];
}
