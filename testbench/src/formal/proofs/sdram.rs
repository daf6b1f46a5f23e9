//! The memory controller's commands at the chip's pins.

use crate::formal::{FormalError, Method, Mutant, Proof, Source};
use rowfuse_hdl::memory::sdram::{
    SdramClocks, SdramController, SdramSettings, AS4C16M16SA_7, MAX_POSTPONED,
};
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

/// The fastest clock of the part, at which every wait counts, set up quickly and with the shortest refresh interval: where mutants are looked for.
fn short() -> SdramSettings {
    let mut settings = SdramSettings::new(AS4C16M16SA_7, FASTEST_MHZ);
    settings.timing.power_up_ns = 100;
    settings.timing.initial_refreshes = 2;
    settings.timing.mrd_clocks = 4;
    settings.timing.refresh_period_ns =
        (SHORTEST_INTERVAL * REFRESHES).div_ceil(u64::from(FASTEST_MHZ)) * 1000;
    settings
}

const FASTEST_MHZ: u32 = AS4C16M16SA_7.max_mhz_cl3;
/// The least that the controller takes.
const SHORTEST_INTERVAL: u64 = 300;
const REFRESHES: u64 = (AS4C16M16SA_7.refreshes + MAX_POSTPONED) as u64;
/// A clock of it in nanoseconds.
const CLOCK_NS: u64 = 1000 / FASTEST_MHZ as u64 + 1;

type Change = (&'static str, fn(&mut SdramSettings));

/// A wait too short each, and other settings that are wrong. The waits at power-up and for the mode register have a clock or more to spare. With tRAS and
/// tRC a clock too short no counterexample was found in 80 cycles: the fault in the text that forgets both altogether stands for them.
const WRONG_SETTINGS: [Change; 8] = [
    ("tRCD is a clock too short", |s| s.timing.rcd_ns -= CLOCK_NS),
    ("tRP is a clock too short", |s| s.timing.rp_ns -= CLOCK_NS),
    ("tWR is a clock too short", |s| s.timing.wr_ns -= CLOCK_NS),
    ("tRFC is a clock too short", |s| s.timing.rfc_ns -= CLOCK_NS),
    ("tMRD is two clocks too short", |s| s.timing.mrd_clocks -= 2),
    ("the power-up wait is half of what it must be", |s| {
        s.timing.power_up_ns /= 2;
    }),
    ("a refresh is missing before the first access", |s| {
        s.timing.initial_refreshes -= 1;
    }),
    ("the mode register has another CAS latency", |s| {
        s.timing.max_mhz_cl2 = FASTEST_MHZ;
        s.cas_latency = 2;
    }),
];

/// Faults of the text, found soon.
const WRONG_TEXT: [(&str, &str, &str); 4] = [
    (
        "the refresh timer stands still while words move",
        "refresh$enable = set_up$q;",
        "refresh$enable = set_up$q & ~active;",
    ),
    (
        "a bank in use is closed",
        "in_use = banks$held | (active & (column_bank$q == bank_now));",
        "in_use = banks$held;",
    ),
    (
        "a word is written while words are on their way here",
        "fire_write = writing$q & ~slot$q & ~back$busy;",
        "fire_write = writing$q & ~slot$q;",
    ),
    (
        "a row is closed before its time",
        "in_use = banks$held | (active & (column_bank$q == bank_now));",
        "in_use = active & (column_bank$q == bank_now);",
    ),
];

fn mutants() -> Result<Vec<Mutant>, String> {
    let right = short();
    let clocks = right.clocks().map_err(|error| error.to_string())?;
    let mut mutants = Vec::new();
    for (what, change) in WRONG_SETTINGS {
        let mut built = right.clone();
        change(&mut built);
        let source = source(&built, &clocks)?;
        mutants.push(Mutant::Built {
            what,
            source,
            cycles: 80,
        });
    }
    for (what, from, to) in WRONG_TEXT {
        mutants.push(Mutant::Text { what, from, to });
    }
    Ok(mutants)
}

fn proof(
    name: &'static str,
    settings: &SdramSettings,
    mutants: Vec<Mutant>,
) -> Result<Proof, String> {
    let clocks = settings.clocks().map_err(|error| error.to_string())?;
    let short = short();
    let short_clocks = short.clocks().map_err(|error| error.to_string())?;
    Ok(Proof {
        name,
        claim:
            "Whatever is asked for, the commands at the memory chip's pins keep all of its timing.",
        file: "sdram.v",
        // As far back as the longest wait and the way to the pins reach.
        method: Method::Induction {
            k: clocks.rc.max(clocks.rfc) + 2,
        },
        search: 80,
        quick: false,
        source: source(settings, &clocks)?,
        small: Some(source(&short, &short_clocks)?),
        mutants,
    })
}

/// As the bitstreams have it, and at the fastest clock.
fn list() -> Result<Vec<Proof>, String> {
    let config = |name| preset(name).map_err(|error| error.to_string());
    let mut fast = SdramSettings::new(AS4C16M16SA_7, FASTEST_MHZ);
    fast.pin_registers = true;
    let few = || mutants().map(|all| all.into_iter().take(2).collect());
    Ok(vec![
        proof(
            "sdram-90",
            &system::memory(&config("ulx3s-85f")?),
            mutants()?,
        )?,
        proof("sdram-80", &system::memory(&config("ulx3s-45f")?), few()?)?,
        proof("sdram-143", &fast, few()?)?,
    ])
}

/// All clocks.
pub fn all() -> Result<Vec<Proof>, FormalError> {
    list().map_err(|reason| FormalError::Build {
        proof: "sdram",
        reason,
    })
}
