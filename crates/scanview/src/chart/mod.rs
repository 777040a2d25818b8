//! Charts as SVG: curves, bars and confusion matrices.
//!
//! Every chart is a file of its own with a title and a white background, so it reads on dark pages as well. No chart
//! needs colours to be understood: lines have marks, bars letters, and cells numbers. The same input gives the same
//! bytes.

mod bars;
mod curves;
mod line;
mod matrix;

pub use bars::{Bars, bar_chart};
pub use curves::{Curve, accuracy_chart, loss_chart};
pub use line::{Series, line_chart};
pub use matrix::{Cells, matrix_chart};

/// Colours of series that readers with any kind of colour blindness can tell apart (Okabe and Ito 2008,
/// <https://jfly.uni-koeln.de/color/>), the darker ones first, and without the yellow that is hard to see on white.
pub const COLORS: [[u8; 3]; 7] =
    [[0, 114, 178], [213, 94, 0], [0, 0, 0], [0, 158, 115], [204, 121, 167], [230, 159, 0], [86, 180, 233]];

/// Why there is no chart.
#[derive(Debug, thiserror::Error)]
pub enum ChartError {
    /// Nothing to show.
    #[error("the chart {title:?} has no points; give it at least one of finite numbers")]
    Empty {
        /// Its title.
        title: String,
    },
    /// It cannot be drawn.
    #[error("cannot draw the chart {title:?}: {reason}")]
    Draw {
        /// Its title.
        title: String,
        /// What failed.
        reason: String,
    },
}

/// An SVG with the title that programs for the blind read.
fn titled(svg: &str, title: &str) -> String {
    let end = svg.find('>').map_or(0, |end| end + 1);
    let start = svg[..end].replacen("<svg ", "<svg role=\"img\" ", 1);
    format!("{start}<title>{}</title>{}", segeval::html(title), &svg[end..])
}

/// The start of an SVG drawn here, with its background and title.
fn start(title: &str, [width, height]: [usize; 2]) -> String {
    let svg = format!(
        "<svg width=\"{width}\" height=\"{height}\" viewBox=\"0 0 {width} {height}\" \
         xmlns=\"http://www.w3.org/2000/svg\" font-family=\"sans-serif\">"
    );
    titled(&svg, title) + &format!("\n<rect width=\"{width}\" height=\"{height}\" fill=\"#FFFFFF\"/>\n")
}

/// A text of a chart; `anchor` is start, middle or end.
fn text(at: [usize; 2], size: usize, anchor: &str, text: &str) -> String {
    let [x, y] = at;
    format!(
        "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\" text-anchor=\"{anchor}\" fill=\"#000000\">{}</text>\n",
        segeval::html(text)
    )
}

/// A name of at most `longest` characters; of longer ones the end is left out.
fn shortened(name: &str, longest: usize) -> String {
    match name.chars().count() > longest {
        true => name.chars().take(longest - 1).chain(['…']).collect(),
        false => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    /// Checks that every tag is closed in order, and returns the texts between tags.
    pub fn texts(svg: &str) -> Vec<String> {
        let (mut open, mut texts) = (Vec::new(), Vec::new());
        for piece in svg.split('<').skip(1) {
            let (tag, text) = piece.split_once('>').expect("a tag ends");
            assert!(!text.contains('>'), "{text}");
            assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
            match tag.strip_prefix('/') {
                Some(name) => assert_eq!(open.pop(), Some(name)),
                None if tag.ends_with('/') => {}
                None => open.push(tag.split_whitespace().next().expect("a tag has a name")),
            }
            texts.extend((!text.trim().is_empty()).then(|| text.trim().to_owned()));
        }
        assert!(open.is_empty(), "{open:?} are not closed");
        texts
    }
}
