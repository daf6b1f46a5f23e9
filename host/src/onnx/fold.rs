//! What goes into the layer before it: sums and products of constants, ReLU, the scale of its output.

use super::assemble::{State, Values};
use super::step::{Quantisation, Step};
use super::OnnxFault;
use crate::network::Layer;

impl State {
    pub(super) fn affine(
        &mut self,
        step: &Step,
        scale: &[f32],
        shift: &[f32],
    ) -> Result<String, OnnxFault> {
        let Some(item) = self.result.items.last_mut() else {
            return self.normalise(step, scale, shift);
        };
        let rectified = matches!(
            item.layer,
            Layer::Conv { relu: true, .. } | Layer::Linear { relu: true, .. }
        );
        match &mut item.source {
            Some(source) if !rectified && self.values.is_none() => {
                match source.fold(scale, shift) {
                    true => Ok(format!("folded into {}", item.layer.name().unwrap_or("it"))),
                    false => Err(step.fault(format!("has {} values for another number of outputs", scale.len()))),
                }
            }
            _ => Err(step.fault(
                "cannot be folded: it follows no convolution or fully connected layer directly (before their ReLU)",
            )),
        }
    }

    /// At the very beginning it belongs to the normalisation of the image.
    pub(super) fn normalise(
        &mut self,
        step: &Step,
        scale: &[f32],
        shift: &[f32],
    ) -> Result<String, OnnxFault> {
        let channels = self.result.input.channels;
        if self.values.is_some() || ![1, channels].contains(&scale.len()) || scale.contains(&0.0) {
            return Err(step.fault("works on the input in a way that is no normalisation"));
        }
        let wide = |values: &[f32]| -> Vec<f32> {
            (0..channels)
                .map(|channel| values[channel.min(values.len() - 1)])
                .collect()
        };
        let (scale, shift) = (wide(scale), wide(shift));
        self.result.affine = Some(match self.result.affine.take() {
            None => (scale, shift),
            Some((scales, shifts)) => {
                let shifts = shifts.iter().zip(&scale).zip(&shift);
                (
                    scales.iter().zip(&scale).map(|(a, b)| a * b).collect(),
                    shifts
                        .map(|((a, scale), shift)| a * scale + shift)
                        .collect(),
                )
            }
        });
        Ok("folded into the normalisation of the image".into())
    }

    pub(super) fn relu(&mut self, step: &Step) -> Result<String, OnnxFault> {
        if let Some(values) = self.values {
            return match values.stated.zero {
                0 => Ok("dropped: nothing is below zero here".into()),
                zero => Err(step.fault(format!(
                    "ReLU of quantised values whose zero point is {zero} (as uint8): the engine saturates at 0, so only a zero point of 0 gives the same values"
                ))),
            };
        }
        let mut items = self.result.items.iter_mut().rev();
        let mut pooled = false;
        let item = items.find(|item| {
            pooled |= matches!(item.layer, Layer::Pool | Layer::MaxPool { .. });
            !matches!(item.layer, Layer::Pool | Layer::MaxPool { .. })
        });
        match item.map(|item| &mut item.layer) {
            Some(Layer::Conv { name, relu, .. } | Layer::Linear { name, relu, .. }) => {
                let text = match (*relu, pooled) {
                    (true, _) => format!("dropped: {name} has its ReLU"),
                    (false, true) => format!("ReLU of {name}, before the pool: the same values"),
                    (false, false) => format!("ReLU of {name}"),
                };
                *relu = true;
                Ok(text)
            }
            _ => Err(step.fault(
                "follows no convolution or fully connected layer; rowfuse runs ReLU with these",
            )),
        }
    }

    pub(super) fn quantise(
        &mut self,
        step: &Step,
        quantisation: Quantisation,
    ) -> Result<String, OnnxFault> {
        let both = Values {
            actual: quantisation,
            stated: quantisation,
        };
        if let Some(values) = self.values {
            if values.stated == quantisation {
                self.averaged = false;
                return Ok("scale followed".into());
            }
            if !self.averaged {
                return Err(step.fault(format!(
                    "changes {} to {quantisation}; rowfuse rounds once, behind a convolution or a fully connected layer",
                    values.stated
                )));
            }
            self.values = Some(Values {
                stated: quantisation,
                ..values
            });
            self.averaged = false;
            return Ok("left out: the average keeps the scale of its input, the next layer's bias is rounded anew".into());
        }
        self.values = Some(both);
        let weighted = self
            .result
            .items
            .iter_mut()
            .rev()
            .find(|item| item.source.is_some());
        let Some(item) = weighted else {
            return Ok("scale of the input".into());
        };
        let (Layer::Conv { name, relu, .. } | Layer::Linear { name, relu, .. }) = &mut item.layer
        else {
            return Err(step.fault("quantises what is no layer's output"));
        };
        let text = format!("scale of {name}");
        if *relu && quantisation.zero != 0 {
            return Err(step.fault(format!(
                "ReLU with the zero point {} (as uint8): the engine saturates at 0, so only a zero point of 0 gives the same values",
                quantisation.zero
            )));
        }
        item.output = Some(quantisation);
        Ok(text)
    }
}
