//! TensorBoard event files.
//!
//! An event file is a sequence of records: the length as 8 bytes, its masked CRC-32C, the data, and theirs; numbers are
//! little-endian. The data of a record are an `Event` in the protocol buffers' encoding. See `tensorflow/core/lib/io/
//! record_writer.h` and `tensorflow/core/util/event.proto` of TensorFlow, which define both.
//!
//! The file is a function of `metrics.jsonl` alone, which has no times. So the time of an event is its step, as seconds;
//! choose "step" as TensorBoard's horizontal axis. The file of a training's first steps is the beginning of the file of
//! all its steps, so a file can grow by appending while TensorBoard reads it.

mod crc;
mod proto;

use crate::metrics::Metrics;
use proto::Message;

/// The name of the file beside `metrics.jsonl`. TensorBoard reads every file with `tfevents` in its name.
pub const FILE: &str = "events.out.tfevents.scanseg";

/// The event file of a training, with the scalars `train/loss`, `train/accuracy`, `train/learning_rate` of every step,
/// and `validation/<metric id>` of every evaluation.
pub fn event_file(metrics: &Metrics) -> Vec<u8> {
    let mut file = Vec::new();
    // the first record names the format; its field 3 is `file_version`
    record(&mut file, &Message::new().double(1, 0.0).bytes(3, b"brain.Event:2"));
    let mut validations = metrics.validations.iter().peekable();
    let mut add_validations = |file: &mut Vec<u8>, before: u64| {
        while let Some(validation) = validations.next_if(|validation| validation.step < before) {
            let tag = |id: &String| format!("validation/{id}");
            let scores = validation.scores.iter().map(|(id, value)| (tag(id), *value));
            event(file, validation.step, scores);
        }
    };
    for step in &metrics.steps {
        add_validations(&mut file, step.step);
        let scalars = [
            ("train/loss", Some(step.loss)),
            ("train/accuracy", step.accuracy),
            ("train/learning_rate", Some(step.learning_rate)),
        ];
        event(&mut file, step.step, scalars.map(|(tag, value)| (tag.to_owned(), value)));
    }
    add_validations(&mut file, u64::MAX);
    file
}

/// Adds an event: field 1 is its time, 2 its step, 5 its `Summary`, whose values (field 1) have a tag (field 1) and a
/// `simple_value` (field 2).
fn event(file: &mut Vec<u8>, step: u64, scalars: impl IntoIterator<Item = (String, Option<f64>)>) {
    let mut summary = Message::new();
    for (tag, value) in scalars {
        let Some(value) = value else { continue };
        summary = summary.message(1, &Message::new().bytes(1, tag.as_bytes()).float(2, value as f32));
    }
    record(file, &Message::new().double(1, step as f64).varint(2, step).message(5, &summary));
}

fn record(file: &mut Vec<u8>, message: &Message) {
    let data = message.encoded();
    let length = (data.len() as u64).to_le_bytes();
    for part in [&length[..], data] {
        file.extend(part);
        file.extend(crc::masked(part).to_le_bytes());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::{Step, Validation};

    /// Takes a file apart and checks its checksums.
    fn records(mut file: &[u8]) -> Vec<&[u8]> {
        let mut records = Vec::new();
        let mut part = |length: usize| {
            let (data, rest) = file.split_at(length);
            let (sum, rest) = rest.split_at(4);
            assert_eq!(u32::from_le_bytes(sum.try_into().unwrap()), crc::masked(data));
            file = rest;
            (data, rest.is_empty())
        };
        loop {
            let length = u64::from_le_bytes(part(8).0.try_into().unwrap());
            let (data, last) = part(length as usize);
            records.push(data);
            if last {
                return records;
            }
        }
    }

    fn metrics(steps: u64) -> Metrics {
        let step = |step| Step { epoch: 1, step, loss: 2.5, accuracy: None, learning_rate: 0.125 };
        let scores = [("a/b".to_owned(), Some(0.5)), ("a/c".to_owned(), None)].into();
        let validations = if steps < 2 { Vec::new() } else { vec![Validation { epoch: 1, step: 2, scores }] };
        Metrics { steps: (1..=steps).map(step).collect(), validations, damaged: 0 }
    }

    #[test]
    fn records_can_be_taken_apart() {
        let file = event_file(&metrics(3));
        let records = records(&file);
        assert_eq!(records.len(), 5);
        assert_eq!(records[0], b"\x09\0\0\0\0\0\0\0\0\x1a\x0dbrain.Event:2");
        // time 1.0, step 1, summary: loss 2.5, learning rate 0.125
        let first = b"\x09\0\0\0\0\0\0\xf0\x3f\x10\x01\x2a\x2f\
            \x0a\x11\x0a\x0atrain/loss\x15\0\0\x20\x40\x0a\x1a\x0a\x13train/learning_rate\x15\0\0\0\x3e";
        assert_eq!(records[1], first);
        // after step 2, before step 3
        let evaluation = b"\x09\0\0\0\0\0\0\0\x40\x10\x02\x2a\x17\x0a\x15\x0a\x0evalidation/a/b\x15\0\0\0\x3f";
        assert_eq!(records[3], evaluation);
    }

    #[test]
    fn a_file_grows_by_appending() {
        let files = [0, 1, 2, 5].map(|steps| event_file(&metrics(steps)));
        assert!(files.windows(2).all(|pair| pair[1].starts_with(&pair[0])));
    }
}
