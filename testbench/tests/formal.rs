//! The proofs that take seconds; `scripts/formal` runs all.
use rowfuse_testbench::formal::{proofs, run, table, FormalError, Tools};

/// Environment variable that turns "the tools are missing" from a skipped test into a failure.
const REQUIRE_YOSYS: &str = "ROWFUSE_REQUIRE_YOSYS";

#[test]
fn quick_proofs_pass() {
    let tools = match Tools::find() {
        Ok(tools) => tools,
        Err(error @ FormalError::Missing { .. }) => {
            let required = std::env::var(REQUIRE_YOSYS).is_ok_and(|value| value == "1");
            assert!(!required, "{error}");
            eprintln!("skipped: {error}");
            return;
        }
        Err(error) => panic!("{error}"),
    };
    let proofs = proofs::all().expect("designs that build");
    let quick = proofs.iter().filter(|proof| proof.quick);
    let reports: Vec<_> = quick
        .map(|proof| run(&tools, proof).unwrap_or_else(|error| panic!("{error}")))
        .collect();
    assert!(reports.len() > 3);
    for report in &reports {
        assert!(report.passed(), "{}", table(&reports));
    }
}

#[test]
fn a_name_that_is_unknown_is_refused() {
    let error = proofs::named(&["no-such-proof".into()]).err();
    assert!(matches!(error, Some(FormalError::Unknown { .. })));
}
