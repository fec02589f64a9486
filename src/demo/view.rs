//! What the demo shows.

use std::cell::{Cell, RefCell};
use std::collections::{BTreeMap, HashMap};
use std::io::{IsTerminal as _, Write as _};
use std::path::Path;

use super::script::Story;
use crate::desk::Desk;
use crate::message::ContactKind;
use crate::sandbox::{NewContact, Sandbox};
use crate::server::Running;
use crate::store::audit::{Action, Filter, Row};

/// Follows the record and prints what is new in it.
#[derive(Debug, Default)]
pub(super) struct View {
    names: RefCell<HashMap<String, String>>,
    seen: Cell<i64>,
}

impl View {
    pub fn opening(line: &str, folder: &Path) {
        say(&format!(
            "{line}\nEverything is kept in {}\n",
            folder.display()
        ));
    }

    pub fn chapter(title: &str) {
        say(&format!("\n{}", paint("1", &format!("— {title} —"))));
    }

    pub fn knows(&self, contact: &str, who: &NewContact) {
        let kind = if who.kind == ContactKind::Customer {
            "customer"
        } else {
            "lead"
        };
        let name = format!("{} ({kind})", who.name.as_deref().unwrap_or("somebody"));
        self.names.borrow_mut().insert(contact.to_owned(), name);
    }

    pub fn says(&self, contact: &str, text: &str) {
        let short: String = text.chars().take(88).collect();
        let more = if short.len() < text.len() { "…" } else { "" };
        say(&format!(
            "{:<11} {:<22} “{short}{more}”",
            "writes",
            self.name(contact)
        ));
    }

    /// Prints what came into the record since the last time.
    pub async fn follow(&self, desk: &Desk) -> anyhow::Result<()> {
        let mut rows = desk.audit(&Filter::default(), 500).await?;
        rows.retain(|row| row.seq > self.seen.get());
        rows.reverse();
        for row in &rows {
            self.seen.set(row.seq);
            self.tell(row);
        }
        Ok(())
    }

    fn tell(&self, row: &Row) {
        let who = row
            .contact
            .as_ref()
            .map_or(String::new(), |contact| self.name(contact.as_str()));
        let detail = |key: &str| {
            row.detail
                .get(key)
                .and_then(serde_json::Value::as_str)
                .unwrap_or_default()
                .to_owned()
        };
        let (colour, word, more) = match (row.action, row.verdict.as_deref()) {
            (Action::Decided, Some("clean")) => ("32", "  clean", String::new()),
            (Action::Decided, Some("flag")) => {
                ("33", "  flagged", row.rules.clone().unwrap_or_default())
            }
            (Action::Decided, Some("hold")) => ("33", "  HELD", because(row)),
            (Action::Decided, Some("block")) => (
                "31",
                "  decided",
                format!("to block: {}", row.rules.as_deref().unwrap_or_default()),
            ),
            (Action::AttemptFailed, _) => {
                ("35", "  not yet", format!("{}; tried again", detail("why")))
            }
            (Action::Blocked, _) => ("31;1", "  BLOCKED", detail("made_sure")),
            (Action::UnblockOrdered, _) => (
                "36",
                "  ordered",
                format!("{} unblocks them: {}", row.actor, detail("reason")),
            ),
            (Action::Unblocked, _) => ("36;1", "  UNBLOCKED", detail("made_sure")),
            _ => return,
        };
        say(&paint(colour, &format!("{word:<11} {who:<22} {more}")));
    }

    pub async fn summary(
        &self,
        desk: &Desk,
        sandbox: &Sandbox,
        story: &Story,
        folder: &Path,
    ) -> anyhow::Result<()> {
        let rows = desk
            .audit(
                &Filter {
                    action: Some(Action::Decided),
                    ..Filter::default()
                },
                10_000,
            )
            .await?;
        let mut verdicts: BTreeMap<&str, usize> = BTreeMap::new();
        for row in &rows {
            *verdicts
                .entry(row.verdict.as_deref().unwrap_or("?"))
                .or_default() += 1;
        }
        let told: Vec<String> = verdicts
            .iter()
            .map(|(verdict, count)| format!("{count} {verdict}"))
            .collect();
        Self::chapter("What happened");
        let deliveries = sandbox.deliveries().len();
        say(&format!(
            "{deliveries} deliveries, {} messages judged: {}.",
            rows.len(),
            told.join(", ")
        ));
        say(&format!(
            "{} contacts blocked, each once; {} tried to write again and could not; {} held for a person; 1 unblocked by a teammate.",
            sandbox.blocks().len(),
            story.turned_away,
            desk.holds(100).await?.len()
        ));
        Self::look_closer(story, folder);
        Ok(())
    }

    fn look_closer(story: &Story, folder: &Path) {
        Self::chapter("Look closer");
        let data = folder.join("data");
        say(&format!(
            "  export BOUNCER_DATA_DIR={} BOUNCER_RULES_DIR={}",
            data.display(),
            folder.join("rules").display()
        ));
        let program = std::env::current_exe()
            .map_or_else(|_| "bouncer".to_owned(), |path| path.display().to_string());
        for (what, who) in [
            ("why a spammer was blocked", &story.blocked),
            ("why a customer was not", &story.customer),
            ("who unblocked whom", &story.unblocked),
        ] {
            if let Some(contact) = who {
                say(&format!("  {program} why {contact}    # {what}"));
            }
        }
        say(&format!(
            "  {program} audit --verdict block    # the record"
        ));
        say(&format!(
            "  {program} hold list    # what waits for a person"
        ));
        say(&format!(
            "  {program} try \"we sell backlinks\" --as lead    # what the rules make of a text"
        ));
    }

    pub fn keeping(sandbox: &Sandbox, running: &Running) {
        say(&format!(
            "\nstill running: Featurebase's stand-in at {}, the bouncer's numbers at http://{}/metrics; Ctrl-C ends it",
            sandbox.url(),
            running.private
        ));
    }

    fn name(&self, contact: &str) -> String {
        self.names
            .borrow()
            .get(contact)
            .cloned()
            .unwrap_or_else(|| contact.to_owned())
    }
}

fn because(row: &Row) -> String {
    let restrained = row
        .detail
        .get("restrained")
        .and_then(serde_json::Value::as_array);
    let because: Vec<&str> = restrained
        .into_iter()
        .flatten()
        .filter_map(|restrained| {
            restrained
                .get("because")
                .and_then(serde_json::Value::as_str)
        })
        .collect();
    format!(
        "{}: {}",
        row.rules.as_deref().unwrap_or_default(),
        because.join("; ")
    )
}

fn paint(colour: &str, text: &str) -> String {
    if std::io::stdout().is_terminal() {
        format!("\u{1b}[{colour}m{text}\u{1b}[0m")
    } else {
        text.to_owned()
    }
}

fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}
