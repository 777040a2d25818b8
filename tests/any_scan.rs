//! The model that ships with the program labels scans of any sensor, whatever state they are in.

mod support;

use labelset::LabelSet;
use roomscan::{RoomsConfig, Sensor, generate_scan};
use scannet::{Mesh, read_mesh, write_mesh};
use std::path::Path;
use support::files::json;
use support::fixture::{VAL, fixture, mesh_file, trained};
use support::{Arg, ok, run};

/// A scan with the NYU40 id of every vertex, 0 where it has none of the twenty classes.
#[derive(Clone)]
struct Labelled {
    mesh: Mesh,
    truth: Vec<i32>,
    /// Which vertex of the whole scan each is, or none.
    vertex: Vec<Option<usize>>,
}

impl Labelled {
    /// Rooms that the model was not trained on, 3.5 cm between their points.
    fn of(sensor: Sensor, index: usize) -> Labelled {
        Labelled::with_spacing(sensor, index, 0.035)
    }

    fn with_spacing(sensor: Sensor, index: usize, spacing: f32) -> Labelled {
        let config = RoomsConfig { sensors: vec![sensor], spacing, ..RoomsConfig::default() };
        let room = generate_scan(77, index, &config).unwrap();
        let labels = LabelSet::scannet20();
        let known = |id: &i32| labels.classes_of_ids(&[*id])[0] != labelset::NO_CLASS;
        let truth: Vec<i32> = room.nyu40().into_iter().map(|id| if known(&id) { id } else { 0 }).collect();
        Labelled { mesh: room.mesh(), vertex: (0..truth.len()).map(Some).collect(), truth }
    }

    /// Some of the vertices, as points.
    fn keep(&self, keep: impl Fn(usize) -> bool) -> Labelled {
        let kept: Vec<usize> = (0..self.truth.len()).filter(|&i| keep(i)).collect();
        let mesh = Mesh {
            coord: kept.iter().map(|&i| self.mesh.coord[i]).collect(),
            color: self.mesh.color.as_ref().map(|color| kept.iter().map(|&i| color[i]).collect()),
            ..Mesh::default()
        };
        let truth = kept.iter().map(|&i| self.truth[i]).collect();
        Labelled { mesh, truth, vertex: kept.into_iter().map(Some).collect() }
    }

    /// The label of every vertex by the model.
    fn labels(&self) -> Vec<i32> {
        let dir = tempfile::tempdir().unwrap();
        let (scan, out) = (dir.path().join("scan.ply"), dir.path().join("out.ply"));
        write_mesh(&scan, &self.mesh).unwrap();
        ok(&[&"predict", &scan, &"--out", &out]);
        read_mesh(&out).unwrap().label.unwrap()
    }

    /// Annotated vertices that are also in the whole scan; those of them with the right label; those that have it in the
    /// labels of the whole scan.
    fn score(&self, whole: &[i32]) -> [usize; 3] {
        let labels = self.labels();
        let annotated = (0..labels.len()).filter(|&i| self.truth[i] != 0);
        let of_scan = annotated.filter_map(|i| Some((self.truth[i], labels[i], whole[self.vertex[i]?])));
        of_scan.fold([0; 3], |[all, own, before], (truth, label, first)| {
            [all + 1, own + usize::from(label == truth), before + usize::from(first == truth)]
        })
    }
}

/// Accuracies in percent: of the scans as they are now, and of the same vertices in the whole scans.
fn accuracies(scores: impl IntoIterator<Item = [usize; 3]>) -> [f64; 2] {
    let [all, own, before] = scores.into_iter().fold([0; 3], |sum, score| [0, 1, 2].map(|k| sum[k] + score[k]));
    [own, before].map(|right| 100.0 * right as f64 / all as f64)
}

/// Asserts that a command line is not understood.
fn misused(args: &[Arg], parts: &[&str]) {
    let ran = run(args);
    assert_eq!(ran.code, Some(2), "{ran:?}");
    ran.complains(parts);
}

/// What may happen to a scan.
fn changed(scan: &Labelled) -> Vec<(&'static str, Labelled)> {
    let coord = &scan.mesh.coord;
    let (low, high) = pointops::main_extent(coord);
    let thinned = pointops::voxelize(coord, 0.05).unwrap();
    let mut first = vec![false; coord.len()];
    thinned.first.iter().for_each(|&i| first[i as usize] = true);
    let mut grey = scan.clone();
    grey.mesh.color = None;
    let tilted = |degrees: f32| {
        let (mut tilted, (sin, cos)) = (scan.clone(), degrees.to_radians().sin_cos());
        for p in &mut tilted.mesh.coord {
            *p = [cos * p[0] - sin * p[2], p[1], sin * p[0] + cos * p[2]];
        }
        tilted
    };
    let mut littered = scan.clone();
    for k in 0..6 {
        littered.mesh.coord.push([low[0] + k as f32, low[1] - 0.5, low[2] - 0.3 * k as f32]);
        littered.mesh.color.iter_mut().for_each(|color| color.push([90; 3]));
        littered.truth.push(0);
        littered.vertex.push(None);
    }
    vec![
        ("a point each 5 cm", scan.keep(|i| first[i])),
        ("without colours", grey),
        ("tilted by 5 degrees", tilted(5.0)),
        ("tilted by 20 degrees", tilted(20.0)),
        ("with strays", littered),
        ("without ceiling", scan.keep(|i| coord[i][2] < high[2] - 0.4)),
        ("one half", scan.keep(|i| coord[i][0] < (low[0] + high[0]) / 2.0)),
    ]
}

/// Of generated rooms, percent.
const LEAST: f64 = 68.0;
/// Percentage points.
const MOST_LOST: f64 = 3.0;

#[test]
fn it_labels_scans_of_every_sensor_in_any_state() {
    // a living room and an office
    let rooms = [3, 4];
    for sensor in Sensor::ALL {
        let scores = rooms.map(|index| {
            let scan = Labelled::of(sensor, index);
            scan.score(&scan.truth)
        });
        let [accuracy, _] = accuracies(scores);
        println!("{sensor}: {accuracy:.1} % of points");
        assert!(accuracy > LEAST, "{sensor}: {accuracy}");
    }
    let scans = rooms.map(|index| Labelled::of(Sensor::DepthCamera, index));
    let whole = scans.each_ref().map(Labelled::labels);
    let changes = scans.each_ref().map(changed);
    for (k, (name, _)) in changes[0].iter().enumerate() {
        let [now, before] = accuracies(changes.iter().zip(&whole).map(|(of_scan, whole)| of_scan[k].1.score(whole)));
        println!("{name}: {now:.1} % of points, {before:.1} in the whole scan");
        assert!(now > before - MOST_LOST, "{name}: {now}, not {before}");
    }
    // the same living room with other distances between its points
    let accuracy = |spacing| {
        let scan = Labelled::with_spacing(Sensor::DepthCamera, rooms[0], spacing);
        accuracies([scan.score(&scan.truth)])[0]
    };
    let usual = accuracy(0.035);
    for spacing in [0.01, 0.02, 0.04] {
        let now = accuracy(spacing);
        println!("{spacing} m between points: {now:.1} % of points, {usual:.1} with 0.035 m");
        assert!(now > usual - MOST_LOST, "{spacing} m: {now}, not {usual}");
    }
}

#[test]
fn a_ceiling_has_no_class() {
    // a laser scanner sees it
    let config = RoomsConfig { sensors: vec![Sensor::LaserScanner], spacing: 0.035, ..RoomsConfig::default() };
    let ceiling: Vec<bool> = generate_scan(77, 4, &config).unwrap().nyu40().iter().map(|id| *id == 22).collect();
    let scan = Labelled::of(Sensor::LaserScanner, 4);
    let labels = scan.labels();
    let share = |of: &dyn Fn(usize) -> bool| {
        let those: Vec<usize> = (0..labels.len()).filter(|&i| of(i)).collect();
        100.0 * those.iter().filter(|&&i| labels[i] == 0).count() as f64 / those.len() as f64
    };
    let (ceiling, annotated) = (share(&|i| ceiling[i]), share(&|i| scan.truth[i] != 0));
    println!("no class: {ceiling:.1} % of the ceiling, {annotated:.1} % of what has one");
    assert!(ceiling > 90.0 && annotated < 3.0, "{ceiling} {annotated}");
}

#[test]
fn other_formats_and_meshes_of_few_vertices_are_labelled_too() {
    let dir = tempfile::tempdir().unwrap();
    let out = dir.path().join("out.ply");
    let labels = |scan: &Path| {
        let ran = ok(&[&"predict", &scan, &"--out", &out]);
        (read_mesh(&out).unwrap().label.unwrap(), ran.err)
    };
    let (expected, _) = labels(&mesh_file(VAL));
    let mesh = read_mesh(mesh_file(VAL)).unwrap();
    // shortest numbers that are read as the same floats, and far away, as in the coordinates of a country
    let text = |name: &str, line: &dyn Fn(&[f32; 3]) -> String| {
        let path = dir.path().join(name);
        std::fs::write(&path, mesh.coord.iter().map(line).collect::<String>()).unwrap();
        path
    };
    let (same, _) = labels(&text("scan.xyz", &|[x, y, z]| format!("{x} {y} {z}\n")));
    assert!(same == expected);
    let far = |p: &[f32; 3]| {
        let [x, y, z] = p.map(f64::from);
        format!("{},{},{}\n", x + 691_200.0, y + 5_334_600.0, z)
    };
    let (moved, told) = labels(&text("scan.csv", &far));
    let right = moved.iter().zip(&expected).filter(|(a, b)| a == b).count() as f64 / expected.len() as f64;
    assert!(right > 0.97 && told.contains("are subtracted from x, y and z"), "{right} {told}");
    // the output lies where the scan does
    let labelled = read_mesh(&out).unwrap();
    assert_eq!(labelled.offset[..2], [691_200.0, 5_334_600.0]);
    let off = |(a, b): (&[f32; 3], &[f32; 3])| (0..3).any(|k| (a[k] - b[k]).abs() > 1e-4);
    assert!(!labelled.coord.iter().zip(&mesh.coord).any(off));

    // a floor and two walls of triangles of half a metre
    let (mut obj, mut truth) = (String::new(), Vec::new());
    let mut sheet = |columns: usize, rows: usize, class: i32, at: &dyn Fn(f32, f32) -> [f32; 3]| {
        let first = truth.len() + 1;
        for (i, k) in (0..=rows).flat_map(|k| (0..=columns).map(move |i| (i, k))) {
            let [x, y, z] = at(i as f32 * 0.5, k as f32 * 0.5);
            obj += &format!("v {x} {y} {z}\n");
            // the edges are of two sheets
            let inner = (1..columns).contains(&i) && (1..rows).contains(&k);
            truth.push(if inner { class } else { 0 });
        }
        for (i, k) in (0..rows).flat_map(|k| (0..columns).map(move |i| (i, k))) {
            let a = first + k * (columns + 1) + i;
            obj += &format!("f {a} {} {} {}\n", a + 1, a + columns + 2, a + columns + 1);
        }
    };
    sheet(10, 8, 2, &|u, v| [u, v, 0.0]);
    sheet(10, 5, 1, &|u, v| [u, 0.0, v]);
    sheet(8, 5, 1, &|u, v| [0.0, u, v]);
    let path = dir.path().join("room.obj");
    std::fs::write(&path, obj).unwrap();
    let (labels, told) = labels(&path);
    let inner: Vec<(i32, i32)> = truth.into_iter().zip(labels).filter(|(truth, _)| *truth != 0).collect();
    let right = inner.iter().filter(|(truth, label)| truth == label).count();
    println!("{right} of {} vertices of large triangles", inner.len());
    assert!(10 * right >= 9 * inner.len() && told.contains("of its surface is in large triangles"), "{right} {told}");
}

#[test]
fn it_is_named_or_taken_without_a_name_and_a_run_is_still_a_run() {
    let dir = tempfile::tempdir().unwrap();
    let (scan, out) = (mesh_file(VAL), |name: &str| dir.path().join(name));
    let (plain, named, run) = (out("plain.ply"), out("named.ply"), out("run.ply"));
    ok(&[&"predict", &scan, &"--out", &plain]);
    ok(&[&"predict", &scan, &"--model", &"any-scan", &"--out", &named]);
    ok(&[&"predict", &trained(), &scan, &"--out", &run]);
    let bytes = |path: &Path| std::fs::read(path).unwrap();
    assert!(bytes(&plain) == bytes(&named) && bytes(&plain) != bytes(&run));
    misused(&[&"predict", &scan, &"--model", &"rooms", &"--out", &out("x.ply")], &["no such model", "any-scan"]);
    misused(
        &[&"predict", &trained(), &scan, &"--model", &"any-scan", &"--out", &out("x.ply")],
        &["cannot be used with"],
    );

    let message = ["this is the folder of a run", "a folder of scans, after it"];
    support::refused(&[&"predict", &trained(), &"--out", &out("labelled")], &message);

    // results go where they are asked to, beside a copy of the model that can be compared with runs
    let results = out("results");
    let data = &fixture().data;
    let protocol = "scannet-benchmark";
    let evaluate: [Arg; 9] =
        [&"evaluate", &"--model", &"any-scan", &"--data", data, &"--protocol", &protocol, &"--out", &results];
    for _ in 0..2 {
        ok(&evaluate);
    }
    let files = support::files::paths(&results);
    let name = |path: &&std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    let scores = files.iter().find(|path| {
        name(path).starts_with("evaluation-") && name(path).ends_with(".json") && !name(path).ends_with("-scenes.json")
    });
    assert_eq!(json(&results.join(scores.unwrap()))["experiment"], "any-scan", "{files:?}");
    let page = out("page.html");
    let compared = ok(&[&"report", &trained(), &results, &"--out", &page]);
    assert!(!compared.err.contains("metrics.jsonl"), "{}", compared.err);
    assert!(std::fs::read_to_string(page).unwrap().contains("any-scan"));
    support::refused(
        &[&"evaluate", &"--model", &"any-scan", &"--data", data, &"--out", &trained()],
        &["the folder has another run", "choose another one"],
    );
    let inside = data.join("val/results");
    support::refused(
        &[&"evaluate", &"--model", &"any-scan", &"--data", data, &"--out", &inside],
        &["would be written into a prepared store", "choose another folder"],
    );
    assert!(!inside.exists());
    support::refused(
        &[&"evaluate", &"--model", &"any-scan", &"--data", data, &"--out", &plain],
        &["cannot write", "a file is in the way; choose another path"],
    );
    let failed: [Arg; 9] =
        [&"evaluate", &"--model", &"any-scan", &"--data", data, &"--split", &"test", &"--out", &out("failed")];
    support::refused(&failed, &["no scenes"]);
    assert!(!out("failed").join("manifest.json").exists());
    misused(&[&"evaluate", &"--data", &fixture().data], &["--model", "RUN"]);
}

#[test]
fn rooms_are_scanned_by_the_sensors_that_are_named_and_test_scans_have_labels() {
    let dir = tempfile::tempdir().unwrap();
    let (raw, data) = (dir.path().join("rooms"), dir.path().join("prepared"));
    let few: [Arg; 6] = [&"--train", &"1", &"--val", &"1", &"--test", &"1"];
    let mut rooms: Vec<Arg> = vec![&"rooms", &"--out", &raw, &"--spacing", &"0.08"];
    rooms.extend([&"--sensor" as Arg, &"laser-scanner,phone-lidar"]);
    rooms.extend(few);
    ok(&rooms);
    ok(&[&"verify", &raw]);
    ok(&[&"preprocess", &raw, &"--out", &data]);
    let scan = |name: &str| read_mesh(raw.join(format!("scans/{name}/{name}_vh_clean_2.ply"))).unwrap();
    assert!(scan("scene9000_00").faces.is_empty(), "a laser scanner makes no mesh");
    ok(&[&"evaluate", &"--model", &"any-scan", &"--data", &data, &"--split", &"test"]);

    let new = dir.path().join("new");
    misused(&[&"rooms", &"--out", &new, &"--sensor", &"sonar"], &["not a sensor", "depth-camera"]);
    misused(&[&"rooms", &"--out", &new, &"--benchmark", &"rooms-v9"], &["rooms-v1"]);
    misused(&[&"rooms", &"--out", &new, &"--benchmark", &"rooms-v1", &"--seed", &"2"], &["cannot be used with"]);
    assert!(!new.exists());
}

#[test]
fn a_scan_on_its_side_is_noticed_and_turned() {
    let dir = tempfile::tempdir().unwrap();
    let [scan, side] = ["scan", "side"].map(|name| dir.path().join(format!("{name}.ply")));
    let mut room = Labelled::of(Sensor::DepthCamera, 4).mesh;
    let labels = |scan: &Path, more: &[Arg]| {
        let out = dir.path().join("out.ply");
        let mut args: Vec<Arg> = vec![&"predict", &scan, &"--out", &out];
        args.extend(more);
        let ran = ok(&args);
        (read_mesh(&out).unwrap().label.unwrap(), ran.err)
    };
    write_mesh(&scan, &room).unwrap();
    room.coord.iter_mut().for_each(|p| *p = [p[0], p[2], -p[1]]);
    write_mesh(&side, &room).unwrap();
    let (upright, quiet) = labels(&scan, &[]);
    assert!(!quiet.contains("on its side"), "{quiet}");
    let (_, told) = labels(&side, &[]);
    assert!(told.contains("lie on its side") && told.contains("--up y"), "{told}");
    let (turned, _) = labels(&side, &[&"--up", &"y"]);
    assert!(turned == upright);

    // one that is tilted is made level, unless it is to stay so
    let tilted = dir.path().join("tilted.ply");
    room = read_mesh(&scan).unwrap();
    let (sin, cos) = 20.0f32.to_radians().sin_cos();
    room.coord.iter_mut().for_each(|p| *p = [cos * p[0] - sin * p[2], p[1], sin * p[0] + cos * p[2]]);
    write_mesh(&tilted, &room).unwrap();
    let ((level, told), (as_it_is, warned)) = (labels(&tilted, &[]), labels(&tilted, &[&"--keep-tilt"]));
    assert!(told.contains("sees it made level") && warned.contains("turn it upright first"), "{told} {warned}");
    let right = |labels: &[i32]| labels.iter().zip(&upright).filter(|(a, b)| a == b).count();
    assert!(right(&level) > right(&as_it_is));
    let out = dir.path().join("x.ply");
    support::refused(&[&"predict", &trained(), &scan, &"--keep-tilt", &"--out", &out], &["leave out --keep-tilt"]);

    let picture = |name: &str, scan: &Path, up: &str| {
        let png = dir.path().join(name);
        ok(&[&"render", &scan, &"--up", &up, &"--png", &png]);
        std::fs::read(png).unwrap()
    };
    assert!(picture("a.png", &scan, "z") == picture("b.png", &side, "y"));
    misused(&[&"predict", &scan, &"--up", &"w", &"--out", &dir.path().join("x.ply")], &["no such axis", "-y"]);
}
