//! Operators that only look at the same values in another way.

use super::graph::Graph;
use super::node::{list, Node};
use super::step::{Kind, Map};
use super::OnnxFault;
use crate::network::Shape;

/// Flatten, Reshape and Squeeze: to a list of features, channel by channel, or to nothing new.
pub(super) fn flatten(node: &Node, graph: &Graph, map: &mut Map) -> Result<Kind, OnnxFault> {
    let dims = map.dims();
    let target = match node.op.as_str() {
        "Flatten" => {
            let axis = node.int("axis", 1)?;
            let rank = dims.len() as i64;
            let axis = if axis < 0 {
                axis.saturating_add(rank)
            } else {
                axis
            };
            match usize::try_from(axis)
                .ok()
                .filter(|&axis| axis <= dims.len())
            {
                Some(axis) => vec![dims[..axis].iter().product(), dims[axis..].iter().product()],
                None => {
                    return Err(node.fault(format!("axis is {axis}, the map has {rank} dimensions")))
                }
            }
        }
        "Squeeze" => squeezed(&dims, &axes(node, graph, 1)?),
        _ => reshaped(node, graph, &dims)?,
    };
    become_dims(node, map, &target)
}

/// The map with new dimensions of the same values.
fn become_dims(node: &Node, map: &mut Map, target: &[usize]) -> Result<Kind, OnnxFault> {
    let (dims, shape) = (map.dims(), map.shape);
    if target == dims {
        return Ok(Kind::Nothing("keeps its shape"));
    }
    let features = shape.len();
    // Channels that lie last are in another order than the features of rowfuse, unless they are alone.
    if map.channels_last && shape.height * shape.width != 1 {
        return Err(
            node.fault("flattens a map with its channels last, expected a Transpose before it")
        );
    }
    match *target {
        [1, count] if count == features => {
            (map.flat, map.channels_last) = (true, false);
            Ok(Kind::Nothing("flattened, channel by channel"))
        }
        [1, count, 1, 1] if count == features => {
            (map.flat, map.shape) = (false, Shape::new(features, 1, 1));
            Ok(Kind::Nothing("features are a map of one pixel"))
        }
        _ => Err(node.fault(format!(
            "makes {target:?} of {dims:?}; rowfuse runs one image and flattens it to [1, {features}]"
        ))),
    }
}

fn squeezed(dims: &[usize], axes: &Option<Vec<i64>>) -> Vec<usize> {
    let rank = dims.len() as i64;
    let chosen = |axis: usize| match axes {
        None => axis > 0,
        Some(axes) => axes
            .iter()
            .any(|&a| a == axis as i64 || a == axis as i64 - rank),
    };
    let kept = dims.iter().enumerate();
    kept.filter(|&(axis, &size)| size != 1 || !chosen(axis))
        .map(|(_, &size)| size)
        .collect()
}

/// Axes from an attribute, or from a constant input in newer operator sets.
fn axes(node: &Node, graph: &Graph, index: usize) -> Result<Option<Vec<i64>>, OnnxFault> {
    if let Some(axes) = node.ints("axes")? {
        return Ok(Some(axes.to_vec()));
    }
    let Some(name) = node.input(index) else {
        return Ok(None);
    };
    match graph.constants.get(name) {
        Some(constant) if constant.len() <= 8 => constant.tensor.integers().map(Some),
        _ => Err(node.fault("axes that are not a constant list")),
    }
}

fn reshaped(node: &Node, graph: &Graph, dims: &[usize]) -> Result<Vec<usize>, OnnxFault> {
    let constant = node.input(1).and_then(|name| graph.constants.get(name));
    let wanted = match constant {
        Some(constant) if constant.len() <= 8 => constant.tensor.integers()?,
        _ => {
            return Err(node.fault(
                "a shape that is no constant; export the model with a fixed batch of one image",
            ))
        }
    };
    let keeps = node.int("allowzero", 0)? == 0;
    let total: usize = dims.iter().product();
    let mut target = Vec::with_capacity(wanted.len());
    for (axis, &size) in wanted.iter().enumerate() {
        target.push(match size {
            0 if keeps => dims.get(axis).copied().unwrap_or(0),
            -1 => {
                let others = wanted
                    .iter()
                    .enumerate()
                    .filter(|&(other, _)| other != axis);
                let known = others.map(|(other, &size)| match size {
                    0 if keeps => dims.get(other).copied().unwrap_or(0),
                    size => usize::try_from(size).unwrap_or(0),
                });
                let known = known.fold(1usize, usize::saturating_mul);
                total.checked_div(known).unwrap_or(0)
            }
            size => usize::try_from(size).unwrap_or(0),
        });
    }
    let count = target.iter().copied().fold(1usize, usize::saturating_mul);
    match count == total {
        true => Ok(target),
        false => Err(node.fault(format!("makes {} of {dims:?}", list(&wanted)))),
    }
}

/// A Transpose: of an image that the model takes with its channels last, or of sizes that are 1.
pub(super) fn transpose(node: &Node, map: &mut Map) -> Result<Kind, OnnxFault> {
    let dims = map.dims();
    let perm = match node.ints("perm")? {
        Some(perm) => perm.to_vec(),
        None => (0..dims.len() as i64).rev().collect(),
    };
    let mut sorted = perm.clone();
    sorted.sort_unstable();
    if !sorted.iter().copied().eq(0..dims.len() as i64) {
        return Err(node.fault(format!(
            "perm is {} for {} dimensions",
            list(&perm),
            dims.len()
        )));
    }
    if map.channels_last && perm == [0, 3, 1, 2] {
        map.channels_last = false;
        return Ok(Kind::Nothing("the image has its channels first already"));
    }
    let moved = perm.iter().filter(|&&axis| dims[axis as usize] != 1);
    if !moved.is_sorted() {
        return Err(node.fault(format!(
            "perm = {} moves values of {dims:?}; rowfuse keeps channels, rows, columns",
            list(&perm)
        )));
    }
    let target: Vec<usize> = perm.iter().map(|&axis| dims[axis as usize]).collect();
    match target == dims {
        true => Ok(Kind::Nothing("moves nothing")),
        false
            if !map.flat
                && map.shape.height * map.shape.width == 1
                && target.last() == Some(&map.shape.channels) =>
        {
            map.channels_last = true;
            Ok(Kind::Nothing("moves nothing but sizes of 1"))
        }
        false => Err(node.fault(format!("makes {target:?} of {dims:?}"))),
    }
}

/// ReduceMean over rows and columns: a global average.
pub(super) fn mean(node: &Node, graph: &Graph, map: &mut Map) -> Result<Kind, OnnxFault> {
    map.planes(node)?;
    let axes = axes(node, graph, 1)?.unwrap_or_default();
    let mut spatial: Vec<i64> = axes
        .iter()
        .map(|&axis| {
            if axis < 0 {
                axis.saturating_add(4)
            } else {
                axis
            }
        })
        .collect();
    spatial.sort_unstable();
    if spatial != [2, 3] {
        return Err(node.fault(format!(
            "averages over axes {}, expected rows and columns: [2, 3]",
            list(&axes)
        )));
    }
    (map.shape.height, map.shape.width) = (1, 1);
    map.flat = node.int("keepdims", 1)? == 0;
    Ok(Kind::GlobalAverage)
}
