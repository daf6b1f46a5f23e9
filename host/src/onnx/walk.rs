//! From the image to the scores along the graph, which must not branch.

use super::graph::{Graph, Input};
use super::node::shown;
use super::step::{Map, Step};
use super::OnnxFault;
use super::{ops, sizes};
use crate::network::{NetworkError, Shape};

/// Largest side of a map and number of channels before anything is multiplied.
const MAX_SIZE: usize = 1 << 14;

/// The input's shape and what is done to it, in order. `size` gives rows and columns where the model leaves them open.
pub(super) fn walk(
    graph: &mut Graph,
    size: Option<(usize, usize)>,
) -> Result<(Shape, Vec<Step>), OnnxFault> {
    let mut map = begin(graph, size)?;
    let input = map.shape;
    let (mut value, mut steps) = (graph.input.name.clone(), Vec::new());
    loop {
        sizes::learn(graph, &value, &map.dims())?;
        let Some(&index) = next(graph, &value)? else {
            break;
        };
        let node = &graph.nodes[index];
        if node.input(0) != Some(&value)
            && !matches!(node.op.as_str(), "Add" | "Sub" | "Mul" | "Div")
        {
            return Err(node.fault(format!("'{}' is not its first input", shown(&value))));
        }
        for kind in ops::steps(node, graph, &mut map)? {
            steps.push(Step {
                node: node.name.clone(),
                op: node.op.clone(),
                kind,
            });
        }
        match node.outputs.first() {
            Some(output) if !output.is_empty() => value = output.clone(),
            _ => return Err(node.fault("gives nothing")),
        }
    }
    match value == graph.output {
        true => Ok((input, steps)),
        false => Err(OnnxFault::graph(format!(
            "the way from the input ends at '{}', which is not the output '{}'",
            shown(&value),
            shown(&graph.output)
        ))),
    }
}

/// The one node that reads `value`; `None` at the output.
fn next<'a>(graph: &'a Graph, value: &str) -> Result<Option<&'a usize>, OnnxFault> {
    let readers = graph.readers.get(value).map_or(&[][..], Vec::as_slice);
    let node = |index: usize| {
        let node = &graph.nodes[index];
        format!("'{}' ({})", node.name, node.op)
    };
    match readers {
        [] => Ok(None),
        [_] if value == graph.output => Err(OnnxFault::graph(format!(
            "'{}' is the output and read by node {} too",
            shown(value),
            node(readers[0])
        ))),
        [reader] => Ok(Some(reader)),
        [first, second, ..] => Err(OnnxFault::graph(format!(
            "'{}' is read by the nodes {} and {}; rowfuse runs networks without branches",
            shown(value),
            node(*first),
            node(*second)
        ))),
    }
}

/// The image as the model takes it: channels first, or last with a Transpose right behind.
fn begin(graph: &Graph, size: Option<(usize, usize)>) -> Result<Map, OnnxFault> {
    let Input { name, dims } = &graph.input;
    let fault = |reason: String| OnnxFault::graph(format!("the input '{}' {reason}", shown(name)));
    if !matches!(dims[0], None | Some(1)) {
        return Err(fault(format!(
            "takes {} images at once, expected 1",
            dims[0].unwrap_or(0)
        )));
    }
    let last = matches!(dims[1], None | Some(5..)) && matches!(dims[3], Some(1 | 3));
    let (channels, rows, columns) = match last {
        true => (dims[3], dims[1], dims[2]),
        false => (dims[1], dims[2], dims[3]),
    };
    let Some(channels) = channels else {
        return Err(fault("leaves the number of channels open".into()));
    };
    let side = |stated: Option<usize>, given: Option<usize>, what: &str| match (stated, given) {
        (Some(stated), Some(given)) if stated != given => Err(fault(format!(
            "has {stated} {what}, but {given} were asked for"
        ))),
        (Some(side), _) | (None, Some(side)) => Ok(side),
        (None, None) => Err(fault(format!(
            "leaves the number of {what} open: say it with --size"
        ))),
    };
    let height = side(rows, size.map(|size| size.0), "rows")?;
    let width = side(columns, size.map(|size| size.1), "columns")?;
    for (what, found) in [
        ("the input's channels", channels),
        ("the input's height", height),
        ("the input's width", width),
    ] {
        if !(1..=MAX_SIZE).contains(&found) {
            return Err(OnnxFault::Network(NetworkError::Size {
                network: "the model".into(),
                what,
                found,
                limit: MAX_SIZE,
            }));
        }
    }
    Ok(Map {
        shape: Shape::new(channels, height, width),
        flat: false,
        channels_last: last,
    })
}
