//! A part of the disk kept for people's orders. It is given up when the disk is full: from then on nothing but what people order,
//! and what comes of it, is written, until there is room for the reserve again.
//!
//! It must be larger than what a checkpoint may have to bring from SQLite's log into the file, or it would be used up by that.

use std::fs::File;
use std::io::{ErrorKind, Write as _};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use rustix::fs::{FallocateFlags, fallocate};

/// The reserve of one data folder. Whether it is there is read off the folder: other programs may give it up, too.
#[derive(Debug, Clone, Default)]
pub(super) struct Reserve {
    path: Option<PathBuf>,
    /// Its size in bytes; 0 where none is kept, or by a program that only gives it up.
    size: Arc<AtomicU64>,
}

impl Reserve {
    /// Beside this database file.
    pub fn beside(database: &Path) -> Self {
        Self {
            path: Some(database.with_file_name("bouncer.reserve")),
            size: Arc::default(),
        }
    }

    /// Keeps a reserve of so many bytes from now on. Where there is no room for it, it counts as used.
    pub fn keep(&self, size: u64) {
        let Some(path) = &self.path else { return };
        if size == 0 {
            let _ = std::fs::remove_file(path);
            return;
        }
        let there = std::fs::metadata(path).is_ok_and(|found| found.len() == size);
        match if there {
            Ok(())
        } else {
            set_aside(path, size, 0)
        } {
            Ok(()) => self.size.store(size, Ordering::Relaxed),
            Err(error) if error.kind() == ErrorKind::StorageFull => {
                self.size.store(size, Ordering::Relaxed);
                let _ = std::fs::remove_file(path);
                tell();
            }
            Err(error) => {
                tracing::warn!(%error, "no room can be set aside at {}: with a full disk nobody can be unblocked", path.display());
            }
        }
    }

    /// Whether it was given up, here or by another program.
    pub fn is_used(&self) -> bool {
        self.size.load(Ordering::Relaxed) > 0
            && self
                .path
                .as_ref()
                .is_some_and(|path| std::fs::symlink_metadata(path).is_err())
    }

    /// Makes room for people's orders.
    pub fn give_up(&self) {
        let Some(path) = &self.path else { return };
        if std::fs::remove_file(path).is_ok() {
            tell();
        }
    }

    /// Sets the room aside again, if there is room for it and some more. It is not in its place yet.
    pub fn is_affordable(&self) -> bool {
        let size = self.size.load(Ordering::Relaxed);
        self.path
            .as_ref()
            .is_some_and(|path| write_out(&beside(path), size, size / 2).is_ok())
    }

    /// Leaves the room to people's orders after all.
    pub fn let_go(&self) {
        if let Some(path) = &self.path {
            let _ = std::fs::remove_file(beside(path));
        }
    }

    /// Ends the use of it after [`is_affordable`](Self::is_affordable).
    pub fn put_back(&self) {
        let Some(path) = &self.path else { return };
        if std::fs::rename(beside(path), path).is_ok() {
            tracing::info!("there is room on the disk again: deliveries are taken");
        }
    }
}

fn tell() {
    tracing::error!(
        "the disk is full: deliveries are refused and rules block nobody until there is room; what people order is still carried out"
    );
}

fn beside(path: &Path) -> PathBuf {
    path.with_extension("reserve.new")
}

fn set_aside(path: &Path, size: u64, besides: u64) -> std::io::Result<()> {
    write_out(&beside(path), size, besides)?;
    std::fs::rename(beside(path), path)
}

/// A file of this size that takes up its room, made only if so much could be had besides. Nothing is left of a failure.
fn write_out(path: &Path, size: u64, besides: u64) -> std::io::Result<()> {
    let written = File::create(path).and_then(|file| {
        fill(&file, size.saturating_add(besides))?;
        file.set_len(size)
    });
    if written.is_err() {
        let _ = std::fs::remove_file(path);
    }
    written
}

fn fill(mut file: &File, size: u64) -> std::io::Result<()> {
    match fallocate(file, FallocateFlags::empty(), 0, size) {
        Err(rustix::io::Errno::OPNOTSUPP | rustix::io::Errno::NOSYS) => {}
        done => return Ok(done?),
    }
    // Nothing that a file system could store in less room than it says.
    let mut random = fastrand::Rng::new();
    let mut block = vec![0; 64 * 1024];
    let mut left = size;
    while left > 0 {
        random.fill(&mut block);
        let part = usize::try_from(left).map_or(block.len(), |left| left.min(block.len()));
        file.write_all(block.get(..part).unwrap_or(&block))?;
        left = left.saturating_sub(u64::try_from(part).unwrap_or(left));
    }
    Ok(())
}
