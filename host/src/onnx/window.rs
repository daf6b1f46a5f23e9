//! Kernels, strides, padding and dilation as ONNX's operators give them.

use super::node::{list, Node};
use super::step::Map;
use super::OnnxFault;
use crate::network::Window;

/// The window of a node whose kernel has `kernel` rows and columns, and its dilation. The window is that of the kernel spread by the
/// dilation.
pub(super) fn of_node(
    node: &Node,
    kernel: [usize; 2],
    map: &Map,
) -> Result<(Window, [usize; 2]), OnnxFault> {
    let stride: [usize; 2] = node.sizes("strides", 1, 1)?;
    let dilation: [usize; 2] = node.sizes("dilations", 1, 1)?;
    let spread = [0, 1].map(|axis| kernel[axis].saturating_sub(1) * dilation[axis] + 1);
    let window = Window {
        kernel: spread,
        stride,
        padding: padding(node, spread, stride, map)?,
    };
    match window.is_valid() {
        true => Ok((window, dilation)),
        false => Err(node.fault(format!(
            "the window {window} is not run; kernels (dilation included) and strides go from 1 to {}, padding is less than the kernel",
            Window::MAX_KERNEL
        ))),
    }
}

fn padding(
    node: &Node,
    kernel: [usize; 2],
    stride: [usize; 2],
    map: &Map,
) -> Result<[usize; 4], OnnxFault> {
    let sides = [map.shape.height, map.shape.width];
    let same = |more_behind: bool| {
        let mut padding = [0; 4];
        for axis in [0, 1] {
            let last = (sides[axis].div_ceil(stride[axis]).max(1) - 1) * stride[axis];
            let total = (last + kernel[axis]).saturating_sub(sides[axis]);
            let (less, more) = (total / 2, total.div_ceil(2));
            (padding[axis], padding[axis + 2]) = match more_behind {
                true => (less, more),
                false => (more, less),
            };
        }
        padding
    };
    match node.text("auto_pad", "NOTSET")? {
        "NOTSET" => node.sizes("pads", 0, 0),
        "VALID" => Ok([0; 4]),
        "SAME_UPPER" => Ok(same(true)),
        "SAME_LOWER" => Ok(same(false)),
        other => Err(node.fault(format!("auto_pad is {other}, which ONNX does not know"))),
    }
}

/// The window of a pool. Where `ceil_mode` asks for a row or column more, a max-pool is padded behind by as much, which is exact;
/// an average is refused.
pub(super) fn of_pool(node: &Node, map: &Map, average: bool) -> Result<Window, OnnxFault> {
    let kernel: [usize; 2] = match node.ints("kernel_shape")? {
        Some(_) => node.sizes("kernel_shape", 1, 1)?,
        None => return Err(node.fault("has no kernel_shape")),
    };
    let (mut window, dilation) = of_node(node, kernel, map)?;
    if dilation != [1, 1] {
        let dilation = dilation.map(|size| size as i64);
        let reason = format!("dilations = {}; rowfuse pools neighbours", list(&dilation));
        return Err(node.fault(reason));
    }
    if node.int("ceil_mode", 0)? == 0 {
        return Ok(window);
    }
    for (axis, size) in [map.shape.height, map.shape.width].into_iter().enumerate() {
        let [before, behind] = window.padding_of(axis);
        let Some(room) = (size + before + behind).checked_sub(window.kernel[axis]) else {
            continue;
        };
        let stride = window.stride[axis];
        let place = room.div_ceil(stride) * stride;
        // A last place that begins beyond map and front padding is left out, as onnxruntime does.
        if room % stride == 0 || place >= size + before {
            continue;
        }
        if average {
            return Err(node.fault(
                "ceil_mode = 1 averages over a cut window at the edge; rowfuse averages whole windows",
            ));
        }
        window.padding[axis + 2] += stride - room % stride;
    }
    match window.is_valid() {
        true => Ok(window),
        false => Err(node.fault(format!(
            "ceil_mode = 1 needs the window {window}, whose padding is not less than the kernel"
        ))),
    }
}
