//! kiddo's k-d tree, made fast for duplicates and exact to the last bit.
//!
//! The tree's distances may round differently, and queries would slow down with the number of equal points. So the tree
//! holds each distinct point once, and its answers are only candidates within a margin: distances, ties and limits are
//! those of the rest of the crate.

use std::num::NonZero;

use kiddo::{ImmutableKdTree, SquaredEuclidean};

use super::{ball::LowestIds, key, key_distance};
use crate::{PointError, squared_distance};

#[derive(Debug)]
pub(crate) struct Tree {
    tree: ImmutableKdTree<f32, 3>,
    /// Distinct points; the indices of the u-th are `ids[starts[u]..starts[u + 1]]`, ascending.
    points: Vec<[f32; 3]>,
    starts: Vec<u32>,
    ids: Vec<u32>,
}

impl Tree {
    pub fn build(points: &[[f32; 3]]) -> Result<Self, PointError> {
        // -0.0 and 0.0 are the same coordinate.
        let bits = |i: u32| points[i as usize].map(|v| (v + 0.0).to_bits());
        let mut ids: Vec<u32> = (0..points.len() as u32).collect();
        ids.sort_unstable_by_key(|&i| (bits(i), i));
        let (mut distinct, mut starts) = (Vec::new(), vec![0]);
        for run in ids.chunk_by(|&a, &b| bits(a) == bits(b)) {
            distinct.push(points[run[0] as usize]);
            starts.push(starts[starts.len() - 1] + run.len() as u32);
        }
        let tree = ImmutableKdTree::new_from_slice(&distinct)
            .map_err(|error| PointError::KdTree { reason: error.to_string() })?;
        Ok(Self { tree, points: distinct, starts, ids })
    }

    pub fn len(&self) -> usize {
        self.ids.len()
    }

    /// Adds the points strictly within the squared radius to a set, at most the first `k` of equal ones.
    pub fn ball(&self, center: [f32; 3], squared: f32, k: usize, set: &mut LowestIds) {
        self.visit(center, squared, |distinct| {
            if squared_distance(self.points[distinct], center) < squared {
                for &id in self.same(distinct, k) {
                    set.insert(id);
                }
            }
        });
    }

    /// Finds the nearest `k` points, as sorted keys; fewer only if there are no more.
    pub fn nearest(&self, query: [f32; 3], k: usize, keys: &mut Vec<u64>) {
        keys.clear();
        // One more than wanted shows whether a tie or a rounding error may hide others.
        let want = NonZero::new(k.saturating_add(1).min(self.points.len())).unwrap_or(NonZero::<usize>::MIN);
        let found = self.tree.query(&query).nearest_n::<SquaredEuclidean<f32>>(want).execute();
        let mut farthest = 0f32;
        for item in &found {
            let distinct = item.item as usize;
            farthest = farthest.max(item.distance);
            let distance = squared_distance(self.points[distinct], query);
            keys.extend(self.same(distinct, k).iter().map(|&id| key(distance, id)));
        }
        keys.sort_unstable();
        let kth = keys.get(k - 1).map_or(f32::INFINITY, |&kth| key_distance(kth));
        let complete = found.len() == self.points.len() || farthest > margin(kth);
        if !complete {
            keys.clear();
            self.visit(query, kth, |distinct| {
                let distance = squared_distance(self.points[distinct], query);
                if distance <= kth {
                    keys.extend(self.same(distinct, k).iter().map(|&id| key(distance, id)));
                }
            });
            keys.sort_unstable();
        }
        keys.truncate(k);
    }

    /// Calls `each` for every distinct point within about the squared distance.
    fn visit(&self, center: [f32; 3], squared: f32, mut each: impl FnMut(usize)) {
        let limit = margin(squared);
        if limit.is_finite() {
            let query = self.tree.query(&center).within::<SquaredEuclidean<f32>>(limit);
            query.unsorted().visit(|item| each(item.item as usize));
        } else {
            (0..self.points.len()).for_each(each);
        }
    }

    /// The first `k` of the points equal to a distinct one.
    fn same(&self, distinct: usize, k: usize) -> &[u32] {
        let all = &self.ids[self.starts[distinct] as usize..self.starts[distinct + 1] as usize];
        &all[..all.len().min(k)]
    }
}

/// A bound for a squared distance that is rounded differently.
fn margin(squared: f32) -> f32 {
    squared * 1.0001 + 1e-36
}
