//! Line charts.

use super::{ChartError, shortened, titled};
use plotters::coord::Shift;
use plotters::element::{Circle, Cross, PathElement, TriangleMarker};
use plotters::prelude::{
    BLACK, ChartBuilder, Color, DrawingArea, IntoDrawingArea, IntoFont, LineSeries, RGBColor, SVGBackend, Text, WHITE,
};

/// Width and height of a chart.
const SIZE: (u32, u32) = (960, 480);
/// Height of a row of the legend.
const ROW: i32 = 22;
/// Width of a character, to tell how wide the legend is; generous, since the reader's font is not known.
const CHARACTER: usize = 8;
/// Most characters of a name in the legend; of longer ones the end is left out.
const LONGEST: usize = 40;
/// Most marks on a line.
const MOST_MARKS: usize = 12;

/// A line of a chart.
#[derive(Debug, Clone)]
pub struct Series<'a> {
    /// Name in the legend.
    pub name: &'a str,
    /// Points (x, y), by x. The line has a gap where one is not finite.
    pub points: Vec<(f64, f64)>,
    /// Red, green and blue, see [`COLORS`](super::COLORS).
    pub color: [u8; 3],
}

/// Draws a chart with a white background, so that it reads on dark pages too, and a legend beside it. The marks of the
/// first series are circles, of the second triangles, of the third crosses, and so on, so colours are not needed to tell
/// neighbours apart. The same input gives the same bytes. The reader's own sans-serif font is used.
///
/// # Errors
/// [`ChartError::Empty`] if no series has a finite point.
pub fn line_chart(title: &str, x_label: &str, y_label: &str, series: &[Series]) -> Result<String, ChartError> {
    let finite = || series.iter().flat_map(|series| &series.points).filter(|point| is_finite(point));
    if finite().next().is_none() {
        return Err(ChartError::Empty { title: title.to_owned() });
    }
    let (x, y) = (range(finite().map(|point| point.0)), range(finite().map(|point| point.1)));
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        draw(&root, [title, x_label, y_label], series, x, y)
            .map_err(|error| ChartError::Draw { title: title.to_owned(), reason: error.to_string() })?;
    }
    // plotters gives no title that programs for the blind read
    Ok(titled(&svg, title))
}

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type DrawResult = Result<(), Box<dyn std::error::Error>>;

fn draw(
    root: &Area,
    [title, x_label, y_label]: [&str; 3],
    series: &[Series],
    x: (f64, f64),
    y: (f64, f64),
) -> DrawResult {
    root.fill(&WHITE)?;
    let names: Vec<String> = series.iter().map(|series| shortened(series.name, LONGEST)).collect();
    let widest = names.iter().map(|name| name.chars().count()).max().unwrap_or(0);
    let (plot, legend) = root.split_horizontally(SIZE.0 as i32 - (60 + widest * CHARACTER) as i32);
    let mut chart = ChartBuilder::on(&plot)
        .margin(12)
        .caption(title, ("sans-serif", 20).into_font())
        .x_label_area_size(46)
        .y_label_area_size(64)
        .build_cartesian_2d(x.0..x.1, y.0..y.1)?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .bold_line_style(BLACK.mix(0.15))
        .x_desc(x_label)
        .y_desc(y_label)
        .axis_desc_style(("sans-serif", 15))
        .x_label_formatter(&|x| plain(*x))
        .y_label_formatter(&|y| plain(*y))
        .label_style(("sans-serif", 13))
        .draw()?;
    for (place, series) in series.iter().enumerate() {
        let color = color(series);
        for part in series.points.split(|point| !is_finite(point)) {
            chart.draw_series(LineSeries::new(part.iter().copied(), color.stroke_width(2)))?;
        }
        let finite = series.points.iter().filter(|point| is_finite(point));
        for point in finite.step_by(series.points.len().div_ceil(MOST_MARKS).max(1)) {
            mark(root, place, chart.backend_coord(point), color)?;
        }
    }
    for (place, (series, name)) in series.iter().zip(&names).enumerate() {
        let (color, y) = (color(series), 60 + place as i32 * ROW);
        legend.draw(&PathElement::new(vec![(4, y), (32, y)], color.stroke_width(2)))?;
        mark(&legend, place, (18, y), color)?;
        legend.draw(&Text::new(name.as_str(), (40, y - 8), ("sans-serif", 14).into_font()))?;
    }
    Ok(root.present()?)
}

/// Draws the mark of a series at a pixel of an area.
fn mark(area: &Area, place: usize, at: (i32, i32), color: RGBColor) -> DrawResult {
    match place % 3 {
        0 => area.draw(&Circle::new(at, 4, color.filled()))?,
        1 => area.draw(&TriangleMarker::new(at, 5, color.filled()))?,
        _ => area.draw(&Cross::new(at, 4, color.stroke_width(2)))?,
    }
    Ok(())
}

fn color(series: &Series) -> RGBColor {
    let [red, green, blue] = series.color;
    RGBColor(red, green, blue)
}

fn is_finite(point: &(f64, f64)) -> bool {
    point.0.is_finite() && point.1.is_finite()
}

/// A number without the zeros and the errors of rounding at its end.
fn plain(value: f64) -> String {
    let digits = format!("{value:.6}");
    let short = digits.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" { "0".to_owned() } else { short.to_owned() }
}

/// The values' range with some space around it, also where all are the same.
fn range(values: impl Iterator<Item = f64>) -> (f64, f64) {
    let (low, high) = values.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    let space = if high > low { (high - low) * 0.05 } else { low.abs().max(1.0) * 0.05 };
    (low - space, high + space)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::chart::COLORS;
    use crate::chart::tests::texts;

    fn series(names: &[&'static str]) -> Vec<Series<'static>> {
        let points = |slope: usize| (0..20).map(|x| (x as f64, (x * slope % 7) as f64)).collect();
        let of =
            |(place, name): (usize, &&'static str)| Series { name, points: points(place + 1), color: COLORS[place] };
        names.iter().enumerate().map(of).collect()
    }

    #[test]
    fn a_chart_is_well_formed_and_names_its_series() {
        let svg =
            line_chart("loss & <more>", "epoch", "loss \"a\"", &series(&["ours <b>", "theirs & co", "third"])).unwrap();
        assert!(svg.starts_with("<svg ") && svg.contains("xmlns=\"http://www.w3.org/2000/svg\""));
        let texts = texts(&svg);
        for expected in ["ours &lt;b&gt;", "theirs &amp; co", "third", "epoch"] {
            assert!(texts.iter().any(|text| text == expected), "{expected} is not among {texts:?}");
        }
        assert_eq!(texts.iter().filter(|text| *text == "loss &amp; &lt;more&gt;").count(), 2, "{texts:?}");
        for color in ["#0072B2", "#D55E00", "#000000"] {
            assert!(svg.contains(color), "{color}");
        }
        assert_eq!(
            svg,
            line_chart("loss & <more>", "epoch", "loss \"a\"", &series(&["ours <b>", "theirs & co", "third"])).unwrap()
        );
    }

    #[test]
    fn gaps_single_points_and_equal_values_are_drawn() {
        let gap = vec![(0.0, 1.0), (1.0, f64::NAN), (2.0, 1.0), (f64::INFINITY, 1.0)];
        let svg = line_chart("flat", "x", "y", &[Series { name: "a", points: gap, color: COLORS[0] }]).unwrap();
        texts(&svg);
        assert!(!svg.contains("NaN") && !svg.contains("inf"));
        let none = [Series { name: "a", points: vec![(f64::NAN, 0.0)], color: COLORS[0] }];
        assert!(line_chart("none", "x", "y", &none).unwrap_err().to_string().contains("has no points"));
        assert!(line_chart("none", "x", "y", &[]).is_err());
        let long = "x".repeat(60);
        let svg = line_chart("long", "x", "y", &[Series { name: &long, points: vec![(0.0, 0.0)], color: COLORS[0] }])
            .unwrap();
        assert!(texts(&svg).contains(&format!("{}…", "x".repeat(39))));
    }
}
