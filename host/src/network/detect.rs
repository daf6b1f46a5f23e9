//! Which tensors a network needs, and which network a file of tensors holds.

use super::{Network, Variant, NAMES};

/// A tensor a network needs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TensorSpec {
    /// Full name, such as `features.0.weight`.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Inputs of one output, for initialisation.
    pub fan_in: usize,
    /// True for a bias.
    pub is_bias: bool,
}

impl Network {
    /// All tensors, weight before bias, in the order of the layers.
    pub fn tensors(&self) -> Vec<TensorSpec> {
        let mut tensors = Vec::new();
        for layer in &self.layers {
            let (Some(name), Some((shape, bias))) = (layer.name(), layer.weight_shapes()) else {
                continue;
            };
            let fan_in = shape[1..].iter().product();
            tensors.push(TensorSpec {
                name: format!("{name}.weight"),
                shape,
                fan_in,
                is_bias: false,
            });
            tensors.push(TensorSpec {
                name: format!("{name}.bias"),
                shape: bias.to_vec(),
                fan_in,
                is_bias: true,
            });
        }
        tensors
    }
}

/// Which of [`NAMES`] has exactly the tensors `names`, in any order, under the names of one [`Variant`]: torchvision's or timm's, with
/// batch norm or without.
pub fn detect<'a>(names: impl IntoIterator<Item = &'a str>) -> Option<&'static str> {
    let names: Vec<&str> = names.into_iter().collect();
    NAMES.into_iter().find(|arch| {
        Network::named(arch, None)
            .and_then(|network| Variant::of(&network, names.iter().copied()))
            .is_some()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_network_is_recognised_and_nothing_else() {
        for name in NAMES {
            let tensors = Network::named(name, None).unwrap().tensors();
            let names: Vec<&str> = tensors
                .iter()
                .rev()
                .map(|tensor| tensor.name.as_str())
                .collect();
            assert_eq!(detect(names.iter().copied()), Some(name));
            assert_eq!(detect(names[1..].iter().copied()), None);
        }
    }
}
