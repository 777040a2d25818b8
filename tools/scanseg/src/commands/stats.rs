//! `scanseg stats`.

use super::label_set;
use crate::args::StatsArgs;
use crate::terminal::say;
use scannet::{PreparedStore, Split, SplitStats, split_stats};
use segeval::{Align, Table, percent};

pub fn run(args: &StatsArgs) -> anyhow::Result<bool> {
    let store = PreparedStore::open(&args.data)?;
    let splits: Vec<Split> = Split::ALL
        .into_iter()
        .filter(|s| args.split.is_none_or(|wanted| wanted == *s) && !store.scenes(*s).is_empty())
        .collect();
    anyhow::ensure!(
        !splits.is_empty(),
        "the store has no scenes of that split; choose another one: {}",
        args.data.display()
    );
    let labels = label_set(args.labels.as_deref(), &store)?;
    let stats = splits.iter().map(|&s| split_stats(&store, s, &labels)).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new(format!("points by class of {}", labels.name())).column("class", Align::Left);
    for split in &splits {
        table = table.column(split.name(), Align::Right).column("share", Align::Right);
    }
    for (index, class) in labels.classes().iter().enumerate() {
        let mut row = vec![class.name.clone()];
        for split in &stats {
            let count = split.classes[index];
            let labelled = split.ignored + split.classes.iter().sum::<u64>();
            row.extend([count.to_string(), percent((labelled > 0).then(|| count as f64 / labelled as f64), 1)]);
        }
        table.push(row);
    }
    for split in &stats {
        let [fewest, most] = split.points_range;
        say(format_args!(
            "{}: {} scenes, {} points ({fewest} to {most} a scene)",
            split.split,
            split.scenes.len(),
            split.points
        ));
    }
    let without = |split: &SplitStats| split.scenes.iter().filter(|scene| scene.classes.is_none()).count();
    let (all, without) = stats.iter().fold((0, 0), |(a, w), split| (a + split.scenes.len(), w + without(split)));
    if without > 0 {
        let remedy = if labels.segment() == "segment40" { "; preprocess --nyu40 writes it" } else { "" };
        say(format_args!("{without} of {all} scenes have no {}.npy{remedy}", labels.segment()));
    }
    if without < all {
        say(table.to_text());
    }
    if let Some(path) = &args.json {
        scannet::atomic::write_bytes(path, (serde_json::to_string_pretty(&stats)? + "\n").as_bytes())?;
    }
    Ok(true)
}
