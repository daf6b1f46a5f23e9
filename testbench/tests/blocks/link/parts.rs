//! The link's leaf blocks, whose simulation and Verilog are written separately.

use rand::Rng;
use rowfuse_hdl::link::buffer::WordBuffer;
use rowfuse_hdl::link::crc::Crc32Step;
use rowfuse_spec::crc32::{crc32, crc32_step, CRC32_INIT, CRC32_XOROUT};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use crate::support::agree;

pub fn crc_network() {
    let mut random = crate::support::rng(1);
    let message: Vec<u8> = (0..300).map(|_| random.gen()).collect();
    let mut state = CRC32_INIT;
    let mut dut = Dut::combinational("crc32_step", Crc32Step::default()).expect("a legal block");
    // Every unit vector, every byte, then a message.
    let unit = |t: usize| {
        (
            if t < 32 { 1_u32 << t } else { 0 },
            if t < 32 { 0 } else { t as u8 },
        )
    };
    let trace = agree(
        &mut dut,
        288 + message.len(),
        |block: &mut Crc32Step, t: usize| {
            let (register, byte) = match t.checked_sub(288) {
                None => unit(t),
                Some(place) => (state, message[place]),
            };
            if t >= 288 {
                state = crc32_step(register, byte);
            }
            block.state.next = register.to_bits();
            block.data.next = byte.to_bits();
        },
    );
    for t in 0..trace.cycles() {
        let (register, byte) = (trace.u64("state", t) as u32, trace.u64("data", t) as u8);
        assert_eq!(
            trace.u64("result", t),
            u64::from(crc32_step(register, byte)),
            "cycle {t}"
        );
    }
    let last = trace.u64("result", trace.cycles() - 1) as u32;
    assert_eq!(last ^ CRC32_XOROUT, crc32(&message));
}

pub fn word_buffer() {
    let mut random = crate::support::rng(2);
    let mut dut = Dut::new("word_buffer", WordBuffer::<4>::default(), |b, clock| {
        b.clock.next = clock;
    })
    .expect("a legal block")
    .with_zeros();
    let trace = agree(&mut dut, 2000, |block: &mut WordBuffer<4>, _: usize| {
        block.write_enable.next = random.gen();
        block.write_address.next = random.gen_range(0..16_u64).to_bits();
        block.write_data.next = random.gen_range(0..=0xFFFF_u64).to_bits();
        block.read_enable.next = random.gen_bool(0.7);
        block.read_address.next = random.gen_range(0..16_u64).to_bits();
    });
    let mut words = [0; 16];
    let mut shown = 0;
    for t in 0..trace.cycles() {
        let at = |port: &str| trace.u64(port, t);
        assert_eq!(at("read_data"), shown, "cycle {t}");
        if at("read_enable") == 1 {
            shown = words[at("read_address") as usize];
        }
        if at("write_enable") == 1 {
            words[at("write_address") as usize] = at("write_data");
        }
    }
}
