//! `scanseg summary`.

use crate::args::SummaryArgs;
use crate::terminal::say;
use scanseg::{Config, DeviceName, Network, PublishedBlocks, open_device};
use segeval::{Align, Table};

pub fn run(args: &SummaryArgs) -> anyhow::Result<bool> {
    let config = Config::read(&args.config, &args.overrides)?;
    let points = args.points.map_or(config.crop.points, |n| n.get());
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
    say(table.to_text());
    let (params, macs) = summary.blocks();
    if params > 0 {
        say(format_args!("the blocks add {:.3}M parameters and", params as f64 / 1e6));
        for (kind, macs) in macs.into_iter().filter(|(_, macs)| *macs > 0) {
            say(format_args!("  {:>8} MACs of {kind}", millions(macs as f64)));
        }
        say("published for blocks on single-scale PointNet++ (without their places and sizes; these fit best):");
        let rows = [
            ("non-local block", PublishedBlocks::NonLocal, "projections"),
            ("LatentGNN, 1 kernel", PublishedBlocks::LatentGnn1, "projections and products with latent nodes"),
            ("LatentGNN, 3 kernels", PublishedBlocks::LatentGnn3, "projections and products with latent nodes"),
        ];
        for (name, blocks, counted) in rows {
            let [macs, params] = blocks.published();
            say(format_args!("  {name:<22} +{params:.2}M parameters, +{macs:.0}M FLOPs, which fit MACs of {counted}"));
        }
    }
    Ok(true)
}

fn millions(count: f64) -> String {
    format!("{:.1}M", count / 1e6)
}
