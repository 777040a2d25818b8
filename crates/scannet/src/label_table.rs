//! The label table: from the raw names that annotators typed to NYU40 ids and the ids of ScanNet200.
//!
//! `scannetv2-labels.combined.tsv` is part of ScanNet's download. v1's `scannet-labels.combined.tsv` has no `id` and
//! calls its first column `category`. Columns are found by their header names.

use crate::atomic;
use crate::error::{Problem, Result};
use crate::source;
use labelset::{LabelSet, NO_CLASS};
use std::collections::HashMap;
use std::path::Path;

/// The columns of the v2 table, in order.
const COLUMNS: [&str; 17] = [
    "id",
    "raw_category",
    "category",
    "count",
    "nyu40id",
    "eigen13id",
    "nyuClass",
    "nyu40class",
    "eigen13class",
    "ModelNet40",
    "ModelNet10",
    "ShapeNetCore55",
    "synsetoffset",
    "wnsynsetid",
    "wnsynsetkey",
    "mpcat40index",
    "mpcat40",
];

/// What the toolkit needs of a table row.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LabelRow {
    /// The `id` column, which identifies ScanNet200's classes; v1 tables have none.
    pub id: Option<u32>,
    /// The raw name that annotations use.
    pub raw_category: String,
    /// The cleaned name.
    pub category: String,
    /// Number of annotated objects with the raw name.
    pub count: u64,
    /// NYU40 id; 0 if the row gives none.
    pub nyu40_id: i32,
}

/// A label table in memory.
#[derive(Debug, Clone, Default)]
pub struct LabelTable {
    rows: Vec<LabelRow>,
    by_raw: HashMap<String, usize>,
    faults: Vec<String>,
    has_ids: bool,
}

impl LabelTable {
    /// Makes a table of these rows. Of rows with the same raw name, the first counts.
    pub fn from_rows(rows: Vec<LabelRow>) -> Self {
        let mut table = LabelTable { has_ids: rows.iter().any(|r| r.id.is_some()), ..Self::default() };
        for (i, row) in rows.into_iter().enumerate() {
            table.push(i + 1, row);
        }
        table
    }

    /// Reads a v1 or v2 table, with CRLF or LF. Damaged rows are left out and listed in [`LabelTable::faults`].
    ///
    /// # Errors
    /// The file is unreadable, or has no columns `nyu40id` and `raw_category` (v1: `category`).
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        let path = path.as_ref();
        Self::parse(&source::read_some(path, source::TEXT)?).map_err(|p| p.at(path))
    }

    /// [`LabelTable::read`] on bytes already in memory.
    ///
    /// # Errors
    /// Those of [`LabelTable::read`], without the path.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        // Quotes are ordinary characters in this table.
        let mut reader = csv::ReaderBuilder::new()
            .delimiter(b'\t')
            .quoting(false)
            .flexible(true)
            .has_headers(false)
            .from_reader(bytes);
        let mut records = reader.byte_records();
        let header = match records.next() {
            Some(Ok(h)) => h,
            Some(Err(e)) => return Err(Problem::Table(e.to_string())),
            None => return Err(Problem::Empty),
        };
        let column = |name: &str| header.iter().position(|h| h.trim_ascii() == name.as_bytes());
        let Some(nyu40) = column("nyu40id") else {
            return Err(Problem::Table("it has no column 'nyu40id'".into()));
        };
        let Some(raw) = column("raw_category").or_else(|| column("category")) else {
            return Err(Problem::Table("it has no column 'raw_category' (v1: 'category')".into()));
        };
        let (id, category, count) = (column("id"), column("category").unwrap_or(raw), column("count"));
        let mut table = LabelTable { has_ids: id.is_some(), ..Self::default() };
        for (i, record) in records.enumerate() {
            let line = i + 2;
            let record = match record {
                Ok(r) => r,
                Err(e) => {
                    table.faults.push(format!("line {line}: left out: {e}"));
                    continue;
                }
            };
            let field = |c: usize| String::from_utf8_lossy(record.get(c).unwrap_or_default()).into_owned();
            let raw_category = field(raw);
            if record.get(raw).is_some_and(|name| std::str::from_utf8(name).is_err()) {
                let what = "is not UTF-8, so no object can have this name";
                table.faults.push(format!("line {line}: left out: '{raw_category}' {what}"));
                continue;
            }
            if raw_category.is_empty() {
                table.faults.push(format!("line {line}: left out: no raw name"));
                continue;
            }
            let Ok(nyu40_id) = field(nyu40).trim().parse::<i32>() else {
                table.faults.push(format!("line {line}: left out: '{raw_category}' has no NYU40 id"));
                continue;
            };
            if record.len() != header.len() {
                table.faults.push(format!(
                    "line {line}: kept: '{raw_category}' has {} fields instead of {}",
                    record.len(),
                    header.len()
                ));
            }
            let id = id.and_then(|c| field(c).trim().parse().ok());
            if table.has_ids && id.is_none() {
                table.faults.push(format!("line {line}: kept: '{raw_category}' has no id, so no ScanNet200 class"));
            }
            let count = count.and_then(|c| field(c).trim().parse().ok()).unwrap_or(0);
            table.push(line, LabelRow { id, raw_category, category: field(category), count, nyu40_id });
        }
        if table.rows.is_empty() {
            let first = table.faults.first().map_or(String::new(), |f| format!(" ({f})"));
            return Err(Problem::Table(format!("it has no usable rows{first}")));
        }
        Ok(table)
    }

    fn push(&mut self, line: usize, row: LabelRow) {
        if let Some(&first) = self.by_raw.get(&row.raw_category) {
            let first = &self.rows[first];
            let same = first.nyu40_id == row.nyu40_id && first.id == row.id;
            let how = if same { "with the same ids" } else { "with OTHER ids" };
            self.faults.push(format!("line {line}: left out: '{}' is listed twice, {how}", row.raw_category));
            return;
        }
        self.by_raw.insert(row.raw_category.clone(), self.rows.len());
        self.rows.push(row);
    }

    /// Writes a v2 table with ScanNet's column names. Columns that [`LabelRow`] does not hold are empty, except for the
    /// name of the NYU40 class.
    ///
    /// # Errors
    /// [`Problem::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        let nyu40 = LabelSet::nyu40();
        atomic::write(path, |w| {
            let mut out = csv::WriterBuilder::new().delimiter(b'\t').quote_style(csv::QuoteStyle::Never).from_writer(w);
            out.write_record(COLUMNS)?;
            for r in &self.rows {
                let id = r.id.map_or(String::new(), |id| id.to_string());
                let class = match nyu40.classes_of_ids(&[r.nyu40_id])[0] {
                    NO_CLASS if r.nyu40_id != 0 => "",
                    class => nyu40.name_of(class),
                };
                let (count, nyu40_id) = (r.count.to_string(), r.nyu40_id.to_string());
                let mut fields = [""; COLUMNS.len()];
                fields[..5].copy_from_slice(&[&id, &r.raw_category, &r.category, &count, &nyu40_id]);
                fields[7] = class;
                out.write_record(fields)?;
            }
            out.flush()
        })
    }

    /// The row with exactly this raw name.
    pub fn get(&self, raw_category: &str) -> Option<&LabelRow> {
        self.by_raw.get(raw_category).map(|&i| &self.rows[i])
    }

    /// The NYU40 id of a raw name.
    pub fn nyu40_id(&self, raw_category: &str) -> Option<i32> {
        self.get(raw_category).map(|r| r.nyu40_id)
    }

    /// All rows, in file order.
    pub fn rows(&self) -> &[LabelRow] {
        &self.rows
    }

    /// Damaged rows: what is wrong, and whether the row was kept.
    pub fn faults(&self) -> &[String] {
        &self.faults
    }

    /// Whether the table has the `id` column that ScanNet200 needs (v2 tables do).
    pub fn has_ids(&self) -> bool {
        self.has_ids
    }

    /// Classes of `scannet200` for raw names, `None` for a name that the table lacks. They follow from the ids, as in
    /// ScanNet. In a table that numbers its rows in another way, as that of generated rooms does, they follow from the
    /// names: where most of at least eight names of classes have the id of another one.
    pub(crate) fn scannet200(&self, raw_categories: &[&str]) -> Vec<i32> {
        let set = LabelSet::scannet200();
        let by_name = |row: &LabelRow| set.class_named(&row.raw_category);
        let by_id = |row: &LabelRow| row.id.and_then(|id| i32::try_from(id).ok()).unwrap_or(-1);
        let named: Vec<_> = self.rows.iter().filter_map(|row| Some((by_id(row), by_name(row)?))).collect();
        let (ids, classes): (Vec<i32>, Vec<i32>) = named.into_iter().unzip();
        let same = set.classes_of_ids(&ids).iter().zip(&classes).filter(|(of_id, of_name)| of_id == of_name).count();
        let class = |name: &&str| match self.get(name) {
            Some(row) if 2 * same >= classes.len() || classes.len() < 8 => set.classes_of_ids(&[by_id(row)])[0],
            Some(row) => by_name(row).or_else(|| set.class_named(&row.category)).unwrap_or(NO_CLASS),
            None => NO_CLASS,
        };
        raw_categories.iter().map(class).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn v2(rows: &[&str]) -> Vec<u8> {
        let mut text = COLUMNS.join("\t");
        rows.iter().for_each(|r| text += &format!("\r\n{r}"));
        text.into_bytes()
    }

    #[test]
    fn v2_with_crlf_and_damaged_rows() {
        let bytes = v2(&[
            "1\twall\twall\t8277\t1\t12\twall\twall\tWall\t\t\t\tn04546855\twall.n.01\t\t1\twall",
            "39\tobject\tobject\t50\t40\t7",
            "39\tobject\tobject\t50\t40\t7",
            "40\tobject\tobject\t50\t39\t7",
            "\t\t\t\t\t",
            "7\tcreate\tcrate\t9\tx\t",
            "x\tfridge\trefridgerator\t9\t24\t7\t\t\t\t\t\t\t\t\t\t\t",
        ]);
        let t = LabelTable::parse(&bytes).unwrap();
        assert_eq!(t.nyu40_id("wall"), Some(1));
        assert_eq!(t.nyu40_id("object"), Some(40));
        assert_eq!(t.nyu40_id("fridge"), Some(24));
        assert_eq!((t.get("wall").unwrap().id, t.get("fridge").unwrap().id), (Some(1), None));
        assert_eq!(t.nyu40_id("create"), None);
        let faults = t.faults().join("\n");
        for part in [
            "line 3: kept: 'object' has 6",
            "line 4: kept",
            "line 4: left out: 'object' is listed twice, with the same",
            "line 5: left out: 'object' is listed twice, with OTHER ids",
            "line 6: left out: no raw",
            "line 7: left out: 'create' has no NYU40",
            "line 8: kept: 'fridge' has no id",
        ] {
            assert!(faults.contains(part), "{part} not in\n{faults}");
        }
    }

    #[test]
    fn classes_of_scannet200_follow_from_ids_or_from_names() {
        let set = LabelSet::scannet200();
        let names = ["wall", "chair", "floor", "table", "door", "couch", "cabinet", "desk", "no such thing"];
        let rows = |id: &dyn Fn(usize) -> u32| {
            let rows = names[..8].iter().enumerate().map(|(i, name)| LabelRow {
                id: Some(id(i)),
                raw_category: (*name).to_owned(),
                category: (*name).to_owned(),
                ..LabelRow::default()
            });
            let own = LabelRow {
                id: Some(id(1)),
                raw_category: "my chair".into(),
                category: "chair".into(),
                ..LabelRow::default()
            };
            LabelTable::from_rows(rows.chain([own]).collect())
        };
        let classes: Vec<i32> = names[..8].iter().map(|name| set.class_named(name).unwrap()).collect();
        let expected = [&classes[..], &[NO_CLASS]].concat();
        let scannets = rows(&|i| set.ids_of(&classes)[i] as u32);
        let other = rows(&|i| 9 - i as u32);
        for table in [scannets, other] {
            assert_eq!(table.scannet200(&names), expected);
            assert_eq!(table.scannet200(&["my chair"]), [classes[1]]);
        }
    }

    #[test]
    fn v1_is_read_by_header_name() {
        let t = LabelTable::parse(
            b"category\tcategory\tcount\tnyu40id\teigen13id\tnyuClass\nsnail\tanimal\t3\t40\t7\totherprop\n",
        )
        .unwrap();
        assert_eq!(t.nyu40_id("snail"), Some(40));
        assert!(!t.has_ids() && t.faults().iter().all(|f| !f.contains("kept")));
    }

    #[test]
    fn other_files_are_refused() {
        for (bytes, part) in [(&b"a\tb\n1\t2\n"[..], "nyu40id"), (b"nyu40id\n1\n", "raw_category"), (b"", "empty")] {
            let message = LabelTable::parse(bytes).unwrap_err().to_string();
            assert!(message.contains(part), "{message}");
        }
    }

    #[test]
    fn written_tables_read_back() {
        let row = |id, raw: &str, nyu40_id| LabelRow {
            id: Some(id),
            raw_category: raw.into(),
            category: raw.into(),
            count: 2,
            nyu40_id,
        };
        let table = LabelTable::from_rows(vec![row(1, "wall", 1), row(5, "office \"chair\"", 5)]);
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("scannetv2-labels.combined.tsv");
        table.write(&path).unwrap();
        let back = LabelTable::read(&path).unwrap();
        assert_eq!(back.rows(), table.rows());
        assert!(back.faults().is_empty());
        assert!(std::fs::read_to_string(&path).unwrap().starts_with("id\traw_category\tcategory\tcount\tnyu40id\t"));
    }
}
