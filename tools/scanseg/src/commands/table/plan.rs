//! The trainings of a table.

use crate::args::TableArgs;
use crate::commands::quoted;
use anyhow::Context;
use scannet::PreparedStore;
use scanseg::table::{PROTOCOLS, Row};
use scanseg::{Checkpoint, Config, Override, Run};
use std::path::{Path, PathBuf};

/// A training of the table.
pub struct Planned {
    pub row: &'static Row,
    pub seed: u64,
    /// Row and recipe.
    pub name: String,
    pub config: Config,
    /// Its configuration as a file, which the commands name.
    pub file: PathBuf,
    pub dir: PathBuf,
}

/// Keys that are the table's own.
const OWN: [(&str, &str); 3] = [
    ("seed", "the table's runs have the seeds 1, 2, …: choose how many with --seeds"),
    ("name", "rows have names of their own"),
    ("recipe", "choose the recipe with --recipe"),
];

/// All trainings, of the first seed first. Checks all configurations, and that runs which are there already have them.
pub fn plan(args: &TableArgs, rows: &[&'static Row]) -> anyhow::Result<Vec<Planned>> {
    for change in &args.overrides {
        let key = change.change.key().join(".");
        if let Some((key, remedy)) = OWN.iter().find(|(own, _)| *own == key) {
            anyhow::bail!("--set {key}: {remedy}");
        }
        if let Some(id) = change.row.filter(|id| rows.iter().all(|row| row.id != *id)) {
            anyhow::bail!("--set {id}:{key}: the row {id} is not among --rows");
        }
    }
    let mut plan = Vec::new();
    for seed in 1..=args.seeds {
        for row in rows {
            let planned = planned(args, row, seed)?;
            if planned.dir.exists() && planned.file.exists() {
                let found = scannet::source::read_text(&planned.file, scannet::source::TEXT)
                    .with_context(|| format!("cannot read {}", planned.file.display()))?;
                anyhow::ensure!(
                    found == planned.config.to_toml(),
                    "the folder has runs of other settings; repeat the command with theirs, or choose another --out: {}",
                    planned.file.display()
                );
            }
            plan.push(planned);
        }
    }
    Ok(plan)
}

fn planned(args: &TableArgs, row: &'static Row, seed: u64) -> anyhow::Result<Planned> {
    // the last checkpoint is scored, so that none is chosen by the scenes that score it
    let mut overrides: Vec<Override> = vec![format!("seed={seed}").parse()?, "train.evaluate_every=0".parse()?];
    if row.takes_recipe {
        overrides.push(format!("recipe={}", args.recipe).parse()?);
    }
    let own = args.overrides.iter().filter(|change| change.row.is_none_or(|id| id == row.id));
    overrides.extend(own.map(|own| own.change.clone()));
    let config = Config::parse(row.experiment, Path::new(row.id), &overrides)?;
    // of a recipe that is a file, its name without folder and extension
    let recipe = Path::new(&args.recipe).file_stem().unwrap_or_default().to_string_lossy();
    let name = if row.takes_recipe { format!("{}-{recipe}", row.id) } else { row.id.to_owned() };
    let file = args.out.join("configs").join(format!("{name}-{seed}.toml"));
    let dir = args.out.join("runs").join(format!("{name}-{seed}"));
    Ok(Planned { row, seed, name, config, file, dir })
}

impl Planned {
    /// Writes its configuration.
    pub fn write_config(&self) -> anyhow::Result<()> {
        if let Some(folder) = self.file.parent() {
            scannet::atomic::create_dir_all(folder)?;
        }
        Ok(scannet::atomic::write_bytes(&self.file, self.config.to_toml().as_bytes())?)
    }

    /// Its last checkpoint, if there is one.
    pub fn checkpoint(&self) -> anyhow::Result<Option<Checkpoint>> {
        let last = self.dir.join("last.safetensors");
        if last.exists() { Ok(Some(Checkpoint::read(&last)?)) } else { Ok(None) }
    }

    /// The file in which `evaluate` keeps the scores of the last checkpoint.
    pub fn scores_file(&self, protocol: &str) -> PathBuf {
        self.dir.join(format!("evaluation-val-{protocol}-last.json"))
    }

    /// Its run, if that has this configuration and these data.
    pub fn run(&self, store: &PreparedStore) -> anyhow::Result<Run> {
        let run = Run::open(&self.dir)?;
        run.check_same(&self.config, store)?;
        Ok(run)
    }

    /// The commands that make its run and its scores again.
    pub fn commands(&self, data: &Path) -> Vec<String> {
        let [file, data, run] = [&self.file, data, &self.dir].map(quoted);
        let train = format!("scanseg train {file} --data {data} --out {run}");
        let evaluate =
            |protocol: &str| format!("scanseg evaluate {run} --checkpoint last --data {data} --protocol {protocol}");
        std::iter::once(train).chain(PROTOCOLS.iter().map(|protocol| evaluate(protocol.id()))).collect()
    }
}
