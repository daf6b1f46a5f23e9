//! A quantised network as one safetensors file: integers as tensors, structure as JSON metadata, a
//! SHA-256 over both.

use super::{
    LayerReport, LinearOutput, QuantiseError, QuantisedConv, QuantisedLinear, QuantisedNetwork,
};
use crate::image::Normalisation;
use crate::network::Network;
use crate::progress::{Progress, Unit};
use crate::weights::{Dtype, PlannedTensor, TensorWriter};
use rowfuse_spec::numerics::Requant;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::path::Path;

/// Version of the file's format.
pub const SCHEMA: u32 = 2;

/// Keys of the header's text entries.
pub(super) const STRUCTURE: &str = "rowfuse.quantised";
pub(super) const CHECKSUM: &str = "rowfuse.sha256";
pub(super) const VERSION: &str = "rowfuse.schema";
/// Bytes between two polls for an interrupt.
pub(super) const CHUNK: usize = 1 << 22;

/// What the tensors do not say.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Structure {
    pub(super) network: Network,
    pub(super) normalisation: Normalisation,
    pub(super) calibration: String,
    pub(super) report: Vec<LayerReport>,
}

/// A tensor and its bytes.
type Entry = (PlannedTensor, Vec<u8>);

/// Writes `network` to `path`, atomically, and returns the SHA-256 of structure and tensors in
/// hexadecimal: it names the model.
pub fn save(
    path: &Path,
    network: &QuantisedNetwork,
    progress: &dyn Progress,
) -> Result<String, QuantiseError> {
    let structure = serde_json::to_string(&Structure {
        network: network.network.clone(),
        normalisation: network.normalisation,
        calibration: network.calibration.clone(),
        report: network.report.clone(),
    })
    .expect("plain data always serialise");
    let mut entries = Vec::new();
    network
        .layers
        .iter()
        .for_each(|conv| conv_entries(conv, &mut entries));
    network
        .classifier
        .iter()
        .for_each(|linear| linear_entries(linear, &mut entries));
    // Wider types first keeps every tensor aligned to its elements.
    entries.sort_by_key(|(tensor, _)| std::cmp::Reverse(tensor.dtype.bytes()));

    let mut hasher = Sha256::new_with_prefix(&structure);
    entries.iter().for_each(|(_, bytes)| hasher.update(bytes));
    let checksum = hex(&hasher.finalize());
    let metadata = BTreeMap::from([
        (STRUCTURE.to_owned(), structure),
        (CHECKSUM.to_owned(), checksum.clone()),
        (VERSION.to_owned(), SCHEMA.to_string()),
    ]);
    let planned: Vec<PlannedTensor> = entries.iter().map(|(tensor, _)| tensor.clone()).collect();
    let mut writer = TensorWriter::create(path, &planned, &metadata)?;
    progress.begin(
        "writing",
        planned.iter().map(PlannedTensor::bytes).sum(),
        Unit::Bytes,
    );
    for (tensor, bytes) in &entries {
        progress.item(&tensor.name)?;
        for chunk in bytes.chunks(CHUNK) {
            writer.write(chunk)?;
            progress.advance(chunk.len() as u64)?;
        }
    }
    writer.finish()?;
    progress.end();
    Ok(checksum)
}

fn entry(name: &str, part: &str, dtype: Dtype, shape: &[usize], bytes: Vec<u8>) -> Entry {
    (
        PlannedTensor {
            name: format!("{name}.{part}"),
            dtype,
            shape: shape.to_vec(),
        },
        bytes,
    )
}

fn float_entry(name: &str, part: &str, values: &[f32]) -> Entry {
    let bytes = values
        .iter()
        .flat_map(|value| value.to_le_bytes())
        .collect();
    entry(name, part, Dtype::F32, &[values.len()], bytes)
}

fn weight_entry<'a>(name: &str, shape: &[usize], values: impl Iterator<Item = &'a i8>) -> Entry {
    entry(
        name,
        "weight",
        Dtype::I8,
        shape,
        values.map(|&value| value as u8).collect(),
    )
}

fn bias_entry(name: &str, bias: impl Iterator<Item = i32>) -> Entry {
    let bytes: Vec<u8> = bias.flat_map(i32::to_le_bytes).collect();
    entry(name, "bias", Dtype::I32, &[bytes.len() / 4], bytes)
}

fn requant_entries(name: &str, requant: &[Requant], entries: &mut Vec<Entry>) {
    let shape = [requant.len()];
    let multipliers = requant
        .iter()
        .flat_map(|requant| requant.multiplier.to_le_bytes())
        .collect();
    let shifts = requant.iter().map(|requant| requant.shift as u8).collect();
    entries.push(bias_entry(name, requant.iter().map(|requant| requant.bias)));
    entries.push(entry(name, "multiplier", Dtype::U16, &shape, multipliers));
    entries.push(entry(name, "shift", Dtype::U8, &shape, shifts));
}

fn conv_entries(conv: &QuantisedConv, entries: &mut Vec<Entry>) {
    entries.push(weight_entry(
        &conv.name,
        conv.weights.shape(),
        conv.weights.iter(),
    ));
    requant_entries(&conv.name, &conv.requant, entries);
    entries.push(float_entry(&conv.name, "weight_scale", &conv.weight_scales));
    entries.push(float_entry(
        &conv.name,
        "scales",
        &[conv.input_scale, conv.output_scale],
    ));
    entries.push(entry(
        &conv.name,
        "zero_points",
        Dtype::U8,
        &[2],
        vec![conv.input_zero_point, conv.output_zero_point],
    ));
}

fn linear_entries(linear: &QuantisedLinear, entries: &mut Vec<Entry>) {
    entries.push(weight_entry(
        &linear.name,
        linear.weights.shape(),
        linear.weights.iter(),
    ));
    entries.push(float_entry(
        &linear.name,
        "weight_scale",
        &linear.weight_scales,
    ));
    match &linear.output {
        LinearOutput::Requant { requant, scale } => {
            requant_entries(&linear.name, requant, entries);
            entries.push(float_entry(
                &linear.name,
                "scales",
                &[linear.input_scale, *scale],
            ));
        }
        LinearOutput::Logits { bias } => {
            entries.push(bias_entry(&linear.name, bias.iter().copied()));
            entries.push(float_entry(&linear.name, "scales", &[linear.input_scale]));
        }
    }
}

pub(super) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
