//! Blocks that wait for a person.

use serde::Serialize;
use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::{Result, Store, Writing};
use crate::message::{ContactId, ConversationId, EventId};
use crate::time::Timestamp;

/// A block that waits for a person, or waited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Hold {
    pub event: EventId,
    pub contact: ContactId,
    pub conversation: ConversationId,
    pub held_at: Timestamp,
    /// Ids of the rules that asked for it, with blanks between.
    pub rules: String,
    /// Why it was not carried out at once.
    pub because: String,
}

crate::vocabulary! {
    /// What a person made of a hold.
    HoldOutcome {
        Released = "released",
        Confirmed = "confirmed",
    }
}

/// Which holds are wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Only<'a> {
    /// Those a rule asked for, whatever the reason.
    Rule(&'a str),
    /// Those the brake of a rule alone is the reason for, as [`TOTAL`](super::brakes::TOTAL) that of all together.
    BrakeOf(&'a str),
    AnyBrake,
}

impl Writing {
    /// Adds holds.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn add_holds(&mut self, holds: Vec<Hold>) -> Result<()> {
        let cells = holds
            .into_iter()
            .map(|hold| {
                vec![
                    Cell::Text(hold.event.as_str().to_owned()),
                    Cell::Text(hold.contact.as_str().to_owned()),
                    Cell::Text(hold.conversation.as_str().to_owned()),
                    Cell::Int(hold.held_at.millis()),
                    Cell::Text(hold.rules),
                    Cell::Text(hold.because),
                ]
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO holds (event_id, contact_id, conversation_id, held_at, rules, because) VALUES",
            "ON CONFLICT (event_id) DO NOTHING",
            cells,
        )
        .await?;
        Ok(())
    }

    /// Settles every open hold of a contact. Gives them.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn settle_holds(
        &mut self,
        contact: &ContactId,
        outcome: HoldOutcome,
        actor: &str,
        at: Timestamp,
    ) -> Result<Vec<Hold>> {
        let sql = "UPDATE holds SET settled_at = $2, settled_by = $3, outcome = $4 WHERE contact_id = $1 AND settled_at IS NULL
            RETURNING event_id, contact_id, conversation_id, held_at, rules, because";
        let found = sqlx::query(sql)
            .bind(contact.as_str())
            .bind(at.millis())
            .bind(actor)
            .bind(outcome.as_str())
            .fetch_all(&mut *self.tx)
            .await?;
        found.iter().map(hold_of).collect()
    }
}

impl Store {
    /// The newest open holds, newest first.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_holds(&self, limit: i64) -> Result<Vec<Hold>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT event_id, contact_id, conversation_id, held_at, rules, because FROM holds WHERE settled_at IS NULL ORDER BY held_at DESC, event_id DESC LIMIT $1";
        let found = sqlx::query(sql)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(hold_of).collect()
    }

    /// As [`open_holds`](Self::open_holds), but only those of a rule (`pitch/*` for all that begin so), or those that a brake
    /// alone is the reason for.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn open_holds_of(&self, only: &Only<'_>, limit: i64) -> Result<Vec<Hold>> {
        let (condition, value) = match only {
            Only::Rule(rule) => (
                "(' ' || rules || ' ') LIKE $1 ESCAPE '!'",
                super::audit::rule_pattern(rule),
            ),
            Only::BrakeOf(rule) => (
                "EXISTS (SELECT 1 FROM braked_holds b WHERE b.event_id = holds.event_id AND b.rule = $1)",
                (*rule).to_owned(),
            ),
            Only::AnyBrake => (
                "EXISTS (SELECT 1 FROM braked_holds b WHERE b.event_id = holds.event_id AND b.rule <> $1)",
                "*".to_owned(),
            ),
        };
        // Only fixed texts are put together: values are always bound.
        let sql = sqlx::AssertSqlSafe(format!(
            "SELECT event_id, contact_id, conversation_id, held_at, rules, because FROM holds
            WHERE settled_at IS NULL AND {condition} ORDER BY held_at DESC, event_id DESC LIMIT $2"
        ));
        let mut connection = self.reading().await?;
        let found = sqlx::query(sql)
            .bind(value)
            .bind(limit)
            .fetch_all(&mut *connection)
            .await?;
        found.iter().map(hold_of).collect()
    }

    /// How many holds wait.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_count(&self) -> Result<i64> {
        let mut connection = self.reading().await?;
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM holds WHERE settled_at IS NULL")
                .fetch_one(&mut *connection)
                .await?;
        Ok(count)
    }

    /// The contact an open or settled hold is about.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn hold_of_event(&self, event: &EventId) -> Result<Option<ContactId>> {
        let mut connection = self.reading().await?;
        let found: Option<(String,)> =
            sqlx::query_as("SELECT contact_id FROM holds WHERE event_id = $1")
                .bind(event.as_str())
                .fetch_optional(&mut *connection)
                .await?;
        Ok(found.map(|(contact,)| ContactId::new(contact)))
    }
}

pub(super) fn hold_of(row: &AnyRow) -> Result<Hold> {
    Ok(Hold {
        event: EventId::new(row.try_get::<String, _>("event_id")?),
        contact: ContactId::new(row.try_get::<String, _>("contact_id")?),
        conversation: ConversationId::new(row.try_get::<String, _>("conversation_id")?),
        held_at: Timestamp::from_millis(row.try_get("held_at")?),
        rules: row.try_get("rules")?,
        because: row.try_get("because")?,
    })
}
