//! A quantised model as the engine's integers, with the file's own scales and zero points.

use super::assemble::{Assembled, Item, Values};
use super::constant::Constant;
use super::source::{Layout, Source};
use super::step::Quantisation;
use super::tensor::Element;
use super::OnnxFault;
use crate::image::Normalisation;
use crate::network::{Layer, Network};
use crate::quantise::{
    check_structure, lift_of, requant_for, LinearOutput, QuantisedConv, QuantisedLinear,
    QuantisedNetwork,
};
use ndarray::{Array2, Array4};
use rowfuse_spec::numerics::{Requant, BIAS_LIMIT};

/// Bias scales that differ less than this from input × weight are taken as that.
const SAME_SCALE: f64 = 1e-4;
/// With an output's zero point other than 0, most output steps that one step of the sums may be: the zero point is a whole number of these.
const MAX_LIFTED_RATIO: f64 = 0.25;

/// Converts a quantised model; its layers have been checked against one another.
pub(super) fn convert(
    model: &Assembled,
    network: Network,
    normalisation: Normalisation,
) -> Result<QuantisedNetwork, OnnxFault> {
    check_structure(&network)?;
    let mut result = QuantisedNetwork {
        input_scale: 0.0,
        normalisation,
        network,
        layers: Vec::new(),
        tail: Vec::new(),
        classifier: Vec::new(),
        report: Vec::new(),
        calibration: "the scales of an ONNX file".into(),
    };
    let last = model.items.len() - 1;
    let mut pools = Vec::new();
    for (index, item) in model.items.iter().enumerate() {
        match (&item.layer, &item.source) {
            (Layer::Conv { .. }, Some(source)) => {
                let mut conv = conv(item, source)?;
                conv.before = std::mem::take(&mut pools);
                result.layers.push(conv);
            }
            (Layer::Linear { .. }, Some(source)) => {
                result.tail.append(&mut pools);
                let linear = linear(item, source, index == last)?;
                result.classifier.push(linear);
            }
            (Layer::Pool, _) => {
                if let Some(conv) = result.layers.last_mut() {
                    conv.pool_after = true;
                }
            }
            (layer, _) => pools.extend(layer.host_pool()),
        }
    }
    result.tail.append(&mut pools);
    match result.layers.first() {
        Some(first) => result.input_scale = first.input_scale,
        None => return Err(OnnxFault::graph("it has no convolution")),
    }
    Ok(result)
}

/// A layer's integers, before scales become multipliers.
struct Integers {
    /// Outputs first.
    weights: Vec<i8>,
    scales: Vec<f32>,
    /// At the scale of input × weight.
    bias: Vec<i64>,
    /// Σ of each output's weights.
    sums: Vec<i64>,
    input: Quantisation,
}

fn integers(item: &Item, source: &Source) -> Result<Integers, OnnxFault> {
    let step = &item.step;
    let Some(values) = item.input else {
        return Err(step.fault("its input is not quantised"));
    };
    let Some(dequantise) = &source.weight.dequantise else {
        return Err(step.fault("its weights are not quantised"));
    };
    if !source.is_plain() {
        return Err(step.fault("something follows it that cannot be folded into integers"));
    }
    let outputs = source.layout.outputs();
    let (scales, inner) = source.weight.scales(dequantise)?;
    let dims = &source.weight.tensor.dims;
    let axis = source.layout.output_axis();
    let along_outputs = inner == dims[axis + 1..].iter().product::<usize>().max(1);
    let scales = match scales.len() {
        1 => vec![scales[0]; outputs],
        count if count == outputs && along_outputs => scales,
        _ => return Err(step.fault("its weights' scales do not differ along the outputs")),
    };
    let zeros = source
        .weight
        .zeros(dequantise, 1.max(dequantise.scale.len()))?;
    let expected = match source.weight.tensor.element {
        Element::I8 => 0,
        Element::U8 => 128,
        other => {
            return Err(step.fault(format!("weights of type {other:?}, expected int8 or uint8")))
        }
    };
    if let Some(zero) = zeros.iter().find(|&&zero| zero != expected) {
        return Err(step.fault(format!(
            "weights with the zero point {zero}; rowfuse's are symmetric, which is {expected} here (quantise the model with symmetric weights)"
        )));
    }
    let stored = source.weight.tensor.integers()?;
    // Within int8: the tensor's values were checked against their type.
    let weights: Vec<i8> = stored
        .into_iter()
        .map(|value| (value - expected) as i8)
        .collect();
    let weights = source.layout.arrange(weights, 0);
    let inputs = (weights.len() / outputs.max(1)).max(1);
    let sums = weights
        .chunks_exact(inputs)
        .map(|row| row.iter().map(|&g| i64::from(g)).sum())
        .collect();
    Ok(Integers {
        bias: bias(item, source.bias.as_ref(), &values, &scales)?,
        weights,
        sums,
        scales,
        input: values.actual,
    })
}

/// The bias at the scale of input × weight. That is how quantised models keep it; behind an average, whose result keeps its input's
/// scale, it is rounded anew, as floats are.
fn bias(
    item: &Item,
    bias: Option<&Constant>,
    values: &Values,
    scales: &[f32],
) -> Result<Vec<i64>, OnnxFault> {
    let Some(bias) = bias else {
        return Ok(vec![0; scales.len()]);
    };
    let product = |scale: &f32, of: Quantisation| f64::from(of.scale) * f64::from(*scale);
    let stated: Vec<f64> = scales
        .iter()
        .map(|scale| product(scale, values.stated))
        .collect();
    let exact = values.actual == values.stated;
    let rounded =
        |(value, scale): (f64, &f32)| (value / product(scale, values.actual)).round() as i64;
    if bias.tensor.element.is_float() {
        let floats = bias.floats()?.into_iter().map(f64::from);
        return Ok(floats.zip(scales).map(rounded).collect());
    }
    let whole = bias.tensor.integers()?;
    let own: Vec<f64> = match &bias.dequantise {
        None => stated.clone(),
        Some(dequantise) => {
            let (own, _) = bias.scales(dequantise)?;
            if bias
                .zeros(dequantise, own.len())?
                .iter()
                .any(|&zero| zero != 0)
            {
                return Err(item.step.fault("a bias whose zero point is not 0"));
            }
            let own = own.iter().map(|&scale| f64::from(scale));
            own.cycle().take(scales.len()).collect()
        }
    };
    let parts = whole.into_iter().zip(own).zip(stated).zip(scales);
    Ok(parts
        .map(|(((whole, own), stated), scale)| {
            match exact && (own / stated - 1.0).abs() < SAME_SCALE {
                true => whole,
                false => rounded((whole as f64 * own, scale)),
            }
        })
        .collect())
}

/// Multipliers, shifts and folded biases.
fn requants(
    item: &Item,
    parts: &Integers,
    output: Quantisation,
) -> Result<Vec<Requant>, OnnxFault> {
    let step = &item.step;
    let channels = parts
        .scales
        .iter()
        .zip(&parts.bias)
        .zip(&parts.sums)
        .enumerate();
    channels
        .map(|(channel, ((&scale, &bias), &sum))| {
            let ratio = f64::from(parts.input.scale) * f64::from(scale) / f64::from(output.scale);
            let Some(requant) = requant_for(ratio, 0) else {
                return Err(step.fault(format!("channel {channel}: the scale ratio {ratio:e} is outside 2^-44 to 9")));
            };
            if output.zero != 0 && ratio > MAX_LIFTED_RATIO {
                return Err(step.fault(format!(
                    "channel {channel}: the scale ratio {ratio} is too coarse for the output's zero point {}; it may be {MAX_LIFTED_RATIO} at most",
                    output.zero
                )));
            }
            let folded = bias - i64::from(parts.input.zero) * sum + i64::from(lift_of(&requant, output.zero));
            match i32::try_from(folded) {
                Ok(bias) if bias.unsigned_abs() <= BIAS_LIMIT.unsigned_abs() => Ok(Requant { bias, ..requant }),
                _ => Err(step.fault(format!("channel {channel}: the bias {folded} is beyond ±2^30"))),
            }
        })
        .collect()
}

fn conv(item: &Item, source: &Source) -> Result<QuantisedConv, OnnxFault> {
    let (
        Layer::Conv {
            name,
            cin,
            cout,
            window,
            ..
        },
        Some(output),
    ) = (&item.layer, item.output)
    else {
        return Err(item.step.fault("its output is not quantised"));
    };
    let parts = integers(item, source)?;
    let requant = requants(item, &parts, output)?;
    let [rows, columns] = window.kernel;
    Ok(QuantisedConv {
        name: name.clone(),
        before: Vec::new(),
        window: *window,
        weights: Array4::from_shape_vec((*cout, *cin, rows, columns), parts.weights)
            .expect("as many as its shape has"),
        requant,
        weight_scales: parts.scales,
        input_zero_point: parts.input.zero,
        output_zero_point: output.zero,
        input_scale: parts.input.scale,
        output_scale: output.scale,
        pool_after: false,
    })
}

fn linear(item: &Item, source: &Source, is_last: bool) -> Result<QuantisedLinear, OnnxFault> {
    let Layout::Linear {
        outputs, inputs, ..
    } = source.layout
    else {
        return Err(item.step.fault("is no fully connected layer"));
    };
    let parts = integers(item, source)?;
    let output = match (is_last, item.output) {
        (false, Some(output)) => LinearOutput::Requant {
            requant: requants(item, &parts, output)?,
            scale: output.scale,
        },
        _ => LinearOutput::Logits {
            bias: logits(item, &parts)?,
        },
    };
    Ok(QuantisedLinear {
        name: item.layer.name().unwrap_or_default().into(),
        weights: Array2::from_shape_vec((outputs, inputs), parts.weights)
            .expect("as many as its shape has"),
        weight_scales: parts.scales,
        input_scale: parts.input.scale,
        output,
    })
}

fn logits(item: &Item, parts: &Integers) -> Result<Vec<i32>, OnnxFault> {
    let folded = parts.bias.iter().zip(&parts.sums);
    folded
        .map(|(bias, sum)| {
            let folded = bias - i64::from(parts.input.zero) * sum;
            i32::try_from(folded).map_err(|_| {
                item.step
                    .fault(format!("the bias {folded} is beyond 32 bits"))
            })
        })
        .collect()
}
