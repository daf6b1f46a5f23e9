//! A planner just good enough for tests: layers fused through rings in the line buffer, a tile row at
//! a time, with semaphores.

pub use super::test_layer::{noise, Layer};
use rowfuse_spec::command::{ConvLayer, Destination, COMMAND_WORDS};
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_spec::layout::{pack_weights, FeatureMap, LineBufferRegion};
use rowfuse_spec::numerics::Requant;
use rowfuse_spec::{Command, Conv, End, EngineConfig, Load, Params, Tokens, Weights};

/// Loads tell convolutions that rows are there.
pub const ROWS_READY: u8 = 1;
/// Convolutions tell loads that rows are free.
pub const ROWS_FREE: u8 = 2;
/// The parameters are there.
const PARAMETERS_READY: u8 = 4;

pub struct Plan {
    pub config: EngineConfig,
    pub memory: Vec<(u32, Vec<u8>)>,
    pub program: Vec<Command>,
    pub program_address: u32,
    pub output: FeatureMap,
    expected: Box<dyn Fn() -> Vec<u8>>,
    counters: Counters,
}

impl Plan {
    /// What the naive convolution gives.
    pub fn expected(&self) -> Vec<u8> {
        (self.expected)()
    }

    /// What the counters that do not depend on timing must be.
    pub fn counters(&self) -> Counters {
        self.counters
    }

    /// All layers fused, from memory to memory, for a random map. Only the last layer may pool.
    pub fn fused(
        config: EngineConfig,
        layers: &[Layer],
        height: u32,
        width: u32,
        ring_depth: u32,
        pad: u8,
        seed: u32,
    ) -> Plan {
        let k = config.lanes;
        let mut next = noise(seed);
        let pixels: Vec<u8> = (0..layers[0].cin * height * width)
            .map(|_| next() as u8)
            .collect();
        let input = FeatureMap::input(0x40, layers[0].cin, height, width, k);
        let mut memory = vec![(input.base, input.pack(&pixels, 0xEE).unwrap())];
        let mut free = input.end().next_multiple_of(64);
        let mut place = |bytes: Vec<u8>| {
            let address = free;
            free = (free + bytes.len() as u32).next_multiple_of(64);
            memory.push((address, bytes));
            address
        };
        let words = |q: &Requant| q.encode().unwrap().map(u16::to_le_bytes).concat();
        let table = layers
            .iter()
            .flat_map(|l| l.requant.iter().flat_map(words))
            .collect();
        let parameters = place(table);
        let mut stages = Vec::new();
        let (mut lane_base, mut index) = (0, 0);
        for layer in layers {
            let tile_cols = width.div_ceil(4);
            let ring = LineBufferRegion::new(lane_base, ring_depth, tile_cols, layer.cin, k);
            ring.fits(&config).unwrap();
            lane_base = ring.ring_end();
            let stream = pack_weights(&layer.weights, layer.cout, layer.cin, k).unwrap();
            let (cin, cout, pool) = (layer.cin, layer.cout, layer.pool);
            stages.push(Stage {
                cin,
                cout,
                pool,
                ring,
                weights: place(stream),
                index,
                done: 0,
            });
            index += layer.cout;
        }
        let last = &layers[layers.len() - 1];
        let output = FeatureMap::conv_output(free, last.cout, height, width, k, last.pool);
        let program_address = output.end().next_multiple_of(64);
        let mut emit = Emitter {
            height,
            width,
            pad,
            stages,
            ..Emitter::new(input, output)
        };
        emit.program.push(Command::Params(Params {
            header: Tokens::new(0, PARAMETERS_READY),
            address: parameters / 2,
            index: 0,
            count: index,
        }));
        emit.counters.add(Counter::ReadWords, 4 * index);
        emit.advance(layers.len() - 1, height.div_ceil(4) - 1);
        emit.program.push(Command::End(End::default()));
        let Emitter {
            program,
            mut counters,
            ..
        } = emit;
        counters.add(Counter::Commands, program.len() as u32);
        counters.add(Counter::ReadWords, (program.len() * COMMAND_WORDS) as u32);
        let layers = layers.to_vec();
        let expected = Box::new(move || {
            let first = layers[0].naive(&pixels, height as i32, width as i32, pad);
            layers[1..].iter().fold(first, |map, l| {
                l.naive(&map, height as i32, width as i32, 0)
            })
        });
        Plan {
            config,
            memory,
            program,
            program_address,
            output,
            expected,
            counters,
        }
    }
}

struct Stage {
    cin: u32,
    cout: u32,
    pool: bool,
    ring: LineBufferRegion,
    weights: u32,
    index: u32,
    /// Tile rows emitted.
    done: u32,
}

struct Emitter {
    k: u32,
    input: FeatureMap,
    output: FeatureMap,
    height: u32,
    width: u32,
    pad: u8,
    stages: Vec<Stage>,
    program: Vec<Command>,
    counters: Counters,
    /// Load chunks emitted: chunk 0 is sub-rows 0, 1, 2, chunk n is 2n + 1 and 2n + 2.
    loaded: u32,
}

impl Emitter {
    fn new(input: FeatureMap, output: FeatureMap) -> Emitter {
        Emitter {
            k: input.lanes,
            input,
            output,
            height: 0,
            width: 0,
            pad: 0,
            stages: Vec::new(),
            program: Vec::new(),
            counters: Counters::default(),
            loaded: 0,
        }
    }

    /// Emits what is needed for tile rows of a stage up to `last`, and them.
    fn advance(&mut self, stage: usize, last: u32) {
        let tile_rows = self.height.div_ceil(4);
        while self.stages[stage].done <= last {
            let tile_row = self.stages[stage].done;
            match stage {
                0 => (self.loaded..(tile_row + 2).min(self.chunks())).for_each(|n| self.load(n)),
                _ => self.advance(stage - 1, (tile_row + 1).min(tile_rows - 1)),
            }
            self.conv(stage, tile_row);
            self.stages[stage].done += 1;
        }
    }

    /// Load chunks in all.
    fn chunks(&self) -> u32 {
        (self.input.sub_rows.saturating_sub(1)).div_ceil(2).max(1)
    }

    /// How many tile rows a load chunk must stay behind the convolution that frees its room.
    fn lag(&self) -> u32 {
        (3 * self.stages[0].ring.ring_depth - 2) / 2
    }

    fn load(&mut self, chunk: u32) {
        let (map, ring) = (self.input, self.stages[0].ring);
        let first = if chunk == 0 { 0 } else { 2 * chunk + 1 };
        let sub_rows = (2 * chunk + 3).min(map.sub_rows) - first;
        let wait = if chunk >= self.lag() { ROWS_FREE } else { 0 };
        self.counters.add(Counter::SubRowsLoaded, sub_rows);
        self.counters
            .add(Counter::ReadWords, sub_rows * map.row_pitch() / 2);
        self.loaded = chunk + 1;
        self.program.push(Command::Load(Load {
            header: Tokens::new(wait, ROWS_READY),
            ..Load::new(&map, &ring, first..first + sub_rows)
        }));
    }

    fn conv(&mut self, stage: usize, tile_row: u32) {
        let Stage {
            cin,
            cout,
            pool,
            ring,
            weights,
            index,
            ..
        } = self.stages[stage];
        let groups = cout.div_ceil(self.k);
        let entry_words = (9 * self.k).div_ceil(2);
        for first in (0..groups * cin).step_by(65_535) {
            let entries = (groups * cin - first).min(65_535);
            let address = weights / 2 + first * entry_words;
            let header = Tokens::NONE;
            self.program.push(Command::Weights(Weights {
                header,
                address,
                entries,
            }));
        }
        self.counters
            .add(Counter::ReadWords, groups * cin * entry_words);
        self.counters.add(Counter::Tiles, groups * ring.tile_cols);

        let mut header = Tokens::NONE;
        if stage == 0 {
            if tile_row == 0 {
                header.wait |= PARAMETERS_READY;
            }
            if tile_row < self.chunks() {
                header.wait |= ROWS_READY;
            }
            if tile_row + self.lag() < self.chunks() {
                header.signal |= ROWS_FREE;
            }
        }
        let layer = ConvLayer {
            cin,
            groups,
            height: self.height,
            width: self.width,
            pad_value: if stage == 0 { self.pad } else { 0 },
            pool,
            parameter_index: index,
            inset: [false; 2],
        };
        let output = match self.stages.get(stage + 1) {
            Some(next) => Destination::LineBuffer(&next.ring),
            None => {
                let sub_rows = if pool { 1 } else { 2 };
                self.counters
                    .add(Counter::WriteWords, sub_rows * self.output.row_pitch() / 2);
                Destination::Memory(&self.output)
            }
        };
        let conv = Conv {
            header,
            ..Conv::new(&layer, &ring, 0, tile_row..tile_row + 1, output)
        };
        self.program.push(Command::Conv(conv));
    }
}

/// A plan of more work than a board does between two polls.
pub fn heavy() -> Plan {
    let layers = [
        Layer::random(64, 64, false, 1),
        Layer::random(64, 64, true, 2),
    ];
    Plan::fused(preset("ulx3s-85f").unwrap(), &layers, 48, 48, 2, 0, 3)
}
