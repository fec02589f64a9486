//! One program at a time on one SQLite data folder.

use std::fs::{File, TryLockError};
use std::path::Path;

use anyhow::{Context as _, bail};

/// Held while the program runs; the system lets go of it however the program ends.
#[derive(Debug)]
pub struct DataLock {
    _file: File,
}

impl DataLock {
    pub fn take(folder: &Path) -> anyhow::Result<Self> {
        let path = folder.join("bouncer.lock");
        let file =
            File::create(&path).with_context(|| format!("{} cannot be made", path.display()))?;
        match file.try_lock() {
            Ok(()) => Ok(Self { _file: file }),
            Err(TryLockError::WouldBlock) => bail!(
                "another bouncer runs on the data folder {}; stop it first, or give this one a folder of its own with BOUNCER_DATA_DIR, or use PostgreSQL for several replicas",
                folder.display()
            ),
            Err(TryLockError::Error(error)) => Err(error).with_context(|| {
                format!(
                    "{} cannot be locked; SQLite needs a local disk",
                    path.display()
                )
            }),
        }
    }
}
