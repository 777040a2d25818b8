//! Output: results to standard output, progress to standard error.

use console::{Term, style};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use segeval::{Table, printable};
use std::fmt::Display;
use std::io::Write;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Whether a command writes a file to standard output, so that its messages go to standard error.
static STDOUT_IS_A_FILE: AtomicBool = AtomicBool::new(false);
/// Whether only errors and warnings are shown.
static QUIET: AtomicBool = AtomicBool::new(false);

/// Shows only errors and warnings from now on.
pub fn be_quiet() {
    QUIET.store(true, Ordering::Relaxed);
}

/// Whether only errors and warnings are shown.
pub fn is_quiet() -> bool {
    QUIET.load(Ordering::Relaxed)
}

/// Leaves standard output to a command's result, so that its messages go to standard error.
pub fn leave_stdout() {
    STDOUT_IS_A_FILE.store(true, Ordering::Relaxed);
}

/// Leaves standard output to a command's file if that is where it goes, as in `--out /dev/stdout | …`.
#[cfg(unix)]
pub fn leave_stdout_to(file: &Path) {
    use std::os::unix::fs::{FileTypeExt, MetadataExt};
    let of = |path: &Path| std::fs::metadata(path).ok();
    if let (Some(file), Some(stdout)) = (of(file), of(Path::new("/dev/stdout")))
        && (file.dev(), file.ino()) == (stdout.dev(), stdout.ino())
        && !file.file_type().is_char_device()
    {
        leave_stdout();
    }
}

/// There is no file for standard output here.
#[cfg(not(unix))]
pub fn leave_stdout_to(_file: &Path) {}

/// Writes a line of a result. When the reader is gone (`scanseg … | head`), the work still runs to its end: files are
/// written as asked, and the exit code says how it went.
pub fn say(line: impl Display) {
    if is_quiet() {
        return;
    }
    if STDOUT_IS_A_FILE.load(Ordering::Relaxed) {
        return complain(line);
    }
    put(&format!("{}\n", printable(&line.to_string())));
}

/// Writes a table that fits the terminal; whole where there is none.
pub fn say_table(table: &Table) {
    let term = if STDOUT_IS_A_FILE.load(Ordering::Relaxed) { Term::stderr() } else { Term::stdout() };
    say(match term.size_checked() {
        Some((_, width)) => table.to_text_within(width.into()),
        None => table.to_text(),
    });
}

/// Writes to standard output.
pub fn put(text: &str) {
    let mut stdout = std::io::stdout().lock();
    if let Err(error) = stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush())
        && error.kind() != std::io::ErrorKind::BrokenPipe
    {
        complain(format_args!("error: cannot write to standard output: {error}"));
        std::process::exit(1);
    }
}

/// Says how to go on when the user presses Ctrl-C, and ends the program as that does. A shell may have it ignored, for
/// what runs in the background: then it still is.
pub fn on_interrupt(how: impl Fn() -> &'static str + Send + 'static) {
    let _ = ctrlc::try_set_handler(move || {
        complain(format_args!("stopped: {}", how()));
        // a script that runs several commands ends only with one that the signal ended
        #[cfg(unix)]
        let _ = signal_hook::low_level::emulate_default_handler(signal_hook::consts::SIGINT);
        std::process::exit(130);
    });
}

/// Writes a line about something that went wrong, on a terminal with a coloured "error" or "warning". Unlike `eprintln!`
/// it does not panic when standard error is closed.
pub fn complain(line: impl Display) {
    let line = printable(&line.to_string());
    let _ = match line.split_once(": ") {
        Some(("error", rest)) => {
            writeln!(std::io::stderr().lock(), "{}: {rest}", style("error").red().bold().for_stderr())
        }
        Some(("warning", rest)) => {
            writeln!(std::io::stderr().lock(), "{}: {rest}", style("warning").yellow().bold().for_stderr())
        }
        _ => writeln!(std::io::stderr().lock(), "{line}"),
    };
}

/// An error and its causes. (An error shows its cause in its own message or has it as its source, never both.)
pub fn causes(error: &anyhow::Error) -> String {
    error.chain().map(ToString::to_string).collect::<Vec<_>>().join(": ")
}

/// A progress bar with the time left; invisible where standard error is not a terminal.
pub fn bar(steps: u64, what: &'static str) -> ProgressBar {
    let style = bar_style("{prefix} [{wide_bar}] {pos}/{len} {msg} {eta} left");
    let bar = ProgressBar::new(steps).with_style(style).with_prefix(what);
    if QUIET.load(Ordering::Relaxed) {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    bar
}

/// Sets a bar to `done` of `all` parts.
pub fn show_progress(bar: &ProgressBar, done: usize, all: usize) {
    bar.set_length(all as u64);
    bar.set_position(done as u64);
}

/// A sign that work of unknown length goes on; invisible where standard error is not a terminal.
pub fn busy(what: &'static str) -> ProgressBar {
    let spinner = bar(0, what);
    spinner.set_style(bar_style("{prefix}, {elapsed} so far"));
    spinner.enable_steady_tick(Duration::from_millis(250));
    spinner
}

/// How bars look.
pub fn bar_style(template: &str) -> ProgressStyle {
    ProgressStyle::with_template(template).expect("a valid template").progress_chars("=> ")
}

/// A duration in words.
pub fn duration(seconds: f64) -> String {
    match seconds {
        s if s < 60.0 => format!("{s:.1} s"),
        s if s < 3600.0 => format!("{} min {:02} s", s as u64 / 60, s as u64 % 60),
        s => format!("{} h {:02} min", s as u64 / 3600, s as u64 % 3600 / 60),
    }
}
