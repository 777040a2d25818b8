//! Prepared scenes on disk: this crate's stores and those that Pointcept's scripts made.

use crate::error::{IoAt, Problem, Result};
use crate::label_space::LabelSpace;
use crate::manifest::{self, Manifest};
use crate::npy::Array;
use crate::source::{Source, sha256_hex};
use crate::splits::{Split, is_scan_name};
use std::path::{Path, PathBuf};

/// Name of a scene, such as `scene0000_00`.
pub type SceneId = String;

/// One prepared scene; every array that is there has the length of `coord`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Name.
    pub id: SceneId,
    /// Positions in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Red, green, blue, 0 to 255.
    pub color: Option<Vec<[f32; 3]>>,
    /// Unit normals, zero where a vertex has none.
    pub normal: Option<Vec<[f32; 3]>>,
    /// [`LabelSpace::Scannet20`]; -1 = ignored. `None` for scenes without labels.
    pub segment20: Option<Vec<i32>>,
    /// [`LabelSpace::Scannet200`]; -1 = ignored.
    pub segment200: Option<Vec<i32>>,
    /// Instance ids; -1 = of no object.
    pub instance: Option<Vec<i32>>,
}

impl Scene {
    /// Positions as an `[N, 3]` array, without copying.
    pub fn coord_array(&self) -> ndarray::ArrayView2<'_, f32> {
        ndarray::ArrayView2::from_shape((self.coord.len(), 3), self.coord.as_flattened()).expect("three floats a point")
    }

    /// Labels in PointNet++'s order for ScanNet v1, for all vertices; its preparation drops those that
    /// [`Scene::unannotated`] names.
    pub fn segment_pointnet_v1(&self) -> Option<Vec<i32>> {
        let labels = self.segment20.as_deref()?;
        LabelSpace::Scannet20.convert_all(labels, LabelSpace::PointnetV1).ok()
    }

    /// Per vertex, whether it belongs to no object; `None` without instances.
    pub fn unannotated(&self) -> Option<Vec<bool>> {
        self.instance.as_ref().map(|i| i.iter().map(|&v| v == -1).collect())
    }
}

/// Which arrays of a scene are read beside `coord`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Parts {
    /// [`Scene::color`].
    pub color: bool,
    /// [`Scene::normal`].
    pub normal: bool,
    /// [`Scene::segment20`].
    pub segment20: bool,
    /// [`Scene::segment200`].
    pub segment200: bool,
    /// [`Scene::instance`].
    pub instance: bool,
}

impl Parts {
    /// All that are there.
    pub const ALL: Self = Parts { color: true, normal: true, segment20: true, segment200: true, instance: true };
}

/// A folder of prepared scenes: `<split>/<scene>/{coord,color,normal,segment20,segment200,instance}.npy`.
#[derive(Debug, Clone)]
pub struct PreparedStore {
    dir: PathBuf,
    manifest: Option<Manifest>,
    /// Scenes by split, each sorted.
    scenes: [Vec<SceneId>; 3],
}

impl PreparedStore {
    /// Opens a store. With a manifest (or the manifests of all shards, which count as merged) its scenes are those of
    /// the manifest; without one, as in Pointcept's stores, every folder with a `coord.npy`.
    ///
    /// # Errors
    /// No such folder, no scenes in it, shards missing, a damaged manifest.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let found = manifest::find(dir, false)?;
        if found.manifest.is_none() && !found.absent.is_empty() {
            let remedy = "run these shards of preprocessing".to_owned();
            return Err(Problem::NotFound { what: found.absent.join(", "), remedy }.at(dir));
        }
        let mut scenes: [Vec<SceneId>; 3] = Default::default();
        match &found.manifest {
            Some(m) => m.scans.iter().for_each(|s| scenes[s.split as usize].push(s.id.clone())),
            None => {
                for split in Split::ALL {
                    scenes[split as usize] = folders_with_coord(&dir.join(split.name()))?;
                }
            }
        }
        if scenes.iter().all(Vec::is_empty) {
            let what = "prepared scenes (folders such as train/scene0000_00 with a coord.npy)".to_owned();
            let remedy = "give the folder that preprocessing wrote".to_owned();
            return Err(Problem::NotFound { what, remedy }.at(dir));
        }
        Ok(PreparedStore { dir: dir.to_path_buf(), manifest: found.manifest, scenes })
    }

    /// The folder.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// The manifest; `None` for stores of other programs.
    pub fn manifest(&self) -> Option<&Manifest> {
        self.manifest.as_ref()
    }

    /// The scenes of a split, sorted.
    pub fn scenes(&self, split: Split) -> &[SceneId] {
        &self.scenes[split as usize]
    }

    /// The split of a scene.
    pub fn split_of(&self, scene: &str) -> Option<Split> {
        Split::ALL.into_iter().find(|&s| self.scenes(s).binary_search_by(|x| x.as_str().cmp(scene)).is_ok())
    }

    /// Reads a scene: C or Fortran order, any integer type for labels, integers or reals for colours; about 4 ms for
    /// 150,000 points.
    ///
    /// # Errors
    /// The scene is not in the store, or an array is missing, damaged, of another length or with impossible values.
    pub fn load(&self, split: Split, scene: &str) -> Result<Scene> {
        self.load_parts(split, scene, Parts::ALL)
    }

    /// [`PreparedStore::load`], but of the arrays beside `coord` only those asked for; the others are `None` and not looked at.
    ///
    /// # Errors
    /// Those of [`PreparedStore::load`].
    pub fn load_parts(&self, split: Split, scene: &str, parts: Parts) -> Result<Scene> {
        if self.scenes(split).binary_search_by(|x| x.as_str().cmp(scene)).is_err() {
            let remedy = "check its name and split".to_owned();
            return Err(Problem::NotFound { what: format!("scene {scene} in {split}"), remedy }.at(&self.dir));
        }
        let dir = self.dir.join(split.name()).join(scene);
        let coord_path = dir.join("coord.npy");
        let coord = read(&coord_path, |a| a.points())?;
        let n = coord.len();
        if n == 0 {
            return Err(Problem::NoVertices.at(coord_path));
        }
        if let Some(e) = self.manifest.as_ref().and_then(|m| m.entry(scene)).filter(|e| e.vertices != n) {
            let what = format!("{n} points, but the manifest says {}; run preprocessing again", e.vertices);
            return Err(Problem::Mismatch(what).at(coord_path));
        }
        let points = |wanted, name| optional(wanted, &dir, name, n, |a| a.points());
        let labels = |wanted, name, take: fn(Vec<i32>) -> Result<Vec<i32>, Problem>| {
            optional(wanted, &dir, name, n, |a| take(a.labels()?))
        };
        let color = points(parts.color, "color.npy")?;
        let normal = points(parts.normal, "normal.npy")?;
        let segment20 = labels(parts.segment20, "segment20.npy", |l| in_space(l, LabelSpace::Scannet20))?;
        let segment200 = labels(parts.segment200, "segment200.npy", |l| in_space(l, LabelSpace::Scannet200))?;
        let instance = labels(parts.instance, "instance.npy", |l| Ok(l.into_iter().map(|i| i.max(-1)).collect()))?;
        Ok(Scene { id: scene.to_owned(), coord, color, normal, segment20, segment200, instance })
    }

    /// The number of points of a scene, without reading them.
    ///
    /// # Errors
    /// An unreadable or damaged `coord.npy`.
    pub fn vertices(&self, split: Split, scene: &str) -> Result<usize> {
        if let Some(entry) = self.manifest.as_ref().and_then(|m| m.entry(scene)) {
            return Ok(entry.vertices);
        }
        let path = self.dir.join(split.name()).join(scene).join("coord.npy");
        read(&path, |a| match a.shape[..] {
            [n, 3] => Ok(n),
            _ => Err(Problem::Npy(format!("its shape is {:?} instead of [n, 3]", a.shape))),
        })
    }

    /// What results made from this store are to be tied to: SHA-256 of the manifest, or, without one, of a listing of
    /// all scenes with the names and sizes of their files.
    ///
    /// # Errors
    /// A scene's folder that cannot be listed.
    pub fn fingerprint(&self) -> Result<String> {
        if let Some(m) = &self.manifest {
            return Ok(sha256_hex(&m.to_bytes()));
        }
        let mut listing = String::new();
        for split in Split::ALL {
            for scene in self.scenes(split) {
                let dir = self.dir.join(split.name()).join(scene);
                let mut files = Vec::new();
                for entry in std::fs::read_dir(&dir).reading(&dir)? {
                    let entry = entry.reading(&dir)?;
                    let name = entry.file_name().to_string_lossy().into_owned();
                    if name.ends_with(".npy") {
                        files.push((name, entry.metadata().reading(&dir)?.len()));
                    }
                }
                files.sort();
                files.iter().for_each(|(name, bytes)| listing += &format!("{split}/{scene}/{name} {bytes}\n"));
            }
        }
        Ok(sha256_hex(listing.as_bytes()))
    }
}

fn read<T>(path: &Path, take: impl Fn(&Array<'_>) -> Result<T, Problem>) -> Result<T> {
    let bytes = Source::open(path)?;
    Array::parse(&bytes).and_then(|a| take(&a)).map_err(|p| p.at(path))
}

fn optional<T>(
    wanted: bool,
    dir: &Path,
    name: &str,
    n: usize,
    take: impl Fn(&Array<'_>) -> Result<Vec<T>, Problem>,
) -> Result<Option<Vec<T>>> {
    let path = dir.join(name);
    if !wanted || !path.exists() {
        return Ok(None);
    }
    let values = read(&path, take)?;
    if values.len() != n {
        let what = format!("{} rows, but coord.npy has {n}; prepare the scene again", values.len());
        return Err(Problem::Mismatch(what).at(path));
    }
    Ok(Some(values))
}

fn in_space(labels: Vec<i32>, space: LabelSpace) -> Result<Vec<i32>, Problem> {
    let classes = space.classes();
    let range = labels.iter().fold((i32::MAX, i32::MIN), |(low, high), &l| (low.min(l), high.max(l)));
    if space.ignore() == classes.start - 1 && range.0 >= space.ignore() && range.1 < classes.end {
        return Ok(labels);
    }
    let outside = |&(_, &l): &(usize, &i32)| l != space.ignore() && !classes.contains(&l);
    match labels.iter().enumerate().find(outside) {
        None => Ok(labels),
        Some((row, label)) => Err(Problem::Mismatch(format!(
            "row {row} has label {label}, but {space} has 0 to {} and -1; prepare the scene again",
            classes.end - 1
        ))),
    }
}

fn folders_with_coord(dir: &Path) -> Result<Vec<SceneId>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let mut scenes = Vec::new();
    for entry in std::fs::read_dir(dir).reading(dir)? {
        let entry = entry.reading(dir)?;
        if let Some(name) = entry.file_name().to_str().filter(|n| is_scan_name(n))
            && entry.path().join("coord.npy").is_file()
        {
            scenes.push(name.to_owned());
        }
    }
    scenes.sort();
    Ok(scenes)
}
