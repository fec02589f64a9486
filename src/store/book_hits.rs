//! What each version of the rules did.

use std::collections::BTreeMap;

use serde::Serialize;

use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::decision::{Decision, Digest, Verdict};

/// How many messages each version decided, by verdict; summed up before it is written, in one order everywhere, so that two
/// replicas cannot wait for each other in a circle.
#[derive(Debug, Default)]
pub struct BookHits(BTreeMap<(Digest, Verdict), i64>);

impl BookHits {
    /// Counts one decision.
    pub fn count(&mut self, decision: &Decision) {
        let key = (decision.book.clone(), decision.verdict);
        *self.0.entry(key).or_default() += 1;
    }
}

/// What one version of the rules did, in all the time it was in force.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct BookDeeds {
    /// Messages it was asked about.
    pub decisions: i64,
    pub blocks: i64,
    pub holds: i64,
    pub flags: i64,
    /// Contacts it blocked or held of whom a person said otherwise later.
    pub undone: i64,
}

impl Writing {
    /// Adds what decisions made by versions of the rules came to.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_book_hits(&mut self, hits: BookHits) -> Result<()> {
        let cells = hits.0.into_iter().map(|((digest, verdict), count)| {
            vec![
                Cell::Text(digest.0),
                Cell::Text(verdict.as_str().to_owned()),
                Cell::Int(count),
            ]
        });
        rows::insert(
            &mut self.tx,
            "INSERT INTO book_verdicts (digest, verdict, decided) VALUES",
            "ON CONFLICT (digest, verdict) DO UPDATE SET decided = book_verdicts.decided + excluded.decided",
            cells.collect(),
        )
        .await?;
        Ok(())
    }
}

impl Store {
    /// What a version of the rules did. Its decisions lie behind row `from` of the record.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn book_deeds(&self, digest: &Digest, from: i64) -> Result<BookDeeds> {
        let mut connection = self.reading().await?;
        let counted: Vec<(String, i64)> =
            sqlx::query_as("SELECT verdict, decided FROM book_verdicts WHERE digest = $1")
                .bind(digest.0.as_str())
                .fetch_all(&mut *connection)
                .await?;
        let of = |verdict: Verdict| {
            let found = counted.iter().find(|(name, _)| name == verdict.as_str());
            found.map_or(0, |(_, count)| *count)
        };
        // Within quotes of a message a quotation mark has a backslash before it, so only the field itself is met.
        let (undone,): (i64,) = sqlx::query_as(
            "SELECT COUNT(DISTINCT d.contact_id) FROM audit d
            WHERE d.verdict <> 'clean' AND d.verdict IN ('block', 'hold') AND d.seq > $1 AND d.detail LIKE $2
                AND EXISTS (SELECT 1 FROM audit u WHERE u.contact_id = d.contact_id AND u.seq > d.seq
                    AND u.action IN ('unblock_ordered', 'unblocked_there', 'hold_released'))",
        )
        .bind(from)
        .bind(format!("%\"book\":\"{digest}\"%"))
        .fetch_one(&mut *connection)
        .await?;
        Ok(BookDeeds {
            decisions: counted.iter().map(|(_, count)| count).sum(),
            blocks: of(Verdict::Block),
            holds: of(Verdict::Hold),
            flags: of(Verdict::Flag),
            undone,
        })
    }
}
