//! Writes the files of an earlier version back into the folder of rules, as near to at once as a folder of files allows:
//! everything is written and synced beside its place under a name that does not count, then renamed, and what that version
//! had not is taken away last.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Component, Path, PathBuf};

use crate::rules::RuleFile;

/// Ends the names of files on their way; they begin with a dot, so that they do not count as rules.
const ON_ITS_WAY: &str = ".put-back";

/// Why files could not be written.
#[derive(Debug, thiserror::Error)]
pub enum PutBackError {
    #[error("rules_dir {0} is not a folder: only a folder of rules can be put back")]
    NotAFolder(PathBuf),
    #[error("`{0}` is no name of a file within the folder of rules; nothing was changed")]
    OddName(String),
    #[error("{path} could not be {done}: {error}")]
    File {
        path: PathBuf,
        done: &'static str,
        error: io::Error,
    },
}

/// Copies the files that are there into a new folder, and makes sure that they are on the disk.
///
/// # Errors
/// When a file cannot be written.
pub fn keep_copy(files: &[RuleFile], folder: &Path) -> Result<(), PutBackError> {
    make_folder(folder)?;
    for file in files {
        let path = place(folder, &file.name)?;
        write_synced(&path, &file.bytes)?;
    }
    sync_folders(folder, files)
}

/// Makes `folder` hold `files` and no other rule file of those in `there`.
///
/// # Errors
/// When a file cannot be written or renamed; those renamed by then stay.
pub fn put_back(folder: &Path, there: &[RuleFile], files: &[RuleFile]) -> Result<(), PutBackError> {
    if !folder.is_dir() {
        return Err(PutBackError::NotAFolder(folder.to_owned()));
    }
    let differs = |file: &&RuleFile| !there.contains(file);
    let mut moves = Vec::new();
    for file in files.iter().filter(differs) {
        let path = place(folder, &file.name)?;
        let beside = beside(&path);
        if let Err(error) = write_synced(&beside, &file.bytes) {
            for (beside, _) in &moves {
                let _ = fs::remove_file(beside);
            }
            let _ = fs::remove_file(&beside);
            return Err(error);
        }
        moves.push((beside, path));
    }
    for (beside, path) in &moves {
        fs::rename(beside, path).map_err(failed(path, "renamed"))?;
    }
    let gone = |file: &&RuleFile| !files.iter().any(|kept| kept.name == file.name);
    for file in there.iter().filter(gone) {
        let path = place(folder, &file.name)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => {
                return Err(failed(&path, "removed")(error));
            }
            _ => {}
        }
    }
    sync_folders(folder, files)
}

/// Where a file of a version lies, or why its name cannot be used.
fn place(folder: &Path, name: &str) -> Result<PathBuf, PutBackError> {
    let inside = Path::new(name)
        .components()
        .all(|part| matches!(part, Component::Normal(_)));
    if name.is_empty() || !inside {
        return Err(PutBackError::OddName(name.to_owned()));
    }
    Ok(folder.join(name))
}

fn beside(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    path.with_file_name(format!(".{name}{ON_ITS_WAY}"))
}

fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), PutBackError> {
    if let Some(parent) = path.parent() {
        make_folder(parent)?;
    }
    let write = || -> io::Result<()> {
        let mut file = File::create(path)?;
        file.write_all(bytes)?;
        file.sync_all()
    };
    write().map_err(failed(path, "written"))
}

fn make_folder(folder: &Path) -> Result<(), PutBackError> {
    fs::create_dir_all(folder).map_err(failed(folder, "made"))
}

/// Names are durable once their folder is synced.
fn sync_folders(folder: &Path, files: &[RuleFile]) -> Result<(), PutBackError> {
    let mut folders: Vec<PathBuf> = vec![folder.to_owned()];
    let parents = files.iter().filter_map(|file| {
        let path = folder.join(&file.name);
        path.parent().map(Path::to_owned)
    });
    folders.extend(parents);
    folders.sort();
    folders.dedup();
    for folder in folders {
        File::open(&folder)
            .and_then(|opened| opened.sync_all())
            .map_err(failed(&folder, "synced"))?;
    }
    Ok(())
}

fn failed(path: &Path, done: &'static str) -> impl Fn(io::Error) -> PutBackError {
    let path = path.to_owned();
    move |error| PutBackError::File {
        path: path.clone(),
        done,
        error,
    }
}
