//! The bytes of a plan that come from the network: weights and parameters.

use rowfuse_spec::layout::pack_weights;
use rowfuse_spec::numerics::Requant;
use rowfuse_spec::EngineConfig;
use sha2::{Digest, Sha256};

use super::{hex, ConvShape, Plan, PlanError};
use crate::quantise::QuantisedConv;

/// Bytes to be written to memory before a plan runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Segment {
    /// What they are.
    pub what: String,
    /// Byte address, even.
    pub address: u32,
    /// An even number of bytes.
    pub bytes: Vec<u8>,
}

/// Programs, parameters and weights of the first `groups` groups of a plan, in order of address within
/// a kind. Refuses layers that the plan was not made for.
pub fn constants(
    plan: &Plan,
    layers: &[QuantisedConv],
    groups: usize,
) -> Result<Vec<Segment>, PlanError> {
    let covered = &layers[..plan.layer_count().min(layers.len())];
    let found = fingerprint(covered);
    if found != plan.weights_sha256 {
        return Err(PlanError::Weights {
            expected: plan.weights_sha256.clone(),
            found,
        });
    }
    let mut segments = Vec::new();
    let mut rest = covered;
    for group in plan.groups.iter().take(groups) {
        let (now, later) = rest.split_at(group.layers.len());
        rest = later;
        segments.push(Segment {
            what: format!("program {}", group.name()),
            address: group.program_address,
            bytes: group.program.clone(),
        });
        let mut table = Vec::new();
        for (layer, planned) in now.iter().zip(&group.layers) {
            table.extend(parameters(&layer.name, &layer.requant)?);
            segments.push(Segment {
                what: format!("weights {}", layer.name),
                address: planned.weights,
                bytes: weights(layer, &planned.shape, &plan.config)?,
            });
        }
        segments.push(Segment {
            what: format!("parameters {}", group.name()),
            address: group.parameters,
            bytes: table,
        });
    }
    Ok(segments)
}

fn weights(
    layer: &QuantisedConv,
    shape: &ConvShape,
    config: &EngineConfig,
) -> Result<Vec<u8>, PlanError> {
    let kernel = match &shape.arrange {
        Some(arrange) => arrange.weights(&layer.weights),
        None => Some(layer.weights.clone()).filter(|_| layer.window.is_native()),
    };
    let (_, _, rows, columns) = layer.weights.dim();
    let kernel = kernel.ok_or_else(|| PlanError::Copies {
        layer: layer.name.clone(),
        rows,
        columns,
    })?;
    let (cout, cin) = (layer.cout() as u32, kernel.dim().1 as u32);
    let oihw: Vec<i8> = kernel.iter().copied().collect();
    Ok(pack_weights(&oihw, cout, cin, config.lanes)?)
}

fn parameters(layer: &str, requants: &[Requant]) -> Result<Vec<u8>, PlanError> {
    let mut bytes = Vec::with_capacity(8 * requants.len());
    for (channel, requant) in requants.iter().enumerate() {
        let words = requant.encode().map_err(|source| PlanError::Requant {
            layer: layer.into(),
            channel,
            source,
        })?;
        bytes.extend(words.into_iter().flat_map(u16::to_le_bytes));
    }
    Ok(bytes)
}

/// SHA-256 over all that the engine needs of these layers, in hexadecimal.
pub(super) fn fingerprint(layers: &[QuantisedConv]) -> String {
    let mut hash = Sha256::new();
    for layer in layers {
        for size in [layer.cout(), layer.cin(), layer.requant.len()] {
            hash.update((size as u64).to_le_bytes());
        }
        hash.update([layer.input_zero_point, u8::from(layer.pool_after)]);
        // Of the engine's own convolutions nothing more is to be said.
        if !layer.window.is_native() || !layer.before.is_empty() {
            hash.update(format!("{:?} {:?}", layer.window, layer.before));
        }
        let weights: Vec<u8> = layer.weights.iter().map(|&weight| weight as u8).collect();
        hash.update(weights);
        for requant in &layer.requant {
            hash.update(requant.bias.to_le_bytes());
            hash.update(requant.multiplier.to_le_bytes());
            hash.update(requant.shift.to_le_bytes());
        }
    }
    hex::to_text(&hash.finalize())
}
