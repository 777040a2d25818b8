//! Writes the pages that the browser tests open: `cargo run -p scanview --example pages -- DIR`.

#[path = "../tests/common/mod.rs"]
mod common;

use labelset::LabelSet;
use scanview::{Scan, page};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let dir = std::path::PathBuf::from(std::env::args().nth(1).ok_or("name the folder to write to")?);
    std::fs::create_dir_all(&dir)?;
    let one = Scan::new("one point", vec![[1.0, 2.0, 3.0]], LabelSet::scannet20());
    let annotated = Scan { predictions: Vec::new(), ..common::room(20_000) };
    let mut pair = common::room(20_000);
    pair.predictions.truncate(2);
    let mut strays = Scan { predictions: Vec::new(), color: None, normal: None, ..common::room(20_000) };
    strays.coord.extend([[1e5, 0.0, 0.0], [0.0, -1e3, 0.0], [2.0, 2.0, -30.0]]);
    strays.truth.as_mut().ok_or("a room has truth")?.extend([0; 3]);
    for (name, scan) in [
        ("room", common::room(60_000)),
        ("annotated", annotated),
        ("pair", pair),
        ("strays", strays),
        ("large", common::room(500_000)),
        ("hostile", common::hostile()),
        ("many", common::many_classes()),
        ("one", one),
    ] {
        let begin = std::time::Instant::now();
        let page = page(&scan)?;
        std::fs::write(dir.join(format!("{name}.html")), &page.html)?;
        println!("{name}: {} points, {} bytes, {:.2} s", page.points, page.html.len(), begin.elapsed().as_secs_f64());
    }
    Ok(())
}
