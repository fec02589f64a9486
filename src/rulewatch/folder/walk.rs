//! What stands in a folder, without opening any of it.

use std::ffi::OsStr;
use std::fs::{self, DirEntry, Metadata};
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::unreadable;
use crate::problem::{Place, Problem};
use crate::rules::source::{MAX_FILE, MAX_LIST};

/// Deepest folder within the rules folder that is read.
const MAX_DEPTH: usize = 4;
/// Most bytes of all files of a folder together.
const MAX_TOTAL: u64 = 64 * 1024 * 1024;
/// Most names looked at, whether they count or not: `rules_dir = "/"` must not keep the program busy for minutes.
const MAX_NAMES: usize = 20_000;

/// What tells one state of a file from another without reading it. Edits within one tick of the file system's clock
/// can share a stamp, so contents are compared as well. Inodes are left out: on some shared folders they change by themselves.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stamp {
    pub size: u64,
    modified: (i64, i64),
    changed: (i64, i64),
}

impl Stamp {
    pub fn of(metadata: &Metadata) -> Self {
        Self {
            size: metadata.size(),
            modified: (metadata.mtime(), metadata.mtime_nsec()),
            changed: (metadata.ctime(), metadata.ctime_nsec()),
        }
    }
}

/// A file that counts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Entry {
    /// Relative to the folder.
    pub name: String,
    pub path: PathBuf,
    pub stamp: Stamp,
}

/// Every file that counts, by name, and what is wrong.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Walk {
    pub entries: Vec<Entry>,
    pub problems: Vec<Problem>,
    /// Of what is named like a file that counts, but is none.
    odd: Vec<(String, Stamp)>,
    names: usize,
}

fn is_list(path: &Path) -> bool {
    path.extension() == Some(OsStr::new("txt"))
}

fn counts(path: &Path) -> bool {
    is_list(path) || path.extension() == Some(OsStr::new("toml"))
}

pub(super) fn walk(path: &Path) -> Walk {
    let mut walk = Walk::default();
    match fs::metadata(path) {
        Ok(metadata) if metadata.is_file() => {
            let name = path.file_name().unwrap_or_default().to_string_lossy();
            walk.file(name.into_owned(), path.to_owned(), &metadata);
        }
        Ok(metadata) => walk.folder(path, "", &metadata, &mut Vec::new()),
        Err(error) => walk.problems.push(folder_unreadable(path, &error)),
    }
    walk.bounded();
    walk.names = 0;
    walk.odd.sort_by(|a, b| a.0.cmp(&b.0));
    walk.entries.sort_by(|a, b| a.name.cmp(&b.name));
    // What stands nowhere comes last, as when rules are loaded.
    walk.problems
        .sort_by_cached_key(|problem| (problem.place.is_none(), problem.line()));
    walk
}

impl Walk {
    pub fn stamps(&self) -> Vec<Stamp> {
        let files = self.entries.iter().map(|entry| &entry.stamp);
        let odd = self.odd.iter().map(|(_, stamp)| stamp);
        files.chain(odd).cloned().collect()
    }

    /// `above` holds the folders on the way here, by device and inode.
    fn folder(
        &mut self,
        path: &Path,
        prefix: &str,
        metadata: &Metadata,
        above: &mut Vec<(u64, u64)>,
    ) {
        let identity = (metadata.dev(), metadata.ino());
        if above.contains(&identity) {
            self.problems.push(
                Problem::error(
                    "link-loop",
                    format!("{prefix} is a link back to a folder it stands in"),
                )
                .help("remove the link"),
            );
            return;
        }
        if above.len() > MAX_DEPTH {
            self.problems.push(
                Problem::error(
                    "folder-too-deep",
                    format!("the folder {prefix} stands more than {MAX_DEPTH} folders deep"),
                )
                .help("move its files further up"),
            );
            return;
        }
        let entries = match fs::read_dir(path) {
            Ok(entries) => entries,
            Err(error) => return self.problems.push(folder_unreadable(path, &error)),
        };
        above.push(identity);
        for entry in entries {
            self.names += 1;
            match entry {
                _ if self.names > MAX_NAMES => break,
                Ok(entry) => self.entry(&entry, prefix, above),
                Err(error) => self.problems.push(folder_unreadable(path, &error)),
            }
        }
        above.pop();
    }

    fn entry(&mut self, entry: &DirEntry, prefix: &str, above: &mut Vec<(u64, u64)>) {
        let path = entry.path();
        let given = entry.file_name();
        if given.as_encoded_bytes().starts_with(b".") {
            return;
        }
        let name = format!("{prefix}{}", given.to_string_lossy());
        // Follows symbolic links, as mounted configuration uses them.
        let metadata = match fs::metadata(&path) {
            Ok(metadata) => metadata,
            Err(error) => return self.unseen(&path, &name, &error),
        };
        if !metadata.is_dir() && !counts(&path) {
            return;
        }
        if given.to_str().is_none() {
            self.problems.push(
                Problem::error("name-not-utf8", format!("the name of {name} is not UTF-8"))
                    .at(Place::file(&name))
                    .help("give it a name of plain letters, digits and -"),
            );
        } else if metadata.is_dir() && !counts(&path) {
            self.folder(&path, &format!("{name}/"), &metadata, above);
        } else if metadata.is_file() {
            self.file(name, path, &metadata);
        } else {
            self.odd.push((name.clone(), Stamp::of(&metadata)));
            let kind = if metadata.is_dir() {
                "a folder"
            } else {
                "a pipe, a socket or a device"
            };
            self.problems.push(
                Problem::error("not-a-file", format!("{name} is {kind}, not a file"))
                    .at(Place::file(&name))
                    .help("remove it or give it another name"),
            );
        }
    }

    /// What a name stands for cannot be learnt. A link that leads nowhere may have led to a folder of rules.
    fn unseen(&mut self, path: &Path, name: &str, error: &std::io::Error) {
        match fs::symlink_metadata(path) {
            Ok(link) if link.is_symlink() => {
                self.odd.push((name.to_owned(), Stamp::of(&link)));
                self.problems.push(
                    Problem::error(
                        "broken-link",
                        format!("{name} is a link that cannot be followed: {error}"),
                    )
                    .at(Place::file(name))
                    .help("remove the link, or put back what it leads to"),
                );
            }
            // It has gone since the folder was listed.
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            _ => self.problems.push(unreadable(name, error)),
        }
    }

    fn file(&mut self, name: String, path: PathBuf, metadata: &Metadata) {
        let stamp = Stamp::of(metadata);
        let (limit, help) = if is_list(&path) {
            (MAX_LIST, "split it into several list files")
        } else {
            (
                MAX_FILE,
                "split it into several files; all files of the folder are read together",
            )
        };
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        if stamp.size > limit {
            let message = format!(
                "this file has {} bytes; at most {limit} are read",
                stamp.size
            );
            self.problems.push(
                Problem::error("file-too-large", message)
                    .at(Place::file(&name))
                    .help(help),
            );
        }
        self.entries.push(Entry { name, path, stamp });
    }

    /// The bounds of the folder as a whole.
    fn bounded(&mut self) {
        let bytes = self
            .entries
            .iter()
            .fold(0_u64, |sum, entry| sum.saturating_add(entry.stamp.size));
        let message = if self.names > MAX_NAMES {
            format!("there are more than {MAX_NAMES} names in the rules folder")
        } else if bytes > MAX_TOTAL {
            format!(
                "all files together have more than {MAX_TOTAL} bytes, which is the most that is read"
            )
        } else {
            return;
        };
        self.problems.push(
            Problem::error("folder-too-large", message)
                .help("keep only rule files and list files there; check rules_dir"),
        );
    }
}

fn folder_unreadable(path: &Path, error: &std::io::Error) -> Problem {
    Problem::error(
        "rules-unreadable",
        format!(
            "the rules folder {} cannot be read: {error}",
            path.display()
        ),
    )
    .help("check rules_dir and who may read it")
}
