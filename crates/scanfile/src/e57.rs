//! E57, of terrestrial laser scanners: one or several scans, each with its pose.

use crate::{Cloud, unreadable};
use e57::{CartesianCoordinate, E57Reader};
use scannet::{ColorRange, Problem};
use std::path::Path;

pub fn read(path: &Path) -> Result<Cloud, Problem> {
    let wrong = |cause| unreadable("E57", cause);
    let mut reader = E57Reader::from_file(path).map_err(wrong)?;
    let mut cloud = Cloud { range: Some(ColorRange::Real), ..Cloud::default() };
    let (mut unplaced, mut colorless) = (0, 0);
    for scan in reader.pointclouds() {
        let mut points = reader.pointcloud_simple(&scan).map_err(wrong)?;
        // intensities are no colours
        points.intensity_to_color(false);
        for point in points {
            let point = point.map_err(wrong)?;
            let CartesianCoordinate::Valid { x, y, z } = point.cartesian else {
                unplaced += 1;
                continue;
            };
            colorless += usize::from(point.color.is_none());
            let color = point.color.map_or([0.0; 3], |c| [c.red, c.green, c.blue].map(f64::from));
            cloud.coord.push([x, y, z]);
            cloud.color.push(color);
        }
    }
    if unplaced > 0 {
        cloud.notes.push(format!("{} without a position left out", scannet::count(unplaced, "point is|points are")));
    }
    if colorless > 0 && colorless < cloud.coord.len() {
        cloud.notes.push(format!("{} no colour and black", scannet::count(colorless, "point has|points have")));
    }
    Ok(cloud)
}
