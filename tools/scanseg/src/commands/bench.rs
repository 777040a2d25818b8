//! `scanseg bench`.

use super::check_output;
use crate::args::BenchArgs;
use crate::terminal::{busy, say, say_table};
use scanseg::{BenchOptions, BenchReport, Config, MachinePeaks, Phases, open_device};
use segeval::{Align, Table};
use serde_json::json;
use std::time::Duration;

/// Operations shown; the others are summed up.
const SHOWN: usize = 24;

pub fn run(args: &BenchArgs) -> anyhow::Result<bool> {
    let config = Config::read(&args.config, &args.overrides)?;
    args.json.check(&[&args.config])?;
    if let Some(path) = &args.export {
        check_output(path, &[&args.config])?;
    }
    let sign = busy("measuring");
    let report = scanseg::bench(&BenchOptions {
        config: &config,
        data: args.data.as_deref(),
        device: open_device(args.device)?,
        steps: args.steps,
        scene: args.scene as usize,
        export: args.export.as_deref(),
    })?;
    let peaks = (!report.operations.is_empty()).then(MachinePeaks::measure);
    sign.finish_and_clear();
    if let Some(peaks) = &peaks {
        say_table(&operations(&report, peaks));
    }
    say(format_args!("{}, {} crops of {} points a step", config.name, config.train.batch, config.crop.points));
    for part in &report.parts {
        say(format_args!(
            "{:<24} {:>9.3} ms (shortest {:.3}), {:.3e} {}/s: {}",
            part.part,
            1e3 * part.median,
            1e3 * part.shortest,
            part.rate,
            part.unit,
            part.of
        ));
    }
    let [forward, backward, update] = phases(&report).map(ms);
    say(format_args!("of a step: forward {forward:.1} ms, backward {backward:.1} ms, update {update:.1} ms"));
    if let Some(pipelined) = &report.pipelined {
        let each = pipelined.total.as_secs_f64() / report.steps.len() as f64;
        say(format_args!(
            "with pipeline  {:8.1} ms, {:.1} % of the bare step's throughput; {:.1} % of the time spent waiting for \
             batches",
            1e3 * each,
            100.0 * report.step() / each,
            100.0 * pipelined.waited.as_secs_f64() / pipelined.total.as_secs_f64()
        ));
        say(format_args!("a batch        {:8.1} ms to make while nothing else runs", ms(pipelined.making)));
    }
    if let [Some(bare), Some(pipelined)] = report.peak_memory {
        let [bare, pipelined] = [bare, pipelined].map(|bytes| bytes as f64 / 1e6);
        let pipeline = report.pipelined.map_or(String::new(), |_| format!(", {pipelined:.0} MB with the pipeline"));
        say(format_args!("peak memory    {bare:8.0} MB{pipeline}"));
    }
    if let Some(peaks) = &peaks {
        say(format_args!("machine        {:8.1} GFLOP/s, {:.1} GB/s", peaks.flops / 1e9, peaks.bandwidth / 1e9));
    }
    args.json.write(&figures(&config, &report, peaks.as_ref(), &args.device.to_string()))?;
    Ok(true)
}

/// Median times of forward, backward and update.
fn phases(report: &BenchReport) -> [Duration; 3] {
    let median = |part: fn(&Phases) -> Duration| median(report.steps.iter().map(part).collect());
    [median(|p| p.forward), median(|p| p.backward), median(|p| p.update)]
}

/// Everything as JSON.
fn figures(config: &Config, report: &BenchReport, peaks: Option<&MachinePeaks>, device: &str) -> serde_json::Value {
    let [forward, backward, update] = phases(report).map(ms);
    let operations: Vec<_> = report
        .operations
        .iter()
        .map(|row| {
            json!({
                "name": row.name, "shape": row.shape, "calls": row.calls, "ms": ms(row.time), "flops": row.flops,
                "bytes": row.bytes,
            })
        })
        .collect();
    let pipelined = report.pipelined.as_ref();
    json!({
        "config": config.name,
        "device": device,
        "parameters": report.parameters,
        "batch": config.train.batch,
        "points": config.crop.points,
        "threads": rayon::current_num_threads(),
        "first_loss": report.first_loss,
        "parts": report.parts,
        "step_ms": report.steps.iter().map(|p| ms(p.total())).collect::<Vec<_>>(),
        "median_ms": 1e3 * report.step(),
        "forward_ms": forward,
        "backward_ms": backward,
        "update_ms": update,
        "batch_ms": pipelined.map(|p| ms(p.making)),
        "pipelined_ms": pipelined.map(|p| ms(p.total) / report.steps.len() as f64),
        "waited_share": pipelined.map(|p| p.waited.as_secs_f64() / p.total.as_secs_f64()),
        "peak_memory_bytes": report.peak_memory[0],
        "pipelined_peak_memory_bytes": pipelined.and(report.peak_memory[1]),
        "peak_flops": peaks.map(|peaks| peaks.flops),
        "peak_bandwidth": peaks.map(|peaks| peaks.bandwidth),
        "operations": operations,
    })
}

/// The operations of a step, compared with what the machine could do.
fn operations(report: &BenchReport, peaks: &MachinePeaks) -> Table {
    let mut table = Table::new("the CPU operations of one step")
        .column("operation", Align::Left)
        .column("rows × in × out", Align::Right)
        .column("calls", Align::Right)
        .column("ms", Align::Right)
        .column("GFLOP/s", Align::Right)
        .column("GB/s", Align::Right)
        .column("× roofline", Align::Right);
    let mut push = |name: &str, shape: String, calls: u64, time: Duration, flops: f64, bytes: f64| {
        let seconds = time.as_secs_f64();
        let least = (flops / peaks.flops).max(bytes / peaks.bandwidth);
        table.push([
            name.to_owned(),
            shape,
            calls.to_string(),
            format!("{:.2}", ms(time)),
            format!("{:.1}", flops / seconds / 1e9),
            format!("{:.1}", bytes / seconds / 1e9),
            format!("{:.1}", seconds / least),
        ]);
    };
    for row in report.operations.iter().take(SHOWN) {
        let shape = row.shape.map(|n| n.to_string()).join(" × ");
        push(row.name, shape, row.calls, row.time, row.flops, row.bytes);
    }
    let sum = |rows: &[scanseg::OperationTime]| {
        rows.iter().fold((0, Duration::ZERO, 0.0, 0.0), |(c, t, f, b), row| {
            (c + row.calls, t + row.time, f + row.flops, b + row.bytes)
        })
    };
    if let Some(rest) = report.operations.get(SHOWN..).filter(|rest| !rest.is_empty()) {
        let (calls, time, flops, bytes) = sum(rest);
        push("others", String::new(), calls, time, flops, bytes);
    }
    let (calls, time, flops, bytes) = sum(&report.operations);
    push("all", String::new(), calls, time, flops, bytes);
    table.push([
        "outside operations".to_owned(),
        String::new(),
        String::new(),
        format!("{:.2}", (1e3 * report.step() - ms(time)).max(0.0)),
    ]);
    table.note("× roofline: time divided by the shortest time that the machine's peak rate and bandwidth allow.");
    table
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
