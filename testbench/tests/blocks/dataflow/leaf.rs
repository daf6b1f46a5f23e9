//! A dataflow inside a rust-hdl block, three ways, and twice in one design.

use rand::Rng;
use rand_chacha::ChaCha8Rng;
use rowfuse_hdl::dataflow::{Dataflow, Graph, Leaf, LeafError, Packed, Range};
use rowfuse_hdl::{leaf_logic, primitives};
use rowfuse_testbench::dut::Dut;
use rust_hdl::prelude::*;

use crate::support::agree;

const TERMS: usize = 9;

/// Σ of nine signed products if `keep`, with wide, narrow, signed and one-bit ports.
#[derive(LogicBlock)]
struct Dot {
    pub clock: Signal<In, Clock>,
    pub pixels: Signal<In, Bits<72>>,
    pub weights: Signal<In, Bits<45>>,
    pub keep: Signal<In, Bit>,
    pub products: Signal<Out, Bits<162>>,
    pub sum: Signal<Out, Bits<20>>,
    pub idle: Signal<Out, Bit>,
    _leaf: Leaf,
}

leaf_logic!(
    Dot,
    _leaf,
    clock,
    [pixels, weights, keep],
    [products, sum, idle]
);

fn dot() -> Dataflow {
    let mut g = Graph::new("dot");
    let mut inputs = |name: &str, range| -> Vec<_> {
        (0..TERMS)
            .map(|k| g.input(&format!("{name}{k}"), range))
            .collect()
    };
    let (pixels, weights) = (
        inputs("p", Range::unsigned(8)),
        inputs("w", Range::signed(5)),
    );
    let keep = g.input("keep", Range::bit());
    let copy = g.replicate(keep);
    let terms: Vec<_> = (0..TERMS).map(|k| g.mul(pixels[k], weights[k])).collect();
    let sum = g.sum(&terms);
    let zero = g.constant(0);
    let sum = g.if_else(copy, sum, zero);
    for (k, term) in terms.iter().enumerate() {
        g.output(&format!("t{k}"), *term);
    }
    g.output("total", sum);
    // 1 from power-up on, before any clock.
    let idle = g.not(copy);
    let idle = g.at_stage(idle, 3);
    let idle = g.not(idle);
    g.output("quiet", idle);
    g.finish().expect("a legal graph")
}

fn leaf() -> Leaf {
    Leaf::new(
        dot(),
        &[
            Packed::new("pixels", TERMS, 8),
            Packed::new("weights", TERMS, 5),
            Packed::new("keep", 1, 1),
        ],
        &[
            Packed::new("products", TERMS, 18),
            Packed::new("sum", 1, 20),
            Packed::new("idle", 1, 1),
        ],
    )
    .expect("matching ports")
}

impl Default for Dot {
    fn default() -> Self {
        Self {
            clock: Signal::default(),
            pixels: Signal::default(),
            weights: Signal::default(),
            keep: Signal::default(),
            products: Signal::default(),
            sum: Signal::default(),
            idle: Signal::default(),
            _leaf: leaf(),
        }
    }
}

fn random_bits<const N: usize>(random: &mut ChaCha8Rng) -> Bits<N> {
    let mut bits = [false; N];
    random.fill(&mut bits[..]);
    rust_hdl::core::bits::Bits::Long(bits.into())
}

#[test]
fn a_block_agrees_with_its_dataflow_and_its_verilog() {
    let mut random = crate::support::rng(9);
    let mut dut = Dut::new("dot", Dot::default(), |b, clock| b.clock.next = clock)
        .expect("a legal block")
        .with_source(primitives::verilog());
    let trace = agree(&mut dut, 300, |b: &mut Dot, _| {
        b.pixels.next = random_bits(&mut random);
        b.weights.next = random_bits(&mut random);
        b.keep.next = random.gen();
    });
    assert_eq!(trace.u64("idle", 0), 1, "shown before any clock");
    let latency = dot().latency() as usize;
    for t in 0..trace.cycles() {
        let Some(then) = t.checked_sub(latency) else {
            assert_eq!(trace.i64("sum", t), 0);
            continue;
        };
        let terms = (0..TERMS).map(|k| {
            let pixel = trace.field("pixels", then, 8 * k, 8) as i64;
            let term = pixel * trace.signed_field("weights", then, 5 * k, 5);
            assert_eq!(trace.signed_field("products", t, 18 * k, 18), term);
            term
        });
        let sum: i64 = terms.sum();
        let keep = trace.u64("keep", then);
        assert_eq!(trace.i64("sum", t), sum * keep as i64, "cycle {t}");
        assert_eq!(trace.u64("idle", t), keep, "cycle {t}");
    }
}

/// Two blocks of one dataflow, one behind the other.
#[derive(LogicBlock, Default)]
struct Two {
    pub clock: Signal<In, Clock>,
    pub pixels: Signal<In, Bits<72>>,
    pub weights: Signal<In, Bits<45>>,
    pub total: Signal<Out, Bits<20>>,
    one: Dot,
    other: Dot,
}

impl Logic for Two {
    #[hdl_gen]
    fn update(&mut self) {
        self.one.clock.next = self.clock.val();
        self.other.clock.next = self.clock.val();
        self.one.pixels.next = self.pixels.val();
        self.other.pixels.next = self.pixels.val();
        self.one.weights.next = self.weights.val();
        self.other.weights.next = self.weights.val();
        self.one.keep.next = true;
        self.other.keep.next = self.one.idle.val();
        self.total.next = self.one.sum.val() + self.other.sum.val();
    }
}

#[test]
fn a_dataflow_can_stand_twice_in_a_design() {
    let mut random = crate::support::rng(10);
    let mut dut = Dut::new("two", Two::default(), |b, clock| b.clock.next = clock)
        .expect("a legal block")
        .with_source(primitives::verilog());
    let trace = agree(&mut dut, 100, |b: &mut Two, _| {
        b.pixels.next = random_bits(&mut random);
        b.weights.next = random_bits(&mut random);
    });
    assert!((20..100).any(|t| trace.u64("total", t) != 0));
}

#[test]
fn ports_that_do_not_fit_are_refused() {
    let inputs = |weights: u32| {
        [
            Packed::new("pixels", TERMS, 8),
            Packed::new("weights", TERMS, weights),
            Packed::new("keep", 1, 1),
        ]
    };
    let outputs = [Packed::new("all", TERMS + 2, 20)];
    assert!(Leaf::new(dot(), &inputs(5), &outputs).is_ok());
    let narrow = Leaf::new(dot(), &inputs(4), &outputs).map(|_| ());
    assert!(matches!(narrow, Err(LeafError::Width { width: 5, .. })));
    let missing = Leaf::new(dot(), &inputs(5)[..2], &outputs).map(|_| ());
    assert!(matches!(missing, Err(LeafError::Count { carried: 18, .. })));
    let clash = Leaf::new(dot(), &inputs(5), &[Packed::new("n3", TERMS + 2, 20)]).map(|_| ());
    assert!(matches!(clash, Err(LeafError::Name(_))));
}
