//! Which rules are in force, and how the files on disk compare with them.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::decision::Digest;
use crate::time::Timestamp;

crate::vocabulary! {
    /// How the files on disk compare with what is in force.
    Files {
        /// They have not been read for a while, so it is not known.
        Unread = "unread",
        /// They are what is in force.
        InForce = "in_force",
        /// They have been edited, and must stand still for a moment before the edit is taken up.
        Edited = "edited",
        /// They change faster than they can be read.
        Changing = "changing",
        /// They were refused.
        Refused = "refused",
        /// They were not taken up since the store failed; that is tried again.
        NotRecorded = "not_recorded",
    }
}

/// Which rules are in force, and how the files on disk differ from them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Status {
    pub in_force: Option<Digest>,
    pub rules: usize,
    pub in_force_since: Option<Timestamp>,
    /// The rules in force come from the store, since the files have not been usable since the program started.
    pub from_store: bool,
    pub files: Files,
    /// Since when the files differ from what is in force, as far as was noticed; nothing while they do not.
    pub differs_since: Option<Timestamp>,
    /// What is wrong with the files, a line each.
    pub problems: Vec<String>,
    /// When the folder was read last.
    pub looked_at: Option<Timestamp>,
}

impl Default for Status {
    fn default() -> Self {
        Self {
            in_force: None,
            rules: 0,
            in_force_since: None,
            from_store: false,
            files: Files::Unread,
            differs_since: None,
            problems: Vec::new(),
            looked_at: None,
        }
    }
}

impl Status {
    /// The files are what is in force.
    pub(super) fn agrees(&mut self) {
        self.files = Files::InForce;
        self.differs_since = None;
        self.problems.clear();
    }

    /// The files are not what is in force. Since when is kept over further edits.
    pub(super) fn differs(&mut self, files: Files, now: Timestamp, problems: Vec<String>) {
        self.files = files;
        self.differs_since = self.differs_since.or(Some(now));
        self.problems = problems;
    }

    /// The status as it is told at a moment: of files whose file system hangs nothing is known after a while.
    #[must_use]
    pub fn at(mut self, now: Timestamp) -> Self {
        if self.looked_at.is_none_or(|at| now.since(at) > OVERDUE) {
            self.files = Files::Unread;
        }
        self
    }

    /// What a person should read, most important first.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let in_force = match &self.in_force {
            None => "no rules are in force: judging waits".to_owned(),
            Some(digest) => format!(
                "{} in force, digest {}{}, {}",
                if self.rules == 1 {
                    "1 rule is".to_owned()
                } else {
                    format!("{} rules are", self.rules)
                },
                digest.short(),
                since(self.in_force_since),
                if self.from_store {
                    "from the store: the files have not been usable since the bouncer started"
                } else {
                    "from the rule files"
                }
            ),
        };
        let mut lines = vec![in_force, self.say_files()];
        let shown = self.problems.iter().take(MOST_SHOWN);
        lines.extend(shown.map(|problem| format!("  {problem}")));
        if let Some(more @ 1..) = self.problems.len().checked_sub(MOST_SHOWN) {
            lines.push(format!("  and {more} more"));
        }
        if self.files == Files::Refused {
            lines.push("`bouncer check` shows what to mend".to_owned());
        }
        if let Some(at) = self.looked_at {
            lines.push(format!("the files were read last at {at}"));
        }
        lines
    }

    /// How the files compare with what is in force.
    #[must_use]
    pub fn say_files(&self) -> String {
        let why = match self.files {
            Files::Unread => {
                return format!(
                    "the files on disk have not been read{}; does their file system hang?",
                    since(self.looked_at)
                );
            }
            Files::InForce => return "the files on disk are what is in force".to_owned(),
            Files::Edited => "they are taken up when they have stood still for a moment",
            Files::Changing => "they change faster than they can be read",
            Files::Refused if self.in_force.is_none() => "the files were refused",
            Files::Refused => "the files were refused; what was in force stays in force",
            Files::NotRecorded => {
                "the store failed when they were to be taken up, which is tried again"
            }
        };
        format!(
            "the files on disk differ from what is in force{}: {why}",
            since(self.differs_since)
        )
    }
}

/// After how long without a look the files count as unread.
const OVERDUE: Duration = Duration::from_secs(30);
/// Most problems told at once.
const MOST_SHOWN: usize = 5;

fn since(moment: Option<Timestamp>) -> String {
    moment
        .map(|moment| format!(" since {moment}"))
        .unwrap_or_default()
}
