//! A search finds nothing where nothing is wrong, and finds, shrinks and writes what is.

use std::time::Duration;

use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::config::preset;
use rowfuse_spec::frame::{KIND_READ, KIND_RUN};
use rowfuse_testbench::board::{Board, BoardError, Reply};

use rowfuse::campaign::{
    check, configuration, draw, search, Boards, CampaignError, Case, Filling, Grouping, Search,
    Simulations, Verdict, Which,
};

use super::all_boards;

fn asked(seed: u64, cases: u64, directory: &std::path::Path) -> Search {
    Search {
        seed,
        cases: Some(cases),
        time: Duration::MAX,
        configs: vec![preset("tiny-1").unwrap(), preset("small-4").unwrap()],
        directory: directory.to_owned(),
    }
}

fn simulations(boards: &[Which]) -> Simulations {
    Simulations {
        boards: boards.to_vec(),
        compiled: vec![preset("tiny-1").unwrap().id()],
    }
}

#[test]
fn random_networks_are_right_on_every_board() {
    let directory = tempfile::tempdir().unwrap();
    let boards = all_boards();
    let simulations = simulations(&boards);
    let summary = search(&asked(1, 6, directory.path()), &simulations, &mut |_, _| {
        true
    })
    .unwrap();
    assert_eq!(summary.failure, None);
    let ran = boards.len();
    assert!(
        summary.figures.runs[..ran].iter().all(|runs| *runs > 0),
        "{summary:?}"
    );
    assert!(
        summary.networks > 3 && summary.figures.values > 1000,
        "{summary:?}"
    );
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 0);
}

/// A fault like one of hardware: a row of some maps is wrong once a program has run.
struct Faulty {
    board: Box<dyn Board>,
    ran: bool,
}

impl Board for Faulty {
    fn describe(&self) -> String {
        "faulty".into()
    }

    fn request(&mut self, kind: u8, payload: &[u8]) -> Result<Reply, BoardError> {
        self.ran |= kind == KIND_RUN;
        let mut reply = self.board.request(kind, payload)?;
        if kind == KIND_READ && self.ran {
            // The largest value cannot be held.
            reply
                .payload
                .iter_mut()
                .for_each(|byte| *byte = (*byte).min(254));
        }
        Ok(reply)
    }
}

/// The gateware's place taken by a board that is wrong.
struct Broken(Simulations);

impl Boards for Broken {
    fn of(&self, case: &Case) -> Vec<Which> {
        self.0.of(case)
    }

    fn open(&self, which: Which, case: &Case) -> Result<Box<dyn Board>, CampaignError> {
        let functional = self.0.open(Which::Functional, case)?;
        Ok(match which {
            Which::Functional => functional,
            _ => Box::new(Faulty {
                board: functional,
                ran: false,
            }),
        })
    }
}

#[test]
fn a_wrong_board_is_found_its_case_shrunk_written_and_replayed() {
    let directory = tempfile::tempdir().unwrap();
    let right = simulations(&[Which::Functional, Which::Gateware]);
    let broken = Broken(right.clone());
    let summary = search(&asked(2, 100, directory.path()), &broken, &mut |_, _| true).unwrap();
    let (wrong, path) = summary.failure.expect("the fault is found");
    assert!(wrong.contains("differ from the golden model"), "{wrong}");
    let smallest = Case::read(&path).unwrap();
    assert!(
        smallest.why.contains("gateware: 1 of 1 values"),
        "{smallest:?}"
    );
    // One value that is 255 is enough, of one layer that reads a handful.
    let small = smallest.input.len() <= 8 && smallest.stages.len() == 1;
    assert!(small, "{smallest:?}");
    assert!(matches!(
        check(&smallest, &broken).unwrap(),
        Verdict::Wrong(_)
    ));
    assert!(matches!(
        check(&smallest, &simulations(&[Which::Functional])).unwrap(),
        Verdict::Right(_)
    ));
    assert!(matches!(
        check(&smallest, &right).unwrap(),
        Verdict::Right(_)
    ));
}

#[test]
fn a_board_that_panics_is_a_failure_of_the_case() {
    let case = draw(&mut ChaCha8Rng::seed_from_u64(3), preset("tiny-1").unwrap());
    let verdict = check(&case, &Panicking).unwrap();
    assert!(
        matches!(&verdict, Verdict::Wrong(wrong) if wrong.contains("panicked")),
        "{verdict:?}"
    );
}

/// Opens boards that panic at the first request.
struct Panicking;

struct Panics;

impl Board for Panics {
    fn describe(&self) -> String {
        "panics".into()
    }

    fn request(&mut self, _kind: u8, _payload: &[u8]) -> Result<Reply, BoardError> {
        panic!("as it must");
    }
}

impl Boards for Panicking {
    fn of(&self, _case: &Case) -> Vec<Which> {
        vec![Which::Gateware]
    }

    fn open(&self, _which: Which, _case: &Case) -> Result<Box<dyn Board>, CampaignError> {
        Ok(Box::new(Panics))
    }
}

#[test]
fn cases_are_legal_and_survive_their_file() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case.json");
    let mut random = ChaCha8Rng::seed_from_u64(4);
    let (mut pools, mut others, mut fused) = (0, 0, 0);
    for _ in 0..300 {
        let config = configuration(&mut random);
        config.validate().unwrap();
        let case = draw(&mut random, config);
        assert!(case.is_valid(), "{case:?}");
        for layer in case.network().layers {
            for requant in layer.requant.iter().chain(&layer.unfolded_requant()) {
                requant.validate().unwrap();
            }
            pools += usize::from(!layer.before.is_empty());
            others += usize::from(!layer.window.is_native());
        }
        fused +=
            usize::from(matches!(&case.grouping, Grouping::Groups(groups) if groups.len() > 1));
        case.write(&path).unwrap();
        assert_eq!(Case::read(&path).unwrap(), case);
    }
    assert!(
        pools > 20 && others > 50 && fused > 20,
        "{pools} {others} {fused}"
    );
}

#[test]
fn files_that_are_no_cases_are_refused_with_a_reason() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("case.json");
    let case = draw(&mut ChaCha8Rng::seed_from_u64(5), preset("tiny-1").unwrap());
    let refused = |change: &dyn Fn(&mut Case)| {
        let mut case = case.clone();
        change(&mut case);
        case.write(&path).unwrap();
        Case::read(&path).unwrap_err().to_string()
    };
    assert!(refused(&|c| c.version = 2).contains("version 2, this is 1"));
    assert!(refused(&|c| c.config.lanes = 3).contains("lanes"));
    assert!(refused(&|c| c.stages.clear()).contains("do not fit"));
    assert!(refused(&|c| c.pixels = Filling::Constant(256)).contains("out of its range"));
    assert!(refused(&|c| c.input.height = 0).contains("do not fit"));
    std::fs::write(&path, "{}").unwrap();
    assert!(Case::read(&path)
        .unwrap_err()
        .to_string()
        .contains("missing field"));
    assert!(Case::read(&directory.path().join("none")).is_err());
}

/// Kept cases mean what they meant: their noise must never change. These are SplitMix64's first numbers from 0.
#[test]
fn the_noise_is_what_it_was() {
    let mut case = draw(&mut ChaCha8Rng::seed_from_u64(6), preset("tiny-1").unwrap());
    (case.seed, case.pixels, case.input.width) = (0, Filling::Noise, 3);
    let image = case.image();
    let first: Vec<u8> = image.iter().take(3).copied().collect();
    assert_eq!(first, [0xAF, 0xF4, 0x4F]);
}
