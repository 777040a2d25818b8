//! The rows of the table.

use serde::Serialize;

/// A row of the table: an experiment, and what was published for it.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Its name in options, folders and files.
    pub id: &'static str,
    /// Its name in the table.
    pub title: &'static str,
    /// The experiment, as TOML.
    pub experiment: &'static str,
    /// Whether it takes the table's recipe; the others have recipes of their own.
    pub takes_recipe: bool,
    /// The row that it is compared with.
    pub baseline: Option<&'static str>,
    /// What the authors of LatentGNN published for ScanNet.
    pub published: Published,
}

/// Published figures; accuracies in percent.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize)]
pub struct Published {
    /// Point ("pixel") accuracy.
    pub point: Option<f64>,
    /// Voxel accuracy.
    pub voxel: Option<f64>,
    /// Class point accuracy.
    pub class_point: Option<f64>,
    /// Class voxel accuracy.
    pub class_voxel: Option<f64>,
    /// What blocks add.
    pub added: Option<Added>,
}

/// Published costs of blocks, in millions.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Added {
    /// "FLOPs", which are multiply-accumulates.
    pub flops: f64,
    /// Parameters.
    pub params: f64,
}

/// The rows in the order of the published table (Zhang, Yan and He 2019, <https://arxiv.org/abs/1905.11634>), and
/// PointNeXt (Qian et al. 2022, <https://arxiv.org/abs/2206.04670>), which is not in it. A new row takes one entry here.
pub const ROWS: &[Row] = &[
    Row {
        id: "3dcnn",
        title: "3DCNN",
        experiment: include_str!("../../../../configs/voxelcnn.toml"),
        takes_recipe: false,
        baseline: None,
        published: Published { voxel: Some(73.0), ..NOTHING },
    },
    Row {
        id: "pointnet",
        title: "PointNet",
        experiment: include_str!("../../../../configs/pointnet.toml"),
        takes_recipe: true,
        baseline: None,
        published: Published { voxel: Some(73.9), ..NOTHING },
    },
    Row {
        id: "pointcnn",
        title: "PointCNN",
        experiment: include_str!("../../../../configs/pointcnn.toml"),
        takes_recipe: false,
        baseline: None,
        published: Published { point: Some(85.1), ..NOTHING },
    },
    Row {
        id: "ssg",
        title: "PointNet++ (SSG)",
        experiment: include_str!("../../../../configs/pointnet2-ssg.toml"),
        takes_recipe: true,
        baseline: None,
        published: accuracies([81.5, 83.2, 51.7, 53.1], None),
    },
    Row {
        id: "msg",
        title: "PointNet++ (MSG)",
        experiment: include_str!("../../../../configs/pointnet2-msg.toml"),
        takes_recipe: true,
        baseline: None,
        published: Published { voxel: Some(84.5), ..NOTHING },
    },
    Row {
        id: "nl",
        title: "SSG + non-local blocks",
        experiment: include_str!("../../../../configs/pointnet2-ssg+nl.toml"),
        takes_recipe: true,
        baseline: Some("ssg"),
        published: accuracies([82.3, 84.0, 53.1, 54.5], Some(Added { flops: 31.0, params: 0.70 })),
    },
    Row {
        id: "latentgnn1",
        title: "SSG + LatentGNN, 1 kernel",
        experiment: include_str!("../../../../configs/pointnet2-ssg+latentgnn1.toml"),
        takes_recipe: true,
        baseline: Some("ssg"),
        published: accuracies([82.6, 84.2, 53.2, 54.6], Some(Added { flops: 15.0, params: 0.31 })),
    },
    Row {
        id: "latentgnn3",
        title: "SSG + LatentGNN, 3 kernels",
        experiment: include_str!("../../../../configs/pointnet2-ssg+latentgnn3.toml"),
        takes_recipe: true,
        baseline: Some("ssg"),
        published: accuracies([83.7, 85.2, 56.0, 57.6], Some(Added { flops: 30.0, params: 0.54 })),
    },
    Row {
        id: "pointnext-s",
        title: "PointNeXt-S",
        experiment: include_str!("../../../../configs/pointnext-s.toml"),
        takes_recipe: true,
        baseline: Some("ssg"),
        published: NOTHING,
    },
    Row {
        id: "pointnext-b",
        title: "PointNeXt-B",
        experiment: include_str!("../../../../configs/pointnext-b.toml"),
        takes_recipe: true,
        baseline: Some("ssg"),
        published: NOTHING,
    },
];

const NOTHING: Published = Published { point: None, voxel: None, class_point: None, class_voxel: None, added: None };

const fn accuracies([point, voxel, class_point, class_voxel]: [f64; 4], added: Option<Added>) -> Published {
    Published {
        point: Some(point),
        voxel: Some(voxel),
        class_point: Some(class_point),
        class_voxel: Some(class_voxel),
        added,
    }
}

/// The row of a name.
pub fn row(id: &str) -> Option<&'static Row> {
    ROWS.iter().find(|row| row.id == id)
}
