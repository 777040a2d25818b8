//! `scanseg doctor`.

use crate::terminal::say;
use scanseg::doctor::{installation, test_devices};
use segeval::{Align, Table};

/// Looks at the installation and tests every device; `false` if a device computes something wrong.
pub fn run() -> anyhow::Result<bool> {
    for finding in installation() {
        say(format_args!("{}: {}", finding.what, finding.found));
        if let Some(remedy) = finding.remedy {
            say(format_args!("  to do: {remedy}"));
        }
    }
    let mut sound = true;
    // a runtime that fails panics in its own threads, too; what it says stands in the table
    std::panic::set_hook(Box::new(|_| {}));
    let reports = test_devices(&mut |name, model| say(format_args!("\n--device {name}: {model}; testing")));
    let _ = std::panic::take_hook();
    let mut table = Table::new("self-test")
        .column("device", Align::Left)
        .column("operation", Align::Left)
        .column("outcome", Align::Left);
    for report in &reports {
        sound &= report.sound();
        for test in &report.tests {
            let outcome = match &test.outcome {
                Ok(0.0) => "same bits as the CPU".to_owned(),
                Ok(difference) => format!("within {difference:.0e} of the CPU"),
                Err(problem) if test.operation == scanseg::doctor::OPENING => format!("not possible: {problem}"),
                Err(problem) => format!("WRONG: {problem}"),
            };
            table.push([report.name.to_string(), test.operation.to_owned(), outcome]);
        }
    }
    say("");
    say(table.to_text());
    if !sound {
        say(
            "a device does not compute what it should: do what is said above, update its driver, or use another with --device",
        );
    }
    Ok(sound)
}
