//! Sizes, times, contents and faults of pages. What a browser makes of them is tested by `.ci/browser`.

mod common;

use common::{HOSTILE, hostile, many_classes, room};
use labelset::LabelSet;
use scanview::{MOST_POINTS, Prediction, Scan, ViewError, page};
use std::time::Instant;

/// The header of a page, as its program reads it.
fn header(html: &str) -> serde_json::Value {
    let (_, rest) = html.split_once("<script type=\"application/json\" id=\"header\">").unwrap();
    serde_json::from_str(rest.split_once("</script>").unwrap().0).unwrap()
}

#[test]
fn a_scan_of_150_000_points_takes_less_than_a_second_and_5_mb() {
    let scan = room(150_000);
    let begin = Instant::now();
    let page = page(&scan).unwrap();
    let took = begin.elapsed().as_secs_f64();
    println!("{} bytes in {took:.2} s", page.html.len());
    assert!(took < 1.0, "{took} s");
    assert!(page.html.len() < 5_000_000 && page.points == 150_000, "{}", page.html.len());
}

#[test]
fn the_header_counts_all_points() {
    let scan = room(5000);
    let header = header(&page(&scan).unwrap().html);
    assert_eq!((header["points"].as_u64(), header["of"].as_u64()), (Some(5000), Some(5000)));
    let truth = scan.truth.unwrap();
    let floor = truth.iter().filter(|&&class| class == 1).count() as u64;
    assert_eq!(header["truth"][2].as_u64(), Some(floor));
    assert_eq!(header["truth"].as_array().unwrap().len(), 21);
    let wrong = scan.coord.iter().filter(|p| p[0] < 1.0).count() as u64;
    assert_eq!(header["predictions"][0]["wrong"].as_u64(), Some(wrong));
    assert_eq!(header["predictions"][0]["right"].as_u64(), Some(5000 - wrong));
    assert_eq!(header["predictions"][2]["wrong"].as_u64(), Some(0));
}

#[test]
fn strays_are_left_out_and_counted() {
    let clean = header(&page(&room(5000)).unwrap().html);
    let mut scan = Scan { predictions: Vec::new(), normal: None, color: None, ..room(5000) };
    // 4 m outside is within the room's own size
    let strays = [[1e5, 0.0, 0.0], [0.0, -1e3, 0.0], [2.0, 2.0, -30.0]];
    scan.coord.extend(strays.iter().chain(&[[-4.0, 1.0, 1.0]]));
    scan.truth.as_mut().unwrap().extend([0; 4]);
    let page = page(&scan).unwrap();
    assert_eq!((page.points, page.strays), (5001, 3));
    let found = header(&page.html);
    let numbers = ["points", "of", "strays"].map(|name| found[name].as_u64().unwrap());
    assert_eq!(numbers, [5001, 5004, 3]);
    assert_eq!(found["low"][0], -4.0);
    for name in ["main", "high", "floor"] {
        assert_eq!(found[name], clean[name], "{name}");
    }
    let count = |truth: &serde_json::Value| truth.as_array().unwrap().iter().map(|n| n.as_u64().unwrap()).sum::<u64>();
    assert_eq!((count(&found["truth"]), count(&clean["truth"])), (5004, 5000));
}

#[test]
fn names_stay_names() {
    let scan = hostile();
    let html = page(&scan).unwrap().html;
    // the page's own three, whatever the scan is called
    assert_eq!(html.matches("</script").count(), 3);
    assert!(!html.contains("<script>window") && !html.contains("<img"));
    let header = header(&html);
    assert_eq!(header["name"], HOSTILE);
    assert_eq!(header["predictions"][0]["name"], HOSTILE);
    assert_eq!(header["classes"][0]["name"], "a\"b'<img src=x onerror=window.broken=2>");
    assert!(html.contains(
        "<title>&lt;/script&gt;&lt;script&gt;window.broken=1&lt;/script&gt;&lt;!-- &quot;&#39;&amp;{{data}}"
    ));
}

#[test]
fn a_page_asks_the_network_for_nothing() {
    let html = page(&room(500)).unwrap().html;
    let data = html.find("id=\"data\"").unwrap();
    // the name of SVG's elements is no address that anything is fetched from
    let rest = html.replace("http://www.w3.org/2000/svg", "");
    for part in ["http:", "https:", "fetch(", "XMLHttpRequest", "import(", "src=", "url(", "@import"] {
        assert!(!rest.contains(part), "{part}");
    }
    assert!(html[..data].contains("default-src 'none'"));
}

#[test]
fn larger_scans_are_thinned_the_same_way_each_time() {
    let scan = Scan { predictions: Vec::new(), ..room(MOST_POINTS + 77_777) };
    let first = page(&scan).unwrap();
    assert_eq!(first.points, MOST_POINTS);
    let header = header(&first.html);
    assert_eq!(header["of"].as_u64(), Some(MOST_POINTS as u64 + 77_777));
    assert!(first.html == page(&scan).unwrap().html);
}

#[test]
fn scans_of_any_kind_have_a_page() {
    let labels = LabelSet::scannet20;
    for coord in [vec![[1.0, 2.0, 3.0]], vec![[0.0; 3]; 10], vec![[-1e5, 1e5, 0.0], [1e5, -1e5, 131_072.0]]] {
        let n = coord.len();
        let header = header(&page(&Scan::new("", coord, labels())).unwrap().html);
        assert_eq!(header["points"].as_u64(), Some(n as u64));
        assert_eq!((&header["color"], &header["normal"]), (&false.into(), &false.into()));
        assert!(header["spacing"].as_f64().unwrap() > 0.0);
    }
    let many = header(&page(&many_classes()).unwrap().html);
    assert_eq!((many["classes"].as_array().unwrap().len(), &many["wide"]), (200, &false.into()));
    let classes: Vec<String> = (0..300).map(|i| format!("{{ name = \"class {i}\" }}")).collect();
    let labels = LabelSet::parse(&format!("name = \"more\"\nclasses = [{}]", classes.join(", "))).unwrap();
    let truth = Some(vec![-1, 254, 255, 299]);
    let scan = Scan { truth, ..Scan::new("more", (0..4).map(|i| [i as f32, 0.0, 0.0]).collect(), labels) };
    assert_eq!(header(&page(&scan).unwrap().html)["wide"], true);
}

#[test]
fn faults_are_named() {
    let scan = |coord| Scan::new("office", coord, LabelSet::scannet20());
    let three = || scan(vec![[0.0; 3]; 3]);
    let fault = |scan: &Scan| page(scan).unwrap_err().to_string();
    assert_eq!(page(&scan(Vec::new())).unwrap_err(), ViewError::Empty("office".into()));
    for value in [f32::NAN, f32::INFINITY] {
        let message = fault(&scan(vec![[0.0; 3], [0.0, value, 0.0]]));
        assert_eq!(message, "point 1 of the scan \"office\" has a coordinate that is not finite; remove such points");
    }
    let message = fault(&Scan { color: Some(vec![[0; 3]; 2]), ..three() });
    assert_eq!(message, "the scan \"office\" has 3 points, but 2 colours; give one for each point");
    let message = fault(&Scan { truth: Some(vec![0, 20, 0]), ..three() });
    assert_eq!(message, "the class of point 1 is 20, not at least -1 and below 20");
    let message = fault(&Scan { faces: vec![[0, 1, 3]], ..three() });
    assert_eq!(message, "face 0 refers to vertex 3, but there are 3 vertices");
    let prediction = |confidence| Prediction { name: "net".into(), classes: vec![0; 3], confidence: Some(confidence) };
    let message = fault(&Scan { predictions: vec![prediction(vec![0.5, f32::NAN, 0.5])], ..three() });
    assert_eq!(message, "the confidence of net of point 1 is NaN, not at least 0 and below 1.001");
    let predictions = vec![prediction(vec![1.0; 3]); 4];
    assert_eq!(fault(&Scan { predictions, ..three() }), "4 predictions are too many; show at most 3 at once");
}
