//! The floorplan reaches the Verilog, where it exists, and nothing else does.
#![allow(clippy::unwrap_used)]

use std::collections::HashSet;

use rowfuse_hdl::dataflow::{Graph, Range};
use rowfuse_hdl::system::System;
use rowfuse_spec::config::preset;

fn sites(config: &str) -> Vec<String> {
    let verilog = System::verilog(&preset(config).unwrap()).unwrap();
    let lines = verilog
        .lines()
        .filter_map(|line| line.trim().strip_prefix("#(.SITE(\""));
    lines
        .map(|rest| rest.trim_end_matches("\"))").to_owned())
        .collect()
}

#[test]
fn each_multiplier_of_the_array_has_its_own_site() {
    for (config, count) in [
        ("ulx3s-85f", 144),
        ("ulx3s-45f", 72),
        ("xem7010-a50", 0),
        ("small-4", 0),
    ] {
        let sites = sites(config);
        assert_eq!(sites.len(), count, "{config}");
        let distinct: HashSet<&String> = sites.iter().collect();
        assert_eq!(distinct.len(), count, "{config}");
    }
}

#[test]
fn only_products_have_sites() {
    let mut g = Graph::new("sites");
    let a = g.input("a", Range::signed(8));
    let product = g.mul(a, a);
    g.locate(product, "X4/Y10/MULT18_0");
    let three = g.constant(3);
    // Folded away: there is nothing to place.
    g.locate(three, "X5/Y10/MULT18_1");
    assert!(g.error().is_none());
    g.output("p", product);
    let verilog = g.clone().finish().unwrap().verilog_module();
    assert_eq!(verilog.matches("SITE").count(), 1);
    let sum = g.add(a, three);
    g.locate(sum, "X8/Y10/MULT18_4");
    let error = g.finish().unwrap_err().to_string();
    assert!(error.contains("X8/Y10/MULT18_4"), "{error}");
}

/// A design for Artix-7 names no cell of the ECP5, nor a place on it.
#[cfg(feature = "opal-kelly")]
#[test]
fn an_artix_gets_its_own_cells() {
    use rowfuse_hdl::top::opal_kelly::OkTop;
    // A whole design is a value of megabytes.
    let emit = || OkTop::verilog(&preset("xem7010-a50").unwrap()).unwrap();
    let thread = std::thread::Builder::new().stack_size(256 << 20);
    let verilog = thread.spawn(emit).unwrap().join().unwrap();
    for cell in ["DSP48E1", "FDRE", "mig7", "okHost"] {
        assert!(verilog.contains(cell), "{cell}");
    }
    for cell in [
        "TRELLIS",
        "MULT18X18D",
        "DP16KD",
        "EHXPLLL",
        "DCCA",
        "ODDRX1F",
        "SITE",
        "BEL",
    ] {
        assert!(!verilog.contains(cell), "{cell}");
    }
}
