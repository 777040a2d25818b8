//! Output: results to standard output, progress to standard error.

use indicatif::{ProgressBar, ProgressStyle};
use std::fmt::Display;
use std::io::Write;

/// Writes a line of a result. When the reader has gone away (`scanseg … | head`), the work still goes on to its end: files are
/// written as asked, and the exit code says how it went.
pub fn say(line: impl Display) {
    if let Err(error) = writeln!(std::io::stdout().lock(), "{line}")
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        complain(format_args!("error: cannot write to standard output: {error}"));
        std::process::exit(1);
    }
}

/// Writes a line about something that went wrong. Unlike `eprintln!` it does not panic when nobody can read it.
pub fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{line}");
}

/// An error with its causes, none of them twice: some errors show their cause in their own message.
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).fold(String::new(), |mut text, cause| {
        if !text.contains(&cause) {
            if !text.is_empty() {
                text.push_str(": ");
            }
            text.push_str(&cause);
        }
        text
    })
}

/// A progress bar with the time left; invisible where standard error is not a terminal.
pub fn bar(steps: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} [{wide_bar}] {pos}/{len} {msg} {eta} left")
        .expect("a valid template")
        .progress_chars("=> ");
    ProgressBar::new(steps).with_style(style).with_prefix(what)
}

/// A duration as people say it.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
        s => format!("{} h {:02} min", s as u64 / 3600, s as u64 % 3600 / 60),
    }
}

#[cfg(test)]
mod tests {
    #[test]
    fn a_cause_that_the_error_shows_itself_is_not_repeated() {
        let error = anyhow::anyhow!("no space").context("cannot write (no space): a.txt").context("scene 7");
        assert_eq!(super::causes(&error), "scene 7: cannot write (no space): a.txt");
    }
}
