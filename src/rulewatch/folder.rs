//! A folder of rule files and list files: which files count, and how they are read whole.

mod walk;

use std::fs::{File, Metadata, OpenOptions};
use std::io::{ErrorKind, Read as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

use sha2::{Digest as _, Sha256};

use crate::decision::Digest;
use crate::problem::{Place, Problem};
use crate::rules::{self, RuleFile, Rulebook, digest_of};
use walk::{Entry, Stamp, Walk, walk};

/// How often files that change while they are read are read again before that is left to a later look.
const TRIES: usize = 5;

/// A folder as it was found: its files, or every reason why it cannot be used.
#[derive(Debug, Clone)]
pub struct Found {
    pub files: Result<Vec<RuleFile>, Vec<Problem>>,
    /// The files changed under every attempt to read them, so nothing is known about them but that.
    pub changing: bool,
    stamps: Vec<Stamp>,
}

/// What tells whether a folder has stood still between two looks: even a file written anew with the same content has not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sight {
    digest: Digest,
    stamps: Vec<Stamp>,
}

impl Found {
    /// A folder that cannot be used for one reason.
    #[must_use]
    pub fn unusable(problem: Problem) -> Self {
        Self {
            files: Err(vec![problem]),
            changing: false,
            stamps: Vec::new(),
        }
    }

    #[must_use]
    pub fn sight(&self) -> Sight {
        Sight {
            digest: self.digest(),
            stamps: self.stamps.clone(),
        }
    }

    /// Changes whenever a file changes, or the reasons why there are none.
    #[must_use]
    pub fn digest(&self) -> Digest {
        match &self.files {
            Ok(files) => digest_of(files.iter()),
            Err(problems) => {
                let lines: Vec<String> = problems.iter().map(Problem::line).collect();
                Digest(hex::encode(Sha256::digest(lines.join("\n"))))
            }
        }
    }

    /// # Errors
    /// As [`rules::load`], and when the files cannot be read.
    pub fn load(&self) -> Result<Rulebook, Vec<Problem>> {
        match &self.files {
            Ok(files) => rules::load(files),
            Err(problems) => Err(problems.clone()),
        }
    }
}

/// Reads every `*.toml` and `*.txt` file of a folder and its folders, or the one file that `path` names. Names that
/// begin with a dot do not count: editors and mounted configuration keep their own files under such names.
///
/// What is found stood so at one moment: the folder is walked before and after, and each file must be, before and after
/// it is read, the very file that was met on the walk. So a folder that is replaced as a whole is never read in halves.
#[must_use]
pub fn read(path: &Path) -> Found {
    for _ in 0..TRIES {
        let before = walk(path);
        let files = if before.problems.is_empty() {
            read_all(&before)
        } else {
            Ok(Err(before.problems.clone()))
        };
        if let Ok(files) = files
            && walk(path) == before
        {
            return Found {
                files,
                changing: false,
                stamps: before.stamps(),
            };
        }
    }
    let problem = Problem::error(
        "files-changing",
        "the rule files kept changing while they were read",
    )
    .help("they are taken up when they stand still; if nobody edits them, look for a program that keeps writing there");
    Found {
        changing: true,
        ..Found::unusable(problem)
    }
}

/// The file is no longer what was met on the walk.
struct Changed;

fn read_all(walk: &Walk) -> Result<Result<Vec<RuleFile>, Vec<Problem>>, Changed> {
    let (mut files, mut problems) = (Vec::new(), Vec::new());
    for entry in &walk.entries {
        match read_file(entry) {
            Ok(Some(bytes)) => files.push(RuleFile {
                name: entry.name.clone(),
                bytes,
            }),
            Ok(None) => return Err(Changed),
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Changed),
            Err(error) => problems.push(unreadable(&entry.name, &error)),
        }
    }
    Ok(if problems.is_empty() {
        Ok(files)
    } else {
        Err(problems)
    })
}

/// The bytes of a file that stood still, or nothing when it did not.
fn read_file(entry: &Entry) -> std::io::Result<Option<Vec<u8>>> {
    // A pipe that has taken the file's place since the walk must not keep us waiting for a writer.
    let file = OpenOptions::new()
        .read(true)
        .custom_flags(libc::O_NONBLOCK)
        .open(&entry.path)?;
    let is_same = |metadata: &Metadata| metadata.is_file() && Stamp::of(metadata) == entry.stamp;
    if !is_same(&file.metadata()?) {
        return Ok(None);
    }
    let bytes = read_at_most(&file, entry.stamp.size)?;
    let whole = u64::try_from(bytes.len()).is_ok_and(|length| length == entry.stamp.size);
    Ok((whole && is_same(&file.metadata()?)).then_some(bytes))
}

/// One byte more than `size`, so that growth shows.
fn read_at_most(file: &File, size: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    file.take(size.saturating_add(1)).read_to_end(&mut bytes)?;
    Ok(bytes)
}

fn unreadable(name: &str, error: &std::io::Error) -> Problem {
    Problem::error("file-unreadable", format!("{name} cannot be read: {error}"))
        .at(Place::file(name))
        .help("check who may read it")
}
