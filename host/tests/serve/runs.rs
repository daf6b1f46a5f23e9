//! Thousands of faults that meet whole runs: networks on the `serial` board, whose far end is a functional board in simulated time.
//!
//! Every output that is handed over must be the golden model's; every failure must have exit code 3 or 4 and come within [`BOUND`].
//! `ROWFUSE_FAULTS` says how many faults, `ROWFUSE_SEED` which.

use crate::support::{config, seed};
use crate::wire::Wire;
use ndarray::Array3;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse::fault::{Exit, Fault};
use rowfuse::network::Shape;
use rowfuse::plan::testing::{image, random};
use rowfuse::plan::{plan, Plan, PlanOptions};
use rowfuse::progress::Silent;
use rowfuse::quantise::QuantisedNetwork;
use rowfuse::run::{
    golden_output, run_boards, run_plan, Event, RunError, RunOptions, StreamEvent, Verify,
};
use rowfuse::serial::{Options, SerialBoard};
use rowfuse::serve::{Counts, Direction, Kind, Length, Rates, Rule, When};
use rowfuse_testbench::board::Client;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::time::Duration;

/// How long a board may be away.
const TIMEOUT: Duration = Duration::from_secs(2);
/// Simulated time in which whatever is done must be over: four attempts, each of which ends with some 12 s of silence and a search for
/// the board, which is begun within [`TIMEOUT`] and lasts up to 20 s.
const BOUND: Duration = Duration::from_secs(180);
/// What comes after the kinds of the far end: the connection itself is cut.
const HANG_UP: &str = "hang up";
/// Runs on a board before it is put away.
const RUNS: usize = 8;

/// A network with its plan, images and what must come of them.
struct Case {
    network: QuantisedNetwork,
    plan: Plan,
    images: Vec<Array3<u8>>,
    expected: Vec<Array3<u8>>,
}

fn case(layers: &[(usize, bool)], seed: u64) -> Case {
    let network = random(Shape::new(3, 8, 9), layers, seed);
    let images: Vec<_> = (0..3).map(|n| image(network.network.input, n)).collect();
    let golden = |image| golden_output(&network.layers, image, None, &Silent).unwrap();
    Case {
        plan: plan(&network, &config(), &PlanOptions::default()).unwrap(),
        expected: images.iter().map(golden).collect(),
        images,
        network,
    }
}

/// What became of the faults of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Fate {
    /// The outputs were right at once.
    Harmless,
    /// They were right, and frames were repeated.
    Repeated,
    /// They were right, and something was begun again or given to another board.
    Again,
    /// There was an error with exit code 3 or 4.
    Reported,
}

/// Why something failed.
type Failed = Box<dyn Fault>;

/// A board, and what may go wrong on the way to it.
struct Wired {
    wire: Wire,
    before: (Counts, u64),
    /// Bytes of the last run, each way.
    reach: [u64; 2],
    places: [u64; 2],
}

impl Wired {
    /// Has faults happen in what comes next.
    fn disturb(&mut self, random: &mut ChaCha8Rng) {
        self.before = (*self.wire.faults().counts(), self.wire.hang_ups());
        self.wire.faults().clear();
        self.wire.hang_up(None);
        self.wire.allow(BOUND);
        let places = Direction::ALL.map(|way| self.wire.faults().place(Kind::Flip, way));
        for (way, place) in places.into_iter().enumerate() {
            let moved = place - self.places[way];
            self.reach[way] = moved.max(1_000);
        }
        self.places = places;
        for _ in 0..random.gen_range(1..4) {
            match Kind::ALL.get(random.gen_range(0..=Kind::ALL.len())) {
                Some(&kind) => self.rule(kind, random),
                None => {
                    let ahead = random.gen_range(1..self.reach[0] + self.reach[1]);
                    self.wire.hang_up(Some((ahead, time(random))));
                }
            }
        }
    }

    fn rule(&self, kind: Kind, random: &mut ChaCha8Rng) {
        let direction = Direction::ALL[random.gen_range(0..2)];
        let ahead = match kind.of_frames() {
            true => random.gen_range(0..30),
            false => random.gen_range(0..self.reach[direction as usize]),
        };
        let mut faults = self.wire.faults();
        let place = faults.place(kind, direction) + ahead;
        let mut rule = Rule::new(kind, Some(direction), When::At(place));
        rule.length = match kind.usual() {
            Length::Forever | Length::For(_) => Length::For(time(random)),
            Length::Bytes(_) => Length::Bytes(random.gen_range(1..40)),
            Length::None => Length::None,
        };
        faults.add(rule);
    }

    /// How many faults of each kind there were since [`Wired::disturb`].
    fn struck(&self) -> impl Iterator<Item = (&'static str, u64)> + '_ {
        let (before, hang_ups) = (self.before.0, self.wire.hang_ups() - self.before.1);
        let counts = *self.wire.faults().counts();
        let kinds = Kind::ALL
            .into_iter()
            .map(move |kind| (kind.name(), counts.of(kind) - before.of(kind)));
        kinds.chain([(HANG_UP, hang_ups)])
    }
}

/// Most disturbances are short; a few last for longer than a board may be away.
fn time(random: &mut ChaCha8Rng) -> Duration {
    let most = match random.gen_range(0..8) {
        0 => 40_000,
        1 => 4_000,
        _ => 700,
    };
    Duration::from_millis(random.gen_range(1..most))
}

/// Opens a board of which everything is over when [`BOUND`] is.
fn open(random: &mut ChaCha8Rng, disturbed: bool) -> (Wired, Result<Client<SerialBoard>, Failed>) {
    let rates = match random.gen_range(0..4) {
        0 => Rates::Unlimited,
        _ => Rates::Board,
    };
    let (wire, runtime) = Wire::new(rates, random.gen());
    let mut board = Wired {
        before: Default::default(),
        reach: [5_000; 2],
        places: [0; 2],
        wire: wire.clone(),
    };
    wire.allow(BOUND);
    if disturbed {
        board.disturb(random);
    }
    let options = Options {
        max_baud: [115_200, 1_000_000, 3_000_000][random.gen_range(0..3)],
        timeout: TIMEOUT,
        seq: random.gen(),
        ..Options::default()
    };
    let client = match wire.open(runtime, options) {
        Ok(board) => Client::connect(board, &config()).map_err(|error| Box::new(error) as Failed),
        Err(error) => Err(Box::new(error) as Failed),
    };
    (board, client)
}

/// Runs an image; whether it was begun again.
fn run_image(
    case: &Case,
    client: &mut Client<SerialBoard>,
    verify: Verify,
) -> Result<bool, RunError> {
    let options = RunOptions {
        verify,
        ..RunOptions::default()
    };
    let mut again = false;
    let (layers, input) = (&case.network.layers, &case.images[0]);
    let result = run_plan(client, &case.plan, layers, input, &options, &mut |event| {
        again |= matches!(event, Event::Again { .. });
        ControlFlow::Continue(())
    })?;
    assert!(
        result.output == case.expected[0],
        "a wrong output was taken"
    );
    assert!(result.mismatches().unwrap_or(0) == 0);
    Ok(again)
}

/// Streams all images over these boards; whether something was begun again.
fn run_batch(case: &Case, clients: &mut [Client<SerialBoard>]) -> Result<bool, RunError> {
    let (mut again, mut next) = (false, 0);
    let (layers, images) = (&case.network.layers, &case.images);
    run_boards(clients, &case.plan, layers, images, &mut |event| {
        match event {
            StreamEvent::Output { index, output } => {
                assert_eq!(index, next, "in order");
                assert!(output == case.expected[index], "a wrong output was taken");
                next += 1;
            }
            StreamEvent::Again { .. } | StreamEvent::Lost { .. } => again = true,
            _ => {}
        }
        ControlFlow::Continue(())
    })?;
    assert_eq!(next, images.len());
    Ok(again)
}

/// Frames that came to nothing so far.
fn repeats(client: &mut Client<SerialBoard>) -> u64 {
    let stats = client.board().stats();
    stats.frames_repeated + stats.damaged + stats.refused + stats.timeouts
}

/// What the campaign has found.
#[derive(Default)]
struct Found {
    fates: BTreeMap<&'static str, [u64; 4]>,
    codes: BTreeMap<&'static str, u64>,
    runs: u64,
    longest: Duration,
}

impl Found {
    fn total(&self) -> u64 {
        self.fates.values().flatten().sum()
    }

    /// Checks a failure, and what it is called.
    fn failed(&mut self, error: &dyn Fault) {
        let known = matches!(error.exit(), Exit::Board | Exit::Link);
        assert!(known, "{}: {error}", error.code());
        assert!(!error.help().is_empty());
        *self.codes.entry(error.code()).or_default() += 1;
    }

    /// Ends what was done on boards since `began`.
    fn done(&mut self, boards: &[Wired], began: &[Duration], fate: Fate) {
        self.runs += 1;
        for (board, began) in boards.iter().zip(began) {
            let time = board.wire.time() - *began;
            assert!(time < BOUND, "{fate:?} after {time:?}");
            self.longest = self.longest.max(time);
            for (kind, count) in board.struck() {
                self.fates.entry(kind).or_default()[fate as usize] += count;
            }
        }
    }
}

/// One board, or two, until something fails or the last run is done.
fn session(cases: &[Case], found: &mut Found, random: &mut ChaCha8Rng) {
    let count = 1 + usize::from(random.gen_ratio(1, 8));
    let (mut boards, mut clients) = (Vec::new(), Vec::new());
    for _ in 0..count {
        let disturbed = random.gen_ratio(1, 3);
        let (board, client) = open(random, disturbed);
        let fate = match &client {
            Ok(_) => Fate::Harmless,
            Err(error) => {
                assert!(disturbed, "{error}");
                found.failed(error.as_ref());
                Fate::Reported
            }
        };
        let Ok(mut client) = client else {
            found.done(&[board], &[Duration::ZERO], fate);
            return;
        };
        let fate = fate.max(match repeats(&mut client) {
            0 => Fate::Harmless,
            _ => Fate::Repeated,
        });
        let board = [board];
        found.done(&board, &[Duration::ZERO], fate);
        boards.extend(board);
        clients.push(client);
    }
    for _ in 0..RUNS {
        let case = &cases[random.gen_range(0..cases.len())];
        for board in &mut boards {
            board.disturb(random);
        }
        let began: Vec<Duration> = boards.iter().map(|board| board.wire.time()).collect();
        let before: u64 = clients.iter_mut().map(repeats).sum();
        let verify = [Verify::Layers, Verify::Answer, Verify::None][random.gen_range(0..3)];
        let ended = match &mut clients[..] {
            [client] if random.gen_ratio(2, 3) => run_image(case, client, verify),
            clients => run_batch(case, clients),
        };
        let fate = match &ended {
            Ok(true) => Fate::Again,
            Ok(false) if clients.iter_mut().map(repeats).sum::<u64>() > before => Fate::Repeated,
            Ok(false) => Fate::Harmless,
            Err(error) => {
                found.failed(error);
                Fate::Reported
            }
        };
        found.done(&boards, &began, fate);
        if ended.is_err() {
            return;
        }
    }
}

#[test]
fn whole_runs_are_right_or_fail_in_time() {
    let faults = std::env::var("ROWFUSE_FAULTS").ok();
    let faults = faults.map_or(2_000, |text| text.parse().unwrap());
    let cases = [
        case(&[(4, true), (3, false)], 1),
        case(&[(5, false), (3, false), (4, true)], 2),
    ];
    let mut random = ChaCha8Rng::seed_from_u64(seed());
    let mut found = Found::default();
    while found.total() < faults {
        session(&cases, &mut found, &mut random);
    }
    println!(
        "{} faults in {} runs; the longest took {:?}",
        found.total(),
        found.runs,
        found.longest
    );
    println!("harmless, repeated, begun again, reported");
    for (kind, counts) in &found.fates {
        println!("{kind:>8} {counts:?}");
    }
    println!("{:?}", found.codes);
    let of = |fate: Fate| {
        found
            .fates
            .values()
            .map(|counts| counts[fate as usize])
            .sum::<u64>()
    };
    for fate in [Fate::Harmless, Fate::Repeated, Fate::Again, Fate::Reported] {
        assert!(of(fate) > 0, "{fate:?}");
    }
    let met = found
        .fates
        .values()
        .filter(|counts| counts.iter().sum::<u64>() > 0);
    assert_eq!(met.count(), Kind::ALL.len() + 1, "every kind was injected");
}
