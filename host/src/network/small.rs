//! The small networks whose trained weights lie in `networks/`: for images of 32×32 pixels and ten classes.

use super::{Layer, Network, Shape, Window};

/// Side of the images they were trained with.
pub(super) const SIDE: usize = 32;
/// What they tell apart: digits.
const CLASSES: usize = 10;

/// Their names.
pub(super) const SMALL: [&str; 3] = ["digits", "lenet", "cifar-small"];

/// The network of that name for an image of that height and width; `None` if it is none of [`SMALL`].
pub(super) fn small(name: &str, (height, width): (usize, usize)) -> Option<Network> {
    let input = Shape::new(3, height, width);
    let mut network = match name {
        "digits" => {
            let blocks: [&[usize]; 3] = [&[16, 16], &[32, 32], &[64, 64]];
            let mut network = Network::vgg_like(input, &blocks);
            network.push_classifier(64 * (SIDE / 8) * (SIDE / 8), &[320, CLASSES]);
            network
        }
        // LeNet-5's shape with ReLU and max-pools, under the names of many tutorials.
        "lenet" => plain(
            input,
            &[6, 16],
            Window::square(5, 1, 0),
            &[400, 120, 84, CLASSES],
        ),
        "cifar-small" => plain(input, &[32, 64], Window::CONV3, &[4096, 64, CLASSES]),
        _ => return None,
    };
    network.name = name.into();
    Some(network)
}

/// Convolutions `conv1` … with these output channels, a 2×2 pool behind each; then layers `fc1` … between these numbers of features.
fn plain(input: Shape, channels: &[usize], window: Window, features: &[usize]) -> Network {
    let mut layers = Vec::new();
    let mut cin = input.channels;
    for (index, &cout) in channels.iter().enumerate() {
        let name = format!("conv{}", index + 1);
        layers.push(Layer::Conv {
            name,
            cin,
            cout,
            window,
            relu: true,
        });
        layers.push(Layer::Pool);
        cin = cout;
    }
    for (index, pair) in features.windows(2).enumerate() {
        layers.push(Layer::Linear {
            name: format!("fc{}", index + 1),
            inputs: pair[0],
            outputs: pair[1],
            relu: index + 2 < features.len(),
        });
    }
    Network {
        name: String::new(),
        input,
        layers,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_and_outputs() {
        for (name, parameters) in SMALL.into_iter().zip([403_290, 62_006, 282_250]) {
            let network = small(name, (SIDE, SIDE)).unwrap();
            let tensors = network.tensors();
            let sizes = tensors.iter().map(|t| t.shape.iter().product::<usize>());
            assert_eq!(sizes.sum::<usize>(), parameters, "{name}");
            let shapes = network.shapes().unwrap();
            assert_eq!(shapes.last().unwrap().output, Shape::new(CLASSES, 1, 1));
            // They have no adaptive pool, so that they take no other size.
            assert!(small(name, (64, 64)).unwrap().shapes().is_err());
        }
        assert_eq!(small("large", (SIDE, SIDE)), None);
    }
}
