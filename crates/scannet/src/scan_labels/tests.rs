use super::*;
use crate::label_table::LabelRow;

fn table() -> LabelTable {
    let row =
        |id, raw: &str, nyu40_id| LabelRow { id: Some(id), raw_category: raw.into(), nyu40_id, ..LabelRow::default() };
    LabelTable::from_rows(vec![
        row(1, "wall", 1),
        row(2, "office chair", 5),
        row(12, "refridgerator", 24),
        row(45, "ceiling", 22),
        row(700, "odd", 149),
    ])
}

fn group(id: u32, label: &str, segments: &[u32]) -> SegGroup {
    SegGroup { id, object_id: id, segments: segments.to_vec(), label: label.into() }
}

fn label(scan: &str, ids: &[u32], groups: Vec<SegGroup>) -> Result<ScanLabels, Problem> {
    let segments = Segments { seg_indices: ids.to_vec(), scene_id: scan.into(), ..Segments::default() };
    let objects = Aggregation { groups, scene_id: format!("scannet.{scan}"), ..Aggregation::default() };
    ScanLabels::from_objects(scan, 8, &segments, &objects, &table())
}

/// Eight vertices in segments 7, 7, 3, 3, 3, 9, 12, 12.
const IDS: [u32; 8] = [7, 7, 3, 3, 3, 9, 12, 12];

#[test]
fn every_vertex_gets_class_and_instance_of_its_object() {
    let groups = vec![group(0, "wall", &[7]), group(1, "office chair", &[3]), group(4, "ceiling", &[9])];
    let l = label("scene0000_00", &IDS, groups).unwrap();
    assert_eq!(l.nyu40, [1, 1, 5, 5, 5, 22, 0, 0]);
    assert_eq!(l.segment20, [0, 0, 4, 4, 4, -1, -1, -1]);
    assert_eq!(l.segment200.unwrap(), [0, 0, 1, 1, 1, 38, -1, -1]);
    // The ceiling is outside the 20 classes but annotated; the last two vertices are not.
    assert_eq!(l.instance.unwrap(), [0, 0, 1, 1, 1, 4, -1, -1]);
    assert_eq!(l.faults, []);
}

#[test]
fn objects_listed_twice_keep_their_first_ids() {
    let half = [("wall", [7].as_slice()), ("office chair", &[3, 9])];
    let groups = (0..4).map(|i| group(i, half[i as usize % 2].0, half[i as usize % 2].1)).collect();
    let l = label("scene0217_00", &IDS, groups).unwrap();
    assert_eq!(l.instance.unwrap(), [0, 0, 1, 1, 1, 1, -1, -1]);
    assert_eq!((l.faults.len(), l.faults[0].kind, l.faults[0].vertices), (1, FaultKind::DuplicatedObjects, 6));
    assert!(l.faults[0].detail.contains("2 of 4 objects"), "{}", l.faults[0]);
}

#[test]
fn the_second_half_of_scene0217_goes_even_where_it_differs() {
    let half = |from: u32, segment: u32| {
        (0..31).map(move |i| group(from + i, "wall", &[if i == 0 { segment } else { 100 + i }]))
    };
    let ids: Vec<u32> = [7, 7, 3, 3, 3, 9, 12].into_iter().chain(101..131).collect();
    let segments = Segments { seg_indices: ids, ..Segments::default() };
    let objects = Aggregation { groups: half(0, 7).chain(half(31, 3)).collect(), ..Aggregation::default() };
    let l = |scan| ScanLabels::from_objects(scan, 37, &segments, &objects, &table()).unwrap();
    assert_eq!(l("scene0217_00").instance.unwrap()[..4], [0, 0, -1, -1]);
    assert_eq!(l("scene0001_00").instance.unwrap()[..4], [0, 0, 31, 31]);
}

#[test]
fn shared_segments_go_to_the_later_object() {
    let l = label("s", &IDS, vec![group(0, "wall", &[7, 3]), group(1, "office chair", &[3, 3])]).unwrap();
    assert_eq!(l.segment20, [0, 0, 4, 4, 4, -1, -1, -1]);
    assert_eq!((l.faults[0].kind, l.faults[0].vertices), (FaultKind::SharedSegments, 3));
}

#[test]
fn unknown_names_and_odd_ids_are_counted_and_ignored() {
    let l = label("s", &IDS, vec![group(0, "crate", &[7]), group(1, "odd", &[3]), group(2, "crate", &[9])]).unwrap();
    assert_eq!(l.nyu40, [0; 8]);
    assert_eq!(l.instance.unwrap(), [0, 0, 1, 1, 1, 2, -1, -1]);
    let shown: Vec<String> = l.faults.iter().map(Fault::to_string).collect();
    assert!(shown[0].contains("'crate'") && shown[0].contains("(3 vertices)"), "{shown:?}");
    assert!(shown[1].contains("id 149") && shown[1].contains("(3 vertices)"), "{shown:?}");
}

#[test]
fn annotation_of_another_mesh_is_refused() {
    let far = |n: u32| (0..n).map(|i| 1000 + i).collect::<Vec<_>>();
    let message = label("s", &IDS, vec![group(0, "wall", &far(9)), group(1, "wall", &[7])]).unwrap_err().to_string();
    assert!(message.contains("9 of the 10 segments") && message.contains("_vh_clean.aggregation.json"), "{message}");
    let known: Vec<u32> = IDS.iter().copied().cycle().take(19).collect();
    let l = label("s", &IDS, vec![group(0, "wall", &[&known[..], &[1000]].concat())]).unwrap();
    assert_eq!((l.faults[0].kind, l.faults[0].vertices), (FaultKind::UnknownSegments, 0));
    let message = label("s", &IDS[1..], vec![]).unwrap_err().to_string();
    assert!(message.contains("segments of 7 vertices for a mesh of 8"), "{message}");
}

#[test]
fn large_segment_ids_cost_no_memory() {
    let ids: Vec<u32> = IDS.iter().map(|&s| if s == 9 { u32::MAX } else { s }).collect();
    let groups = vec![group(0, "wall", &[u32::MAX]), group(1, "office chair", &[3])];
    assert_eq!(label("s", &ids, groups).unwrap().segment20, [-1, -1, 4, 4, 4, 0, -1, -1]);
}

#[test]
fn names_of_other_scans_are_reported() {
    let segments = Segments { seg_indices: IDS.to_vec(), scene_id: "scene0002_00".into(), ..Segments::default() };
    let l = ScanLabels::from_objects("scene0001_00", 8, &segments, &Aggregation::default(), &table()).unwrap();
    assert_eq!(l.faults[0].kind, FaultKind::OtherScan);
    assert_eq!(l.segment20, [-1; 8]);
}

#[test]
fn label_meshes_have_classes_but_no_instances() {
    let l = ScanLabels::from_label_mesh(5, &[0, 1, 50, 149, 39]).unwrap();
    assert_eq!((l.nyu40, l.segment20), (vec![0, 1, 0, 0, 39], vec![-1, 0, -1, -1, 19]));
    assert!(l.instance.is_none() && l.segment200.is_none());
    let kinds: Vec<FaultKind> = l.faults.iter().map(|f| f.kind).collect();
    assert_eq!(kinds, [FaultKind::OddNyu40Id, FaultKind::OddNyu40Id, FaultKind::NoInstances]);
    assert!(ScanLabels::from_label_mesh(4, &[0]).unwrap_err().to_string().contains("labels of 1 vertices"));
}
