//! ScanNet200: 200 of the label table's categories, keyed by its `id` column (Rozenberszki et al., ECCV 2022).
//!
//! Only the ids are here; names come from the user's own copy of the table.

/// The label table's ids of the 200 classes, by index (ascending, as in the benchmark).
pub const IDS: [u32; 200] = [
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

/// The class of a label-table id; -1 for the categories that are no class.
pub fn index_of_id(id: u32) -> i32 {
    IDS.binary_search(&id).map_or(-1, |i| i as i32)
}

/// A colour per class: steps of the golden angle around the hue circle in three brightnesses; black outside 0..200.
pub fn color(index: i32) -> [u8; 3] {
    if !(0..200).contains(&index) {
        return [0, 0, 0];
    }
    let hue = (f64::from(index) * 0.618_033_988_75).fract() * 6.0;
    let value = [230.0, 180.0, 130.0][index as usize % 3];
    let channel = |shift: f64| {
        let k = (shift + hue) % 6.0;
        (value * (1.0 - 0.75 * k.min(4.0 - k).clamp(0.0, 1.0))) as u8
    };
    [channel(5.0), channel(3.0), channel(1.0)]
}
