//! Output folders that are complete or absent: they are written under a temporary name, then renamed.

use crate::error::{Error, IoAt, Problem, Result};
use std::path::Path;

/// How the names of half-written files and folders begin.
pub(crate) const TEMPORARY: &str = ".tmp-";
/// How the names of folders that are being replaced begin.
pub(crate) const ASIDE: &str = ".old-";

/// Writes a folder with `fill`, which gets a temporary one beside it, then renames that into place, in the place of an
/// older folder of that name. If this fails, nothing is left behind, and the older folder stays as it was.
///
/// # Errors
/// Those of `fill`, about files of the final folder; [`Problem::Write`].
pub fn write_folder<T, E: From<Error>>(
    folder: impl AsRef<Path>,
    fill: impl FnOnce(&Path) -> Result<T, E>,
) -> Result<T, E> {
    let folder = folder.as_ref();
    let name = folder.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let temporary = folder.with_file_name(format!("{TEMPORARY}{name}"));
    remove_dir(&temporary)?;
    let put = || {
        std::fs::create_dir_all(&temporary).writing(folder)?;
        let result = fill(&temporary)?;
        let aside = folder.with_file_name(format!("{ASIDE}{name}"));
        remove_dir(&aside)?;
        if folder.exists() {
            std::fs::rename(folder, &aside).writing(folder)?;
        }
        std::fs::rename(&temporary, folder).writing(folder)?;
        remove_dir(&aside)?;
        Ok(result)
    };
    put().inspect_err(|_| drop(std::fs::remove_dir_all(&temporary)))
}

/// Removes what killed programs left in a folder: files and folders that [`write_folder`] and
/// [`atomic`](crate::atomic) had not finished. Only a program that has the folder to itself may do this.
///
/// # Errors
/// [`Problem::Read`] and [`Problem::Write`]. It is no error if there is no such folder.
pub fn remove_temporaries(folder: impl AsRef<Path>) -> Result<()> {
    let folder = folder.as_ref();
    if !folder.is_dir() {
        return Ok(());
    }
    for entry in std::fs::read_dir(folder).reading(folder)? {
        let entry = entry.reading(folder)?;
        let name = entry.file_name();
        let starts = |prefix: &str| name.as_encoded_bytes().starts_with(prefix.as_bytes());
        match entry.file_type().reading(folder)?.is_dir() {
            true if starts(TEMPORARY) || starts(ASIDE) => remove_dir(&entry.path())?,
            false if starts(TEMPORARY) => remove_file(&entry.path())?,
            _ => {}
        }
    }
    Ok(())
}

pub(crate) fn remove_dir(path: &Path) -> Result<()> {
    match std::fs::remove_dir_all(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Problem::Write(e).at(path)),
        _ => Ok(()),
    }
}

pub(crate) fn remove_file(path: &Path) -> Result<()> {
    match std::fs::remove_file(path) {
        Err(e) if e.kind() != std::io::ErrorKind::NotFound => Err(Problem::Write(e).at(path)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failed_writes_name_the_final_folder() {
        let (temporary, target) = (Path::new("out/train/.tmp-scene"), Path::new("out/train/scene"));
        let full = |path: &str| Problem::Write(std::io::ErrorKind::StorageFull.into()).at(path);
        for (path, shown) in [
            ("out/train/.tmp-scene/coord.npy", "out/train/scene/coord.npy"),
            ("out/train/.tmp-scene", "out/train/scene"),
            ("out/train/.tmp-scene2/coord.npy", "out/train/.tmp-scene2/coord.npy"),
        ] {
            assert_eq!(full(path).renamed(temporary, target).path, Path::new(shown));
        }
    }

    #[test]
    fn folders_are_replaced_as_a_whole_and_nothing_temporary_is_left() {
        let dir = tempfile::tempdir().unwrap();
        let folder = dir.path().join("scene");
        let put = |name: &'static str| move |dir: &Path| std::fs::write(dir.join(name), name).writing(dir);
        write_folder(&folder, put("a")).unwrap();
        write_folder(&folder, put("b")).unwrap();
        assert!(folder.join("b").is_file() && !folder.join("a").exists());
        let failed = write_folder(&folder, |_| Err::<(), Error>(Problem::Empty.at("x")));
        assert!(failed.is_err() && folder.join("b").is_file());
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
        for name in [".tmp-scene", ".old-scene"] {
            std::fs::create_dir(dir.path().join(name)).unwrap();
        }
        std::fs::write(dir.path().join(".tmp-file"), "").unwrap();
        remove_temporaries(dir.path()).unwrap();
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }
}
