//! `scanseg stats`.

use crate::args::StatsArgs;
use crate::terminal::say;
use labelset::LabelSet;
use scannet::{PreparedStore, Split, split_stats};
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
    let labels = label_set(args.labels.as_deref().unwrap_or("scannet20"))?;
    let stats = splits.iter().map(|&s| split_stats(&store, s, &labels)).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new(format!("points by class of {}", labels.name())).column("class", Align::Left);
    for split in &splits {
        table = table.column(split.name(), Align::Right).column("share", Align::Right);
    }
    for (index, class) in labels.classes().iter().enumerate() {
        let mut row = vec![class.name.clone()];
        for split in &stats {
            let count = split.classes[index];
            row.extend([count.to_string(), percent(Some(count as f64 / split.points.max(1) as f64), 1)]);
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
    say(table.to_text());
    if let Some(path) = &args.json {
        scannet::atomic::write_bytes(path, (serde_json::to_string_pretty(&stats)? + "\n").as_bytes())?;
    }
    Ok(true)
}

/// A label set by the name of a built-in one or the path of a file.
fn label_set(source: &str) -> anyhow::Result<LabelSet> {
    let labels = scanseg::config::Labels::try_from(source.to_owned()).map_err(anyhow::Error::msg)?;
    Ok((*labels).clone())
}
