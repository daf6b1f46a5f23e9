//! A trained network's answers, counted.

use super::{AccuracyError, Samples};
use crate::classify::{classify, top};
use crate::float::FloatNetwork;
use crate::image::{normalise, Rgb};
use crate::network::{Layer, Shape};
use crate::plan::{self, Blocks, PlanOptions};
use crate::progress::{Event, Progress, Unit};
use crate::quantise::{self, Options, QuantisedNetwork};
use crate::run::{golden_output, run_plan, RunOptions, Verify};
use crate::trained::{Hints, Trained, Weights};
use ndarray::Array3;
use rowfuse_spec::EngineConfig;
use rowfuse_testbench::board::{Board, Client};
use serde::Serialize;
use std::ops::ControlFlow;
use std::path::Path;

/// How many images were put into their class: the best score is their label's (top-1; of equal scores the lower class counts).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Score {
    /// Images that were.
    pub correct: u64,
    /// Images in all.
    pub images: u64,
}

impl Score {
    fn add(&mut self, scores: &[f32], label: usize) {
        let best = top(scores, 1);
        self.correct += u64::from(best.first().is_some_and(|guess| guess.class == label));
        self.images += 1;
    }
}

/// What the host computes of all images.
#[derive(Clone, Debug, PartialEq)]
pub struct OnHost {
    /// By the float network, if there is one.
    pub float: Option<Score>,
    /// By the golden integer model.
    pub int8: Score,
    /// The golden model's last map of every image, channels × rows × columns: what every board must give.
    pub maps: Vec<Array3<u8>>,
}

/// What a board computes of the first images.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct OnBoard {
    /// By the board's maps.
    pub int8: Score,
    /// Values of these maps, each compared with the golden model's.
    pub values: u64,
    /// How many of them differ.
    pub mismatches: u64,
}

/// A trained network in the engine's integers, and in floats if it came in floats.
#[derive(Debug)]
pub struct Subject {
    name: String,
    float: Option<FloatNetwork>,
    quantised: QuantisedNetwork,
}

impl Subject {
    /// Reads a network for images of that height and width, in any format of [`Trained`], and quantises it with the calibration images
    /// in the best of these ways; one that is quantised already stays as it is.
    ///
    /// # Errors
    /// If the file holds no such network, or it does not fit the images or the engine, or `progress` is interrupted.
    pub fn open(
        file: &Path,
        (height, width): (usize, usize),
        calibration: &[Rgb],
        candidates: &[Options],
        progress: &dyn Progress,
    ) -> Result<Subject, AccuracyError> {
        let hints = Hints {
            size: Some((height, width)),
            normalisation: candidates
                .first()
                .map_or_else(Default::default, |way| way.normalisation),
            arch: None,
        };
        let trained = Trained::open(file, &hints, progress)?;
        let (quantised, float) = match trained.weights {
            Weights::Quantised(quantised) => (*quantised, None),
            Weights::Float(mut model) => {
                let channels = model.network().input.channels;
                let images = calibration.iter();
                let images = images.map(|image| normalise(image, channels, &trained.normalisation));
                let images: Vec<Array3<f32>> = images.collect();
                // An ONNX model may itself begin with a part of the normalisation.
                let ways = candidates.iter().map(|way| Options {
                    normalisation: trained.normalisation,
                    ..*way
                });
                let ways: Vec<Options> = ways.collect();
                let (quantised, _) = quantise::best_of(&mut *model, &images, &ways, progress)?;
                (quantised, Some(FloatNetwork::load(&mut *model)?))
            }
        };
        let name = file.file_stem().unwrap_or(file.as_os_str());
        let subject = Subject {
            name: name.to_string_lossy().into_owned(),
            float,
            quantised,
        };
        subject.check(height, width)?;
        Ok(subject)
    }

    fn check(&self, height: usize, width: usize) -> Result<(), AccuracyError> {
        let network = self.name.clone();
        let input = self.quantised.network.input;
        let expected = Shape::new(input.channels, height, width);
        if input != expected || ![1, 3].contains(&input.channels) {
            return Err(AccuracyError::Input {
                network,
                input,
                height,
                width,
            });
        }
        match self.quantised.classes() {
            0 => Err(AccuracyError::NoClassifier { network }),
            _ => Ok(()),
        }
    }

    /// What the file of its weights is called, without its ending.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The quantised network.
    pub fn quantised(&self) -> &QuantisedNetwork {
        &self.quantised
    }

    /// Whether its maps can be cut into blocks at all: all convolutions are the engine's own.
    pub fn takes_blocks(&self) -> bool {
        let mut layers = self.quantised.network.layers.iter();
        layers.all(|layer| match layer {
            Layer::Conv { window, .. } => window.is_native(),
            _ => true,
        })
    }

    /// Counts the answers of the float network and of the golden integer model, with maps in blocks if so.
    ///
    /// # Errors
    /// If the images do not fit the network, or `progress` is interrupted.
    pub fn on_host(
        &self,
        samples: &Samples,
        blocks: Option<Blocks>,
        progress: &dyn Progress,
    ) -> Result<OnHost, AccuracyError> {
        let mut found = OnHost {
            float: self.float.as_ref().map(|_| Score::default()),
            int8: Score::default(),
            maps: Vec::with_capacity(samples.images.len()),
        };
        progress.begin("on the host", samples.images.len() as u64, Unit::Steps);
        progress.item(&self.title(blocks))?;
        for (image, &label) in samples.images.iter().zip(&samples.labels) {
            let image = self.input(image);
            if let (Some(network), Some(score)) = (&self.float, &mut found.float) {
                score.add(&network.scores(image.view(), blocks).to_vec(), label);
            }
            let pixels = self.quantised.quantise_input(image.view());
            let layers = &self.quantised.layers;
            let map = golden_output(layers, &pixels, blocks, &OnlyStops(progress))?;
            found.int8.add(&self.classes_of(&map), label);
            found.maps.push(map);
            progress.advance(1)?;
        }
        progress.end();
        Ok(found)
    }

    /// Counts the answers of a board for as many of the first images as there are `expected` maps, which are the golden model's
    /// ([`OnHost::maps`]); with maps in blocks if so. Values that differ are counted, not an error.
    ///
    /// # Errors
    /// If the engine cannot run the network (in such blocks), the board fails, or `progress` is interrupted.
    pub fn on_board<B: Board>(
        &self,
        client: &mut Client<B>,
        config: &EngineConfig,
        samples: &Samples,
        expected: &[Array3<u8>],
        blocks: Option<Blocks>,
        progress: &dyn Progress,
    ) -> Result<OnBoard, AccuracyError> {
        let options = PlanOptions {
            blocks,
            ..PlanOptions::default()
        };
        let plan = plan::plan(&self.quantised, config, &options)?;
        let mut found = OnBoard::default();
        progress.begin("on the board", expected.len() as u64, Unit::Steps);
        progress.item(&self.title(blocks))?;
        let images = samples.images.iter().zip(&samples.labels).zip(expected);
        for (index, ((image, &label), expected)) in images.enumerate() {
            let pixels = self.quantised.quantise_input(self.input(image).view());
            let options = RunOptions {
                verify: Verify::None,
                upload: index == 0,
                ..RunOptions::default()
            };
            let layers = &self.quantised.layers;
            let run = run_plan(
                client,
                &plan,
                layers,
                &pixels,
                &options,
                &mut |_| match progress.interrupted() {
                    true => ControlFlow::Break(()),
                    false => ControlFlow::Continue(()),
                },
            )?;
            found.int8.add(&self.classes_of(&run.output), label);
            found.values += expected.len() as u64;
            let pairs = expected.iter().zip(&run.output);
            found.mismatches += pairs.filter(|(expected, found)| expected != found).count() as u64;
            progress.advance(1)?;
        }
        progress.end();
        Ok(found)
    }

    /// What the network reads of an image.
    fn input(&self, image: &Rgb) -> Array3<f32> {
        let channels = self.quantised.network.input.channels;
        normalise(image, channels, &self.quantised.normalisation)
    }

    fn title(&self, blocks: Option<Blocks>) -> String {
        let blocks = blocks.map_or(String::new(), |blocks| format!(" in blocks of {blocks}"));
        self.name.clone() + &blocks
    }

    /// The scores of the body's last map.
    fn classes_of(&self, map: &Array3<u8>) -> Vec<f32> {
        classify(&self.quantised, map.view()).unwrap_or_default()
    }
}

/// Hands on whether to stop, and shows nothing of what is done for a single image.
struct OnlyStops<'a>(&'a dyn Progress);

impl Progress for OnlyStops<'_> {
    fn event(&self, _: Event<'_>) {}

    fn interrupted(&self) -> bool {
        self.0.interrupted()
    }
}
