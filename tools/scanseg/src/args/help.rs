//! Help texts: the commands in groups, and an example for each.

use super::Args;
use clap::CommandFactory;
use clap::builder::StyledStr;
use std::fmt::Write;

/// The groups, with the name and an example of each command.
const GROUPS: [(&str, &[(&str, &str)]); 5] = [
    (
        "Data",
        &[
            ("rooms", "scanseg rooms --out rooms --train 24 --val 6"),
            ("verify", "scanseg verify SCANNET"),
            ("preprocess", "scanseg preprocess SCANNET --out prepared"),
            ("merge", "scanseg merge prepared"),
            ("stats", "scanseg stats prepared --split val"),
        ],
    ),
    (
        "Train",
        &[
            ("summary", "scanseg summary configs/pointnet2-ssg.toml"),
            ("train", "scanseg train configs/pointnet2-ssg.toml --data prepared --out runs/ssg --set train.batch=8"),
            ("table", "scanseg table --data prepared --out table --rows ssg,latentgnn3 --seeds 3"),
        ],
    ),
    (
        "Use",
        &[
            ("evaluate", "scanseg evaluate runs/ssg --data prepared --split val"),
            ("predict", "scanseg predict runs/ssg scan.ply --out labelled.ply"),
            ("view", "scanseg view scan.ply --run runs/ssg --out scan.html"),
            ("render", "scanseg render prepared/val/scene0011_00 --by color,truth --png scan.png"),
            ("report", "scanseg report runs/ssg runs/latentgnn3 --out report.html"),
            ("runs", "scanseg runs runs --sort age"),
            ("export-benchmark", "scanseg export-benchmark runs/ssg --data prepared --out submission"),
            ("weights", "scanseg weights export runs/ssg --out network.pth"),
        ],
    ),
    (
        "Check",
        &[
            ("check-submission", "scanseg check-submission submission --data prepared"),
            ("bench", "scanseg bench configs/pointnet2-ssg.toml --data prepared"),
            ("doctor", "scanseg doctor"),
        ],
    ),
    (
        "Help",
        &[
            ("demo", "scanseg demo --out scanseg-demo"),
            ("completions", "scanseg completions bash > ~/.local/share/bash-completion/completions/scanseg"),
            ("man", "scanseg man --out ~/.local/share/man/man1"),
        ],
    ),
];

/// Examples of commands below `weights`; the others have its own.
const BELOW: &[(&str, &str)] = &[
    ("import", "scanseg weights import network.pth configs/pointnet2-ssg.toml --out runs/imported"),
    ("pack", "scanseg weights pack runs/ssg --out models/ssg"),
];

/// The command line with grouped and explained commands.
pub fn command() -> clap::Command {
    let mut command = Args::command();
    let header = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let mut groups = StyledStr::new();
    for (title, commands) in GROUPS {
        let _ = writeln!(groups, "{header}{title}:{header:#}");
        for (name, example) in commands {
            let about = command.find_subcommand(name).and_then(clap::Command::get_about).cloned().unwrap_or_default();
            let _ = writeln!(groups, "  {literal}{name:<16}{literal:#}  {about}");
            let after = format!("{header}Example:{header:#}\n  {example}");
            command = command.mut_subcommand(name, |command| {
                command
                    .mut_subcommands(|below| {
                        let own = BELOW.iter().find(|(name, _)| *name == below.get_name());
                        let example = own.map_or(*example, |(_, example)| example);
                        below.after_help(format!("{header}Example:{header:#}\n  {example}"))
                    })
                    .after_help(after)
            });
        }
        let _ = writeln!(groups);
    }
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{header}Options:{header:#}\n{{options}}\n\n\
             `scanseg COMMAND --help` explains a command, with an example.\n",
        groups.ansi()
    ))
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::FromArgMatches;

    #[test]
    fn every_command_is_in_one_group_and_its_example_is_understood() {
        let mut listed: Vec<&str> = GROUPS.iter().flat_map(|(_, commands)| *commands).map(|(name, _)| *name).collect();
        listed.sort_unstable();
        let mut all: Vec<String> = Args::command().get_subcommands().map(|command| command.get_name().into()).collect();
        all.sort_unstable();
        assert_eq!(listed, all);
        let below = BELOW.iter().map(|(_, example)| ("weights", *example));
        for (name, example) in GROUPS.iter().flat_map(|(_, commands)| commands.iter().copied()).chain(below) {
            let words = example.split(" > ").next().unwrap_or_default().split(' ');
            let matches = command().try_get_matches_from(words).unwrap_or_else(|error| panic!("{example}: {error}"));
            Args::from_arg_matches(&matches).unwrap();
            assert_eq!(matches.subcommand_name(), Some(name));
        }
    }

    #[test]
    fn the_help_lists_each_command_once() {
        let help = command().render_help().to_string();
        // clap fits the options to the terminal
        let groups = help.split("Options:").next().unwrap_or_default();
        let mut commands = groups.lines().filter(|line| line.starts_with(' '));
        assert!(commands.all(|line| line.chars().count() <= 80), "{groups}");
        for (name, _) in GROUPS.iter().flat_map(|(_, commands)| *commands) {
            assert_eq!(help.matches(&format!("\n  {name} ")).count(), 1, "{name}\n{help}");
        }
        assert!(help.contains("--threads"), "{help}");
    }
}
