//! The tile store: the golden model is an array.

use rand::Rng;
use rowfuse_hdl::engine::tile_store::{TileStore, QUADS, SLOTS};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::seeded;
use crate::support::agree;

pub fn it_holds_what_was_written() {
    let mut random = seeded(98);
    let cycles = 6000;
    let places = (SLOTS * QUADS) as u64;
    let block = TileStore::default();
    let mut dut = Dut::new("tile_store", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(&mut dut, cycles, |b: &mut TileStore, t: usize| {
        // Every place is written once, then anything happens.
        let place = match t as u64 {
            first if first < places => first,
            _ => random.gen_range(0..places),
        };
        b.write.next = (t as u64) < places || random.gen();
        b.write_address.next = place.to_bits();
        b.write_data.next = u64::from(random.gen::<u32>()).to_bits();
        b.write_drop.next = random.gen_range(0..4_u64).to_bits();
        b.read_address.next = random.gen_range(0..places).to_bits();
    });
    let mut memory = vec![(0, 0); SLOTS * QUADS];
    for t in 0..cycles - 1 {
        let input = |name: &str| trace.u64(name, t) as usize;
        let (read, write) = (input("read_address"), input("write_address"));
        if input("write") == 0 || read != write {
            let found = (trace.u64("data", t + 1), trace.u64("drop", t + 1));
            assert_eq!(found, memory[read], "read in cycle {t}");
        }
        if input("write") == 1 {
            memory[write] = (trace.u64("write_data", t), trace.u64("write_drop", t));
        }
    }
}
