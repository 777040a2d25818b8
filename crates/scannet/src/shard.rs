//! Shards: runs that divide a data set among them.

use crate::error::{IoAt, Result};
use std::path::Path;

/// One of several runs that divide a data set among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Shard {
    index: usize,
    count: usize,
}

impl Shard {
    /// The most shards of a set, more than a data set has scans.
    pub const MOST: usize = 10_000;

    /// Shard `index` of `count`, counted from 1; `None` if there is no such shard or the count is above
    /// [`Shard::MOST`].
    pub fn new(index: usize, count: usize) -> Option<Self> {
        (count <= Shard::MOST && (1..=count).contains(&index)).then_some(Shard { index, count })
    }

    /// Whether the scan at this place in the sorted list belongs to this shard.
    pub fn takes(self, place: usize) -> bool {
        place % self.count == self.index - 1
    }

    /// Number of shards of the set.
    pub fn count(self) -> usize {
        self.count
    }

    /// File name of its manifest.
    pub(crate) fn file(self) -> String {
        format!("manifest.shard-{}-of-{}.json", self.index, self.count)
    }

    /// File name of its lock.
    pub(crate) fn lock_file(self) -> String {
        format!(".lock-shard-{}-of-{}", self.index, self.count)
    }

    /// The shard whose manifest has this name.
    pub(crate) fn of_file(name: &str) -> Option<Self> {
        Self::of_name(name.strip_prefix("manifest.shard-")?.strip_suffix(".json")?).filter(|s| s.file() == name)
    }

    /// The shard whose lock has this name.
    pub(crate) fn of_lock_file(name: &str) -> Option<Self> {
        Self::of_name(name.strip_prefix(".lock-shard-")?).filter(|s| s.lock_file() == name)
    }

    fn of_name(text: &str) -> Option<Self> {
        let (index, count) = text.split_once("-of-")?;
        Shard::new(index.parse().ok()?, count.parse().ok()?)
    }

    /// The shards that have a file in a folder, sorted; `of_name` tells them by its name.
    pub(crate) fn with_file_in(folder: &Path, of_name: fn(&str) -> Option<Shard>) -> Result<Vec<Shard>> {
        let mut shards = Vec::new();
        for entry in std::fs::read_dir(folder).reading(folder)? {
            shards.extend(entry.reading(folder)?.file_name().to_str().and_then(of_name));
        }
        shards.sort_by_key(|s| (s.count, s.index));
        Ok(shards)
    }
}

impl std::fmt::Display for Shard {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}/{}", self.index, self.count)
    }
}

impl std::str::FromStr for Shard {
    type Err = String;
    /// `2/4`.
    fn from_str(s: &str) -> Result<Self, String> {
        let parts = s.split_once('/').and_then(|(i, n)| Shard::new(i.trim().parse().ok()?, n.trim().parse().ok()?));
        parts.ok_or_else(|| {
            format!("'{s}' is not a shard; write 1/4 to 4/4 for four runs (at most {} runs)", Shard::MOST)
        })
    }
}
