//! What a network wants of the geometry of its input.

use pointops::PointError;

/// Which points belong to the group of a center.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Grouping {
    /// The first points in index order within a radius, filled up with the first of them: PointNet++'s ball query.
    Ball {
        /// Radius of a group in metres.
        radius: f32,
        /// Members of a group.
        neighbors: usize,
    },
    /// The nearest points.
    Nearest {
        /// Members of a group, at most as many as the level below has points.
        neighbors: usize,
    },
}

/// How one level is made from the one below.
#[derive(Debug, Clone, PartialEq)]
pub enum LevelSpec {
    /// Some of the points below, by farthest point sampling from the first point on, each with its groups.
    Sampled {
        /// Points kept.
        points: usize,
        /// The groups of every point kept; several for multi-scale grouping.
        groupings: Vec<Grouping>,
    },
    /// One point a cloud that groups all points below (group-all). It lies in the middle of the input's bounding box, where the
    /// authors' objects have their origin.
    All,
}

impl LevelSpec {
    /// A level of one ball query.
    pub fn ball(points: usize, radius: f32, neighbors: usize) -> Self {
        LevelSpec::Sampled { points, groupings: vec![Grouping::Ball { radius, neighbors }] }
    }

    /// Points that the level has in every cloud.
    pub fn points(&self) -> usize {
        match self {
            LevelSpec::Sampled { points, .. } => *points,
            LevelSpec::All => 1,
        }
    }

    /// Members of the groups of each grouping, where the level below has so many points.
    pub fn members(&self, points_below: usize) -> Vec<usize> {
        match self {
            LevelSpec::Sampled { groupings, .. } => groupings.iter().map(Grouping::neighbors).collect(),
            LevelSpec::All => vec![points_below],
        }
    }
}

impl Grouping {
    /// Members of a group.
    pub fn neighbors(&self) -> usize {
        match self {
            Grouping::Ball { neighbors, .. } | Grouping::Nearest { neighbors } => *neighbors,
        }
    }
}

/// All levels, from the finest. Without any, a network sees points that know nothing of each other.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PyramidSpec {
    /// How each level is made.
    pub levels: Vec<LevelSpec>,
}

/// Why a pyramid cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum PyramidError {
    /// The points are not so many clouds of equal size.
    #[error("{points} points are not {clouds} clouds of equal size")]
    UnequalClouds {
        /// Points given.
        points: usize,
        /// Clouds asked for.
        clouds: usize,
    },
    /// The points are not usable.
    #[error("the input of the point pyramid: {source}")]
    Input {
        /// What is wrong with them.
        source: PointError,
    },
    /// The geometry of a level failed.
    #[error("level {level} of the point pyramid: {source}")]
    Level {
        /// Level, from 1.
        level: usize,
        /// What failed.
        source: PointError,
    },
}
