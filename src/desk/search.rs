//! The record searched: rows, and where they are about a message with the words asked for, the line they stand in.

use std::collections::HashMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};

use serde::Serialize;

use super::query::{Completion, Known, Query};
use super::{Desk, DeskError, Result};
use crate::message::EventId;
use crate::payload::{self, What};
use crate::rules::search::{asked, places};
use crate::rules::text;
use crate::store::audit::{Filter, Row};
use crate::store::saved::SavedSearch;

/// Longest piece of a line that is shown around what was found, in characters.
const SHOWN: usize = 160;

/// A row, and the line of its message in which the words were found.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Hit {
    #[serde(flatten)]
    pub row: Row,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<Line>,
    /// The whole text, where it was asked for and is still kept.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
}

/// A line of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub text: String,
    /// What was found: bytes of `text`.
    pub found: Vec<Range<usize>>,
}

/// A page of rows, newest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    pub hits: Vec<Hit>,
    /// There may be more: the next page is the one before this number.
    pub more: Option<i64>,
    /// The page is short because so much was looked at already.
    pub cut_short: bool,
    /// Words were asked for, and messages whose row has this number or a lower one are not indexed yet.
    pub not_indexed: Option<i64>,
}

/// Whether the texts of messages are read besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Texts {
    /// The lines in which words were found.
    Lines,
    /// All of every message.
    Whole,
    None,
}

impl Desk {
    /// The newest rows that meet the search and the filter.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn search(
        &self,
        query: &Query,
        filter: &Filter,
        limit: usize,
        texts: Texts,
    ) -> Result<Found> {
        let wanted = query.wanted(filter, self.clock.now());
        let page = self.store.search(&wanted, limit).await?;
        let phrases: Vec<Vec<String>> = query.texts().map(asked).collect();
        let needed = texts == Texts::Whole || (texts == Texts::Lines && !phrases.is_empty());
        let kept = if needed {
            self.texts_of(&page.rows).await?
        } else {
            HashMap::new()
        };
        let hit = |row: Row| {
            let kept = row.event.as_ref().and_then(|event| kept.get(event));
            Hit {
                line: kept
                    .filter(|_| texts == Texts::Lines)
                    .and_then(|text| line_of(text, &phrases)),
                text: kept.filter(|_| texts == Texts::Whole).cloned(),
                row,
            }
        };
        let not_indexed = if query.has_text() {
            self.store.words_missing().await?
        } else {
            None
        };
        Ok(Found {
            hits: page.rows.into_iter().map(hit).collect(),
            more: page.more,
            cut_short: page.cut_short,
            not_indexed,
        })
    }

    /// What contacts wrote in the messages these rows are about, as it is shown, where it is still kept.
    pub(super) async fn texts_of(&self, rows: &[Row]) -> Result<HashMap<EventId, String>> {
        let mut events: Vec<EventId> = rows.iter().filter_map(|row| row.event.clone()).collect();
        events.sort();
        events.dedup();
        let bodies = self.store.bodies(&events).await?;
        let texts = bodies.into_iter().filter_map(|(event, (at, body))| {
            let read = || match payload::read(&body, at).what {
                What::Message(message) => {
                    let shown = text::shown(message.html.as_deref(), message.markdown.as_deref());
                    let subject = message.subject.map(|subject| format!("{subject}\n"));
                    Some(format!("{}{shown}", subject.unwrap_or_default()))
                }
                _ => None,
            };
            let text = catch_unwind(AssertUnwindSafe(read)).ok().flatten()?;
            Some((event, text))
        });
        Ok(texts.collect())
    }

    /// What the last word of a search may become.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn complete(&self, text: &str) -> Result<Vec<Completion>> {
        let (rules, actors) = self.store.names().await?;
        Ok(Known { rules, actors }.complete(text))
    }

    /// That the record names this rule (`pitch/*`: any that begins so).
    ///
    /// # Errors
    /// When the store fails, or it does not; then the one is named that may be meant.
    pub async fn names_rule(&self, rule: &str) -> Result<()> {
        if self.store.names_rule(rule).await? {
            return Ok(());
        }
        let (known, _) = self.store.names().await?;
        let near = crate::problem::nearest(rule, known.iter().map(String::as_str));
        Err(DeskError::NoSuchRule {
            rule: rule.to_owned(),
            help: match near {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`bouncer rules ledger` shows those that fired".to_owned(),
            },
        })
    }

    /// Keeps a search under a name; one of that name is replaced.
    ///
    /// # Errors
    /// When the store fails, or the name is none.
    pub async fn save_search(&self, name: &str, query: &Query, by: &str) -> Result<SavedSearch> {
        let odd = |c: char| c.is_whitespace() || c.is_control();
        if name.is_empty() || name.chars().count() > 64 || name.contains(odd) {
            return Err(DeskError::NotAName(name.to_owned()));
        }
        let search = SavedSearch {
            name: name.to_owned(),
            query: query.to_string(),
            saved_by: by.to_owned(),
            saved_at: self.clock.now(),
        };
        let mut tx = self.store.writing().await?;
        tx.save_search(&search).await?;
        tx.commit().await?;
        Ok(search)
    }

    /// The search that is kept under a name.
    ///
    /// # Errors
    /// When the store fails, or there is none of that name.
    pub async fn saved_search(&self, name: &str) -> Result<SavedSearch> {
        let all = self.store.saved_searches().await?;
        let known: Vec<String> = all.iter().map(|search| search.name.clone()).collect();
        let found = all.into_iter().find(|search| search.name == name);
        found.ok_or_else(|| not_saved(name, &known))
    }

    /// Forgets the search that is kept under a name.
    ///
    /// # Errors
    /// When the store fails, or there is none of that name.
    pub async fn forget_search(&self, name: &str) -> Result<()> {
        self.saved_search(name).await?;
        let mut tx = self.store.writing().await?;
        tx.forget_search(name).await?;
        Ok(tx.commit().await?)
    }
}

fn not_saved(name: &str, known: &[String]) -> DeskError {
    let near = crate::problem::nearest(name, known.iter().map(String::as_str));
    let help = match near {
        Some(near) => format!("did you mean `{near}`?"),
        None => "`bouncer audit --list-saved` shows those that are".to_owned(),
    };
    DeskError::NotSaved {
        name: name.to_owned(),
        help,
    }
}

/// The line in which the first of the phrases stands, cut around it.
fn line_of(text: &str, phrases: &[Vec<String>]) -> Option<Line> {
    let places = places(text, phrases);
    let first = places.first()?;
    let start = text.get(..first.start)?.rfind('\n').map_or(0, |at| at + 1);
    let end = text.get(first.end..)?.find('\n');
    let end = end.map_or(text.len(), |at| first.end + at);
    let ahead = text.get(start..first.start)?;
    let from = match ahead.char_indices().rev().nth(SHOWN / 3) {
        Some((at, _)) => start + at,
        None => start,
    };
    let after = text.get(from..end)?;
    let length = after
        .char_indices()
        .nth(SHOWN)
        .map_or(after.len(), |(at, _)| at);
    let to = (from + length).max(first.end);
    let (before, behind) = (
        if from > start { "…" } else { "" },
        if to < end { "…" } else { "" },
    );
    let shift = |at: usize| at - from + before.len();
    let found = places
        .iter()
        .filter(|place| place.start >= from && place.end <= to);
    Some(Line {
        found: found
            .map(|place| shift(place.start)..shift(place.end))
            .collect(),
        text: format!("{before}{}{behind}", text.get(from..to)?),
    })
}

impl Line {
    /// The line with what was found between two marks.
    #[must_use]
    pub fn marked(&self, open: &str, close: &str) -> String {
        let (mut marked, mut at) = (String::new(), 0);
        for place in &self.found {
            marked.push_str(&printable(
                self.text.get(at..place.start).unwrap_or_default(),
            ));
            marked.push_str(open);
            marked.push_str(&printable(self.text.get(place.clone()).unwrap_or_default()));
            marked.push_str(close);
            at = place.end;
        }
        marked.push_str(&printable(self.text.get(at..).unwrap_or_default()));
        marked
    }
}

/// A text without anything a terminal would take for an order.
pub(super) fn printable(text: &str) -> String {
    text.replace(char::is_control, " ")
}
