//! Writes a small data set and pictures of each scan: `cargo run --example make_rooms -- OUT [TRAIN] [VAL]
//! [SEED]`.

use roomscan::{Paint, RoomsConfig, Viewpoint, generate, generate_scan, preview, write_png};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let out = arguments.first().ok_or("name the folder to write to")?;
    let number = |i: usize, or: usize| arguments.get(i).map_or(Ok(or), |v| v.parse());
    let config =
        RoomsConfig { train: number(1, 4)?, val: number(2, 2)?, seed: number(3, 0)? as u64, ..RoomsConfig::default() };
    let summary = generate(&config, out, &|p| println!("{}/{} {} {} vertices", p.done, p.total, p.scan, p.vertices))?;
    for (index, scan) in summary.scans.iter().enumerate() {
        println!("{scan:?}");
        let room = generate_scan(config.seed, index, &config)?;
        for (name, paint) in [("rgb", Paint::Rgb), ("classes", Paint::Classes)] {
            let path = std::path::Path::new(out).join(format!("{}_{name}.png", scan.scan));
            write_png(path, &preview(&room, paint, &Viewpoint::default()))?;
        }
    }
    for (id, count) in summary.vertices_of_id.iter().enumerate() {
        println!("NYU40 id {id}: {:.3} %", 100.0 * *count as f64 / summary.vertices as f64);
    }
    println!("{} vertices, {:.1} % outside the twenty classes", summary.vertices, 100.0 * summary.unlabeled);
    Ok(())
}
