//! Registers that take a command's words as they arrive, one type an opcode, laid out by `rowfuse_spec::command`'s field tables.
use rowfuse_spec::command::FieldSpec;
use rust_hdl::prelude::*;
use std::fmt::Write;

/// Word 0 of every command: opcode and semaphore masks; see `rowfuse_spec::command`.
pub const HEADER: &str = "header";

/// Word index and width of a field: the header's are fixed, the others the table's.
///
/// # Panics
/// If the table has no such field: a fault of the design, caught by every test that builds it.
pub fn place(table: &[FieldSpec], name: &str) -> (usize, u32) {
    if name == HEADER {
        return (0, 16);
    }
    // `output` is a keyword of Verilog.
    let field = if name == "destination" {
        "output"
    } else {
        name
    };
    match rowfuse_spec::command::field(table, field) {
        Some(field) => (field.word, field.bits),
        None => panic!("the command has no field `{name}`"),
    }
}

/// The registers' Verilog: a word counter and one register a field.
pub fn verilog(table: &[FieldSpec], names: &[&str]) -> String {
    let mut v = String::from("reg [4:0] at_word; initial begin at_word = 0; complete = 0;");
    for name in names {
        let _ = write!(v, " {name} = 0;");
    }
    v.push_str(" end\nalways @(posedge clock) begin\n  complete <= put && !clear && (at_word == 5'd31);\n  if (clear) at_word <= 5'd0; else if (put) at_word <= at_word + 5'd1;\n");
    for name in names {
        let (word, bits) = place(table, name);
        let _ = writeln!(
            v,
            "  if (put && at_word == 5'd{word}) {name} <= {{{pad}word[{top}:0]}};",
            pad = if bits < 16 {
                format!("{}'d0, ", 16 - bits)
            } else {
                String::new()
            },
            top = bits - 1
        );
    }
    v.push_str("end\n");
    v
}

/// Defines a block of registers for the named fields of one command.
///
/// Ports: `put` and `word` take the command's 32 words in order; `complete` is high in the clock after the last, unless that came with `clear`; each field is 16 bits, zero-extended
/// from the width in the table.
macro_rules! command_registers {
    ($(#[$doc:meta])* $name:ident, $table:expr, [$($field:ident),+ $(,)?]) => {
        $(#[$doc])*
        #[derive(LogicBlock, Default)]
        pub struct $name {
            /// Clock, rising edge.
            pub clock: Signal<In, Clock>,
            /// The next word is a command's first.
            pub clear: Signal<In, Bit>,
            /// Takes `word` as the command's next.
            pub put: Signal<In, Bit>,
            /// A word of the command.
            pub word: Signal<In, Bits<16>>,
            /// The 32nd word has been taken.
            pub complete: Signal<Out, Bit>,
            /// Opcode and semaphore masks.
            pub header: Signal<Out, Bits<16>>,
            $(
                #[doc = concat!("Field `", stringify!($field), "`.")]
                pub $field: Signal<Out, Bits<16>>,
            )+
            _index: usize,
        }

        impl $name {
            const NAMES: &'static [&'static str] = &["header", $(stringify!($field)),+];
        }

        impl Logic for $name {
            fn update(&mut self) {
                if !self.clock.pos_edge() {
                    return;
                }
                self.complete.next = self.put.val() && !self.clear.val() && self._index == 31;
                if self.put.val() {
                    let word = u32::from(self.word.val().to_u16());
                    let table: &[FieldSpec] = $table;
                    let taken = |name: &str| {
                        let (at, bits) = place(table, name);
                        (at == self._index).then(|| u64::from(word & ((1u32 << bits) - 1)))
                    };
                    if let Some(value) = taken("header") {
                        self.header.next = value.into();
                    }
                    $(
                        if let Some(value) = taken(stringify!($field)) {
                            self.$field.next = value.into();
                        }
                    )+
                    self._index = (self._index + 1) % 32;
                }
                if self.clear.val() {
                    self._index = 0;
                }
            }

            fn connect(&mut self) {
                self.complete.connect();
                self.header.connect();
                $(self.$field.connect();)+
            }

            fn hdl(&self) -> Verilog {
                Verilog::Custom(verilog($table, Self::NAMES))
            }
        }
    };
}

command_registers!(
    /// Registers of LOAD.
    LoadRegisters,
    rowfuse_spec::command::LOAD_FIELDS,
    [address_low, address_high, sub_rows, groups, sub_cols, base, row_pitch, channel_stride, ring_end, row_address, row_bank, gap]
);

command_registers!(
    /// Registers of WEIGHTS, and the header and address of PARAMS.
    WeightsRegisters,
    rowfuse_spec::command::WEIGHTS_FIELDS,
    [address_low, address_high, entries]
);

command_registers!(
    /// Registers of PARAMS.
    ParamsRegisters,
    rowfuse_spec::command::PARAMS_FIELDS,
    [index, count]
);

command_registers!(
    /// Registers of CONV.
    ConvRegisters,
    rowfuse_spec::command::CONV_FIELDS,
    [
        cin, groups, tile_rows, tile_cols, in_base, in_row_pitch, in_channel_stride, in_ring_end, in_row_address, in_row_bank, first_row,
        height, width, pad_value, parameter_index, destination, out_address_low, out_address_high, out_group_pitch, out_row_pitch_low,
        out_row_pitch_high, out_base, out_lb_row_pitch, out_channel_stride, out_ring_end, out_row_address, out_row_bank, inset,
    ]
);
