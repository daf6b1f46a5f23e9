use super::*;
use crate::network::Shape;
use crate::plan::testing::random;
use crate::plan::{plan, Fusion, PlanOptions};
use rowfuse_spec::config::preset;

fn groups(lengths: Vec<usize>, config: &EngineConfig) -> Vec<Group> {
    let layers = [(8, false), (12, true), (9, false), (4, false)];
    let network = random(Shape::new(3, 44, 36), &layers, 3);
    let options = PlanOptions {
        fusion: Fusion::Groups(lengths),
        ..PlanOptions::default()
    };
    plan(&network, config, &options).unwrap().groups
}

#[test]
fn every_layer_computes_and_only_the_ends_of_a_group_use_maps_in_memory() {
    for (config, lengths) in [
        ("small-2", vec![1, 1, 1, 1]),
        ("small-2", vec![2, 2]),
        ("small-4", vec![3, 1]),
    ] {
        let config = preset(config).unwrap();
        for group in groups(lengths, &config) {
            let tracks = tracks(&group, &config).unwrap();
            let layers: Vec<usize> = (0..group.layers.len()).collect();
            let of = |work: Work| -> Vec<usize> {
                let chosen = tracks.iter().filter(|track| track.work == work);
                chosen.map(|track| track.layer).collect()
            };
            assert_eq!(of(Work::Load), [0]);
            assert_eq!(of(Work::Weights), layers);
            assert_eq!(of(Work::Compute), layers);
            assert_eq!(of(Work::Store), [layers.len() - 1]);
        }
    }
}

#[test]
fn spans_are_in_order_and_as_long_as_the_plan_says() {
    let config = preset("small-4").unwrap();
    for group in groups(vec![2, 1, 1], &config) {
        let tracks = tracks(&group, &config).unwrap();
        let cycles = group.prediction.cycles;
        for track in &tracks {
            assert!(track.spans.iter().all(|[from, to]| from < to), "{track:?}");
            assert!(track.spans.windows(2).all(|w| w[0][1] < w[1][0]));
        }
        let ends = tracks.iter().filter_map(|track| track.spans.last());
        let end = ends.map(|span| span[1]).max().unwrap();
        assert!(end <= cycles && 10 * end > 9 * cycles, "{end} of {cycles}");
        for (index, layer) in group.layers.iter().enumerate() {
            let of = |t: &&Track| t.work == Work::Compute && t.layer == index;
            let spans = &tracks.iter().find(of).unwrap().spans;
            let computing: u64 = spans.iter().map(|[from, to]| to - from).sum();
            // The layer's cycles are also those in which the unit has its command and waits.
            let all = layer.prediction.cycles;
            let least = layer.prediction.compute_cycles;
            assert!((least..=all).contains(&computing), "{computing} of {all}");
        }
    }
}

#[test]
fn small_gaps_are_closed() {
    let busy = |cycles| Busy {
        command: 0,
        work: Work::Load,
        cycles,
    };
    let played = [busy([20, 30]), busy([0, 10]), busy([12, 14]), busy([5, 11])];
    let spans = |least| sorted(&played, &[0], least)[0].spans.clone();
    assert_eq!(spans(0), [[0, 11], [12, 14], [20, 30]]);
    assert_eq!(spans(1), [[0, 14], [20, 30]]);
    assert_eq!(spans(6), [[0, 30]]);
}

#[test]
fn what_is_no_program_or_never_ends_is_an_error() {
    let config = preset("small-4").unwrap();
    let mut group = groups(vec![2, 2], &config).remove(0);
    let whole = group.program.clone();
    group.program[0] = 0xff;
    assert!(matches!(
        tracks(&group, &config),
        Err(PlanError::Command(_))
    ));
    // Without the first command, a LOAD, whoever waits for it does so for ever.
    group.program = whole[64..].to_vec();
    assert!(matches!(
        tracks(&group, &config),
        Err(PlanError::Deadlock { .. })
    ));
}
