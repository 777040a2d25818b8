use super::*;

#[test]
fn the_spaces_agree_on_names() {
    for c in LabelSpace::Scannet20.classes() {
        let name = LabelSpace::Scannet20.class_name(c).unwrap();
        for to in [LabelSpace::PointnetV1, LabelSpace::Nyu40] {
            let there = LabelSpace::Scannet20.convert(c, to).unwrap();
            assert_eq!(to.class_name(there), Some(name));
            assert_eq!(to.convert(there, LabelSpace::Scannet20), Ok(c));
            assert_eq!(to.color(there), LabelSpace::Scannet20.color(c));
        }
    }
}

#[test]
fn classes_of_nyu40_outside_the_20_and_odd_ids_are_ignored() {
    let nyu = [0, 1, 13, 39, 40, 50, 149, -3, 24];
    let v20 = LabelSpace::Nyu40.convert_all(&nyu, LabelSpace::Scannet20).unwrap();
    assert_eq!(v20, [-1, 0, -1, 19, -1, -1, -1, -1, 14]);
    let v1 = LabelSpace::Nyu40.convert_all(&nyu, LabelSpace::PointnetV1).unwrap();
    assert_eq!(v1, [0, 1, 0, 20, 0, 0, 0, 0, 17]);
    assert_eq!(LabelSpace::Nyu40.convert(149, LabelSpace::Nyu40), Ok(0));
    assert_eq!(LabelSpace::PointnetV1.convert(0, LabelSpace::Scannet20), Ok(-1));
    let single: Vec<i32> = nyu.iter().map(|&l| LabelSpace::Nyu40.convert(l, LabelSpace::Scannet20).unwrap()).collect();
    assert_eq!(single, v20);
}

#[test]
fn scannet200_converts_to_nothing_else() {
    assert!(LabelSpace::Scannet200.convert(3, LabelSpace::Scannet20).is_err());
    assert!(LabelSpace::Nyu40.convert_all(&[1], LabelSpace::Scannet200).is_err());
    assert!(scannet200::IDS.is_sorted_by(|a, b| a < b));
    assert_eq!((scannet200::index_of_id(1191), scannet200::index_of_id(12)), (199, -1));
}

#[test]
fn refrigerator_is_found_in_every_spelling() {
    for name in ["refrigerator", "refridgerator", "Refridgerator"] {
        assert_eq!(LabelSpace::Scannet20.index_of(name), Some(14));
        assert_eq!(LabelSpace::PointnetV1.index_of(name), Some(17));
    }
    assert_eq!(LabelSpace::Scannet20.index_of("shower_curtain"), Some(15));
    assert_eq!(LabelSpace::Scannet20.index_of("ceiling"), None);
}

#[test]
fn names_parse_back() {
    for s in LabelSpace::ALL {
        assert_eq!(s.name().parse(), Ok(s));
    }
    assert!("scannet".parse::<LabelSpace>().unwrap_err().contains("pointnet-v1"));
}
