//! What Featurebase keeps of contacts, as it was looked up last.

use std::collections::HashMap;

use sqlx::Row as _;

use super::rows;
use super::sealing::Owner;
use super::{Result, Store, StoreError, Writing};
use crate::decision::Profile;
use crate::message::ContactId;
use crate::seal::Key;
use crate::time::Timestamp;

impl Writing {
    /// Keeps what was looked up of a contact; what was looked up before is replaced.
    ///
    /// # Errors
    /// When the database fails.
    pub async fn keep_profile(&mut self, contact: &ContactId, profile: &Profile) -> Result<()> {
        let owner = Owner::Contact(contact.clone());
        let keys = self
            .keys(std::iter::once(owner.clone()), profile.looked_up_at)
            .await?;
        let held = keys.of(&owner)?;
        let body = serde_json::to_string(profile).unwrap_or_default();
        let body = held.key.seal(&bound_to(contact), body.as_bytes())?;
        let sql = "INSERT INTO profiles (contact_id, looked_up_at, body, key_id) VALUES ($1, $2, $3, $4)
            ON CONFLICT (contact_id) DO UPDATE SET looked_up_at = excluded.looked_up_at, body = excluded.body, key_id = excluded.key_id
            WHERE profiles.looked_up_at <= excluded.looked_up_at";
        sqlx::query(sql)
            .bind(contact.as_str())
            .bind(profile.looked_up_at.millis())
            .bind(body)
            .bind(held.id)
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
            "SELECT p.contact_id, p.body, k.secret FROM profiles p JOIN seal_keys k ON k.key_id = p.key_id AND k.owner IS NOT NULL WHERE p.contact_id IN",
            "",
            &asked,
        )
        .await?;
        found
            .iter()
            .map(|row| {
                let contact = ContactId::new(row.try_get::<String, _>("contact_id")?);
                let (body, secret): (Vec<u8>, Vec<u8>) =
                    (row.try_get("body")?, row.try_get("secret")?);
                let profile = Key::from_bytes(&secret)
                    .and_then(|key| key.open(&bound_to(&contact), &body))
                    .and_then(|body| serde_json::from_slice(&body).ok());
                let profile = profile.ok_or_else(|| StoreError::BadData {
                    table: "profiles",
                    row: contact.to_string(),
                    what: "body is not a profile under the contact's key".to_owned(),
                })?;
                Ok((contact, profile))
            })
            .collect()
    }
}

/// What a profile is bound to.
fn bound_to(contact: &ContactId) -> String {
    format!("profile {contact}")
}
