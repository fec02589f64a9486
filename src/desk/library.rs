//! Rulebooks that were in force, each loaded once.

use std::collections::VecDeque;
use std::sync::Arc;

use crate::decision::Digest;
use crate::rules::{self, Rulebook};
use crate::store::{Result, Store};

/// Most rulebooks kept loaded; the one not asked for the longest goes.
const MOST: usize = 16;

/// Loaded rulebooks by digest, the one asked for last in front. One that cannot be loaded by this version is remembered, too.
#[derive(Debug, Default)]
pub struct Library {
    books: VecDeque<(Digest, Option<Arc<Rulebook>>)>,
}

impl Library {
    /// The rulebook in force; nothing if there is none, or this version cannot read it.
    pub async fn in_force(&mut self, store: &Store) -> Result<Option<Arc<Rulebook>>> {
        match store.latest_book().await? {
            Some((digest, _)) => self.book(store, &digest).await,
            None => Ok(None),
        }
    }

    /// The rulebook of this digest; nothing if it was never in force, or cannot be loaded by this version.
    pub async fn book(&mut self, store: &Store, digest: &Digest) -> Result<Option<Arc<Rulebook>>> {
        let known = self.books.iter().position(|(known, _)| known == digest);
        let entry = match known.and_then(|place| self.books.remove(place)) {
            Some(entry) => entry,
            None => (digest.clone(), load(store, digest).await?),
        };
        let book = entry.1.clone();
        self.books.push_front(entry);
        self.books.truncate(MOST);
        Ok(book)
    }
}

async fn load(store: &Store, digest: &Digest) -> Result<Option<Arc<Rulebook>>> {
    let files = store.book(digest).await?;
    let files = files.and_then(|files| rules::source::unpack(&files));
    let book = files.and_then(|files| rules::load(&files).ok());
    // Files that were changed in the store are not the version they stand for.
    Ok(book.filter(|book| book.digest() == digest).map(Arc::new))
}
