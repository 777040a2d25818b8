//! Pictures of a scan, drawn on the CPU. Surfaces are seen from their front only, so that the walls and the ceiling that
//! are nearest do not hide the room.

use crate::colors;
use crate::math::{Pose, V3, add, cross, dot, norm, scale, sub, unit};
use crate::picture::Picture;
use crate::raster::{NO_TRIANGLE, Raster, View};
use crate::scan::{Scan, ViewError};

/// Bright, but not white as walls are.
const BACKGROUND: [u8; 3] = [228, 232, 238];

/// Side of the square that is drawn for a point without faces, relative to the spacing of points. Squares turned by 45°
/// against a grid of points need 1.42.
const SPLAT: f32 = 1.5;

/// Largest side of such a square, relative to the shorter side of the picture: a few points are seen one by one, and
/// strays near the camera cost no time.
const LARGEST: f32 = 1.0 / 24.0;

/// Most squares that cover a pixel, on average: those of a surface are less than a tenth of this, those of a volume or of
/// many points in few places could be any number.
const LAYERS: f32 = 64.0;

/// Smallest side of such a square in pixels, which contains the middle of one.
const SMALLEST: f32 = 1.01;

/// Number of nearest points, the point itself included, that the normal of a point without faces is estimated from.
const NEIGHBORS: usize = 16;

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
    /// Directions: x, y and z as red, green and blue. Made from the faces, or estimated from neighbouring points, if the
    /// scan has no normals.
    Normal,
    /// Height, from dark blue at the lowest point to yellow at the highest, strays left out.
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

/// Draws a scan: its faces, or squares in place of its points if it has none. What is seen of the scan is in the middle of
/// the picture and fills it, however large it is; strays may be outside. The color of a face is the mean of its corners,
/// and classes are shaded by the direction of the surface. The time of points is bounded by their number and that of the
/// pixels.
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
    let place = Place::of(&shown);
    let coord: Vec<V3> = scan.coord.iter().map(|p| place.apply(*p)).collect();
    let shape = Shape { scan, coord, hidden: scan.coord.iter().map(|p| p[2] > limit).collect() };
    let view = frame(&shape, place.half, camera, [2 * width, 2 * height]);
    let shaded = !matches!(paint, Paint::Color | Paint::Normal);
    let pieces = match scan.faces.is_empty() {
        true => squares(&shape, &color, &view, scan.spacing() / place.radius, [2 * width, 2 * height], shaded),
        false => faces(&shape, &color, &view, shaded),
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
            let normal = normals(scan).unwrap_or_else(|| estimated_normals(scan));
            normal.into_iter().map(colors::normal).collect()
        }
        Paint::Height => {
            let (low, high) = pointops::main_extent(&scan.coord);
            let range = (high[2] - low[2]).max(f32::MIN_POSITIVE);
            scan.coord.iter().map(|p| colors::ramp((p[2] - low[2]) / range)).collect()
        }
    })
}

const CHECKED: &str = "a checked scan has points and sound faces";

/// The scan's normals, or those of its faces.
fn normals(scan: &Scan) -> Option<Vec<V3>> {
    if scan.normal.is_some() || scan.faces.is_empty() {
        return scan.normal.clone();
    }
    Some(pointops::vertex_normals(&scan.coord, &scan.faces).expect(CHECKED))
}

/// Normals from neighbouring points, on the side of the middle of the scan, as the surfaces of a room are seen.
fn estimated_normals(scan: &Scan) -> Vec<V3> {
    let middle = Place::of(&scan.coord).middle;
    let normal = pointops::pca_normals(&scan.coord, scan.coord.len().min(NEIGHBORS)).expect(CHECKED);
    let inward = |(n, p): (V3, &V3)| if dot(n, sub(middle, *p)) < 0.0 { n.map(|v| -v) } else { n };
    normal.into_iter().zip(&scan.coord).map(inward).collect()
}

/// Where what is shown is, and how large, strays left out. Pictures are drawn in radii from its middle, so that they do
/// not depend on the size of a scan.
struct Place {
    middle: V3,
    radius: f32,
    /// Half the sides of its box, in radii.
    half: V3,
}

impl Place {
    fn of(shown: &[V3]) -> Place {
        let (low, high) = pointops::main_extent(shown);
        let middle = std::array::from_fn(|a| low[a] / 2.0 + high[a] / 2.0);
        let half: V3 = std::array::from_fn(|a| high[a] / 2.0 - low[a] / 2.0);
        let longest = half.into_iter().fold(0.0, f32::max);
        // squares of small numbers would be 0; a single point has any size
        let radius = if longest > f32::MIN_POSITIVE { longest * norm(half.map(|v| v / longest)) } else { 1.0 };
        Place { middle, radius, half: half.map(|v| v / radius) }
    }

    fn apply(&self, p: V3) -> V3 {
        sub(p, self.middle).map(|v| v / self.radius)
    }
}

/// A scan in radii from its middle.
struct Shape<'a> {
    scan: &'a Scan,
    coord: Vec<V3>,
    /// Which points are above the cut.
    hidden: Vec<bool>,
}

/// A camera that has what it sees of a scan in the picture, strays outside its box left out, as large as it can be.
fn frame(shape: &Shape, half: V3, camera: &Camera, [width, height]: [usize; 2]) -> View {
    let sane = |v: f32| if v.is_finite() { v } else { 0.0 };
    let (s, c) = sane(camera.azimuth).sin_cos();
    let quarter = std::f32::consts::FRAC_PI_2;
    let (up, out) = sane(camera.elevation).clamp(-quarter, quarter).sin_cos();
    let away = camera.distance.max(1.5);
    let (forward, right) = ([s * out, c * out, -up], [c, -s, 0.0]);
    let mut pose = Pose { axes: [right, cross(forward, right), forward], origin: scale(forward, -away) };
    // a rounding more
    let inside = |i: &usize| !shape.hidden[*i] && (0..3).all(|a| shape.coord[*i][a].abs() <= half[a] + 1e-4);
    let mut seen: Vec<V3> = fronts(shape, pose.origin).into_iter().filter(inside).map(|i| shape.coord[i]).collect();
    if seen.is_empty() {
        seen = (0..shape.coord.len()).filter(inside).map(|i| shape.coord[i]).collect();
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
fn fronts(shape: &Shape, eye: V3) -> Vec<usize> {
    if shape.scan.faces.is_empty() {
        return (0..shape.coord.len()).filter(|&i| !faces_away(shape, i, eye)).collect();
    }
    let faces = shape.scan.faces.iter().map(|face| face.map(|i| i as usize));
    faces.filter(|face| is_front(&face.map(|i| shape.coord[i]), eye)).flatten().collect()
}

/// Whether the corners of a face are counter-clockwise for an eye.
fn is_front([a, b, c]: &[V3; 3], eye: V3) -> bool {
    dot(cross(sub(*b, *a), sub(*c, *a)), sub(eye, *a)) > 0.0
}

/// Whether a point has a normal that points away from an eye.
fn faces_away(shape: &Shape, point: usize, eye: V3) -> bool {
    shape.scan.normal.as_ref().is_some_and(|normal| dot(normal[point], sub(eye, shape.coord[point])) < 0.0)
}

/// How light a surface of a direction is.
fn light(normal: V3) -> f32 {
    0.62 + 0.38 * dot(normal, unit([0.3, -0.4, 0.85])).max(0.0)
}

/// The faces that show their front.
fn faces(shape: &Shape, color: &[[u8; 3]], view: &View, shaded: bool) -> Vec<Piece> {
    let normal = if shaded { normals(shape.scan) } else { None };
    let mut pieces = Vec::new();
    for face in &shape.scan.faces {
        let corners = face.map(|i| shape.coord[i as usize]);
        if !is_front(&corners, view.pose.origin) || face.iter().any(|&i| shape.hidden[i as usize]) {
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

/// Squares that face the camera, two triangles for each point that does not face away. The spacing is in radii, the size
/// of the picture in pixels.
fn squares(
    shape: &Shape,
    color: &[[u8; 3]],
    view: &View,
    spacing: f32,
    [width, height]: [usize; 2],
    shaded: bool,
) -> Vec<Piece> {
    let layered = (LAYERS * width as f32 * height as f32 / shape.coord.len() as f32).sqrt();
    let largest = (width.min(height) as f32 * LARGEST).min(layered).max(SMALLEST);
    let mut pieces = Vec::new();
    for (i, &p) in shape.coord.iter().enumerate() {
        let pixel = view.pose.unapply(p)[2] / view.focal;
        // points behind the camera, or infinitely far away, are not drawn
        let ahead = pixel > 0.0 && pixel.is_finite();
        if shape.hidden[i] || !ahead || faces_away(shape, i, view.pose.origin) {
            continue;
        }
        let half = (spacing * SPLAT).clamp(pixel * SMALLEST, pixel * largest) / 2.0;
        let [right, down, _] = view.pose.axes.map(|axis| scale(axis, half));
        let normal = shape.scan.normal.as_ref().map_or([0.0; 3], |normal| normal[i]);
        let light = if shaded && normal != [0.0; 3] { light(normal) } else { 1.0 };
        let color = color[i].map(|v| (f32::from(v) * light) as u8);
        let corner = |x: f32, y: f32| add(p, add(scale(right, x), scale(down, y)));
        let [a, b, c, d] = [corner(-1.0, -1.0), corner(1.0, -1.0), corner(1.0, 1.0), corner(-1.0, 1.0)];
        pieces.extend([[a, b, c], [a, c, d]].map(|corners| Piece { corners, color }));
    }
    pieces
}
