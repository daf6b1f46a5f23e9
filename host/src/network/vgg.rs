//! The VGG family under torchvision's names, and small networks built the same way.

use super::small::{small, SIDE, SMALL};
use super::{Layer, Network, Shape};

/// The four plain VGG architectures ("A", "B", "D", "E").
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vgg {
    /// 8 convolutions.
    Vgg11,
    /// 10 convolutions.
    Vgg13,
    /// 13 convolutions.
    Vgg16,
    /// 16 convolutions.
    Vgg19,
}

/// Names that [`Network::named`] knows: the family, a toy for tests and quick looks, and the networks of `networks/`.
pub const NAMES: [&str; 8] = [
    "vgg11", "vgg13", "vgg16", "vgg19", "tiny", SMALL[0], SMALL[1], SMALL[2],
];

/// Side of the square map the classifier expects.
const CLASSIFIER_SIDE: usize = 7;
/// Classes of ImageNet.
const CLASSES: usize = 1000;

impl Vgg {
    /// All four.
    pub const ALL: [Vgg; 4] = [Vgg::Vgg11, Vgg::Vgg13, Vgg::Vgg16, Vgg::Vgg19];

    /// `vgg11`, `vgg13`, `vgg16` or `vgg19`.
    pub const fn name(self) -> &'static str {
        match self {
            Vgg::Vgg11 => "vgg11",
            Vgg::Vgg13 => "vgg13",
            Vgg::Vgg16 => "vgg16",
            Vgg::Vgg19 => "vgg19",
        }
    }

    /// The architecture of that name.
    pub fn from_name(name: &str) -> Option<Vgg> {
        Vgg::ALL.into_iter().find(|vgg| vgg.name() == name)
    }

    /// Convolutions in each of the five blocks.
    const fn convs(self) -> [usize; 5] {
        match self {
            Vgg::Vgg11 => [1, 1, 2, 2, 2],
            Vgg::Vgg13 => [2, 2, 2, 2, 2],
            Vgg::Vgg16 => [2, 2, 3, 3, 3],
            Vgg::Vgg19 => [2, 2, 4, 4, 4],
        }
    }

    /// The whole network for a square image of `side` pixels (224 in training).
    pub fn network(self, side: usize) -> Network {
        self.network_of(side, side)
    }

    /// The whole network for an image of `height` × `width` pixels.
    pub fn network_of(self, height: usize, width: usize) -> Network {
        let widths = [64, 128, 256, 512, 512];
        let blocks: Vec<Vec<usize>> = self
            .convs()
            .iter()
            .zip(widths)
            .map(|(&count, width)| vec![width; count])
            .collect();
        let blocks: Vec<&[usize]> = blocks.iter().map(Vec::as_slice).collect();
        let mut network = Network::vgg_like(Shape::new(3, height, width), &blocks);
        network.name = self.name().into();
        network.layers.push(Layer::AdaptivePool {
            height: CLASSIFIER_SIDE,
            width: CLASSIFIER_SIDE,
        });
        let features = 512 * CLASSIFIER_SIDE * CLASSIFIER_SIDE;
        // torchvision numbers ReLU and dropout too, hence 0, 3, 6.
        network.push_classifier(features, &[4096, 4096, CLASSES]);
        network
    }
}

impl Network {
    /// The network of that name for an image of `size` pixels, height and width; by default the size it is meant
    /// for (224×224, or 32×32 for `tiny` and the networks of `networks/`).
    pub fn named(name: &str, size: Option<(usize, usize)>) -> Option<Network> {
        let size = |side: usize| size.unwrap_or((side, side));
        match Vgg::from_name(name) {
            Some(vgg) => {
                let (height, width) = size(224);
                Some(vgg.network_of(height, width))
            }
            None if name == "tiny" => Some(Network::tiny(size(SIDE))),
            None => small(name, size(SIDE)),
        }
    }

    /// A toy with everything a VGG has: two blocks, an adaptive pool, two fully connected layers.
    fn tiny((height, width): (usize, usize)) -> Network {
        let mut network = Network::vgg_like(Shape::new(3, height, width), &[&[8, 8], &[16]]);
        network.name = "tiny".into();
        network.layers.push(Layer::AdaptivePool {
            height: 4,
            width: 4,
        });
        network.push_classifier(16 * 16, &[32, 10]);
        network
    }

    /// A body of blocks of convolutions, a 2×2 max-pool after each block, named as torchvision would.
    /// `blocks` lists each block's output channels. There is no classifier.
    pub fn vgg_like(input: Shape, blocks: &[&[usize]]) -> Network {
        let mut layers = Vec::new();
        let mut cin = input.channels;
        let mut index = 0;
        for block in blocks {
            for &cout in *block {
                layers.push(Layer::conv3(format!("features.{index}"), cin, cout));
                cin = cout;
                // A convolution and its ReLU each have a number.
                index += 2;
            }
            layers.push(Layer::Pool);
            index += 1;
        }
        Network {
            name: "vgg-like".into(),
            input,
            layers,
        }
    }

    /// Appends fully connected layers named `classifier.0`, `classifier.3` …, ReLU after all but the last.
    pub fn push_classifier(&mut self, features: usize, widths: &[usize]) {
        let mut inputs = features;
        for (step, &outputs) in widths.iter().enumerate() {
            let name = format!("classifier.{}", 3 * step);
            let relu = step + 1 < widths.len();
            self.layers.push(Layer::Linear {
                name,
                inputs,
                outputs,
                relu,
            });
            inputs = outputs;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vgg16_has_torchvisions_names_and_sizes() {
        let network = Vgg::Vgg16.network(224);
        let names: Vec<&str> = network.layers.iter().filter_map(Layer::name).collect();
        let features = [0, 2, 5, 7, 10, 12, 14, 17, 19, 21, 24, 26, 28];
        let mut expected: Vec<String> = features.iter().map(|i| format!("features.{i}")).collect();
        expected.extend([0, 3, 6].iter().map(|i| format!("classifier.{i}")));
        assert_eq!(names, expected);
        let parameters: usize = network
            .tensors()
            .iter()
            .map(|t| t.shape.iter().product::<usize>())
            .sum();
        assert_eq!(parameters, 138_357_544);
    }

    #[test]
    fn parameters_of_the_family() {
        let counts = [132_863_336, 133_047_848, 138_357_544, 143_667_240];
        for (vgg, count) in Vgg::ALL.into_iter().zip(counts) {
            let tensors = vgg.network(224).tensors();
            assert_eq!(
                tensors
                    .iter()
                    .map(|t| t.shape.iter().product::<usize>())
                    .sum::<usize>(),
                count
            );
            assert_eq!(Vgg::from_name(vgg.name()), Some(vgg));
        }
        assert_eq!(Vgg::from_name("vgg12"), None);
    }

    #[test]
    fn every_name_gives_a_sound_network() {
        for name in NAMES {
            let network = Network::named(name, None).unwrap();
            assert_eq!(network.name, name);
            assert!(network.shapes().is_ok());
            let input = Network::named(name, Some((64, 80))).unwrap().input;
            assert_eq!(input, Shape::new(3, 64, 80));
        }
        assert_eq!(Network::named("resnet50", None), None);
    }
}
