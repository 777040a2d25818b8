//! Labels from a network: scored on annotated scenes, or for every vertex of any scan.

mod evaluate;
mod forward;
mod predict;

pub use evaluate::{EvaluateEvent, Evaluation, evaluate, evaluate_network};
pub use predict::{Prediction, ScanInput, predict, predict_scene};

/// The class of the largest score from class `first` on; the lowest on a tie.
pub(crate) fn best_class(scores: &[f32], first: usize) -> i32 {
    let mut best = first;
    for class in first + 1..scores.len() {
        if scores[class] > scores[best] {
            best = class;
        }
    }
    best as i32
}
