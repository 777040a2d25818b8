//! The `scanseg` command.
//!
//! Exit codes: 0 all went well; 1 something failed, or a check found errors; 2 the command line is not valid.

mod args;
mod commands;
mod live;
mod terminal;

use anyhow::Context;
use clap::FromArgMatches;
use std::process::ExitCode;

// A training step allocates and frees the same large buffers again and again. The system's allocator returns them to
// the kernel each time, which costs a third of the step.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Keeps freed memory for the next step instead of returning it to the kernel and faulting it in again page by page,
/// which costs a tenth of a step. 15 is `mi_option_purge_delay`; −1 means never.
fn keep_memory() {
    // SAFETY: any option may be set at any time; an unknown number is ignored.
    unsafe { libmimalloc_sys::mi_option_set(15, -1) };
}

fn main() -> ExitCode {
    keep_memory();
    let args = args::Args::from_arg_matches(&args::command().get_matches()).unwrap_or_else(|error| error.exit());
    match run(args) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            terminal::complain(format_args!("error: {}", terminal::causes(&error)));
            ExitCode::FAILURE
        }
    }
}

/// Runs a command; `false` if it finished but found errors on the way.
fn run(args: args::Args) -> anyhow::Result<bool> {
    if let Some(threads) = args.threads {
        rayon::ThreadPoolBuilder::new().num_threads(threads.get()).build_global().context("starting the threads")?;
    }
    if args.quiet {
        terminal::be_quiet();
    }
    match args.command {
        args::Command::Rooms(args) => commands::rooms::run(&args),
        args::Command::Verify(args) => commands::verify::run(&args),
        args::Command::Preprocess(args) => commands::preprocess::run(&args),
        args::Command::Merge(args) => commands::merge::run(&args),
        args::Command::Stats(args) => commands::stats::run(&args),
        args::Command::Summary(args) => commands::summary::run(&args),
        args::Command::Train(args) => commands::train::run(&args),
        args::Command::Table(args) => commands::table::run(&args),
        args::Command::Bench(args) => commands::bench::run(&args),
        args::Command::Evaluate(args) => commands::evaluate::run(&args),
        args::Command::Report(args) => commands::report::run(&args),
        args::Command::Runs(args) => commands::runs::run(&args),
        args::Command::Predict(args) => commands::predict::run(&args),
        args::Command::View(args) => commands::view::run(&args),
        args::Command::Render(args) => commands::render::run(&args),
        args::Command::ExportBenchmark(args) => commands::benchmark::export(&args),
        args::Command::CheckSubmission(args) => commands::benchmark::check(&args),
        args::Command::Weights(args) => commands::weights::run(&args.command),
        args::Command::Doctor(args) => commands::doctor::run(&args),
        args::Command::Demo(args) => commands::demo::run(&args),
        args::Command::Completions(args) => commands::shell::completions(&args),
        args::Command::Man(args) => commands::shell::man(&args),
    }
}
