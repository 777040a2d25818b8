//! The curves of a training, drawn in a terminal while it runs.

use crate::terminal::{bar, bar_style};
use console::Term;
use indicatif::ProgressBar;
use segeval::percent;
use std::fmt::Write;
use std::time::{Duration, Instant};

/// Lines of each curve.
const HEIGHT: usize = 3;
/// Blocks that fill no, one, … eight eighths of a character from below.
const BLOCKS: [char; 9] = [' ', '▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
/// Characters left of a curve.
const MARGIN: usize = 20;
/// Lines and columns of the smallest terminal in which curves are drawn.
const LOWEST: u16 = 12;
const NARROWEST: u16 = 60;
/// Widest curve.
const WIDEST: usize = 100;
/// Shortest time between two drawings.
const PAUSE: Duration = Duration::from_millis(250);
/// Steps over which the throughput is averaged.
const RECENT: usize = 20;

/// A progress bar below the curves of loss and accuracy; invisible where standard error is not a terminal.
pub struct Live {
    bar: ProgressBar,
    points: u64,
    losses: Vec<f64>,
    accuracies: Vec<f64>,
    /// When the last steps ended.
    ends: Vec<Instant>,
    drawn: Option<Instant>,
}

impl Live {
    /// A view of a training with `points` points a step.
    pub fn new(points: u64) -> Self {
        let bar = bar(0, "training");
        bar.set_style(bar_style("{msg}\n{prefix} [{wide_bar}] {pos}/{len} {eta} left"));
        bar.set_message("comparing the data with their checksums");
        bar.tick();
        Live { bar, points, losses: Vec::new(), accuracies: Vec::new(), ends: Vec::new(), drawn: None }
    }

    /// The bar, to set its position and to write lines above it.
    pub fn bar(&self) -> &ProgressBar {
        &self.bar
    }

    /// Adds a step.
    pub fn step(&mut self, epoch: u64, step: u64, loss: f64, accuracy: Option<f64>) {
        self.bar.set_position(step);
        if self.bar.is_hidden() {
            return;
        }
        self.losses.push(loss);
        self.accuracies.extend(accuracy.map(|share| 100.0 * share));
        if self.ends.len() == RECENT {
            self.ends.remove(0);
        }
        self.ends.push(Instant::now());
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= PAUSE) {
            self.drawn = Some(Instant::now());
            self.bar
                .set_message(self.text(&format!("epoch {epoch}, loss {loss:.3}, accuracy {} %", percent(accuracy, 1))));
        }
    }

    /// Shows something else than a step at work.
    pub fn note(&self, what: &str) {
        self.bar.set_message(self.text(what));
    }

    fn text(&self, what: &str) -> String {
        let (height, width) = Term::stderr().size_checked().unwrap_or((24, 80));
        if height < LOWEST || width < NARROWEST {
            return what.to_owned();
        }
        let width = (usize::from(width) - MARGIN - 1).min(WIDEST);
        let mut text = String::new();
        for (name, values, decimals) in [("loss", &self.losses, 3), ("accuracy %", &self.accuracies, 1)] {
            for line in labelled(name, values, decimals, width) {
                let _ = writeln!(text, "{line}");
            }
        }
        text += what;
        if let [first, .., last] = self.ends[..] {
            let rate = (self.ends.len() - 1) as f64 / (last - first).as_secs_f64().max(1e-9);
            let _ = write!(text, "; {rate:.2} steps/s, {:.0}k points/s", rate * self.points as f64 / 1e3);
        }
        if let Some(bytes) = scanseg::peak_memory() {
            let _ = write!(text, "; {:.1} GB at most", bytes as f64 / 1e9);
        }
        text
    }
}

/// A curve with its name and its largest and smallest value on the left; nothing without values.
fn labelled(name: &str, values: &[f64], decimals: usize, width: usize) -> Vec<String> {
    let (means, [low, high]) = means(values, width);
    if means.is_empty() {
        return Vec::new();
    }
    let number = |value: f64| format!("{value:.decimals$}");
    let labels = [(name, number(high)), ("", String::new()), ("", number(low))];
    let lines = curve(&means, [low, high], HEIGHT).into_iter().zip(labels);
    lines.map(|(row, (name, number))| format!("{name:<10} {number:>7} │{row}")).collect()
}

/// Means over equal shares of the values, at most `width` of them, with the smallest and the largest mean. Values that
/// are not finite are left out.
fn means(values: &[f64], width: usize) -> (Vec<f64>, [f64; 2]) {
    let values: Vec<f64> = values.iter().copied().filter(|value| value.is_finite()).collect();
    let count = width.min(values.len());
    let share = |i: usize| &values[i * values.len() / count..(i + 1) * values.len() / count];
    let means: Vec<f64> = (0..count).map(|i| share(i).iter().sum::<f64>() / share(i).len() as f64).collect();
    let ends = means.iter().fold([f64::INFINITY, f64::NEG_INFINITY], |[low, high], &m| [low.min(m), high.max(m)]);
    (means, ends)
}

/// Columns of blocks, as lines from the top. The smallest value is one eighth of a line high, so that it is seen.
fn curve(values: &[f64], [low, high]: [f64; 2], height: usize) -> Vec<String> {
    let most = 8 * height;
    let level = |value: f64| match high > low {
        true => 1 + ((value - low) / (high - low) * (most - 1) as f64).round() as usize,
        false => most / 2,
    };
    let line = |row: usize| values.iter().map(|&value| BLOCKS[level(value).saturating_sub(8 * row).min(8)]).collect();
    (0..height).rev().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn curves_are_drawn_from_low_to_high() {
        assert_eq!(curve(&[1.0, 2.0, 3.0], [1.0, 3.0], 2), [" ▁█", "▁██"]);
        assert_eq!(curve(&[5.0; 4], [5.0; 2], 1), ["▄▄▄▄"]);
        assert_eq!(curve(&[], [0.0; 2], 1), [""]);
    }

    #[test]
    fn many_steps_share_the_width() {
        let values: Vec<f64> = (0..1000).map(f64::from).collect();
        let (shares, [low, high]) = means(&values, 4);
        assert_eq!((shares, low, high), (vec![124.5, 374.5, 624.5, 874.5], 124.5, 874.5));
        assert_eq!(means(&[f64::NAN, 2.0], 8).0, [2.0]);
        assert!(labelled("loss", &[], 3, 10).is_empty());
    }

    #[test]
    fn labels_stand_beside_the_first_and_the_last_line() {
        let lines = labelled("accuracy %", &[12.5, 71.25], 1, 10);
        assert_eq!(lines, ["accuracy %    71.2 │ █", "                   │ █", "              12.5 │▁█"]);
    }
}
