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
fn what_has_no_initial_value_starts_with_the_noise_of_a_seed() {
    let Some(tools) = tools() else { return };
    let text = "module top(input wire clock, input wire [3:0] a, output wire [39:0] q, output reg [99:0] r);
      reg [39:0] memory [0:15]; reg [7:0] known = 9;
      assign q = memory[a] | {known, 32'd0};
      always @(posedge clock) if (a == 15) begin memory[0] <= 1; r <= 2; known <= 3; end
    endmodule";
    let ports = [
        Port::clock("clock"),
        Port::input("a", 4),
        Port::output("q", 40),
        Port::output("r", 100),
    ];
    let design = Design::new("noise", text, "top", &ports);
    let start = |seed| {
        let mut model =
            Model::powered_on(&tools, &design, seed, &mut |_| {}).expect("a legal design");
        let mut seen = Vec::new();
        for a in 0..15 {
            model.set("a", a).expect("an input");
            model.settle();
            seen.push(model.get("q").expect("an output"));
        }
        let words = model.output("r").expect("an output").words();
        seen.extend(model.outputs()[words].iter().map(|word| u64::from(*word)));
        seen
    };
    let [zeros, noise, other] = [0, 1, 2].map(start);
    assert_eq!(zeros[..15], [9 << 32; 15], "initial values stay");
    assert_eq!(zeros[15..], [0; 4]);
    assert_eq!(noise, start(1), "one seed, one noise");
    for (k, value) in noise.iter().enumerate() {
        let same = noise.iter().filter(|other| *other == value).count();
        assert!(same == 1 && *value != other[k], "{noise:x?} {other:x?}");
        assert!(k >= 15 || value >> 32 & 9 == 9, "initial values stay");
    }
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

/// A register in a module of its own, for signals that are no ports.
const DEEP: &str = "
module inner(input wire clock, input wire [7:0] step, output wire odd);
  reg [7:0] count;
  initial count = 0;
  assign odd = count[0];
  always @(posedge clock) count <= count + step;
endmodule
module top(input wire clock, input wire [7:0] step, output wire odd);
  inner deep(.clock(clock), .step(step), .odd(odd));
endmodule";

fn deep() -> Design {
    let ports = [
        Port::clock("clock"),
        Port::input("step", 8),
        Port::output("odd", 1),
    ];
    Design::new("deep", DEEP, "top", &ports).probe("count", 8, "deep.count")
}

#[test]
fn a_probe_shows_a_signal_inside() {
    let Some(tools) = tools() else { return };
    let mut model = build(&tools, &deep()).expect("builds");
    model.set("step", 3).expect("an input");
    for cycle in 0..100 {
        model.cycle();
        let count = model.get("count").expect("a probe");
        assert_eq!(count, 3 * cycle % 256);
        assert_eq!(model.get("odd").expect("an output"), count % 2);
    }
    let nowhere = deep().probe("lost", 1, "deep.nothing");
    assert!(build(&tools, &nowhere).is_err());
    let path = std::env::temp_dir().join("never-written.vcd");
    assert!(model.start_trace(&path, 0, 1).is_err(), "not traceable");
    assert!(!path.exists());
}

#[test]
fn a_waveform_covers_the_cycles_asked_for() {
    let Some(tools) = tools() else { return };
    let mut model = build(&tools, &deep().traceable()).expect("builds");
    model.set("step", 1).expect("an input");
    let directory = tempfile::tempdir().expect("a directory");
    let path = directory.path().join("wave.vcd");
    for _ in 0..5 {
        model.cycle();
    }
    model.start_trace(&path, 1_000, 50).expect("opens");
    for _ in 0..3 {
        model.cycle();
    }
    model.stop_trace();
    model.cycle();
    assert_eq!(model.get("count").expect("a probe"), 8);
    let text = std::fs::read_to_string(&path).expect("written");
    assert!(text.contains("$scope module deep $end") && text.contains(" count "));
    let times: Vec<&str> = text.lines().filter(|line| line.starts_with('#')).collect();
    assert_eq!(
        times,
        ["#1000", "#1050", "#1100", "#1150", "#1200", "#1250"]
    );
    // Counts 5 to 8: before the first edge, and behind each.
    for count in 5..9 {
        assert!(
            text.contains(&format!("b{count:08b} ")),
            "{count} in {text}"
        );
    }
    let nowhere = directory.path().join("no/such/wave.vcd");
    assert!(model.start_trace(&nowhere, 2_000, 50).is_err());
    model.cycle();
}
