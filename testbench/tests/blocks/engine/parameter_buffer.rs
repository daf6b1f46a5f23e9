//! The parameter buffer: the golden model is a table of words.

use rand::Rng;
use rowfuse_hdl::engine::parameter_buffer::{ParameterBuffer, READ_LATENCY};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

pub fn it_holds_what_was_written() {
    let mut random = seeded(97);
    let (depth, cycles) = (64, 4000);
    let block = ParameterBuffer::new(depth as u32);
    let mut dut = Dut::new("parameter_buffer", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut ParameterBuffer, _: usize| {
        b.write.next = random.gen();
        // Addresses are taken modulo the depth.
        b.write_address.next = random.gen_range(0..1024_u64).to_bits();
        b.write_word.next = random.gen_range(0..4_u64).to_bits();
        b.write_data.next = random.gen_range(0..65536_u64).to_bits();
        b.read_address.next = random.gen_range(0..1024_u64).to_bits();
    });
    let mut table = vec![[0; 4]; depth];
    for t in 0..cycles - READ_LATENCY as usize {
        let input = |name: &str| trace.u64(name, t) as usize;
        let (read, write) = (
            input("read_address") % depth,
            input("write_address") % depth,
        );
        let collides = input("write") == 1 && read == write;
        for (word, expected) in table[read].iter().enumerate() {
            if !(collides && input("write_word") == word) {
                let shown = t + READ_LATENCY as usize;
                let found = trace.field("parameters", shown, 16 * word, 16);
                assert_eq!(found, *expected, "word {word} read in cycle {t}");
            }
        }
        if input("write") == 1 {
            table[write][input("write_word")] = trace.u64("write_data", t);
        }
    }
}
