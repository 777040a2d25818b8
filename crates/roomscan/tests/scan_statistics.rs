//! Statistics of single scans: spacing, noise, sizes, consistency.

use roomscan::{RoomsConfig, ScannedRoom, Sensor, generate_scan, nyu40_id};
use std::collections::HashMap;

fn config() -> RoomsConfig {
    RoomsConfig::default()
}

/// Distances of every `step`-th vertex to its nearest neighbour, found with a grid.
fn neighbour_distances(coord: &[[f32; 3]], step: usize) -> Vec<f32> {
    const CELL: f32 = 0.06;
    let key = |p: &[f32; 3]| p.map(|v| (v / CELL).floor() as i32);
    let mut grid: HashMap<[i32; 3], Vec<usize>> = HashMap::new();
    for (i, p) in coord.iter().enumerate() {
        grid.entry(key(p)).or_default().push(i);
    }
    let near = |i: usize| {
        let k = key(&coord[i]);
        let cells = (0..27).map(|n| [k[0] + n % 3 - 1, k[1] + n / 3 % 3 - 1, k[2] + n / 9 - 1]);
        cells
            .filter_map(|c| grid.get(&c))
            .flatten()
            .filter(|&&j| j != i)
            .map(|&j| (0..3).map(|a| (coord[i][a] - coord[j][a]).powi(2)).sum::<f32>().sqrt())
            .fold(f32::MAX, f32::min)
    };
    (0..coord.len()).step_by(step).map(near).collect()
}

fn median(mut values: Vec<f32>) -> f32 {
    values.sort_by(f32::total_cmp);
    values[values.len() / 2]
}

fn aligned(room: &ScannedRoom) -> Vec<[f32; 3]> {
    let mut coord = room.coord.clone();
    scannet::meta::transform(&room.axis_alignment, &mut coord);
    coord
}

#[test]
fn spacing_noise_and_sizes_are_like_a_real_scan() {
    for index in [0, 1] {
        let room = generate_scan(3, index, &config()).unwrap();
        assert!((30_000..500_000).contains(&room.coord.len()), "{}", room.coord.len());
        let edge = room.summary(scannet::Split::Train).median_edge;
        let near = median(neighbour_distances(&room.coord, 7));
        println!("{} {} vertices, edge {edge}, nearest {near}", room.scan, room.coord.len());
        assert!((0.015..0.025).contains(&edge), "{edge}");
        assert!((0.012..0.025).contains(&near), "{near}");

        // After alignment, the floor is near z = 0, tilted and bent by centimetres.
        let ids = room.nyu40();
        let coord = aligned(&room);
        let floor: Vec<f32> = (0..ids.len()).filter(|&i| ids[i] == 2).map(|i| coord[i][2].abs()).collect();
        let typical = median(floor);
        println!("floor: median distance from its plane {typical}");
        assert!((0.003..0.08).contains(&typical), "{typical}");
        // Most walls are parallel to the axes after alignment.
        let along = |points: &[[f32; 3]]| {
            let [mut hits, mut all] = [0, 0];
            for f in &room.faces {
                let [a, b, c] = f.map(|i| points[i as usize]);
                if ids[f[0] as usize] == 1 {
                    let (u, v) = ([b[0] - a[0], b[1] - a[1], b[2] - a[2]], [c[0] - a[0], c[1] - a[1], c[2] - a[2]]);
                    let n = [u[1] * v[2] - u[2] * v[1], u[2] * v[0] - u[0] * v[2], u[0] * v[1] - u[1] * v[0]];
                    let length = n.iter().map(|x| x * x).sum::<f32>().sqrt();
                    hits += usize::from(n[0].abs().max(n[1].abs()) > 0.9 * length);
                    all += 1;
                }
            }
            hits as f32 / all as f32
        };
        println!("walls along the axes: {} aligned, {} as scanned", along(&coord), along(&room.coord));
        assert!(along(&coord) > 0.75);
        assert!(coord.iter().all(|p| p[0].abs() < 10.0 && p[1].abs() < 10.0 && p[2] > -3.0 && p[2] < 5.0));
        let inside = |p: &&[f32; 3]| p[0].abs() < 5.5 && p[1].abs() < 5.5 && p[2] > -0.3 && p[2] < 3.2;
        let strays = coord.len() - coord.iter().filter(inside).count();
        assert!(strays <= 18, "{strays} strays");
    }
}

#[test]
fn a_scan_of_each_sensor_is_consistent() {
    for sensor in Sensor::ALL {
        let config = RoomsConfig { sensors: vec![sensor], spacing: 0.04, views: 24, ..config() };
        check(&generate_scan(8, 2, &config).unwrap(), sensor);
    }
}

fn check(room: &ScannedRoom, sensor: Sensor) {
    assert_eq!(room.sensor, sensor);
    let n = room.coord.len();
    assert!(n > 4_000 && room.color.len() == n && room.segments.len() == n);
    assert!(room.coord.iter().flatten().all(|v| v.is_finite()));
    assert!(room.axis_alignment.iter().flatten().all(|v| v.is_finite()));
    assert!(room.faces.iter().flatten().all(|&i| (i as usize) < n));
    assert!(room.faces.iter().all(|f| f[0] != f[1] && f[1] != f[2] && f[0] != f[2]));
    let mut used = vec![false; n];
    room.faces.iter().flatten().for_each(|&i| used[i as usize] = true);
    let points = sensor == Sensor::LaserScanner;
    assert!(used.iter().all(|u| *u != points), "{sensor}: every vertex of a mesh must have a face");
    // The id of a segment is one of its vertices, no segment is in two objects, and all names are known.
    assert!(room.segments.iter().all(|&s| room.segments[s as usize] == s));
    let mut owner = vec![0; n];
    for object in &room.objects {
        assert!(nyu40_id(object.name) > 0, "{}", object.name);
        assert!(!object.segments.is_empty());
        for &s in &object.segments {
            assert_eq!(room.segments[s as usize], s);
            owner[s as usize] += 1;
        }
    }
    assert!(owner.iter().all(|&k| k <= 1));
    // Faces are oriented to free space: those of the floor mostly upwards.
    let ids = room.nyu40();
    let (mut up, mut all) = (0, 0);
    for f in room.faces.iter().filter(|f| ids[f[0] as usize] == 2) {
        let [a, b, c] = f.map(|i| room.coord[i as usize]);
        let z = (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0]);
        up += usize::from(z > 0.0);
        all += 1;
    }
    assert!(up * 100 >= all * 94 && (all > 0) != points, "{sensor}: {up} of {all} faces look up");
}

#[test]
fn vertex_order_does_not_reveal_objects() {
    let room = generate_scan(8, 4, &RoomsConfig { spacing: 0.04, views: 24, ..config() }).unwrap();
    // If vertices were sorted by object, the label would change only a few dozen times along the list.
    let ids = room.nyu40();
    let changes = ids.windows(2).filter(|w| w[0] != w[1]).count();
    assert!(changes > 500, "{changes}");
}

#[test]
fn noise_zero_gives_flat_floors() {
    let room = generate_scan(3, 1, &RoomsConfig { noise: 0.0, spacing: 0.03, views: 32, ..config() }).unwrap();
    let (ids, coord) = (room.nyu40(), aligned(&room));
    let floor: Vec<f32> = (0..ids.len()).filter(|&i| ids[i] == 2).map(|i| coord[i][2].abs()).collect();
    assert!(median(floor) < 0.002);
}

#[test]
fn values_out_of_range_are_errors() {
    for (field, bad) in [
        ("train", RoomsConfig { train: 0, val: 0, ..config() }),
        ("train", RoomsConfig { train: 2000, ..config() }),
        ("sensors", RoomsConfig { sensors: Vec::new(), ..config() }),
        ("spacing", RoomsConfig { spacing: 0.0, ..config() }),
        ("spacing", RoomsConfig { spacing: f32::NAN, ..config() }),
        ("views", RoomsConfig { views: 0, ..config() }),
        ("noise", RoomsConfig { noise: -1.0, ..config() }),
        ("missed", RoomsConfig { missed: 1.5, ..config() }),
    ] {
        let message = generate_scan(0, 0, &bad).unwrap_err().to_string();
        assert!(message.contains(field), "{message}");
    }
}
