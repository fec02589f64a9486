//! Whether an exported record is what was signed. Line by line, so a record of any length takes no more room than a tile.

use std::fmt;

use super::lines::{FORMAT, Header, Line, TILE};
use super::note::{Note, PublicKey};
use super::tree::{self, Hash, Tree};

crate::vocabulary! {
    /// What is wrong with a record.
    Wrong {
        /// It is no record, or not this log's, or a line cannot be read.
        Unreadable = "unreadable",
        /// A row is not as it was signed.
        Changed = "changed",
        /// A row that was signed is not there.
        Missing = "missing",
        /// There is a row that was not signed.
        Inserted = "inserted",
        /// The hashes are not those that were signed.
        WrongRoot = "wrong-root",
        /// The last checkpoint is not signed with the key.
        NotSigned = "not-signed",
        /// It ends before its last checkpoint.
        CutShort = "cut-short",
        /// It is shorter than the older checkpoint.
        Shorter = "shorter",
        /// It was another record when the older checkpoint was signed.
        Rewritten = "rewritten",
    }
}

/// The first thing that is wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fault {
    pub wrong: Wrong,
    /// At which row, counted from 0 over the whole log.
    pub row: u64,
    /// In words.
    pub what: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.what)
    }
}

/// What a record that is right was found to be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verified {
    /// Rows in the log, forgotten ones included.
    pub size: u64,
    /// Of how many of them only hashes are kept.
    pub forgotten: u64,
    /// The key the last checkpoint is signed with.
    pub key: PublicKey,
}

/// Reads a record line by line.
#[derive(Debug)]
pub struct Verifier {
    key: PublicKey,
    older: Option<Note>,
    header: Option<Header>,
    tree: Tree,
    /// The hashes of the tile we are in, and how many of them came before it.
    tile: (u64, Vec<Hash>),
    /// The row at this place is not the one that was signed; the next line tells why.
    doubt: Option<String>,
    /// Up to where the last checkpoint was right, and how it was signed.
    signed: Option<(u64, bool)>,
}

type Result<T> = std::result::Result<T, Fault>;

impl Verifier {
    /// By a key, and where there is one an older checkpoint the record must continue.
    #[must_use]
    pub fn new(key: PublicKey, older: Option<Note>) -> Self {
        Self {
            key,
            older,
            header: None,
            tree: Tree::default(),
            tile: (0, Vec::new()),
            doubt: None,
            signed: None,
        }
    }

    /// Takes the next line, without its end.
    ///
    /// # Errors
    /// The first fault; after it nothing more is to be learnt.
    pub fn line(&mut self, line: &str) -> Result<()> {
        let Some(header) = &self.header else {
            return self.begin(line);
        };
        let forgotten = header.forgotten;
        let read = Line::read(line);
        if let Some(row) = self.doubt.take() {
            let next = matches!(read, Ok(Line::Row(line)) if self.wanted() == Some(tree::leaf(line.as_bytes())));
            return Err(self.not_the_row(next, &row));
        }
        match read {
            Err(what) => {
                Err(self.fault(Wrong::Unreadable, format!("after {}: {what}", self.place())))
            }
            Ok(Line::Row(row)) => self.row(row, forgotten),
            Ok(Line::Tile(number, hashes)) => {
                self.skip_forgotten(forgotten, u64::MAX)?;
                self.no_row_is_missing()?;
                let before = self.tree.size();
                if number.checked_mul(TILE) != Some(before) {
                    return Err(self.fault(
                        Wrong::Unreadable,
                        format!("after {}: hashes of other rows follow", self.place()),
                    ));
                }
                self.tile = (before, hashes);
                Ok(())
            }
            Ok(Line::Checkpoint(note)) => self.checkpoint(&note, forgotten),
        }
    }

    /// To be called after the last line.
    ///
    /// # Errors
    /// What is wrong with the whole.
    pub fn finish(mut self) -> Result<Verified> {
        if let Some(row) = self.doubt.take() {
            return Err(self.not_the_row(false, &row));
        }
        let Some(header) = self.header.take() else {
            return Err(self.fault(Wrong::Unreadable, "it is empty".to_owned()));
        };
        let size = self.tree.size();
        if size != header.size || self.signed.map(|(at, _)| at) != Some(size) {
            let what = format!(
                "it ends after {}, and says itself that it has {}: the end is missing",
                self.place(),
                header.size
            );
            return Err(self.fault(Wrong::CutShort, what));
        }
        if !self.signed.is_some_and(|(_, by_key)| by_key) {
            let what = format!(
                "the last checkpoint is not signed with the key of {}: either it is not this log's, or somebody else has signed it",
                self.key.name()
            );
            return Err(self.fault(Wrong::NotSigned, what));
        }
        if let Some(older) = &self.older
            && older.checkpoint.size > size
        {
            let what = format!(
                "the older checkpoint has {} rows, this record only {size}: rows at its end were taken away",
                older.checkpoint.size
            );
            return Err(self.fault(Wrong::Shorter, what));
        }
        Ok(Verified {
            size,
            forgotten: header.forgotten,
            key: self.key,
        })
    }

    fn begin(&mut self, line: &str) -> Result<()> {
        let read = serde_json::from_str::<Header>(line);
        let header = match read {
            Ok(header) if header.format == FORMAT && header.forgotten.is_multiple_of(TILE) => {
                header
            }
            _ => {
                let what = format!(
                    "it is no record: its first line does not say {FORMAT}; give the file that `bouncer audit export` wrote"
                );
                return Err(self.fault(Wrong::Unreadable, what));
            }
        };
        let older = self.older.as_ref();
        let other = older.is_some_and(|older| older.checkpoint.origin != header.origin);
        if header.origin != self.key.name() || other {
            let what = format!(
                "it is the record of {}, which is another log; use the key that `bouncer audit key` prints beside the store it came from",
                header.origin
            );
            return Err(self.fault(Wrong::Unreadable, what));
        }
        self.header = Some(header);
        self.meet_older()
    }

    fn row(&mut self, row: &str, forgotten: u64) -> Result<()> {
        self.skip_forgotten(forgotten, u64::MAX)?;
        let Some(wanted) = self.wanted() else {
            let what = format!(
                "after {} stands a row that was not signed: {}",
                self.place(),
                named(row)
            );
            return Err(self.fault(Wrong::Inserted, what));
        };
        let found = tree::leaf(row.as_bytes());
        if found == wanted {
            return self.push(wanted);
        }
        if self.hash_after() == Some(found) {
            let what = format!(
                "after {} a row is missing: the next one is {}",
                self.place(),
                named(row)
            );
            return Err(self.fault(Wrong::Missing, what));
        }
        self.doubt = Some(named(row));
        Ok(())
    }

    fn checkpoint(&mut self, note: &str, forgotten: u64) -> Result<()> {
        let note = Note::parse(note).map_err(|what| {
            self.fault(Wrong::Unreadable, format!("after {}: {what}", self.place()))
        })?;
        let size = note.checkpoint.size;
        self.skip_forgotten(forgotten, size)?;
        if self.tree.size() < size {
            self.no_row_is_missing()?;
        }
        let origin = self.header.as_ref().map(|header| &header.origin);
        if self.tree.size() != size || origin != Some(&note.checkpoint.origin) {
            let what = format!("after {} stands a checkpoint of {size} rows", self.place());
            return Err(self.fault(Wrong::Unreadable, what));
        }
        if self.tree.root() != note.checkpoint.root {
            let from = self.signed.map_or(0, |(size, _)| size);
            let what = format!(
                "the rows from the {}th to the {size}th, or their hashes, are not those that were signed",
                from + 1
            );
            return Err(Fault {
                wrong: Wrong::WrongRoot,
                row: from,
                what,
            });
        }
        let by_key = note.is_signed_by(&self.key);
        if let (true, Some(next)) = (by_key, note.checkpoint.next) {
            self.key = next;
        }
        self.signed = Some((size, by_key));
        Ok(())
    }

    /// Of rows that are no longer kept the hashes stand for them.
    fn skip_forgotten(&mut self, forgotten: u64, up_to: u64) -> Result<()> {
        while self.tree.size() < forgotten.min(up_to)
            && let Some(hash) = self.wanted()
        {
            self.push(hash)?;
        }
        Ok(())
    }

    fn push(&mut self, hash: Hash) -> Result<()> {
        self.tree.push(hash);
        self.meet_older()
    }

    fn meet_older(&self) -> Result<()> {
        match &self.older {
            Some(Note { checkpoint, .. })
                if checkpoint.size == self.tree.size() && checkpoint.root != self.tree.root() =>
            {
                let what = format!(
                    "this record's first {} rows are not those of the older checkpoint: it was written anew",
                    checkpoint.size
                );
                Err(self.fault(Wrong::Rewritten, what))
            }
            _ => Ok(()),
        }
    }

    /// The hash of the row that is due, in the tile we are in.
    fn wanted(&self) -> Option<Hash> {
        self.ahead(0)
    }

    fn hash_after(&self) -> Option<Hash> {
        self.ahead(1)
    }

    fn ahead(&self, by: u64) -> Option<Hash> {
        let (before, hashes) = &self.tile;
        let place = usize::try_from(self.tree.size() + by - before).ok()?;
        hashes.get(place).copied()
    }

    fn no_row_is_missing(&self) -> Result<()> {
        if self.wanted().is_none() {
            return Ok(());
        }
        let what = format!("after {} a row is missing", self.place());
        Err(self.fault(Wrong::Missing, what))
    }

    fn not_the_row(&self, next_is_right: bool, row: &str) -> Fault {
        if next_is_right {
            let what = format!(
                "after {} stands a row that was not signed: {row}",
                self.place()
            );
            return self.fault(Wrong::Inserted, what);
        }
        let what = format!("{row} is not as it was signed");
        self.fault(Wrong::Changed, what)
    }

    fn fault(&self, wrong: Wrong, what: String) -> Fault {
        Fault {
            wrong,
            row: self.tree.size(),
            what,
        }
    }

    fn place(&self) -> String {
        match self.tree.size() {
            0 => "the beginning".to_owned(),
            rows => format!("the {rows}th row"),
        }
    }
}

/// A row by the number the store gave it.
fn named(row: &str) -> String {
    let digits = row.strip_prefix("{\"seq\":").unwrap_or_default();
    let digits: String = digits
        .chars()
        .take_while(|c| c.is_ascii_digit() || *c == '-')
        .take(20)
        .collect();
    format!("row {digits}")
}
