//! Recordings for rerun (<https://rerun.io>), which shows them with its own viewer.
//!
//! The entities of a run are below its name: `train/loss`, `train/accuracy`, `train/learning_rate` and
//! `validation/<metric id>` on the timeline `step`; `confusion/<evaluation>`, a tensor `[truth, predicted]` whose last
//! column is no class; and `configuration`, a text.

use crate::report::RunReport;
use rerun::{
    EntityPath, EntityPathPart, RecordingStream, RecordingStreamBuilder, Scalars, Tensor, TensorBuffer, TensorData,
    TextDocument,
};

/// Why there is no recording.
#[derive(Debug, thiserror::Error)]
#[error("rerun cannot write the recording: {0}")]
pub struct RecordingError(String);

/// A recording of runs, as the bytes of an `.rrd` file. Rerun adds times, so they are not the same twice.
///
/// # Errors
/// If rerun cannot encode it.
pub fn recording(runs: &[RunReport]) -> Result<Vec<u8>, RecordingError> {
    let failed = |error: &dyn std::error::Error| RecordingError(error.to_string());
    let builder = RecordingStreamBuilder::new("scanseg");
    let (stream, memory) = builder.memory().map_err(|error| failed(&error))?;
    for run in runs {
        add(&stream, run).map_err(|error| failed(error.as_ref()))?;
    }
    memory.drain_as_bytes().map_err(|error| failed(&error))
}

fn add(stream: &RecordingStream, run: &RunReport) -> Result<(), Box<dyn std::error::Error>> {
    let path = |parts: &[&str]| {
        let parts = std::iter::once(run.name.as_str()).chain(parts.iter().copied());
        EntityPath::new(parts.map(EntityPathPart::new).collect())
    };
    let scalars = |parts: &[&str], values: &mut dyn Iterator<Item = (u64, Option<f64>)>| {
        let path = path(parts);
        for (step, value) in values {
            if let Some(value) = value {
                stream.set_time_sequence("step", step as i64);
                stream.log(path.clone(), &Scalars::single(value))?;
            }
        }
        Ok::<(), Box<dyn std::error::Error>>(())
    };
    let steps = &run.metrics.steps;
    scalars(&["train", "loss"], &mut steps.iter().map(|step| (step.step, Some(step.loss))))?;
    scalars(&["train", "accuracy"], &mut steps.iter().map(|step| (step.step, step.accuracy)))?;
    scalars(&["train", "learning_rate"], &mut steps.iter().map(|step| (step.step, Some(step.learning_rate))))?;
    for validation in &run.metrics.validations {
        for (id, value) in &validation.scores {
            scalars(&["validation", id], &mut std::iter::once((validation.step, *value)))?;
        }
    }
    for evaluation in &run.evaluations {
        let (protocol, matrix) = (evaluation.scores.protocol, &evaluation.scores.point_confusion);
        let title = format!("{protocol}, {}, {} checkpoint", evaluation.split, evaluation.checkpoint);
        let counts: Vec<u64> = (0..matrix.classes()).flat_map(|truth| matrix.row(truth)).copied().collect();
        let shape = vec![matrix.classes() as u64, matrix.classes() as u64 + 1];
        let data = TensorData::new(shape, TensorBuffer::U64(counts.into())).with_dim_names(["truth", "predicted"]);
        stream.log_static(path(&["confusion", &title]), &Tensor::new(data))?;
    }
    Ok(stream.log_static(path(&["configuration"]), &TextDocument::new(run.config.as_str()))?)
}
