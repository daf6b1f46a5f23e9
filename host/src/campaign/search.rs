//! Draws and checks cases until the time is over or one fails.

use std::path::PathBuf;
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse_spec::EngineConfig;
use serde::Serialize;

use super::check::{check, Boards, Figures, Verdict};
use super::draw::{configuration, draw};
use super::error::CampaignError;
use super::shrink::shrink;
use super::Case;

/// Most cases that are tried to make a failing one smaller.
const SHRINK_BUDGET: usize = 400;

/// What to search for, and how long.
#[derive(Clone, Debug)]
pub struct Search {
    /// Where all cases come from: the same seed draws the same ones in the same order.
    pub seed: u64,
    /// Ends behind so many cases, however little time has passed.
    pub cases: Option<u64>,
    /// Ends behind so much time.
    pub time: Duration,
    /// Engines for three of four cases; the others' are drawn.
    pub configs: Vec<EngineConfig>,
    /// Where a failing case is written.
    pub directory: PathBuf,
}

/// What came of a search.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Summary {
    /// The seed.
    pub seed: u64,
    /// Networks that were run.
    pub networks: u64,
    /// Networks that the planner refused, as too large for their engine.
    pub refused: u64,
    /// Engines that were not among those given.
    pub drawn_configurations: u64,
    /// What was compared.
    pub figures: Figures,
    /// The first case that failed, what was wrong, and where its smallest form is.
    pub failure: Option<(String, PathBuf)>,
}

/// Searches; the first failing case ends it. `each` hears of every case and may end it as well.
///
/// # Errors
/// If a board cannot be opened or a failing case cannot be written.
pub fn search(
    search: &Search,
    boards: &dyn Boards,
    each: &mut dyn FnMut(&Summary, &Case) -> bool,
) -> Result<Summary, CampaignError> {
    let mut random = ChaCha8Rng::seed_from_u64(search.seed);
    let mut summary = Summary {
        seed: search.seed,
        ..Summary::default()
    };
    let began = Instant::now();
    for number in 0..search.cases.unwrap_or(u64::MAX) {
        if began.elapsed() >= search.time {
            break;
        }
        // A generator for each case: a case does not depend on what the others before it needed.
        let mut of_case = ChaCha8Rng::seed_from_u64(random.gen());
        let known = !search.configs.is_empty() && of_case.gen_bool(0.75);
        let config = match known {
            true => search.configs[of_case.gen_range(0..search.configs.len())].clone(),
            false => configuration(&mut of_case),
        };
        let mut case = draw(&mut of_case, config);
        match check(&case, boards)? {
            Verdict::Right(figures) => {
                summary.networks += 1;
                summary.drawn_configurations += u64::from(!known);
                summary.figures += &figures;
            }
            Verdict::Refused(_) => summary.refused += 1,
            Verdict::Wrong(wrong) => {
                let name = format!("seed-{}-case-{number}.json", search.seed);
                let path = search.directory.join(name);
                case.why.clone_from(&wrong);
                keep(&case, boards, &path)?;
                summary.failure = Some((wrong, path));
                return Ok(summary);
            }
        }
        if !each(&summary, &case) {
            break;
        }
    }
    Ok(summary)
}

/// Writes the case, then its smallest form over it: whoever interrupts the shrinking has the case.
fn keep(case: &Case, boards: &dyn Boards, path: &std::path::Path) -> Result<(), CampaignError> {
    case.write(path)?;
    let mut fails = |candidate: &Case| matches!(check(candidate, boards), Ok(Verdict::Wrong(_)));
    let mut smallest = shrink(case, SHRINK_BUDGET, &mut fails);
    if let Verdict::Wrong(wrong) = check(&smallest, boards)? {
        smallest.why = wrong;
    }
    smallest.write(path)
}
