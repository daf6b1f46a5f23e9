//! The classifier on a thread of its own, so that a board need not wait for it.

use super::classify;
use crate::quantise::QuantisedNetwork;
use ndarray::Array3;
use std::sync::mpsc::{channel, Sender};
use std::thread;

/// Does `work`, and classifies beside it the maps (as [`classify`] takes them) that it sends. Gives what `work` gives, and the scores in
/// the order in which the maps were sent; `None` for each if the network has no classifier.
///
/// # Panics
/// If a map does not have the features the classifier takes.
pub fn classify_beside<R>(
    network: &QuantisedNetwork,
    work: impl FnOnce(&Sender<Array3<u8>>) -> R,
) -> (R, Vec<Option<Vec<f32>>>) {
    thread::scope(|scope| {
        let (sender, maps) = channel::<Array3<u8>>();
        let classifier = scope.spawn(move || {
            let scores = maps.into_iter().map(|map| classify(network, map.view()));
            scores.collect()
        });
        let result = work(&sender);
        drop(sender);
        match classifier.join() {
            Ok(scores) => (result, scores),
            Err(panic) => std::panic::resume_unwind(panic),
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Shape;
    use crate::plan::testing::random;
    use crate::quantise::{LinearOutput, QuantisedLinear};
    use ndarray::array;

    #[test]
    fn scores_come_in_order_and_without_a_classifier_there_are_none() {
        let mut network = random(Shape::new(1, 2, 2), &[(2, false)], 1);
        let map = |value: u8| Array3::from_elem((2, 1, 1), value);
        let (result, scores) = classify_beside(&network, |maps| {
            maps.send(map(1)).unwrap();
            7
        });
        assert_eq!((result, scores), (7, vec![None]));
        network.classifier.push(QuantisedLinear {
            name: "classifier".into(),
            weights: array![[1, 1], [0, -1]],
            weight_scales: vec![1.0; 2],
            input_scale: 1.0,
            output: LinearOutput::Logits { bias: vec![0, 5] },
        });
        let (_, scores) = classify_beside(&network, |maps| {
            (1..4).for_each(|value| maps.send(map(value)).unwrap());
        });
        let expected = [[2.0, 4.0], [4.0, 3.0], [6.0, 2.0]];
        assert_eq!(scores, expected.map(|scores| Some(scores.to_vec())));
    }
}
