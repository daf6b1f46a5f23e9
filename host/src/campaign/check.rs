//! Runs a case on boards and compares.

use std::any::Any;
use std::ops::ControlFlow;
use std::panic::{catch_unwind, AssertUnwindSafe};

use ndarray::Array3;
use rowfuse_spec::counters::{Counter, Counters};
use rowfuse_testbench::board::{Board, Client, FunctionalBoard, Gateware, Schedule, Verilated};
use serde::Serialize;

use super::error::CampaignError;
use super::Case;
use crate::plan::{plan, Fusion, Plan, PlanError, PlanOptions};
use crate::quantise::QuantisedNetwork;
use crate::run::{run_plan, Event, RunOptions};

/// Most predicted cycles of a plan that rust-hdl's simulation is given: some seconds.
pub const GATEWARE_CYCLES: u64 = 12_000;
/// Most predicted cycles of a plan that the emitted Verilog is given.
pub const VERILATED_CYCLES: u64 = 3_000_000;

/// Cycles between two questions whether a program is over, of both boards with a clock.
const POLL: u64 = 20_000;

/// A simulated board.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Which {
    /// Plain Rust.
    Functional,
    /// rust-hdl's simulation.
    Gateware,
    /// The emitted Verilog.
    Verilated,
}

impl Which {
    /// All of them.
    pub const ALL: [Which; 3] = [Which::Functional, Which::Gateware, Which::Verilated];

    /// Its name, as the command line has it.
    pub fn name(self) -> &'static str {
        match self {
            Which::Functional => "functional",
            Which::Gateware => "gateware",
            Which::Verilated => "verilated",
        }
    }

    /// Whether it can run so many cycles in a reasonable time.
    fn takes(self, cycles: u64) -> bool {
        match self {
            Which::Functional => true,
            Which::Gateware => cycles <= GATEWARE_CYCLES,
            Which::Verilated => cycles <= VERILATED_CYCLES,
        }
    }

    /// Whether it counts cycles.
    fn has_clock(self) -> bool {
        self != Which::Functional
    }
}

/// Where boards come from.
pub trait Boards {
    /// Those that a case is run on, in this order.
    fn of(&self, case: &Case) -> Vec<Which>;

    /// A fresh board for a case.
    ///
    /// # Errors
    /// If there is none to be had.
    fn open(&self, which: Which, case: &Case) -> Result<Box<dyn Board>, CampaignError>;
}

/// The simulations of this workspace. Verilog of other configurations than `compiled` is not run: to compile one takes minutes.
#[derive(Clone, Debug)]
pub struct Simulations {
    /// Boards that take part.
    pub boards: Vec<Which>,
    /// Configurations, by `EngineConfig::id`, whose Verilog may be compiled.
    pub compiled: Vec<u32>,
}

impl Boards for Simulations {
    fn of(&self, case: &Case) -> Vec<Which> {
        let mut boards = self.boards.clone();
        boards.retain(|which| {
            *which != Which::Verilated || self.compiled.contains(&case.config.id())
        });
        boards
    }

    fn open(&self, which: Which, case: &Case) -> Result<Box<dyn Board>, CampaignError> {
        let config = &case.config;
        Ok(match which {
            Which::Functional => {
                let schedule = match case.loads_first {
                    true => Schedule::LoadFirst,
                    false => Schedule::ComputeFirst,
                };
                Box::new(FunctionalBoard::new(config.clone())?.with_schedule(schedule))
            }
            // Asked in the same cycles, as refreshes of the memory fall where they fall in each.
            Which::Gateware => Box::new(Gateware::board(config)?.polled_every(POLL)),
            Which::Verilated => Box::new(Verilated::board(config, &mut |_| {})?.polled_every(POLL)),
        })
    }
}

/// What was compared.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Figures {
    /// Runs of each board, in the order of [`Which::ALL`].
    pub runs: [u64; 3],
    /// Cycles of each board; none where there is no clock.
    pub cycles: [u64; 3],
    /// Convolutions whose results were compared.
    pub layers: u64,
    /// Values compared with the golden model.
    pub values: u64,
}

impl std::ops::AddAssign<&Figures> for Figures {
    fn add_assign(&mut self, other: &Figures) {
        for board in 0..3 {
            self.runs[board] += other.runs[board];
            self.cycles[board] += other.cycles[board];
        }
        self.layers += other.layers;
        self.values += other.values;
    }
}

/// What became of a case.
#[derive(Clone, Debug, PartialEq)]
pub enum Verdict {
    /// Every value of every board is the golden model's.
    Right(Figures),
    /// The planner says what does not fit.
    Refused(String),
    /// Something differs, or a run failed: what, where.
    Wrong(String),
}

/// Runs a case on its boards: planned as it asks, and once more with every layer by itself, so that each layer's map is compared.
///
/// A panic of a simulation is a [`Verdict::Wrong`] too.
///
/// # Errors
/// If a board cannot be opened: that says nothing of the case.
pub fn check(case: &Case, boards: &dyn Boards) -> Result<Verdict, CampaignError> {
    let network = case.network();
    let asked = case.options();
    let alone = PlanOptions {
        fusion: Fusion::Off,
        ..asked.clone()
    };
    let mut figures = Figures::default();
    let mut plans = vec![asked];
    if !plans.contains(&alone) {
        plans.push(alone);
    }
    for (index, options) in plans.iter().enumerate() {
        let planned = match plan(&network, &case.config, options) {
            Ok(planned) => planned,
            Err(error @ PlanError::Deadlock { .. }) => {
                return Ok(Verdict::Wrong(format!("{:?}: {error}", options.fusion)))
            }
            Err(error) if index == 0 => return Ok(Verdict::Refused(error.to_string())),
            // Together the layers fit, one by one they need not.
            Err(_) => continue,
        };
        // The slow simulation runs what was asked for.
        let slow = |which: &Which| index == 0 || *which != Which::Gateware;
        match compare(case, &network, &planned, boards, &slow)? {
            Ok(found) => figures += &found,
            Err(wrong) => {
                return Ok(Verdict::Wrong(format!(
                    "fusion {:?}: {wrong}",
                    options.fusion
                )))
            }
        }
    }
    Ok(Verdict::Right(figures))
}

/// What a board gave.
struct Given {
    which: Which,
    maps: Vec<Array3<u8>>,
    counters: Vec<Counters>,
}

/// Runs a plan on the boards that can; what differs is the inner error.
fn compare(
    case: &Case,
    network: &QuantisedNetwork,
    planned: &Plan,
    boards: &dyn Boards,
    wanted: &dyn Fn(&Which) -> bool,
) -> Result<Result<Figures, String>, CampaignError> {
    let image = case.image();
    let cycles = planned
        .groups
        .iter()
        .map(|group| group.prediction.cycles)
        .sum();
    let mut figures = Figures::default();
    let mut others: Vec<Given> = Vec::new();
    for which in boards
        .of(case)
        .into_iter()
        .filter(|which| which.takes(cycles) && wanted(which))
    {
        let board = boards.open(which, case)?;
        let run = catch_unwind(AssertUnwindSafe(|| {
            run(board, which, case, network, planned, &image)
        }));
        let (given, found) = match run {
            Ok(Ok(found)) => found,
            Ok(Err(wrong)) => return Ok(Err(format!("{}: {wrong}", which.name()))),
            Err(panic) => {
                return Ok(Err(format!(
                    "{}: panicked: {}",
                    which.name(),
                    said(&*panic)
                )))
            }
        };
        figures += &found;
        for other in &others {
            let both = format!("{} and {}", other.which.name(), which.name());
            if other.maps != given.maps {
                return Ok(Err(format!("{both} give different maps")));
            }
            if other.which.has_clock() && which.has_clock() && other.counters != given.counters {
                let counters = counted_differently(&other.counters, &given.counters);
                return Ok(Err(format!("{both} count differently: {counters}")));
            }
        }
        others.push(given);
    }
    Ok(Ok(figures))
}

/// Which counters of which groups, counted from 0, and what the two boards say.
fn counted_differently(a: &[Counters], b: &[Counters]) -> String {
    let groups = a.iter().zip(b).enumerate();
    let all = groups.flat_map(|(group, (a, b))| {
        Counter::ALL
            .into_iter()
            .filter(|&counter| a.get(counter) != b.get(counter))
            .map(move |counter| {
                let (name, a, b) = (counter.name(), a.get(counter), b.get(counter));
                format!("group {group}: {name} {a} and {b}")
            })
    });
    all.collect::<Vec<_>>().join("; ")
}

fn said(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("without a message")
}

fn run(
    board: Box<dyn Board>,
    which: Which,
    case: &Case,
    network: &QuantisedNetwork,
    planned: &Plan,
    image: &Array3<u8>,
) -> Result<(Given, Figures), String> {
    let mut client = Client::connect(board, &case.config).map_err(|error| error.to_string())?;
    let mut maps = Vec::new();
    let result = run_plan(
        &mut client,
        planned,
        &network.layers,
        image,
        &RunOptions::default(),
        &mut |event| {
            if let Event::End { output, .. } = event {
                maps.push(output.clone());
            }
            ControlFlow::Continue(())
        },
    );
    let result = result.map_err(|error| error.to_string())?;
    let mut figures = Figures::default();
    let place = which as usize;
    figures.runs[place] = 1;
    figures.cycles[place] = result.cycles().unwrap_or(0);
    for group in &result.groups {
        let differing = group.mismatches.unwrap_or(group.values);
        if differing > 0 {
            return Err(format!(
                "{} of {} values of {} differ from the golden model, the first at {:?}",
                differing, group.values, group.name, group.first_mismatch
            ));
        }
        if let Some((counter, counted, predicted)) = group.miscounted().first() {
            return Err(format!(
                "{}: {} is {counted}, {predicted} was predicted",
                group.name,
                counter.name()
            ));
        }
        figures.layers += group.layers as u64;
        figures.values += group.values;
    }
    let counters = result.groups.iter().map(|group| group.counters).collect();
    Ok((
        Given {
            which,
            maps,
            counters,
        },
        figures,
    ))
}
