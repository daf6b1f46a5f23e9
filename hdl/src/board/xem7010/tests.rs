use std::collections::HashSet;

use rowfuse_spec::config::{preset, presets, Device};

use super::*;

fn modules() -> [&'static Xem7010; 2] {
    ["xem7010-a50", "xem7010-a200"].map(|name| Xem7010::of(&preset(name).unwrap()).unwrap())
}

#[test]
fn every_bit_has_a_pin_of_its_own() {
    let ports = PORTS.iter().chain(&MEMORY_PORTS);
    let bits: usize = ports.clone().map(|port| port.sites.len()).sum();
    let sites: HashSet<&str> = ports.flat_map(|port| port.sites).copied().collect();
    assert_eq!((bits, sites.len()), (38 + 48, 38 + 48));
}

#[test]
fn modules_are_found_by_their_device_at_their_clock() {
    let names = modules().map(|module| (module.name, module.part));
    assert_eq!(
        names,
        [
            ("XEM7010-A50", "xc7a50tfgg484-1"),
            ("XEM7010-A200", "xc7a200tfbg484-1")
        ]
    );
    let found = presets()
        .iter()
        .filter(|config| Xem7010::of(config).is_some())
        .count();
    assert_eq!(found, 2);
    let mut config = preset("xem7010-a50").unwrap();
    config.clock_mhz = 90;
    assert_eq!(Xem7010::of(&config), None);
    config = preset("small-2").unwrap();
    assert_eq!(Xem7010::of(&config), None);
    config.device = Device::xc7a50t();
    assert!(Xem7010::of(&config).is_some());
}

#[test]
fn constraints_have_pins_clocks_and_the_host_interfaces_timing() {
    let text = modules()[0].constraints();
    let count = |word: &str| text.matches(word).count();
    assert_eq!(count("PACKAGE_PIN"), 38);
    assert_eq!(
        (count("set_input_delay"), count("set_output_delay")),
        (4, 2)
    );
    for line in [
        "set_property -dict {PACKAGE_PIN K4 IOSTANDARD LVDS_25} [get_ports {sys_clk_p}]",
        "set_property -dict {PACKAGE_PIN P22 IOSTANDARD LVCMOS33} [get_ports {hi_inout[15]}]",
        "create_clock -name sys_clk -period 5.000 [get_ports sys_clk_p]",
        "create_clock -name okHostClk -period 20.83 [get_ports {hi_in[0]}]",
        "set_output_delay -add_delay -clock okHostClk 8.9 [get_ports {hi_out[0] hi_out[1]}]",
    ] {
        assert!(text.lines().any(|found| found == line), "{line}\n{text}");
    }
    // The clock itself is no input that is sampled.
    let sampled = text.lines().find(|line| line.contains("6.7")).unwrap();
    assert!(sampled.contains("hi_in[1]") && !sampled.contains("hi_in[0]"));
    assert_eq!(
        count("set_max_delay -datapath_only"),
        crate::link::opal_kelly::CROSSINGS.len()
    );
}

#[test]
fn the_memory_project_has_all_pins_and_the_module() {
    for (module, part) in modules()
        .into_iter()
        .zip(["xc7a50t-fgg484/-1", "xc7a200t-fbg484/-1"])
    {
        let text = module.memory_project();
        assert!(!text.contains('@'), "a place was not filled");
        assert_eq!(text.matches("PADName=").count(), 48 + 1 + 3);
        for part in [
            format!("<TargetFPGA>{part}</TargetFPGA>"),
            "<ModuleName>mig7</ModuleName>".into(),
            "PADName=\"T1\" SLEW=\"\" name=\"ddr3_dq[14]\"".into(),
            "PADName=\"R4\" SLEW=\"\" name=\"ddr3_cke[0]\"".into(),
            "PADName=\"V5\" SLEW=\"\" name=\"ddr3_ras_n\"".into(),
            "<MemoryDevice>DDR3_SDRAM/Components/MT41K256M16XX-125</MemoryDevice>".into(),
            "<TimePeriod>2500</TimePeriod>".into(),
            "<Ordering>Strict</Ordering>".into(),
        ] {
            assert!(text.contains(&part), "{part}");
        }
        // Every element is closed.
        let open = text.matches('<').count() - text.matches("<?").count();
        let closed = text.matches("</").count() * 2 + text.matches("/>").count();
        assert_eq!(open, closed);
    }
}

#[test]
fn the_build_script_names_part_and_files_and_stops_without_timing() {
    let text = modules()[1].build_script();
    assert!(text.contains("set part xc7a200tfbg484-1\n"));
    assert!(HDL_FILES.iter().all(|file| text.contains(file)));
    let (timing, bitstream) = (text.find("$slack < 0"), text.find("write_bitstream"));
    assert!(timing.unwrap() < bitstream.unwrap());
    assert!(!text.contains("@NAME@") && !text.contains("@PART@") && !text.contains("@FILES@"));
    let [open, close] = ['{', '}'].map(|brace| text.matches(brace).count());
    assert_eq!(open, close);
}
