//! What can be said of a search of the record, and of a contact's history.

use super::Audit;
use crate::desk::formats::Format;

#[derive(Debug, clap::Args)]
pub struct Search {
    /// What is looked for, such as 'action:blocked rule:pitch/* created:>7d "gift card"'
    ///
    /// Keys: actor, action, rule, verdict, contact, conversation, event, created. A `*` at the end of a value stands for
    /// everything that begins so, commas stand between several values, a `-` before a condition turns it round. For created:
    /// a day (UTC) or a moment, >, >=, <, <=, A..B, and spans such as >7d for the last seven days. All other words are
    /// looked for in messages that are still kept; those between quotation marks in their order. The whole search stands
    /// between quotation marks of its own. One that begins with a `-`, or is a command's name, needs `--` before it.
    #[arg(value_name = "QUERY", allow_hyphen_values = true)]
    pub query: Option<String>,
    /// Give every row that is found to another program: csv, jsonl, or ocsf for Detection Findings
    #[arg(long, value_parser = format, conflicts_with_all = ["json", "limit"])]
    pub format: Option<Format>,
    /// With --format: with what contacts wrote, and all that was noted of it
    #[arg(long, requires = "format")]
    pub with_text: bool,
    /// Print what the last word of a search may become
    #[arg(long, value_name = "TEXT", conflicts_with_all = ["query", "format"])]
    pub complete: Option<String>,
    /// Keep the search under a name; one of that name is replaced
    #[arg(long, value_name = "NAME", requires = "query")]
    pub save: Option<String>,
    /// Search for what is kept under a name, and for the query besides if there is one
    #[arg(long, value_name = "NAME", conflicts_with = "save")]
    pub saved: Option<String>,
    /// List the searches that are kept
    #[arg(long, conflicts_with_all = ["query", "saved", "format"])]
    pub list_saved: bool,
    /// Forget the search that is kept under a name
    #[arg(long, value_name = "NAME", conflicts_with_all = ["query", "saved", "list_saved", "format"])]
    pub forget_saved: Option<String>,
    /// With --save: who keeps it; your login name if left out
    #[arg(long, value_name = "NAME", requires = "save")]
    pub by: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct History {
    /// The contact's id
    pub contact: String,
    /// Only what is after this number: the next page
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub after: i64,
    /// How many steps
    #[arg(long, default_value_t = 200, value_parser = clap::value_parser!(i64).range(1..=10_000))]
    pub limit: i64,
}

impl Audit {
    /// Whether anything is looked for, as none of the commands about the whole record does.
    pub fn is_search(&self) -> bool {
        let search = &self.search;
        let texts = [
            &search.query,
            &search.complete,
            &search.save,
            &search.saved,
            &search.forget_saved,
            &self.contact,
            &self.conversation,
            &self.event,
            &self.verdict,
            &self.rule,
            &self.actor,
        ];
        texts.iter().any(|text| text.is_some())
            || search.format.is_some()
            || search.list_saved
            || self.action.is_some()
            || self.since.is_some()
            || self.until.is_some()
            || self.before.is_some()
    }
}

fn format(text: &str) -> Result<Format, String> {
    Format::parse(text).ok_or_else(|| "one of csv, jsonl, ocsf".to_owned())
}
