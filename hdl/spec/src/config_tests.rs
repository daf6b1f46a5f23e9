use super::*;
use proptest::prelude::*;

fn change(edit: impl FnOnce(&mut EngineConfig)) -> EngineConfig {
    let mut config = preset("ulx3s-85f").unwrap();
    edit(&mut config);
    config
}

#[test]
fn presets_are_legal_and_distinct() {
    let all = presets();
    for (place, config) in all.iter().enumerate() {
        assert_eq!(config.validate(), Ok(()), "{}", config.name);
        assert_eq!(&preset(&config.name).unwrap(), config);
        assert_eq!(config.memory_words() * 2, config.memory_bytes);
        assert!(all[..place].iter().all(|other| other.id() != config.id()));
    }
}

#[test]
fn every_preset_is_of_its_family() {
    let families = presets().into_iter().map(|config| {
        let family = config.device.family();
        (config.name, family)
    });
    for (name, family) in families {
        let expected = match &name {
            name if name.starts_with("ulx3s") => Family::Ecp5,
            name if name.starts_with("xem7010") => Family::Artix7,
            _ => Family::Simulation,
        };
        assert_eq!(family, expected, "{name}");
    }
}

#[test]
fn resources_of_the_boards() {
    let big = preset("ulx3s-85f").unwrap();
    assert_eq!(
        (big.dsp_needed(), big.ebr_needed(), big.lane_slices()),
        (152, 170, 4)
    );
    assert!(!big.requantiser_in_luts());
    let middle = preset("ulx3s-45f").unwrap();
    assert_eq!(
        (
            middle.dsp_needed(),
            middle.ebr_needed(),
            middle.lane_slices()
        ),
        (72, 89, 2)
    );
    assert!(middle.requantiser_in_luts());
    let needs = |name: &str| {
        let config = preset(name).unwrap();
        assert!(!config.requantiser_in_luts(), "{name}");
        (config.dsp_needed(), config.ebr_needed())
    };
    assert_eq!(needs("xem7010-a50"), (80, 89));
    assert_eq!(needs("xem7010-a200"), (152, 170));
    let words: Vec<u32> = ["tiny-1", "small-2", "small-4"]
        .iter()
        .map(|n| preset(n).unwrap().entry_words())
        .collect();
    assert_eq!(words, [5, 9, 18]);
    assert!(!preset("small-2").unwrap().requantiser_in_luts());
    // As many multipliers as there are.
    let mut exact = preset("small-2").unwrap();
    exact.device.dsp = 2 * DSP_PER_LANE + DSP_REQUANTISER;
    assert!(!exact.requantiser_in_luts());
}

#[test]
fn every_illegal_configuration_has_its_sentence() {
    let cases: Vec<(EngineConfig, &str)> = vec![
        (
            change(|c| c.lanes = 3),
            "3 lanes are not possible: the engine has 1, 2 or 4 output-channel lanes",
        ),
        (
            change(|c| c.lanes = 0),
            "0 lanes are not possible: the engine has 1, 2 or 4 output-channel lanes",
        ),
        (
            change(|c| c.lanes = 8),
            "8 lanes are not possible: the engine has 1, 2 or 4 output-channel lanes",
        ),
        (
            change(|c| c.lane_depth = 1000),
            "lane_depth is 1000, but must be a power of two from 256 to 8192",
        ),
        (
            change(|c| c.lane_depth = 128),
            "lane_depth is 128, but must be a power of two from 256 to 8192",
        ),
        (
            change(|c| c.lane_depth = 16384),
            "lane_depth is 16384, but must be a power of two from 256 to 8192",
        ),
        (
            change(|c| c.weight_depth = 32),
            "weight_depth is 32, but must be a power of two from 64 to 1024",
        ),
        (
            change(|c| c.weight_depth = 2048),
            "weight_depth is 2048, but must be a power of two from 64 to 1024",
        ),
        (
            change(|c| c.parameter_depth = 0),
            "parameter_depth is 0, but must be a power of two from 64 to 1024",
        ),
        (
            change(|c| c.parameter_depth = 96),
            "parameter_depth is 96, but must be a power of two from 64 to 1024",
        ),
        (
            change(|c| c.clock_mhz = 0),
            "clock_mhz is 0, but must be from 1 to 250",
        ),
        (
            change(|c| c.clock_mhz = 251),
            "clock_mhz is 251, but must be from 1 to 250",
        ),
        (
            change(|c| c.memory_bytes = 1 << 26),
            "memory_bytes is 67108864, but must be a multiple of 1024 from 65536 to 33554432",
        ),
        (
            change(|c| c.memory_bytes = 65_537),
            "memory_bytes is 65537, but must be a multiple of 1024 from 65536 to 33554432",
        ),
        (
            change(|c| c.memory_bytes = 1024),
            "memory_bytes is 1024, but must be a multiple of 1024 from 65536 to 33554432",
        ),
        (
            change(|c| c.device = Device::lfe5u_45f()),
            "the configuration needs 152 multipliers, but LFE5U-45F has 72",
        ),
        (
            change(|c| {
                c.device = Device::lfe5u_45f();
                c.lanes = 2
            }),
            "the configuration needs 161 block memories, but LFE5U-45F has 108",
        ),
        (
            change(|c| c.name = String::new()),
            "the configuration needs a name of 1 to 32 letters, digits or hyphens, not ''",
        ),
        (
            change(|c| c.name = "../x".into()),
            "the configuration needs a name of 1 to 32 letters, digits or hyphens, not '../x'",
        ),
    ];
    for (config, sentence) in cases {
        assert_eq!(config.validate().unwrap_err().to_string(), sentence);
    }
    assert_eq!(
        preset("ulx4").unwrap_err().to_string(),
        "there is no configuration 'ulx4'; there are: ulx3s-85f, ulx3s-45f, xem7010-a50, xem7010-a200, small-4, small-2, tiny-1"
    );
}

#[test]
fn id_depends_on_what_a_program_depends_on() {
    let base = preset("ulx3s-85f").unwrap().id();
    assert_eq!(change(|c| c.name = "other".into()).id(), base);
    assert_eq!(change(|c| c.device = Device::simulation()).id(), base);
    for other in [
        change(|c| c.lanes = 2),
        change(|c| c.lane_depth = 4096),
        change(|c| c.weight_depth = 512),
        change(|c| c.parameter_depth = 512),
        change(|c| c.clock_mhz = 61),
        change(|c| c.memory_bytes = 1 << 24),
    ] {
        assert_ne!(other.id(), base);
    }
}

fn size() -> impl Strategy<Value = u32> {
    prop_oneof![8 => (5u32..15).prop_map(|bits| 1 << bits), 1 => 0u32..20_000]
}

proptest! {
    #[test]
    fn legal_exactly_if_in_range(lanes in 0u32..9, lane in size(), weight in size(), table in size()) {
        let config = EngineConfig {
            lanes, lane_depth: lane, weight_depth: weight, parameter_depth: table,
            ..preset("small-4").unwrap()
        };
        let legal = matches!(lanes, 1 | 2 | 4)
            && [256, 512, 1024, 2048, 4096, 8192].contains(&lane)
            && [64, 128, 256, 512, 1024].contains(&weight)
            && [64, 128, 256, 512, 1024].contains(&table);
        prop_assert_eq!(config.validate().is_ok(), legal);
    }
}
