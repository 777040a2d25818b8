//! What tells the scans of the sensors apart: smoothness, flatness and spacing.

use roomscan::{RoomsConfig, ScannedRoom, Sensor, generate_scan};
use std::collections::HashMap;

const WALL: i32 = 1;
const FLOOR: i32 = 2;

fn scan(sensor: Sensor, seed: u64, index: usize) -> ScannedRoom {
    let sensors = vec![sensor];
    let config = RoomsConfig { sensors, spacing: 0.03, views: 40, missed: 0.0, ..RoomsConfig::default() };
    generate_scan(seed, index, &config).unwrap()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

fn normal(room: &ScannedRoom, face: &[u32; 3]) -> [f32; 3] {
    let [a, b, c] = face.map(|i| room.coord[i as usize]);
    let (u, v) = ([b[0] - a[0], b[1] - a[1], b[2] - a[2]], [c[0] - a[0], c[1] - a[1], c[2] - a[2]]);
    let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
    let length = n.iter().map(|x| x * x).sum::<f32>().sqrt().max(1e-12);
    n.map(|x| x / length)
}

/// Median angle between neighbouring faces on surfaces with a NYU40 id, in radians.
fn roughness(room: &ScannedRoom, id: i32) -> f32 {
    let ids = room.nyu40();
    let mut of_edge: HashMap<[u32; 2], [f32; 3]> = HashMap::new();
    let mut angles = Vec::new();
    for f in room.faces.iter().filter(|f| f.iter().all(|&i| ids[i as usize] == id)) {
        let n = normal(room, f);
        for (a, b) in [(f[0], f[1]), (f[1], f[2]), (f[2], f[0])] {
            if let Some(m) = of_edge.insert([a.min(b), a.max(b)], n) {
                angles.push((n[0] * m[0] + n[1] * m[1] + n[2] * m[2]).clamp(-1.0, 1.0).acos());
            }
        }
    }
    median(angles)
}

/// Median over all segments with a NYU40 id of the distance of a segment's points from their plane, root mean square.
fn unevenness(room: &ScannedRoom, id: i32) -> f32 {
    let ids = room.nyu40();
    let mut coord = room.coord.clone();
    scannet::meta::transform(&room.axis_alignment, &mut coord);
    let mut of_segment: HashMap<u32, Vec<[f64; 3]>> = HashMap::new();
    for i in (0..ids.len()).filter(|&i| ids[i] == id) {
        of_segment.entry(room.segments[i]).or_default().push(coord[i].map(f64::from));
    }
    let far = of_segment.values().filter(|points| points.len() > 25).map(|points| {
        let n = points.len() as f64;
        let mean: [f64; 3] = std::array::from_fn(|a| points.iter().map(|p| p[a]).sum::<f64>() / n);
        let cov = |a: usize, b: usize| points.iter().map(|p| (p[a] - mean[a]) * (p[b] - mean[b])).sum::<f64>() / n;
        // Regression of the coordinate with the least variance on the two others.
        let z = (0..3).min_by(|&a, &b| cov(a, a).total_cmp(&cov(b, b))).unwrap();
        let (x, y) = ((z + 1) % 3, (z + 2) % 3);
        let det = cov(x, x) * cov(y, y) - cov(x, y) * cov(x, y);
        let a = (cov(x, z) * cov(y, y) - cov(y, z) * cov(x, y)) / det;
        let b = (cov(y, z) * cov(x, x) - cov(x, z) * cov(x, y)) / det;
        (cov(z, z) - a * cov(x, z) - b * cov(y, z)).max(0.0).sqrt() as f32
    });
    median(far.collect())
}

#[test]
fn a_phone_is_coarser_and_smoother_than_a_depth_camera() {
    let (phone, camera) = (scan(Sensor::PhoneLidar, 5, 3), scan(Sensor::DepthCamera, 5, 3));
    let edges = phone.summary(scannet::Split::Train).median_edge / camera.summary(scannet::Split::Train).median_edge;
    let [rough, other] = [&phone, &camera].map(|room| roughness(room, FLOOR));
    println!("edges {edges} times as long; floor: {rough} rad between faces, {other} of the depth camera");
    assert!((1.3..1.7).contains(&edges), "{edges}");
    // Faces that are larger turn less over the same way.
    assert!(rough < other && rough / edges < 0.75 * other, "{rough} {other}");
}

#[test]
fn photogrammetry_is_worst_on_blank_walls() {
    let (photos, camera) = (scan(Sensor::Photogrammetry, 5, 4), scan(Sensor::DepthCamera, 5, 4));
    let [wall, floor] = [WALL, FLOOR].map(|id| unevenness(&photos, id));
    let usual = unevenness(&camera, WALL);
    println!("from the plane of a patch: wall {wall} m, floor {floor} m; wall of the depth camera {usual} m");
    assert!(wall > 1.8 * floor && wall > 1.3 * usual && wall < 0.03, "{wall} {floor} {usual}");
}

#[test]
fn a_laser_scanner_writes_level_flat_points() {
    let (laser, camera) = (scan(Sensor::LaserScanner, 5, 4), scan(Sensor::DepthCamera, 5, 4));
    assert!(laser.faces.is_empty() && laser.mesh().faces.is_empty() && laser.mesh().normal.is_none());
    let [wall, floor] = [WALL, FLOOR].map(|id| unevenness(&laser, id));
    println!("from the plane of a patch: wall {wall} m, floor {floor} m");
    assert!((0.0005..0.006).contains(&wall) && (0.0005..0.006).contains(&floor), "{wall} {floor}");
    // It sees the ceiling, and the same things as the depth camera.
    let ceiling = laser.nyu40().iter().filter(|&&id| id == 22).count();
    assert!(ceiling * 20 > laser.coord.len(), "{ceiling}");
    assert!(laser.objects.len() * 10 > camera.objects.len() * 6);
}

#[test]
fn splits_take_sensors_in_turn_and_rooms_meet_all_of_them() {
    let config = RoomsConfig { train: 72, val: 12, sensors: Sensor::ALL[..2].to_vec(), ..RoomsConfig::default() };
    assert_eq!(config.sensor(0), Sensor::DepthCamera);
    assert_eq!((config.sensor(1), config.sensor(18)), (Sensor::PhoneLidar, Sensor::PhoneLidar));
    assert_eq!(config.sensor(72), Sensor::DepthCamera);
    let mut met: Vec<_> = (0..72).map(|i| (config.kind(i) as usize, config.sensor(i).name())).collect();
    met.sort_unstable();
    met.dedup();
    assert_eq!(met.len(), 24);
}
