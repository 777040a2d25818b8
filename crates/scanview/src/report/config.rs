//! Configurations, and the keys in which they differ.

use super::{RunReport, page};
use segeval::{Align, Table};
use std::collections::{BTreeMap, BTreeSet};
use toml::Value;

pub(super) fn section(runs: &[RunReport]) -> String {
    let mut text = String::new();
    if runs.len() > 1 {
        let table = differences(runs);
        text += &match table.is_empty() {
            true => "<p>The configurations are the same.</p>\n".to_owned(),
            false => table.to_html("Keys that differ"),
        };
    }
    for run in runs {
        text += &page::details(&format!("config.toml of {}", run.name), &page::code(&run.config));
    }
    text
}

/// The keys that do not have the same value in all runs.
fn differences(runs: &[RunReport]) -> Table {
    let keys: Vec<BTreeMap<String, String>> = runs.iter().map(|run| keys(&run.config)).collect();
    let mut table = Table::new("Keys that differ").column("key", Align::Left);
    for run in runs {
        table = table.column(run.name.clone(), Align::Left);
    }
    for key in keys.iter().flat_map(BTreeMap::keys).collect::<BTreeSet<_>>() {
        let values: Vec<&str> = keys.iter().map(|keys| keys.get(key).map_or("-", String::as_str)).collect();
        if values.iter().any(|value| *value != values[0]) {
            table.push(std::iter::once(key.as_str()).chain(values));
        }
    }
    table
}

/// Every key with its path, such as `model.levels[0].points`, and its value.
fn keys(toml: &str) -> BTreeMap<String, String> {
    let mut keys = BTreeMap::new();
    if let Ok(table) = toml.parse::<toml::Table>() {
        flatten("", &Value::Table(table), &mut keys);
    }
    keys
}

fn flatten(path: &str, value: &Value, keys: &mut BTreeMap<String, String>) {
    match value {
        Value::Table(table) => table.iter().for_each(|(key, value)| match path.is_empty() {
            true => flatten(key, value, keys),
            false => flatten(&format!("{path}.{key}"), value, keys),
        }),
        Value::Array(values) if values.iter().any(Value::is_table) => {
            values.iter().enumerate().for_each(|(at, value)| flatten(&format!("{path}[{at}]"), value, keys));
        }
        other => _ = keys.insert(path.to_owned(), other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_have_paths() {
        let toml = "a = 1\n[b]\nc = [1, 2]\n[[b.d]]\ne = \"x\"\n[[b.d]]\nf = true\n";
        let expected = [("a", "1"), ("b.c", "[1, 2]"), ("b.d[0].e", "\"x\""), ("b.d[1].f", "true")];
        assert_eq!(keys(toml), expected.map(|(key, value)| (key.to_owned(), value.to_owned())).into());
        assert!(keys("not TOML").is_empty());
    }
}
