//! Voxels of small clouds, by hand.

use crate::support::{shape, small};
use burn::tensor::Device;
use pointmodel::{Network, NetworkConfig, Prepared, SearchOn};
use voxelcnn::VoxelCnnConfig;

/// Occupied and known in the line over a cell of the small grid, from below.
fn line(coord: &[[f32; 3]], x: usize, y: usize) -> Vec<[bool; 2]> {
    let grids = small().prepare(coord, 1, SearchOn::Host).unwrap();
    let cells: Vec<_> = grids.cells().collect();
    assert_eq!(cells.len(), 11 * 13 * 16);
    (0..16).map(|z| cells[(z * 13 + y) * 11 + x]).collect()
}

#[test]
fn what_has_a_surface_below_is_known() {
    // a floor and a table top over the origin
    let line_of = line(&[[0.0, 0.0, 0.05], [0.04, -0.04, 0.75]], 5, 6);
    let occupied: Vec<usize> = (0..16).filter(|&z| line_of[z][0]).collect();
    assert_eq!(occupied, [2, 9]);
    assert!((0..16).all(|z| line_of[z][1] == (z >= 2)), "{line_of:?}");
    // beside it nothing is known
    assert!(line(&[[0.0, 0.0, 0.05]], 4, 6).iter().all(|cell| *cell == [false; 2]));
}

#[test]
fn points_outside_the_grid_occupy_nothing_and_have_the_nearest_height() {
    let outside = [[0.0, 0.0, -0.21], [0.0, 0.0, 1.41], [0.56, 0.0, 0.0], [0.0, -0.66, 0.31]];
    let grids = small().prepare(&outside, 1, SearchOn::Host).unwrap();
    assert!(grids.cells().all(|cell| cell == [false; 2]));
    assert_eq!(grids.levels().collect::<Vec<_>>(), [0, 15, 2, 5]);
    let far = [[f32::MAX, f32::MIN, f32::MAX], [0.0, 0.0, f32::MIN]];
    let grids = small().prepare(&far, 1, SearchOn::Host).unwrap();
    assert_eq!(grids.levels().collect::<Vec<_>>(), [15, 0]);
}

#[test]
fn points_of_one_height_have_the_scores_of_the_column() {
    let coord = [[0.0, 0.0, 0.31], [0.04, 0.0, 0.35], [0.3, 0.2, 0.39], [0.0, 0.0, 0.45]];
    let device = Device::flex();
    let network = small().init(&shape(2), &device);
    // two clouds of two points
    let grids = small().prepare(&coord, 2, SearchOn::Host).unwrap().into_device(&device);
    let columns: Vec<f32> = network.columns(&grids).into_data().try_to_vec().unwrap();
    let scores: Vec<f32> = network.forward(&grids, None).into_data().try_to_vec().unwrap();
    let rows = [5, 5, 16 + 5, 16 + 6];
    let expected: Vec<f32> = rows.into_iter().flat_map(|row| columns[row * 4..][..4].to_vec()).collect();
    assert_eq!(scores, expected);
}

#[test]
fn the_published_grid_is_that_of_the_crop() {
    // with crop.size = 0.048 and crop.margin = 0.72, the outermost points lie in the outermost cells
    let (config, edge) = (VoxelCnnConfig::default(), 0.7439);
    let coord = [[-edge, -edge, -0.095], [edge, edge, 2.879]];
    let grids = config.prepare(&coord, 1, SearchOn::Host).unwrap();
    let occupied: Vec<usize> = (0..).zip(grids.cells()).filter(|(_, cell)| cell[0]).map(|(i, _)| i).collect();
    assert_eq!(occupied, [0, 31 * 31 * 62 - 1]);
}

#[test]
fn bad_clouds_are_refused() {
    let refuse = |coord: &[[f32; 3]], clouds, expected: &str| {
        let message = small().prepare(coord, clouds, SearchOn::Host).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    refuse(&[[0.0; 3]; 3], 2, "3 points are not 2 clouds of equal size");
    refuse(&[[0.0; 3]; 3], 0, "3 points are not 0 clouds");
    refuse(&[], 1, "0 points are not 1 clouds");
    refuse(&[[0.0; 3], [0.0, f32::NAN, 0.0]], 1, "point 1 are not finite");
}
