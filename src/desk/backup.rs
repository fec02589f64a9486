//! Copies of everything, and putting one back.

use std::path::Path;
use std::time::Duration;

use serde_json::json;

use super::{Desk, DeskError, Order, Result};
use crate::proof::verify::{Fault, Verified};
use crate::store::audit::{Action, Entry};
use crate::store::backup::Contents;
use crate::store::{Location, Store};
use crate::time::Clock;

/// What was found in a backup.
#[derive(Debug)]
pub struct Look {
    pub contents: Contents,
    pub record: RecordLook,
}

/// How the record in a backup fares.
#[derive(Debug)]
pub enum RecordLook {
    Right(Verified),
    Wrong(Fault),
    /// The bouncer it was taken from had signed nothing yet.
    NothingSigned,
    /// Its tables are those of an older version: it is looked at once it is restored.
    Older,
}

impl RecordLook {
    /// Whether nothing speaks against it.
    #[must_use]
    pub const fn is_sound(&self) -> bool {
        !matches!(self, Self::Wrong(_))
    }

    /// For staff.
    #[must_use]
    pub fn sentence(&self) -> String {
        match self {
            Self::Right(right) => format!(
                "its record is as it was signed: {} rows, with {}",
                right.size, right.key
            ),
            Self::Wrong(fault) => format!("its record is NOT as it was signed: {fault}"),
            Self::NothingSigned => "nothing of its record was signed yet".to_owned(),
            Self::Older => {
                "it is of an older version: its record is checked when it is restored".to_owned()
            }
        }
    }
}

/// What has become of a backup that was to be restored.
#[derive(Debug)]
pub struct Restored {
    /// Whether it is in place; not when its record is not as it was signed.
    pub done: bool,
    pub record: RecordLook,
}

impl Desk {
    /// Copies everything into a new file, and looks at what it holds.
    ///
    /// # Errors
    /// When the file is there already or cannot be written, or the store fails.
    pub async fn back_up(&self, to: &Path) -> Result<Look> {
        // It is read through before it is put in its place.
        self.store.back_up(to).await?;
        look_into(to, self.clock.clone()).await
    }

    async fn look_at_record(&self) -> Result<RecordLook> {
        let key = match self.first_record_key().await {
            Err(DeskError::NothingSigned) => return Ok(RecordLook::NothingSigned),
            key => key?,
        };
        Ok(match self.verify_record(key, None).await {
            Err(DeskError::NothingSigned) => RecordLook::NothingSigned,
            found => match found? {
                Ok(right) => RecordLook::Right(right),
                Err(fault) => RecordLook::Wrong(fault),
            },
        })
    }
}

/// Reads a backup through: the file, its tables, its record.
///
/// # Errors
/// When it is damaged, no backup, or made by a newer version.
pub async fn look(file: &Path, clock: Clock) -> Result<Look> {
    Store::read_through(file).await?;
    look_into(file, clock).await
}

async fn look_into(file: &Path, clock: Clock) -> Result<Look> {
    let (store, contents) = Store::open_copy(file).await?;
    let record = if contents.is_of_this_version() {
        desk_of(&store, clock).look_at_record().await?
    } else {
        RecordLook::Older
    };
    store.close().await;
    Ok(Look { contents, record })
}

/// Puts a backup where no store is yet. The next bouncer there first looks whom people unblocked since, as after an absence of
/// `absence`.
///
/// # Errors
/// When there is a store already, the backup cannot be used, or the database fails.
pub async fn restore(
    file: &Path,
    to: &Location,
    absence: Duration,
    clock: Clock,
    order: Order<'_>,
) -> Result<Restored> {
    Store::read_through(file).await?;
    // What is no backup, or of a newer version, must not be brought to our tables. The record is looked at once it has been.
    Store::open_copy(file).await?.0.close().await;
    let unpacked = Store::unpack(file, to).await?;
    let record = desk_of(&unpacked.store, clock.clone())
        .look_at_record()
        .await?;
    if !record.is_sound() {
        unpacked.store.close().await;
        return Ok(Restored {
            done: false,
            record,
        });
    }
    let now = clock.now();
    let name = file.file_name().unwrap_or_default().to_string_lossy();
    let detail = json!({ "file": name, "reason": order.reason });
    let row = Entry::new(Action::Restored, now, detail).by(order.actor);
    let mut tx = unpacked.store.writing().await?;
    tx.was_absent_since(now.before(absence)).await?;
    tx.record(vec![row]).await?;
    tx.commit().await?;
    unpacked.put().await?;
    Ok(Restored { done: true, record })
}

fn desk_of(store: &Store, clock: Clock) -> Desk {
    Desk {
        store: store.clone(),
        clock,
        exempt: Duration::ZERO,
    }
}
