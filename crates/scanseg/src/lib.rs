//! Experiments on scanned rooms: configuration, sampling, training, checkpoints, inference and reports.
