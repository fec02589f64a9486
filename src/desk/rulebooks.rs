//! Versions of the rules: what each did, how two differ, and which may be put back.

pub mod diff;
pub mod history;
mod policy;

use std::str::FromStr;

use super::{Desk, DeskError, Order, Result};
use crate::decision::Digest;
use crate::rules::{self, RuleFile, Rulebook};
use crate::store::audit::{Action, Entry, Filter};
use crate::time::{Timestamp, parse_stretch};

/// Fewest digits of a digest by which a version is named.
const FEWEST_DIGITS: usize = 4;

/// How a person names a version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Named {
    /// `now`: what came into force last.
    Now,
    /// `disk`: what stands in the folder of rules.
    Disk,
    /// `@2026-11-29T09:41`: what was in force when that minute, second or day was over.
    At(Timestamp),
    /// The beginning of a digest.
    Digest(String),
}

/// A version of the rules.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Version {
    pub digest: Digest,
    pub files: Vec<RuleFile>,
}

impl FromStr for Named {
    type Err = String;

    fn from_str(text: &str) -> std::result::Result<Self, String> {
        let word = text.trim().to_lowercase();
        if let Some(moment) = text.trim().strip_prefix('@') {
            return parse_stretch(moment)
                .map(|(_, last)| Self::At(last))
                .ok_or_else(|| {
                    format!("`{moment}` is not a moment; write @2026-11-29T09:41 (UTC)")
                });
        }
        match word.as_str() {
            "now" => Ok(Self::Now),
            "disk" => Ok(Self::Disk),
            _ if word.len() >= FEWEST_DIGITS && word.bytes().all(|b| b.is_ascii_hexdigit()) => {
                Ok(Self::Digest(word))
            }
            _ => Err(format!(
                "`{text}` names no version of the rules: write the first digits of its digest (at least {FEWEST_DIGITS}; `bouncer rules history` shows them), `now`, `disk`, or a moment such as @2026-11-29T09:41"
            )),
        }
    }
}

impl Desk {
    /// The version a person means; `disk` are the files in the folder of rules.
    ///
    /// # Errors
    /// When no version or more than one is meant, or the store fails.
    pub async fn version(&self, named: &Named, disk: &[RuleFile]) -> Result<Version> {
        let digest = match named {
            Named::Disk => {
                return Ok(Version {
                    digest: rules::digest_of(disk.iter()),
                    files: disk.to_vec(),
                });
            }
            Named::Now => match self.store.latest_book().await? {
                Some((digest, _)) => digest,
                None => {
                    return Err(DeskError::NoVersion(
                        "no rules were in force yet".to_owned(),
                    ));
                }
            },
            Named::At(moment) => self.in_force_at(*moment).await?,
            Named::Digest(digits) => self.by_digits(digits).await?,
        };
        let files = self.store.book(&digest).await?;
        let files = files.and_then(|files| rules::source::unpack(&files));
        match files {
            Some(files) => Ok(Version { digest, files }),
            None => Err(DeskError::NoVersion(format!(
                "the files of {} are not kept any more",
                digest.short()
            ))),
        }
    }

    async fn in_force_at(&self, moment: Timestamp) -> Result<Digest> {
        let filter = Filter {
            action: Some(Action::RulesAdopted),
            until: Some(moment),
            ..Filter::default()
        };
        let row = self.store.audit(&filter, 1).await?.into_iter().next();
        let book = row.and_then(|row| Some(row.detail.get("book")?.as_str()?.to_owned()));
        book.map(Digest).ok_or_else(|| {
            DeskError::NoVersion(format!(
                "no rules were in force yet at {moment}; `bouncer rules history` shows when they changed"
            ))
        })
    }

    async fn by_digits(&self, digits: &str) -> Result<Digest> {
        let books = self.store.adopted_books().await?;
        let mut found = books
            .into_iter()
            .map(|(digest, _)| digest)
            .filter(|digest| digest.0.starts_with(digits));
        match (found.next(), found.next()) {
            (Some(only), None) => Ok(only),
            (Some(one), Some(other)) => Err(DeskError::NoVersion(format!(
                "`{digits}` may be {} or {}: write more digits",
                one.short(),
                other.short()
            ))),
            _ => Err(DeskError::NoVersion(format!(
                "no rules whose digest begins with `{digits}` were ever in force; `bouncer rules history` shows those that were"
            ))),
        }
    }

    /// Whether these files were ever in force.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn was_in_force(&self, digest: &Digest) -> Result<bool> {
        Ok(self.store.book(digest).await?.is_some())
    }

    /// Records that a version is being written back into the folder of rules. Before it is done: what cannot be recorded
    /// does not happen.
    ///
    /// # Errors
    /// When the store fails.
    pub async fn note_rollback(
        &self,
        to: &Digest,
        from: &Digest,
        backup: &str,
        order: Order<'_>,
    ) -> Result<()> {
        let detail = serde_json::json!({
            "to": to,
            "from": from,
            "backup": backup,
            "reason": order.reason,
        });
        let mut tx = self.store.writing().await?;
        tx.record(vec![
            Entry::new(Action::RulesRolledBack, self.clock.now(), detail).by(order.actor),
        ])
        .await?;
        tx.commit().await?;
        Ok(())
    }
}

impl Version {
    /// The version as rules that may run.
    ///
    /// # Errors
    /// What keeps this program from loading it.
    pub fn load(&self) -> std::result::Result<Rulebook, Vec<crate::problem::Problem>> {
        rules::load(&self.files)
    }
}
