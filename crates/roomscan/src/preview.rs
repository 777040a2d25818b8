//! Pictures of a scan, seen from above. Back faces are culled, so that the walls in front do not hide the room.

use crate::config::RoomError;
use crate::math::{Pose, V3, add, cross, dot, scale, sub};
use crate::room::ScannedRoom;
use crate::scan::{NO_TRIANGLE, Raster, View, look_at, vertex_normals};
use labelset::{LabelSet, NO_CLASS};
use std::path::Path;

/// Bright, but not white as walls are.
const BACKGROUND: [u8; 3] = [228, 232, 238];

/// The colours of a preview.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The colours of the scan.
    Rgb,
    /// ScanNet's class colours; vertices outside the twenty classes are dark grey.
    Classes,
    /// A colour for each segment.
    Segments,
}

/// The viewpoint and size of a preview.
#[derive(Clone, Copy, Debug)]
pub struct Viewpoint {
    /// Rotation about z in radians; 0 looks along +y of the aligned room.
    pub azimuth: f32,
    /// Angle above the horizon in radians, clamped to -1.5..=1.5.
    pub elevation: f32,
    /// Width of the picture in pixels, clamped to 16..=8192.
    pub width: usize,
    /// Height of the picture in pixels, clamped to 16..=8192.
    pub height: usize,
}

impl Default for Viewpoint {
    fn default() -> Self {
        Viewpoint { azimuth: 0.6, elevation: 0.85, width: 960, height: 720 }
    }
}

/// Renders `room` in about 50 ms and returns `(width, height, pixels)`, with three RGB bytes per pixel, row by row from
/// the top left.
pub fn preview(room: &ScannedRoom, paint: Paint, from: &Viewpoint) -> (usize, usize, Vec<u8>) {
    let ids = room.nyu40();
    let color: Vec<[u8; 3]> = match paint {
        Paint::Rgb => room.color.clone(),
        Paint::Classes => class_colors(&ids),
        Paint::Segments => room
            .segments
            .iter()
            .map(|&s| crate::math::hash3(s as i32, 1, 2, 3).to_le_bytes())
            .map(|b| [b[0] / 2 + 90, b[1] / 2 + 90, b[2] / 2 + 90])
            .collect(),
    };
    let mut coord = room.coord.clone();
    scannet::meta::transform(&room.axis_alignment, &mut coord);
    preview_mesh(&coord, &room.faces, &color, paint != Paint::Rgb, from)
}

fn class_colors(nyu40_ids: &[i32]) -> Vec<[u8; 3]> {
    let labels = LabelSet::scannet20();
    let color = |class| if class == NO_CLASS { [60, 60, 60] } else { labels.color_of(class) };
    labels.classes_of_ids(nyu40_ids).into_iter().map(color).collect()
}

/// Renders any mesh as [`preview`] renders a room, with a colour for each vertex. `shaded` lights surfaces by their
/// direction, which class colours need to show shape. Vertices without faces are invisible.
///
/// # Panics
/// If the numbers of colours and vertices differ, or a face has an index out of range.
pub fn preview_mesh(
    coord: &[[f32; 3]],
    faces: &[[u32; 3]],
    color: &[[u8; 3]],
    shaded: bool,
    from: &Viewpoint,
) -> (usize, usize, Vec<u8>) {
    assert_eq!(coord.len(), color.len(), "each vertex needs a colour");
    let (width, height) = (from.width.clamp(16, 8192), from.height.clamp(16, 8192));
    let (mut low, mut high) = ([f32::MAX; 3], [f32::MIN; 3]);
    for p in coord {
        for a in 0..3 {
            low[a] = low[a].min(p[a]);
            high[a] = high[a].max(p[a]);
        }
    }
    let mut pixels = BACKGROUND.repeat(width * height);
    if coord.is_empty() {
        return (width, height, pixels);
    }
    let middle: V3 = std::array::from_fn(|a| (low[a] + high[a]) / 2.0);
    let radius = (0..3).map(|a| (high[a] - low[a]) * (high[a] - low[a])).sum::<f32>().sqrt() / 2.0;
    let (s, c) = from.azimuth.sin_cos();
    // Looking straight down, the camera would have no up direction.
    let (up, out) = from.elevation.clamp(-1.5, 1.5).sin_cos();
    let away = radius * 3.0;
    let eye = [middle[0] - s * out * away, middle[1] - c * out * away, middle[2] + up * away];
    let mut pose = look_at(eye, middle);
    let bounds = |pose: &Pose| {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for p in coord {
            let q = pose.unapply(*p);
            for a in 0..2 {
                low[a] = low[a].min(q[a] / q[2]);
                high[a] = high[a].max(q[a] / q[2]);
            }
        }
        (low, high)
    };
    // Move the camera sideways until the mesh is in the middle of the picture.
    let (low, high) = bounds(&pose);
    for a in 0..2 {
        pose.origin = add(pose.origin, scale(pose.axes[a], (low[a] + high[a]) / 2.0 * away));
    }
    let (low, high) = bounds(&pose);
    let eye = pose.origin;
    let half = |a: usize| low[a].abs().max(high[a].abs()).max(1e-3);
    // Draw at twice the size and average, against aliasing.
    let focal = 0.96 * (width as f32 / half(0)).min(height as f32 / half(1));
    let view = View { pose, focal };
    let normal = vertex_normals(coord, faces);
    let shown: Vec<[u32; 3]> = (faces.iter())
        .filter(|f| {
            let [a, b, c] = f.map(|i| coord[i as usize]);
            dot(cross(sub(b, a), sub(c, a)), sub(eye, a)) > 0.0
        })
        .copied()
        .collect();
    let corners: Vec<[V3; 3]> = shown.iter().map(|f| f.map(|i| coord[i as usize])).collect();
    let mut image = Raster::new(2 * width, 2 * height);
    image.draw(&view, &corners);
    let lamp = crate::math::unit([0.3, -0.4, 0.85]);
    let face_color: Vec<[u16; 3]> = shown
        .iter()
        .map(|f| {
            let light: f32 = f.iter().map(|&i| 0.62 + 0.38 * dot(normal[i as usize], lamp).max(0.0)).sum::<f32>() / 3.0;
            std::array::from_fn(|a| {
                let mean = f.iter().map(|&i| f32::from(color[i as usize][a])).sum::<f32>() / 3.0;
                (if shaded { mean * light } else { mean }) as u16
            })
        })
        .collect();
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0; 3];
            for k in 0..4 {
                let t = image.triangle[(2 * y + k / 2) * 2 * width + 2 * x + k % 2];
                let c = if t == NO_TRIANGLE { BACKGROUND.map(u16::from) } else { face_color[t as usize] };
                (0..3).for_each(|a| sum[a] += c[a]);
            }
            (0..3).for_each(|a| pixels[(y * width + x) * 3 + a] = (sum[a] / 4) as u8);
        }
    }
    (width, height, pixels)
}

/// Joins pictures of equal height from left to right.
///
/// # Panics
/// If their heights differ.
pub fn side_by_side(pictures: &[(usize, usize, Vec<u8>)]) -> (usize, usize, Vec<u8>) {
    let height = pictures.first().map_or(0, |p| p.1);
    assert!(pictures.iter().all(|p| p.1 == height), "pictures must have the same height");
    let row = |y: usize| {
        pictures.iter().flat_map(move |(width, _, pixels)| &pixels[y * width * 3..(y + 1) * width * 3]).copied()
    };
    (pictures.iter().map(|p| p.0).sum(), height, (0..height).flat_map(row).collect())
}

/// Writes a picture, such as [`preview`] returns, to a PNG file.
///
/// # Errors
/// [`RoomError::Picture`] if the size and the number of bytes do not match, [`RoomError::Write`] if the file cannot be
/// written.
pub fn write_png(path: impl AsRef<Path>, (width, height, pixels): &(usize, usize, Vec<u8>)) -> Result<(), RoomError> {
    let path = path.as_ref();
    let fault = |detail: String| RoomError::Picture { detail, path: path.to_path_buf() };
    let size = |n: usize| u32::try_from(n).map_err(|_| fault(format!("a side of {n} pixels is too long")));
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, size(*width)?, size(*height)?);
    encoder.set_color(png::ColorType::Rgb);
    encoder.set_depth(png::BitDepth::Eight);
    let mut writer = encoder.write_header().map_err(|e| fault(e.to_string()))?;
    writer.write_image_data(pixels).map_err(|e| fault(e.to_string()))?;
    writer.finish().map_err(|e| fault(e.to_string()))?;
    scannet::atomic::write_bytes(path, &bytes)?;
    Ok(())
}
