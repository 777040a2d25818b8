//! Inference: scores on annotated scenes, and labels for every vertex of any scan.

mod doubts;
mod evaluate;
mod forward;
mod predict;
mod resample;
mod segments;
mod tiles;
mod up;
mod vertices;

pub(crate) use evaluate::evaluate_network;
pub use evaluate::{EvaluateEvent, Evaluated, Evaluation, evaluate};
use predict::ProgressFn;
pub use predict::{PredictEvent, Prediction, ScanInput, points_of_first_scene, predict, predict_scene};
pub use up::Up;

/// The output with the largest score among those from `first` on; the lowest of them on a tie.
fn best_output(scores: &[f32], first: usize) -> usize {
    (first + 1..scores.len()).fold(first, |best, output| if scores[output] > scores[best] { output } else { best })
}
