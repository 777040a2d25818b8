//! Comparison with numpy and pandas; see `reference/make.py`.

use scannet::npy::{self, Array};
use scannet::{Aggregation, LabelTable, ScanLabels, SegGroup, Segments};

#[derive(serde::Deserialize)]
#[serde(rename_all = "camelCase")]
struct Labels {
    table: String,
    seg_indices: Vec<u32>,
    seg_groups: Vec<SegGroup>,
    nyu40: Vec<i32>,
    segment20: Vec<i32>,
    segment200: Vec<i32>,
    instance: Vec<i32>,
}

#[test]
fn labels_agree_with_numpy() {
    let want: Labels = serde_json::from_str(include_str!("reference/labels.json")).unwrap();
    let table = LabelTable::parse(want.table.as_bytes()).unwrap();
    let segments = Segments { seg_indices: want.seg_indices, ..Segments::default() };
    let objects = Aggregation { groups: want.seg_groups, ..Aggregation::default() };
    let labels = ScanLabels::from_objects("s", want.nyu40.len(), &segments, &objects, &table).unwrap();
    assert_eq!(labels.nyu40, want.nyu40);
    assert_eq!(labels.segment20, want.segment20);
    assert_eq!(labels.segment200.unwrap(), want.segment200);
    assert_eq!(labels.instance.unwrap(), want.instance);
}

#[test]
fn arrays_written_by_numpy_are_read() {
    let points = [[0.5, -1.25, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.75], [-10.0, 11.0, 12.0]];
    let files: [(&[u8], bool); 4] = [
        (include_bytes!("reference/points_f4_c.npy"), false),
        (include_bytes!("reference/points_f4_f.npy"), true),
        (include_bytes!("reference/points_f8_f.npy"), true),
        (include_bytes!("reference/points_big_c.npy"), false),
    ];
    for (bytes, fortran) in files {
        let array = Array::parse(bytes).unwrap();
        assert_eq!((array.fortran_order, array.points().unwrap()), (fortran, points.to_vec()));
    }
    let labels: [&[u8]; 3] = [
        include_bytes!("reference/labels_i2.npy"),
        include_bytes!("reference/labels_i4.npy"),
        include_bytes!("reference/labels_i8.npy"),
    ];
    for bytes in labels {
        assert_eq!(Array::parse(bytes).unwrap().labels().unwrap(), [3, -1, 0, 19]);
    }
}

#[test]
fn arrays_have_the_bytes_that_numpy_writes() {
    let points = [[0.5, -1.25, 3.0], [4.0, 5.0, 6.0], [7.0, 8.0, 9.75], [-10.0, 11.0, 12.0]];
    assert_eq!(npy::encode_points(&points, false), include_bytes!("reference/points_f4_c.npy"));
    assert_eq!(npy::encode_points(&points, true), include_bytes!("reference/points_f4_f.npy"));
    assert_eq!(npy::encode_labels(&[3, -1, 0, 19]), include_bytes!("reference/labels_i8.npy"));
}
