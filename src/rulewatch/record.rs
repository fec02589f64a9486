//! What the record says of rules. A row is a change of state: the same files refused or adopted again, after a start or by
//! another replica, leave none.

use serde_json::{Value, json};

use super::Status;
use crate::decision::Digest;
use crate::rules::{RuleFile, Rulebook, source};
use crate::store::audit::{Action, Entry, Filter, Row};
use crate::store::{Result, Store};
use crate::time::Timestamp;

/// Records that a set of files is in force, unless the record says so already. Gives the moment since when it is.
pub(super) async fn adopted(
    store: &Store,
    digest: &Digest,
    book: &Rulebook,
    files: &[RuleFile],
    now: Timestamp,
) -> Result<Timestamp> {
    let mut tx = store.writing().await?;
    tx.lock_books().await?;
    let latest = store.latest_book().await?;
    let known = latest
        .as_ref()
        .filter(|(latest, _)| latest == digest)
        .map(|(_, since)| *since);
    let last = last_row(store).await?;
    if known.is_some() && last.is_some_and(|row| says(&row, Action::RulesAdopted, "book", digest)) {
        return Ok(known.unwrap_or(now));
    }
    if known.is_none() {
        tx.adopt_book(digest, &source::pack(files), now).await?;
    }
    let before = latest.map(|(digest, _)| digest);
    let detail = json!({ "book": digest, "before": before, "rules": book.rules().len(), "warnings": book.warnings().len() });
    tx.record(vec![Entry::new(Action::RulesAdopted, now, detail)])
        .await?;
    tx.commit().await?;
    Ok(known.unwrap_or(now))
}

/// Records that files were refused, unless that was the last thing recorded.
pub(super) async fn rejected(
    store: &Store,
    files: &Digest,
    problems: &[String],
    status: &Status,
    now: Timestamp,
) -> Result<()> {
    let mut tx = store.writing().await?;
    tx.lock_books().await?;
    let last = last_row(store).await?;
    if !last.is_some_and(|row| says(&row, Action::RulesRejected, "files", files)) {
        let detail = json!({
            "files": files,
            "problems": problems,
            "in_force": status.in_force,
            "since": status.differs_since.unwrap_or(now),
        });
        tx.record(vec![Entry::new(Action::RulesRejected, now, detail)])
            .await?;
        tx.commit().await?;
    }
    Ok(())
}

fn says(row: &Row, action: Action, key: &str, digest: &Digest) -> bool {
    row.action == action && row.detail.get(key).and_then(Value::as_str) == Some(digest.0.as_str())
}

/// The newest row about rules.
async fn last_row(store: &Store) -> Result<Option<Row>> {
    let adopted = newest(store, Action::RulesAdopted).await?;
    let rejected = newest(store, Action::RulesRejected).await?;
    Ok(adopted
        .into_iter()
        .chain(rejected)
        .max_by_key(|row| row.seq))
}

async fn newest(store: &Store, action: Action) -> Result<Option<Row>> {
    let filter = Filter {
        action: Some(action),
        ..Filter::default()
    };
    Ok(store.audit(&filter, 1).await?.into_iter().next())
}

/// Since when, by the record, the files differ from what is in force.
pub(super) async fn differs_since(store: &Store) -> Result<Option<Timestamp>> {
    let last = last_row(store).await?;
    Ok(last
        .filter(|row| row.action == Action::RulesRejected)
        .map(|row| {
            let since = row.detail.get("since").and_then(Value::as_i64);
            since.map_or(row.at, Timestamp::from_millis)
        }))
}
