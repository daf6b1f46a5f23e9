//! Layer by layer: the float network measures, the integer network follows.

use super::convert::{convert, output_scale, requants, Output, BIAS_MAX};
use super::model::{integers, quantise_input};
use super::noise::{self, Means, Noise};
use super::{
    LayerReport, LinearOutput, Options, QuantiseError, QuantisedConv, QuantisedLinear,
    QuantisedNetwork, Range, SIGNED_ZERO_POINT,
};
use crate::classify;
use crate::float;
use crate::network::{Layer, Network, Pool};
use crate::progress::Progress;
use crate::weights::LayerWeights;
use ndarray::{Array1, Array2, Array3, Array4, ArrayView1, ArrayView2};
use rowfuse_testbench::golden::plain;

/// The calibration images on their way through both networks, and what is known so far.
pub(super) struct State {
    float: Vec<Array3<f32>>,
    integer: Vec<Array3<u8>>,
    scale: f32,
    zero_point: u8,
    options: Options,
    /// Pools behind the last layer so far, which are the next one's.
    pools: Vec<Pool>,
    result: QuantisedNetwork,
}

impl State {
    /// Before the first layer.
    pub(super) fn new(network: Network, images: &[Array3<f32>], options: &Options) -> State {
        let (scale, zero_point) = options.normalisation.quantisation();
        let result = QuantisedNetwork {
            network,
            normalisation: options.normalisation,
            input_scale: scale,
            layers: Vec::new(),
            tail: Vec::new(),
            classifier: Vec::new(),
            report: Vec::new(),
            calibration: format!("{options} of {} images", images.len()),
        };
        State {
            float: images.to_vec(),
            integer: images
                .iter()
                .map(|image| quantise_input(image.view(), scale, zero_point))
                .collect(),
            scale,
            zero_point,
            options: *options,
            pools: Vec::new(),
            result,
        }
    }

    /// The quantised network, once every layer has been seen.
    pub(super) fn into_result(mut self) -> QuantisedNetwork {
        self.result.tail.append(&mut self.pools);
        self.result
    }

    /// Takes all images through a layer of both networks and adds it to the result.
    pub(super) fn layer(
        &mut self,
        layer: &Layer,
        weights: Option<LayerWeights>,
        progress: &dyn Progress,
    ) -> Result<(), QuantiseError> {
        match (layer, weights) {
            (Layer::Conv { .. }, Some(weights)) => return self.conv(layer, &weights, progress),
            (
                Layer::Linear {
                    name, inputs, relu, ..
                },
                Some(weights),
            ) => return self.linear(name, *inputs, *relu, &weights),
            _ => {}
        }
        match layer.host_pool() {
            Some(pool) => {
                self.pools.push(pool);
                for map in &mut self.float {
                    *map = pool.floats(map.view());
                }
                for map in &mut self.integer {
                    *map = pool.integers(map.view(), self.zero_point);
                }
            }
            None => {
                if let Some(conv) = self.result.layers.last_mut() {
                    conv.pool_after = true;
                }
                for map in &mut self.float {
                    *map = float::max_pool(map.view());
                }
                for map in &mut self.integer {
                    *map = plain::max_pool(map);
                }
            }
        }
        Ok(())
    }

    fn conv(
        &mut self,
        layer: &Layer,
        weights: &LayerWeights,
        progress: &dyn Progress,
    ) -> Result<(), QuantiseError> {
        let Layer::Conv {
            name,
            cin,
            cout,
            window,
            relu,
        } = layer
        else {
            return Ok(());
        };
        let [rows, columns] = window.kernel;
        let matrix = ArrayView2::from_shape((*cout, cin * rows * columns), &weights.weight)
            .expect("checked when it was read");
        let ideal = self.ideal();
        let (mut range, mut means) = (Range::default(), Means::default());
        for (image, map) in self.float.iter_mut().enumerate() {
            progress.check()?;
            *map = float::convolve(map.view(), matrix, ArrayView1::from(&weights.bias), window);
            finite(map, name, image)?;
            means.add(map);
            let values = map.as_slice_mut().expect("fresh maps are contiguous");
            if *relu {
                float::relu(values);
                range.add(values);
            } else {
                let sizes: Vec<f32> = values.iter().map(|value| value.abs()).collect();
                range.add(&sizes);
            }
        }
        let (steps, zero_point) = match relu {
            true => (255, 0),
            false => (127, SIGNED_ZERO_POINT),
        };
        let limit = range.limit(self.options.method, steps);
        let output_scale = output_scale(weights, self.scale, limit, steps as f32);
        let output = match relu {
            true => Output::Rectified(output_scale),
            false => Output::Signed(output_scale),
        };
        let converted = convert(weights, self.scale, output);
        let requant = requants(name, &converted, self.scale, output_scale)?;
        let mut conv = QuantisedConv {
            name: name.clone(),
            before: std::mem::take(&mut self.pools),
            window: *window,
            weights: Array4::from_shape_vec((*cout, *cin, rows, columns), converted.weights)
                .expect("as many as before"),
            requant,
            weight_scales: converted.scales,
            input_zero_point: self.zero_point,
            output_zero_point: zero_point,
            input_scale: self.scale,
            output_scale,
            pool_after: false,
        };
        let mut sums = Vec::with_capacity(self.integer.len());
        for map in &self.integer {
            progress.check()?;
            sums.push(noise::sums(&conv, map));
        }
        if self.options.correct_bias {
            correct_bias(&mut conv, &means, &sums);
        }
        conv.lift();
        self.scale = output_scale;
        self.zero_point = zero_point;
        let mut own = Noise::default();
        let maps = self.integer.iter_mut().zip(&sums);
        for (((map, sums), ideal), float) in maps.zip(&ideal).zip(&self.float) {
            progress.check()?;
            *map = noise::requantised(&conv, sums);
            let output = noise::requantised(&conv, &noise::sums(&conv, ideal));
            own.add_integers(float, &output, output_scale, zero_point);
        }
        conv.fold();
        self.report(name, &range, output_scale, steps, &own);
        self.result.layers.push(conv);
        Ok(())
    }

    /// The float maps as integers: what a layer reads if nothing before it is quantised.
    fn ideal(&self) -> Vec<Array3<u8>> {
        let maps = self.float.iter();
        maps.map(|map| integers(map.view(), self.scale, self.zero_point))
            .collect()
    }

    fn linear(
        &mut self,
        name: &str,
        inputs: usize,
        relu: bool,
        weights: &LayerWeights,
    ) -> Result<(), QuantiseError> {
        let outputs = weights.bias.len();
        let matrix = ArrayView2::from_shape((outputs, inputs), &weights.weight)
            .expect("checked when it was read");
        let ideal = self.ideal();
        let mut range = Range::default();
        for (image, map) in self.float.iter_mut().enumerate() {
            let flat = Array1::from_iter(map.iter().copied());
            let output = float::linear(flat.view(), matrix, ArrayView1::from(&weights.bias));
            *map = output
                .into_shape_with_order((outputs, 1, 1))
                .expect("one value an output");
            finite(map, name, image)?;
            if relu {
                let values = map.as_slice_mut().expect("fresh maps are contiguous");
                float::relu(values);
                range.add(values);
            }
        }
        self.result.tail.append(&mut self.pools);
        let limit = range.limit(self.options.method, 255);
        let output_scale = relu.then(|| output_scale(weights, self.scale, limit, 255.0));
        let output = output_scale.map_or(Output::Float, Output::Rectified);
        let converted = convert(weights, self.scale, output);
        let output = match output_scale {
            Some(scale) => LinearOutput::Requant {
                requant: requants(name, &converted, self.scale, scale)?,
                scale,
            },
            None => LinearOutput::Logits {
                bias: converted.bias,
            },
        };
        let mut linear = QuantisedLinear {
            name: name.into(),
            weights: Array2::from_shape_vec((outputs, inputs), converted.weights)
                .expect("as many as before"),
            weight_scales: converted.scales,
            input_scale: self.scale,
            output,
        };
        linear.fold(self.zero_point);
        self.follow_linear(&linear, &range, &ideal);
        self.result.classifier.push(linear);
        Ok(())
    }

    /// Takes the integer maps through a fully connected layer and reports. `ideal` is what it reads if nothing before it is quantised.
    fn follow_linear(&mut self, linear: &QuantisedLinear, range: &Range, ideal: &[Array3<u8>]) {
        let flat = |map: &Array3<u8>| map.iter().copied().collect::<Vec<u8>>();
        let (mut noise, mut own) = (Noise::default(), Noise::default());
        if let LinearOutput::Requant { scale, .. } = &linear.output {
            let hidden = |map: &Array3<u8>| {
                let output = classify::hidden(linear, &flat(map));
                Array3::from_shape_vec((output.len(), 1, 1), output).expect("one value an output")
            };
            for ((map, ideal), float) in self.integer.iter_mut().zip(ideal).zip(&self.float) {
                *map = hidden(map);
                own.add_integers(float, &hidden(ideal), *scale, 0);
            }
            self.zero_point = 0;
            self.scale = *scale;
            self.report(&linear.name, range, *scale, 255, &own);
            return;
        }
        let mut float_max = f32::MIN;
        for ((map, ideal), float) in self.integer.iter().zip(ideal).zip(&self.float) {
            let floats = || float.iter().copied();
            noise.add(floats(), classify::last(linear, &flat(map)).into_iter());
            own.add(floats(), classify::last(linear, &flat(ideal)).into_iter());
            float_max = floats().fold(float_max, f32::max);
        }
        self.result.report.push(LayerReport {
            name: linear.name.clone(),
            snr_db: noise.decibels(),
            own_snr_db: own.decibels(),
            float_max,
            saturates_at: None,
        });
    }

    /// Compares the maps behind a layer that saturates after so many steps.
    fn report(&mut self, name: &str, range: &Range, scale: f32, steps: u32, own: &Noise) {
        let mut noise = Noise::default();
        for (float, integer) in self.float.iter().zip(&self.integer) {
            noise.add_integers(float, integer, scale, self.zero_point);
        }
        self.result.report.push(LayerReport {
            name: name.into(),
            snr_db: noise.decibels(),
            own_snr_db: own.decibels(),
            float_max: range.max(),
            saturates_at: Some(steps as f32 * scale),
        });
    }
}

/// Adds to each channel's bias what the mean of the integers' sums lacks to the floats' (M. Nagel et al., Data-Free Quantization Through Weight
/// Equalization and Bias Correction, ICCV 2019, the empirical form). `means` are those of the floats before ReLU.
pub(super) fn correct_bias(conv: &mut QuantisedConv, means: &Means, sums: &[Array3<f32>]) {
    let mut found = Means::default();
    sums.iter().for_each(|sums| found.add(sums));
    let scales = conv.weight_scales.iter().enumerate();
    for ((channel, scale), requant) in scales.zip(&mut conv.requant) {
        let step = f64::from(conv.input_scale) * f64::from(*scale);
        let wanted = (means.of(channel) / step - found.of(channel)).round();
        requant.bias = wanted.clamp(-BIAS_MAX, BIAS_MAX) as i32;
    }
}

/// Refuses what is not finite.
fn finite(map: &Array3<f32>, layer: &str, image: usize) -> Result<(), QuantiseError> {
    match map.iter().all(|value| value.is_finite()) {
        true => Ok(()),
        false => Err(QuantiseError::Overflow {
            layer: layer.into(),
            image,
        }),
    }
}
