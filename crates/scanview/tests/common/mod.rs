//! A made-up room, of which it is known where which class is.
#![allow(dead_code)]

use labelset::LabelSet;
use scanview::{Prediction, Scan};

/// The size of the room in metres.
pub const ROOM: [f32; 3] = [5.0, 4.0, 2.5];

/// A rectangle: a corner, two sides, and a class. Its normal is the cross product of the sides.
type Rectangle = ([f32; 3], [f32; 3], [f32; 3], i32);

/// The wall, the floor, the bed and the table of ScanNet's twenty classes.
const WALL: i32 = 0;
const FLOOR: i32 = 1;
const BED: i32 = 3;
const TABLE: i32 = 6;

fn rectangles() -> Vec<Rectangle> {
    let [x, y, z] = ROOM;
    let mut all = vec![
        ([0.0; 3], [x, 0.0, 0.0], [0.0, y, 0.0], FLOOR),
        ([0.0; 3], [0.0, y, 0.0], [0.0, 0.0, z], WALL),
        ([0.0; 3], [0.0, 0.0, z], [x, 0.0, 0.0], WALL),
        ([x, 0.0, 0.0], [0.0, 0.0, z], [0.0, y, 0.0], WALL),
        ([0.0, y, 0.0], [x, 0.0, 0.0], [0.0, 0.0, z], WALL),
    ];
    for ([x, y], [w, d, h], class) in [([2.0, 1.4], [1.4, 0.8, 0.75], TABLE), ([3.8, 1.8], [1.1, 2.0, 0.5], BED)] {
        all.extend([
            ([x, y, h], [w, 0.0, 0.0], [0.0, d, 0.0], class),
            ([x, y, 0.05], [w, 0.0, 0.0], [0.0, 0.0, h - 0.05], class),
            ([x, y, 0.05], [0.0, 0.0, h - 0.05], [0.0, d, 0.0], class),
            ([x + w, y, 0.05], [0.0, d, 0.0], [0.0, 0.0, h - 0.05], class),
            ([x, y + d, 0.05], [0.0, 0.0, h - 0.05], [w, 0.0, 0.0], class),
        ]);
    }
    all
}

/// The room with colours, normals, truth and three predictions: "shifted" is wrong where x < 1, "tables" takes every
/// table for a bed, "perfect" is right. Confidence is x / 5.
pub fn room(points: usize) -> Scan {
    let cross =
        |a: [f32; 3], b: [f32; 3]| [a[1] * b[2] - a[2] * b[1], a[2] * b[0] - a[0] * b[2], a[0] * b[1] - a[1] * b[0]];
    let length = |v: [f32; 3]| v.iter().map(|c| c * c).sum::<f32>().sqrt();
    let all = rectangles();
    let area: f32 = all.iter().map(|r| length(cross(r.1, r.2))).sum();
    let (mut coord, mut color, mut normal, mut truth) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    for (number, (corner, a, b, class)) in all.iter().enumerate() {
        let (across, last) = (cross(*a, *b), number + 1 == all.len());
        let n = if last { points - coord.len() } else { (points as f32 * length(across) / area) as usize };
        for i in 0..n {
            // spread evenly (Roberts' R2 sequence)
            let (s, t) = (i as f64 * 0.754_877_666_246_692_7, i as f64 * 0.569_840_290_998_053_3);
            let (s, t) = ((s - s.floor()) as f32, (t - t.floor()) as f32);
            coord.push(std::array::from_fn(|k| corner[k] + s * a[k] + t * b[k]));
            normal.push(across.map(|v| v / length(across)));
            truth.push(*class);
            let stripe = if ((s * length(*a) * 4.0) as i32 + (t * length(*b) * 4.0) as i32) % 2 == 0 { 30 } else { 0 };
            let base = [[200, 196, 186], [150, 110, 80], [0; 3], [90, 110, 170], [0; 3], [0; 3], [170, 130, 90]];
            color.push(base[*class as usize].map(|v: u8| v.saturating_sub(stripe)));
        }
    }
    let labels = LabelSet::scannet20();
    let confidence: Option<Vec<f32>> = Some(coord.iter().map(|p: &[f32; 3]| p[0] / ROOM[0]).collect());
    let shifted = coord.iter().zip(&truth).map(|(p, &class)| if p[0] < 1.0 { (class + 7) % 20 } else { class });
    let tables = truth.iter().map(|&class| if class == TABLE { BED } else { class });
    let predictions = vec![
        Prediction { name: "shifted".into(), classes: shifted.collect(), confidence: confidence.clone() },
        Prediction { name: "tables".into(), classes: tables.collect(), confidence },
        Prediction { name: "perfect".into(), classes: truth.clone(), confidence: None },
    ];
    let (color, normal, truth) = (Some(color), Some(normal), Some(truth));
    Scan { color, normal, truth, predictions, ..Scan::new("made-up room", coord, labels) }
}

/// Names that would break out of a page that does not escape them.
pub const HOSTILE: &str = "</script><script>window.broken=1</script><!-- \"'&{{data}}\u{2028}";

/// A scan whose every name is hostile.
pub fn hostile() -> Scan {
    let labels = LabelSet::parse(
        "name = \"hostile\"\nclasses = [{ name = \"a\\\"b'<img src=x onerror=window.broken=2>\" }, { name = \"</script>\" }]",
    );
    let coord = (0..64).map(|i| [(i % 8) as f32 * 0.1, (i / 8) as f32 * 0.1, 0.0]).collect();
    let classes: Vec<i32> = (0..64).map(|i| i % 2).collect();
    let prediction = Prediction { name: HOSTILE.into(), classes: classes.clone(), confidence: None };
    let (truth, predictions) = (Some(classes), vec![prediction]);
    Scan { truth, predictions, ..Scan::new(HOSTILE, coord, labels.unwrap()) }
}

/// A plane with all of ScanNet's two hundred classes.
pub fn many_classes() -> Scan {
    let coord = (0..20_000).map(|i| [(i % 200) as f32 * 0.02, (i / 200) as f32 * 0.02, 0.0]).collect();
    let labels = LabelSet::scannet200();
    let truth = (0..20_000).map(|i| i % 200 - 1).collect();
    Scan { truth: Some(truth), ..Scan::new("many classes", coord, labels) }
}
