//! The file of results: CSV, with nothing in it that a spreadsheet takes for a formula, or JSON.

use std::path::Path;

use anyhow::Context as _;

use crate::desk::undo::Outcome;

/// Refuses early what could not be written after everything was done.
pub(super) fn check(path: &Path) -> anyhow::Result<()> {
    let known = matches!(extension(path).as_str(), "csv" | "json");
    anyhow::ensure!(
        known,
        "{}: the file's name must end in .csv or .json",
        path.display()
    );
    let folder = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty());
    anyhow::ensure!(
        folder.is_none_or(Path::is_dir),
        "{}: there is no such folder",
        path.display()
    );
    Ok(())
}

/// Writes the file whole or not at all.
pub(super) fn write(path: &Path, outcomes: &[Outcome]) -> anyhow::Result<()> {
    let text = if extension(path) == "json" {
        serde_json::to_string_pretty(outcomes)? + "\n"
    } else {
        csv(outcomes)
    };
    let beside = path.with_extension(format!("{}.new", extension(path)));
    std::fs::write(&beside, text)
        .and_then(|()| std::fs::rename(&beside, path))
        .with_context(|| format!("{} cannot be written", path.display()))
}

fn extension(path: &Path) -> String {
    let extension = path.extension().unwrap_or_default();
    extension.to_string_lossy().to_ascii_lowercase()
}

fn csv(outcomes: &[Outcome]) -> String {
    let mut text = String::from("contact,done,at,why,rules,events,stays_so\r\n");
    for outcome in outcomes {
        let events: Vec<&str> = outcome
            .events
            .iter()
            .map(crate::message::EventId::as_str)
            .collect();
        let fields = [
            outcome.contact.as_str(),
            outcome.done.as_str(),
            outcome.at.as_deref().unwrap_or_default(),
            &outcome.why,
            &outcome.rules,
            &events.join(" "),
            &outcome.lasting.join("; "),
        ];
        let fields: Vec<String> = fields.iter().map(|field| quoted(field)).collect();
        text.push_str(&fields.join(","));
        text.push_str("\r\n");
    }
    text
}

fn quoted(field: &str) -> String {
    let safe = if field.starts_with(['=', '+', '-', '@', '\t', '\r']) {
        format!("'{field}")
    } else {
        field.to_owned()
    };
    format!("\"{}\"", safe.replace('"', "\"\""))
}
