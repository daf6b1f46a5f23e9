use super::*;
use crate::report::testing;
use proptest::prelude::*;
use rowfuse_spec::config::preset;

#[test]
fn ceilings_are_those_of_the_configuration() {
    let config = preset("ulx3s-85f").unwrap();
    let ceilings = Ceilings::of(&config);
    // Four lanes of 144 multiply-accumulates and a word of two bytes, 90 million times a second.
    assert_eq!(ceilings.ops, 2.0 * 4.0 * 144.0 * 90e6);
    assert_eq!(ceilings.bytes, 180e6);
    assert_eq!(ceilings.ridge(), 576.0);
    assert_eq!(ceilings.at(576.0), ceilings.ops);
    assert_eq!(ceilings.at(57.6), ceilings.ops / 10.0);
    assert_eq!(ceilings.at(1e6), ceilings.ops);
}

#[test]
fn points_are_operations_of_cycles_counted_or_else_predicted() {
    let mut run = testing::run();
    run.groups[0].cycles = Some(50_000);
    run.groups[1].cycles = None;
    let points = points(&run);
    let labels: Vec<&str> = points.iter().map(|point| point.label.as_str()).collect();
    assert_eq!(labels, ["1", "1a", "1b", "2"]);
    let macs = run.layers[0].macs + run.layers[1].macs;
    let clock = f64::from(run.config.clock_mhz) * 1e6;
    assert!(points[0].counted && !points[1].counted && !points[3].counted);
    assert_eq!(points[0].rate, 2.0 * macs as f64 / (50_000.0 / clock));
    let bytes = run.groups[0].predicted.memory_bytes() as f64;
    assert_eq!(points[0].intensity, 2.0 * macs as f64 / bytes);
    let cycles = run.groups[1].predicted.cycles as f64;
    assert_eq!(
        points[3].rate,
        2.0 * run.layers[2].macs as f64 / (cycles / clock)
    );
    assert!(points[1].within && !points[0].within);
}

#[test]
fn what_moves_no_byte_is_left_out() {
    let mut run = testing::run();
    let quiet = &mut run.layers[1].predicted;
    (quiet.read_words, quiet.write_words) = (0, 0);
    let points = points(&run);
    assert!(points
        .iter()
        .all(|point| point.label != "1b" && point.intensity.is_finite()));
    assert!(!section(&run, "r1-roof").into_string().contains("inf"));
}

#[test]
fn every_dot_is_in_chart_and_table() {
    let run = testing::run();
    let page = section(&run, "r1-roof").into_string();
    assert_eq!(page.matches("<circle").count(), 4);
    assert!(page.contains("multipliers: ") && page.contains("memory: "));
}

proptest! {
    #[test]
    fn labels_lie_on_nothing(dots in prop::collection::vec((80.0f64..540.0, 20.0f64..320.0), 0..40)) {
        let dots: Vec<[f64; 2]> = dots.into_iter().map(|(x, y)| [x, y]).collect();
        let labels = vec!["12b"; dots.len()];
        let others = [[300.0, 330.0, 150.0, 180.0]];
        let places: Vec<[f64; 2]> = put(&dots, &labels, &others).into_iter().flatten().collect();
        let width = 3.0 * CHARACTER;
        let crosses = |[x, y]: &&[f64; 2]| *x < 330.0 && x + width > 300.0 && *y > 150.0 && y - 9.0 < 180.0;
        prop_assert_eq!(places.iter().find(crosses), None);
        for (index, [x, y]) in places.iter().enumerate() {
            for [other_x, other_y] in &places[..index] {
                prop_assert!((x - other_x).abs() >= width || (y - other_y).abs() >= 10.9);
            }
            let on = |[dot_x, dot_y]: &&[f64; 2]| {
                (x..=&(x + width)).contains(&dot_x) && (&(y - 9.0)..=y).contains(&dot_y)
            };
            prop_assert!(!dots.iter().any(|dot| on(&dot)));
        }
    }
}
