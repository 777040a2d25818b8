//! `scanseg completions` and `scanseg man`.

use crate::args::{CompletionsArgs, ManArgs, command};
use crate::terminal::{put, say};
use clap::Command;
use std::path::Path;

pub fn completions(args: &CompletionsArgs) -> anyhow::Result<bool> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut command(), "scanseg", &mut script);
    put(&String::from_utf8(script)?);
    Ok(true)
}

pub fn man(args: &ManArgs) -> anyhow::Result<bool> {
    let mut program = command();
    // gives the commands their full names
    program.build();
    let Some(dir) = &args.out else {
        put(&page(&program)?);
        return Ok(true);
    };
    scannet::atomic::create_dir_all(dir)?;
    let mut written = 0;
    write_pages(&program, "scanseg", dir, &mut written)?;
    say(format_args!("{written} pages written: {}", dir.display()));
    Ok(true)
}

/// Writes the page of a command and those of the commands below it.
fn write_pages(command: &Command, name: &str, dir: &Path, written: &mut usize) -> anyhow::Result<()> {
    let path = dir.join(format!("{name}.1"));
    super::check_output(&path, &[])?;
    scannet::atomic::write_bytes(path, page(&command.clone().display_name(name.to_owned()))?.as_bytes())?;
    *written += 1;
    for below in command.get_subcommands().filter(|below| below.get_name() != "help") {
        write_pages(below, &format!("{name}-{}", below.get_name()), dir, written)?;
    }
    Ok(())
}

fn page(command: &Command) -> anyhow::Result<String> {
    let mut page = Vec::new();
    clap_mangen::Man::new(command.clone()).render(&mut page)?;
    Ok(String::from_utf8(page)?)
}
