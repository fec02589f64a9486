//! List files: one entry a line, for rules that name many words, domains or samples.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use super::conditions::WordsOf;
use super::read::{Reader, Value};
use super::source::{RuleFile, decode_list};
use crate::problem::{Place, Problem, nearest};

/// Most entries of one list.
pub const MAX_ENTRIES: usize = 500_000;
/// Longest entry, in bytes.
const MAX_ENTRY: usize = 1_000;
/// Most warnings told of one list.
const MAX_WARNINGS: usize = 20;

/// A list file as it was read. Entries are in the order in which they stand, without comments and empty lines.
#[derive(Debug, PartialEq, Eq)]
pub struct List {
    /// Its path within the folder, such as `lists/crypto.txt`.
    pub name: String,
    pub entries: Vec<Entry>,
}

/// An entry and the line it stands in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Entry {
    pub text: String,
    pub line: usize,
}

/// The list files of a folder.
#[derive(Debug, Default)]
pub(super) struct Lists {
    known: BTreeMap<String, Option<Arc<List>>>,
    used: BTreeMap<String, Arc<List>>,
    /// What is made of each list as a list of words, shared by all rules that use it in the same way.
    pub words: HashMap<(String, &'static str), Arc<WordsOf>>,
    /// What is wrong in the lists themselves.
    pub problems: Vec<Problem>,
}

impl Lists {
    /// Reads the list files; the others are passed over.
    pub fn of(files: &[&RuleFile]) -> Self {
        let mut lists = Self::default();
        for file in files.iter().filter(|file| file.is_list()) {
            let list = match read(file) {
                Ok(list) => Some(Arc::new(list)),
                Err(problem) => {
                    lists.problems.push(*problem);
                    None
                }
            };
            lists.known.insert(file.name.clone(), list);
        }
        lists
    }

    /// The lists that rules use, by name.
    pub fn used(&self) -> impl Iterator<Item = &Arc<List>> {
        self.used.values()
    }

    /// Lists that no rule uses.
    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let names = self.known.keys().map(String::as_str);
        names.filter(|name| !self.used.contains_key(*name))
    }

    /// Says what is wrong with an entry; the first few times for each list.
    pub fn refuse(&mut self, problem: Problem, list: &List, entry: &Entry) {
        let here = |known: &&Problem| {
            let place = known.place.as_ref();
            known.is_error() && place.is_some_and(|place| place.file == list.name)
        };
        if self.problems.iter().filter(here).count() < MAX_WARNINGS {
            self.problems.push(problem.at(place(list, entry)));
        }
    }

    /// Says that something is odd about an entry; the first few times for each list.
    pub fn warn(&mut self, problem: Problem, list: &List, entry: &Entry) {
        let here = |known: &&Problem| {
            let place = known.place.as_ref();
            !known.is_error() && place.is_some_and(|place| place.file == list.name)
        };
        if self.problems.iter().filter(here).count() < MAX_WARNINGS {
            self.problems.push(problem.at(place(list, entry)));
        }
    }
}

/// Where an entry stands.
pub(super) fn place(list: &List, entry: &Entry) -> Place {
    Place {
        file: list.name.clone(),
        line: entry.line,
        column: 1,
        ..Place::find(&list.name, &entry.text, &(0..entry.text.len()))
    }
}

/// The list a condition names.
pub(super) fn read_list<'a>(
    reader: &mut Reader<'a>,
    value: &Value<'a>,
    example: &str,
) -> Option<Arc<List>> {
    let name = reader.text(value, example)?.to_owned();
    let lists = &mut reader.shared.lists;
    match lists.known.get(&name) {
        Some(Some(list)) if list.entries.is_empty() => {
            let list = Arc::clone(list);
            lists.used.insert(name.clone(), list);
            reader.error(
                "empty-list",
                &value.span(),
                format!("the list {name} has no entry, so it can never match"),
                "write one entry a line; lines that begin with # are remarks",
            );
            None
        }
        Some(Some(list)) => {
            let list = Arc::clone(list);
            lists.used.insert(name, Arc::clone(&list));
            Some(list)
        }
        // Told where the list stands.
        Some(None) => None,
        None => {
            let help = help_for(&name, lists.known.keys().map(String::as_str));
            reader.error(
                "list-not-found",
                &value.span(),
                format!("there is no list file `{name}` in the rules folder"),
                help,
            );
            None
        }
    }
}

fn help_for<'n>(name: &str, known: impl Iterator<Item = &'n str> + Clone) -> String {
    let plain = name.trim_start_matches("./").replace('\\', "/");
    let same_file = |one: &&str| {
        let (one, file) = (one.rsplit('/').next(), plain.rsplit('/').next());
        one == file || one.and_then(|one| one.strip_suffix(".txt")) == file
    };
    if let Some(near) = known
        .clone()
        .find(same_file)
        .or_else(|| nearest(&plain, known.clone()))
    {
        return format!("did you mean \"{near}\"?");
    }
    let first: Vec<&str> = known.take(5).collect();
    if first.is_empty() {
        return "list files end in .txt and stand in the rules folder, for example as lists/words.txt"
            .to_owned();
    }
    format!("there are: {}", first.join(", "))
}

fn read(file: &RuleFile) -> Result<List, Box<Problem>> {
    let text = decode_list(file)?;
    let mut entries = Vec::new();
    for (line, number) in text.lines().zip(1..) {
        let entry = line.trim();
        if entry.is_empty() || entry.starts_with('#') {
            continue;
        }
        if entry.len() > MAX_ENTRY {
            let place = Place {
                line: number,
                ..Place::file(&file.name)
            };
            let message = format!(
                "an entry has at most {MAX_ENTRY} bytes, this one {}",
                entry.len()
            );
            return Err(Box::new(
                Problem::error("entry-too-long", message)
                    .at(place)
                    .help("one entry a line; keep the telling part of it"),
            ));
        }
        entries.push(Entry {
            text: entry.to_owned(),
            line: number,
        });
    }
    if entries.len() > MAX_ENTRIES {
        let message = format!(
            "this list has {} entries; at most {MAX_ENTRIES} are read",
            entries.len()
        );
        return Err(Box::new(
            Problem::error("list-too-large", message)
                .at(Place::file(&file.name))
                .help("keep the entries that still match; `bouncer rules list --unused` names the others"),
        ));
    }
    Ok(List {
        name: file.name.clone(),
        entries,
    })
}
