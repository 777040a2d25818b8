//! Sizes, colours and files of previews.

use roomscan::{Paint, RoomsConfig, ScannedRoom, Viewpoint, generate_scan, preview, side_by_side, write_png};

fn room() -> ScannedRoom {
    generate_scan(0, 0, &RoomsConfig { spacing: 0.05, views: 24, ..RoomsConfig::default() }).unwrap()
}

#[test]
fn a_preview_shows_the_room_in_the_middle() {
    let from = Viewpoint { width: 200, height: 150, ..Viewpoint::default() };
    let (width, height, pixels) = preview(&room(), Paint::Rgb, &from);
    assert_eq!((width, height, pixels.len()), (200, 150, 200 * 150 * 3));
    let ground = &pixels[..3];
    let drawn = |x: usize, y: usize| &pixels[(y * width + x) * 3..][..3] != ground;
    let columns: Vec<usize> = (0..width).filter(|&x| (0..height).any(|y| drawn(x, y))).collect();
    let rows: Vec<usize> = (0..height).filter(|&y| (0..width).any(|x| drawn(x, y))).collect();
    let centered = |hit: &[usize], n: usize| (hit[0] + hit[hit.len() - 1]).abs_diff(n - 1) < n / 8;
    assert!(centered(&columns, width) && centered(&rows, height));
    // The room fills the picture in one direction, and leaves a margin in both.
    assert!(columns.len() > width * 8 / 10 || rows.len() > height * 8 / 10);
    assert!(columns[0] > 0 && rows[0] > 0);
}

#[test]
fn class_colours_are_scannets() {
    let (.., pixels) = preview(&room(), Paint::Classes, &Viewpoint { width: 200, height: 150, ..Viewpoint::default() });
    // The floor's colour is 152, 223, 138, which is green under any shading.
    let green = pixels.chunks(3).filter(|c| c[1].saturating_sub(c[0].max(c[2])) > 20).count();
    assert!(green > 500, "{green}");
}

#[test]
fn unusual_viewpoints_are_accepted() {
    let room = room();
    for from in [
        Viewpoint { elevation: 9.0, width: 0, height: 1, ..Viewpoint::default() },
        Viewpoint { azimuth: f32::NAN, width: 20, height: 20, ..Viewpoint::default() },
    ] {
        let (width, height, pixels) = preview(&room, Paint::Segments, &from);
        assert_eq!(pixels.len(), width * height * 3);
    }
}

#[test]
fn png_files_contain_the_pixels() {
    let picture = preview(&room(), Paint::Segments, &Viewpoint { width: 64, height: 48, ..Viewpoint::default() });
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("room.png");
    write_png(&path, &picture).unwrap();
    let mut reader = png::Decoder::new(std::io::Cursor::new(std::fs::read(&path).unwrap())).read_info().unwrap();
    let mut pixels = vec![0; reader.output_buffer_size().unwrap()];
    let info = reader.next_frame(&mut pixels).unwrap();
    assert_eq!((info.width, info.height), (64, 48));
    assert_eq!(pixels, picture.2);
    let short = (64, 48, vec![0; 5]);
    assert!(write_png(&path, &short).unwrap_err().to_string().ends_with("room.png"));
}

#[test]
fn pictures_are_joined_from_left_to_right() {
    let (a, b) = ((1, 2, vec![1, 2, 3, 4, 5, 6]), (2, 2, (10..22).collect()));
    let expected = vec![1, 2, 3, 10, 11, 12, 13, 14, 15, 4, 5, 6, 16, 17, 18, 19, 20, 21];
    assert_eq!(side_by_side(&[a, b]), (3, 2, expected));
}
