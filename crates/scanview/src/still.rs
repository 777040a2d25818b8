//! Pictures of a scan, drawn on the CPU. Surfaces are seen from their front only, so that the walls and the ceiling that
//! are nearest do not hide the room.

use crate::colors;
use crate::math::{Pose, V3, add, cross, dot, norm, scale, sub, unit};
use crate::picture::Picture;
use crate::raster::{NO_TRIANGLE, Raster, View};
use crate::scan::{Scan, ViewError};

/// Bright, but not white as walls are.
const BACKGROUND: [u8; 3] = [228, 232, 238];

/// Side of the square that stands for a point without faces, relative to the spacing of points. Squares turned by 45°
/// against a grid of points need 1.42.
const SPLAT: f32 = 1.5;

/// What the colours of a picture mean. Predictions are named by their number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Paint {
    /// The colours of the scan; grey if it has none.
    Color,
    /// The classes of the annotation.
    Truth,
    /// Predicted classes.
    Prediction(usize),
    /// Where a prediction differs from the annotation: orange; where it agrees: grey-blue.
    Error(usize),
    /// The confidence of a prediction, from dark blue (0) to yellow (1).
    Confidence(usize),
    /// Directions: x, y and z as red, green and blue.
    Normal,
    /// Height above the lowest point, from dark blue to yellow.
    Height,
}

/// Where a scan is seen from, and the size of the picture.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Camera {
    /// Rotation about z in radians; 0 looks along +y.
    pub azimuth: f32,
    /// Angle above the horizon in radians, clamped to ±π/2, which looks straight down or up.
    pub elevation: f32,
    /// Distance from the middle of the scan, in radii of the scan, at least 1.5; from far away nothing looks slanted.
    pub distance: f32,
    /// Leaves out what is higher than this above the floor, in metres.
    pub cut: Option<f32>,
    /// Width of the picture in pixels, clamped to 16..=8192.
    pub width: usize,
    /// Height of the picture in pixels, clamped to 16..=8192.
    pub height: usize,
}

impl Default for Camera {
    fn default() -> Self {
        Camera { azimuth: 0.6, elevation: 0.85, distance: 3.0, cut: None, width: 960, height: 720 }
    }
}

/// A triangle, and which vertices give its colour.
struct Piece {
    corners: [V3; 3],
    color: [u8; 3],
}

/// Draws a scan: its faces, or squares in place of its points if it has none. What is
/// seen of the scan is in the middle of the picture and fills it; strays may be outside. The color of a face is the mean of its corners, and classes are shaded by the direction of the surface.
///
/// # Errors
/// If the scan is faulty, or lacks what it is painted by.
pub fn still(scan: &Scan, paint: Paint, camera: &Camera) -> Result<Picture, ViewError> {
    scan.check()?;
    let color = colors_of(scan, paint)?;
    let (width, height) = (camera.width.clamp(16, 8192), camera.height.clamp(16, 8192));
    let mut pixels = BACKGROUND.repeat(width * height);
    let limit = camera.cut.map_or(f32::INFINITY, |cut| scan.floor() + cut);
    let shown: Vec<V3> = scan.coord.iter().filter(|p| p[2] <= limit).copied().collect();
    if shown.is_empty() {
        return Ok(Picture { width, height, pixels });
    }
    // Draw at twice the size and average, against aliasing.
    let view = frame(scan, &shown, camera, [2 * width, 2 * height]);
    let shaded = !matches!(paint, Paint::Color | Paint::Normal);
    let pieces = match scan.faces.is_empty() {
        true => squares(scan, &color, &view, limit, shaded),
        false => faces(scan, &color, &view, limit, shaded),
    };
    let corners: Vec<[V3; 3]> = pieces.iter().map(|piece| piece.corners).collect();
    let mut image = Raster::new(2 * width, 2 * height);
    image.draw(&view, &corners);
    for y in 0..height {
        for x in 0..width {
            let mut sum = [0u16; 3];
            for k in 0..4 {
                let piece = image.triangle[(2 * y + k / 2) * 2 * width + 2 * x + k % 2];
                let color = if piece == NO_TRIANGLE { BACKGROUND } else { pieces[piece as usize].color };
                (0..3).for_each(|a| sum[a] += u16::from(color[a]));
            }
            (0..3).for_each(|a| pixels[(y * width + x) * 3 + a] = (sum[a] / 4) as u8);
        }
    }
    Ok(Picture { width, height, pixels })
}

/// A colour for every vertex.
fn colors_of(scan: &Scan, paint: Paint) -> Result<Vec<[u8; 3]>, ViewError> {
    let lacks = |what, remedy| ViewError::Lacks { name: scan.name.clone(), what, remedy };
    let truth =
        || scan.truth.as_ref().ok_or_else(|| lacks("annotation", "show an annotated scene of a prepared store"));
    let prediction = |number: usize| {
        scan.predictions.get(number).ok_or_else(|| lacks("prediction", "name a run that labels it, or a labelled file"))
    };
    let classes = |classes: &[i32]| classes.iter().map(|&class| colors::class(&scan.labels, class)).collect();
    Ok(match paint {
        Paint::Color => scan.color.clone().unwrap_or_else(|| vec![colors::PLAIN; scan.coord.len()]),
        Paint::Truth => classes(truth()?),
        Paint::Prediction(number) => classes(&prediction(number)?.classes),
        Paint::Error(number) => {
            let pairs = truth()?.iter().zip(&prediction(number)?.classes);
            pairs.map(|(&truth, &predicted)| colors::error(truth, predicted)).collect()
        }
        Paint::Confidence(number) => {
            let confidence = prediction(number)?.confidence.as_ref();
            let confidence = confidence.ok_or_else(|| lacks("confidence", "name the run that labels it"))?;
            confidence.iter().map(|&value| colors::ramp(value)).collect()
        }
        Paint::Normal => {
            let normal = normals(scan).ok_or_else(|| lacks("normals", "prepare it with normals, or give a mesh"))?;
            normal.into_iter().map(colors::normal).collect()
        }
        Paint::Height => {
            let (low, high) = pointops::bounds(&scan.coord);
            let range = (high[2] - low[2]).max(1e-6);
            scan.coord.iter().map(|p| colors::ramp((p[2] - low[2]) / range)).collect()
        }
    })
}

/// The scan's normals, or those of its faces.
fn normals(scan: &Scan) -> Option<Vec<V3>> {
    if scan.normal.is_some() || scan.faces.is_empty() {
        return scan.normal.clone();
    }
    Some(pointops::vertex_normals(&scan.coord, &scan.faces).expect("a checked scan has points and sound faces"))
}

/// A camera that has what it sees of these points in the picture, strays left out, as large as it can be.
fn frame(scan: &Scan, shown: &[V3], camera: &Camera, [width, height]: [usize; 2]) -> View {
    let (low, high) = pointops::main_extent(shown);
    let middle: V3 = std::array::from_fn(|a| (low[a] + high[a]) / 2.0);
    let radius = (norm(sub(high, low)) / 2.0).max(0.05);
    let sane = |v: f32| if v.is_finite() { v } else { 0.0 };
    let (s, c) = sane(camera.azimuth).sin_cos();
    let quarter = std::f32::consts::FRAC_PI_2;
    let (up, out) = sane(camera.elevation).clamp(-quarter, quarter).sin_cos();
    let away = radius * camera.distance.max(1.5);
    let (forward, right) = ([s * out, c * out, -up], [c, -s, 0.0]);
    let mut pose = Pose { axes: [right, cross(forward, right), forward], origin: add(middle, scale(forward, -away)) };
    let inside = |p: &V3| (0..3).all(|a| low[a] <= p[a] && p[a] <= high[a]);
    let mut seen: Vec<V3> = fronts(scan, pose.origin).into_iter().filter(inside).collect();
    if seen.is_empty() {
        seen = shown.iter().filter(|p| inside(p)).copied().collect();
    }
    let bounds = |pose: &Pose| {
        let (mut low, mut high) = ([f32::MAX; 2], [f32::MIN; 2]);
        for p in &seen {
            let q = pose.unapply(*p);
            for a in 0..2 {
                low[a] = low[a].min(q[a] / q[2]);
                high[a] = high[a].max(q[a] / q[2]);
            }
        }
        (low, high)
    };
    // Move the camera sideways until the scan is in the middle of the picture.
    let (low, high) = bounds(&pose);
    for a in 0..2 {
        pose.origin = add(pose.origin, scale(pose.axes[a], (low[a] + high[a]) / 2.0 * away));
    }
    let (low, high) = bounds(&pose);
    let half = |a: usize| low[a].abs().max(high[a].abs()).max(1e-3);
    View { pose, focal: 0.48 * (width as f32 / half(0)).min(height as f32 / half(1)) }
}

/// The vertices of surfaces that show their front to an eye.
fn fronts(scan: &Scan, eye: V3) -> Vec<V3> {
    if scan.faces.is_empty() {
        return (0..scan.coord.len()).filter(|&i| !faces_away(scan, i, eye)).map(|i| scan.coord[i]).collect();
    }
    let corners = scan.faces.iter().map(|face| face.map(|i| scan.coord[i as usize]));
    corners.filter(|corners| is_front(corners, eye)).flatten().collect()
}

/// Whether the corners of a face are counter-clockwise for an eye.
fn is_front([a, b, c]: &[V3; 3], eye: V3) -> bool {
    dot(cross(sub(*b, *a), sub(*c, *a)), sub(eye, *a)) > 0.0
}

/// Whether a point has a normal that points away from an eye.
fn faces_away(scan: &Scan, point: usize, eye: V3) -> bool {
    scan.normal.as_ref().is_some_and(|normal| dot(normal[point], sub(eye, scan.coord[point])) < 0.0)
}

/// How light a surface of a direction is.
fn light(normal: V3) -> f32 {
    0.62 + 0.38 * dot(normal, unit([0.3, -0.4, 0.85])).max(0.0)
}

/// The faces that show their front.
fn faces(scan: &Scan, color: &[[u8; 3]], view: &View, limit: f32, shaded: bool) -> Vec<Piece> {
    let normal = if shaded { normals(scan) } else { None };
    let mut pieces = Vec::new();
    for face in &scan.faces {
        let corners = face.map(|i| scan.coord[i as usize]);
        if !is_front(&corners, view.pose.origin) || corners.iter().any(|p| p[2] > limit) {
            continue;
        }
        let light = normal.as_ref().map_or(1.0, |n| face.iter().map(|&i| light(n[i as usize])).sum::<f32>() / 3.0);
        let color = std::array::from_fn(|a| {
            let mean = face.iter().map(|&i| f32::from(color[i as usize][a])).sum::<f32>() / 3.0;
            (mean * light) as u8
        });
        pieces.push(Piece { corners, color });
    }
    pieces
}

/// Squares that face the camera, two triangles for each point that does not face away.
fn squares(scan: &Scan, color: &[[u8; 3]], view: &View, limit: f32, shaded: bool) -> Vec<Piece> {
    let half = scan.spacing() * SPLAT / 2.0;
    let [right, down, _] = view.pose.axes.map(|axis| scale(axis, half));
    let mut pieces = Vec::new();
    for (i, &p) in scan.coord.iter().enumerate() {
        if p[2] > limit || faces_away(scan, i, view.pose.origin) {
            continue;
        }
        let normal = scan.normal.as_ref().map_or([0.0; 3], |normal| normal[i]);
        let light = if shaded && normal != [0.0; 3] { light(normal) } else { 1.0 };
        let color = color[i].map(|v| (f32::from(v) * light) as u8);
        let corner = |x: f32, y: f32| add(p, add(scale(right, x), scale(down, y)));
        let [a, b, c, d] = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
        pieces.extend([[a, b, c], [a, c, d]].map(|corners| Piece { corners, color }));
    }
    pieces
}
