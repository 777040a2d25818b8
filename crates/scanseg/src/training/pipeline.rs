//! Batches made in the background while training steps run.

use crate::error::Result;
use crate::sampling::Batch;
use std::ops::Range;
use std::sync::mpsc::{Receiver, sync_channel};
use std::thread::JoinHandle;

/// Batches made ahead: enough that a slow one does not hold up a step, few enough to need little memory.
const AHEAD: usize = 2;

/// Batches of numbered steps, in order, made by a thread of their own. Dropping it ends the thread.
pub(super) struct Pipeline {
    receiver: Option<Receiver<Result<Batch>>>,
    thread: Option<JoinHandle<()>>,
}

impl Pipeline {
    /// Starts to make the batches of `steps`.
    pub fn start(steps: Range<u64>, make: impl Fn(u64) -> Result<Batch> + Send + 'static) -> Self {
        let (sender, receiver) = sync_channel(AHEAD);
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
        Pipeline { receiver: Some(receiver), thread: Some(thread) }
    }
}

impl Iterator for Pipeline {
    type Item = Result<Batch>;

    fn next(&mut self) -> Option<Self::Item> {
        match self.receiver.as_ref()?.recv() {
            Ok(batch) => Some(batch),
            // the thread has ended: all steps are made, or it panicked
            Err(_) => {
                self.receiver = None;
                if let Err(panic) = self.thread.take()?.join() {
                    std::panic::resume_unwind(panic);
                }
                None
            }
        }
    }
}

impl Drop for Pipeline {
    fn drop(&mut self) {
        self.receiver = None;
        if let Some(thread) = self.thread.take() {
            // nobody needs the batches any more, so a panic of the thread does not matter
            let _ = thread.join();
        }
    }
}
