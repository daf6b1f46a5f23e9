//! Steps become layers: what follows a convolution is folded into it, what changes nothing is dropped, and each value's scale is
//! followed.

use super::source::{Layout, Source};
use super::step::{Kind, Quantisation, Step};
use super::{node::shown, Mapped, OnnxFault};
use crate::network::{Layer, Network, Shape, Window};
use std::collections::HashSet;

/// Most layers.
const MAX_LAYERS: usize = 1_000;

/// A layer with what belongs to it.
#[derive(Clone, Debug)]
pub(super) struct Item {
    pub(super) layer: Layer,
    /// For layers with weights.
    pub(super) source: Option<Source>,
    /// How its input is quantised, if it is, as the values are and as the model says; they differ behind an average.
    pub(super) input: Option<Values>,
    /// How its output is quantised, if it is.
    pub(super) output: Option<Quantisation>,
    /// The step it came of, for messages.
    pub(super) step: Step,
}

/// Quantised values: how they really are, and how the model says they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Values {
    pub(super) actual: Quantisation,
    pub(super) stated: Quantisation,
}

/// A model in rowfuse's terms.
#[derive(Debug)]
pub(super) struct Assembled {
    pub(super) input: Shape,
    pub(super) items: Vec<Item>,
    /// What the model does to its input first: a scale and a shift, or one of each for every channel.
    pub(super) affine: Option<(Vec<f32>, Vec<f32>)>,
    /// Whether activations are quantised.
    pub(super) quantised: bool,
    pub(super) mapped: Vec<Mapped>,
}

/// Puts layers together.
pub(super) fn assemble(input: Shape, steps: Vec<Step>) -> Result<Assembled, OnnxFault> {
    let quantised = steps
        .iter()
        .any(|step| matches!(step.kind, Kind::Quantise(_)));
    let mut state = State {
        result: Assembled {
            input,
            items: Vec::new(),
            affine: None,
            quantised,
            mapped: Vec::new(),
        },
        values: None,
        averaged: false,
        softmax: None,
        names: HashSet::new(),
    };
    for step in steps {
        let became = state.step(&step)?;
        state.result.mapped.push(Mapped {
            node: step.node,
            op: step.op,
            became,
        });
    }
    state.finish()
}

pub(super) struct State {
    pub(super) result: Assembled,
    /// How the map is quantised; `None` for floats, or sums that nobody has rounded yet.
    pub(super) values: Option<Values>,
    /// Whether an average came behind the last quantiser.
    pub(super) averaged: bool,
    pub(super) softmax: Option<Step>,
    /// Names of layers so far.
    pub(super) names: HashSet<String>,
}

impl State {
    fn step(&mut self, step: &Step) -> Result<String, OnnxFault> {
        if self.result.items.len() == MAX_LAYERS {
            return Err(step.fault(format!(
                "comes after {MAX_LAYERS} layers, which is the limit"
            )));
        }
        if let (Some(softmax), false) = (
            &self.softmax,
            matches!(
                step.kind,
                Kind::Nothing(_) | Kind::Quantise(_) | Kind::Dequantise(_)
            ),
        ) {
            return Err(softmax.fault("is not at the end; rowfuse leaves out only a last softmax"));
        }
        if self.softmax.is_some() {
            return Ok("dropped: behind the softmax".into());
        }
        match &step.kind {
            Kind::Conv {
                weight,
                bias,
                cin,
                cout,
                dilation,
                window,
            } => {
                let layout = Layout::Conv {
                    cout: *cout,
                    cin: *cin,
                    kernel: [weight.tensor.dims[2], weight.tensor.dims[3]],
                    dilation: *dilation,
                };
                let source = Source::new(weight.clone(), layout, bias.clone());
                let name = self.name(step, &weight.tensor.name);
                let layer = Layer::Conv {
                    name: name.clone(),
                    cin: *cin,
                    cout: *cout,
                    window: *window,
                    relu: false,
                };
                self.weighted(step, layer, source)?;
                Ok(format!("convolution {name}, {window}"))
            }
            Kind::Linear {
                weight,
                by_columns,
                bias,
                inputs,
                outputs,
                alpha,
                beta,
            } => {
                let layout = Layout::Linear {
                    outputs: *outputs,
                    inputs: *inputs,
                    by_columns: *by_columns,
                };
                let mut source = Source::new(weight.clone(), layout, bias.clone());
                (source.alpha, source.beta) = (*alpha, *beta);
                let name = self.name(step, &weight.tensor.name);
                let layer = Layer::Linear {
                    name: name.clone(),
                    inputs: *inputs,
                    outputs: *outputs,
                    relu: false,
                };
                self.weighted(step, layer, source)?;
                Ok(format!("fully connected {name}, {inputs} to {outputs}"))
            }
            Kind::Affine { scale, shift } => self.affine(step, scale, shift),
            Kind::Relu => self.relu(step),
            Kind::MaxPool(window) => {
                let behind_conv = self
                    .result
                    .items
                    .last()
                    .is_some_and(|item| matches!(item.layer, Layer::Conv { .. }));
                let layer = match *window == Window::POOL2 && behind_conv {
                    true => Layer::Pool,
                    false => Layer::MaxPool { window: *window },
                };
                self.push(step, layer);
                Ok(format!("max-pool {window}"))
            }
            Kind::AveragePool {
                window,
                count_padding,
            } => {
                let layer = Layer::AveragePool {
                    window: *window,
                    count_padding: *count_padding,
                };
                self.average(step, layer)?;
                Ok(format!("average {window}"))
            }
            Kind::GlobalAverage => {
                let layer = Layer::AdaptivePool {
                    height: 1,
                    width: 1,
                };
                self.average(step, layer)?;
                Ok("average of all pixels".into())
            }
            Kind::Quantise(quantisation) => self.quantise(step, *quantisation),
            Kind::Dequantise(quantisation) => match self.values {
                Some(values) if values.stated == *quantisation => Ok("scale followed".into()),
                Some(values) => Err(step.fault(format!(
                    "reads its input with {quantisation}, but it was written with {}",
                    values.stated
                ))),
                None => Err(step.fault("reads values that nothing has quantised")),
            },
            Kind::Softmax => {
                self.softmax = Some(step.clone());
                Ok("dropped: it changes no order of classes; scores are those before it".into())
            }
            Kind::Nothing(why) => Ok(format!("dropped: {why}")),
        }
    }

    /// A name for a layer: of its weights if they have a good one, else of its node, never given before.
    fn name(&mut self, step: &Step, tensor: &str) -> String {
        let base = ["_quantized", ".weight"]
            .iter()
            .fold(tensor, |name, end| name.strip_suffix(end).unwrap_or(name));
        let base = match base.is_empty() || base.starts_with("onnx::") {
            true => shown(&step.node),
            false => shown(base),
        };
        let numbered = (2..).map(|number| format!("{base}_{number}"));
        let mut candidates = std::iter::once(base.clone()).chain(numbered);
        let name = candidates.find(|name| self.names.insert(name.clone()));
        name.expect("numbers do not end")
    }

    fn push(&mut self, step: &Step, layer: Layer) {
        self.result.items.push(Item {
            layer,
            source: None,
            input: self.values,
            output: None,
            step: step.clone(),
        });
    }

    fn weighted(&mut self, step: &Step, layer: Layer, source: Source) -> Result<(), OnnxFault> {
        if self.result.quantised && self.values.is_none() {
            return Err(step.fault(
                "reads values that are not quantised; rowfuse runs networks that are quantised throughout, or not at all",
            ));
        }
        self.push(step, layer);
        if let Some(item) = self.result.items.last_mut() {
            item.source = Some(source);
        }
        self.values = None;
        self.averaged = false;
        Ok(())
    }

    fn average(&mut self, step: &Step, layer: Layer) -> Result<(), OnnxFault> {
        if self.result.quantised && self.values.is_none() {
            return Err(
                step.fault("averages values that are not quantised; rowfuse averages uint8")
            );
        }
        self.averaged = true;
        self.push(step, layer);
        Ok(())
    }

    fn finish(self) -> Result<Assembled, OnnxFault> {
        let mut result = self.result;
        if result.items.is_empty() {
            return Err(OnnxFault::graph("it has no layer that rowfuse runs"));
        }
        let last = result.items.len() - 1;
        for (index, item) in result.items.iter_mut().enumerate() {
            if !result.quantised {
                break;
            }
            let output = item.output;
            match &mut item.layer {
                // Saturation at 0 is a ReLU.
                Layer::Conv { relu, .. } => match output {
                    Some(output) => *relu = output.zero == 0,
                    None => return Err(item.step.fault("its output is not quantised")),
                },
                Layer::Linear { relu, .. } if index < last => match output {
                    Some(Quantisation { zero: 0, .. }) => *relu = true,
                    Some(_) => return Err(item.step.fault(
                        "a hidden fully connected layer whose output's zero point is not 0; rowfuse runs these with ReLU",
                    )),
                    None => return Err(item.step.fault("its output is not quantised")),
                },
                _ => {}
            }
        }
        Ok(result)
    }
}

impl Assembled {
    /// The network, its layers checked against one another.
    pub(super) fn network(&self, name: &str) -> Result<Network, OnnxFault> {
        let network = Network {
            name: name.into(),
            input: self.input,
            layers: self.items.iter().map(|item| item.layer.clone()).collect(),
        };
        network.shapes()?;
        Ok(network)
    }
}
