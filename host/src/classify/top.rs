//! The best guesses.

use serde::{Deserialize, Serialize};

/// A class and how likely the network thinks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Guess {
    /// Its index.
    pub class: usize,
    /// Its score.
    pub score: f32,
    /// Softmax over all scores, 0 to 1.
    pub probability: f32,
}

/// The `count` best classes, best first; of equal scores the lower index comes first.
pub fn top(scores: &[f32], count: usize) -> Vec<Guess> {
    let max = scores.iter().copied().fold(f32::NEG_INFINITY, f32::max);
    let sum: f64 = scores
        .iter()
        .map(|&score| f64::from(score - max).exp())
        .sum();
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[b].total_cmp(&scores[a]).then(a.cmp(&b)));
    let guess = |class: usize| Guess {
        class,
        score: scores[class],
        probability: (f64::from(scores[class] - max).exp() / sum) as f32,
    };
    order.into_iter().take(count).map(guess).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn best_first_and_ties_by_index() {
        let guesses = top(&[1.0, 3.0, 2.0, 3.0, -1000.0], 3);
        assert_eq!(
            guesses.iter().map(|guess| guess.class).collect::<Vec<_>>(),
            [1, 3, 2]
        );
        assert!((guesses[0].probability - 0.399_5).abs() < 1e-3);
        assert_eq!(top(&[1.0], 5).len(), 1);
        assert!(top(&[], 5).is_empty());
    }
}
