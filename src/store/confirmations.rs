//! What people say of decisions: right, wrong, or undone. The latest word on each counts.

use std::collections::{BTreeMap, HashMap};

use sqlx::any::AnyRow;
use sqlx::{AnyConnection, Row as _};

use super::causes::{Decided, rules_behind};
use super::hits::day_of;
use super::ledger::{Counts, Ledger, Line};
use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::decision::{RuleId, Verdict};
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// What a person says of a decision.
    Word {
        Right = "right",
        Wrong = "wrong",
    }
}

/// What a person does about a decision, told aloud or by an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Said {
    Right,
    Wrong,
    /// The block it led to was taken back.
    Undone,
}

/// What people make of one decision.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Confirmation {
    pub event: EventId,
    /// Nothing when the word before was overruled by an unblock.
    pub word: Option<Word>,
    /// The block it led to was taken back by a person.
    pub undone: bool,
    pub actor: String,
    pub at: Timestamp,
    about: About,
}

/// The decision a word is about. Kept with the word, which may outlive the record's row.
#[derive(Debug, Clone, PartialEq, Eq)]
struct About {
    contact: Option<ContactId>,
    is_block: bool,
    day: i64,
    book: String,
    rules: String,
}

impl Confirmation {
    /// What it counts for in the ledger of each rule.
    fn counts(&self) -> Counts {
        let is_wrong = self.word == Some(Word::Wrong);
        Counts {
            said_right: i64::from(self.word == Some(Word::Right)),
            said_wrong: i64::from(is_wrong),
            regretted: i64::from(self.undone),
            mistaken: i64::from(is_wrong || self.undone),
            ..Counts::default()
        }
    }

    fn after(&self, said: Said) -> (Option<Word>, bool) {
        match said {
            Said::Right => (Some(Word::Right), false),
            Said::Wrong => (Some(Word::Wrong), self.undone),
            // What was held is not a block that a rule is to regret.
            Said::Undone if !self.about.is_block => (Some(Word::Wrong), false),
            Said::Undone => (self.word.filter(|word| *word == Word::Wrong), true),
        }
    }
}

const COLUMNS: &str = "event_id, contact_id, word, undone, actor, at, verdict, day, book, rules";

impl Writing {
    /// Takes down what a person says of decisions, for the ledger of the rules that led to them. To be called last in a
    /// transaction: what it writes, judging writes last, too.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn say(
        &mut self,
        words: &[(EventId, Said)],
        actor: &str,
        now: Timestamp,
    ) -> Result<()> {
        let words: BTreeMap<&EventId, Said> = words.iter().map(|(id, said)| (id, *said)).collect();
        if words.is_empty() {
            return Ok(());
        }
        let events: Vec<EventId> = words.keys().map(|event| (*event).clone()).collect();
        let known = confirmations(&mut self.tx, &events).await?;
        let new: Vec<EventId> = events
            .iter()
            .filter(|event| !known.contains_key(*event))
            .cloned()
            .collect();
        let decided = self.decisions_on(&new).await?;
        let decided: HashMap<EventId, Decided> = decided
            .into_iter()
            .map(|decided| (decided.event.clone(), decided))
            .collect();
        let (mut ledger, mut cells) = (Ledger::default(), Vec::new());
        for (event, said) in words {
            let before = known
                .get(event)
                .cloned()
                .unwrap_or_else(|| unsaid(event, decided.get(event), now));
            let (word, undone) = before.after(said);
            let after = Confirmation {
                word,
                undone,
                actor: actor.to_owned(),
                at: now,
                ..before.clone()
            };
            let change = after.counts().less(before.counts());
            for rule in after.about.rules.split_whitespace() {
                let line = Line {
                    day: after.about.day,
                    rule: RuleId(rule.to_owned()),
                    book: after.about.book.clone(),
                };
                ledger.add(line, change);
            }
            cells.push(cells_of(after));
        }
        rows::insert(
            &mut self.tx,
            &format!("INSERT INTO confirmations ({COLUMNS}) VALUES"),
            "ON CONFLICT (event_id) DO UPDATE SET word = excluded.word, undone = excluded.undone,
                actor = excluded.actor, at = excluded.at",
            cells,
        )
        .await?;
        self.add_to_ledger(ledger).await
    }
}

impl Store {
    /// What people make of these decisions, as far as anybody has said anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn confirmations(
        &self,
        events: &[EventId],
    ) -> Result<HashMap<EventId, Confirmation>> {
        let mut connection = self.reading().await?;
        confirmations(&mut connection, events).await
    }
}

async fn confirmations(
    connection: &mut AnyConnection,
    events: &[EventId],
) -> Result<HashMap<EventId, Confirmation>> {
    let ids: Vec<String> = events.iter().map(|id| id.as_str().to_owned()).collect();
    let head = format!("SELECT {COLUMNS} FROM confirmations WHERE event_id IN");
    let found = rows::each(connection, &head, "", &ids).await?;
    found
        .iter()
        .map(|row| confirmation_of(row).map(|found| (found.event.clone(), found)))
        .collect()
}

/// A decision nobody has said anything of yet.
fn unsaid(event: &EventId, decided: Option<&Decided>, now: Timestamp) -> Confirmation {
    let rules = decided.map(|decided| rules_behind(&decided.decision));
    let rules: Vec<String> = rules.into_iter().flatten().map(|rule| rule.0).collect();
    Confirmation {
        event: event.clone(),
        word: None,
        undone: false,
        actor: String::new(),
        at: now,
        about: About {
            contact: decided.map(|decided| decided.contact.clone()),
            is_block: decided.is_some_and(|decided| decided.decision.verdict == Verdict::Block),
            day: day_of(decided.map_or(now, |decided| decided.at)),
            book: decided.map_or_else(String::new, |decided| decided.decision.book.0.clone()),
            rules: rules.join(" "),
        },
    }
}

fn cells_of(said: Confirmation) -> Vec<Cell> {
    let verdict = if said.about.is_block {
        Verdict::Block.as_str()
    } else {
        ""
    };
    vec![
        Cell::Text(said.event.as_str().to_owned()),
        Cell::MaybeText(said.about.contact.map(|id| id.as_str().to_owned())),
        Cell::Text(said.word.map_or("", Word::as_str).to_owned()),
        Cell::Int(i64::from(said.undone)),
        Cell::Text(said.actor),
        Cell::Int(said.at.millis()),
        Cell::Text(verdict.to_owned()),
        Cell::Int(said.about.day),
        Cell::Text(said.about.book),
        Cell::Text(said.about.rules),
    ]
}

fn confirmation_of(row: &AnyRow) -> Result<Confirmation> {
    let text = |column: &str| row.try_get::<String, _>(column);
    Ok(Confirmation {
        event: EventId::new(text("event_id")?),
        word: Word::parse(&text("word")?),
        undone: row.try_get::<i64, _>("undone")? != 0,
        actor: text("actor")?,
        at: Timestamp::from_millis(row.try_get("at")?),
        about: About {
            contact: row
                .try_get::<Option<String>, _>("contact_id")?
                .map(ContactId::new),
            is_block: text("verdict")? == Verdict::Block.as_str(),
            day: row.try_get("day")?,
            book: text("book")?,
            rules: text("rules")?,
        },
    })
}
