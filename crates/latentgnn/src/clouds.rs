//! The clouds of a batch, with or without padding.

use burn::tensor::{Device, Int, Tensor, TensorData};
use pointtensor::functional;

/// Maps between features with padding, `[batch, points, channels]`, and rows, `[rows, channels]`, which only real
/// points have.
///
/// Layers that treat each point by itself work on rows, so that padding does not enter the statistics of a batch
/// normalisation.
#[derive(Debug, Clone)]
pub(crate) struct Clouds {
    batch: usize,
    points: usize,
    padding: Option<Padding>,
}

/// Which places in a batch with padding are real points.
#[derive(Debug, Clone)]
struct Padding {
    /// Place in the batch of each row, `[rows]`.
    places: Tensor<1, Int>,
    /// Row of each place, `[batch · points]`; 0 for padding.
    rows: Tensor<1, Int>,
    /// 1 for a real point, 0 for padding, `[batch · points, 1]`.
    real: Tensor<2>,
}

impl Clouds {
    /// Clouds without padding.
    pub(crate) fn full(batch: usize, points: usize) -> Self {
        Clouds { batch, points, padding: None }
    }

    /// Clouds whose real points are those where `mask [batch, points]` is not 0. Reads the mask back to the host.
    pub(crate) fn masked(mask: Tensor<2>, device: &Device) -> Self {
        let [batch, points] = mask.dims();
        let real: Vec<bool> = mask.into_data().iter::<f32>().map(|value| value != 0.0).collect();
        if real.iter().all(|&real| real) {
            return Self::full(batch, points);
        }
        let places: Vec<i32> = (0..).zip(&real).filter(|&(_, &real)| real).map(|(place, _)| place).collect();
        let mut rows = vec![0i32; real.len()];
        for (row, &place) in (0..).zip(&places) {
            rows[place as usize] = row;
        }
        let real: Vec<f32> = real.iter().map(|&real| f32::from(u8::from(real))).collect();
        let indices = |values: Vec<i32>| {
            let len = values.len();
            Tensor::<1, Int>::from_data(TensorData::new(values, [len]), device)
        };
        let (count, places, rows) = (real.len(), indices(places), indices(rows));
        let real = Tensor::from_data(TensorData::new(real, [count, 1]), device);
        Clouds { batch, points, padding: Some(Padding { places, rows, real }) }
    }

    /// Whether there are no real points.
    pub(crate) fn is_empty(&self) -> bool {
        let places = self.batch * self.points;
        self.padding.as_ref().map_or(places, |padding| padding.places.dims()[0]) == 0
    }

    /// 1 for a real point, 0 for padding, `[batch, points, 1]`; none if all points are real.
    pub(crate) fn mask(&self) -> Option<Tensor<3>> {
        self.padding.as_ref().map(|padding| padding.real.clone().reshape([self.batch, self.points, 1]))
    }

    /// Number of clouds.
    pub(crate) fn batch(&self) -> usize {
        self.batch
    }

    /// The rows of real points, `[rows, channels]`, of features `[batch, points, channels]`.
    pub(crate) fn to_rows(&self, x: Tensor<3>) -> Tensor<2> {
        let channels = x.dims()[2];
        self.places_to_rows(x.reshape([self.batch * self.points, channels]))
    }

    /// The rows of real points, `[rows, channels]`, of features `[batch · points, channels]`.
    pub(crate) fn places_to_rows(&self, x: Tensor<2>) -> Tensor<2> {
        match &self.padding {
            None => x,
            Some(padding) => select_rows(x, padding.places.clone(), None, 1),
        }
    }

    /// Features `[batch, points, channels]` from rows `[rows, channels]`; 0 for padding.
    pub(crate) fn to_clouds(&self, rows: Tensor<2>) -> Tensor<3> {
        let channels = rows.dims()[1];
        self.to_places(rows).reshape([self.batch, self.points, channels])
    }

    /// Features `[batch · points, channels]` from rows `[rows, channels]`; 0 for padding.
    pub(crate) fn to_places(&self, rows: Tensor<2>) -> Tensor<2> {
        match &self.padding {
            None => rows,
            Some(padding) => select_rows(rows, padding.rows.clone(), Some(padding.real.clone()), 1),
        }
    }
}

/// Selects rows of `x [clouds · n, channels]` by `indices [clouds · m]`, which count within their own cloud, and
/// multiplies them by `weights [clouds · m, 1]`.
///
/// This is an interpolation from one neighbour, whose backward pass is faster on the CPU than that of burn's `select`.
pub(crate) fn select_rows(
    x: Tensor<2>,
    indices: Tensor<1, Int>,
    weights: Option<Tensor<2>>,
    clouds: usize,
) -> Tensor<2> {
    let weights = weights.unwrap_or_else(|| Tensor::ones([indices.dims()[0], 1], &x.device()));
    functional::interpolate(x, indices, weights, clouds)
}
