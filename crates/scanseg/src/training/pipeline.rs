//! Batches made in the background while training steps run.

use crate::error::Result;
use crate::sampling::Batch;
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Batches that a thread makes ahead: enough that a slow one does not hold up a step, few enough to need little memory.
const AHEAD: usize = 2;

/// Batches of numbered steps, in order, made by threads of their own. Dropping it ends the threads.
pub(super) struct Pipeline {
    makers: Vec<Maker>,
    /// The one that makes the next batch.
    next: usize,
}

/// A thread that makes some of the batches: with three threads, every third.
struct Maker {
    receiver: Option<Receiver<Result<Batch>>>,
    thread: Option<JoinHandle<()>>,
}

impl Pipeline {
    /// Starts to make the batches of `steps` in several threads, which take turns.
    pub fn start(
        steps: Range<u64>,
        makers: usize,
        make: impl Fn(u64) -> Result<Batch> + Send + Sync + 'static,
    ) -> Self {
        let make = Arc::new(make);
        let maker = |first: usize| {
            let (sender, receiver) = sync_channel(AHEAD);
            let (make, steps) = (make.clone(), steps.clone().skip(first).step_by(makers));
            let thread = std::thread::spawn(move || {
                for step in steps {
                    let batch = make(step);
                    let failed = batch.is_err();
                    // the receiver is gone once training has ended
                    if sender.send(batch).is_err() || failed {
                        break;
                    }
                }
            });
            Maker { receiver: Some(receiver), thread: Some(thread) }
        };
        Pipeline { makers: (0..makers).map(maker).collect(), next: 0 }
    }
}

impl Iterator for Pipeline {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        let count = self.makers.len();
        let maker = &mut self.makers[self.next];
        self.next = (self.next + 1) % count;
        match maker.receiver.as_ref()?.recv() {
            Ok(batch) => Some(batch),
            // the thread has ended: all steps are made, or it panicked
            Err(_) => {
                maker.receiver = None;
                if let Err(panic) = maker.thread.take()?.join() {
                    std::panic::resume_unwind(panic);
                }
                None
            }
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.makers.iter_mut().for_each(|maker| maker.receiver = None);
        for thread in self.makers.iter_mut().filter_map(|maker| maker.thread.take()) {
            // nobody needs the batches any more, so a panic of the thread does not matter
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::sampling::{Batch, Crop, InputPoints};
    use pointmodel::SearchOn;

    /// A batch of one point whose target is the number of the step.
    fn batch(step: u64) -> Result<Batch> {
        let config = Config { model: toml::from_str("kind = \"pointnet\"").unwrap(), ..Config::default() };
        let layout = crate::scene::FeatureLayout::of(&config.data);
        let features = vec![0.0; layout.channels];
        let input = InputPoints { coord: vec![[0.0; 3]], features, layout };
        let crop = Crop { input, targets: vec![step as i32], weights: vec![1.0] };
        Ok(Batch::new(&[crop], &config, SearchOn::Device)?)
    }

    #[test]
    fn batches_come_in_order_whatever_the_number_of_threads() {
        for makers in 1..4 {
            let targets = Pipeline::start(3..13, makers, |step| {
                std::thread::sleep(std::time::Duration::from_millis(step * 7 % 5));
                batch(step)
            });
            let target = |batch: Result<Batch>| batch.unwrap().targets.into_scalar::<i32>();
            assert_eq!(targets.map(target).collect::<Vec<_>>(), (3..13).collect::<Vec<_>>());
        }
    }
}
