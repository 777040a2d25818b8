//! `scanseg stats`.

use crate::args::StatsArgs;
use crate::terminal::say;
use scannet::{LabelSpace, PreparedStore, Split, split_stats};
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
    let stats = splits.iter().map(|&s| split_stats(&store, s)).collect::<Result<Vec<_>, _>>()?;
    let mut table = Table::new("points by class").column("class", Align::Left);
    for split in &splits {
        table = table.column(split.name(), Align::Right).column("share", Align::Right);
    }
    for class in LabelSpace::Scannet20.classes() {
        let mut row = vec![LabelSpace::Scannet20.class_name(class).unwrap_or_default().to_owned()];
        for split in &stats {
            let count = split.classes[class as usize];
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
