//! Arithmetic with the sizes of maps: what exporters write for `x.view(x.size(0), -1)`. All of it is known, as every size is.

use super::constant::Constant;
use super::graph::Graph;
use super::node::Node;
use super::tensor::Tensor;
use super::OnnxFault;

/// Most integers in a list of sizes.
const MAX_LIST: usize = 64;

/// Integers: one, or a list.
#[derive(Clone, Debug, PartialEq)]
struct Integers {
    values: Vec<i64>,
    /// Whether it is a list, perhaps of one, rather than a number.
    is_list: bool,
}

impl Integers {
    /// `None` for everything but a few integers in at most one dimension.
    fn of(constant: &Constant) -> Result<Option<Integers>, OnnxFault> {
        let tensor = &constant.tensor;
        let few = tensor.len() <= MAX_LIST && tensor.dims.len() <= 1;
        if !few || tensor.element.is_float() || constant.dequantise.is_some() {
            return Ok(None);
        }
        Ok(Some(Integers {
            values: tensor.integers()?,
            is_list: tensor.dims.len() == 1,
        }))
    }

    fn list(values: Vec<i64>) -> Integers {
        Integers {
            values,
            is_list: true,
        }
    }

    fn constant(&self, name: &str) -> Constant {
        let dims = match self.is_list {
            true => vec![self.values.len()],
            false => Vec::new(),
        };
        Constant::plain(Tensor::of_integers(name, dims, &self.values))
    }
}

/// Learns the sizes that the readers of `value` ask for, which is a map of those `dims`, and what is computed of them.
pub(super) fn learn(graph: &mut Graph, value: &str, dims: &[usize]) -> Result<(), OnnxFault> {
    let Some(readers) = graph.readers.get_mut(value) else {
        return Ok(());
    };
    let nodes = &graph.nodes;
    let is_shape = |index: &usize| nodes[*index].op == "Shape";
    let asking: Vec<usize> = readers.iter().copied().filter(is_shape).collect();
    readers.retain(|index| !is_shape(index));
    let mut found = Vec::new();
    for index in asking {
        let node = &graph.nodes[index];
        let sizes = Integers::list(shape(node, dims)?);
        found.extend(node.outputs.first().map(|name| (name.clone(), sizes)));
    }
    while let Some((name, integers)) = found.pop() {
        graph
            .constants
            .insert(name.clone(), integers.constant(&name));
        for index in graph.readers.remove(&name).unwrap_or_default() {
            let node = &graph.nodes[index];
            let inputs = node.inputs.iter().filter(|input| !input.is_empty());
            let inputs: Option<Vec<&Constant>> =
                inputs.map(|input| graph.constants.get(input)).collect();
            // The last of its inputs to be known computes it; a map among them is never known.
            let Some(inputs) = inputs else { continue };
            match (integers_of(node, &inputs)?, node.outputs.first()) {
                (Some(integers), Some(output)) if !graph.constants.contains_key(output) => {
                    found.push((output.clone(), integers));
                }
                _ => {}
            }
        }
    }
    Ok(())
}

/// The value of a node that reads a few integers and nothing else; `None` for any other node.
pub(super) fn evaluated(node: &Node, inputs: &[&Constant]) -> Result<Option<Constant>, OnnxFault> {
    let name = node.outputs.first().map_or("", String::as_str);
    let found = integers_of(node, inputs)?;
    Ok(found.map(|integers| integers.constant(name)))
}

fn integers_of(node: &Node, inputs: &[&Constant]) -> Result<Option<Integers>, OnnxFault> {
    let mut parts = Vec::with_capacity(inputs.len());
    for constant in inputs {
        match Integers::of(constant)? {
            Some(integers) => parts.push(integers),
            None => return Ok(None),
        }
    }
    let Some(first) = parts.first() else {
        return Ok(None);
    };
    let found = match node.op.as_str() {
        "Identity" => Some(first.clone()),
        "Cast" if matches!(node.int("to", 0)?, 6 | 7) => Some(first.clone()),
        "Gather" if node.int("axis", 0)? == 0 => gather(first, parts.get(1)),
        "Unsqueeze" if !first.is_list && only_axis(node, parts.get(1))? => {
            Some(Integers::list(first.values.clone()))
        }
        "Squeeze" if first.values.len() == 1 && only_axis(node, parts.get(1))? => Some(Integers {
            is_list: false,
            ..first.clone()
        }),
        "Concat" if node.int("axis", 0)? == 0 && parts.iter().all(|part| part.is_list) => {
            let values: Vec<i64> = parts.iter().flat_map(|part| part.values.clone()).collect();
            (values.len() <= MAX_LIST).then(|| Integers::list(values))
        }
        "Slice" if first.is_list => slice(node, &parts)?,
        op @ ("Add" | "Sub" | "Mul" | "Div") => parts.get(1).and_then(|b| combined(op, first, b)),
        _ => None,
    };
    match found {
        Some(found) => Ok(Some(found)),
        None => Err(node.fault(
            "computes with the sizes of maps in a way that is not read; export the model with a fixed batch of one image, so that shapes are constants",
        )),
    }
}

/// Of Shape: the sizes from `start` to `end`.
fn shape(node: &Node, dims: &[usize]) -> Result<Vec<i64>, OnnxFault> {
    let dims: Vec<i64> = dims.iter().map(|&size| size as i64).collect();
    let (start, end) = (node.int("start", 0)?, node.int("end", i64::MAX)?);
    Ok(dims[range(start, end, dims.len())].to_vec())
}

/// Indices from `start` to `end`, below zero counted from the end, both within the list.
fn range(start: i64, end: i64, length: usize) -> std::ops::Range<usize> {
    let place = |index: i64| {
        let index = match index < 0 {
            true => index.saturating_add(length as i64),
            false => index,
        };
        index.clamp(0, length as i64) as usize
    };
    let start = place(start);
    start..place(end).max(start)
}

fn gather(data: &Integers, indices: Option<&Integers>) -> Option<Integers> {
    let indices = indices.filter(|_| data.is_list)?;
    let length = data.values.len() as i64;
    let at = |&index: &i64| {
        let index = if index < 0 {
            index.checked_add(length)?
        } else {
            index
        };
        data.values.get(usize::try_from(index).ok()?).copied()
    };
    Some(Integers {
        values: indices.values.iter().map(at).collect::<Option<_>>()?,
        is_list: indices.is_list,
    })
}

/// Whether the only axis is the first, or none is named.
fn only_axis(node: &Node, input: Option<&Integers>) -> Result<bool, OnnxFault> {
    let axes = node.ints("axes")?.or(input.map(|axes| &axes.values[..]));
    Ok(matches!(axes, None | Some([0 | -1])))
}

/// Of a list, one after the other; newer operator sets have the ends as inputs.
fn slice(node: &Node, parts: &[Integers]) -> Result<Option<Integers>, OnnxFault> {
    let list = &parts[0].values;
    let input = |index: usize| parts.get(index).map(|part| &part.values[..]);
    let starts = node.ints("starts")?.or(input(1));
    let ends = node.ints("ends")?.or(input(2));
    let axes = node.ints("axes")?.or(input(3));
    let (axes, steps) = (axes.unwrap_or(&[0]), input(4).unwrap_or(&[1]));
    Ok(match (starts, ends, axes, steps) {
        (Some(&[start]), Some(&[end]), [0 | -1], [1]) => {
            Some(Integers::list(list[range(start, end, list.len())].to_vec()))
        }
        _ => None,
    })
}

/// Pair by pair, one number with each of a list; division rounds towards zero, as in C.
fn combined(op: &str, a: &Integers, b: &Integers) -> Option<Integers> {
    let length = match (a.values.len(), b.values.len()) {
        (a, b) if a == b => a,
        (a, 1) => a,
        (1, b) => b,
        _ => return None,
    };
    let pair = |index: usize| {
        let of = |part: &Integers| part.values[index.min(part.values.len() - 1)];
        let (a, b) = (of(a), of(b));
        match op {
            "Add" => a.checked_add(b),
            "Sub" => a.checked_sub(b),
            "Mul" => a.checked_mul(b),
            _ => a.checked_div(b),
        }
    };
    Some(Integers {
        values: (0..length).map(pair).collect::<Option<_>>()?,
        is_list: a.is_list || b.is_list,
    })
}

#[cfg(test)]
#[path = "sizes_tests.rs"]
mod tests;
