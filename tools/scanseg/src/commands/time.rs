//! `scanseg time`.

use crate::args::TimeArgs;
use crate::terminal::say;
use scanseg::{Config, TimeOptions, open_device, time_parts};

/// Times the parts of a training; one line of JSON a part if asked for.
pub fn run(args: &TimeArgs) -> anyhow::Result<bool> {
    let config = Config::read(&args.config, &args.overrides)?;
    let device = open_device(args.device)?;
    let options = TimeOptions { config: &config, device, repeats: args.repeats.get(), scene: args.scene.get() };
    time_parts(&options, &mut |timing| {
        if args.json {
            say(serde_json::to_string(&timing).expect("timings can be written as JSON"));
            return;
        }
        say(format_args!(
            "{:<24} {:>10.3} ms (shortest {:.3}), {:.3e} {}/s: {}",
            timing.part,
            timing.median * 1e3,
            timing.shortest * 1e3,
            timing.rate,
            timing.unit,
            timing.of
        ));
    })?;
    Ok(true)
}
