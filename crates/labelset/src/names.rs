//! Tolerant spelling of class names.

/// Returns the spelling by which names are compared: lower case, single spaces instead of underscores and hyphens, and
/// one spelling for the names that data sets write in several ways, such as "refrigerator" ("refridgerator" in NYU40
/// and in ScanNet's label table).
pub fn canonical_name(name: &str) -> String {
    let name = name.to_lowercase().replace(['_', '-'], " ");
    let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
    match name.as_str() {
        "refridgerator" | "refridgerater" | "refrigarator" | "fridge" => "refrigerator".to_owned(),
        "showercurtain" => "shower curtain".to_owned(),
        "other furniture" | "otherfurn" => "otherfurniture".to_owned(),
        _ => name,
    }
}
