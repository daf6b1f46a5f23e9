use super::*;
use crate::plan::timeline;
use rowfuse_hdl::memory::sdram::LATENCY;
use rowfuse_hdl::system;
use rowfuse_spec::config::preset;
use rowfuse_spec::{End, Load, Tokens};

fn config() -> EngineConfig {
    preset("small-4").unwrap()
}

fn read(address: u32, words: u32) -> Burst {
    Burst {
        address,
        words,
        write: false,
    }
}

#[test]
fn a_burst_takes_what_the_controller_says() {
    let config = config();
    let settings = system::memory(&config);
    let clocks = settings.clocks().unwrap();
    let mut memory = Memory::new(&config).unwrap();
    let [latency, opening] = [settings.read_latency(), clocks.rcd.max(2) - 1].map(u64::from);
    let closed = memory.accept(100, read(0, 8));
    assert_eq!(closed.first, 100 + latency + opening);
    assert_eq!(closed.last, closed.first + 7);
    // Its row is open now.
    let open = memory.accept(130, read(8, 8));
    assert_eq!(open.first, 130 + latency);
    // The next one hides behind it, so its words follow at once.
    let behind = memory.accept(134, read(16, 64));
    assert_eq!(behind.first, open.last + 1);
    // A write waits until the words read are in.
    let write = Burst {
        write: true,
        ..read(24, 4)
    };
    assert_eq!(memory.accept(150, write).first, behind.last + 1);
    assert_eq!(memory.accept(300, write).first, 300 + u64::from(LATENCY));
}

#[test]
fn refreshes_that_are_owed_hold_a_stream_up() {
    let config = config();
    let clocks = system::memory(&config).clocks().unwrap();
    let mut memory = Memory::new(&config).unwrap();
    let (mut at, mut words, mut last) = (1, 0, 0);
    while last < 100_000 {
        let served = memory.accept(at, read(words, 64));
        (words, last) = (words + 64, served.last);
        at = memory.free_from();
    }
    let idle = last - u64::from(words);
    let refreshes = last / u64::from(clocks.refresh_interval());
    let least = refreshes * u64::from(clocks.rfc);
    assert!(
        (least..3 * least).contains(&idle),
        "{idle}, at least {least}"
    );
}

#[test]
fn what_waits_for_ever_has_no_time_and_all_else_is_near_the_fluid_model() {
    let config = config();
    let play = |wait| {
        let load = Load {
            header: Tokens::new(wait, 0),
            sub_rows: 8,
            groups: 4,
            sub_cols: 20,
            ..Load::default()
        };
        let program = Program {
            commands: vec![Command::Load(load), Command::End(End::default())],
            stages: vec![0, 0],
        };
        let fluid = timeline::play(&program, 1, &config);
        (replay(&program, 0, 1, &config), fluid)
    };
    assert_eq!(play(1).0, None);
    let (burst_by_burst, fluid) = play(0);
    let ratio = burst_by_burst.unwrap()[0].cycles / fluid.unwrap()[0].cycles;
    assert!((0.97..1.03).contains(&ratio), "{ratio}");
}
