//! Where each contact stands with us, and how many blocks were decided on lately.

use sqlx::Row as _;
use sqlx::any::AnyRow;

use super::rows::{self, Cell};
use super::{Result, Store, StoreError, Writing};
use crate::decision::RuleId;
use crate::message::{ContactId, EventId};
use crate::time::Timestamp;

crate::vocabulary! {
    /// Where a contact stands with us.
    Standing {
        /// A block is decided on and not yet done.
        BlockWanted = "block-wanted",
        /// Featurebase blocked them for us.
        Blocked = "blocked",
        /// A person ordered an unblock that is not yet done.
        UnblockWanted = "unblock-wanted",
        /// Featurebase refused a person's unblock.
        UnblockFailed = "unblock-failed",
        /// Unblocked for a person.
        Unblocked = "unblocked",
        /// The last block was refused, given up or called off, or is over.
        NotBlocked = "not-blocked",
    }
}

/// What is kept of a contact we ever meant to block or unblock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContactRow {
    pub contact: ContactId,
    pub standing: Standing,
    /// Grows with every order of a person; a job made under an older fence no longer counts.
    pub fence: i64,
    /// The event whose message led to the standing.
    pub event: Option<EventId>,
    pub changed_at: Timestamp,
    /// Until when a person's unblock keeps rules from blocking.
    pub exempt_until: Option<Timestamp>,
    /// How many milliseconds the block wanted or done is to last; nothing for one that stays.
    pub block_for: Option<i64>,
    /// When the block that is done ends by itself.
    pub ends_at: Option<Timestamp>,
}

impl ContactRow {
    /// A contact nothing is kept of yet.
    #[must_use]
    pub const fn new(contact: ContactId, now: Timestamp) -> Self {
        Self {
            contact,
            standing: Standing::NotBlocked,
            fence: 0,
            event: None,
            changed_at: now,
            exempt_until: None,
            block_for: None,
            ends_at: None,
        }
    }
}

/// Blocks decided on lately.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrakeWindow<'a> {
    /// The rule, or nothing for all rules together.
    pub rule: Option<&'a RuleId>,
    pub since: Timestamp,
}

const SELECT: &str = "SELECT contact_id, standing, fence, event_id, changed_at, exempt_until, block_for, ends_at FROM contacts WHERE contact_id = $1";

impl Writing {
    /// Lets only one transaction at a time, over all replicas, deal with contacts. To be called before anything else of the
    /// transaction takes a lock: so people's orders and the worker's steps never wait for each other in a circle, and the
    /// brake counts exactly. SQLite has one writer anyway.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn lock_contacts(&mut self) -> Result<()> {
        if self.dialect == super::Dialect::Postgres {
            sqlx::query("SELECT pg_advisory_xact_lock(7309453)")
                .execute(&mut *self.tx)
                .await?;
        }
        Ok(())
    }

    /// What is kept of a contact, if anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact(&mut self, contact: &ContactId) -> Result<Option<ContactRow>> {
        let row = sqlx::query(SELECT)
            .bind(contact.as_str())
            .fetch_optional(&mut *self.tx)
            .await?;
        row.as_ref().map(contact_of).transpose()
    }

    /// What is kept of a contact, or the beginning of it.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn contact_or_new(
        &mut self,
        contact: &ContactId,
        now: Timestamp,
    ) -> Result<ContactRow> {
        let known = self.contact(contact).await?;
        Ok(known.unwrap_or_else(|| ContactRow::new(contact.clone(), now)))
    }

    /// Keeps what a contact's standing has become.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn set_contact(&mut self, row: &ContactRow) -> Result<()> {
        let sql = "INSERT INTO contacts (contact_id, standing, fence, event_id, changed_at, exempt_until, block_for, ends_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
            ON CONFLICT (contact_id) DO UPDATE SET standing = excluded.standing, fence = excluded.fence, event_id = excluded.event_id,
            changed_at = excluded.changed_at, exempt_until = excluded.exempt_until,
            block_for = excluded.block_for, ends_at = excluded.ends_at
            WHERE contacts.fence <= excluded.fence";
        sqlx::query(sql)
            .bind(row.contact.as_str())
            .bind(row.standing.as_str())
            .bind(row.fence)
            .bind(row.event.as_ref().map(|event| event.as_str().to_owned()))
            .bind(row.changed_at.millis())
            .bind(row.exempt_until.map(Timestamp::millis))
            .bind(row.block_for)
            .bind(row.ends_at.map(Timestamp::millis))
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// How many blocks were decided on in a window.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn braked(&mut self, window: BrakeWindow<'_>) -> Result<u64> {
        let (count,): (i64,) =
            sqlx::query_as("SELECT COUNT(*) FROM brake WHERE rule = $1 AND at > $2")
                .bind(window.rule.map_or("", |rule| rule.0.as_str()))
                .bind(window.since.millis())
                .fetch_one(&mut *self.tx)
                .await?;
        Ok(u64::try_from(count).unwrap_or(0))
    }

    /// Counts a block that was decided on, for its rules and for all together. Forgets what is older than `forget`.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn count_block(
        &mut self,
        event: &EventId,
        rules: &[&RuleId],
        at: Timestamp,
        forget: Timestamp,
    ) -> Result<()> {
        let mut names: Vec<&str> = rules.iter().map(|rule| rule.0.as_str()).collect();
        names.push("");
        for name in &names {
            sqlx::query("DELETE FROM brake WHERE rule = $1 AND at < $2")
                .bind(*name)
                .bind(forget.millis())
                .execute(&mut *self.tx)
                .await?;
        }
        let cells = names
            .into_iter()
            .map(|name| {
                vec![
                    Cell::Text(name.to_owned()),
                    Cell::Int(at.millis()),
                    Cell::Text(event.as_str().to_owned()),
                ]
            })
            .collect();
        rows::insert(
            &mut self.tx,
            "INSERT INTO brake (rule, at, event_id) VALUES",
            "ON CONFLICT DO NOTHING",
            cells,
        )
        .await?;
        Ok(())
    }
}

impl Store {
    /// What is kept of a contact, if anything.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn standing(&self, contact: &ContactId) -> Result<Option<ContactRow>> {
        let mut connection = self.reading().await?;
        let row = sqlx::query(SELECT)
            .bind(contact.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        row.as_ref().map(contact_of).transpose()
    }

    /// The newest conversation of a contact, in which a block can be read back.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn newest_conversation(&self, contact: &ContactId) -> Result<Option<String>> {
        let mut connection = self.reading().await?;
        let sql = "SELECT conversation_id FROM messages WHERE contact_id = $1 ORDER BY sent_at DESC, event_id DESC LIMIT 1";
        let found: Option<(String,)> = sqlx::query_as(sql)
            .bind(contact.as_str())
            .fetch_optional(&mut *connection)
            .await?;
        Ok(found.map(|(conversation,)| conversation))
    }
}

fn contact_of(row: &AnyRow) -> Result<ContactRow> {
    let contact: String = row.try_get("contact_id")?;
    let standing: String = row.try_get("standing")?;
    Ok(ContactRow {
        standing: Standing::parse(&standing).ok_or_else(|| StoreError::BadData {
            table: "contacts",
            row: contact.clone(),
            what: format!("standing {standing} is unknown"),
        })?,
        contact: ContactId::new(contact),
        fence: row.try_get("fence")?,
        event: row
            .try_get::<Option<String>, _>("event_id")?
            .map(EventId::new),
        changed_at: Timestamp::from_millis(row.try_get("changed_at")?),
        exempt_until: row
            .try_get::<Option<i64>, _>("exempt_until")?
            .map(Timestamp::from_millis),
        block_for: row.try_get("block_for")?,
        ends_at: row
            .try_get::<Option<i64>, _>("ends_at")?
            .map(Timestamp::from_millis),
    })
}
