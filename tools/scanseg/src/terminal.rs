//! Output: results to standard output, progress to standard error.

use indicatif::{ProgressBar, ProgressStyle};
use segeval::printable;
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};

/// Whether a command writes a file to standard output, so that its messages go to standard error.
static STDOUT_IS_A_FILE: AtomicBool = AtomicBool::new(false);

/// Leaves standard output to a command's file if that is where it goes, as in `--out /dev/stdout | …`.
pub fn leave_stdout_to(file: &Path) {
    #[cfg(unix)]
    {
        use std::os::unix::fs::{FileTypeExt, MetadataExt};
        let of = |path: &Path| std::fs::metadata(path).ok();
        if let (Some(file), Some(stdout)) = (of(file), of(Path::new("/dev/stdout")))
            && (file.dev(), file.ino()) == (stdout.dev(), stdout.ino())
            && !file.file_type().is_char_device()
        {
            STDOUT_IS_A_FILE.store(true, Ordering::Relaxed);
        }
    }
}

/// Writes a line of a result. When the reader is gone (`scanseg … | head`), the work still runs to its end: files are
/// written as asked, and the exit code says how it went.
pub fn say(line: impl Display) {
    if STDOUT_IS_A_FILE.load(Ordering::Relaxed) {
        return complain(line);
    }
    if let Err(error) = writeln!(std::io::stdout().lock(), "{}", printable(&line.to_string()))
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        complain(format_args!("error: cannot write to standard output: {error}"));
        std::process::exit(1);
    }
}

/// Writes a line about something that went wrong. Unlike `eprintln!` it does not panic when standard error is closed.
pub fn complain(line: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{}", printable(&line.to_string()));
}

/// An error and its causes. (An error shows its cause in its own message or has it as its source, never both.)
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A progress bar with the time left; invisible where standard error is not a terminal.
pub fn bar(steps: u64, what: &'static str) -> ProgressBar {
    let style = ProgressStyle::with_template("{prefix} [{wide_bar}] {pos}/{len} {msg} {eta} left")
        .expect("a valid template")
        .progress_chars("=> ");
    ProgressBar::new(steps).with_style(style).with_prefix(what)
}

/// A duration in words.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
        s => format!("{} h {:02} min", s as u64 / 3600, s as u64 % 3600 / 60),
    }
}
