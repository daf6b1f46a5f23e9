//! Where a layer's float weights come from, and how they are read: one layer at a time.

use super::constant::Constant;
use super::OnnxFault;
use crate::weights::LayerWeights;

/// How a layer's weights lie in the file.
#[derive(Clone, Debug)]
pub(super) enum Layout {
    /// cout × cin × rows × columns, to be spread by `dilation`.
    Conv {
        cout: usize,
        cin: usize,
        kernel: [usize; 2],
        dilation: [usize; 2],
    },
    /// outputs × inputs, or inputs × outputs if `by_columns`.
    Linear {
        outputs: usize,
        inputs: usize,
        by_columns: bool,
    },
}

/// The weights of a layer: `gain·(alpha·W) ` and `gain·(beta·b) + shift`, a gain and a shift for each output.
#[derive(Clone, Debug)]
pub(super) struct Source {
    pub(super) weight: Constant,
    pub(super) layout: Layout,
    pub(super) bias: Option<Constant>,
    pub(super) alpha: f32,
    pub(super) beta: f32,
    gain: Vec<f64>,
    shift: Vec<f64>,
}

impl Source {
    pub(super) fn new(weight: Constant, layout: Layout, bias: Option<Constant>) -> Source {
        let outputs = layout.outputs();
        Source {
            weight,
            bias,
            alpha: 1.0,
            beta: 1.0,
            gain: vec![1.0; outputs],
            shift: vec![0.0; outputs],
            layout,
        }
    }

    /// Whether nothing has been folded in.
    pub(super) fn is_plain(&self) -> bool {
        (self.alpha, self.beta) == (1.0, 1.0)
            && self.gain.iter().all(|&gain| gain == 1.0)
            && self.shift.iter().all(|&shift| shift == 0.0)
    }

    /// Folds `scale·y + shift` into the layer that gives `y`; one of each, or as many as outputs. False if there are others.
    pub(super) fn fold(&mut self, scale: &[f32], shift: &[f32]) -> bool {
        let outputs = self.gain.len();
        if ![1, outputs].contains(&scale.len()) || scale.len() != shift.len() {
            return false;
        }
        for output in 0..outputs {
            let place = output.min(scale.len() - 1);
            let (scale, shift) = (f64::from(scale[place]), f64::from(shift[place]));
            self.gain[output] *= scale;
            self.shift[output] = self.shift[output] * scale + shift;
        }
        true
    }

    /// Reads the weights as rowfuse wants them: outputs first. NaN and infinity are refused.
    pub(super) fn load(&self) -> Result<LayerWeights, OnnxFault> {
        let mut weight = self.layout.arrange(self.weight.floats()?, 0.0);
        let outputs = self.gain.len();
        let bias = match &self.bias {
            Some(bias) => bias.floats()?,
            None => vec![0.0; outputs],
        };
        let inputs = weight.len() / outputs.max(1);
        for (row, gain) in weight.chunks_exact_mut(inputs.max(1)).zip(&self.gain) {
            let factor = gain * f64::from(self.alpha);
            if factor != 1.0 {
                row.iter_mut()
                    .for_each(|value| *value = (f64::from(*value) * factor) as f32);
            }
        }
        let folded = bias.iter().zip(&self.gain).zip(&self.shift);
        let bias: Vec<f32> = folded
            .map(|((&bias, gain), shift)| {
                (f64::from(bias) * f64::from(self.beta) * gain + shift) as f32
            })
            .collect();
        match weight.iter().chain(&bias).all(|value| value.is_finite()) {
            true => Ok(LayerWeights { weight, bias }),
            false => Err(self
                .weight
                .tensor
                .fault("leaves the range of 32-bit floats once what follows it is folded in")),
        }
    }
}

impl Layout {
    pub(super) fn outputs(&self) -> usize {
        match self {
            Layout::Conv { cout, .. } => *cout,
            Layout::Linear { outputs, .. } => *outputs,
        }
    }

    /// The axis of the file's tensor along which outputs lie.
    pub(super) fn output_axis(&self) -> usize {
        match self {
            Layout::Linear {
                by_columns: true, ..
            } => 1,
            _ => 0,
        }
    }

    /// The file's values with outputs first, and a dilated kernel spread with `zero` between its values.
    pub(super) fn arrange<T: Copy>(&self, values: Vec<T>, zero: T) -> Vec<T> {
        match *self {
            Layout::Linear {
                outputs,
                inputs,
                by_columns: true,
            } => {
                let mut rows = Vec::with_capacity(values.len());
                for output in 0..outputs {
                    rows.extend((0..inputs).map(|input| values[input * outputs + output]));
                }
                rows
            }
            Layout::Conv {
                cout,
                cin,
                kernel: [rows, columns],
                dilation: [down, across],
            } if (down, across) != (1, 1) => {
                let (height, width) = ((rows - 1) * down + 1, (columns - 1) * across + 1);
                let mut spread = vec![zero; cout * cin * height * width];
                for (place, value) in values.into_iter().enumerate() {
                    let (kernel, inside) = (place / (rows * columns), place % (rows * columns));
                    let (y, x) = (inside / columns * down, inside % columns * across);
                    spread[kernel * height * width + y * width + x] = value;
                }
                spread
            }
            _ => values,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matrix_is_transposed_and_a_kernel_spread() {
        let columns = Layout::Linear {
            outputs: 2,
            inputs: 3,
            by_columns: true,
        };
        assert_eq!(
            columns.arrange(vec![1, 2, 3, 4, 5, 6], 0),
            [1, 3, 5, 2, 4, 6]
        );
        let dilated = Layout::Conv {
            cout: 1,
            cin: 2,
            kernel: [2, 2],
            dilation: [1, 2],
        };
        let spread = dilated.arrange(vec![1, 2, 3, 4, 5, 6, 7, 8], 0);
        assert_eq!(spread, [1, 0, 2, 3, 0, 4, 5, 0, 6, 7, 0, 8]);
    }
}
