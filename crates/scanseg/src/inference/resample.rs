//! Scans with fewer or more points than networks were trained on.

use crate::error::Result;
use pointops::{FacePoint, FaceSize};
use scannet::Scene;

/// Distance of points on large faces, in metres.
const SPACING: f32 = 0.03;
/// Faces with longer edges than this are large, in metres.
const LARGE: f64 = 0.1;
/// Share of a mesh's surface in large faces from which on they get points.
const SHARE: f64 = 0.1;
/// Most points that are put on faces.
const MOST_ADDED: f64 = 4e6;
/// Of clouds with more points than this, one in each cell is labelled.
const MOST: usize = 3_000_000;
/// Side of such a cell in metres.
const CELL: f32 = 0.01;

/// A scan as a network should see it.
pub(super) struct Resampled {
    pub scene: Scene,
    pub back: Back,
    /// What was done, for the user.
    pub note: Option<String>,
}

/// The way back from the points of the scene to the vertices of the scan.
pub(super) enum Back {
    /// The first points are the vertices, and there may be more.
    First(usize),
    /// The point of each vertex.
    Of(Vec<u32>),
}

impl Resampled {
    /// Adds points on the faces of a mesh whose flat parts have few vertices, and takes one point in 1 cm of a cloud of
    /// millions. Other scans stay as they are.
    pub fn new(scene: Scene, faces: &[[u32; 3]]) -> Result<Self> {
        let vertices = scene.coord.len();
        match () {
            _ if !faces.is_empty() => Resampled::filled(scene, faces),
            _ if vertices > MOST => Resampled::thinned(scene),
            _ => Ok(Resampled { scene, back: Back::First(vertices), note: None }),
        }
    }

    fn filled(mut scene: Scene, faces: &[[u32; 3]]) -> Result<Self> {
        let vertices = scene.coord.len();
        let (mut all, mut large_area, mut large, mut sizes) = (0.0, 0.0, Vec::new(), Vec::new());
        for face in faces {
            let size = pointops::face_size(face.map(|corner| scene.coord[corner as usize]));
            all += size.area;
            if size.longest_edge > LARGE {
                large.push(*face);
                large_area += size.area;
                sizes.push(size);
            }
        }
        if large_area < SHARE * all || large_area == 0.0 {
            return Ok(Resampled { scene, back: Back::First(vertices), note: None });
        }
        let mut spacing = SPACING;
        // a narrow face has a row of points at least
        let points = |size: &FaceSize, spacing: f64| (size.area / spacing.powi(2)).max(size.longest_edge / spacing);
        while sizes.iter().map(|size| points(size, spacing.into())).sum::<f64>() > MOST_ADDED {
            spacing *= 1.5;
        }
        let points = pointops::fill_faces(&scene.coord, &large, spacing)?;
        extend(&mut scene.coord, &points, &large);
        scene.color.iter_mut().for_each(|color| extend(color, &points, &large));
        if let Some(normal) = &mut scene.normal {
            extend(normal, &points, &large);
            for n in &mut normal[vertices..] {
                let length = n.iter().map(|v| v * v).sum::<f32>().sqrt();
                *n = n.map(|v| if length > 0.0 { v / length } else { 0.0 });
            }
        }
        let note = format!(
            "{:.0} % of its surface is in large triangles; {} on them for the network",
            100.0 * large_area / all,
            scannet::count(points.len(), "point was put|points were put")
        );
        Ok(Resampled { scene, back: Back::First(vertices), note: Some(note) })
    }

    fn thinned(mut scene: Scene) -> Result<Self> {
        let vertices = scene.coord.len();
        let cells = pointops::voxelize(&scene.coord, CELL)?;
        let take = |values: &mut Vec<[f32; 3]>| *values = cells.first.iter().map(|&i| values[i as usize]).collect();
        take(&mut scene.coord);
        scene.color.iter_mut().for_each(take);
        scene.normal.iter_mut().for_each(take);
        let note =
            format!("it has {vertices} points; one in each cubic centimetre is labelled, and the others get its label");
        Ok(Resampled { scene, back: Back::Of(cells.inverse), note: Some(note) })
    }
}

impl Back {
    /// What the vertices have, of what the points have.
    pub fn of_vertices<T: Copy>(&self, mut values: Vec<T>) -> Vec<T> {
        match self {
            Back::Of(points) => points.iter().map(|&point| values[point as usize]).collect(),
            Back::First(vertices) => {
                values.truncate(*vertices);
                values
            }
        }
    }
}

fn extend(values: &mut Vec<[f32; 3]>, points: &[FacePoint], faces: &[[u32; 3]]) {
    let added: Vec<[f32; 3]> = points.iter().map(|point| point.mean(faces, values)).collect();
    values.extend(added);
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scene(coord: Vec<[f32; 3]>) -> Scene {
        let color = Some(coord.iter().map(|p| p.map(|v| v * 50.0)).collect());
        let normal = Some(vec![[0.0, 0.0, 1.0]; coord.len()]);
        Scene { id: "scan".into(), coord, color, normal, segment: None, instance: None }
    }

    #[test]
    fn large_faces_get_points_with_everything_that_vertices_have() {
        let corners = vec![[0.0, 0.0, 0.0], [3.0, 0.0, 0.0], [3.0, 3.0, 0.0], [0.0, 3.0, 0.0]];
        let resampled = Resampled::new(scene(corners.clone()), &[[0, 1, 2], [0, 2, 3]]).unwrap();
        let n = resampled.scene.coord.len();
        assert!((9_000..14_000).contains(&n), "{n}");
        assert_eq!(resampled.scene.coord[..4], corners);
        let (color, normal) = (resampled.scene.color.as_ref().unwrap(), resampled.scene.normal.as_ref().unwrap());
        for (p, (c, n)) in resampled.scene.coord.iter().zip(color.iter().zip(normal)) {
            assert!(
                (0..3).all(|a| (c[a] - 50.0 * p[a]).abs() < 0.01) && (n[2] - 1.0).abs() < 1e-5,
                "{p:?} {c:?} {n:?}"
            );
        }
        assert!(resampled.note.as_ref().unwrap().starts_with("100 % of its surface"), "{:?}", resampled.note);
        assert_eq!(resampled.back.of_vertices((0..n).collect()), [0, 1, 2, 3]);
        // fine meshes and clouds stay as they are
        let fine = |i: i32| [(i % 50) as f32 * 0.02, (i / 50) as f32 * 0.02, 0.0];
        let fine = scene((0..2500).map(fine).collect());
        for faces in [&[[0, 1, 50], [1, 51, 50]][..], &[]] {
            let resampled = Resampled::new(fine.clone(), faces).unwrap();
            assert!(resampled.scene == fine && resampled.note.is_none());
            assert_eq!(resampled.back.of_vertices(vec![7; 2500]), [7; 2500]);
        }
    }

    #[test]
    fn of_millions_of_points_one_in_a_centimetre_is_labelled() {
        let places = 1000 * 200;
        let at = |i: usize| [(i % 1000) as f32 * 0.01 + 0.005, (i / 1000 % 200) as f32 * 0.01 + 0.005, 0.0];
        let resampled = Resampled::new(scene((0..MOST + 1).map(at).collect()), &[]).unwrap();
        let n = resampled.scene.coord.len();
        assert!((places * 8 / 10..=places).contains(&n), "{n}");
        let found = resampled.back.of_vertices(resampled.scene.coord.clone());
        assert_eq!(found.len(), MOST + 1);
        assert!(found.iter().enumerate().all(|(i, p)| pointops::squared_distance(*p, at(i)).sqrt() < 0.02));
        assert!(resampled.note.unwrap().contains("3000001 points"));
    }
}
