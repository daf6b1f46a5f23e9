//! What the hardware does with whatever its memories hold at power-on, and with its button at any moment.
//!
//! Blocks are checked for the former in every test (see [`crate::dut::Dut::run`]); here it is the whole system.

use super::tests::{run, two_layers};
use super::*;
use crate::board::device::noise;
use crate::board::test_plan::{Layer, Plan};
use crate::board::Client;
use crate::dut::{POWER_ON, REQUIRE_VERILATOR};
use crate::verilator::{Model, Toolchain};
use rand::{Rng, RngCore};
use rowfuse_spec::command::{
    encode_program, COMMAND_BYTES, OP_CONV, OP_LOAD, OP_PARAMS, OP_WEIGHTS,
};
use rowfuse_spec::config::preset;
use rowfuse_spec::counters::{Counter, Counters};
use std::ops::ControlFlow;

/// A board as it is when its power has come on, noise in the engine's memories and in the memory chip.
fn powered_on(plan: &Plan, seed: u64) -> Option<Simulated<Pressed>> {
    let tools = match Toolchain::find() {
        Ok(tools) => tools,
        Err(error) => {
            assert!(std::env::var_os(REQUIRE_VERILATOR).is_none(), "{error}");
            eprintln!("skipped: {error}");
            return None;
        }
    };
    let design = Verilated::design(&plan.config).unwrap();
    // No memory has an initial value, or it would not get any noise.
    assert!(!design.verilog().contains("initial for"));
    let model = Model::powered_on(&tools, &design, seed, &mut |_| {}).unwrap();
    let core = Pressed {
        core: Verilated::of(model).unwrap(),
        presses: Vec::new(),
        cycle: 0,
        busy_cycles: 0,
    };
    let mut board = Simulated::new(core, &plan.config).unwrap();
    if seed != 0 {
        let mut noise = noise(seed);
        let mut address = 0;
        while board.side.outside.peek(address).is_some() {
            board.side.outside.poke(address, noise.next_u32() as u16);
            address += 1;
        }
    }
    Some(board)
}

/// The Verilog, with its button pressed in some cycles.
struct Pressed {
    core: Verilated,
    presses: Vec<u64>,
    cycle: u64,
    /// In how many cycles a program ran.
    busy_cycles: u64,
}

impl Core for Pressed {
    type Outside = Chip;

    fn kind(&self) -> &'static str {
        self.core.kind()
    }

    fn cycle(&mut self, inputs: &Inputs) -> Result<Outputs, BoardError> {
        let reset = inputs.reset || self.presses.contains(&self.cycle);
        self.cycle += 1;
        let outputs = self.core.cycle(&Inputs { reset, ..*inputs })?;
        self.busy_cycles += u64::from(outputs.busy);
        Ok(outputs)
    }

    fn cycles_per_poll(&self) -> u64 {
        self.core.cycles_per_poll()
    }
}

/// How many seeds: `few`, or what the environment asks for.
fn seeds(few: u64) -> u64 {
    let asked = std::env::var(POWER_ON);
    asked.map_or(few, |text| text.parse().expect(POWER_ON))
}

#[test]
fn noise_in_the_memories_changes_no_answer_and_no_cycle() {
    let plan = two_layers("small-4", 14, 9);
    let mut first: Option<Counters> = None;
    for seed in 0..=seeds(4) {
        let Some(board) = powered_on(&plan, seed) else {
            return;
        };
        let (found, counters) = run(&plan, board);
        assert_eq!(found, plan.expected(), "seed {seed}");
        assert_eq!(counters, *first.get_or_insert(counters), "seed {seed}");
    }
}

#[test]
fn a_button_at_any_moment_leaves_nothing_behind() {
    let plan = two_layers("small-4", 14, 9);
    let Some(board) = powered_on(&plan, 0) else {
        return;
    };
    let mut client = Client::connect(board, &plan.config).unwrap();
    attempt(&plan, &mut client).unwrap();
    let cycles = client.board().cycles();
    let mut ended = 0;
    let tried = seeds(4);
    for seed in 1..=tried {
        let mut random = noise(seed);
        let board = powered_on(&plan, seed).unwrap();
        let mut client = Client::connect(board, &plan.config).unwrap();
        // While the link fills the memory, and while the program runs.
        let presses = (0..4).map(|_| random.gen_range(0..cycles));
        client.board().core.presses = presses.collect();
        // That a program was ended is not told: its map is not all there.
        let whole = attempt(&plan, &mut client).is_ok_and(|(map, _)| map == plan.expected());
        ended += u64::from(!whole);
        client.board().core.presses.clear();
        let (found, counters) = attempt(&plan, &mut client)
            .unwrap_or_else(|error| panic!("seed {seed}, after the button: {error}"));
        assert_eq!(found, plan.expected(), "seed {seed}");
        for counter in Counter::ALL.into_iter().filter(|c| !c.depends_on_timing()) {
            let (is, expected) = (counters.get(counter), plan.counters().get(counter));
            assert_eq!(is, expected, "seed {seed}: {}", counter.name());
        }
    }
    assert!(ended > 0, "the button ended none of {tried} programs");
}

/// Clocks from the button to the end of the program.
const CLOCKS_TO_END: u64 = 8;

/// Clocks that the shortest program runs: between the button and its effect lie registers.
const FEWEST: u64 = 4;

/// The button in every single clock of a program, so also in those in which a command's last word comes, a token is given or a burst ends:
/// the program is over at once, has written nothing but its map, and the next run is right.
#[test]
fn a_program_can_be_ended_in_any_clock() {
    let layers = [Layer::random(2, 1, false, 7)];
    let plan = Plan::fused(preset("tiny-1").unwrap(), &layers, 6, 6, 3, 9, 4);
    let Some(board) = powered_on(&plan, 0) else {
        return;
    };
    let mut client = Client::connect(board, &plan.config).unwrap();
    attempt(&plan, &mut client).unwrap();
    let whole = client.board().core.busy_cycles;
    let first = plan.output.base as usize / 2;
    let output = first..first + plan.output.bytes() as usize / 2;
    // All that the plan uses lies below.
    let outside = |board: &Simulated<Pressed>| -> Vec<Option<u16>> {
        let all = (0..0x4_0000).filter(|address| !output.contains(address));
        all.map(|address| board.side.outside.peek(address))
            .collect()
    };
    let before = outside(client.board());
    let mut ran = Vec::new();
    loop {
        let core = &mut client.board().core;
        // The request is on its way for some clocks more each time.
        let press = core.cycle + ran.len() as u64;
        (core.presses, core.busy_cycles) = (vec![press], 0);
        client.start(plan.program_address).unwrap();
        while client.board().core.cycle <= press + CLOCKS_TO_END {
            client.board().step().unwrap();
        }
        let clock = ran.len();
        ran.push(client.board().core.busy_cycles);
        // Before the request was there, the button ends nothing.
        let early = ran[clock] == 0 || client.board().core.cycle > press + CLOCKS_TO_END + 1;
        assert!(
            early || !client.board().side.busy,
            "button in clock {clock}"
        );
        client.abort().unwrap();
        assert_eq!(outside(client.board()), before, "button in clock {clock}");
        let (found, _) = attempt(&plan, &mut client).unwrap();
        assert_eq!(found, plan.expected(), "after the button in clock {clock}");
        if clock as u64 > whole && ran[clock] >= whole - 20 {
            break;
        }
    }
    // It was ended after any number of clocks. How many it takes depends a little on the memory's refreshes.
    let missing: Vec<u64> = (FEWEST..whole - 20).filter(|n| !ran.contains(n)).collect();
    assert!(whole > 200 && missing.is_empty(), "{whole}: {missing:?}");
}

/// Commands of every kind whose fields are random: nonsense that runs, hangs or is refused.
fn nonsense(random: &mut impl Rng) -> Vec<u8> {
    let mut bytes = Vec::new();
    for _ in 0..random.gen_range(1..6) {
        let code = [OP_LOAD, OP_WEIGHTS, OP_PARAMS, OP_CONV][random.gen_range(0..4)];
        // Most commands wait for nothing, or few would be executed.
        let wait = if random.gen_bool(0.2) {
            random.gen_range(0..16)
        } else {
            0
        };
        bytes.extend([code, random.gen_range(0..16) << 4 | wait]);
        bytes.extend((2..COMMAND_BYTES).map(|_| random.gen::<u8>()));
    }
    bytes
}

/// A program of any words is over after ABORT, whenever that comes, and the next one finds an engine as good as new.
#[test]
fn an_abort_ends_whatever_a_program_says() {
    let plan = two_layers("small-4", 14, 9);
    if let Some(board) = powered_on(&plan, 1) {
        abort_nonsense(&plan, board, 80 * seeds(4));
    }
}

/// Aborts so many programs of random words, and runs the plan after each.
pub(in crate::board) fn abort_nonsense<C: Core>(plan: &Plan, board: Simulated<C>, count: u64) {
    let mut client = Client::connect(board, &plan.config).unwrap();
    let mut ran = 0;
    for seed in 1..=count {
        let mut random = noise(seed);
        let program = nonsense(&mut random);
        let address = 2 * random.gen_range(0..0xF0_0000);
        let mut abort = || -> Result<(Vec<u8>, Counters), BoardError> {
            client.write(address, &program)?;
            client.start(address)?;
            for _ in 0..random.gen_range(0..2000) {
                client.board().step()?;
            }
            ran += u64::from(client.board().side.busy);
            client.abort()?;
            assert!(!client.status()?.busy, "seed {seed}");
            attempt(plan, &mut client)
        };
        let (found, counters) = abort().unwrap_or_else(|error| panic!("seed {seed}: {error}"));
        assert_eq!(found, plan.expected(), "seed {seed}");
        for counter in Counter::ALL.into_iter().filter(|c| !c.depends_on_timing()) {
            let (is, expected) = (counters.get(counter), plan.counters().get(counter));
            assert_eq!(is, expected, "seed {seed}: {}", counter.name());
        }
    }
    assert!(ran > count / 4, "{ran} of {count} programs were running");
}

/// Uploads and runs, with nothing in the place of the answer before.
fn attempt<C: Core>(
    plan: &Plan,
    client: &mut Client<Simulated<C>>,
) -> Result<(Vec<u8>, Counters), BoardError> {
    for (address, bytes) in &plan.memory {
        client.write(*address, bytes)?;
    }
    let blank = vec![0xA5; plan.output.bytes() as usize];
    client.write(plan.output.base, &blank)?;
    let program = encode_program(&plan.program).unwrap();
    client.write(plan.program_address, &program)?;
    let status = client.run(plan.program_address, &mut |_| ControlFlow::Continue(()))?;
    let bytes = client.read(plan.output.base, blank.len())?;
    Ok((plan.output.unpack(&bytes).unwrap(), status.counters))
}
