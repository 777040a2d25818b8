//! Writes a small data set and pictures of each scan: `cargo run --example make_rooms -- OUT [TRAIN] [VAL]
//! [SEED] [SENSOR…]`.

use labelset::LabelSet;
use roomscan::{RoomsConfig, Sensor, generate, generate_scan};
use scanview::{Camera, Paint, Scan, still};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = arguments.first().ok_or("name the folder to write to")?;
    let number = |i: usize, or: usize| arguments.get(i).map_or(Ok(or), |v| v.parse());
    let sensors = arguments.iter().skip(4).map(|name| name.parse::<Sensor>()).collect::<Result<Vec<_>, _>>()?;
    let sensors = if sensors.is_empty() { vec![Sensor::DepthCamera] } else { sensors };
    let (train, val, seed) = (number(1, 4)?, number(2, 2)?, number(3, 0)? as u64);
    let config = RoomsConfig { train, val, seed, sensors, ..RoomsConfig::default() };
    let summary = generate(&config, out, &|p| println!("{}/{} {} {} vertices", p.done, p.total, p.scan, p.vertices))?;
    for (index, scan) in summary.scans.iter().enumerate() {
        println!("{scan:?}");
        let room = generate_scan(config.seed, index, &config)?;
        let labels = LabelSet::scannet20();
        let truth = Some(labels.classes_of_ids(&room.nyu40()));
        let mut coord = room.coord;
        scannet::meta::transform(&room.axis_alignment, &mut coord);
        let (faces, color) = (room.faces, Some(room.color));
        let shown = Scan { faces, color, truth, ..Scan::new(&scan.scan, coord, labels) };
        for (name, paint) in [("rgb", Paint::Color), ("classes", Paint::Truth)] {
            let path = std::path::Path::new(out).join(format!("{}_{name}.png", scan.scan));
            scannet::atomic::write_bytes(path, &still(&shown, paint, &Camera::default())?.to_png())?;
        }
    }
    for (id, count) in summary.vertices_of_id.iter().enumerate() {
        println!("NYU40 id {id}: {:.3} %", 100.0 * *count as f64 / summary.vertices as f64);
    }
    println!("{} vertices, {:.1} % outside the twenty classes", summary.vertices, 100.0 * summary.unlabeled);
    Ok(())
}
