//! The extremes through whole layers on every board; what is too slow for every day is behind `--ignored` and in the campaign.

use rowfuse_spec::config::preset;

use rowfuse::campaign::extremes::{deep, numbers, positions};
use rowfuse::campaign::{
    check, Case, Figures, Filling, Scaling, Simulations, Stage, Verdict, Which,
};

use super::all_boards;

fn simulations(boards: Vec<Which>) -> Simulations {
    Simulations {
        boards,
        compiled: vec![preset("tiny-1").unwrap().id()],
    }
}

/// Runs cases; none may differ or be refused. How often each board ran.
fn all_right<'a>(cases: impl Iterator<Item = &'a Case>, boards: &Simulations) -> Figures {
    let mut sum = Figures::default();
    for case in cases {
        match check(case, boards).unwrap() {
            Verdict::Right(figures) => sum += &figures,
            other => panic!("{}: {other:?}", case.why),
        }
    }
    sum
}

#[test]
fn numbers_at_their_ends() {
    let cases = numbers().unwrap();
    let figures = all_right(cases.iter(), &simulations(vec![Which::Functional]));
    assert!(figures.runs[0] as usize >= cases.len());
    // One case of the Verilog each, 512 channels and rust-hdl's simulation left to the long campaign.
    let mut boards = all_boards();
    boards.retain(|which| *which == Which::Verilated);
    all_right(
        cases
            .iter()
            .step_by(2)
            .filter(|case| case.config.name == "tiny-1"),
        &simulations(boards),
    );
}

#[test]
fn every_position_of_the_transform_at_its_bound() {
    let cases = positions().unwrap();
    let figures = all_right(cases.iter(), &simulations(vec![Which::Functional]));
    assert_eq!(figures.runs[0], 144);
    let slow = all_boards();
    let figures = all_right(
        cases.iter().skip(17).step_by(47),
        &simulations(slow.clone()),
    );
    assert!(
        figures.runs.iter().zip(&slow).all(|(runs, _)| *runs == 3),
        "{figures:?}"
    );
}

/// `cargo test --release -p rowfuse --test campaign every_extreme -- --ignored`
#[test]
#[ignore = "minutes; one more configuration is compiled"]
fn every_extreme_on_every_board() {
    let compiled = vec![preset("tiny-1").unwrap().id(), deep().unwrap().id()];
    let boards = Simulations {
        boards: all_boards(),
        compiled,
    };
    let figures = all_right(
        numbers().unwrap().iter().chain(&positions().unwrap()),
        &boards,
    );
    println!("{figures:?}");
}

/// The scale for all sums is no clamp: the least and the largest sum become the ends.
#[test]
fn whole_spans_exactly_what_there_is() {
    for case in numbers().unwrap() {
        let Stage::Conv {
            scaling: Scaling::Whole,
            weights: Filling::Constant(weight),
            ..
        } = case.stages[0]
        else {
            continue;
        };
        let layer = &case.network().layers[0];
        let requant = layer.requant[0];
        let sum = |pixel: i32| pixel * i32::from(weight) * 9 * layer.cin() as i32;
        let (dark, bright) = (requant.apply(sum(0)), requant.apply(sum(255)));
        assert_eq!(dark, 128, "{}", case.why);
        assert_eq!(bright, if weight < 0 { 0 } else { 255 }, "{}", case.why);
    }
}
