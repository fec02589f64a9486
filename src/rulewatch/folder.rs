//! A folder of rule files: which files count, and how they are read and kept.

use std::fs;
use std::io::Read as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::decision::Digest;
use crate::problem::{Place, Problem};
use crate::rules::source::MAX_FILE;
use crate::rules::{RuleFile, digest_of};

/// Deepest folder within the rules folder that is read.
const MAX_DEPTH: usize = 4;

/// A folder as it was found: its files, or why it cannot be used.
#[derive(Debug, Clone)]
pub struct Found {
    pub files: Result<Vec<RuleFile>, Box<Problem>>,
}

impl Found {
    /// Changes whenever a file changes, or the reason why there are none.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match &self.files {
            Ok(files) => digest_of(files.iter()),
            Err(problem) => Digest(hex::encode(Sha256::digest(problem.line()))),
        }
    }
}

/// Reads every `*.toml` file of a folder and its folders, or the one file that `path` names. Names that begin with a
/// dot do not count: editors and mounted configuration keep their own files under such names.
#[must_use]
pub fn read(path: &Path) -> Found {
    let mut files = Vec::new();
    let read = if path.is_file() {
        let name = path
            .file_name()
            .map(|name| name.to_string_lossy().into_owned())
            .unwrap_or_default();
        read_file(path, &name).map(|file| files.push(file))
    } else {
        read_folder(path, "", 0, &mut files)
    };
    files.sort_by(|a, b| a.name.cmp(&b.name));
    Found {
        files: read.map(|()| files),
    }
}

fn read_folder(
    path: &Path,
    prefix: &str,
    depth: usize,
    files: &mut Vec<RuleFile>,
) -> Result<(), Box<Problem>> {
    let unreadable = |error: std::io::Error| {
        Box::new(
            Problem::error(
                "rules-unreadable",
                format!(
                    "the rules folder {} cannot be read: {error}",
                    path.display()
                ),
            )
            .help("check rules_dir and who may read it"),
        )
    };
    for entry in fs::read_dir(path).map_err(unreadable)? {
        let entry = entry.map_err(unreadable)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        if name.starts_with('.') {
            continue;
        }
        let full = format!("{prefix}{name}");
        // Follows symbolic links, as mounted configuration uses them.
        let is_folder = entry.path().is_dir();
        if is_folder && depth < MAX_DEPTH {
            read_folder(&entry.path(), &format!("{full}/"), depth + 1, files)?;
        } else if !is_folder
            && entry
                .path()
                .extension()
                .is_some_and(|extension| extension == "toml")
        {
            files.push(read_file(&entry.path(), &full)?);
        }
    }
    Ok(())
}

/// Reads a little more than is allowed, so that loading can say that it is too much.
fn read_file(path: &Path, name: &str) -> Result<RuleFile, Box<Problem>> {
    let mut bytes = Vec::new();
    let limit = u64::try_from(MAX_FILE)
        .unwrap_or(u64::MAX)
        .saturating_add(1);
    fs::File::open(path)
        .and_then(|file| file.take(limit).read_to_end(&mut bytes))
        .map_err(|error| {
            Box::new(
                Problem::error("file-unreadable", format!("{name} cannot be read: {error}"))
                    .at(Place::file(name))
                    .help("check who may read it"),
            )
        })?;
    Ok(RuleFile {
        name: name.to_owned(),
        bytes,
    })
}
