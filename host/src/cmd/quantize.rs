//! `rowfuse quantize`: float weights and a few photographs in, the engine's integers out.

use super::method::Quantisation;
use crate::cli::{table, Context, Failure, Report};
use clap::Args;
use comfy_table::Table;
use rowfuse::image;
use rowfuse::network::{detect, Network, NAMES};
use rowfuse::quantise::{self, QuantisedNetwork};
use rowfuse::weights::{Model, TensorFile};
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
  rowfuse quantize -m tiny.safetensors china.jpg -o tiny.int8 --method auto --equalise --correct-bias";

/// Arguments of `quantize`.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Quantize {
    /// Float weights: safetensors under torchvision's names
    #[arg(short, long, value_name = "FILE")]
    model: PathBuf,
    /// Photographs for calibration, JPEG or PNG; no labels are needed
    #[arg(required = true, value_name = "IMAGE")]
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
        let file = TensorFile::open(&self.model)?;
        let network = self.network(&file)?;
        network.shapes()?;
        let mut model = Model::new(file, &network)?;
        let mut images = Vec::with_capacity(self.images.len());
        for path in &self.images {
            images.push(image::load(path, network.input)?);
        }
        let candidates = self.quantisation.candidates();
        let (quantised, reports) =
            quantise::best_of(&mut model, &images, &candidates, context.progress())?;
        let sha256 = quantise::save(&self.output, &quantised, context.progress())?;
        Ok(self.report(&quantised, &reports, &sha256))
    }

    fn network(&self, file: &TensorFile) -> Result<Network, Failure> {
        let detected = || detect(file.header().tensors.keys().map(String::as_str));
        let arch = self.arch.as_deref().or_else(detected);
        arch.and_then(|arch| Network::named(arch, self.size.map(|Size(size)| size)))
            .ok_or_else(|| {
                let path = file.path().display();
                Failure::usage(format!(
                    "{path} has the tensors of none of {}: say which --arch it is",
                    NAMES.join(", ")
                ))
            })
    }

    fn report(
        &self,
        quantised: &QuantisedNetwork,
        reports: &[quantise::Tried],
        sha256: &str,
    ) -> Report {
        let decibels = |snr: Option<f64>| snr.map_or("-".into(), |snr| format!("{snr:.1} dB"));
        let mut rows = table(["layer", "signal/noise", "alone", "largest", "saturates at"]);
        for layer in &quantised.report {
            let saturates = layer.saturates_at;
            rows.add_row([
                layer.name.clone(),
                decibels(layer.snr_db),
                decibels(layer.own_snr_db),
                format!("{:.3}", layer.float_max),
                saturates.map_or("-".into(), |value| format!("{value:.3}")),
            ]);
        }
        let mut text = format!("{rows}\n");
        if let Some(worst) = quantised.worst() {
            let name = &worst.name;
            text += &format!(
                "{name} costs most by itself: {}\n",
                decibels(worst.own_snr_db)
            );
        }
        if reports.len() > 1 {
            text += &format!("{}\n", side_by_side(reports));
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
            "sha256": sha256,
            "layers": quantised.report,
            "worst_layer": quantised.worst().map(|layer| &layer.name),
            "tried": reports,
        });
        Report { text, result }
    }
}

/// Each layer's signal to noise by all ways that were tried.
fn side_by_side(tried: &[quantise::Tried]) -> Table {
    let names = tried.iter().map(|way| way.method.to_string());
    let mut rows = table([]);
    rows.set_header(std::iter::once("layer".to_owned()).chain(names));
    let layers = tried.first().map_or(&[][..], |way| &way.layers);
    for (index, layer) in layers.iter().enumerate() {
        let of = |way: &quantise::Tried| {
            let snr = way.layers.get(index).and_then(|layer| layer.snr_db);
            snr.map_or("-".into(), |snr| format!("{snr:.1} dB"))
        };
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
