//! Weights invented from a seed, so that the whole path runs where no trained ones are at hand.

use super::{Dtype, PlannedTensor, TensorWriter, WeightsError};
use crate::network::{Network, TensorSpec};
use crate::progress::{Progress, Unit};
use rand_chacha::rand_core::{RngCore, SeedableRng};
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;
use std::path::Path;

/// Values generated between two polls for an interrupt.
const CHUNK: usize = 1 << 18;
/// Standard deviation of a bias.
const BIAS_DEVIATION: f64 = 0.01;

/// Bytes of the data of a float file for `network`.
pub fn model_bytes(network: &Network) -> u64 {
    planned(network).iter().map(PlannedTensor::bytes).sum()
}

fn planned(network: &Network) -> Vec<PlannedTensor> {
    let plan = |TensorSpec { name, shape, .. }| PlannedTensor {
        name,
        dtype: Dtype::F32,
        shape,
    };
    network.tensors().into_iter().map(plan).collect()
}

/// Writes a He-initialised F32 file: weights of variance 2 / fan-in, small biases.
///
/// The same network and seed give the same bytes on every machine: each tensor has its own ChaCha
/// stream, and a value is the sum of four 16-bit integers, which is near enough to normal and needs no
/// library whose last digit differs between systems.
pub fn write_random(
    path: &Path,
    network: &Network,
    seed: u64,
    progress: &dyn Progress,
) -> Result<(), WeightsError> {
    let metadata = BTreeMap::from([
        ("arch".to_owned(), network.name.clone()),
        (
            "origin".to_owned(),
            format!("rowfuse model new, seed {seed}: untrained, He-initialised"),
        ),
    ]);
    let mut writer = TensorWriter::create(path, &planned(network), &metadata)?;
    progress.begin("writing weights", model_bytes(network), Unit::Bytes);
    for (stream, tensor) in network.tensors().iter().enumerate() {
        progress.item(&tensor.name)?;
        let mut generator = Generator::new(seed, stream as u64, tensor);
        let mut left: usize = tensor.shape.iter().product();
        let mut bytes = Vec::with_capacity(4 * CHUNK.min(left));
        while left > 0 {
            let count = left.min(CHUNK);
            bytes.clear();
            bytes.extend((0..count).flat_map(|_| generator.value().to_le_bytes()));
            writer.write(&bytes)?;
            left -= count;
            progress.advance(bytes.len() as u64)?;
        }
    }
    writer.finish()?;
    progress.end();
    Ok(())
}

struct Generator {
    random: ChaCha8Rng,
    scale: f32,
}

impl Generator {
    fn new(seed: u64, stream: u64, tensor: &TensorSpec) -> Generator {
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        let mut random = ChaCha8Rng::from_seed(key);
        random.set_stream(stream);
        let deviation = if tensor.is_bias {
            BIAS_DEVIATION
        } else {
            (2.0 / tensor.fan_in as f64).sqrt()
        };
        // Four uniform integers below 2^16 have this variance together.
        let sum_variance = 4.0 * (65536.0 * 65536.0 - 1.0) / 12.0;
        Generator {
            random,
            scale: (deviation / f64::sqrt(sum_variance)) as f32,
        }
    }

    fn value(&mut self) -> f32 {
        let bits = self.random.next_u64();
        let sum: i32 = (0..4).map(|part| (bits >> (16 * part)) as u16 as i32).sum();
        (sum - 2 * 65535) as f32 * self.scale
    }
}
