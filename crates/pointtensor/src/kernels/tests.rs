//! Every kernel at the edges of its pieces and vectors, against plain loops, and with slices that do not fit. The sizes
//! are small enough for Miri, see `docs/soundness.md`.

use super::adam::{AdamStep, adam, sum_of_squares};
use super::batch_norm::{Affine, NormState, statistics};
use super::bipartite::{Shape, UnitLength, from_latent, from_latent_backward, to_latent, to_latent_backward};
use super::cross_entropy::{cross_entropy, cross_entropy_backward};
use super::group::{center_gradient, relative, scatter_add};
use super::interpolate::{interpolate, interpolate_backward};
use super::matmul::{input_gradient, multiply, weight_gradient};
use super::max_pool::{PooledView, affine_max, norm_max, norm_max_backward};
use super::propagation::{propagate, propagate_backward};
use super::unit::{unit_rows, unit_rows_backward};

/// Rows and columns that are one, fill vectors of 4, 8 and 16, and leave rests.
const SIZES: &[[usize; 2]] = match cfg!(miri) {
    true => &[[1, 1], [3, 4], [5, 7]],
    false => &[[1, 1], [2, 3], [3, 4], [5, 7], [8, 8], [17, 9], [33, 17]],
};

fn values(len: usize, seed: usize) -> Vec<f32> {
    (0..len).map(|i| ((i * 37 + seed * 11) % 29) as f32 / 14.0 - 1.0).collect()
}

fn close(found: &[f32], right: impl IntoIterator<Item = f64>) {
    let right: Vec<f64> = right.into_iter().collect();
    assert_eq!(found.len(), right.len());
    for (i, (a, b)) in found.iter().zip(&right).enumerate() {
        assert!((f64::from(*a) - b).abs() < 1e-4, "value {i}: {a} instead of {b}");
    }
}

/// `Σ_k a(i, k) · b(k, j)` for all i and j.
fn product(
    [m, n, k]: [usize; 3],
    a: impl Fn(usize, usize) -> f32 + Copy,
    b: impl Fn(usize, usize) -> f32 + Copy,
) -> impl Iterator<Item = f64> {
    let value = move |i, j| (0..k).map(|l| f64::from(a(i, l)) * f64::from(b(l, j))).sum();
    (0..m).flat_map(move |i| (0..n).map(move |j| value(i, j)))
}

#[test]
fn products() {
    for &[rows, ci] in SIZES {
        for co in [1, 4, 5] {
            let (x, w, gy) = (values(rows * ci, 1), values(ci * co, 2), values(rows * co, 3));
            let y = product([rows, co, ci], |i, k| x[i * ci + k], |k, j| w[k * co + j]);
            close(&multiply(&x, ci, &w, co), y);
            let gx = product([rows, ci, co], |i, k| gy[i * co + k], |k, j| w[j * co + k]);
            close(&input_gradient(&gy, co, &w, ci), gx);
            let gw = product([ci, co, rows], |i, k| x[k * ci + i], |k, j| gy[k * co + j]);
            close(&weight_gradient(&x, ci, &gy, co), gw);
        }
    }
    // no rows, no columns between, no columns at all
    assert!(multiply(&[], 3, &values(6, 0), 2).is_empty());
    assert_eq!(weight_gradient(&[], 3, &[], 2), [0.0; 6]);
    assert!(multiply(&values(6, 0), 3, &[], 0).is_empty());
}

#[test]
#[should_panic(expected = "a matrix of 3 by 2")]
fn products_with_too_few_weights_panic() {
    multiply(&values(6, 1), 3, &values(5, 2), 2);
}

#[test]
fn normalisations() {
    for &[rows, c] in SIZES {
        let (y, gz) = (values(rows * c, 4), values(rows * c, 5));
        let (gamma, beta) = (values(c, 6), values(c, 7));
        let stats = statistics(&y, c);
        let affine = Affine::new(&gamma, &beta, &stats, 1e-3);
        let z = |i: usize| f64::from(affine.scale[i % c]) * f64::from(y[i]) + f64::from(affine.shift[i % c]);
        close(&affine.apply(&y, false), (0..rows * c).map(z));
        close(&affine.apply(&y, true), (0..rows * c).map(|i| z(i).max(0.0)));
        let w = values(c * 5, 8);
        let relu: Vec<f32> = (0..rows * c).map(|i| z(i).max(0.0) as f32).collect();
        let out = product([rows, 5, c], |i, k| relu[i * c + k], |k, j| w[k * 5 + j]);
        close(&affine.relu_then_multiply(&y, &w, 5), out);
        let state = NormState { y: &y, gamma: &gamma, beta: &beta, stats: &stats, epsilon: 1e-3 };
        let plain = state.backward(&gz, false);
        // a normalised column does not change with its mean
        for column in 0..c {
            let sum: f32 = (0..rows).map(|row| plain.y[row * c + column]).sum();
            assert!(sum.abs() < 1e-3, "column {column} of {rows} rows: {sum}");
        }
        let gout = values(rows * 5, 9);
        let (through, gw) = state.backward_through_multiply(&w, &gout, 5);
        close(&gw, product([c, 5, rows], |i, k| relu[k * c + i], |k, j| gout[k * 5 + j]));
        let gz = input_gradient(&gout, 5, &w, c);
        close(&through.y, state.backward(&gz, true).y.into_iter().map(f64::from));
    }
}

#[test]
fn maxima_over_groups() {
    for &[groups, c] in SIZES {
        for (k, relu) in [(1, true), (3, true), (3, false)] {
            let y = values(groups * k * c, 10);
            let affine = Affine { scale: values(c, 11), shift: values(c, 12) };
            let z = affine.apply(&y, relu);
            let largest =
                |at: usize| (0..k).map(|j| z[(at / c * k + j) * c + at % c]).fold(f32::NEG_INFINITY, f32::max).into();
            close(&affine_max(&y, &affine, relu, k).values, (0..groups * c).map(largest));
            let (gamma, beta) = (values(c, 13), values(c, 14));
            let (pooled, stats) = norm_max(&y, &gamma, &beta, 1e-3, relu, k);
            assert!(pooled.members.iter().all(|&member| (member as usize) < k));
            let state = NormState { y: &y, gamma: &gamma, beta: &beta, stats: &stats, epsilon: 1e-3 };
            // what the maximum passes on, and a ReLU
            let gout = values(groups * c, 15);
            let mut gz = vec![0.0; y.len()];
            for at in 0..groups * c {
                if !relu || pooled.values[at] > 0.0 {
                    gz[(at / c * k + pooled.members[at] as usize) * c + at % c] = gout[at];
                }
            }
            let view = PooledView { values: &pooled.values, members: &pooled.members };
            let found = norm_max_backward(&state, view, &gout, relu, k);
            let right = state.backward(&gz, false);
            close(&found.y, right.y.into_iter().map(f64::from));
            close(&found.gamma, right.gamma.into_iter().map(f64::from));
        }
    }
}

#[test]
fn gathered_rows() {
    for &[rows, c] in SIZES {
        for (k, clouds) in [(1, 1), (3, 2)] {
            let (points, centers) = (values(clouds * rows * c, 16), values(clouds * 2 * c, 17));
            // the first and the last row of each cloud among them
            let index = |i: usize| (i / (2 * k) * rows + [0, rows - 1, i % rows][i % 3]) as i32;
            let indices: Vec<i32> = (0..clouds * 2 * k).map(index).collect();
            let out = relative(&points, &centers, c, &indices, k);
            let at = |i: usize| f64::from(points[indices[i / c] as usize * c + i % c]);
            close(&out, (0..indices.len() * c).map(|i| at(i) - f64::from(centers[i / c / k * c + i % c])));
            let mut sums = vec![0f64; points.len()];
            for i in 0..out.len() {
                sums[indices[i / c] as usize * c + i % c] += f64::from(out[i]);
            }
            close(&scatter_add(&out, c, &indices, clouds * rows, clouds), sums);
            let centers =
                (0..clouds * 2 * c).map(|i| -(0..k).map(|j| f64::from(out[(i / c * k + j) * c + i % c])).sum::<f64>());
            close(&center_gradient(&out, c, k), centers);
            let weights = values(indices.len(), 18);
            let found = interpolate(&points, c, &indices, &weights, k);
            let term = |i: usize, j: usize| {
                let place = i / c * k + j;
                f64::from(weights[place]) * f64::from(points[indices[place] as usize * c + i % c])
            };
            close(&found, (0..found.len()).map(|i| (0..k).map(|j| term(i, j)).sum()));
            let mut sums = vec![0f64; points.len()];
            for (place, &index) in indices.iter().enumerate() {
                for i in 0..c {
                    sums[index as usize * c + i] += f64::from(weights[place]) * f64::from(found[place / k * c + i]);
                }
            }
            close(&interpolate_backward(&found, c, &indices, &weights, k, clouds * rows, clouds), sums);
        }
    }
}

#[test]
fn indices_out_of_range_panic() {
    let outside = |indices: &[i32]| {
        let points = values(4 * 3, 1);
        let indices = indices.to_vec();
        [
            std::panic::catch_unwind({
                let (points, indices) = (points.clone(), indices.clone());
                move || relative(&points, &[0.0; 3], 3, &indices, 1).len()
            }),
            std::panic::catch_unwind({
                let (points, indices) = (points.clone(), indices.clone());
                move || interpolate(&points, 3, &indices, &[1.0], 1).len()
            }),
            std::panic::catch_unwind(move || scatter_add(&[0.0; 3], 3, &indices, 4, 1).len()),
        ]
    };
    assert!(outside(&[3]).into_iter().all(|result| result.is_ok()));
    for index in [4, -1, i32::MIN, i32::MAX] {
        assert!(outside(&[index]).into_iter().all(|result| result.is_err()), "{index}");
    }
}

#[test]
fn losses() {
    for &[rows, classes] in SIZES {
        let (logits, weights) = (values(rows * classes, 19), values(rows, 20));
        let targets: Vec<i32> = (0..rows).map(|row| [0, classes - 1][row % 2] as i32).collect();
        let n = weights.iter().filter(|w| **w != 0.0).count().max(1) as f64;
        let softmax = |row: usize, class: usize| {
            let row = &logits[row * classes..][..classes];
            f64::from(row[class]).exp() / row.iter().map(|v| f64::from(*v).exp()).sum::<f64>()
        };
        let loss: f64 = (0..rows).map(|r| -softmax(r, targets[r] as usize).ln() * f64::from(weights[r])).sum();
        close(&[cross_entropy(&logits, classes, &targets, &weights, 0.0)], [loss / n]);
        let gradient = (0..rows * classes).map(|i| {
            let right = f64::from(u8::from(targets[i / classes] as usize == i % classes));
            (softmax(i / classes, i % classes) - right) * f64::from(weights[i / classes]) * 2.0 / n
        });
        close(&cross_entropy_backward(&logits, classes, &targets, &weights, [2.0, 0.0]), gradient);
    }
}

#[test]
fn rows_of_length_one() {
    for &[rows, c] in SIZES {
        let (x, gout) = (values(rows * c, 21), values(rows * c, 22));
        let (unit, inverse) = unit_rows(&x, c);
        close(&unit, (0..rows * c).map(|i| f64::from(x[i]) * f64::from(inverse[i / c])));
        let gx = unit_rows_backward(&x, &inverse, &gout, c);
        let along = |r: usize| (0..c).map(|i| f64::from(gout[r * c + i]) * f64::from(unit[r * c + i])).sum::<f64>();
        let right = |i: usize| (f64::from(gout[i]) - f64::from(unit[i]) * along(i / c)) * f64::from(inverse[i / c]);
        if x.iter().all(|v| v.abs() > 0.0) {
            close(&gx, (0..rows * c).map(right));
        }
    }
}

#[test]
fn latent_nodes() {
    for &[points, d] in SIZES {
        let shape = Shape { clouds: 2, points, nodes: d, channels: 5 };
        let (relation, features) = (values(2 * points * d, 23), values(2 * points * 5, 24));
        for unit in [UnitLength::OverPoints, UnitLength::OverNodes] {
            let (latent, inverse) = to_latent(&relation, &features, shape, unit);
            assert_eq!(latent.len(), 2 * d * 5);
            let (ga, gx) = to_latent_backward(&relation, &features, &latent, &inverse, &latent, shape, unit);
            assert!(ga.len() == relation.len() && gx.len() == features.len());
            assert!(ga.iter().chain(&gx).all(|value| value.is_finite()));
        }
        let latent = values(2 * d * 5, 25);
        let (found, inverse) = from_latent(&relation, &latent, shape);
        let right = |row: usize, i: usize| {
            let sum =
                (0..d).map(|n| f64::from(relation[row * d + n]) * f64::from(latent[(row / points * d + n) * 5 + i]));
            sum.sum::<f64>() * f64::from(inverse[row])
        };
        close(&found, (0..2 * points * 5).map(|i| right(i / 5, i % 5)));
        let (ga, glatent) = from_latent_backward(&relation, &latent, &inverse, &found, shape);
        assert!(ga.len() == relation.len() && glatent.len() == latent.len());
        let nodes = propagate(&latent, d, 5);
        let row_sums = nodes.affinity.chunks_exact(d).map(|row| row.iter().sum::<f32>());
        close(&row_sums.collect::<Vec<_>>(), vec![1.0; 2 * d]);
        let gradient = propagate_backward(&latent, &nodes.affinity, &nodes.inverse, &nodes.latent, d, 5);
        assert!(gradient.len() == latent.len() && gradient.iter().all(|value| value.is_finite()));
    }
}

#[test]
fn sums_of_squares() {
    for len in [0, 1, 100, 40_000] {
        let values = values(len, 31);
        let right: f64 = values.iter().map(|v| f64::from(*v).powi(2)).sum();
        let n = len.max(1) as f32;
        close(&[sum_of_squares(&values) / n], [right / f64::from(n)]);
    }
}

#[test]
fn steps_of_adam() {
    let step =
        AdamStep { beta_1: 0.9, beta_2: 0.99, correction: 0.5, epsilon: 1e-3, decay: 0.1, shrink: 0.9, rate: 0.01 };
    for len in [0, 1, 7, 16, 33] {
        let [w, g, m, v] = [26, 27, 28, 29].map(|seed| values(len, seed));
        let v: Vec<f32> = v.iter().map(|v| v.abs()).collect();
        let [w_next, m_next, v_next] = adam(&w, &g, &m, &v, &step);
        let gradient = |i: usize| f64::from(w[i]) * 0.1 + f64::from(g[i]);
        close(&m_next, (0..len).map(|i| f64::from(m[i]) * 0.9 + gradient(i) * 0.1));
        close(&v_next, (0..len).map(|i| f64::from(v[i]) * 0.99 + gradient(i).powi(2) * 0.01));
        let root = |i: usize| f64::from(v_next[i]).sqrt() + 1e-3;
        close(&w_next, (0..len).map(|i| f64::from(w[i]) * 0.9 - f64::from(m_next[i]) * 0.5 / root(i) * 0.01));
    }
}
