//! Prepared scenes on disk: the stores of this crate and those of Pointcept's scripts.

use crate::error::{IoAt, Problem, Result};
use crate::manifest::{self, Manifest};
use crate::mesh::check_coordinates;
use crate::npy::Array;
use crate::record::{has_arrays, scene_folders};
use crate::source::{self, sha256_hex};
use crate::splits::Split;
use labelset::LabelSet;
use rayon::prelude::*;
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
    /// There is no such folder, it has no scenes, or a scene in two splits; the store is not whole, because it is being
    /// prepared, the preparation was interrupted, or shards are missing; or the manifest is damaged.
    pub fn open(dir: impl AsRef<Path>) -> Result<Self> {
        let dir = dir.as_ref();
        if dir.is_file() {
            let what = "this is a file, not the folder of a prepared store";
            return Err(Problem::mismatch(what, "unpack it if it is an archive, and give the folder").at(dir));
        }
        let manifest = manifest::find(dir)?;
        let mut scenes: [Vec<SceneId>; 3] = Default::default();
        match &manifest {
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
        let store = PreparedStore { dir: dir.to_path_buf(), manifest, scenes };
        for (split, others) in [(Split::Train, &[Split::Val, Split::Test][..]), (Split::Val, &[Split::Test])] {
            let twice = |id: &&SceneId| others.iter().find(|&&other| store.has_scene(other, id)).copied();
            if let Some((id, other)) = store.scenes(split).iter().find_map(|id| Some((id, twice(&id)?))) {
                let what = format!("scene {id} is in {split} and again in {other}");
                let remedy = "remove one, or rename one if these are different scenes; a score on scenes seen in \
                              training is worth nothing";
                return Err(Problem::mismatch(what, remedy).at(dir));
            }
        }
        Ok(store)
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
        let coord = read(&coord_path, |a| a.points().and_then(|p| check_coordinates(&p).map(|()| p)))?;
        let n = coord.len();
        if n == 0 {
            return Err(Problem::NoVertices.at(coord_path));
        }
        if let Some(e) = self.manifest.as_ref().and_then(|m| m.entry(scene)).filter(|e| e.vertices != n) {
            let what = format!("{n} points, but the manifest says {}", e.vertices);
            return Err(Problem::mismatch(what, "run preprocessing again").at(coord_path));
        }
        let color = arrays.color.then(|| read_optional(&path("color"), n, |a| colors(a.points()?)));
        let normal = arrays.normal.then(|| read_optional(&path("normal"), n, |a| Ok(unit_length(a.points()?))));
        let segment = arrays.labels.map(|set| read_optional(&path(set.segment()), n, |a| classes(&a.labels()?, set)));
        let instance = arrays
            .instance
            .then(|| read_optional(&path("instance"), n, |a| Ok(a.labels()?.into_iter().map(|i| i.max(-1)).collect())));
        Ok(Scene {
            id: scene.to_owned(),
            color: color.transpose()?.flatten(),
            normal: normal.transpose()?.flatten(),
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
    /// which holds the hashes of all files, or, without one, of a listing of all arrays with their hashes.
    ///
    /// # Errors
    /// A scene's folder cannot be listed, or an array not read.
    pub fn fingerprint(&self) -> Result<String> {
        match &self.manifest {
            Some(m) => Ok(sha256_hex(&m.to_bytes())),
            None => self.listing(|path| Ok(sha256_hex(&source::read(path, u64::MAX).reading(path)?))),
        }
    }

    /// What [`fingerprint`](Self::fingerprint) was in earlier versions for a store without a manifest: there the sizes
    /// of the arrays stood for their contents.
    ///
    /// # Errors
    /// A scene's folder cannot be listed.
    pub fn fingerprint_of_sizes(&self) -> Result<String> {
        self.listing(|path| Ok(std::fs::metadata(path).reading(path)?.len().to_string()))
    }

    /// The SHA-256 of a list of all arrays, with what `of` says of each.
    fn listing(&self, of: impl Fn(&Path) -> Result<String> + Sync) -> Result<String> {
        let scenes: Vec<_> =
            Split::ALL.into_iter().flat_map(|split| self.scenes(split).iter().map(move |id| (split, id))).collect();
        let list = |&(split, scene): &(Split, &SceneId)| -> Result<String> {
            let dir = self.dir.join(split.name()).join(scene);
            let mut lines = Vec::new();
            for entry in std::fs::read_dir(&dir).reading(&dir)? {
                let path = entry.reading(&dir)?.path();
                let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
                if name.ends_with(".npy") {
                    lines.push(format!("{split}/{scene}/{name} {}\n", of(&path)?));
                }
            }
            lines.sort();
            Ok(lines.concat())
        };
        let lists: Vec<Result<String>> = scenes.par_iter().map(list).collect();
        Ok(sha256_hex(lists.into_iter().collect::<Result<String>>()?.as_bytes()))
    }

    fn has_scene(&self, split: Split, scene: &str) -> bool {
        self.scenes(split).binary_search_by(|x| x.as_str().cmp(scene)).is_ok()
    }

    fn array_path(&self, split: Split, scene: &str, name: &str) -> PathBuf {
        self.dir.join(split.name()).join(scene).join(format!("{name}.npy"))
    }
}

fn read<T>(path: &Path, take: impl Fn(&Array<'_>) -> Result<T, Problem>) -> Result<T> {
    let bytes = source::read_checked(path, Array::check_start)?;
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

/// Refuses colours that are not 0 to 255: a network would see all of them as black, or as white.
fn colors(colors: Vec<[f32; 3]>) -> Result<Vec<[f32; 3]>, Problem> {
    let values = colors.as_flattened();
    let (low, high) = values.iter().fold((f32::INFINITY, f32::NEG_INFINITY), |(l, h), v| (l.min(*v), h.max(*v)));
    let remedy = match high {
        _ if low >= 0.0 && high <= 255.0 && (high > 1.0 || high == 0.0) => return Ok(colors),
        high if low >= 0.0 && high <= 1.0 => "multiply them by 255",
        _ if low >= 0.0 && high <= 65535.0 => "divide them by 257 if they have 16 bits",
        _ => "write red, green and blue from 0 to 255",
    };
    Err(Problem::mismatch(format!("the colours are {low} to {high} instead of 0 to 255"), remedy))
}

/// Gives normals that are neither zero nor of length 1 this length.
fn unit_length(mut normals: Vec<[f32; 3]>) -> Vec<[f32; 3]> {
    for normal in &mut normals {
        let squared: f32 = normal.iter().map(|v| v * v).sum();
        if (squared - 1.0).abs() > 1e-2 && squared != 0.0 {
            // in 64 bits, in which no square of 32 bits overflows
            let length = normal.iter().map(|&v| f64::from(v).powi(2)).sum::<f64>().sqrt();
            *normal = normal.map(|v| (f64::from(v) / length) as f32);
        }
    }
    normals
}

fn folders_with_coord(split: &Path) -> Result<Vec<SceneId>> {
    let mut scenes = Vec::new();
    for (folder, name) in scene_folders(split)? {
        if folder.join("coord.npy").is_file() {
            scenes.push(name);
        } else if has_arrays(&folder) {
            // a scene that lacks its points, and not a folder of something else
            let remedy = "add it, or remove the folder from the store";
            return Err(Problem::not_found("coord.npy of a scene with other arrays", remedy).at(folder));
        }
    }
    Ok(scenes)
}
