//! The built-in sets, the TOML format and its errors.

use labelset::{LabelSet, LabelSetError, NO_CLASS, UnknownLabel};
use std::collections::HashSet;
use std::path::Path;

/// Label-table ids of ScanNet200's classes, as the benchmark lists them.
const SCANNET200_IDS: [i32; 200] = [
    1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 15, 16, 17, 18, 19, 21, 22, 23, 24, 26, 27, 28, 29, 31, 32, 33, 34, 35,
    36, 38, 39, 40, 41, 42, 44, 45, 46, 47, 48, 49, 50, 51, 52, 54, 55, 56, 57, 58, 59, 62, 63, 64, 65, 66, 67, 68, 69,
    70, 71, 72, 73, 74, 75, 76, 77, 78, 79, 80, 82, 84, 86, 87, 88, 89, 90, 93, 95, 96, 97, 98, 99, 100, 101, 102, 103,
    104, 105, 106, 107, 110, 112, 115, 116, 118, 120, 121, 122, 125, 128, 130, 131, 132, 134, 136, 138, 139, 140, 141,
    145, 148, 154, 155, 156, 157, 159, 161, 163, 165, 166, 168, 169, 170, 177, 180, 185, 188, 191, 193, 195, 202, 208,
    213, 214, 221, 229, 230, 232, 233, 242, 250, 261, 264, 276, 283, 286, 300, 304, 312, 323, 325, 331, 342, 356, 370,
    392, 395, 399, 408, 417, 488, 540, 562, 570, 572, 581, 609, 748, 776, 1156, 1163, 1164, 1165, 1166, 1167, 1168,
    1169, 1170, 1171, 1172, 1173, 1174, 1175, 1176, 1178, 1179, 1180, 1181, 1182, 1183, 1184, 1185, 1186, 1187, 1188,
    1189, 1190, 1191,
];

#[test]
fn built_in_sets_have_the_format_that_to_toml_writes() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/labels");
    for name in LabelSet::BUILT_IN {
        let set = LabelSet::built_in(name).unwrap();
        assert_eq!(set.name(), name);
        let text = std::fs::read_to_string(folder.join(name).with_extension("toml")).unwrap().replace("\r\n", "\n");
        assert_eq!(set.to_toml(), text, "{name}");
        assert_eq!(LabelSet::parse(&text).unwrap(), set);
    }
    assert!(LabelSet::built_in("scannet").is_none());
}

#[test]
fn the_sets_of_20_classes_agree_with_nyu40() {
    let (v1, benchmark, nyu40) = (LabelSet::pointnet_v1(), LabelSet::scannet20(), LabelSet::nyu40());
    assert_eq!((v1.len(), benchmark.len(), nyu40.len()), (20, 20, 40));
    for set in [&v1, &benchmark] {
        assert_eq!(set.segment(), "segment20");
        for (index, class) in set.classes().iter().enumerate() {
            let there = nyu40.classes_of_ids(&[class.id])[0];
            assert_eq!((set.name_of(index as i32), class.color), (nyu40.name_of(there), nyu40.color_of(there)));
            assert_eq!(benchmark.name_of(class.label), class.name);
        }
    }
    // The sum that reference implementations divide by: 0.9974, not 1.
    assert!((v1.calibration().unwrap().iter().sum::<f64>() - 0.9974).abs() < 1e-12);
    assert_eq!((benchmark.calibration(), benchmark.groups().len()), (None, 0));
    let ids: Vec<i32> = benchmark.classes().iter().map(|class| class.id).collect();
    assert_eq!(ids, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 14, 16, 24, 28, 33, 34, 36, 39]);
    assert_eq!(v1.ids_of(&[0, 2, 4, NO_CLASS]), [1, 5, 14, 0]);
}

#[test]
fn scannet200_is_the_benchmarks() {
    let set = LabelSet::scannet200();
    let ids: Vec<i32> = set.classes().iter().map(|class| class.id).collect();
    assert_eq!(ids, SCANNET200_IDS);
    assert!(ids.is_sorted_by(|a, b| a < b));
    assert!(set.classes().iter().zip(0..).all(|(class, index)| class.label == index));
    assert_eq!(set.classes().iter().map(|class| &class.name).collect::<HashSet<_>>().len(), 200);
    let sizes: Vec<_> = set.groups().into_iter().map(|(group, classes)| (group, classes.len())).collect();
    assert_eq!(sizes, [("head", 66), ("common", 68), ("tail", 66)]);
    assert_eq!((set.name_of(199), set.color_of(199)), ("mattress", [42, 94, 198]));
}

#[test]
fn outputs_are_classes_with_or_without_an_unannotated_one() {
    let (v1, benchmark) = (LabelSet::pointnet_v1(), LabelSet::scannet20());
    assert_eq!((v1.outputs(), benchmark.outputs()), (21, 20));
    assert_eq!((v1.output_of(NO_CLASS), v1.output_of(0), v1.output_of(19)), (0, 1, 20));
    assert_eq!((v1.class_of(0), v1.class_of(1), v1.class_of(20)), (NO_CLASS, 0, 19));
    assert_eq!((benchmark.output_of(NO_CLASS), benchmark.output_of(19), benchmark.class_of(0)), (0, 19, 0));
}

#[test]
fn labels_and_ids_convert() {
    let v1 = LabelSet::pointnet_v1();
    assert_eq!(v1.classes_of_labels(&[0, 4, 2, -1, 19]).unwrap(), [0, 2, 18, NO_CLASS, 19]);
    assert_eq!(v1.classes_of_labels(&[0, -1, 20, 21]), Err(UnknownLabel { value: 20, index: 2 }));
    assert_eq!(v1.classes_of_labels(&[-2]), Err(UnknownLabel { value: -2, index: 0 }));
    // Ids 50 and 149 occur in the label meshes of three scans, and are no class.
    let nyu40 = LabelSet::nyu40();
    assert_eq!(nyu40.classes_of_labels(&[0, 1, 40, 50, 149, -3]).unwrap(), [-1, 0, 39, -1, -1, -1]);
    let benchmark = LabelSet::scannet20();
    assert_eq!(benchmark.classes_of_ids(&[0, 1, 13, 39, 40, 50, 149, -3, 24]), [-1, 0, -1, 19, -1, -1, -1, -1, 14]);
    assert_eq!((benchmark.name_of(NO_CLASS), benchmark.color_of(NO_CLASS)), ("unannotated", [0; 3]));
}

#[test]
fn no_class_has_an_id_that_no_class_has() {
    let own = |classes: &str| LabelSet::parse(&format!("name = 'own'\nclasses = [{classes}]")).unwrap();
    let from_zero = own("{ name = 'floor' }, { name = 'wall' }");
    assert_eq!((from_zero.no_class_id(), from_zero.ids_of(&[0, NO_CLASS, 1])), (-1, vec![0, -1, 1]));
    assert_eq!(from_zero.classes_of_ids(&[0, -1]), [0, NO_CLASS]);
    let from_one = own("{ name = 'floor', label = 1 }");
    assert_eq!((from_one.no_class_id(), from_one.ids_of(&[NO_CLASS])), (0, vec![0]));
}

#[test]
fn names_are_found_in_every_spelling() {
    for name in ["refrigerator", "refridgerator", "Refridgerator"] {
        assert_eq!(LabelSet::scannet20().class_named(name), Some(14));
        assert_eq!(LabelSet::pointnet_v1().class_named(name), Some(16));
    }
    assert_eq!(LabelSet::scannet20().class_named("shower_curtain"), Some(15));
    assert_eq!(LabelSet::scannet20().class_named("ceiling"), None);
}

#[test]
fn defaults_fill_what_a_file_leaves_out() {
    let set = LabelSet::parse("name = \"mine\"\nclasses = [{ name = \"floor\" }, { name = \"a \\\"b\\\"\" }]").unwrap();
    assert_eq!((set.segment(), set.outputs(), set.groups().len()), ("segment", 2, 0));
    assert_eq!((set.classes()[1].label, set.classes()[1].id), (1, 1));
    assert_ne!(set.color_of(0), set.color_of(1));
    assert_eq!(set.classes_of_labels(&[-1, 1]).unwrap(), [NO_CLASS, 1]);
    assert_eq!(LabelSet::parse(&set.to_toml()).unwrap(), set);
}

fn refusal(text: &str) -> LabelSetError {
    LabelSet::parse(text).expect_err(text)
}

#[test]
fn files_that_make_no_sense_are_refused() {
    let cases = [
        ("name = ", "line 1 of the label set"),
        (
            "name = \"x\"\ncolour = 1\nclasses = []",
            "line 2 of the label set: unknown field `colour`, expected one of `name`",
        ),
        (
            "name = \"x\"\nclasses = [\n{ name = \"a\", colour = 1 },\n]",
            "line 3 of the label set: unknown field `colour`",
        ),
        ("classes = [{ name = \"a\" }]", "missing field `name`"),
        (
            "name = \"x\"\nignore = 1\nclasses = [{ name = \"a\" }]",
            "`ignore` takes a list of label values, or \"others\"",
        ),
        ("name = \"x\"\nignore = \"all\"\nclasses = [{ name = \"a\" }]", "ignore = \"all\"; write a list"),
        ("name = \"x\"\nclasses = []", "has 0 classes; give 1 to 1024"),
        ("name = \" x\"\nclasses = [{ name = \"a\" }]", "\" x\" is no name"),
        ("name = \"x\"\nclasses = [{ name = \"fridge\" }, { name = \"Refrigerator\" }]", "which mean the same"),
        ("name = \"x\"\nclasses = [{ name = \"a\" }, { name = \"b\", label = 0 }]", "'a' and 'b' both have label 0"),
        ("name = \"x\"\nclasses = [{ name = \"a\", id = 7 }, { name = \"b\", id = 7 }]", "both have id 7"),
        ("name = \"x\"\nclasses = [{ name = \"a\", label = -3 }]", "label -3; choose one from 0 to 65535"),
        ("name = \"x\"\nclasses = [{ name = \"a\", id = 65536 }]", "id 65536; choose"),
        ("name = \"x\"\nignore = [70000]\nclasses = [{ name = \"a\" }]", "ignored label 70000"),
        ("name = \"x\"\nignore = [0]\nclasses = [{ name = \"a\" }]", "label 0 of class 'a' is ignored too"),
        ("name = \"x\"\nsegment = \"../x\"\nclasses = [{ name = \"a\" }]", "\"../x\" is no label array"),
        ("name = \"x\"\nsegment = \"coord\"\nclasses = [{ name = \"a\" }]", "\"coord\" is no label array"),
        ("name = \"x\"\nclasses = [{ name = \"a\", calibration = nan }]", "calibration weight NaN"),
        ("name = \"x\"\nclasses = [{ name = \"a\", calibration = 1 }, { name = \"b\" }]", "1 of 2 classes have a"),
        ("name = \"nyu40\"\nclasses = [{ name = \"a\" }]", "'nyu40' is the name of a built-in label set"),
    ];
    for (text, part) in cases {
        let message = refusal(text).to_string();
        assert!(message.contains(part), "{message}\nshould contain\n{part}");
    }
    let many: String = (0..4097).map(|i| format!("{{ name = \"c{i}\" }},")).collect();
    assert!(refusal(&format!("name = \"x\"\nclasses = [{many}]")).to_string().contains("4097 classes"));
}

#[test]
fn errors_name_the_file() {
    let error = LabelSet::read(Path::new("no/labels.toml")).unwrap_err();
    assert!(error.to_string().starts_with("cannot read the label set: "), "{error}");
    assert!(error.to_string().ends_with(": no/labels.toml"), "{error}");
    assert_eq!(error.path(), Some(Path::new("no/labels.toml")));
    assert!(error.to_string().contains(error.remedy()));
}
