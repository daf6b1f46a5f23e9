//! How a network is quantised: flags of every verb that does it.

use clap::{Args, ValueEnum};
use rowfuse::image::Normalisation;
use rowfuse::quantise::{self, Options};

/// How activation ranges are chosen.
#[derive(Clone, Copy, Debug, ValueEnum)]
enum Method {
    /// The largest value seen
    Minmax,
    /// The value below which `--percentile` percent lie
    Percentile,
    /// The value with the least mean squared error
    Mse,
    /// The value with the least Kullback-Leibler divergence, as TensorRT calibrates
    Entropy,
    /// All four, side by side; the one with the best signal to noise in the last layer is kept
    Auto,
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

/// The flags.
#[derive(Debug, Args)]
pub struct Quantisation {
    /// How activation ranges are chosen
    #[arg(long, value_enum, default_value = "percentile")]
    method: Method,
    /// For the percentile method
    #[arg(long, value_name = "PERCENT", default_value_t = 99.99)]
    percentile: f64,
    /// First scale weights so that all channels of a layer are of one size (cross-layer equalisation); the float network stays the same
    #[arg(long)]
    equalise: bool,
    /// Let biases of convolutions make up for the mean error that rounding leaves in each channel
    #[arg(long)]
    correct_bias: bool,
    /// What the network expects to be done with images first; kept with it, and done by `run` too
    #[arg(long, value_enum, default_value = "imagenet")]
    normalise: Normalise,
}

impl Quantisation {
    /// What is done with images first.
    pub fn normalisation(&self) -> Normalisation {
        self.normalise.into()
    }

    /// The ways that are tried, at least one, for images normalised like that.
    pub fn candidates(&self, normalisation: Normalisation) -> Vec<Options> {
        let percentile = quantise::Method::Percentile(self.percentile);
        let methods = match self.method {
            Method::Minmax => vec![quantise::Method::MinMax],
            Method::Percentile => vec![percentile],
            Method::Mse => vec![quantise::Method::MeanSquaredError],
            Method::Entropy => vec![quantise::Method::Entropy],
            Method::Auto => vec![
                percentile,
                quantise::Method::MinMax,
                quantise::Method::MeanSquaredError,
                quantise::Method::Entropy,
            ],
        };
        let options = |method| Options {
            method,
            normalisation,
            equalise: self.equalise,
            correct_bias: self.correct_bias,
        };
        methods.into_iter().map(options).collect()
    }
}
