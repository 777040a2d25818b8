//! Keeps two programs from writing into one folder at the same time.

use crate::error::{IoAt, Problem, Result};
use crate::manifest::Shard;
use std::fs::{File, TryLockError};
use std::io::{Read, Write};
use std::path::Path;

/// The file that is locked. It stays when the lock ends, empty.
pub(crate) const LOCK: &str = ".lock";

/// A folder's lock. It ends with this value, and with the process, however that ends. (On a file system without locks
/// nothing is kept out.)
#[derive(Debug)]
pub struct FolderLock {
    file: File,
    /// The lock that a shard shares with the others.
    _shared: Option<Box<FolderLock>>,
}

impl FolderLock {
    /// Keeps all other writers out of an existing folder. `task` says what is being done, such as `train`; others that
    /// want the folder are told.
    ///
    /// # Errors
    /// [`Problem::Busy`] if another process has the lock, [`Problem::Write`] if the lock's file cannot be made.
    pub fn exclusive(folder: impl AsRef<Path>, task: &str) -> Result<Self> {
        Self::take(folder.as_ref(), LOCK, Some(task))
    }

    /// Keeps out writers of the whole folder, of the same shard, and of shards of other counts. Other shards of the
    /// same set may write.
    pub(crate) fn of_shard(folder: &Path, shard: Shard) -> Result<Self> {
        let shared = Self::take(folder, LOCK, None)?;
        let mut own = Self::take(folder, &shard.lock_file(), Some(&format!("preprocess --shard {shard}")))?;
        // Each takes its own lock before it looks for others: of two that start at once, at least one sees the other.
        for other in Shard::with_file_in(folder, Shard::of_lock_file)? {
            if other.count() != shard.count() {
                Self::take(folder, &other.lock_file(), None)?;
            }
        }
        own._shared = Some(Box::new(shared));
        Ok(own)
    }

    /// Whether a process has the whole folder. That may have changed when this returns.
    pub fn is_taken(folder: &Path) -> bool {
        let taken = |file: File| matches!(file.try_lock_shared(), Err(TryLockError::WouldBlock));
        File::options().read(true).open(folder.join(LOCK)).is_ok_and(taken)
    }

    /// Takes a lock alone, for a task, or shares it.
    fn take(folder: &Path, name: &str, task: Option<&str>) -> Result<Self> {
        let path = folder.join(name);
        // not through a link, whose target would be emptied, nor into a pipe
        if path.symlink_metadata().is_ok_and(|meta| !meta.is_file()) {
            return Err(Problem::mismatch("the lock must be a regular file", "remove this one").at(path));
        }
        let file = File::options().create(true).truncate(false).read(true).write(true).open(&path);
        let mut file = file.writing(&path)?;
        let taken = if task.is_some() { file.try_lock() } else { file.try_lock_shared() };
        if let Err(TryLockError::WouldBlock) = taken {
            let mut who = String::new();
            // what another program wrote into the file does not matter much, so at most a line of it
            let _ = (&mut file).take(100).read_to_string(&mut who);
            let who = Some(who).filter(|w| !w.is_empty()).unwrap_or_else(|| "another scanseg".to_owned());
            return Err(Problem::Busy(who).at(folder));
        }
        file.set_len(0).writing(&path)?;
        if let Some(task) = task {
            write!(file, "scanseg {task} (process {})", std::process::id()).writing(&path)?;
        }
        Ok(FolderLock { file, _shared: None })
    }
}

impl Drop for FolderLock {
    fn drop(&mut self) {
        // so that a folder holds the same bytes whoever wrote it
        let _ = self.file.set_len(0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_writer_or_the_shards_of_one_set() {
        let dir = tempfile::tempdir().unwrap();
        let shard = |i, n| FolderLock::of_shard(dir.path(), Shard::new(i, n).unwrap());
        let all = FolderLock::exclusive(dir.path(), "merge").unwrap();
        assert!(FolderLock::is_taken(dir.path()));
        for refused in [FolderLock::exclusive(dir.path(), "merge"), shard(1, 2)] {
            let message = refused.unwrap_err().to_string();
            let expected = format!("scanseg merge (process {}) is writing into this folder", std::process::id());
            assert!(message.starts_with(&expected) && message.contains("wait for it to end"), "{message}");
        }
        drop(all);
        assert!(!FolderLock::is_taken(dir.path()));
        let (first, _second) = (shard(1, 2).unwrap(), shard(2, 2).unwrap());
        let message = shard(1, 2).unwrap_err().to_string();
        assert!(message.starts_with("scanseg preprocess --shard 1/2 (process"), "{message}");
        assert!(shard(1, 3).is_err() && FolderLock::exclusive(dir.path(), "merge").is_err());
        drop(first);
        drop(shard(1, 2).unwrap());
        assert_eq!(std::fs::read(dir.path().join(LOCK)).unwrap(), b"");
    }
}
