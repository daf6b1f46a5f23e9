use super::*;
use crate::plan::timeline;
use rowfuse_hdl::memory::ddr3::{Ddr3Timing, LATENCY as DDR3_LATENCY};
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
fn a_burst_takes_what_the_adapter_of_a_ddr3_says() {
    let config = preset("xem7010-a50").unwrap();
    let timing = Ddr3Timing::assumed(config.clock_mhz);
    let mut memory = Memory::new(&config).unwrap();
    let latency = u64::from(timing.first_word());
    let alone = memory.accept(100, read(3, 20));
    assert_eq!(
        (alone.first, alone.last),
        (100 + latency, 100 + latency + 19)
    );
    // The next one's words follow at once.
    let behind = memory.accept(102, read(64, 72));
    assert_eq!(
        (behind.first, behind.last),
        (alone.last + 1, alone.last + 72)
    );
    // A write waits until the words read are in, and a read until what is written has been taken.
    let write = Burst {
        write: true,
        ..read(24, 4)
    };
    let written = memory.accept(110, write);
    assert_eq!(
        (written.first, written.last),
        (behind.last + 1, behind.last + 4)
    );
    let after = memory.accept(behind.last + 2, read(0, 8));
    assert_eq!(
        after.first,
        written.last + 3 + latency - u64::from(DDR3_LATENCY)
    );
    // Words of their own lines take three clocks each.
    let scattered = [400, 401, 402].map(|at| memory.accept(at, Burst { words: 1, ..write }).last);
    assert_eq!(scattered, [402, 405, 408]);
    // What comes in a refresh waits for its end.
    let interval = u64::from(timing.refresh_interval);
    let held = memory.accept(2 * interval - 20, read(0, 8));
    assert_eq!(held.first, 2 * interval + latency - u64::from(DDR3_LATENCY));
}

#[test]
fn a_ddr3s_next_lines_are_asked_for_behind_the_last_ones() {
    let mut ddr3 = ddr3::Ddr3::new(Ddr3Timing::assumed(100));
    ddr3.accept(100, read(0, 72));
    assert_eq!(ddr3.free_from(), 102);
    // Nine lines, from cycle 102 on.
    ddr3.accept(102, read(72, 8));
    assert_eq!(ddr3.free_from(), 111);
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
