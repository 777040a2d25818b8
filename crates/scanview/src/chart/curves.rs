//! Learning curves.

use super::{COLORS, ChartError, Series, line_chart};
use crate::metrics::{Epoch, Metrics, epochs};

/// The learning curve of a system.
#[derive(Debug, Clone)]
pub struct Curve {
    /// Its name in the legend.
    pub name: String,
    /// Means of every epoch over all its runs.
    pub epochs: Vec<Epoch>,
}

impl Curve {
    /// The means over the runs of a system.
    pub fn new<'a>(name: &str, runs: impl IntoIterator<Item = &'a Metrics>) -> Self {
        Curve { name: name.to_owned(), epochs: epochs(runs) }
    }
}

/// The training loss of every epoch.
///
/// # Errors
/// [`ChartError::Empty`] if there was no step.
pub fn loss_chart(curves: &[Curve]) -> Result<String, ChartError> {
    draw("Training loss", "loss", curves, |epoch| epoch.loss)
}

/// The share of the training crops' points that were classified right, in percent, for every epoch.
///
/// # Errors
/// [`ChartError::Empty`] if there was no step with annotated points.
pub fn accuracy_chart(curves: &[Curve]) -> Result<String, ChartError> {
    draw("Accuracy on training crops", "%", curves, |epoch| epoch.accuracy.map(|share| 100.0 * share))
}

fn draw(
    title: &str,
    unit: &str,
    curves: &[Curve],
    value: impl Fn(&Epoch) -> Option<f64>,
) -> Result<String, ChartError> {
    let point = |epoch: &Epoch| (epoch.epoch as f64, value(epoch).unwrap_or(f64::NAN));
    let series: Vec<Series> = curves
        .iter()
        .zip(COLORS.into_iter().cycle())
        .map(|(curve, color)| Series { name: &curve.name, points: curve.epochs.iter().map(point).collect(), color })
        .collect();
    line_chart(title, "epoch", unit, &series)
}
