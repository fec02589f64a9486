//! What can be said about backups.

use std::path::PathBuf;

use clap::Subcommand;

use super::Reason;

#[derive(Debug, Subcommand)]
pub enum BackupCommand {
    /// Copy everything into a new file while the bouncer runs; a SQLite file, whatever the database is
    Create(BackupFile),
    /// Read a backup through: the file, its tables, and whether its record is as it was signed
    Verify(BackupFile),
    /// Put a backup into an empty data folder or database
    Restore(RestoreBackup),
}

#[derive(Debug, clap::Args)]
pub struct BackupFile {
    /// The file
    pub file: PathBuf,
}

#[derive(Debug, clap::Args)]
pub struct RestoreBackup {
    /// The file
    pub file: PathBuf,
    #[command(flatten)]
    pub order: Reason,
}
