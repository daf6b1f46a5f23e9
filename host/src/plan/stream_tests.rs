use super::*;
use crate::network::{Shape, Vgg};
use crate::plan::testing::{body, random};
use crate::plan::{plan, Fusion, PlanOptions};
use rowfuse_spec::config::preset;

#[test]
fn a_frame_is_all_groups_one_behind_the_other() {
    let network = body(&Vgg::Vgg16.network(224), 1);
    let config = preset("ulx3s-85f").unwrap();
    let plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    let stream = stream(&plan).unwrap();
    let more = stream.memory_bytes - plan.memory_bytes();
    println!("{more} bytes more");
    assert!(more < 320_000, "{more}");
    let programs: usize = plan.groups.iter().map(|group| group.program.len()).sum();
    for frame in &stream.frames {
        let ends = 64 * (plan.groups.len() - 1);
        assert_eq!(frame.program.len(), programs - ends);
        assert_eq!(
            frame.output,
            FeatureMap {
                base: frame.output.base,
                ..plan.groups[10].output
            }
        );
    }
    // Everything that the hardware counts but commands and their words stays, and starting groups is all that is saved.
    let (all, groups) = (stream.prediction, plan.prediction());
    let ends = plan.groups.len() as u64 - 1;
    assert_eq!(all.commands, groups.commands - ends);
    assert_eq!(all.read_words, groups.read_words - 32 * ends);
    assert_eq!(
        (all.tiles, all.write_words),
        (groups.tiles, groups.write_words)
    );
    assert!(
        (0.99..1.0).contains(&(all.cycles as f64 / groups.cycles as f64)),
        "{all:?} {groups:?}"
    );
}

#[test]
fn nothing_that_a_frame_needs_lies_where_another_writes() {
    let network = random(
        Shape::new(3, 20, 18),
        &[(8, false), (9, true), (5, false)],
        3,
    );
    let config = preset("small-2").unwrap();
    for fusion in [Fusion::Auto, Fusion::Off] {
        let options = PlanOptions {
            fusion,
            ..PlanOptions::default()
        };
        let plan = plan(&network, &config, &options).unwrap();
        let stream = stream(&plan).unwrap();
        let map = |map: FeatureMap| (u64::from(map.base), u64::from(map.end()));
        let mut regions: Vec<(u64, u64)> = plan
            .memory
            .iter()
            .map(|r| (r.address.into(), u64::from(r.address) + u64::from(r.bytes)))
            .collect();
        for frame in &stream.frames {
            regions.push((
                frame.program_address.into(),
                u64::from(frame.program_address) + frame.program.len() as u64,
            ));
            regions.push(map(frame.output));
        }
        // The first frame's input is the plan's own.
        assert_eq!(stream.frames[0].input, plan.input);
        regions.push(map(stream.frames[1].input));
        regions.sort_unstable();
        assert!(
            regions.windows(2).all(|pair| pair[0].1 <= pair[1].0),
            "{regions:?}"
        );
        assert!(regions.last().unwrap().1 <= stream.memory_bytes);
    }
}

#[test]
fn a_memory_with_room_for_one_frame_only_is_refused_with_the_number() {
    let network = random(Shape::new(3, 20, 18), &[(8, false), (9, true)], 3);
    let mut config = preset("small-2").unwrap();
    let mut plan = plan(&network, &config, &PlanOptions::default()).unwrap();
    config.memory_bytes = plan.memory_bytes();
    plan.config = config;
    let error = stream(&plan).unwrap_err();
    assert!(
        matches!(error, PlanError::Memory { needed, available, .. } if needed > available),
        "{error}"
    );
}
