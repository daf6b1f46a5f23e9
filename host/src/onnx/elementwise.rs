//! Sums, differences, products and quotients of the map and a constant.

use super::constant::Constant;
use super::graph::Graph;
use super::node::Node;
use super::step::{Kind, Map};
use super::OnnxFault;

/// `scale·x + shift` of Add, Sub, Mul or Div, one of each for all channels or for each.
pub(super) fn affine(node: &Node, graph: &Graph, map: &Map) -> Result<Kind, OnnxFault> {
    let constant = |index: usize| node.input(index).and_then(|name| graph.constants.get(name));
    let (constant, behind) = match (constant(0), constant(1)) {
        (None, Some(constant)) => (constant, true),
        (Some(constant), None) => (constant, false),
        _ => {
            return Err(node.fault("combines two maps; rowfuse runs networks without branches"));
        }
    };
    if !channelwise(constant, map) {
        return Err(node.fault(format!(
            "tensor '{}' of shape {:?} is neither one number nor one for each channel of {:?}",
            constant.tensor.name,
            constant.tensor.dims,
            map.dims()
        )));
    }
    let values = constant.floats()?;
    let none = |value: f32| vec![value; values.len()];
    let (scale, shift) = match (node.op.as_str(), behind) {
        ("Add", _) => (none(1.0), values),
        ("Sub", true) => (none(1.0), values.iter().map(|value| -value).collect()),
        ("Sub", false) => (none(-1.0), values),
        ("Mul", _) => (values.clone(), none(0.0)),
        (_, true) => (
            values.iter().map(|value| value.recip()).collect(),
            none(0.0),
        ),
        (_, false) => return Err(node.fault("divides a constant by the map")),
    };
    if scale.iter().chain(&shift).any(|value| !value.is_finite()) {
        return Err(node.fault("divides by 0"));
    }
    Ok(Kind::Affine { scale, shift })
}

/// Whether a constant is one number, or one for each channel, by numpy's broadcasting.
fn channelwise(constant: &Constant, map: &Map) -> bool {
    if constant.transposed {
        return false;
    }
    let dims = &constant.tensor.dims;
    if dims.iter().all(|&size| size == 1) {
        return true;
    }
    let of_map = map.dims();
    let channels = match map.flat || map.channels_last {
        true => of_map.len() - 1,
        false => 1,
    };
    let from_behind = of_map.len() - channels;
    dims.len() <= of_map.len()
        && dims.iter().rev().enumerate().all(|(place, &size)| {
            let is_channel = place + 1 == from_behind;
            size == if is_channel { of_map[channels] } else { 1 }
        })
}
