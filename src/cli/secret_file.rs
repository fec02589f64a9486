//! Where a webhook's secret is written: a file that only its owner reads, replaced as a whole or not at all.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::os::unix::fs::{MetadataExt as _, OpenOptionsExt as _, PermissionsExt as _, chown};
use std::path::{Path, PathBuf};

use anyhow::Context as _;

use crate::config::{Secret, SecretFile};

/// Nobody but its owner, and where the file was so before, its group.
const AT_MOST: u32 = 0o660;
const NEW: u32 = 0o600;

/// A file of secrets that certainly can be written.
pub(super) struct Place {
    path: PathBuf,
    /// What stands in it.
    pub secrets: Vec<Secret>,
}

impl Place {
    /// Looks at the file, and tries to write it as it is: what fails here fails before there is a secret to lose.
    pub(super) fn try_out(path: &Path) -> anyhow::Result<Self> {
        let path = path.canonicalize().unwrap_or_else(|_| path.to_owned());
        let empty = fs::metadata(&path).map_or(true, |file| file.len() == 0);
        let place = if empty {
            Self {
                path,
                secrets: Vec::new(),
            }
        } else {
            let read = SecretFile::read(&path).map_err(anyhow::Error::msg);
            let read =
                read.with_context(|| format!("{} is not a file of secrets", path.display()))?;
            Self {
                path,
                secrets: read.secrets,
            }
        };
        if empty {
            let file = place.write_beside(&[])?;
            fs::remove_file(file).context("a file written to try it out cannot be removed")?;
        } else {
            place.write(&place.secrets)?;
        }
        Ok(place)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Replaces the file; on disk when this returns.
    pub(super) fn write(&self, secrets: &[Secret]) -> anyhow::Result<()> {
        let beside = self.write_beside(secrets)?;
        let renamed = fs::rename(&beside, &self.path);
        if renamed.is_err() {
            let _ = fs::remove_file(&beside);
        }
        renamed.with_context(|| {
            format!(
                "{} cannot be replaced; a file mounted by itself cannot be: mount its folder",
                self.path.display()
            )
        })?;
        let folder = fs::File::open(self.folder()).and_then(|folder| folder.sync_all());
        folder.with_context(|| format!("the folder of {} cannot be synced", self.path.display()))
    }

    fn write_beside(&self, secrets: &[Secret]) -> anyhow::Result<PathBuf> {
        let name = self.path.file_name().unwrap_or_default().to_string_lossy();
        let beside = self
            .folder()
            .join(format!(".{name}.{}", std::process::id()));
        let lines = secrets.iter().fold(String::new(), |lines, secret| {
            lines + secret.reveal() + "\n"
        });
        let written = self.write_to(&beside, lines.as_bytes());
        if written.is_err() {
            let _ = fs::remove_file(&beside);
        }
        written.with_context(|| format!("{} cannot be written", self.path.display()))?;
        Ok(beside)
    }

    fn write_to(&self, beside: &Path, bytes: &[u8]) -> std::io::Result<()> {
        let mut file = OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(NEW)
            .open(beside)?;
        if let Ok(before) = fs::metadata(&self.path) {
            let now = file.metadata()?;
            if (before.uid(), before.gid()) != (now.uid(), now.gid()) {
                chown(beside, Some(before.uid()), Some(before.gid()))?;
            }
            let mode = (before.mode() & AT_MOST) | NEW;
            file.set_permissions(fs::Permissions::from_mode(mode))?;
        }
        file.write_all(bytes)?;
        file.sync_all()
    }

    fn folder(&self) -> &Path {
        match self.path.parent() {
            Some(folder) if !folder.as_os_str().is_empty() => folder,
            _ => Path::new("."),
        }
    }
}
