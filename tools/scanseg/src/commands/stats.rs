//! `scanseg stats`.

use super::{label_set, open_store};
use crate::args::StatsArgs;
use crate::terminal::{bar, say, say_table};
use scannet::{Split, SplitStats, count, split_stats};
use segeval::{Align, Table, percent};
use std::path::Path;

pub fn run(args: &StatsArgs) -> anyhow::Result<bool> {
    let store = open_store(&args.data)?;
    args.json.check(&args.labels.iter().map(Path::new).collect::<Vec<_>>())?;
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
    let bar = bar(splits.iter().map(|&split| store.scenes(split).len() as u64).sum(), "counting");
    let of = |&split: &Split| split_stats(&store, split, &labels, &|| bar.inc(1));
    let stats = splits.iter().map(of).collect::<Result<Vec<_>, _>>()?;
    bar.finish_and_clear();
    let without = |split: &SplitStats| split.scenes.iter().filter(|scene| scene.classes.is_none()).count();
    let labelled: Vec<&SplitStats> = stats.iter().filter(|split| without(split) < split.scenes.len()).collect();
    let mut table = Table::new(format!("points by class of {}", labels.name())).column("class", Align::Left);
    for split in &labelled {
        table = table.column(split.split.name(), Align::Right).column("share", Align::Right);
    }
    let classes = labels.classes().iter().map(|class| class.name.as_str()).enumerate();
    let classes = classes.map(|(index, name)| (Some(index), name));
    for (index, name) in classes.chain([(None, "no class")]) {
        let mut row = vec![name.to_owned()];
        for split in &labelled {
            let count = index.map_or(split.ignored, |index| split.classes[index]);
            let labelled = split.ignored + split.classes.iter().sum::<u64>();
            row.extend([count.to_string(), percent((labelled > 0).then(|| count as f64 / labelled as f64), 1)]);
        }
        table.push(row);
    }
    for split in &stats {
        let [fewest, most] = split.points_range;
        say(format_args!(
            "{}: {}, {} points ({fewest} to {most} a scene)",
            split.split,
            count(split.scenes.len(), "scene|scenes"),
            split.points
        ));
    }
    for failed in store.manifest().map_or(&[][..], |m| &m.failed) {
        say(format_args!("{} of {} could not be prepared, so the store lacks it", failed.id, failed.split));
    }
    let (all, without) = stats.iter().fold((0, 0), |(a, w), split| (a + split.scenes.len(), w + without(split)));
    let scenes = || stats.iter().flat_map(|split| split.scenes.iter().map(move |scene| (split.split, scene)));
    if without > 0 {
        // of those that lack them: scans of a test split may have none at all
        let has = |array: &str| {
            scenes().any(|(split, scene)| scene.classes.is_none() && store.has_array(split, &scene.id, array))
        };
        let remedy = match labels.segment() {
            "segment40" if has("segment20") => "; preprocess --nyu40 --force writes it",
            wanted if wanted != "segment" && has("segment") => {
                "; there is a segment.npy, whose classes --labels can describe"
            }
            _ => "",
        };
        say(format_args!(
            "{without} of {} no {}.npy{remedy}",
            count(all, if without == 1 { "scene has|scenes has" } else { "scene has|scenes have" }),
            labels.segment()
        ));
    }
    if without < all {
        say_table(&table);
    }
    args.json.write(&stats)?;
    // labels that were asked for and that no scene has are an error
    Ok(without < all || args.labels.is_none())
}
