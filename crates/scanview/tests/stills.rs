//! Sizes, colours and faults of stills.

use labelset::LabelSet;
use scanview::{Camera, Paint, Picture, Prediction, Scan, ViewError, still};
use std::time::Instant;

/// A room without faces or with them: a floor of class 1, and two walls of class 0 that face inwards.
fn room(faces: bool) -> Scan {
    let (n, step) = (40u32, 0.1);
    let (mut coord, mut normal, mut truth, mut triangles) = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    type Place = fn(f32, f32) -> [f32; 3];
    let sides: [(Place, [f32; 3], i32); 3] = [
        (|a, b| [a, b, 0.0], [0.0, 0.0, 1.0], 1),
        (|a, b| [b, 4.0, a * 0.6], [0.0, -1.0, 0.0], 0),
        (|a, b| [0.0, a, b * 0.6], [1.0, 0.0, 0.0], 0),
    ];
    for (place, direction, class) in sides {
        let first = coord.len() as u32;
        for i in 0..n * n {
            coord.push(place((i / n) as f32 * step, (i % n) as f32 * step));
            normal.push(direction);
            truth.push(class);
            if i / n + 1 < n && i % n + 1 < n {
                let corner = first + i;
                triangles.extend([[corner, corner + n, corner + n + 1], [corner, corner + n + 1, corner + 1]]);
            }
        }
    }
    let mut scan = Scan { truth: Some(truth), ..Scan::new("room", coord, LabelSet::scannet20()) };
    if faces {
        scan.faces = triangles
    } else {
        scan.normal = Some(normal)
    }
    scan
}

fn camera() -> Camera {
    Camera { width: 200, height: 150, ..Camera::default() }
}

fn drawn(picture: &Picture, x: usize, y: usize) -> bool {
    picture.pixels[(y * picture.width + x) * 3..][..3] != picture.pixels[..3]
}

#[test]
fn a_still_shows_the_scan_in_the_middle() {
    for scan in [room(true), room(false)] {
        for elevation in [0.85, std::f32::consts::FRAC_PI_2, 0.0, -0.5] {
            let picture = still(&scan, Paint::Color, &Camera { elevation, azimuth: -0.6, ..camera() }).unwrap();
            let (width, height) = (picture.width, picture.height);
            assert_eq!((width, height, picture.pixels.len()), (200, 150, 200 * 150 * 3));
            let columns: Vec<usize> = (0..width).filter(|&x| (0..height).any(|y| drawn(&picture, x, y))).collect();
            let rows: Vec<usize> = (0..height).filter(|&y| (0..width).any(|x| drawn(&picture, x, y))).collect();
            if elevation < 0.0 {
                continue; // the floor and perhaps a wall face away
            }
            let centered = |hit: &[usize], n: usize| (hit[0] + hit[hit.len() - 1]).abs_diff(n - 1) < n / 8;
            assert!(centered(&columns, width) && centered(&rows, height), "{elevation}");
            // The scan fills the picture in one direction, and leaves a margin in both.
            assert!(columns.len() > width * 8 / 10 || rows.len() > height * 8 / 10);
            assert!(columns[0] > 0 && rows[0] > 0);
        }
    }
}

#[test]
fn strays_do_not_make_the_scan_small() {
    let size = |scan: &Scan| {
        let picture = still(scan, Paint::Color, &Camera { elevation: 2.0, distance: 30.0, ..camera() }).unwrap();
        (0..200).filter(|&x| (0..150).any(|y| drawn(&picture, x, y))).count()
    };
    for faces in [true, false] {
        let mut scan = room(faces);
        let before = size(&scan);
        scan.coord.extend([[40.0, 0.0, 0.0], [40.0, 0.1, 0.0], [40.1, 0.0, 0.0]]);
        scan.faces.extend(if faces { vec![[4800, 4802, 4801]] } else { vec![] });
        scan.truth.as_mut().unwrap().extend([0; 3]);
        scan.normal.iter_mut().for_each(|normal| normal.extend([[0.0, 0.0, 1.0]; 3]));
        assert!(size(&scan).abs_diff(before) < 4, "{} {before}", size(&scan));
    }
}

#[test]
fn strays_anywhere_and_scans_of_any_size_take_no_time() {
    let begin = Instant::now();
    let before = still(&room(false), Paint::Height, &camera()).unwrap();
    let share = |picture: &Picture| {
        let same = picture.pixels.chunks(3).zip(before.pixels.chunks(3)).filter(|(a, b)| a == b).count();
        same as f64 / (200 * 150) as f64
    };
    // the camera is 3 radii away
    for stray in [[1e3, 0.0, 0.0], [1e5, 1e5, 1e5], [0.0, 0.0, -1e30], [-3.1, -5.4, 8.0], [-2.6, -4.6, 7.0]] {
        let mut scan = room(false);
        scan.coord.push(stray);
        scan.truth.as_mut().unwrap().push(0);
        scan.normal.as_mut().unwrap().push([0.0; 3]);
        let picture = still(&scan, Paint::Height, &camera()).unwrap();
        assert!(share(&picture) > 0.98, "{stray:?} {}", share(&picture));
    }
    for size in [1e-6, 1e-3, 1e3, 1e6] {
        let mut scan = room(false);
        scan.coord.iter_mut().for_each(|p| *p = p.map(|v| v * size));
        let picture = still(&scan, Paint::Height, &camera()).unwrap();
        assert!(share(&picture) > 0.98, "{size} {}", share(&picture));
    }
    // too few points for any to be a stray
    for far in [1e3, 1e5] {
        let coord = (0..300).map(|i| [(i % 20) as f32 * 0.1, (i / 20) as f32 * 0.1, 0.0]).chain([[far; 3]]).collect();
        still(&Scan::new("few", coord, LabelSet::scannet20()), Paint::Color, &camera()).unwrap();
    }
    // many points in few places
    let places = (0..200_000u32).map(|i| [101, 367, 773].map(|k| (i % 500 * k % 997) as f32 * 0.01)).collect();
    still(&Scan::new("copies", places, LabelSet::scannet20()), Paint::Color, &Camera::default()).unwrap();
    assert!(begin.elapsed().as_secs_f64() < 20.0, "{:?}", begin.elapsed());
}

/// How many groups of drawn pixels touch each other, and how many pixels are drawn.
fn groups(picture: &Picture) -> (usize, usize) {
    let mut left: std::collections::BTreeSet<(usize, usize)> =
        (0..150).flat_map(|y| (0..200).map(move |x| (x, y))).filter(|&(x, y)| drawn(picture, x, y)).collect();
    let (all, mut found) = (left.len(), 0);
    while let Some(first) = left.pop_first() {
        let mut next = vec![first];
        found += 1;
        while let Some((x, y)) = next.pop() {
            let around = [(x + 1, y), (x.wrapping_sub(1), y), (x, y + 1), (x, y.wrapping_sub(1))];
            next.extend(around.into_iter().filter(|place| left.remove(place)));
        }
    }
    (found, all)
}

#[test]
fn a_few_points_are_small_squares() {
    for size in [1e-6, 1.0, 1e4] {
        let corners = [[0.0; 3], [size, 0.0, 0.0], [0.0, size, size]];
        for n in 1..=3 {
            let scan = Scan::new("few", corners[..n].to_vec(), LabelSet::scannet20());
            let picture = still(&scan, Paint::Color, &camera()).unwrap();
            let (found, pixels) = groups(&picture);
            assert!(found == n && (9 * n..=100 * n).contains(&pixels), "{size} {n} {found} {pixels}");
        }
        let same = Scan::new("same", vec![[size; 3]; 50], LabelSet::scannet20());
        assert_eq!(groups(&still(&same, Paint::Color, &camera()).unwrap()).0, 1);
    }
}

/// Number of pixels whose colour is about this one, under any shading.
fn count(picture: &Picture, color: [u8; 3]) -> usize {
    let near = |pixel: &[u8]| {
        (0..20).any(|i| {
            let light = 0.6 + 0.02 * i as f32;
            (0..3).all(|a| (f32::from(color[a]) * light - f32::from(pixel[a])).abs() < 6.0)
        })
    };
    picture.pixels.chunks(3).filter(|pixel| near(pixel)).count()
}

#[test]
fn colours_are_those_of_the_label_set_and_points_leave_no_gaps() {
    let top = Camera { elevation: 2.0, distance: 30.0, azimuth: 0.3, ..camera() };
    for scan in [room(true), room(false)] {
        let picture = still(&scan, Paint::Truth, &top).unwrap();
        let floor = count(&picture, scan.labels.color_of(1));
        let drawn =
            (0..150).flat_map(|y| (0..200).map(move |x| (x, y))).filter(|&(x, y)| drawn(&picture, x, y)).count();
        // seen from above, walls are lines
        assert!(drawn > 4000 && floor * 20 > drawn * 17, "{floor} of {drawn}");
    }
}

#[test]
fn errors_are_orange_and_a_cut_takes_away_what_is_above() {
    let mut scan = room(false);
    let mut classes = scan.truth.clone().unwrap();
    classes[..800].fill(2);
    let confidence = Some(vec![0.5; classes.len()]);
    scan.predictions.push(Prediction { name: "half".into(), classes, confidence });
    let top = Camera { elevation: 2.0, distance: 30.0, ..camera() };
    let errors = still(&scan, Paint::Error(0), &top).unwrap();
    let (wrong, right) = (count(&errors, [245, 130, 20]), count(&errors, [110, 134, 168]));
    assert!(wrong > 1000 && right > wrong && right < 2 * wrong, "{wrong} {right}");
    let side = Camera { elevation: 0.0, azimuth: 0.0, ..camera() };
    let height = |cut| {
        let picture = still(&scan, Paint::Height, &Camera { cut, ..side }).unwrap();
        (0..150).filter(|&y| (0..200).any(|x| drawn(&picture, x, y))).count()
    };
    assert!(height(None) > 2 * height(Some(0.5)));
    assert!(height(Some(-5.0)) == 0);
    for paint in [Paint::Prediction(0), Paint::Confidence(0), Paint::Normal, Paint::Color] {
        still(&scan, paint, &camera()).unwrap();
    }
}

#[test]
fn what_a_scan_lacks_is_said() {
    let scan = Scan::new("bare", vec![[0.0; 3]; 3], LabelSet::scannet20());
    for (paint, part) in [
        (Paint::Truth, "has no annotation; show an annotated scene"),
        (Paint::Error(0), "has no annotation"),
        (Paint::Prediction(0), "has no prediction; name a run"),
    ] {
        let message = still(&scan, paint, &camera()).unwrap_err().to_string();
        assert!(message.contains("\"bare\"") && message.contains(part), "{message}");
    }
    for paint in [Paint::Height, Paint::Normal] {
        still(&scan, paint, &camera()).unwrap();
    }
    let empty = Scan::new("none", Vec::new(), LabelSet::scannet20());
    assert_eq!(still(&empty, Paint::Color, &camera()), Err(ViewError::Empty("none".into())));
}

#[test]
fn normals_of_clouds_are_estimated_on_the_side_of_the_room() {
    let bare = Scan { normal: None, ..room(false) };
    let picture = still(&bare, Paint::Normal, &Camera { elevation: 0.6, azimuth: -0.6, ..camera() }).unwrap();
    let near = |color: &[u8; 3], other: [u8; 3]| color.iter().zip(other).all(|(a, b)| a.abs_diff(b) < 12);
    let (pixels, _) = picture.pixels.as_chunks::<3>();
    let count = |color: [u8; 3]| pixels.iter().filter(|pixel| near(pixel, color)).count();
    // +z, -y and +x, the directions of its sides, and the opposite ones
    let sides = [[128, 128, 255], [128, 0, 128], [255, 128, 128]].map(count);
    let backs = [[128, 128, 0], [128, 255, 128], [0, 128, 128]].map(count);
    assert!(sides.iter().all(|count| *count > 1000) && backs.iter().sum::<usize>() < 50, "{sides:?} {backs:?}");
}

#[test]
fn unusual_cameras_are_accepted() {
    let scan = room(true);
    for camera in [
        Camera { elevation: 9.0, width: 0, height: 1, ..camera() },
        Camera { azimuth: f32::NAN, elevation: f32::NAN, distance: -3.0, width: 20, height: 20, cut: Some(f32::NAN) },
        Camera { distance: 0.0, elevation: 0.1, ..camera() },
    ] {
        let picture = still(&scan, Paint::Color, &camera).unwrap();
        assert_eq!(picture.pixels.len(), picture.width * picture.height * 3);
    }
}

#[test]
fn png_files_contain_the_pixels() {
    let picture = still(&room(true), Paint::Truth, &Camera { width: 64, height: 48, ..camera() }).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(picture.to_png())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (64, 48));
    assert_eq!(pixels, picture.pixels);
}

#[test]
fn pictures_are_joined_from_left_to_right() {
    let picture = |width, pixels| Picture { width, height: 2, pixels };
    let joined = Picture::beside(&[picture(1, vec![1, 2, 3, 4, 5, 6]), picture(2, (10..22).collect())]);
    let expected = vec![1, 2, 3, 10, 11, 12, 13, 14, 15, 4, 5, 6, 16, 17, 18, 19, 20, 21];
    assert_eq!(joined, picture(3, expected));
}
