//! What can be said about forgetting.

use clap::Subcommand;

use super::{Person, Reason};

#[derive(Debug, clap::Args)]
pub struct Erase {
    /// Id of the contact
    pub id: String,
    /// Only say what there is; nothing is erased
    #[arg(long)]
    pub dry_run: bool,
    #[command(flatten)]
    pub order: MaybeReason,
}

/// As [`Reason`], where only looking needs none.
#[derive(Debug, clap::Args)]
pub struct MaybeReason {
    /// Why, for the record; it stays there, so name nobody in it
    #[arg(long, required_unless_present = "dry_run")]
    pub reason: Option<String>,
    /// Who orders it, for the record; your login name if left out
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}

impl From<MaybeReason> for Reason {
    fn from(given: MaybeReason) -> Self {
        Self {
            reason: given.reason.unwrap_or_default(),
            by: given.by,
        }
    }
}

#[derive(Debug, Subcommand)]
pub enum LegalHoldCommand {
    /// Keep everything of a contact: it is neither erased nor forgotten by age
    Add(Person),
    /// Let it be forgotten again
    Remove(Person),
    /// List who is under legal hold
    List,
}

#[derive(Debug, clap::Args)]
pub struct Forget {
    /// Only say what would be forgotten (the running bouncer does the rest)
    #[arg(long, required = true)]
    pub dry_run: bool,
}
