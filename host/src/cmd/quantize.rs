//! `rowfuse quantize`: float weights and a few photographs in, the engine's integers out.

use crate::cli::{table, Context, Failure, Report};
use clap::{Args, ValueEnum};
use rowfuse::image::{self, Normalisation};
use rowfuse::network::{detect, Network, NAMES};
use rowfuse::onnx::{self, Imported, ImportedModel, Mapped};
use rowfuse::quantise::{self, LayerReport, Options, QuantisedNetwork};
use rowfuse::weights::{FloatWeights, Model, TensorFile};
use serde_json::json;
use std::path::{Path, PathBuf};
use std::str::FromStr;

/// How activation ranges are chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// The largest value seen
    Minmax,
    /// The value below which `--percentile` percent lie
    Percentile,
}

/// What a network expects to be done with the bytes of an image.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Normalise {
    /// Less ImageNet's mean, by its standard deviation
    Imagenet,
    /// From 0 to 1
    Unit,
    /// Nothing: from 0 to 255
    None,
}

impl From<Normalise> for Normalisation {
    fn from(normalise: Normalise) -> Normalisation {
        match normalise {
            Normalise::Imagenet => Normalisation::IMAGENET,
            Normalise::Unit => Normalisation::UNIT,
            Normalise::None => Normalisation::NONE,
        }
    }
}

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

/// Arguments of `quantize`.
#[derive(Debug, Args)]
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
    /// What the network expects to be done with images first; kept with it, and done by `run` too
    #[arg(long, value_enum, default_value = "imagenet")]
    normalise: Normalise,
    /// How activation ranges are chosen
    #[arg(long, value_enum, default_value = "percentile")]
    method: Method,
    /// For the percentile method
    #[arg(long, value_name = "PERCENT", default_value_t = 99.99)]
    percentile: f64,
}

impl Quantize {
    /// Quantises and writes.
    pub fn run(&self, context: &Context) -> Result<Report, Failure> {
        if same_file(&self.model, &self.output) {
            let text = "--output is the model itself, which would be lost";
            return Err(Failure::usage(text.into()));
        }
        let is_onnx = self
            .model
            .extension()
            .is_some_and(|end| end.eq_ignore_ascii_case("onnx"));
        let (quantised, mapped) = match is_onnx {
            true => self.onnx(context)?,
            false => {
                let file = TensorFile::open(&self.model)?;
                let network = self.network(&file)?;
                network.shapes()?;
                let mut model = Model::new(file, &network)?;
                let quantised = self.quantise(&mut model, self.normalise.into(), context)?;
                (quantised, Vec::new())
            }
        };
        let sha256 = quantise::save(&self.output, &quantised, context.progress())?;
        Ok(self.report(&quantised, &mapped, &sha256))
    }

    /// A model in ONNX: quantised with the photographs, or taken over if it is quantised already.
    fn onnx(&self, context: &Context) -> Result<(QuantisedNetwork, Vec<Mapped>), Failure> {
        if self.arch.is_some() {
            let text = "--arch is for safetensors: an ONNX file says itself what its network is";
            return Err(Failure::usage(text.into()));
        }
        let size = self.size.map(|Size(size)| size);
        let Imported {
            model,
            normalisation,
            mapped,
        } = onnx::read(&self.model, size, self.normalise.into())?;
        let quantised = match model {
            ImportedModel::Quantised(quantised) => *quantised,
            ImportedModel::Float(mut model) => self.quantise(&mut model, normalisation, context)?,
        };
        Ok((quantised, mapped))
    }

    fn quantise(
        &self,
        model: &mut dyn FloatWeights,
        normalisation: Normalisation,
        context: &Context,
    ) -> Result<QuantisedNetwork, Failure> {
        if self.images.is_empty() {
            let text = "float weights are quantised with photographs: give at least one IMAGE";
            return Err(Failure::usage(text.into()));
        }
        let mut images = Vec::with_capacity(self.images.len());
        for path in &self.images {
            images.push(image::load(path, model.network().input, &normalisation)?);
        }
        let method = match self.method {
            Method::Minmax => quantise::Method::MinMax,
            Method::Percentile => quantise::Method::Percentile(self.percentile),
        };
        let options = Options {
            method,
            normalisation,
        };
        Ok(quantise::quantise(
            model,
            &images,
            &options,
            context.progress(),
        )?)
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

    fn report(&self, quantised: &QuantisedNetwork, mapped: &[Mapped], sha256: &str) -> Report {
        let mut nodes = table(["node", "operator", "what it is here"]);
        for Mapped { node, op, became } in mapped {
            nodes.add_row([node, op, became]);
        }
        let mut table = table(["layer", "signal/noise", "largest", "saturates at"]);
        for LayerReport {
            name,
            snr_db,
            float_max,
            saturates_at,
        } in &quantised.report
        {
            let decibels = snr_db.map_or("-".into(), |snr| format!("{snr:.1} dB"));
            let saturates = saturates_at.map_or("-".into(), |value| format!("{value:.3}"));
            table.add_row([name, &decibels, &format!("{float_max:.3}"), &saturates]);
        }
        let mut tables = String::new();
        for (rows, table) in [(mapped.len(), &nodes), (quantised.report.len(), &table)] {
            if rows > 0 {
                tables += &format!("{table}\n");
            }
        }
        let text = format!(
            "{tables}{}: {} in int8, {}\nsha256 {sha256}",
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
        });
        Report { text, result }
    }
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
