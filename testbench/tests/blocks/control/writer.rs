//! The writer: memory holds what `FeatureMap::pack` gives, and nothing else was touched, nor what is dropped of it.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::engine::tile_store::SLOTS;
use rowfuse_hdl::memory::writer::{Writer, FULL_LEVEL};
use rowfuse_spec::layout::FeatureMap;
use rowfuse_testbench::dut::{Dut, Stimulus};
use rust_hdl::prelude::*;

use super::LANES;
use crate::memory_model::{MemoryModel, Pace};
use crate::support::agree;

/// Tiles that may still come when the writer says that it is full.
const IN_FLIGHT: usize = SLOTS - FULL_LEVEL as usize;

/// A map as whole tiles leave the engine, written by a few commands of some tile rows each.
struct Output {
    map: FeatureMap,
    pixels: Vec<u8>,
    /// For each tile what is dropped of its quads: bit 0 for the upper row, bit 1 for the left column.
    drop: Vec<u8>,
    pool: bool,
    /// Tile rows that no command has been started for.
    first: u32,
}

impl Output {
    fn random(random: &mut ChaCha8Rng, lanes: u32) -> Output {
        let pool = random.gen();
        let (rows, cols) = (random.gen_range(1..5), random.gen_range(1..6));
        let channels = lanes * random.gen_range(1..4);
        let base = 2 * random.gen_range(0..0xF0_0000);
        let mut map = FeatureMap::conv_output(base, channels, 4 * rows, 4 * cols, lanes, pool);
        // All that is stored counts here, also what lies beyond the pixels of an odd map.
        (map.height, map.width) = (2 * map.sub_rows, 2 * map.sub_cols);
        let pixels = (0..map.bytes()).map(|_| random.gen()).collect();
        let tiles = map.groups() * rows * cols;
        let drop = (0..tiles).map(|_| random.gen_range(0..4) & random.gen_range(0..4));
        let drop = drop.collect();
        Output {
            map,
            drop,
            pixels,
            pool,
            first: 0,
        }
    }

    fn per_tile(&self) -> u32 {
        if self.pool {
            1
        } else {
            2
        }
    }

    fn tile_rows(&self) -> u32 {
        self.map.sub_rows / self.per_tile()
    }

    fn tile_cols(&self) -> u32 {
        self.map.sub_cols / self.per_tile()
    }

    /// What is dropped of a tile's quads.
    fn dropped(&self, group: u32, ty: u32, tx: u32) -> u8 {
        self.drop[((group * self.tile_rows() + ty) * self.tile_cols() + tx) as usize]
    }

    /// The quads of the next `tile_rows` in the engine's order: place, pixels and what is dropped, tile by tile.
    fn tiles(&self, tile_rows: u32) -> Vec<Vec<Quad>> {
        let (map, n) = (&self.map, self.per_tile());
        let mut tiles = Vec::new();
        for group in 0..map.groups() {
            for ty in self.first..self.first + tile_rows {
                for tx in 0..self.tile_cols() {
                    let mut quads = Vec::new();
                    for lane in 0..map.lanes {
                        for sub in 0..n * n {
                            let (row, col) = (n * ty + sub / n, n * tx + sub % n);
                            let at = |r, c| {
                                let channel = group * map.lanes + lane;
                                let line = channel * map.height + 2 * row + r;
                                self.pixels[(line * map.width + 2 * col + c) as usize]
                            };
                            let quad = [at(0, 0), at(0, 1), at(1, 0), at(1, 1)];
                            let drop = self.dropped(group, ty, tx);
                            let place = sub * map.lanes + lane;
                            quads.push((place, u32::from_le_bytes(quad), drop));
                        }
                    }
                    tiles.push(quads);
                }
            }
        }
        tiles
    }
}

/// Place, pixels, what is dropped.
type Quad = (u32, u32, u8);

struct Bench {
    random: ChaCha8Rng,
    lanes: u32,
    pace: Pace,
    store: f64,
    clear: f64,
    memory: MemoryModel,
    output: Option<Output>,
    to_start: std::vec::IntoIter<Vec<Quad>>,
    started: std::collections::VecDeque<std::vec::IntoIter<Quad>>,
    was_full: bool,
    command: bool,
    full_clocks: usize,
    maps: usize,
    cleared: usize,
}

impl Bench {
    fn fresh_memory(&mut self) {
        let random = ChaCha8Rng::seed_from_u64(self.random.gen());
        self.memory = MemoryModel::new(self.pace, random);
        self.memory.fill = self.random.gen();
    }

    /// All of a map is written, but for what was dropped of it.
    fn check(&mut self, output: &Output) {
        let (map, n) = (&output.map, output.per_tile());
        let mut pixels = output.pixels.iter().copied();
        let mut kept = Vec::with_capacity(output.pixels.len());
        for channel in 0..map.channels {
            for row in 0..map.height {
                for col in 0..map.width {
                    let pixel = pixels.next().unwrap();
                    let (ty, tx) = (row / 2 / n, col / 2 / n);
                    let drop = output.dropped(channel / map.lanes, ty, tx);
                    let lost = (drop & 1 == 1 && row % 2 == 0) || (drop & 2 == 2 && col % 2 == 0);
                    kept.push(if lost { self.memory.fill } else { pixel });
                }
            }
        }
        let bytes = output.map.pack(&kept, 0).unwrap();
        let base = output.map.base / 2;
        for (index, pair) in bytes.chunks(2).enumerate() {
            let address = base + index as u32;
            let expected = u16::from_le_bytes([pair[0], pair[1]]);
            assert_eq!(self.memory.word(address), expected, "address {address}");
        }
        let words: usize = self.memory.bursts.iter().map(|b| b.data.len()).sum();
        assert_eq!(2 * words, bytes.len(), "no word is written twice");
        assert!(self.memory.bursts.iter().all(|b| b.write));
        self.maps += 1;
    }
}

impl Stimulus<Writer> for &mut Bench {
    fn drive(&mut self, block: &mut Writer, _cycle: usize) {
        block.start.next = false;
        block.store.next = false;
        block.tile_done.next = false;
        if !self.command && self.random.gen_bool(0.1) {
            let output = match self.output.take() {
                Some(output) => output,
                None => {
                    self.fresh_memory();
                    Output::random(&mut self.random, self.lanes)
                }
            };
            let rows = self.random.gen_range(1..=output.tile_rows() - output.first);
            let sub_row = output.first * output.per_tile();
            block.start.next = true;
            block.pool.next = output.pool;
            block.tile_rows.next = rows.to_bits();
            block.tile_cols.next = output.tile_cols().to_bits();
            block.out_address.next = output.map.sub_row_word_address(sub_row).to_bits();
            block.out_group_pitch.next = (output.map.group_pitch() / 2).to_bits();
            block.out_row_pitch.next = (output.map.row_pitch() / 2).to_bits();
            self.to_start = output.tiles(rows).into_iter();
            self.output = Some(Output {
                first: output.first + rows,
                ..output
            });
            self.command = true;
        } else if let Some(tile) = self.started.front_mut() {
            if self.random.gen_bool(self.store) {
                let (place, quad, drop) = tile.next().unwrap();
                block.store.next = true;
                block.place.next = place.to_bits();
                block.quad.next = quad.to_bits();
                block.drop.next = u64::from(drop).to_bits();
                if tile.len() == 0 {
                    block.tile_done.next = true;
                    self.started.pop_front();
                }
            }
        }
        // The engine starts a tile that the writer will see later.
        if !self.was_full && self.started.len() < IN_FLIGHT - 1 {
            self.started
                .extend(self.to_start.next().map(Vec::into_iter));
        }
        block.clear.next = self.random.gen_bool(self.clear);
        self.memory.drive(&mut block.mem);
    }

    fn observe(&mut self, block: &Writer, _cycle: usize) {
        self.was_full = block.full.val();
        self.full_clocks += usize::from(self.was_full);
        self.memory.observe(&block.mem);
        let written = self.to_start.len() == 0 && self.started.is_empty();
        if block.clear.val() {
            self.cleared += usize::from(self.command);
            self.command = false;
            self.output = None;
            self.to_start = Vec::new().into_iter();
            self.started.clear();
            self.fresh_memory();
        } else if self.command && written && block.idle.val() && !block.tile_done.val() {
            assert!(self.memory.is_idle());
            self.command = false;
            if let Some(output) = self.output.take() {
                if output.first == output.tile_rows() {
                    self.check(&output);
                } else {
                    self.output = Some(output);
                }
            }
        }
    }
}

fn run(seed: u64, pace: Pace, store: f64, clear: f64, maps: usize) -> usize {
    eprintln!("seed {seed}");
    let mut full_clocks = 0;
    for lanes in LANES {
        let mut dut = Dut::new("writer", Writer::new(lanes), |b, clock| {
            b.clock.next = clock
        })
        .expect("a legal block");
        let mut random = crate::support::rng(seed);
        let memory = MemoryModel::new(pace, ChaCha8Rng::seed_from_u64(random.gen()));
        let mut bench = Bench {
            random,
            lanes,
            pace,
            store,
            clear,
            memory,
            output: None,
            to_start: Vec::new().into_iter(),
            started: Default::default(),
            was_full: false,
            command: false,
            full_clocks: 0,
            maps: 0,
            cleared: 0,
        };
        agree(&mut dut, 12_000, &mut bench);
        assert!(bench.maps >= maps, "{lanes} lanes: {}", bench.maps);
        assert_eq!(bench.cleared > 3, clear > 0.0, "{lanes} lanes");
        full_clocks += bench.full_clocks;
    }
    full_clocks
}

#[test]
fn a_quick_memory_keeps_up() {
    run(31, Pace::FULL, 0.4, 0.0, 8);
}

pub fn a_slow_memory_fills_the_store() {
    assert!(run(32, Pace::SLOW, 1.0, 0.0, 3) > 1000);
}

pub fn clear_forgets_all_tiles() {
    run(33, Pace::SLOW, 0.8, 0.003, 2);
}
