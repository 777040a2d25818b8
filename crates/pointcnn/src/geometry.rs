//! The geometry of a batch: which points each level keeps, and the neighbours of each X-convolution.

use crate::config::PointCnnConfig;
use crate::error::PointCnnError;
use crate::plan;
use burn::tensor::{Device, Int, Tensor, TensorData};
use pointmodel::{HostTensor, HostValues, Prepared};
use pointops::{PointError, farthest_point_sample_batch, knn_distinct_batch};
use pointtensor::functional;
use pointtensor::geometry::cloud_rows;

/// A batch of clouds with the neighbours that a network needs, on the host.
#[derive(Debug, Clone)]
pub struct Geometry {
    clouds: usize,
    layers: Vec<Found>,
    last: Vec<[f32; 3]>,
}

/// The neighbours of one X-convolution on the host.
#[derive(Debug, Clone)]
struct Found {
    k: usize,
    /// `[clouds · centers · k]` in rows of the level that they are on.
    indices: Vec<i32>,
    /// The same places relative to their center.
    relative: Vec<[f32; 3]>,
}

/// The geometry of a batch on a device, as the network takes it.
///
/// Clouds are of equal size and stored one after another; indices are rows of all clouds together.
#[derive(Debug, Clone)]
pub struct Neighborhoods {
    /// Number of clouds in the batch.
    pub clouds: usize,
    /// The neighbours of each X-convolution, in the order in which they are applied.
    pub layers: Vec<Neighbors>,
    /// Coordinates of the last level, `[clouds · points, 3]` in metres: horizontally relative to the middle of the
    /// cloud's bounding box, vertically to its lowest point.
    pub last: Tensor<2>,
}

/// The neighbours of one X-convolution.
#[derive(Debug, Clone)]
pub struct Neighbors {
    /// Neighbours of a center.
    pub k: usize,
    /// `[clouds · centers · k]` in rows of the level that the features come from.
    pub indices: Tensor<1, Int>,
    /// The numbers from 0 on, `[clouds · centers · k]`: neighbours as rows of what is computed for each of them.
    pub own: Tensor<1, Int>,
    /// Coordinates of the neighbours relative to their center, `[clouds · centers, k · 3]` in metres.
    pub relative: Tensor<2>,
}

impl Geometry {
    /// Checks `clouds` point sets of equal size, stored one after another in metres, and finds levels and neighbours.
    ///
    /// A level keeps the farthest points of the one below, beginning with its first. The neighbours of a center are
    /// taken from the nearest *distinct* points: of points at one place, the first alone counts, since a cloud that was
    /// drawn with replacement would otherwise fill neighbourhoods with copies. If a cloud has fewer places than
    /// neighbours are needed, the list of a center begins again from its nearest point.
    ///
    /// # Errors
    /// If the clouds are not of equal size, a coordinate is not finite, or a layer keeps or looks at more points than
    /// there are.
    pub fn prepare(config: &PointCnnConfig, coord: &[[f32; 3]], clouds: usize) -> Result<Self, PointCnnError> {
        if clouds == 0 || coord.is_empty() || !coord.len().is_multiple_of(clouds) {
            return Err(PointCnnError::UnequalClouds { points: coord.len(), clouds });
        }
        if let Some(index) = coord.iter().position(|point| !point.iter().all(|v| v.is_finite())) {
            return Err(PointCnnError::NotFinite { index });
        }
        if config.encoder.is_empty() {
            return Err(PointCnnError::NoLayers);
        }
        let points = coord.len() / clouds;
        plan::check_points(config, points)?;
        let mut levels = vec![coord.to_vec()];
        for pair in plan::level_points(config, points).windows(2) {
            levels.push(sample(&levels[levels.len() - 1], clouds, pair[1]));
        }
        let find = |layer: plan::Layer| {
            let of_level = [layer.neighbors, layer.dilation];
            let found = Found::new(&levels[layer.from], &levels[layer.to], clouds, of_level);
            found.expect("finite clouds of enough points")
        };
        let layers = config.layers(0).into_iter().map(find).collect();
        let last = levels.pop().expect("there are levels");
        Ok(Geometry { clouds, layers, last: from_floor(last, coord, clouds) })
    }
}

/// The farthest points of each cloud. A level of all points keeps their order.
fn sample(coord: &[[f32; 3]], clouds: usize, count: usize) -> Vec<[f32; 3]> {
    if count * clouds == coord.len() {
        return coord.to_vec();
    }
    let kept = farthest_point_sample_batch(coord, clouds, count, 0).expect("finite clouds of more points");
    cloud_rows(&kept, clouds, coord.len() / clouds).into_iter().map(|row| coord[row as usize]).collect()
}

/// Coordinates of some points of each cloud relative to the middle of its bounding box, at its lowest point.
fn from_floor(mut points: Vec<[f32; 3]>, coord: &[[f32; 3]], clouds: usize) -> Vec<[f32; 3]> {
    let each = points.len() / clouds;
    for (points, cloud) in points.chunks_exact_mut(each).zip(coord.chunks_exact(coord.len() / clouds)) {
        let (low, high) = pointops::bounds(cloud);
        let origin = [low[0] / 2.0 + high[0] / 2.0, low[1] / 2.0 + high[1] / 2.0, low[2]];
        points.iter_mut().for_each(|point| *point = difference(point, &origin));
    }
    points
}

fn difference(a: &[f32; 3], b: &[f32; 3]) -> [f32; 3] {
    std::array::from_fn(|axis| a[axis] - b[axis])
}

impl Neighbors {
    /// Finds the neighbours of centers for an X-convolution of your own, as [`Geometry::prepare`] does.
    ///
    /// # Errors
    /// If points or centers are not `clouds` clouds of equal size, or have coordinates that are not finite, or a cloud
    /// has fewer points than `k · dilation`.
    pub fn find(
        points: &[[f32; 3]],
        centers: &[[f32; 3]],
        clouds: usize,
        [k, dilation]: [usize; 2],
        device: &Device,
    ) -> Result<Self, PointError> {
        Ok(Found::new(points, centers, clouds, [k, dilation])?.into_device(device))
    }
}

impl Found {
    fn new(
        points: &[[f32; 3]],
        centers: &[[f32; 3]],
        clouds: usize,
        [k, dilation]: [usize; 2],
    ) -> Result<Self, PointError> {
        let near = knn_distinct_batch(points, centers, clouds, k * dilation)?;
        let kept: Vec<u32> = near.indices.into_iter().step_by(dilation).collect();
        let indices = cloud_rows(&kept, clouds, points.len() / clouds);
        let relative =
            indices.iter().enumerate().map(|(at, &row)| difference(&points[row as usize], &centers[at / k])).collect();
        Ok(Found { k, indices, relative })
    }

    fn into_device(self, device: &Device) -> Neighbors {
        let len = self.indices.len();
        let rows = |values: Vec<i32>| Tensor::from_data(TensorData::new(values, [len]), device);
        Neighbors {
            k: self.k,
            indices: rows(self.indices),
            own: Tensor::arange(0..len as i64, device),
            relative: functional::matrix(self.relative.into_flattened(), 3 * self.k, device),
        }
    }
}

impl Prepared for Geometry {
    type OnDevice = Neighborhoods;

    fn into_device(self, device: &Device) -> Neighborhoods {
        Neighborhoods {
            clouds: self.clouds,
            layers: self.layers.into_iter().map(|layer| layer.into_device(device)).collect(),
            last: functional::matrix(self.last.into_flattened(), 3, device),
        }
    }

    /// `encoder.<i>.indices` and `.relative`, `[clouds · centers, k]` and `[clouds · centers, k · 3]`, the same for
    /// `decoder.<i>`, and `last`, the coordinates of the last level.
    fn tensors(&self) -> Vec<HostTensor> {
        let floats = |points: &[[f32; 3]]| HostValues::Floats(points.as_flattened().to_vec());
        let encoder = self.layers.len() / 2;
        let of_layer = |(index, layer): (usize, &Found)| {
            let (kind, index) = if index < encoder { ("encoder", index) } else { ("decoder", index - encoder) };
            let centers = layer.indices.len() / layer.k;
            let name = |what| format!("{kind}.{index}.{what}");
            let indices = HostValues::Ints(layer.indices.clone());
            [
                HostTensor { name: name("indices"), shape: vec![centers, layer.k], values: indices },
                HostTensor {
                    name: name("relative"),
                    shape: vec![centers, 3 * layer.k],
                    values: floats(&layer.relative),
                },
            ]
        };
        let mut tensors: Vec<HostTensor> = self.layers.iter().enumerate().flat_map(of_layer).collect();
        tensors.push(HostTensor { name: "last".into(), shape: vec![self.last.len(), 3], values: floats(&self.last) });
        tensors
    }
}
