//! Configurations in TOML, and those that no network can be built from.

use crate::support::{shape, small};
use pointmodel::{NetworkConfig, NetworkShape};
use voxelcnn::VoxelCnnConfig;

#[test]
fn all_keys_can_be_set_and_have_defaults() {
    let file = "
        cell = 0.1
        grid = [11, 13, 16]
        cells_below_floor = 2
        channels = [3, 4]
        hidden = 6
        channel_dropout = 0.0
        dropout = 0.0
    ";
    assert_eq!(toml::from_str::<VoxelCnnConfig>(file).unwrap(), small());
    assert_eq!(toml::from_str::<VoxelCnnConfig>("").unwrap(), VoxelCnnConfig::default());
    let table = toml::Table::try_from(small()).unwrap();
    assert_eq!(table.try_into::<VoxelCnnConfig>().unwrap(), small());
    let message = toml::from_str::<VoxelCnnConfig>("cells = 1").unwrap_err().to_string();
    assert!(message.contains("unknown field `cells`, expected one of `cell`, `grid`"), "{message}");
}

#[test]
fn what_cannot_be_built_is_refused() {
    let valid = VoxelCnnConfig::default();
    valid.validate(&shape(1)).unwrap();
    let refuse = |config: VoxelCnnConfig, expected: &str| {
        let message = config.validate(&shape(1)).unwrap_err().to_string();
        assert!(message.contains(expected), "{message}");
    };
    for cell in [0.0, -1.0, f32::NAN, f32::INFINITY] {
        refuse(VoxelCnnConfig { cell, ..valid.clone() }, "; it must be a positive number of metres");
    }
    refuse(
        VoxelCnnConfig { grid: [31, 30, 62], ..valid.clone() },
        "grid is [31, 30, 62]; it must be odd along x and y",
    );
    refuse(VoxelCnnConfig { grid: [usize::MAX; 3], ..valid.clone() }, "it must be of at most 16777216 cells");
    refuse(VoxelCnnConfig { cells_below_floor: 62, ..valid.clone() }, "it must be fewer than the cells along z");
    refuse(
        VoxelCnnConfig { channels: vec![], ..valid.clone() },
        "channels is []; it must be one number for each stage",
    );
    refuse(VoxelCnnConfig { channels: vec![0], ..valid.clone() }, "channels is [0]");
    refuse(VoxelCnnConfig { hidden: usize::MAX, ..valid.clone() }, "at least 1 and at most 65536");
    refuse(VoxelCnnConfig { channel_dropout: 1.0, ..valid.clone() }, "channel_dropout is 1.0; it must be at least 0");
    refuse(VoxelCnnConfig { dropout: -0.1, ..valid.clone() }, "dropout is -0.1; it must be at least 0");
    refuse(
        VoxelCnnConfig { channels: vec![4; 5], ..valid.clone() },
        "grid is [31, 31, 62], and before stage 5 of 5 there are [1, 1, 2] cells left",
    );
    refuse(VoxelCnnConfig { grid: [7, 7, 9], ..valid.clone() }, "before stage 2 of 3 there are [3, 3, 3] cells left");
    let shape = NetworkShape { in_channels: 3, ..shape(1) };
    let message = valid.validate(&shape).unwrap_err().to_string();
    assert!(message.contains("set data.features = []"), "{message}");
}
