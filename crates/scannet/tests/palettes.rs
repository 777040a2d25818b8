//! `datasets/palettes/*.csv` say what the crate says.

use scannet::LabelSpace;

#[test]
fn palette_files_agree_with_the_label_spaces() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../datasets/palettes");
    for space in [LabelSpace::Scannet20, LabelSpace::PointnetV1, LabelSpace::Nyu40] {
        let mut want = "index,name,nyu40id,red,green,blue\n".to_owned();
        for label in space.classes() {
            let [r, g, b] = space.color(label);
            let (name, id) = (space.class_name(label).unwrap(), space.convert(label, LabelSpace::Nyu40).unwrap());
            want += &format!("{label},{name},{id},{r},{g},{b}\n");
        }
        let path = folder.join(format!("{space}.csv"));
        let have = std::fs::read_to_string(&path).unwrap_or_default().replace("\r\n", "\n");
        if std::env::var_os("WRITE_PALETTES").is_some() {
            scannet::atomic::write_bytes(&path, want.as_bytes()).unwrap();
        } else {
            assert_eq!(have, want, "{}; run this test with WRITE_PALETTES=1 to write it again", path.display());
        }
    }
}
