//! The order of classes in PointNet++'s ScanNet v1 data: index 0 is unannotated, the 20 benchmark classes follow in an
//! order of their own.

/// Names by index. PointNet++ spells index 17 "refridgerator".
pub const NAMES: [&str; 21] = [
    "unannotated",
    "wall",
    "floor",
    "chair",
    "table",
    "desk",
    "bed",
    "bookshelf",
    "sofa",
    "sink",
    "bathtub",
    "toilet",
    "curtain",
    "counter",
    "door",
    "window",
    "shower curtain",
    "refrigerator",
    "picture",
    "cabinet",
    "otherfurniture",
];

/// NYU40 ids by index.
pub const NYU40_IDS: [i32; 21] = [0, 1, 2, 5, 7, 14, 4, 10, 6, 34, 36, 33, 16, 12, 8, 9, 28, 24, 11, 3, 39];
