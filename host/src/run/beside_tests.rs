use super::*;
use crate::network::Shape;
use crate::plan::testing::{image, random};
use crate::plan::{plan, Blocks, PlanOptions};
use crate::progress::testing::StopAfter;
use crate::progress::Silent;
use crate::quantise::QuantisedNetwork;
use crate::run::{run_stream, StreamEvent};
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::{Client, FunctionalBoard};
use std::ops::ControlFlow;

fn planned(blocks: Option<Blocks>) -> (QuantisedNetwork, Plan) {
    let network = random(Shape::new(3, 24, 20), &[(5, false), (8, true)], 2);
    let config = preset("small-4").unwrap();
    let options = PlanOptions {
        blocks,
        ..PlanOptions::default()
    };
    let plan = plan(&network, &config, &options).unwrap();
    (network, plan)
}

/// Streams three images, of which one comes out wrong, until so many outputs are there.
fn differences(blocks: Option<Blocks>, wrong: Option<usize>, outputs: usize) -> Vec<Differences> {
    let (network, plan) = planned(blocks);
    let images = [1, 2, 3].map(|seed| image(network.network.input, seed));
    let board = FunctionalBoard::new(plan.config.clone()).unwrap();
    let mut client = Client::connect(board, &plan.config).unwrap();
    let (result, found) = compare_beside(&plan, &network.layers, &images, &Silent, |compare| {
        let mut left = outputs;
        run_stream(&mut client, &plan, &network.layers, &images, &mut |event| {
            if let StreamEvent::Output { index, mut output } = event {
                output[[1, 2, 3]] ^= u8::from(wrong == Some(index));
                compare(output);
                left -= 1;
            }
            match left {
                0 => ControlFlow::Break(()),
                _ => ControlFlow::Continue(()),
            }
        })
    });
    assert_eq!(result.is_ok(), outputs > 3);
    found.unwrap()
}

#[test]
fn every_image_of_a_stream_is_compared_with_its_own_last_map() {
    for blocks in [None, Some(Blocks::Fixed(10))] {
        let right = differences(blocks, None, 4);
        assert_eq!(right.len(), 3);
        assert!(right
            .iter()
            .all(|d| d.mismatches == 0 && d.values == 8 * 12 * 10));
        for wrong in 0..3 {
            let found = differences(blocks, Some(wrong), 4);
            for (index, found) in found.iter().enumerate() {
                assert_eq!(found.mismatches, u64::from(index == wrong), "{index}");
                let place = (index == wrong).then_some((1, 2, 3));
                assert_eq!(found.first_mismatch, place, "{index}");
            }
        }
    }
}

#[test]
fn a_stream_that_is_stopped_has_the_differences_so_far() {
    for outputs in 1..3 {
        let found = differences(None, Some(0), outputs);
        assert!(found.len() <= outputs);
        assert!(found.first().is_none_or(|first| first.mismatches == 1));
    }
}

#[test]
fn images_that_do_not_fit_are_an_error() {
    let (network, plan) = planned(None);
    let images = [Array3::zeros((2, 24, 20))];
    let (result, found) = compare_beside(&plan, &network.layers, &images, &Silent, |_| 7);
    assert_eq!(result, 7);
    // Nothing was handed over, so it may have been given up before it was seen.
    assert!(found.is_err() || found.is_ok_and(|found| found.is_empty()));
    let (_, found) = compare_beside(&plan, &network.layers, &images, &Silent, |compare| {
        compare(Array3::zeros((8, 12, 10)));
    });
    assert!(found.is_err());
}

#[test]
fn an_interrupt_ends_comparing() {
    let (network, plan) = planned(None);
    let images = [image(network.network.input, 1)];
    let stop = StopAfter::new(0);
    let (_, found) = compare_beside(&plan, &network.layers, &images, &stop, |compare| {
        compare(Array3::zeros((8, 12, 10)));
    });
    assert!(matches!(
        found,
        Err(RunError::Board(BoardError::Interrupted))
    ));
}
