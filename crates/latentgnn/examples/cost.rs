//! Measures one forward pass of both blocks for more and more points: one is linear, the other quadratic.
//!
//! `cargo run --release -p latentgnn --example cost -- docs/latentgnn-cost.svg` prints a table and plots it.

use burn::tensor::{Device, Distribution, Tensor};
use latentgnn::{LatentGnnConfig, NonLocalConfig};
use std::fmt::Write;
use std::time::{Duration, Instant};

const CHANNELS: usize = 128;
/// Most points for the non-local block: at 32k, the affinities of all pairs would take 4 GB.
const MOST_PAIRS: usize = 16 * 1024;

/// The time of the fastest of several runs, which other work on the machine disturbed least.
fn time(points: usize, forward: &dyn Fn(Tensor<3>) -> Tensor<3>) -> Duration {
    let x = Tensor::<3>::random([1, points, CHANNELS], Distribution::Default, &Device::flex());
    let once = || {
        let begin = Instant::now();
        std::hint::black_box(forward(x.clone()).into_data());
        begin.elapsed()
    };
    let first = once();
    (0..if first.as_millis() > 500 { 1 } else { 8 }).map(|_| once()).min().expect("at least one run")
}

fn main() -> std::io::Result<()> {
    let device = Device::flex();
    let latent = LatentGnnConfig::default().with_latent_dims(vec![80, 80, 80]).init(CHANNELS, &device);
    let non_local = NonLocalConfig::default().init(CHANNELS, &device);
    let sizes: Vec<usize> = (10..=16).map(|power| 1 << power).collect();
    let latent: Vec<_> = sizes.iter().map(|&n| (n, time(n, &|x| latent.forward(x)))).collect();
    let pairs = sizes.iter().filter(|&&n| n <= MOST_PAIRS);
    let non_local: Vec<_> = pairs.map(|&n| (n, time(n, &|x| non_local.forward(x)))).collect();
    println!("| points | LatentGNN, 3 kernels, ms | non-local, ms |\n|---|---|---|");
    for (i, (points, time)) in latent.iter().enumerate() {
        let other = non_local.get(i).map_or("-".to_owned(), |(_, time)| format!("{:.1}", ms(*time)));
        println!("| {points} | {:.1} | {other} |", ms(*time));
    }
    match std::env::args().nth(1) {
        Some(path) => std::fs::write(
            path,
            plot(&[("LatentGNN, 3 kernels", "#1f77b4", &latent), ("non-local", "#d62728", &non_local)]),
        ),
        None => Ok(()),
    }
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

/// Name, colour, and numbers of points with their times.
type Line<'a> = (&'a str, &'a str, &'a [(usize, Duration)]);

/// Plots the lines as SVG, with logarithmic axes.
fn plot(lines: &[Line]) -> String {
    let x = |points: f64| 70.0 + (points.log2() - 10.0) / 6.0 * 500.0;
    let y = |ms: f64| 340.0 - (ms.log10() + 1.0) / 5.0 * 300.0;
    let mut svg = String::from(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 640 400\" font-family=\"sans-serif\" font-size=\"13\">\n\
         <rect width=\"640\" height=\"400\" fill=\"white\"/>\n",
    );
    for power in 10..=16 {
        let at = x((1u32 << power) as f64);
        let _ = writeln!(
            svg,
            "<path d=\"M{at:.0} 40V340\" stroke=\"#ddd\"/><text x=\"{at:.0}\" y=\"358\" text-anchor=\"middle\">{}k</text>",
            1 << (power - 10)
        );
    }
    for power in -1..=4 {
        let (at, label) = (y(10f64.powi(power)), 10f64.powi(power));
        let _ = writeln!(
            svg,
            "<path d=\"M70 {at:.0}H570\" stroke=\"#ddd\"/><text x=\"62\" y=\"{:.0}\" text-anchor=\"end\">{label}</text>",
            at + 4.0
        );
    }
    svg.push_str(
        "<text x=\"320\" y=\"384\" text-anchor=\"middle\">points</text>\
         <text x=\"70\" y=\"28\">ms for one forward pass, 128 channels</text>\n",
    );
    for (number, (name, color, values)) in lines.iter().enumerate() {
        let path: Vec<String> = values.iter().map(|(n, t)| format!("{:.1},{:.1}", x(*n as f64), y(ms(*t)))).collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{color}\" stroke-width=\"2\"/>",
            path.join(" ")
        );
        let at = 60 + 20 * number;
        let _ = writeln!(
            svg,
            "<path d=\"M90 {}h24\" stroke=\"{color}\" stroke-width=\"2\"/><text x=\"120\" y=\"{at}\">{name}</text>",
            at - 4
        );
    }
    svg + "</svg>\n"
}
