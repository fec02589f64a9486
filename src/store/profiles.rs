//! What Featurebase keeps of contacts, as it was looked up last.

use std::collections::HashMap;

use sqlx::Row as _;

use super::rows;
use super::{Result, Store, StoreError, Writing};
use crate::decision::Profile;
use crate::message::ContactId;
use crate::time::Timestamp;

impl Writing {
    /// Keeps what was looked up of a contact; what was looked up before is replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_profile(&mut self, contact: &ContactId, profile: &Profile) -> Result<()> {
        let sql = "INSERT INTO profiles (contact_id, looked_up_at, body) VALUES ($1, $2, $3)
            ON CONFLICT (contact_id) DO UPDATE SET looked_up_at = excluded.looked_up_at, body = excluded.body
            WHERE profiles.looked_up_at <= excluded.looked_up_at";
        sqlx::query(sql)
            .bind(contact.as_str())
            .bind(profile.looked_up_at.millis())
            .bind(serde_json::to_string(profile).unwrap_or_default())
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }

    /// Forgets what was looked up before a moment, at most so many. One that somebody else is just writing is left for later.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn forget_profiles(&mut self, before: Timestamp, limit: i64) -> Result<()> {
        let skip = self.dialect.skip_locked();
        // Only fixed texts and place holders are in it: values are always bound.
        let sql = format!(
            "DELETE FROM profiles WHERE contact_id IN (SELECT contact_id FROM profiles WHERE looked_up_at < $1 ORDER BY looked_up_at LIMIT $2{skip})"
        );
        sqlx::query(sqlx::AssertSqlSafe(sql))
            .bind(before.millis())
            .bind(limit)
            .execute(&mut *self.tx)
            .await?;
        Ok(())
    }
}

impl Store {
    /// What was looked up of contacts, however long ago. Those never looked up are left out.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn profiles(&self, contacts: &[ContactId]) -> Result<HashMap<ContactId, Profile>> {
        let asked: Vec<String> = contacts.iter().map(|id| id.as_str().to_owned()).collect();
        let mut connection = self.reading().await?;
        let found = rows::each(
            &mut connection,
            "SELECT contact_id, body FROM profiles WHERE contact_id IN",
            "",
            &asked,
        )
        .await?;
        found
            .iter()
            .map(|row| {
                let (contact, body): (String, String) =
                    (row.try_get("contact_id")?, row.try_get("body")?);
                let profile = serde_json::from_str(&body).map_err(|error| StoreError::BadData {
                    table: "profiles",
                    row: contact.clone(),
                    what: format!("body is not a profile: {error}"),
                })?;
                Ok((ContactId::new(contact), profile))
            })
            .collect()
    }
}
