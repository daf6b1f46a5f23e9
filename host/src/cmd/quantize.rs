//! `rowfuse quantize`: float weights and a few photographs in, the engine's integers out.

use super::method::Quantisation;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use comfy_table::Table;
use rowfuse::image::{self, Normalisation};
use rowfuse::network::NAMES;
use rowfuse::onnx::Mapped;
use rowfuse::quantise::{self, LayerReport, QuantisedNetwork, Tried};
use rowfuse::trained::{Hints, Trained, Weights};
use rowfuse::weights::FloatWeights;
use serde_json::json;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// Height and width of an image.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Size((usize, usize));

impl FromStr for Size {
    type Err = String;

    fn from_str(text: &str) -> Result<Size, String> {
        let number = |text: &str| {
            let wrong = |_| format!("'{text}' is no number of pixels: write 224, or 180x240");
            text.trim().parse::<usize>().map_err(wrong)
        };
        Ok(Size(match text.split_once(['x', '×']) {
            Some((height, width)) => (number(height)?, number(width)?),
            None => (number(text)?, number(text)?),
        }))
    }
}

/// What its help ends with.
const EXAMPLES: &str = "Examples:
  rowfuse quantize -m tiny.safetensors china.jpg -o tiny.int8
  rowfuse quantize -m tiny.safetensors china.jpg -o tiny.int8 --method auto --equalise";

/// Arguments of `quantize`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Quantize {
    /// Float weights in safetensors, under torchvision's or timm's names, or a model in ONNX, in floats or quantised already
    #[arg(short, long, value_name = "FILE")]
    model: PathBuf,
    /// Photographs for calibration, JPEG or PNG; no labels are needed. A model that is quantised already needs none
    #[arg(value_name = "IMAGE")]
    images: Vec<PathBuf>,
    /// File to write
    #[arg(short, long, value_name = "FILE")]
    output: PathBuf,
    /// Network; by default the one whose tensors the file has
    #[arg(long, value_parser = NAMES)]
    arch: Option<String>,
    /// Height and width of the network's input in pixels, or one number for both; by default those of its training
    #[arg(long, value_name = "HxW")]
    size: Option<Size>,
    /// How it is quantised.
    #[command(flatten)]
    quantisation: Quantisation,
}

impl Quantize {
    /// Quantises and writes.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        if same_file(&self.model, &self.output) {
            let text = "--output is the model itself, which would be lost";
            return Err(Failure::usage(text.into()));
        }
        let hints = Hints {
            arch: self.arch.as_deref(),
            size: self.size.map(|Size(size)| size),
            normalisation: self.quantisation.normalisation(),
        };
        let Trained {
            weights,
            normalisation,
            mapped,
        } = Trained::open(&self.model, &hints, context.progress())?;
        let (quantised, tried) = match weights {
            Weights::Float(mut model) => self.quantise(&mut *model, normalisation, context)?,
            Weights::Quantised(_) if mapped.is_empty() => {
                let path = self.model.display();
                let text =
                    format!("{path} is rowfuse's own and quantised already: run it as it is");
                return Err(Failure::usage(text));
            }
            Weights::Quantised(quantised) => (*quantised, Vec::new()),
        };
        let sha256 = quantise::save(&self.output, &quantised, context.progress())?;
        Ok(self.report(&quantised, &mapped, &tried, &sha256))
    }

    fn quantise(
        &self,
        model: &mut dyn FloatWeights,
        normalisation: Normalisation,
        context: &Context,
    ) -> Result<(QuantisedNetwork, Vec<Tried>), Failure> {
        if self.images.is_empty() {
            let text = "float weights are quantised with photographs: give at least one IMAGE";
            return Err(Failure::usage(text.into()));
        }
        let mut images = Vec::with_capacity(self.images.len());
        for path in &self.images {
            images.push(image::load(path, model.network().input, &normalisation)?);
        }
        let candidates = self.quantisation.candidates(normalisation);
        Ok(quantise::best_of(
            model,
            &images,
            &candidates,
            context.progress(),
        )?)
    }

    fn report(
        &self,
        quantised: &QuantisedNetwork,
        mapped: &[Mapped],
        tried: &[Tried],
        sha256: &str,
    ) -> Report {
        let mut text = String::new();
        if !mapped.is_empty() {
            let mut nodes = table(["node", "operator", "what it is here"]);
            for Mapped { node, op, became } in mapped {
                nodes.add_row([node, op, became]);
            }
            text += &format!("{nodes}\n");
        }
        if !quantised.report.is_empty() {
            text += &format!("{}\n", layers(&quantised.report));
        }
        if let Some(worst) = quantised.worst() {
            let own = decibels(worst.own_snr_db);
            text += &format!("{} costs most by itself: {own}\n", worst.name);
        }
        if tried.len() > 1 {
            text += &format!("{}\n", side_by_side(tried));
        }
        text += &format!(
            "{}: {} in int8, {}\nsha256 {sha256}",
            self.output.display(),
            quantised.network.name,
            quantised.calibration,
        );
        let result = json!({
            "model": self.model.display().to_string(),
            "output": self.output.display().to_string(),
            "arch": quantised.network.name,
            "input": quantised.network.input,
            "calibration": quantised.calibration,
            "normalisation": quantised.normalisation,
            "nodes": mapped,
            "sha256": sha256,
            "layers": quantised.report,
            "worst_layer": quantised.worst().map(|layer| &layer.name),
            "tried": tried,
        });
        Report { text, result }
    }
}

fn decibels(snr: Option<f64>) -> String {
    snr.map_or("-".into(), |snr| format!("{snr:.1} dB"))
}

/// What quantisation did to each layer.
fn layers(report: &[LayerReport]) -> Table {
    let mut rows = table(["layer", "signal/noise", "alone", "largest", "saturates at"]);
    for layer in report {
        let saturates = layer.saturates_at;
        rows.add_row([
            layer.name.clone(),
            decibels(layer.snr_db),
            decibels(layer.own_snr_db),
            format!("{:.3}", layer.float_max),
            saturates.map_or("-".into(), |value| format!("{value:.3}")),
        ]);
    }
    rows
}

/// Each layer's signal to noise by all ways that were tried.
fn side_by_side(tried: &[Tried]) -> Table {
    let names = tried.iter().map(|way| way.method.to_string());
    let mut rows = table([]);
    rows.set_header(std::iter::once("layer".to_owned()).chain(names));
    let layers = tried.first().map_or(&[][..], |way| &way.layers);
    for (index, layer) in layers.iter().enumerate() {
        let of = |way: &Tried| decibels(way.layers.get(index).and_then(|layer| layer.snr_db));
        rows.add_row(std::iter::once(layer.name.clone()).chain(tried.iter().map(of)));
    }
    rows
}

fn same_file(a: &Path, b: &Path) -> bool {
    match (a.canonicalize(), b.canonicalize()) {
        (Ok(a), Ok(b)) => a == b,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_one_number_or_two() {
        let size = |text: &str| text.parse::<Size>().map(|Size(size)| size);
        assert_eq!(size("224"), Ok((224, 224)));
        assert_eq!(size("180x240"), Ok((180, 240)));
        assert_eq!(size("33×47"), Ok((33, 47)));
        for wrong in ["", "x", "12x", "-3", "1x2x3", "a"] {
            assert!(size(wrong).is_err(), "{wrong}");
        }
    }
}
