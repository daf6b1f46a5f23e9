//! Reading a quantised network back, with suspicion.

use super::save::{hex, Structure, CHECKSUM, CHUNK, SCHEMA, STRUCTURE, VERSION};
use super::{LinearOutput, QuantiseError, QuantisedConv, QuantisedLinear, QuantisedNetwork};
use crate::network::{Layer, Pool};
use crate::progress::{Progress, Unit};
use crate::weights::{Dtype, TensorFile, WeightsError};
use ndarray::{Array2, Array4};
use rowfuse_spec::numerics::Requant;
use sha2::{Digest, Sha256};
use std::path::Path;

/// Whether a file says that it is one of [`super::save`]'s; [`load`] looks whether it is sound.
pub fn is_quantised(file: &TensorFile) -> bool {
    file.header().metadata.contains_key(VERSION)
}

/// Reads a file of [`super::save`] and its SHA-256. Everything is checked: format, sum, shapes, ranges.
pub fn load(
    path: &Path,
    progress: &dyn Progress,
) -> Result<(QuantisedNetwork, String), QuantiseError> {
    let mut file = TensorFile::open(path)?;
    let name = path.display().to_string();
    let refuse = |reason: &str| QuantiseError::NotQuantised {
        path: name.clone(),
        reason: reason.into(),
    };
    let text = |key: &str| {
        let value = file.header().metadata.get(key).cloned();
        value.ok_or_else(|| refuse(&format!("its header has no entry {key}")))
    };
    let version = text(VERSION)?;
    let found = version
        .parse()
        .map_err(|_| refuse(&format!("its format is {version:?}")))?;
    if found != SCHEMA {
        return Err(QuantiseError::Schema {
            path: name,
            expected: SCHEMA,
            found,
        });
    }
    let (structure, expected) = (text(STRUCTURE)?, text(CHECKSUM)?);
    let mut hasher = Sha256::new_with_prefix(&structure);
    progress.begin("reading", file.data_bytes(), Unit::Bytes);
    file.for_each_chunk(CHUNK, &mut |bytes| {
        hasher.update(bytes);
        progress.advance(bytes.len() as u64)
    })?;
    let found = hex(&hasher.finalize());
    if found != expected {
        return Err(QuantiseError::Checksum {
            path: name,
            expected,
            found,
        });
    }
    let structure: Structure = serde_json::from_str(&structure)
        .map_err(|error| refuse(&format!("its structure: {error}")))?;
    let network = Reader {
        file: &mut file,
        path: &name,
    }
    .network(structure)?;
    progress.end();
    Ok((network, expected))
}

struct Reader<'a> {
    file: &'a mut TensorFile,
    path: &'a str,
}

impl Reader<'_> {
    fn network(&mut self, structure: Structure) -> Result<QuantisedNetwork, QuantiseError> {
        let Structure {
            network,
            normalisation,
            calibration,
            report,
        } = structure;
        network.shapes()?;
        if !normalisation.is_valid() {
            return Err(self.refuse("its normalisation of images is not finite".into()));
        }
        if !normalisation.fits(network.input) {
            return Err(QuantiseError::GreyNormalisation);
        }
        let mut result = QuantisedNetwork {
            input_scale: super::INPUT_SCALE,
            normalisation,
            network,
            layers: Vec::new(),
            tail: Vec::new(),
            classifier: Vec::new(),
            report,
            calibration,
        };
        let mut pools = Vec::new();
        for layer in &result.network.layers {
            match layer {
                Layer::Conv { name, .. } => {
                    let before = std::mem::take(&mut pools);
                    result.layers.push(self.conv(layer, name, before)?);
                }
                Layer::Pool => match result.layers.last_mut() {
                    Some(conv) if !conv.pool_after && pools.is_empty() => conv.pool_after = true,
                    _ => return Err(self.refuse("a pool that follows no convolution".into())),
                },
                Layer::Linear {
                    name,
                    inputs,
                    outputs,
                    relu,
                } => {
                    result.tail.append(&mut pools);
                    let linear = self.linear(name, *inputs, *outputs, *relu)?;
                    result.classifier.push(linear);
                }
                layer => pools.extend(layer.host_pool()),
            }
        }
        result.tail.append(&mut pools);
        if let Some(first) = result.layers.first() {
            result.input_scale = first.input_scale;
        }
        Ok(result)
    }

    fn refuse(&self, reason: String) -> QuantiseError {
        QuantiseError::NotQuantised {
            path: self.path.into(),
            reason,
        }
    }

    fn bytes(
        &mut self,
        name: &str,
        part: &str,
        dtype: Dtype,
        shape: &[usize],
    ) -> Result<Vec<u8>, WeightsError> {
        self.file.bytes(
            &format!("{name}.{part}"),
            dtype,
            shape,
            "the quantised network",
        )
    }

    fn weights(&mut self, name: &str, shape: &[usize]) -> Result<Vec<i8>, QuantiseError> {
        let bytes = self.bytes(name, "weight", Dtype::I8, shape)?;
        Ok(bytes.into_iter().map(|byte| byte as i8).collect())
    }

    fn bias(&mut self, name: &str, count: usize) -> Result<Vec<i32>, QuantiseError> {
        let bytes = self.bytes(name, "bias", Dtype::I32, &[count])?;
        Ok(bytes
            .chunks_exact(4)
            .map(|b| i32::from_le_bytes([b[0], b[1], b[2], b[3]]))
            .collect())
    }

    /// Scales: finite and above zero.
    fn scales(&mut self, name: &str, part: &str, count: usize) -> Result<Vec<f32>, QuantiseError> {
        let values =
            self.file
                .floats(&format!("{name}.{part}"), &[count], "the quantised network")?;
        match values.iter().find(|&&value| value <= 0.0) {
            Some(value) => Err(self.refuse(format!("{name}.{part} has the scale {value}"))),
            None => Ok(values),
        }
    }

    fn requant(&mut self, name: &str, count: usize) -> Result<Vec<Requant>, QuantiseError> {
        let bias = self.bias(name, count)?;
        let multipliers = self.bytes(name, "multiplier", Dtype::U16, &[count])?;
        let shifts = self.bytes(name, "shift", Dtype::U8, &[count])?;
        let mut requants = Vec::with_capacity(count);
        for (channel, bias) in bias.into_iter().enumerate() {
            let multiplier =
                u16::from_le_bytes([multipliers[2 * channel], multipliers[2 * channel + 1]]);
            let requant = Requant {
                bias,
                multiplier,
                shift: u32::from(shifts[channel]),
            };
            if let Err(error) = requant.validate() {
                return Err(self.refuse(format!("{name}, channel {channel}: {error}")));
            }
            requants.push(requant);
        }
        Ok(requants)
    }

    fn conv(
        &mut self,
        layer: &Layer,
        name: &str,
        before: Vec<Pool>,
    ) -> Result<QuantisedConv, QuantiseError> {
        let Layer::Conv {
            cin, cout, window, ..
        } = layer
        else {
            return Err(self.refuse(format!("{name} is no convolution")));
        };
        let [rows, columns] = window.kernel;
        let weights = self.weights(name, &[*cout, *cin, rows, columns])?;
        let scales = self.scales(name, "scales", 2)?;
        let zero_points = self.bytes(name, "zero_points", Dtype::U8, &[2])?;
        Ok(QuantisedConv {
            name: name.into(),
            before,
            window: *window,
            weights: Array4::from_shape_vec((*cout, *cin, rows, columns), weights)
                .expect("the shape was checked"),
            requant: self.requant(name, *cout)?,
            weight_scales: self.scales(name, "weight_scale", *cout)?,
            input_zero_point: zero_points[0],
            output_zero_point: zero_points[1],
            input_scale: scales[0],
            output_scale: scales[1],
            pool_after: false,
        })
    }

    fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        outputs: usize,
        relu: bool,
    ) -> Result<QuantisedLinear, QuantiseError> {
        let weights = self.weights(name, &[outputs, inputs])?;
        let weights =
            Array2::from_shape_vec((outputs, inputs), weights).expect("the shape was checked");
        let weight_scales = self.scales(name, "weight_scale", outputs)?;
        let scales = self.scales(name, "scales", 1 + usize::from(relu))?;
        let output = match relu {
            true => LinearOutput::Requant {
                requant: self.requant(name, outputs)?,
                scale: scales[1],
            },
            false => LinearOutput::Logits {
                bias: self.bias(name, outputs)?,
            },
        };
        Ok(QuantisedLinear {
            name: name.into(),
            weights,
            weight_scales,
            input_scale: scales[0],
            output,
        })
    }
}
