//! `rowfuse selftest`: random small networks on a board against the golden model.

use super::outcome::Outcome;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use rowfuse::network::Shape;
use rowfuse::plan::{self, testing, PlanOptions};
use serde_json::json;

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse selftest --board functional --cases 3 --seed 7";

/// Arguments of `selftest`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Selftest {
    /// Networks to run
    #[arg(long, value_name = "COUNT", default_value_t = 5)]
    cases: u32,
}

impl Selftest {
    /// Runs the cases; the first value that differs ends it.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        let config = context.config()?;
        let seed = context.common.seed;
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        let mut rows = table([
            "case",
            "input",
            "convolutions",
            "values",
            "differ",
            "cycles",
        ]);
        let mut values = Vec::new();
        for case in 0..self.cases {
            let input = Shape {
                channels: random.gen_range(1..5),
                height: random.gen_range(8..24),
                width: random.gen_range(8..24),
            };
            let convs: Vec<(usize, bool)> = (0..random.gen_range(1..4))
                .map(|_| (random.gen_range(1..17), random.gen_bool(0.3)))
                .collect();
            let case_seed = random.gen();
            let network = testing::random(input, &convs, case_seed);
            let plan = plan::plan(&network, &config, &PlanOptions::default())?;
            let image = testing::image(input, case_seed);
            let outcome = Outcome::of(context, context.kind(), &network, &plan, &image)?;
            outcome.check()?;
            let compared: u64 = outcome.run.groups.iter().map(|group| group.values).sum();
            let shape = format!("{}×{}×{}", input.channels, input.height, input.width);
            let cycles = outcome.run.cycles();
            rows.add_row([
                (case + 1).to_string(),
                shape.clone(),
                format!("{convs:?}"),
                compared.to_string(),
                "0".into(),
                cycles.map_or("-".into(), |n| n.to_string()),
            ]);
            values.push(json!({
                "input": shape, "convolutions": convs, "values": compared, "mismatches": 0, "cycles": cycles,
                "predicted_cycles": outcome.run.predicted_cycles(),
            }));
        }
        Ok(Report {
            text: format!(
                "{rows}\n{} cases on {}, seed {seed}: 0 mismatches",
                self.cases,
                context.kind().name()
            ),
            result: json!({ "board": context.kind().name(), "config": config, "seed": seed, "cases": values }),
        })
    }
}
