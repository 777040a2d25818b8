//! Pictures and web pages of scans, charts and reports of trainings, to judge them by looking. Knows no network.
//!
//! | to | use |
//! |---|---|
//! | say what to show | [`Scan`], [`Prediction`] |
//! | make one HTML file that shows a scan in any browser | [`page`](page()) |
//! | draw a scan into a [`Picture`], on the CPU | [`still`](still()), [`Camera`], [`Paint`] |
//! | join pictures, and encode them as PNG | [`Picture`] |
//! | read the metrics of a training | [`Metrics`] |
//! | draw curves, bars and confusion matrices as SVG | [`chart`] |
//! | write a page about a run, or a comparison of several | [`report`] |
//! | show a training in TensorBoard | [`tensorboard`] |
//! | show it in rerun (feature `rerun`) | `recording` |
//!
//! Nothing here reads or writes files, and no result depends on the number of threads.
//!
//! ```
//! use labelset::LabelSet;
//! use scanview::{Camera, Paint, Scan, page, still};
//!
//! let coord = (0..400).map(|i| [(i % 20) as f32 * 0.1, (i / 20) as f32 * 0.1, 0.0]).collect();
//! let floor = Scan { truth: Some(vec![1; 400]), ..Scan::new("floor", coord, LabelSet::scannet20()) };
//! assert!(page(&floor)?.html.starts_with("<!DOCTYPE html>"));
//! let picture = still(&floor, Paint::Truth, &Camera { width: 64, height: 48, ..Camera::default() })?;
//! assert_eq!(picture.pixels.len(), 64 * 48 * 3);
//! # Ok::<(), scanview::ViewError>(())
//! ```

#![warn(missing_docs)]

pub mod chart;
mod colors;
pub mod math;
pub mod metrics;
mod page;
mod picture;
pub mod raster;
#[cfg(feature = "rerun")]
pub mod recording;
pub mod report;
mod scan;
mod still;
pub mod tensorboard;

pub use colors::NONE as NO_CLASS_COLOR;
pub use metrics::Metrics;
pub use page::{MOST_POINTS, Page, page};
pub use picture::Picture;
pub use scan::{MOST_PREDICTIONS, Prediction, Scan, ViewError};
pub use still::{Camera, Paint, still};
