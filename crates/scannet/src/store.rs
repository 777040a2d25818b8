//! Prepared scenes on disk: the stores of this crate and those of Pointcept's scripts.

use crate::error::{IoAt, Problem, Result};
use crate::manifest::{self, Manifest};
use crate::npy::Array;
use crate::source::{Source, sha256_hex};
use crate::splits::Split;
use labelset::LabelSet;
use std::path::{Path, PathBuf};

/// Name of a scene, such as `scene0000_00`.
pub type SceneId = String;

/// A prepared scene. All arrays have the length of `coord`.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// Name.
    pub id: SceneId,
    /// Coordinates in metres, +z up.
    pub coord: Vec<[f32; 3]>,
    /// Red, green, blue, 0 to 255.
    pub color: Option<Vec<[f32; 3]>>,
    /// Unit normals, zero where a vertex has none.
    pub normal: Option<Vec<[f32; 3]>>,
    /// Class indices of the label set that was asked for, [`labelset::NO_CLASS`] where the label is ignored.
    pub segment: Option<Vec<i32>>,
    /// Instance ids, -1 for points of no object.
    pub instance: Option<Vec<i32>>,
}

/// Which arrays of a scene to read besides `coord`; none by default.
#[derive(Debug, Clone, Copy, Default)]
pub struct Arrays<'a> {
    /// Read [`Scene::color`].
    pub color: bool,
    /// Read [`Scene::normal`].
    pub normal: bool,
    /// Read [`Scene::segment`] from the array of this label set.
    pub labels: Option<&'a LabelSet>,
    /// Read [`Scene::instance`].
    pub instance: bool,
}

/// A folder of prepared scenes, `<split>/<scene>/<array>.npy`.
#[derive(Debug, Clone)]
pub struct PreparedStore {
    dir: PathBuf,
    manifest: Option<Manifest>,
    /// Scenes by split, each sorted.
    scenes: [Vec<SceneId>; 3],
}

impl PreparedStore {
    /// Opens a store. With a manifest, or the manifests of all shards, its scenes are those of the manifest. Without
    /// one, as in Pointcept's stores, a scene is any folder with a `coord.npy` in `train/`, `val/` or `test/`; names
    /// that start with a dot are left out.
    ///
    /// # Errors
    /// There is no such folder, it has no scenes, shards are missing, or the manifest is damaged.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        let found = manifest::find(dir, false)?;
        if found.manifest.is_none() && !found.missing.is_empty() {
            return Err(Problem::not_found(found.missing.join(", "), "run these shards of preprocessing").at(dir));
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
            let what = "prepared scenes (folders such as train/scene0000_00 with a coord.npy)";
            return Err(Problem::not_found(what, "give the folder that preprocessing wrote").at(dir));
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
        Split::ALL.into_iter().find(|&s| self.has_scene(s, scene))
    }

    /// Whether a scene has an array, such as `segment20`.
    pub fn has_array(&self, split: Split, scene: &str, name: &str) -> bool {
        self.has_scene(split, scene) && self.array_path(split, scene, name).is_file()
    }

    /// Reads the coordinates of a scene and the arrays asked for. Arrays that are not asked for, or that the scene does
    /// not have, are `None`.
    ///
    /// Arrays may be in C or Fortran order; labels of any integer type, colours integers or reals. Takes about 4 ms for
    /// all arrays of 150,000 points.
    ///
    /// # Errors
    /// The store has no such scene, or an array is missing, damaged, of another length or with impossible values, such
    /// as labels that the label set does not know.
    pub fn load_arrays(&self, split: Split, scene: &str, arrays: &Arrays<'_>) -> Result<Scene> {
        if !self.has_scene(split, scene) {
            let what = format!("scene {scene} in {split}");
            return Err(Problem::not_found(what, "check its name and split").at(&self.dir));
        }
        let path = |name: &str| self.array_path(split, scene, name);
        let coord_path = path("coord");
        let coord = read(&coord_path, |a| a.points())?;
        let n = coord.len();
        if n == 0 {
            return Err(Problem::NoVertices.at(coord_path));
        }
        if let Some(e) = self.manifest.as_ref().and_then(|m| m.entry(scene)).filter(|e| e.vertices != n) {
            let what = format!("{n} points, but the manifest says {}", e.vertices);
            return Err(Problem::mismatch(what, "run preprocessing again").at(coord_path));
        }
        let points = |wanted: bool, name| wanted.then(|| read_optional(&path(name), n, |a| a.points()));
        let segment = arrays.labels.map(|set| read_optional(&path(set.segment()), n, |a| classes(&a.labels()?, set)));
        let instance = arrays
            .instance
            .then(|| read_optional(&path("instance"), n, |a| Ok(a.labels()?.into_iter().map(|i| i.max(-1)).collect())));
        Ok(Scene {
            id: scene.to_owned(),
            color: points(arrays.color, "color").transpose()?.flatten(),
            normal: points(arrays.normal, "normal").transpose()?.flatten(),
            segment: segment.transpose()?.flatten(),
            instance: instance.transpose()?.flatten(),
            coord,
        })
    }

    /// Number of points of a scene, without reading them.
    ///
    /// # Errors
    /// An unreadable or damaged `coord.npy`.
    pub fn vertices(&self, split: Split, scene: &str) -> Result<usize> {
        if let Some(entry) = self.manifest.as_ref().and_then(|m| m.entry(scene)) {
            return Ok(entry.vertices);
        }
        read(&self.array_path(split, scene, "coord"), |a| match a.shape[..] {
            [n, 3] => Ok(n),
            _ => Err(Problem::Npy(format!("its shape is {:?} instead of [n, 3]", a.shape))),
        })
    }

    /// Identifies the store's contents, so that results can name the data they come from: the SHA-256 of the manifest,
    /// or, without one, of a listing of all scenes with the names and sizes of their files.
    ///
    /// # Errors
    /// A scene's folder cannot be listed.
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

    fn has_scene(&self, split: Split, scene: &str) -> bool {
        self.scenes(split).binary_search_by(|x| x.as_str().cmp(scene)).is_ok()
    }

    fn array_path(&self, split: Split, scene: &str, name: &str) -> PathBuf {
        self.dir.join(split.name()).join(scene).join(format!("{name}.npy"))
    }
}

fn read<T>(path: &Path, take: impl Fn(&Array<'_>) -> Result<T, Problem>) -> Result<T> {
    let bytes = Source::open(path)?;
    Array::parse(&bytes).and_then(|a| take(&a)).map_err(|p| p.at(path))
}

fn read_optional<T>(
    path: &Path,
    n: usize,
    take: impl Fn(&Array<'_>) -> Result<Vec<T>, Problem>,
) -> Result<Option<Vec<T>>> {
    if !path.exists() {
        return Ok(None);
    }
    let values = read(path, take)?;
    if values.len() != n {
        let what = format!("{} rows, but coord.npy has {n}", values.len());
        return Err(Problem::mismatch(what, "prepare the scene again").at(path));
    }
    Ok(Some(values))
}

fn classes(labels: &[i32], set: &LabelSet) -> Result<Vec<i32>, Problem> {
    set.classes_of_labels(labels).map_err(|unknown| {
        let what =
            format!("row {} has label {}, which label set {} does not know", unknown.index, unknown.value, set.name());
        Problem::mismatch(what, "add it to `ignore` or to the classes of the label set, or prepare the scene again")
    })
}

fn has_arrays(folder: &Path) -> bool {
    let Ok(files) = std::fs::read_dir(folder) else { return false };
    files.flatten().any(|file| file.path().extension().is_some_and(|extension| extension == "npy"))
}

fn folders_with_coord(dir: &Path) -> Result<Vec<SceneId>> {
    if !dir.is_dir() {
        return Ok(Vec::new());
    }
    let mut scenes = Vec::new();
    for entry in std::fs::read_dir(dir).reading(dir)? {
        let entry = entry.reading(dir)?;
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        if !entry.path().join("coord.npy").is_file() {
            // a scene that lacks its points, or a folder of something else
            if has_arrays(&entry.path()) {
                let remedy = "add it, or remove the folder from the store";
                return Err(Problem::not_found("coord.npy of a scene with other arrays", remedy).at(entry.path()));
            }
            continue;
        }
        let name = entry.file_name().into_string();
        scenes.push(
            name.map_err(|_| Problem::mismatch("the scene's name is not UTF-8", "rename its folder").at(entry.path()))?,
        );
    }
    scenes.sort();
    Ok(scenes)
}
