//! `scanseg doctor`.

use crate::terminal::say;
use scanseg::doctor::{installation, test_devices};
use segeval::{Align, Table};

/// Shows the installation and tests every device; `false` if a test fails.
pub fn run() -> anyhow::Result<bool> {
    for part in installation() {
        say(format_args!("{}: {}", part.what, part.found));
        if let Some(remedy) = part.remedy {
            say(format_args!("  to do: {remedy}"));
        }
    }
    let mut passed = true;
    // a runtime that fails also panics in its own threads; the table has its message
    std::panic::set_hook(Box::new(|_| {}));
    let reports = test_devices(&mut |name, model| say(format_args!("\n--device {name}: {model}; testing")));
    let _ = std::panic::take_hook();
    let mut table = Table::new("self-test")
        .column("device", Align::Left)
        .column("operation", Align::Left)
        .column("outcome", Align::Left);
    for report in &reports {
        passed &= report.passed();
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
    if !passed {
        say("a device does not compute correctly: follow the advice above, update its driver, or choose another with \
             --device");
    }
    Ok(passed)
}
