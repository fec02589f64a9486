//! From rule files to a rulebook: all of them or none, with every problem told at once.

mod reading;
mod whole;

use std::cell::OnceCell;
use std::fmt::Write as _;

use sha2::{Digest as _, Sha256};

use super::Rulebook;
use super::lists::Lists;
use super::read::Shared;
use super::source::RuleFile;
use crate::decision::Digest;
use crate::problem::Problem;
use reading::Loading;

/// Most rules in one rulebook.
pub const MAX_RULES: usize = 10_000;
/// Most rule files in one folder.
const MAX_FILES: usize = 1_000;

/// Loads a rulebook out of the files of one folder: rules out of `*.toml`, lists out of `*.txt`.
///
/// # Errors
/// Every problem of every file when at least one of them is an error; warnings among them.
pub fn load(files: &[RuleFile]) -> Result<Rulebook, Vec<Problem>> {
    let mut files: Vec<&RuleFile> = files.iter().collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut loading = Loading::default();
    let rooms = vec![OnceCell::new(); files.len()];
    let documents = loading.parse(&files, &rooms);
    let mut shared = Shared {
        lists: Lists::of(&files),
        ..Shared::default()
    };
    shared.signals = loading.name_signals(&documents);
    for document in &documents {
        shared = loading.read_file(document, shared);
    }
    loading.check_whole(files.iter().filter(|file| !file.is_list()).count());
    let matcher = loading.matcher(&mut shared);
    if let Some(matcher) = &matcher {
        for document in &documents {
            shared = loading.try_file(document, matcher, shared);
        }
    }
    loading.check_lists(&mut shared.lists);
    loading.forget_what_follows();
    loading.finish(&files, &shared, matcher)
}

/// As one reads the files; what stands nowhere comes last.
pub(super) fn reading_order(problem: &Problem) -> (bool, Option<(&str, usize, usize)>) {
    let place = problem.place.as_ref();
    let place = place.map(|place| (place.file.as_str(), place.line, place.column));
    (place.is_none(), place)
}

/// The digest of a set of rule files: SHA-256 over names and contents, in the order of names.
#[must_use]
pub fn digest_of<'f>(files: impl Iterator<Item = &'f RuleFile>) -> Digest {
    let mut files: Vec<&RuleFile> = files.collect();
    files.sort_by(|a, b| a.name.cmp(&b.name));
    let mut hash = Sha256::new();
    for file in files {
        hash.update(format!("{}\0{}\0", file.name, file.bytes.len()));
        hash.update(&file.bytes);
    }
    Digest(
        hash.finalize()
            .iter()
            .fold(String::new(), |mut text, byte| {
                let _ = write!(text, "{byte:02x}");
                text
            }),
    )
}
