//! The command registers: words of legal commands in, fields as `rowfuse_spec::command` decodes them out.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::command_registers::{
    ConvRegisters, LoadRegisters, ParamsRegisters, WeightsRegisters,
};
use rowfuse_spec::command::{
    Command, FieldSpec, COMMAND_WORDS, CONV_FIELDS, LOAD_FIELDS, OP_CONV, OP_LOAD, OP_PARAMS,
    OP_WEIGHTS, PARAMS_FIELDS, WEIGHTS_FIELDS,
};
use rowfuse_testbench::dut::{Dut, Trace};
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

/// A legal command with random masks and fields, often at the ends of their ranges.
fn command(opcode: u8, table: &[FieldSpec], random: &mut ChaCha8Rng) -> Command {
    let mut words = [0; COMMAND_WORDS];
    words[0] = u16::from(opcode) | random.gen_range(0..=0xff) << 8;
    let mut parts = table.iter().peekable();
    while let Some(first) = parts.next() {
        let value = match random.gen_range(0..4) {
            0 => first.min,
            1 => first.max,
            _ => random.gen_range(first.min..=first.max),
        };
        words[first.word] = ((value >> first.shift) & first.mask()) as u16;
        while let Some(part) = parts.next_if(|part| part.field == first.field) {
            words[part.word] = ((value >> part.shift) & part.mask()) as u16;
        }
    }
    Command::decode(&words).unwrap_or_else(|error| panic!("{error}"))
}

/// What is offered in one clock.
#[derive(Clone, Copy)]
struct Offer {
    clear: bool,
    put: Option<u16>,
}

/// Commands with pauses, some cut short by a clear, and the clock in which each is complete.
fn script(
    opcode: u8,
    table: &[FieldSpec],
    random: &mut ChaCha8Rng,
) -> (Vec<Offer>, Vec<(usize, Command)>) {
    let (mut offers, mut complete) = (Vec::new(), Vec::new());
    for n in 0..40 {
        let command = command(opcode, table, random);
        let words = command.encode().unwrap_or_else(|error| panic!("{error}"));
        let pause = [0.0, 0.5, 0.9][n % 3];
        // In the clock of the last word, too.
        let cut = match n % 8 {
            3 => Some(random.gen_range(0..COMMAND_WORDS)),
            7 => Some(COMMAND_WORDS - 1),
            _ => None,
        };
        for &word in &words[..cut.unwrap_or(COMMAND_WORDS)] {
            while random.gen_bool(pause) {
                offers.push(Offer {
                    clear: false,
                    put: None,
                });
            }
            offers.push(Offer {
                clear: false,
                put: Some(word),
            });
        }
        if cut.is_none() {
            complete.push((offers.len(), command));
            continue;
        }
        let put = random.gen::<bool>().then(|| random.gen());
        offers.push(Offer { clear: true, put });
    }
    offers.push(Offer {
        clear: false,
        put: None,
    });
    (offers, complete)
}

fn check(trace: &Trace, table: &[FieldSpec], names: &[&str], complete: &[(usize, Command)]) {
    let strobes: Vec<usize> = trace.when("complete").collect();
    let expected: Vec<usize> = complete.iter().map(|(t, _)| *t).collect();
    assert_eq!(strobes, expected);
    for (t, command) in complete {
        let header = u64::from(command.encode().unwrap()[0]);
        assert_eq!(trace.u64("header", *t), header, "cycle {t}");
        for name in names {
            // `output` is a keyword of Verilog.
            let known = if *name == "destination" {
                "output"
            } else {
                name
            };
            let spec = table.iter().find(|spec| spec.name == known).unwrap();
            let value = command.value(spec.field).unwrap() >> spec.shift & spec.mask();
            assert_eq!(trace.u64(name, *t), u64::from(value), "{name} in cycle {t}");
        }
    }
}

macro_rules! registers {
    ($test:ident, $block:ident, $opcode:expr, $table:expr, $names:expr) => {
        pub fn $test() {
            let mut random = seeded(200 + u64::from($opcode));
            let (offers, complete) = script($opcode, $table, &mut random);
            let block = $block::default();
            let name = stringify!($block);
            let mut dut = Dut::new(name, block, |b, clock| b.clock.next = clock).unwrap();
            let trace = agree(&mut dut, offers.len(), |b: &mut $block, t: usize| {
                b.clear.next = offers[t].clear;
                b.put.next = offers[t].put.is_some();
                b.word.next = u64::from(offers[t].put.unwrap_or_else(|| random.gen())).to_bits();
            });
            let names: Vec<&str> = $names.split_whitespace().collect();
            check(&trace, $table, &names, &complete);
        }
    };
}

registers!(
    load,
    LoadRegisters,
    OP_LOAD,
    LOAD_FIELDS,
    "address_low address_high sub_rows groups sub_cols base row_pitch channel_stride ring_end row_address row_bank"
);
registers!(
    weights,
    WeightsRegisters,
    OP_WEIGHTS,
    WEIGHTS_FIELDS,
    "address_low address_high entries"
);
registers!(
    params,
    ParamsRegisters,
    OP_PARAMS,
    PARAMS_FIELDS,
    "index count"
);
registers!(
    conv,
    ConvRegisters,
    OP_CONV,
    CONV_FIELDS,
    "cin groups tile_rows tile_cols in_base in_row_pitch in_channel_stride in_ring_end in_row_address in_row_bank
     first_row height width pad_value parameter_index destination out_address_low out_address_high out_group_pitch
     out_row_pitch_low out_row_pitch_high out_base out_lb_row_pitch out_channel_stride out_ring_end out_row_address
     out_row_bank inset"
);
