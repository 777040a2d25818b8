//! `scanseg weights`.

use super::{check_output, open_run};
use crate::args::{ExportArgs, ImportArgs, LayoutName, PackArgs, WeightsCommand};
use crate::terminal::say;
use scanseg::{Config, WeightsLayout, export_weights, import_weights, pack};

pub fn run(command: &WeightsCommand) -> anyhow::Result<bool> {
    match command {
        WeightsCommand::Export(args) => export(args),
        WeightsCommand::Import(args) => import(args),
        WeightsCommand::Pack(args) => pack_run(args),
    }
}

fn export(args: &ExportArgs) -> anyhow::Result<bool> {
    let (_, checkpoint) = open_run(&args.run, args.checkpoint)?;
    let layout = args.layout.map(|name| match name {
        LayoutName::Scanseg => WeightsLayout::Scanseg,
        LayoutName::Pytorch => WeightsLayout::Pytorch,
    });
    check_output(&args.out, &[checkpoint.path()])?;
    let tensors = export_weights(&checkpoint, layout, &args.out)?;
    let hash = &checkpoint.hash[..12];
    say(format_args!("{tensors} tensors of checkpoint {hash} written: {}", args.out.display()));
    Ok(true)
}

fn import(args: &ImportArgs) -> anyhow::Result<bool> {
    let config = Config::read(&args.config, &args.overrides)?;
    import_weights(&args.file, &config, &args.out)?;
    say(format_args!("weights of {} imported: {}", args.file.display(), args.out.display()));
    Ok(true)
}

fn pack_run(args: &PackArgs) -> anyhow::Result<bool> {
    let (run, checkpoint) = open_run(&args.run, args.checkpoint)?;
    pack(&run, &checkpoint, &args.out)?;
    say(format_args!("checkpoint {} packed: {}", &checkpoint.hash[..12], args.out.display()));
    Ok(true)
}
