use super::*;
use crate::network::Shape;
use crate::plan::testing::{image as noise, random};
use crate::plan::{plan, Fusion, PlanOptions};
use crate::run::{run_plan, RunOptions, Verify};
use proptest::prelude::*;
use rowfuse_spec::config::preset;
use rowfuse_testbench::board::{Client, FunctionalBoard};
use std::ops::ControlFlow;

/// Runs three layers in two groups. Every group is told of twice, as of a run that began again.
fn collected(verify: Verify) -> Data {
    let input = Shape::new(3, 40, 36);
    let network = random(input, &[(8, false), (20, true), (5, false)], 5);
    let config = preset("small-4").unwrap();
    let options = PlanOptions {
        fusion: Fusion::Groups(vec![2, 1]),
        ..PlanOptions::default()
    };
    let plan = plan(&network, &config, &options).unwrap();
    let board = FunctionalBoard::new(config.clone()).unwrap();
    let mut client = Client::connect(board, &config).unwrap();
    let mut collector = Collector::new(&Rgb::new(300, 200)).unwrap();
    let options = RunOptions {
        verify,
        ..RunOptions::default()
    };
    let image = noise(input, 5);
    let mut events = |event: Event<'_>| {
        collector.group(&event).unwrap();
        collector.group(&event).unwrap();
        ControlFlow::Continue(())
    };
    run_plan(
        &mut client,
        &plan,
        &network.layers,
        &image,
        &options,
        &mut events,
    )
    .unwrap();
    collector.finish(&plan).unwrap()
}

#[test]
fn pictures_of_every_group_and_nothing_that_differs() {
    let data = collected(Verify::Layers);
    assert_eq!(data.image.check(), Ok([224, 149]));
    let shapes: Vec<[usize; 3]> = data.groups.iter().map(|group| group.map.shape).collect();
    assert_eq!(shapes, [[20, 20, 18], [5, 20, 18]]);
    let channels = |n: usize| -> Vec<usize> {
        data.groups[n]
            .map
            .channels
            .iter()
            .map(|c| c.channel)
            .collect()
    };
    assert_eq!(
        channels(0),
        [0, 1, 2, 3, 5, 6, 7, 8, 10, 11, 12, 13, 15, 16, 17, 18]
    );
    assert_eq!(channels(1), [0, 1, 2, 3, 4]);
    for group in &data.groups {
        assert_eq!(group.map.differences.as_ref().map(HeatMap::total), Some(0));
        assert!(group
            .map
            .channels
            .iter()
            .all(|channel| channel.png.check() == Ok([18, 20])));
        assert!(!group.tracks.is_empty());
    }
}

#[test]
fn what_was_not_compared_has_no_heat_map() {
    let compared = |verify| -> Vec<bool> {
        let data = collected(verify);
        data.groups
            .iter()
            .map(|group| group.map.differences.is_some())
            .collect()
    };
    assert_eq!(compared(Verify::None), [false, false]);
    assert_eq!(compared(Verify::Answer), [false, true]);
}

#[test]
fn a_value_changed_on_its_way_is_in_the_heat_map() {
    let map = Array3::from_shape_fn((2, 56, 30), |(c, y, x)| (c + 3 * y + 7 * x) as u8);
    let mut wrong = map.clone();
    wrong[(0, 10, 29)] ^= 1;
    wrong[(1, 11, 29)] ^= 128;
    wrong[(1, 55, 0)] = wrong[(1, 55, 0)].wrapping_add(1);
    let heat = differences(&wrong, &map);
    assert_eq!((heat.rows, heat.cols), (28, 28));
    assert_eq!(heat.cells, [[5, 27, 2], [27, 0, 1]]);
    assert_eq!(
        super::map(&wrong, Some(&map)).unwrap().differences,
        Some(heat)
    );
}

proptest! {
    #[test]
    fn every_difference_is_counted_once(
        (shape, places) in (1usize..4, 1usize..70, 1usize..70).prop_flat_map(|shape| {
            let place = (0..shape.0, 0..shape.1, 0..shape.2);
            (Just(shape), prop::collection::hash_set(place, 0..40))
        })
    ) {
        let map = Array3::<u8>::zeros(shape);
        let mut wrong = map.clone();
        for place in &places {
            wrong[*place] = 1;
        }
        let heat = differences(&wrong, &map);
        prop_assert_eq!(heat.total(), places.len() as u64);
        let inside = |[row, col, count]: &[u64; 3]| {
            (*row as usize) < heat.rows && (*col as usize) < heat.cols && *count > 0
        };
        prop_assert!(heat.rows <= HEAT_SIDE && heat.cols <= HEAT_SIDE && heat.cells.iter().all(inside));
    }
}
