//! `scanseg doctor`.

use crate::args::DoctorArgs;
use crate::terminal::{say, say_table};
use scanseg::doctor::{DeviceReport, SelfTest, installation, test_devices};
use segeval::{Align, Table};
use serde_json::json;

/// Shows the installation and tests every device; `false` if a test fails.
pub fn run(args: &DoctorArgs) -> anyhow::Result<bool> {
    args.json.check(&[])?;
    let parts = installation();
    for part in &parts {
        say(format_args!("{}: {}", part.what, part.found));
        if let Some(remedy) = &part.remedy {
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
    say_table(&table);
    if !passed {
        say("a device does not compute correctly: follow the advice above, update its driver, or choose another with \
             --device");
    }
    let installed: Vec<_> =
        parts.iter().map(|part| json!({ "what": part.what, "found": part.found, "remedy": part.remedy })).collect();
    let test = |test: &SelfTest| match &test.outcome {
        Ok(difference) => json!({ "operation": test.operation, "passed": true, "difference": difference }),
        Err(problem) => json!({ "operation": test.operation, "passed": false, "problem": problem }),
    };
    let device = |report: &DeviceReport| {
        let tests: Vec<_> = report.tests.iter().map(test).collect();
        json!({ "device": report.name.to_string(), "model": report.model, "passed": report.passed(), "tests": tests })
    };
    let devices: Vec<_> = reports.iter().map(device).collect();
    args.json.write(&json!({ "passed": passed, "installation": installed, "devices": devices }))?;
    Ok(passed)
}
