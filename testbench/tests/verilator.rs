//! Compiling and running Verilog from Rust. Without Verilator each test says that it is skipped, unless
//! `ROWFUSE_REQUIRE_VERILATOR` is 1.

use rowfuse_testbench::dut::REQUIRE_VERILATOR;
use rowfuse_testbench::verilator::{Design, Model, Port, Progress, Toolchain, VerilatorError};

/// A register that adds its input each cycle, and the sum it will hold next.
const ACCUMULATE: &str = "
module top(input wire clock, input wire [39:0] a$in, output reg [39:0] q, output wire [99:0] next);
  initial q = 5;
`ifdef NEGATE
  assign next = q - a$in;
`else
  assign next = {60'd3, q + a$in};
`endif
  always @(posedge clock) q <= next[39:0];
endmodule";

fn ports() -> Vec<Port> {
    vec![
        Port::clock("clock"),
        Port::input("a$in", 40),
        Port::output("q", 40),
        Port::output("next", 100),
    ]
}

/// The tools, or nothing with a note where they may be missing.
fn tools() -> Option<Toolchain> {
    match Toolchain::find() {
        Ok(tools) => Some(tools),
        Err(error) if std::env::var(REQUIRE_VERILATOR).is_ok_and(|value| value == "1") => {
            panic!("{error}")
        }
        Err(error) => {
            assert!(error.is_missing_tool(), "{error}");
            eprintln!("skipped: {error}");
            None
        }
    }
}

fn build(tools: &Toolchain, design: &Design) -> Result<Model, VerilatorError> {
    Model::from_design(tools, design, &mut |_| {})
}

#[test]
fn cycles_settling_and_batches_agree() {
    let Some(tools) = tools() else { return };
    let design = Design::new("accumulate", ACCUMULATE, "top", &ports());
    let mut model = build(&tools, &design).expect("builds");
    let mut other = build(&tools, &design).expect("builds");
    let big = (1 << 40) - 2;
    model.set("a$in", big).expect("an input");
    model.settle();
    assert_eq!(
        model.get("q").expect("an output"),
        5,
        "settling is no clock edge"
    );
    assert_eq!(model.get("next").expect("an output"), 3 << 40 | 3);
    model.cycle();
    assert_eq!(
        model.get("q").expect("an output"),
        5,
        "outputs are those before the edge"
    );
    model.cycle();
    assert_eq!(model.get("q").expect("an output"), 3);

    let inputs: Vec<u32> = (0..100)
        .flat_map(|cycle: u32| [cycle.wrapping_mul(77_777_777), cycle])
        .collect();
    let mut outputs = vec![0; 100 * other.output_words()];
    other.run(100, &inputs, &mut outputs);
    let mut sum = 5_u64;
    let q = other.output("q").expect("an output");
    for (input, record) in inputs.chunks(2).zip(outputs.chunks(other.output_words())) {
        assert_eq!(
            q.read(record),
            sum,
            "the first model does not disturb the second"
        );
        sum += u64::from(input[0]) | u64::from(input[1] & 0xff) << 32;
        sum &= (1 << 40) - 1;
    }
    let unknown = model.set("b", 0).expect_err("there is no b").to_string();
    assert!(
        unknown.contains("no input port b") && unknown.contains("a$in"),
        "{unknown}"
    );
}

#[test]
fn macros_sources_and_several_units() {
    let Some(tools) = tools() else { return };
    let plain = Design::new("negate", ACCUMULATE, "top", &ports()).define("NEGATE");
    let mut model = build(&tools, &plain).expect("builds");
    model.set("a$in", 2).expect("an input");
    model.settle();
    assert_eq!(model.get("next").expect("an output"), 3);

    let outer =
        "module outer(input wire [7:0] a, output wire [7:0] b); inner i(.a(a), .b(b)); endmodule";
    let ports = [Port::input("a", 8), Port::output("b", 8)];
    let cache = tempfile::tempdir().expect("temporary directory");
    let inner = "module inner(input wire [7:0] a, output wire [7:0] b); assign b = ~a; endmodule";
    let design = Design::new("outer", outer, "outer", &ports)
        .source(inner)
        .single_unit_up_to(0)
        .cache_in(cache.path());
    let mut seen = Vec::new();
    let mut model =
        Model::from_design(&tools, &design, &mut |step| seen.push(step)).expect("builds");
    model.set("a", 0x0f).expect("an input");
    model.settle();
    assert_eq!(model.get("b").expect("an output"), 0xf0);
    let Some(Progress::Compiling { done, total }) = seen.iter().rev().nth(1) else {
        panic!("{seen:?}");
    };
    assert!(done == total && *total > 2, "{seen:?}");
    assert_eq!(seen.first(), Some(&Progress::Verilating));
    seen.clear();
    Model::from_design(&tools, &design, &mut |step| seen.push(step)).expect("builds");
    assert_eq!(seen, [Progress::Cached]);
}

#[test]
fn two_threads_may_build_the_same_design_at_once() {
    let Some(tools) = tools() else { return };
    let cache = tempfile::tempdir().expect("temporary directory");
    let design = Design::new("race", ACCUMULATE, "top", &ports()).cache_in(cache.path());
    std::thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| build(&tools, &design).expect("builds").cycle());
        }
    });
}

#[test]
fn refusals_carry_the_tools_own_words() {
    let Some(tools) = tools() else { return };
    let ports = [Port::input("a", 1), Port::output("b", 1)];
    let message = |text: &str| {
        let result = build(&tools, &Design::new("wrong", text, "top", &ports));
        result
            .err()
            .unwrap_or_else(|| panic!("accepted: {text}"))
            .to_string()
    };
    let syntax = message("module top(input wire a, output wire b); assign b = = a; endmodule");
    assert!(
        syntax.contains("wrong") && syntax.contains("syntax error"),
        "{syntax}"
    );
    let missing = message("module top(input wire a); endmodule");
    assert!(missing.contains("'b'"), "{missing}");
    let undeclared = message("module top(input wire a, output wire b); assign b = c; endmodule");
    assert!(undeclared.contains('c'), "{undeclared}");
    let twice = message(
        "module top(input wire a, output reg b); always @(posedge a) b <= 1; always @(negedge a) b <= 0; \
         endmodule",
    );
    assert!(twice.contains("MULTIDRIVEN"), "{twice}");
}
