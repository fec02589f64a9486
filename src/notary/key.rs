//! The file with the key that signs the record. Only its owner may read it.

use std::fs::{self, File, OpenOptions, Permissions};
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::proof::note::{PublicKey, SigningKey};

const NAME: &str = "record-key";
const OWNER_ONLY: u32 = 0o600;

/// Why there is no key to sign with.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    #[error("the key file {path} cannot be used: {what}")]
    Unusable { path: PathBuf, what: String },
    #[error(
        "the record is signed with another key than the one in {path}: copy the file `record-key` from the data folder of the bouncer that began the record"
    )]
    OfAnother { path: PathBuf },
    #[error(
        "there is no key at {path}, and the record has one: copy the file `record-key` from the data folder of the bouncer that began the record, or from where it was kept besides"
    )]
    Missing { path: PathBuf },
    #[error("no key can be made: {0}")]
    NoRandomness(String),
}

/// Where the key lies, and beside it, while it is being changed, the next.
#[derive(Debug, Clone)]
pub(super) struct KeyFile {
    path: PathBuf,
}

type Result<T> = std::result::Result<T, KeyError>;

impl KeyFile {
    pub(super) fn in_folder(folder: &Path) -> Self {
        Self {
            path: folder.join(NAME),
        }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    fn next(&self) -> PathBuf {
        self.path.with_extension("next")
    }

    /// The key there is, or a new one that is on disk when this returns; and whether it is new.
    pub(super) fn read_or_make(&self) -> Result<(SigningKey, bool)> {
        if let Some(key) = read(&self.path)? {
            return Ok((key, false));
        }
        let name = format!("bouncer-record-{:016x}", fastrand::u64(..));
        let key = SigningKey::generate(&name).map_err(KeyError::NoRandomness)?;
        write(&self.path, &key)?;
        Ok((key, true))
    }

    pub(super) fn remove(&self) {
        let _ = fs::remove_file(&self.path);
    }

    /// The key that goes with a public one. A change that was broken off after it was in force is brought to its end.
    pub(super) fn key_for(&self, public: &PublicKey) -> Result<SigningKey> {
        let found = read(&self.path)?;
        if let Some(key) = &found
            && key.public() != public
            && let Some(next) = read(&self.next())?
            && next.public() == public
        {
            self.take_up_next()?;
            return Ok(next);
        }
        let path = self.path.clone();
        match found {
            Some(key) if key.public() == public => Ok(key),
            Some(_) => Err(KeyError::OfAnother { path }),
            None => Err(KeyError::Missing { path }),
        }
    }

    pub(super) fn keep_next(&self, key: &SigningKey) -> Result<()> {
        write(&self.next(), key)
    }

    pub(super) fn take_up_next(&self) -> Result<()> {
        fs::rename(self.next(), &self.path)
            .and_then(|()| sync_folder(&self.path))
            .map_err(|error| unusable(&self.path, &error))
    }
}

fn unusable(path: &Path, what: &impl ToString) -> KeyError {
    KeyError::Unusable {
        path: path.to_owned(),
        what: what.to_string(),
    }
}

fn read(path: &Path) -> Result<Option<SigningKey>> {
    let text = match fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(unusable(path, &error)),
    };
    SigningKey::parse(&text)
        .map(Some)
        .map_err(|what| unusable(path, &what))
}

fn write(path: &Path, key: &SigningKey) -> Result<()> {
    let write = || {
        let mut file = OpenOptions::new()
            .write(true)
            .create(true)
            .truncate(true)
            .mode(OWNER_ONLY)
            .open(path)?;
        file.set_permissions(Permissions::from_mode(OWNER_ONLY))?;
        file.write_all(key.reveal().as_bytes())?;
        file.sync_all()?;
        sync_folder(path)
    };
    write().map_err(|error: io::Error| unusable(path, &error))
}

fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder)?.sync_all(),
        None => Ok(()),
    }
}
