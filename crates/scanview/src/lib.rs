//! Pictures of scans, to judge a segmentation by looking.
//!
//! | to | use |
//! |---|---|
//! | say what to show | [`Scan`], [`Prediction`] |
//! | draw a scan into a [`Picture`], on the CPU | [`still`](still()), [`Camera`], [`Paint`] |
//! | join pictures, and encode them as PNG | [`Picture`] |
//!
//! Nothing here reads or writes files, and no result depends on the number of threads.
//!
//! ```
//! use labelset::LabelSet;
//! use scanview::{Camera, Paint, Scan, still};
//!
//! let coord = (0..400).map(|i| [(i % 20) as f32 * 0.1, (i / 20) as f32 * 0.1, 0.0]).collect();
//! let floor = Scan { truth: Some(vec![1; 400]), ..Scan::new("floor", coord, LabelSet::scannet20()) };
//! let picture = still(&floor, Paint::Truth, &Camera { width: 64, height: 48, ..Camera::default() })?;
//! assert_eq!(picture.pixels.len(), 64 * 48 * 3);
//! # Ok::<(), scanview::ViewError>(())
//! ```

#![warn(missing_docs)]

mod colors;
pub mod math;
mod picture;
pub mod raster;
mod scan;
mod still;

pub use picture::Picture;
pub use scan::{MOST_PREDICTIONS, Prediction, Scan, ViewError};
pub use still::{Camera, Paint, still};
