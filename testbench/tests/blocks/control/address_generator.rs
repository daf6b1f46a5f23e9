//! The address generator: every channel of random commands, against `LineBufferRegion`, with pauses and commands that are given up.

use rand::Rng;
use rowfuse_hdl::engine::address_generator::{AddressGenerator, LATENCY};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use super::sequencer::{Command, Item};
use super::LANES;
use crate::support::{agree, rng};

/// What is asked in one clock.
#[derive(Default)]
struct Asked {
    command: Option<Command>,
    load: bool,
    item: Option<Item>,
    /// Behind it come: the next tile, a row of tiles, a group.
    step: [bool; 3],
}

/// Clocks from `load` to the first channel, and from a tile's first channel to the next tile's, at least.
const LOAD: usize = 4;
const TILE: usize = 6;

pub fn every_channel_of_random_commands() {
    let mut random = rng(370);
    let mut script: Vec<Asked> = Vec::new();
    let mut given_up = 0;
    while script.len() < 12_000 {
        let lanes = LANES[random.gen_range(0..LANES.len())];
        let command = Command::random(&mut random, lanes);
        let mut items = command.items(random.gen_range(0..1000));
        if random.gen_ratio(1, 4) {
            // Given up in the middle; the next command loads anew.
            items.truncate(random.gen_range(1..=items.len()));
            given_up += 1;
        }
        let pause = [0.0, 0.3, 0.8][random.gen_range(0..3)];
        let wait = |script: &mut Vec<Asked>| {
            script.push(Asked {
                command: Some(command),
                ..Asked::default()
            })
        };
        for _ in 0..LOAD {
            wait(&mut script);
        }
        script.push(Asked {
            command: Some(command),
            load: true,
            ..Asked::default()
        });
        let mut first = script.len() + LOAD;
        for (place, item) in items.iter().enumerate() {
            while (item.tile_start && script.len() < first) || random.gen_bool(pause) {
                wait(&mut script);
            }
            if item.tile_start {
                first = script.len() + TILE;
            }
            let next = items.get(place + 1).filter(|_| item.last);
            let step = [
                item.last,
                next.is_some_and(|next| next.col_start),
                item.last && item.group_end,
            ];
            let step = [step[0], step[1] || step[2], step[2]];
            script.push(Asked {
                command: Some(command),
                item: Some(item.clone()),
                step,
                ..Asked::default()
            });
        }
    }
    let block = AddressGenerator::new();
    let mut dut = Dut::new("address_generator", block, |b, clock| b.clock.next = clock).unwrap();
    let trace = agree(
        &mut dut,
        script.len(),
        |b: &mut AddressGenerator, t: usize| {
            let asked = &script[t];
            if let Some(command) = &asked.command {
                let slot = command
                    .ring
                    .slot(2 * command.first_tile_row + command.rows_up());
                let [above, beside] = command.inset.map(u32::from);
                b.in_base.next = command.ring.base.to_bits();
                b.in_row_pitch.next = command.ring.row_pitch().to_bits();
                b.in_channel_stride.next = command.ring.channel_stride.to_bits();
                b.in_ring_end.next = command.ring.ring_end().to_bits();
                b.in_row_address.next = slot.address.to_bits();
                b.in_row_bank.next = slot.bank.to_bits();
                b.first_row.next = (4 * command.first_tile_row).to_bits();
                b.height.next = command.height.to_bits();
                b.width.next = command.width.to_bits();
                b.inset.next = (above | beside << 1).to_bits();
            }
            b.load.next = asked.load;
            b.enable.next = asked.item.is_some();
            b.first.next = asked.item.as_ref().is_some_and(|item| item.tile_start);
            b.last.next = asked.item.as_ref().is_some_and(|item| item.last);
            b.weight.next = u64::from(asked.item.as_ref().map_or(0, |item| item.weight)).to_bits();
            let [step, row, group] = asked.step;
            b.step.next = step;
            // Without a step they mean nothing.
            b.row_step.next = if step { row } else { random.gen() };
            b.group_step.next = if step { group } else { random.gen() };
        },
    );
    assert!(given_up > 3);
    for t in 0..trace.cycles() {
        let item = t
            .checked_sub(LATENCY as usize)
            .and_then(|t| script[t].item.as_ref());
        assert_eq!(trace.u64("enable_out", t) == 1, item.is_some(), "cycle {t}");
        assert_eq!(
            trace.u64("last_out", t) == 1,
            item.is_some_and(|item| item.last),
            "cycle {t}"
        );
        let Some(item) = item else { continue };
        for (bank, address) in item.address.iter().enumerate() {
            assert_eq!(
                trace.u64(&format!("address${bank}"), t),
                u64::from(*address),
                "bank {bank}, cycle {t}"
            );
        }
        for (port, value) in [
            ("weight_address", item.weight),
            ("row_bank", item.row_bank),
            ("col_bank", item.col_bank),
            ("row_inside", item.row_inside),
            ("col_inside", item.col_inside),
        ] {
            assert_eq!(trace.u64(port, t), u64::from(value), "{port} in cycle {t}");
        }
    }
}
