//! `bouncer audit export`, `verify`, `key`, `replay`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Reason, Replay};

#[derive(Debug, Subcommand)]
pub enum WholeRecord {
    /// Write the record up to its newest checkpoint to standard output, for anybody to check
    Export(Export),
    /// Check an exported record, without network, store or settings; exit code 1 if something is wrong with it
    Verify(Verify),
    /// Print the public key the record is checked with
    Key(Key),
    /// Judge every kept message again by the rules and the facts of its time; exit code 1 when one does not agree
    Replay(Replay),
}

#[derive(Debug, Args)]
pub struct Export {
    /// Only the newest checkpoint: a few lines to be kept elsewhere, by which it can be told later that nothing was rewritten
    #[arg(long)]
    pub checkpoint: bool,
}

#[derive(Debug, Args)]
pub struct Verify {
    /// The exported record; - for standard input
    #[arg(required_unless_present = "store", conflicts_with = "store")]
    pub file: Option<PathBuf>,
    /// The rows in the store itself instead of a file
    #[arg(long)]
    pub store: bool,
    /// The public key, as `bouncer audit key` prints it (with --store: the store's own if left out)
    #[arg(long, required_unless_present = "store")]
    pub key: Option<String>,
    /// A file with an older checkpoint: the record must continue it
    #[arg(long, value_name = "FILE")]
    pub checkpoint: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub struct Key {
    #[command(subcommand)]
    pub change: Option<KeyChange>,
}

#[derive(Debug, Subcommand)]
pub enum KeyChange {
    /// Have a new key sign from now on; the change is recorded and signed with both
    Rotate(Reason),
}
