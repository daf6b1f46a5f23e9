//! Errors, alignment, names, and what the parts promise; the operations themselves are tested three ways in the test
//! bench.

use super::{DataflowError, Graph, Range, Value};

fn finish_error(build: impl FnOnce(&mut Graph)) -> DataflowError {
    let mut g = Graph::new("wrong");
    build(&mut g);
    g.finish().expect_err("the graph is wrong")
}

fn byte(g: &mut Graph, name: &str) -> Value {
    g.input(name, Range::unsigned(8))
}

#[test]
fn an_output_needs_a_register() {
    let error = finish_error(|g| {
        let a = byte(g, "a");
        let sum = g.add(a, a);
        g.output("sum", sum);
    });
    assert_eq!(
        error.to_string(),
        "output sum has no register: add a pipeline stage"
    );
    let error = finish_error(|g| {
        byte(g, "a");
    });
    assert!(matches!(error, DataflowError::NoOutput { .. }));
}

#[test]
fn a_constant_output_beside_an_unregistered_one_is_not_blamed() {
    let error = finish_error(|g| {
        let a = byte(g, "a");
        let seven = g.constant(7);
        g.output("seven", seven);
        g.output("direct", a);
    });
    assert!(matches!(error, DataflowError::NotRegistered { name } if name == "direct"));
}

#[test]
fn outputs_are_brought_to_the_deepest_stage() {
    let mut g = Graph::new("aligned");
    let a = byte(&mut g, "a");
    let b = byte(&mut g, "b");
    let product = g.mul(a, b);
    g.output("product", product);
    g.output("a_too", a);
    let flow = g.finish().expect("a legal graph");
    assert_eq!(flow.latency(), 3);
    let mut simulator = flow.simulator();
    for t in 0..20i64 {
        let expected = if t < 3 {
            [0, 0]
        } else {
            [(t - 3) * 2 * (t - 3), t - 3]
        };
        assert_eq!(
            [simulator.output(0), simulator.output(1)],
            expected,
            "after {t} clocks"
        );
        simulator.step(&[t, 2 * t]);
    }
    simulator.reset();
    assert_eq!(simulator.output(0), 0);
}

#[test]
fn balancing_registers_are_shared() {
    let mut g = Graph::new("shared");
    let (a, b) = (byte(&mut g, "a"), byte(&mut g, "b"));
    let late = g.at_stage(b, 2);
    let sum = g.add(a, late);
    let difference = g.sub(a, late);
    let sum = g.reg(sum);
    let difference = g.reg(difference);
    g.output("sum", sum);
    g.output("difference", difference);
    let cost = g.finish().expect("a legal graph").cost();
    assert_eq!(cost.ff, 2 * 8 + 2 * 8 + 9 + 9);
    assert_eq!(cost.lut, 9 + 9);
}

#[test]
fn replicas_are_not_shared_and_reach_the_verilog_as_cells() {
    let mut g = Graph::new("replicas");
    let a = g.input("a", Range::bit());
    let (x, y) = (g.replicate(a), g.replicate(a));
    assert_ne!(x, y);
    g.output("x", x);
    g.output("y", y);
    let text = g.finish().expect("a legal graph").verilog_module();
    assert_eq!(text.matches("rowfuse_keep_ff").count(), 2);
}

#[test]
fn ranges_beyond_64_bits_are_refused() {
    let wide = |g: &mut Graph| g.input("a", Range::signed(64));
    type Build = fn(&mut Graph, Value) -> Value;
    let builds: [(&str, Build); 6] = [
        ("add", |g, a| g.add(a, a)),
        ("neg", |g, a| g.neg(a)),
        ("shl", |g, a| g.shl(a, 1)),
        ("scale", |g, a| g.scale(a, 3)),
        ("accumulate", |g, a| {
            let one = g.constant(1);
            g.accumulate(a, one, one, 2)
        }),
        ("sub", |g, a| {
            let one = g.constant(1);
            g.sub(a, one)
        }),
    ];
    for (name, build) in builds {
        let error = finish_error(|g| {
            let a = wide(g);
            let result = build(g, a);
            g.output("y", result);
        });
        assert!(
            matches!(&error, DataflowError::Overflow { operation, .. } if *operation == name),
            "{name}: {error}"
        );
    }
}

#[test]
fn operands_that_do_not_fit_are_refused() {
    let error = finish_error(|g| {
        let a = g.input("a", Range::unsigned(18));
        g.mul(a, a);
    });
    assert!(matches!(error, DataflowError::Multiplier { .. }), "{error}");
    let error = finish_error(|g| {
        let a = byte(g, "a");
        g.not(a);
    });
    assert!(matches!(
        error,
        DataflowError::NotABit {
            operation: "not",
            ..
        }
    ));
    let error = finish_error(|g| {
        let a = byte(g, "a");
        let sel = g.bits(a, 0, 2);
        g.select(sel, &[a, a, a]);
    });
    assert!(matches!(error, DataflowError::Selector { options: 3, .. }));
    let error = finish_error(|g| {
        let a = byte(g, "a");
        let late = g.reg(a);
        g.at_stage(late, 0);
    });
    assert!(matches!(
        error,
        DataflowError::Stage {
            stage: 1,
            wanted: 0,
            ..
        }
    ));
    type Build = fn(&mut Graph, Value) -> Value;
    let arguments: [Build; 4] = [
        |g, a| g.clamp(a, 3, 2),
        |g, a| g.bits(a, 0, 0),
        |g, a| g.bound(a, Range::new(-3, -1), "never"),
        |g, a| g.shift_right_by(a, a),
    ];
    for (index, build) in arguments.into_iter().enumerate() {
        let error = finish_error(|g| {
            let a = byte(g, "a");
            build(g, a);
        });
        assert!(
            matches!(error, DataflowError::Argument { .. }),
            "{index}: {error}"
        );
    }
}

#[test]
fn the_first_mistake_is_the_one_reported_and_says_where() {
    let error = finish_error(|g| {
        let a = byte(g, "a");
        g.scope("lane2");
        g.not(a);
        g.mul(a, a);
        g.clamp(a, 1, 0);
    });
    assert!(
        error
            .to_string()
            .starts_with("wrong.lane2 node 1: not takes bits"),
        "{error}"
    );
}

#[test]
fn names_are_checked() {
    let twice = |first: &str, second: &str| {
        finish_error(|g| {
            let a = byte(g, first);
            let a = g.reg(a);
            g.output(second, a);
        })
    };
    for (first, second) in [
        ("a", "a"),
        ("clock", "b"),
        ("a", "clock"),
        ("n1", "y"),
        ("a", "n0_x"),
    ] {
        let error = twice(first, second);
        assert!(
            matches!(error, DataflowError::DuplicateName { .. }),
            "{first} {second}: {error}"
        );
    }
    for bad in ["", "1a", "a b", "wire", "a$b"] {
        assert!(
            matches!(twice(bad, "y"), DataflowError::BadName { .. }),
            "{bad}"
        );
    }
}

#[test]
fn signals_carry_the_scope_they_were_made_in() {
    let mut g = Graph::new("named");
    let a = byte(&mut g, "a");
    g.scope("ch2_acc");
    let sum = g.add(a, a);
    g.scope("elsewhere");
    let late = g.reg(sum);
    g.output("y", late);
    let text = g.finish().expect("a legal graph").verilog_module();
    assert!(text.contains("reg [8:0] ch2_acc_n2 = 9'h0;"), "{text}");
    assert!(text.contains("ch2_acc_n2 <= ch2_acc_n1;"), "{text}");
}

#[test]
fn what_no_output_needs_is_not_built() {
    let mut g = Graph::new("pruned");
    let a = byte(&mut g, "a");
    let unused = g.mul(a, a);
    g.reg(unused);
    let late = g.reg(a);
    g.output("y", late);
    let flow = g.finish().expect("a legal graph");
    assert_eq!(flow.cost().dsp, 0);
    assert!(!flow.verilog_module().contains("rowfuse_mul18"));
}

#[test]
#[should_panic(expected = "bounded.n1 (the caller counted): 9 is not in 0..=7")]
fn a_bound_that_does_not_hold_is_noticed() {
    let mut g = Graph::new("bounded");
    let a = byte(&mut g, "a");
    let small = g.bound(a, Range::unsigned(3), "the caller counted");
    let small = g.reg(small);
    g.output("y", small);
    let mut simulator = g.finish().expect("a legal graph").simulator();
    simulator.set_checked(true);
    simulator.step(&[7]);
    simulator.step(&[9]);
}

#[test]
#[should_panic(expected = "(the sum of at most so many terms): 1020 is not in 0..=765")]
fn a_sum_of_too_many_terms_is_noticed() {
    let mut g = Graph::new("terms");
    let a = byte(&mut g, "a");
    let one = g.constant(1);
    let zero = g.constant(0);
    let sum = g.accumulate(a, one, zero, 3);
    let sum = g.reg(sum);
    g.output("y", sum);
    let mut simulator = g.finish().expect("a legal graph").simulator();
    simulator.set_checked(true);
    (0..4).for_each(|_| simulator.step(&[255]));
}

#[test]
#[should_panic(expected = "(an input): 6 is not in 2..=5")]
fn an_input_out_of_its_range_is_noticed() {
    let mut g = Graph::new("ranged");
    let a = g.input("a", Range::new(2, 5));
    let a = g.reg(a);
    g.output("y", a);
    let mut simulator = g.finish().expect("a legal graph").simulator();
    simulator.set_checked(true);
    simulator.step(&[6]);
}

/// The widths of the Winograd transforms follow from the matrices alone.
#[test]
fn widths_of_transforms_are_proven_not_guessed() {
    let mut g = Graph::new("widths");
    let x: Vec<Value> = (0..6).map(|k| byte(&mut g, &format!("x{k}"))).collect();
    let row = g.linear(&[(4, x[0]), (-5, x[2]), (1, x[4])]);
    assert_eq!(g.range(row), Range::new(-5 * 255, 5 * 255));
    let w: Vec<Value> = (0..3)
        .map(|k| g.input(&format!("w{k}"), Range::signed(8)))
        .collect();
    let row = g.linear(&[(1, w[0]), (-2, w[1]), (4, w[2])]);
    assert_eq!(
        g.range(row),
        Range::new(-128 * 5 - 127 * 2, 127 * 5 + 128 * 2)
    );
    let tripled = g.scale(x[0], 7);
    assert_eq!(
        g.range(tripled),
        Range::new(0, 7 * 255),
        "no looser for being 8x - x"
    );
}
