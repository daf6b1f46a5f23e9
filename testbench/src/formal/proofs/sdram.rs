//! The memory controller's commands at the chip's pins.

use crate::formal::{FormalError, Method, Mutant, Proof, Source};
use rowfuse_hdl::memory::sdram::{SdramClocks, SdramController, SdramSettings, MAX_POSTPONED};
use rowfuse_hdl::system;
use rowfuse_spec::config::preset;

/// More than any wait of the rules.
const LONG: u32 = 15;

/// A controller for `built` under the rules for `clocks`.
fn source(built: &SdramSettings, clocks: &SdramClocks) -> Result<Source, String> {
    let controller = SdramController::new(built).map_err(|error| error.to_string())?;
    let interval = clocks.refresh_interval();
    // The refresh after those made and those that may be owed is due; and any `refreshes` of them lie within the period.
    let owed = (1 + MAX_POSTPONED) * clocks.refresh_period / clocks.refreshes;
    let late = owed.min(clocks.refresh_period - clocks.refreshes * interval);
    let figures = [
        ("POWER_UP", clocks.power_up),
        ("INITIAL", clocks.initial_refreshes),
        ("RCD", clocks.rcd),
        ("RP", clocks.rp),
        ("RAS", clocks.ras),
        ("RC", clocks.rc),
        ("RRD", clocks.rrd),
        ("WR", clocks.wr),
        ("RFC", clocks.rfc),
        ("MRD", clocks.mrd),
        ("MODE", clocks.mode_register().into()),
        ("CL", clocks.cas_latency),
        ("LONG", LONG),
        ("INTERVAL", interval),
        ("LATE", late),
        ("RAS_MAX", clocks.ras_max),
    ];
    let source = Source::new(controller, include_str!("../../../formal/sdram.v"));
    Ok(figures
        .into_iter()
        .fold(source, |source, (name, value)| source.with(name, value)))
}

fn proof(name: &'static str, configuration: &str) -> Result<Proof, String> {
    let config = preset(configuration).map_err(|error| error.to_string())?;
    let settings = system::memory(&config);
    let clocks = settings.clocks().map_err(|error| error.to_string())?;
    // Quick to set up, with the same rules otherwise.
    let mut short = settings.clone();
    short.timing.power_up_ns = 100;
    short.timing.initial_refreshes = 2;
    let short_clocks = short.clocks().map_err(|error| error.to_string())?;
    // A clock less in nanoseconds, for the rule of that name.
    let clock = 1000_u64.div_ceil(config.clock_mhz.into());
    let wrong = |what, change: &dyn Fn(&mut SdramSettings)| -> Result<Mutant, String> {
        let mut built = short.clone();
        change(&mut built);
        let source = source(&built, &short_clocks)?;
        Ok(Mutant::Built { what, source })
    };
    let mutants = vec![
        wrong("tRCD is a clock too short", &|s| s.timing.rcd_ns -= clock)?,
        wrong("tRP is a clock too short", &|s| s.timing.rp_ns -= clock)?,
        wrong("tRAS and tRC are a clock too short", &|s| {
            s.timing.ras_ns -= clock;
            s.timing.rc_ns -= clock;
        })?,
        wrong("tWR is a clock too short", &|s| s.timing.wr_ns -= clock)?,
        wrong("tRFC is a clock too short", &|s| s.timing.rfc_ns -= clock)?,
        wrong("tMRD is a clock too short", &|s| s.timing.mrd_clocks -= 1)?,
        wrong("the power-up wait is a clock too short", &|s| {
            s.timing.power_up_ns -= clock;
        })?,
        wrong("a refresh is missing before the first access", &|s| {
            s.timing.initial_refreshes -= 1;
        })?,
        wrong("the mode register has another CAS latency", &|s| s.cas_latency = 3)?,
        Mutant::Text {
            what: "a bank in use is closed",
            from: "in_use = banks$held | (active & (column_bank$q == bank_now));",
            to: "in_use = banks$held;",
        },
        Mutant::Text {
            what: "refreshes do not wait for rows that were just opened",
            from: "at_rest = ~banks$any_held & ~active;",
            to: "at_rest = ~active;",
        },
        Mutant::Text {
            what: "a word is written while words are on their way here",
            from: "fire_write = writing$q & ~slot$q & ~back$busy;",
            to: "fire_write = writing$q & ~slot$q;",
        },
    ];
    Ok(Proof {
        name,
        claim: "Whatever is asked for, the commands at the memory chip's pins keep all of its timing.",
        file: "sdram.v",
        method: Method::Induction { k: 8 },
        search: 60,
        quick: false,
        source: source(&settings, &clocks)?,
        small: Some(source(&short, &short_clocks)?),
        mutants,
    })
}

/// As the bitstreams have it.
pub fn all() -> Result<Vec<Proof>, FormalError> {
    [("sdram-90", "ulx3s-85f"), ("sdram-80", "ulx3s-45f")]
        .into_iter()
        .map(|(name, configuration)| {
            proof(name, configuration).map_err(|reason| FormalError::Build { proof: name, reason })
        })
        .collect()
}
