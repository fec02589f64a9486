//! A file that is written beside its place and then put there.

use std::fs::{self, File};
use std::io;
use std::path::Path;

use tempfile::NamedTempFile;

use super::{Result, StoreError, sqlite, unusable};

/// The file beside, for its owner only: what customers wrote is in it. Removed unless it was put in place.
#[derive(Debug)]
pub(super) struct Beside(NamedTempFile);

impl Beside {
    /// # Errors
    /// When the place is taken, or its folder is not there or cannot be written to.
    pub fn of(place: &Path) -> Result<Self> {
        if place.exists() {
            return Err(unusable(format!(
                "{} is there already, and nothing is overwritten: name another file",
                place.display()
            )));
        }
        let folder = folder_of(place);
        let made = tempfile::Builder::new()
            .prefix(".bouncer-backup-")
            .suffix(".partial")
            .tempfile_in(folder);
        made.map(Self).map_err(|error| failed(place, &error))
    }

    /// For a copy that is only read.
    pub fn somewhere() -> Result<Self> {
        let made = NamedTempFile::with_prefix("bouncer-backup-");
        made.map(Self)
            .map_err(|error| failed(&std::env::temp_dir(), &error))
    }

    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// As the database takes it.
    pub fn text(&self) -> Result<String> {
        let path = self.path();
        let text = path.to_str().map(str::to_owned);
        text.ok_or_else(|| unusable(format!("{} is not UTF-8", path.display())))
    }

    pub fn fill(&self, from: &Path) -> Result<()> {
        let copied = File::open(from).and_then(|mut from| {
            let mut to = self.0.as_file();
            io::copy(&mut from, &mut to)
        });
        copied
            .map(|_| ())
            .map_err(|error| failed(self.path(), &error))
    }

    /// On disk when this returns. What has come to stand there meanwhile is left alone.
    pub fn put(self, place: &Path) -> Result<()> {
        let synced = self.0.as_file().sync_all();
        // The database keeps files beside it while it is open.
        leftovers(self.path());
        let put = synced.and_then(|()| {
            self.0
                .persist_noclobber(place)
                .map_err(|error| error.error)?;
            File::open(folder_of(place))?.sync_all()
        });
        put.map_err(|error| failed(place, &error))
    }
}

fn leftovers(path: &Path) {
    for suffix in ["-journal", "-wal", "-shm"] {
        let _ = fs::remove_file(sqlite::beside(path, suffix));
    }
}

fn folder_of(place: &Path) -> &Path {
    match place.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

fn failed(path: &Path, error: &io::Error) -> StoreError {
    unusable(format!("{} cannot be written: {error}", path.display()))
}
