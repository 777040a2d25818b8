//! Bars of shares, a group for each class.

use super::{ChartError, shortened, start, text};
use std::fmt::Write;

/// The bars of a system, one for each class.
#[derive(Debug, Clone)]
pub struct Bars<'a> {
    /// Name in the legend.
    pub name: &'a str,
    /// A share in 0..=1 for each class; `None` where it is undefined.
    pub shares: Vec<Option<f64>>,
    /// Red, green and blue, see [`COLORS`](super::COLORS).
    pub color: [u8; 3],
}

/// Width of the chart, of the names of classes and of a bar of 100 %.
const WIDTH: usize = 640;
const NAMES: usize = 150;
const FULL: usize = 400;
/// Height of a bar.
const BAR: usize = 15;

/// Draws horizontal bars from 0 to 100 %, each with its value. With several systems, the bars of a class are below each
/// other in the order of the legend, and have its letters.
///
/// # Errors
/// [`ChartError::Empty`] if no bar has a value.
pub fn bar_chart(title: &str, classes: &[&str], systems: &[Bars]) -> Result<String, ChartError> {
    let defined = |bars: &Bars| bars.shares.iter().flatten().any(|share| share.is_finite());
    if classes.is_empty() || !systems.iter().any(defined) {
        return Err(ChartError::Empty { title: title.to_owned() });
    }
    let legend = if systems.len() > 1 { 20 * systems.len() } else { 0 };
    let (top, group) = (44 + legend, systems.len() * BAR + 7);
    let height = top + classes.len() * group + 28;
    let mut svg = start(title, [WIDTH, height]);
    svg += &text([WIDTH / 2, 26], 18, "middle", title);
    let letter = |place: usize| match systems.len() {
        1 => String::new(),
        _ => format!("{} ", char::from(b'A' + (place % 26) as u8)),
    };
    for (place, bars) in systems.iter().enumerate().filter(|_| legend > 0) {
        let y = 40 + 20 * place;
        bar(&mut svg, [NAMES, y], 14, bars.color);
        svg += &text([NAMES + 22, y + 12], 14, "start", &format!("{}{}", letter(place), shortened(bars.name, 60)));
    }
    for share in [0, 25, 50, 75, 100] {
        let (x, end) = (NAMES + FULL * share / 100, height - 24);
        let _ = writeln!(
            svg,
            "<line x1=\"{x}\" y1=\"{top}\" x2=\"{x}\" y2=\"{end}\" stroke=\"#000000\" stroke-opacity=\"0.15\"/>"
        );
        svg += &text([x, height - 8], 13, "middle", &format!("{share} %"));
    }
    for (class, name) in classes.iter().enumerate() {
        let y = top + class * group;
        svg += &text([NAMES - 8, y + (group - 7) / 2 + 5], 14, "end", &shortened(name, 20));
        for (place, bars) in systems.iter().enumerate() {
            let share = bars.shares.get(class).copied().flatten().filter(|share| share.is_finite());
            let length = (share.unwrap_or(0.0).clamp(0.0, 1.0) * FULL as f64).round() as usize;
            let y = y + place * BAR;
            bar(&mut svg, [NAMES, y + 1], length, bars.color);
            let value = format!("{}{}", letter(place), segeval::percent(share, 1));
            svg += &text([NAMES + length + 5, y + 12], 12, "start", &value);
        }
    }
    Ok(svg + "</svg>\n")
}

fn bar(svg: &mut String, [x, y]: [usize; 2], length: usize, [red, green, blue]: [u8; 3]) {
    let color = format!("#{red:02X}{green:02X}{blue:02X}");
    let _ = writeln!(svg, "<rect x=\"{x}\" y=\"{y}\" width=\"{length}\" height=\"{}\" fill=\"{color}\"/>", BAR - 2);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::COLORS;
    use crate::chart::tests::texts;

    #[test]
    fn bars_have_names_letters_and_values() {
        let of = |name, shares: &[Option<f64>], color| Bars { name, shares: shares.to_vec(), color };
        let ours = of("ours <b>", &[Some(0.5), None], COLORS[0]);
        let theirs = of("theirs", &[Some(1.0), Some(0.0)], COLORS[1]);
        let svg = bar_chart("IoU & more", &["wall", "</svg>"], &[ours.clone(), theirs]).unwrap();
        let found = texts(&svg);
        for expected in ["IoU &amp; more", "A ours &lt;b&gt;", "&lt;/svg&gt;", "A 50.0", "A -", "B 100.0", "B 0.0"] {
            assert!(found.iter().any(|text| text == expected), "{expected} is not among {found:?}");
        }
        assert!(svg.contains("width=\"200\" height=\"13\" fill=\"#0072B2\""), "{svg}");
        let alone = bar_chart("IoU", &["wall", "floor"], &[ours]).unwrap();
        assert!(texts(&alone).contains(&"50.0".to_owned()) && !alone.contains("ours"));
        assert!(bar_chart("IoU", &["wall"], &[of("a", &[None], COLORS[0])]).is_err());
        assert!(bar_chart("IoU", &[], &[]).unwrap_err().to_string().contains("has no points"));
    }
}
