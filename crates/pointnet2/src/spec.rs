//! The geometry that a network needs of its input.

use crate::error::NetworkError;
use pointops::{MAX_GROUP, Weighting};

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
        /// Members of a group, at most the points of the level below.
        neighbors: usize,
    },
}

/// How one level is made from the one below.
#[derive(Debug, Clone, PartialEq)]
pub enum LevelSpec {
    /// Some of the points below, by farthest point sampling that starts at the first point, each with its groups.
    Sampled {
        /// Points kept.
        points: usize,
        /// The groups of every point kept; several for multi-scale grouping.
        groupings: Vec<Grouping>,
        /// The groups of the kept points among themselves, for networks with layers within a level.
        own: Option<Grouping>,
    },
    /// One point per cloud that groups all points below (group-all). It lies in the middle of the input's bounding box,
    /// where the authors' objects have their origin.
    All,
}

impl LevelSpec {
    /// A level of one ball query.
    pub fn ball(points: usize, radius: f32, neighbors: usize) -> Self {
        LevelSpec::Sampled { points, groupings: vec![Grouping::Ball { radius, neighbors }], own: None }
    }

    /// Points of the level in every cloud.
    pub fn points(&self) -> usize {
        match self {
            LevelSpec::Sampled { points, .. } => *points,
            LevelSpec::All => 1,
        }
    }

    /// Members of the groups of each grouping, where the level below has `points_below` points.
    pub fn members(&self, points_below: usize) -> Vec<usize> {
        match self {
            LevelSpec::Sampled { groupings, .. } => groupings.iter().map(Grouping::neighbors).collect(),
            LevelSpec::All => vec![points_below],
        }
    }

    /// Members of the groups of the level's own points; 0 without such groups.
    pub fn own_members(&self) -> usize {
        match self {
            LevelSpec::Sampled { own: Some(own), .. } => own.neighbors(),
            _ => 0,
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

/// All levels, from the finest. Without any, a network sees points without neighbourhoods.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct PyramidSpec {
    /// How each level is made.
    pub levels: Vec<LevelSpec>,
    /// How the weights fall with distance where features flow from a level to the one below.
    pub interpolation: Weighting,
}

impl PyramidSpec {
    /// Checks that the levels can be found in clouds of `points` points.
    ///
    /// # Errors
    /// If a level keeps or groups more points than the level below has, a group has no members or far more than there
    /// are points, or a radius is not a positive number.
    pub fn check(&self, points: usize) -> Result<(), NetworkError> {
        let mut below = points;
        for (level, number) in self.levels.iter().zip(1..) {
            let LevelSpec::Sampled { points, groupings, own } = level else {
                below = 1;
                continue;
            };
            if !(1..=below).contains(points) {
                return Err(NetworkError::TooManyPoints { level: number, points: *points, below });
            }
            let own = own.iter().map(|grouping| (grouping, *points));
            for (grouping, below) in groupings.iter().map(|grouping| (grouping, below)).chain(own) {
                let name = |what: &str| format!("{what} of level {number}");
                match *grouping {
                    Grouping::Ball { neighbors: 0, .. } | Grouping::Nearest { neighbors: 0 } => {
                        return crate::error::check_positive(name("the number of neighbors"), 0);
                    }
                    Grouping::Ball { radius, neighbors } => {
                        crate::error::check_radius(name("the radius"), radius)?;
                        let (most, range) = (below.max(MAX_GROUP), "at most 65536, or the points of the level below");
                        crate::error::check(neighbors <= most, name("the number of neighbors"), neighbors, range)?;
                    }
                    Grouping::Nearest { neighbors } if neighbors > below => {
                        return Err(NetworkError::TooManyNeighbors { level: number, neighbors, below });
                    }
                    Grouping::Nearest { .. } => {}
                }
            }
            below = *points;
        }
        Ok(())
    }
}
