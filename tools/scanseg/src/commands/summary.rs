//! `scanseg summary`.

use crate::args::SummaryArgs;
use crate::terminal::{say, say_table};
use scanseg::{Config, DeviceName, Network, PublishedBlocks, open_device};
use segeval::{Align, Table};
use serde_json::json;

pub fn run(args: &SummaryArgs) -> anyhow::Result<bool> {
    args.json.check(&[&args.config])?;
    let mut config = Config::read(&args.config, &args.overrides)?;
    if let Some(points) = args.points {
        config.crop.points = points.get();
        config.validate("--points")?;
    }
    let points = config.crop.points;
    let network = Network::new(&config, &open_device(DeviceName::Cpu)?);
    let summary = network.summary(points);
    let mut table = Table::new(format!("{}, for one crop of {points} points", config.name))
        .column("layer", Align::Left)
        .column("output", Align::Right)
        .column("parameters", Align::Right)
        .column("MACs", Align::Right);
    for row in &summary.rows {
        let [points, channels] = row.output;
        table.push([
            row.name.clone(),
            format!("{points} × {channels}"),
            row.counts.params.to_string(),
            millions(row.counts.macs as f64),
        ]);
    }
    table.push([
        "total".to_owned(),
        String::new(),
        summary.total.params.to_string(),
        millions(summary.total.macs as f64),
    ]);
    table.note(
        "Parameters are learned values. MACs: multiply-accumulates of matrix products in the classical formulation, in \
         which every layer sees every member of every group; the program computes less.",
    );
    say_table(&table);
    let (params, macs) = summary.blocks();
    if params > 0 {
        say(format_args!("the blocks add {:.3}M parameters and", params as f64 / 1e6));
        for (kind, macs) in macs.iter().filter(|(_, macs)| *macs > 0) {
            say(format_args!("  {:>8} MACs of {kind}", millions(*macs as f64)));
        }
        if let Some(blocks) = config.model.published_blocks() {
            say("");
            say_table(&beside_published(blocks, params, &macs));
        }
    }
    args.json.write(
        &json!({ "experiment": config.name, "points": points, "layers": summary.rows, "total": summary.total }),
    )?;
    Ok(true)
}

/// The counts of published blocks beside the published figures. Nothing is known about how FLOPs were counted, so there
/// is a row for each way.
fn beside_published(blocks: PublishedBlocks, params: usize, macs: &[(&str, u64)]) -> Table {
    let [flops, published_params] = blocks.published();
    let mut table = Table::new(format!("{}, beside the published figures, in millions", blocks.name()))
        .column("count", Align::Left)
        .column("here", Align::Right)
        .column("published", Align::Right)
        .column("difference", Align::Right);
    let difference = |here: f64, published: f64| format!("{:+.0} %", 100.0 * (here / published - 1.0));
    let here = params as f64 / 1e6;
    table.push([
        "parameters".into(),
        format!("{here:.3}"),
        format!("{published_params:.2}"),
        difference(here, published_params),
    ]);
    let macs: Vec<u64> = macs.iter().map(|(_, macs)| *macs).filter(|macs| *macs > 0).collect();
    let products: &[&str] = match macs.len() {
        3 => &["projections alone", "projections and products with latent nodes", "all products"],
        _ => &["projections alone", "all products"],
    };
    let (mut sum, mut nearest) = (0, (f64::INFINITY, String::new()));
    for (products, macs) in products.iter().zip(macs) {
        sum += macs;
        for (unit, size) in [("10⁶", 1e6), ("2²⁰", (1 << 20) as f64)] {
            let (name, here) = (format!("MACs of {products}, in {unit}"), sum as f64 / size);
            let distance = (here / flops - 1.0).abs();
            if distance < nearest.0 {
                nearest = (distance, name.clone());
            }
            table.push([name, format!("{here:.1}"), format!("{flops:.0} (FLOPs)"), difference(here, flops)]);
        }
    }
    table.note(format!("Nearest to the published FLOPs: {}.", nearest.1));
    table
}

fn millions(count: f64) -> String {
    format!("{:.1}M", count / 1e6)
}
