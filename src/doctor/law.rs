//! The rules.

use super::Line;
use crate::config::Config;
use crate::rulewatch::folder;

pub(super) fn rules(config: &Config) -> Vec<Line> {
    let about = "rules";
    let place = config.rules_dir.display();
    vec![match folder::read(&config.rules_dir).load() {
        Ok(book) if book.rules().is_empty() => Line::warn(
            about,
            format!("{place} holds none, so nobody is ever blocked"),
            "copy some from the rules that come with the program",
        ),
        Ok(book) => Line::ok(
            about,
            format!(
                "{} in {place}, digest {}",
                book.rules().len(),
                book.digest().short()
            ),
        ),
        Err(problems) => Line::fail(
            about,
            format!(
                "{place} has {} problems; a running bouncer keeps its old rules",
                problems.len()
            ),
            "`bouncer check` shows each with its place and remedy",
        ),
    }]
}
