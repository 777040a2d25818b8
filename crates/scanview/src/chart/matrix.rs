//! Confusion matrices.

use super::{ChartError, shortened, start, text};
use segeval::ConfusionMatrix;
use std::fmt::Write;

/// What the cells of a matrix show.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cells {
    /// Counts.
    Counts,
    /// Percentages of the true class.
    PercentOfTruth,
}

/// Size of a cell, and of the names of classes.
const WIDTH: usize = 54;
const HEIGHT: usize = 26;
const NAMES: usize = 170;

/// Draws a confusion matrix: a row for each class of the truth, a column for each class of the prediction, and a last one
/// for predictions of no class if there are any. The darker a cell, the larger its share of the true class.
///
/// # Errors
/// [`ChartError::Empty`] if nothing was counted.
pub fn matrix_chart(title: &str, names: &[&str], matrix: &ConfusionMatrix, cells: Cells) -> Result<String, ChartError> {
    if matrix.total() == 0 {
        return Err(ChartError::Empty { title: title.to_owned() });
    }
    let classes = matrix.classes();
    let outside = (0..classes).any(|class| matrix.outside(class) > 0);
    let columns = classes + usize::from(outside);
    let name = |class: usize| names.get(class).copied().unwrap_or("");
    let (top, width) = (64, (NAMES + columns * WIDTH + 16).max(420));
    let mut svg = start(title, [width, top + classes * HEIGHT + 16]);
    svg += &text([width / 2, 24], 18, "middle", title);
    svg += &text([NAMES - 8, top - 8], 13, "end", "truth / predicted");
    for column in 0..columns {
        let heading = if column < classes { (column + 1).to_string() } else { "none".to_owned() };
        svg += &text([NAMES + column * WIDTH + WIDTH / 2, top - 8], 13, "middle", &heading);
    }
    for truth in 0..classes {
        let y = top + truth * HEIGHT;
        let seen = matrix.seen(truth);
        svg += &text([NAMES - 8, y + 18], 13, "end", &format!("{} {}", truth + 1, shortened(name(truth), 19)));
        for (column, &count) in matrix.row(truth)[..columns].iter().enumerate() {
            let x = NAMES + column * WIDTH;
            let share = (seen > 0).then(|| count as f64 / seen as f64);
            let (fill, white) = shade(share.unwrap_or(0.0));
            let value = match cells {
                Cells::Counts => short_count(count),
                Cells::PercentOfTruth => segeval::percent(share, 1),
            };
            let to = if column < classes { name(column) } else { "no class" };
            let _ = writeln!(
                svg,
                "<g><title>{} as {}: {count}</title><rect x=\"{x}\" y=\"{y}\" width=\"{WIDTH}\" height=\"{HEIGHT}\" \
                 fill=\"{fill}\" stroke=\"#808080\" stroke-width=\"{}\"/>",
                segeval::html(name(truth)),
                segeval::html(to),
                if truth == column { "2" } else { "0.3" }
            );
            let cell = text([x + WIDTH / 2, y + 18], 12, "middle", &value);
            svg += &if white { cell.replace("#000000", "#FFFFFE") } else { cell };
            svg += "</g>\n";
        }
    }
    Ok(svg + "</svg>\n")
}

/// The colour of a share from white to dark blue, and whether white text is read better on it than black.
fn shade(share: f64) -> (String, bool) {
    let mix = |dark: f64| (255.0 + (dark - 255.0) * share.clamp(0.0, 1.0)).round() as u8;
    (format!("#{:02X}{:02X}{:02X}", mix(0.0), mix(68.0), mix(136.0)), share > 0.55)
}

/// A count of at most five characters.
fn short_count(count: u64) -> String {
    match count {
        0..=99_999 => count.to_string(),
        100_000..=9_999_999 => format!("{}k", count / 1000),
        _ => format!("{}M", count / 1_000_000),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::tests::texts;

    #[test]
    fn a_matrix_has_counts_or_shares_of_the_truth() {
        let matrix = ConfusionMatrix::from_rows(&[vec![3, 1, 0], vec![0, 123_456, 1]]).unwrap();
        let names = ["wall", "<floor>"];
        let counts = texts(&matrix_chart("points", &names, &matrix, Cells::Counts).unwrap());
        let parts = ["1 wall", "2 &lt;floor&gt;", "none", "3", "123k", "wall as &lt;floor&gt;: 1"];
        for expected in parts {
            assert!(counts.iter().any(|text| text == expected), "{expected} is not among {counts:?}");
        }
        let rows = texts(&matrix_chart("points", &names, &matrix, Cells::PercentOfTruth).unwrap());
        assert!(["75.0", "25.0", "100.0"].iter().all(|share| rows.iter().any(|text| text == share)), "{rows:?}");
        assert!(matrix_chart("none", &names, &ConfusionMatrix::new(2), Cells::Counts).is_err());
        assert_eq!((shade(0.0), shade(1.0)), (("#FFFFFF".into(), false), ("#004488".into(), true)));
    }
}
