//! `scanseg bench`.

use crate::args::BenchArgs;
use crate::terminal::say;
use scanseg::{BenchOptions, BenchReport, Config, MachinePeaks, Phases};
use segeval::{Align, Table};
use serde_json::json;
use std::time::Duration;

/// Operations shown; the rest are summed up.
const SHOWN: usize = 24;

pub fn run(args: &BenchArgs) -> anyhow::Result<bool> {
    let config = Config::read(&args.config, &args.overrides)?;
    let report = scanseg::bench(&BenchOptions {
        config: &config,
        data: &args.data,
        steps: args.steps.get(),
        export: args.export.as_deref(),
    })?;
    let peaks = MachinePeaks::measure();
    let step = report.median();
    let crops = config.train.batch;
    let median = |part: fn(&Phases) -> Duration| median(report.bare.iter().map(part).collect());
    let phases = [median(|p| p.forward), median(|p| p.backward), median(|p| p.update)];
    let each = report.pipelined / report.bare.len() as u32;

    say(operations(&report, step, &peaks).to_text());
    say(format_args!("{}, {crops} crops of {} points a step", config.name, config.crop.points));
    say(format_args!(
        "bare step      {:8.1} ms (forward {:.1}, backward {:.1}, update {:.1}), {:.1} crops/s",
        ms(step),
        ms(phases[0]),
        ms(phases[1]),
        ms(phases[2]),
        crops as f64 / step.as_secs_f64()
    ));
    say(format_args!(
        "with pipeline  {:8.1} ms, {:.1} % of the bare step's throughput; {:.1} % of the time spent waiting for batches",
        ms(each),
        100.0 * step.as_secs_f64() / each.as_secs_f64(),
        100.0 * report.waited.as_secs_f64() / report.pipelined.as_secs_f64()
    ));
    say(format_args!("a batch        {:8.1} ms to make, with nothing beside it", ms(report.making)));
    if let [Some(bare), Some(pipelined)] = report.peak_memory {
        let [bare, pipelined] = [bare, pipelined].map(|bytes| bytes as f64 / 1e6);
        say(format_args!("peak memory    {bare:8.0} MB, {pipelined:.0} MB with the pipeline"));
    }
    say(format_args!("machine        {:8.1} GFLOP/s, {:.1} GB/s", peaks.flops / 1e9, peaks.bandwidth / 1e9));
    if let Some(path) = &args.json {
        let rows: Vec<_> = report
            .operations
            .iter()
            .map(|row| {
                json!({ "name": row.name, "shape": row.shape, "calls": row.calls, "ms": ms(row.time), "flops": row.flops, "bytes": row.bytes })
            })
            .collect();
        let value = json!({
            "config": config.name,
            "parameters": report.parameters,
            "batch": crops,
            "points": config.crop.points,
            "threads": rayon::current_num_threads(),
            "first_loss": report.first_loss,
            "step_ms": report.bare.iter().map(|p| ms(p.total())).collect::<Vec<_>>(),
            "median_ms": ms(step),
            "forward_ms": ms(phases[0]),
            "backward_ms": ms(phases[1]),
            "update_ms": ms(phases[2]),
            "batch_ms": ms(report.making),
            "pipelined_ms": ms(each),
            "waited_share": report.waited.as_secs_f64() / report.pipelined.as_secs_f64(),
            "peak_memory_bytes": report.peak_memory[0],
            "pipelined_peak_memory_bytes": report.peak_memory[1],
            "peak_flops": peaks.flops,
            "peak_bandwidth": peaks.bandwidth,
            "operations": rows,
        });
        scannet::atomic::write_bytes(path, serde_json::to_string_pretty(&value)?.as_bytes())?;
    }
    Ok(true)
}

/// The operations of a step beside what the machine could do.
fn operations(report: &BenchReport, step: Duration, peaks: &MachinePeaks) -> Table {
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
        "outside them".to_owned(),
        String::new(),
        String::new(),
        format!("{:.2}", ms(step.saturating_sub(time))),
    ]);
    table.note("× roofline: time over the least that the machine's peak rate and bandwidth allow.");
    table
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

fn ms(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}
