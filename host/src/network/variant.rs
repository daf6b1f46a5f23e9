//! The names and shapes under which files keep the weights of the VGG family.

use super::{Layer, Network};

/// How a file names its tensors.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Variant {
    /// Batch norm follows each convolution, as in torchvision's and timm's `vgg16_bn`.
    pub batch_norm: bool,
    /// The classifier has timm's names: `pre_logits.fc1` and `fc2`, which are convolutions there, and `head.fc`.
    pub timm: bool,
}

/// Where a layer's weights lie in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredLayer {
    /// The module; tensors are `{module}.weight` and `{module}.bias`.
    pub module: String,
    /// The shape of the weights; its values lie as [`Layer::weight_shapes`] has them.
    pub weight_shape: Vec<usize>,
    /// Outputs.
    pub outputs: usize,
    /// The module of the batch norm behind it: `{norm}.weight`, `.bias`, `.running_mean` and `.running_var`, a value for each output.
    pub norm: Option<String>,
}

impl Variant {
    /// torchvision's names without batch norm: those of [`Network::tensors`].
    pub const PLAIN: Variant = Variant {
        batch_norm: false,
        timm: false,
    };

    /// All four, the plain one first.
    pub const ALL: [Variant; 4] = [
        Variant::PLAIN,
        Variant {
            batch_norm: true,
            timm: false,
        },
        Variant {
            batch_norm: false,
            timm: true,
        },
        Variant {
            batch_norm: true,
            timm: true,
        },
    ];

    /// The variant whose tensors of `network` are exactly `names`, but for counters of training steps.
    pub fn of<'a>(network: &Network, names: impl IntoIterator<Item = &'a str>) -> Option<Variant> {
        let names = names.into_iter().filter(|name| !is_counter(name));
        let mut names: Vec<&str> = names.collect();
        names.sort_unstable();
        Variant::ALL.into_iter().find(|variant| {
            let mut expected = variant.names(network);
            expected.sort_unstable();
            expected == names
        })
    }

    fn names(self, network: &Network) -> Vec<String> {
        let layers = self.layers(network).into_iter();
        layers
            .flat_map(|layer| layer.tensors())
            .map(|tensor| tensor.0)
            .collect()
    }

    /// Where the weights of each layer of `network` lie that has some, in order.
    pub fn layers(self, network: &Network) -> Vec<StoredLayer> {
        let linears = network.layers.iter();
        let linears = linears
            .filter(|layer| matches!(layer, Layer::Linear { .. }))
            .count();
        let (mut index, mut linear, mut pooled) = (0, 0, (1, 1));
        let mut stored = Vec::new();
        for layer in &network.layers {
            let (Some(name), Some((mut weight_shape, [outputs]))) =
                (layer.name(), layer.weight_shapes())
            else {
                // A pool has a number of its own in a sequence of modules.
                index += 1;
                if let Layer::AdaptivePool { height, width } = layer {
                    pooled = (*height, *width);
                }
                continue;
            };
            let mut module = name.to_owned();
            let mut norm = None;
            match layer {
                Layer::Conv { .. } if self.batch_norm => {
                    module = format!("features.{index}");
                    norm = Some(format!("features.{}", index + 1));
                    index += 3;
                }
                Layer::Conv { .. } => index += 2,
                _ => {
                    linear += 1;
                    if self.timm && linear == linears {
                        module = "head.fc".into();
                    } else if self.timm {
                        module = format!("pre_logits.fc{linear}");
                        let (height, width) = if linear == 1 { pooled } else { (1, 1) };
                        let channels = weight_shape[1] / (height * width).max(1);
                        weight_shape = vec![outputs, channels, height, width];
                    }
                }
            }
            stored.push(StoredLayer {
                module,
                weight_shape,
                outputs,
                norm,
            });
        }
        stored
    }
}

impl StoredLayer {
    /// Its tensors: names and shapes.
    pub fn tensors(&self) -> Vec<(String, Vec<usize>)> {
        let one = vec![self.outputs];
        let mut tensors = vec![
            (format!("{}.weight", self.module), self.weight_shape.clone()),
            (format!("{}.bias", self.module), one.clone()),
        ];
        if let Some(norm) = &self.norm {
            let parts = ["weight", "bias", "running_mean", "running_var"];
            tensors.extend(parts.map(|part| (format!("{norm}.{part}"), one.clone())));
        }
        tensors
    }
}

/// Whether a tensor only counts steps of training, which batch norm's does.
pub fn is_counter(name: &str) -> bool {
    name.ends_with(".num_batches_tracked")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Vgg;

    fn layers(batch_norm: bool, timm: bool) -> Vec<StoredLayer> {
        Variant { batch_norm, timm }.layers(&Vgg::Vgg16.network(224))
    }

    #[test]
    fn the_plain_variant_is_what_a_network_needs() {
        let network = Vgg::Vgg19.network(64);
        let stored = Variant::PLAIN.layers(&network);
        let names: Vec<(String, Vec<usize>)> =
            stored.iter().flat_map(StoredLayer::tensors).collect();
        let tensors = network
            .tensors()
            .into_iter()
            .map(|tensor| (tensor.name, tensor.shape));
        assert_eq!(names, tensors.collect::<Vec<_>>());
    }

    #[test]
    fn torchvisions_vgg16_bn() {
        // The places of the convolutions in torchvision's `vgg16_bn().features`.
        let places = [0, 3, 7, 10, 14, 17, 20, 24, 27, 30, 34, 37, 40];
        let stored = layers(true, false);
        for (layer, place) in stored.iter().zip(places) {
            assert_eq!(layer.module, format!("features.{place}"));
            assert_eq!(layer.norm, Some(format!("features.{}", place + 1)));
        }
        assert_eq!(stored[13].module, "classifier.0");
        assert_eq!(stored[15].tensors().len(), 2);
    }

    #[test]
    fn timms_vgg16() {
        let stored = layers(false, true);
        assert_eq!(stored[1].module, "features.2");
        let ends: Vec<(&str, &[usize])> = stored[13..]
            .iter()
            .map(|layer| (&layer.module[..], &layer.weight_shape[..]))
            .collect();
        assert_eq!(ends[0], ("pre_logits.fc1", &[4096, 512, 7, 7][..]));
        assert_eq!(ends[1], ("pre_logits.fc2", &[4096, 4096, 1, 1][..]));
        assert_eq!(ends[2], ("head.fc", &[1000, 4096][..]));
    }

    #[test]
    fn variants_are_told_by_their_names() {
        let network = Vgg::Vgg11.network(224);
        for variant in Variant::ALL {
            let mut names = variant.names(&network);
            assert_eq!(
                Variant::of(&network, names.iter().map(String::as_str)),
                Some(variant)
            );
            names.push("features.1.num_batches_tracked".into());
            assert_eq!(
                Variant::of(&network, names.iter().map(String::as_str)),
                Some(variant)
            );
            names.push("head.bias".into());
            assert_eq!(
                Variant::of(&network, names.iter().map(String::as_str)),
                None
            );
        }
    }
}
