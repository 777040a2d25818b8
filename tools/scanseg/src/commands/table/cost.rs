//! What the rows of a table cost on this machine.

use super::plan::Planned;
use crate::args::TableArgs;
use crate::terminal::duration;
use anyhow::Context;
use scannet::{PreparedStore, Split};
use scanseg::table::row;
use segeval::{Align, Table};
use serde::{Deserialize, Serialize};
use std::process::{Command, Stdio};

/// Steps that the cost of a row is measured with.
const STEPS: u64 = 5;

/// Batches of tiles that labelling is measured with.
const BATCHES: usize = 2;

/// What a row costs.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cost {
    pub row: String,
    /// SHA-256 of the configuration.
    config: String,
    program: String,
    pub device: String,
    pub threads: usize,
    /// Seconds of a training step, with the pipeline that makes its batches.
    pub step: f64,
    /// Crops in a step.
    pub batch: usize,
    /// Seconds to label every vertex of the first validation scene.
    pub label: f64,
    /// Peak memory of training, in bytes.
    pub memory: Option<u64>,
}

impl Cost {
    /// Whether two were measured for the same.
    fn same_subject(&self, other: &Cost) -> bool {
        let subject = |cost: &Cost| {
            let Cost { row, config, program, device, threads, batch, .. } = cost.clone();
            (row, config, program, device, threads, batch)
        };
        subject(self) == subject(other) && [self.step, self.label].iter().all(|time| time.is_finite() && *time > 0.0)
    }

    /// The cost of a training, from its file in the folder or measured by the program as a process of its own, whose
    /// memory is that of this row alone.
    pub fn of(planned: &Planned, args: &TableArgs, store: &PreparedStore) -> anyhow::Result<Cost> {
        let blank = Cost {
            row: planned.row.id.to_owned(),
            config: scannet::sha256_hex(planned.config.to_toml().as_bytes()),
            program: format!("scanseg {}", env!("CARGO_PKG_VERSION")),
            device: args.device.to_string(),
            threads: rayon::current_num_threads(),
            step: 0.0,
            batch: planned.config.train.batch,
            label: 0.0,
            memory: None,
        };
        let folder = args.out.join("cost");
        let file = folder.join(format!("{}.json", planned.name));
        let known = std::fs::read(&file).ok().and_then(|bytes| serde_json::from_slice::<Cost>(&bytes).ok());
        if let Some(known) = known.filter(|known| known.same_subject(&blank)) {
            return Ok(known);
        }
        scannet::atomic::create_dir_all(&folder)?;
        planned.write_config()?;
        // some batches of tiles are enough to know the time of a point
        let scene = BATCHES * planned.config.evaluate.batch * planned.config.crop.points;
        // in the system's folder for such files: a kill leaves none in the table's
        let figures = tempfile::NamedTempFile::new()?;
        let bench = Command::new(std::env::current_exe()?)
            .arg("bench")
            .arg(&planned.file)
            .arg("--data")
            .arg(&args.data)
            .args(["--steps", &STEPS.to_string(), "--device", &blank.device, "--json"])
            .arg(figures.path())
            .args(["--scene", &scene.to_string(), "--threads", &blank.threads.to_string()])
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .output()
            .context("cannot start the measurement")?;
        let complaint = String::from_utf8_lossy(&bench.stderr);
        anyhow::ensure!(bench.status.success(), "{}", complaint.trim().trim_start_matches("error: "));
        let figures: serde_json::Value = serde_json::from_slice(&std::fs::read(figures.path())?)?;
        let parts = figures["parts"].as_array().map(Vec::as_slice).unwrap_or_default();
        let label = parts.iter().find(|part| part["part"] == scanseg::LABELLING);
        let per_point = label.and_then(|part| part["rate"].as_f64()).map_or(f64::NAN, f64::recip);
        let points = scanseg::points_of_first_scene(&planned.config, store, Split::Val)?;
        let cost = Cost {
            step: figures["pipelined_ms"].as_f64().or(figures["median_ms"].as_f64()).unwrap_or(f64::NAN) / 1e3,
            label: per_point * points as f64,
            memory: figures["pipelined_peak_memory_bytes"].as_u64(),
            ..blank
        };
        scannet::atomic::write_bytes(&file, (serde_json::to_string_pretty(&cost)? + "\n").as_bytes())?;
        Ok(cost)
    }
}

/// The costs as a table. They are a file of their own, since they are not the same twice.
pub fn cost_table<'a>(costs: impl IntoIterator<Item = &'a Cost>) -> Table {
    let mut table = Table::new("")
        .column("model", Align::Left)
        .column("device", Align::Left)
        .column("threads", Align::Right)
        .column("a training step", Align::Right)
        .column("crops/s", Align::Right)
        .column("peak memory", Align::Right)
        .column("labelling a scene", Align::Right);
    for cost in costs {
        table.push([
            row(&cost.row).map_or(cost.row.clone(), |row| row.title.to_owned()),
            cost.device.clone(),
            cost.threads.to_string(),
            format!("{:.0} ms", 1e3 * cost.step),
            format!("{:.1}", cost.batch as f64 / cost.step),
            cost.memory.map_or("-".to_owned(), |bytes| format!("{:.0} MB", bytes as f64 / 1e6)),
            duration(cost.label),
        ]);
    }
    table.note(format!(
        "Means of {STEPS} steps with the batches that they wait for, measured by a process of their own before the trainings. \
         Labelling: every vertex of the first validation scene, by the time that a point takes."
    ));
    table
}
