//! ScanNet's JSON files: the segments of a mesh, and the objects, which are groups of segments.

use crate::atomic;
use crate::error::{Problem, Result};
use crate::source;
use serde::{Deserialize, Serialize};
use std::path::Path;

/// `sceneSSSS_NN_vh_clean_2.0.010000.segs.json`: the over-segmentation of the mesh.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Segments {
    /// Parameters of the segmentation, unchanged.
    #[serde(default)]
    pub params: serde_json::Map<String, serde_json::Value>,
    /// Scan, such as `scene0000_00`.
    #[serde(default)]
    pub scene_id: String,
    /// One segment id per vertex.
    pub seg_indices: Vec<u32>,
}

/// `sceneSSSS_NN.aggregation.json`: the annotated objects.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Aggregation {
    /// Scan with a prefix, such as `scannet.scene0000_00`.
    #[serde(default)]
    pub scene_id: String,
    /// The annotation tool that wrote the file.
    #[serde(default)]
    pub app_id: String,
    /// The objects, in file order.
    #[serde(rename = "segGroups")]
    pub groups: Vec<SegGroup>,
    /// Name of the file whose segments the ids refer to.
    #[serde(default)]
    pub segments_file: String,
}

/// One annotated object.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SegGroup {
    /// Instance id.
    pub id: u32,
    /// The same number in ScanNet's own files.
    pub object_id: u32,
    /// Ids of the object's segments.
    pub segments: Vec<u32>,
    /// Raw name, as the annotator typed it.
    pub label: String,
}

impl Segments {
    /// Reads a segs.json; takes about 2 ms for 150,000 vertices.
    ///
    /// # Errors
    /// The file is unreadable, empty or not this JSON.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        read(path.as_ref(), Self::parse)
    }

    /// [`Segments::read`] on bytes already in memory.
    ///
    /// # Errors
    /// Those of [`Segments::read`], without the path.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        parse(bytes, "segments (segs.json)")
    }

    /// Writes ScanNet's layout.
    ///
    /// # Errors
    /// [`Problem::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self)
    }
}

impl Aggregation {
    /// Reads an aggregation.json.
    ///
    /// # Errors
    /// The file is unreadable, empty or not this JSON.
    pub fn read(path: impl AsRef<Path>) -> Result<Self> {
        read(path.as_ref(), Self::parse)
    }

    /// [`Aggregation::read`] on bytes already in memory.
    ///
    /// # Errors
    /// Those of [`Aggregation::read`], without the path.
    pub fn parse(bytes: &[u8]) -> Result<Self, Problem> {
        parse(bytes, "objects (aggregation.json)")
    }

    /// Writes ScanNet's layout.
    ///
    /// # Errors
    /// [`Problem::Write`].
    pub fn write(&self, path: impl AsRef<Path>) -> Result<()> {
        write(path.as_ref(), self)
    }
}

fn read<T>(path: &Path, parse: impl Fn(&[u8]) -> Result<T, Problem>) -> Result<T> {
    parse(&source::read_some(path, source::JSON)?).map_err(|p| p.at(path))
}

fn parse<T: for<'a> Deserialize<'a>>(bytes: &[u8], kind: &'static str) -> Result<T, Problem> {
    serde_json::from_slice(bytes).map_err(|e| Problem::Json { kind, detail: e.to_string() })
}

fn write<T: Serialize>(path: &Path, value: &T) -> Result<()> {
    atomic::write(path, |w| serde_json::to_writer(w, value).map_err(Into::into))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scannet_files_round_trip() {
        let segs = br#"{"params":{"kThresh":"0.0001"},"sceneId":"scene0000_00","segIndices":[7,7,12]}"#;
        let s = Segments::parse(segs).unwrap();
        assert_eq!(s.seg_indices, [7, 7, 12]);
        assert_eq!(serde_json::to_vec(&s).unwrap(), segs);
        let agg = br#"{"sceneId":"scannet.scene0000_00","appId":"Aggregator.v2","segGroups":[{"id":0,"objectId":0,"segments":[7],"label":"office chair"}],"segmentsFile":"scannet.scene0000_00_vh_clean_2.0.010000.segs.json"}"#;
        let a = Aggregation::parse(agg).unwrap();
        assert_eq!((a.groups[0].label.as_str(), a.groups[0].segments.as_slice()), ("office chair", &[7u32][..]));
        assert_eq!(serde_json::to_vec(&a).unwrap(), agg);
        let dir = tempfile::tempdir().unwrap();
        s.write(dir.path().join("s.json")).unwrap();
        a.write(dir.path().join("a.json")).unwrap();
        assert_eq!(Segments::read(dir.path().join("s.json")).unwrap(), s);
        assert_eq!(Aggregation::read(dir.path().join("a.json")).unwrap(), a);
    }

    #[test]
    fn errors_say_where() {
        for (bytes, part) in [
            (&br#"{"segIndices":[1,-2]}"#[..], "line 1 column"),
            (br#"{"segIndices":[1,2"#, "EOF"),
            (br#"{"sceneId":"x"}"#, "missing field `segIndices`"),
        ] {
            let message = Segments::parse(bytes).unwrap_err().to_string();
            assert!(message.contains(part) && message.contains("segs.json"), "{message}");
        }
        assert!(Aggregation::parse(br#"{"segGroups":[{"id":0}]}"#).is_err());
    }
}
