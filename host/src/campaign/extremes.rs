//! The cases at the ends of what there is: numbers, channels, parameters, and each position of the Winograd transform at its bound.

use rowfuse_spec::config::preset;
use rowfuse_spec::numerics::MAX_INPUT_CHANNELS;
use rowfuse_spec::{ConfigError, EngineConfig};

use super::case::{Case, Grouping, Stage, VERSION};
use super::fill::Filling;
use super::scaling::Scaling;
use crate::network::{Shape, Window};

/// One layer on one lane, one plan.
fn single(why: String, config: &EngineConfig, input: Shape, pixels: Filling, stage: Stage) -> Case {
    Case {
        version: VERSION,
        why,
        config: config.clone(),
        input,
        pixels,
        stages: vec![stage],
        seed: 1,
        grouping: Grouping::Off,
        blocks: None,
        loads_first: true,
    }
}

fn conv(cout: usize, weights: Filling, scaling: Scaling) -> Stage {
    Stage::Conv {
        cout,
        window: Window::CONV3,
        relu: true,
        pool: false,
        weights,
        scaling,
    }
}

/// The same layer twice, together: the second reads what the first gives, with zeros round it.
fn twice(mut case: Case) -> Case {
    case.stages.extend_from_within(..);
    case.grouping = Grouping::Auto;
    case
}

/// An engine whose buffers hold 512 channels: four lanes, as many entries of the weight ring.
///
/// # Errors
/// Never, unless the presets change.
pub fn deep() -> Result<EngineConfig, ConfigError> {
    Ok(EngineConfig {
        name: "small-4-deep".into(),
        weight_depth: 1024,
        parameter_depth: 1024,
        lane_depth: 2048,
        memory_bytes: 1 << 22,
        ..preset("small-4")?
    })
}

/// Numbers: every combination of the least and the largest pixels and weights, biases, multipliers and shifts at their limits, 512 channels.
///
/// # Errors
/// Never, unless the presets change.
pub fn numbers() -> Result<Vec<Case>, ConfigError> {
    let (tiny, deep) = (preset("tiny-1")?, deep()?);
    let input = Shape::new(6, 9, 7);
    let mut cases = Vec::new();
    for pixels in [0, 255]
        .map(Filling::Constant)
        .into_iter()
        .chain([Filling::Extremes])
    {
        for weights in [-128, 127]
            .map(Filling::Constant)
            .into_iter()
            .chain([Filling::Extremes])
        {
            let why = format!("pixels {pixels:?}, weights {weights:?}");
            cases.push(twice(single(
                why,
                &tiny,
                input,
                pixels,
                conv(5, weights, Scaling::Whole),
            )));
        }
    }
    let scalings = [
        Scaling::HighBias,
        Scaling::LowBias,
        Scaling::Steep,
        Scaling::Flat,
        Scaling::Largest,
        Scaling::Any,
    ];
    for scaling in scalings {
        for (pixels, weights) in [
            (Filling::Extremes, Filling::Extremes),
            (Filling::Noise, Filling::Noise),
        ] {
            let why = format!("parameters {scaling:?}, {weights:?}");
            cases.push(twice(single(
                why,
                &tiny,
                input,
                pixels,
                conv(5, weights, scaling),
            )));
        }
    }
    let channels = MAX_INPUT_CHANNELS as usize;
    for (pixels, weights) in [
        (Filling::Constant(255), Filling::Constant(-128)),
        (Filling::Constant(255), Filling::Constant(127)),
        (Filling::Extremes, Filling::Extremes),
        (
            Filling::Worst {
                row: 1,
                column: 1,
                negative: false,
            },
            Filling::Worst {
                row: 1,
                column: 1,
                negative: false,
            },
        ),
        (
            Filling::Worst {
                row: 1,
                column: 1,
                negative: false,
            },
            Filling::Worst {
                row: 1,
                column: 1,
                negative: true,
            },
        ),
    ] {
        let why = format!("{channels} channels, pixels {pixels:?}, weights {weights:?}");
        let small = Shape::new(channels, 5, 4);
        cases.push(single(
            why,
            &deep,
            small,
            pixels,
            conv(5, weights, Scaling::Whole),
        ));
    }
    let mut wide = single(
        format!("{channels} channels in and out, bias at its limit"),
        &deep,
        Shape::new(channels, 2, 2),
        Filling::Constant(255),
        conv(channels, Filling::Constant(127), Scaling::HighBias),
    );
    wide.stages
        .push(conv(3, Filling::Constant(-128), Scaling::LowBias));
    cases.push(wide);
    Ok(cases)
}

/// For each of the 36 positions of the transform and each sign of map and kernel: a layer of three channels that all drive the position to its bound.
///
/// # Errors
/// Never, unless the presets change.
pub fn positions() -> Result<Vec<Case>, ConfigError> {
    let tiny = preset("tiny-1")?;
    let mut cases = Vec::new();
    for place in 0..36 * 4 {
        let (row, column) = (place / 4 / 6, place / 4 % 6);
        let [map, kernel] = [place & 1, place >> 1 & 1].map(|bit| Filling::Worst {
            row,
            column,
            negative: bit == 1,
        });
        let why = format!("position {row}, {column} at its bound: map {map:?}, kernel {kernel:?}");
        // The third tile of a row or column has a window of its own pixels alone.
        cases.push(single(
            why,
            &tiny,
            Shape::new(3, 13, 13),
            map,
            conv(2, kernel, Scaling::Whole),
        ));
    }
    Ok(cases)
}
