//! `bouncer rules list`.

use std::process::ExitCode;

use super::WANTING;
use super::args::RulesList;
use super::out::Out;
use super::rules::{load, tell_problems};
use crate::config::Config;
use crate::desk::Desk;
use crate::rules::lists::List;

pub(super) async fn list(
    desk: &Desk,
    config: &Config,
    options: &RulesList,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let path = options.rules.as_deref().unwrap_or(&config.rules_dir);
    let book = match load(path) {
        Ok(book) => book,
        Err(problems) => {
            tell_problems(path, &problems, out);
            return Ok(ExitCode::from(WANTING));
        }
    };
    let since = desk.clock.now().before(options.since);
    let entries = |list: &std::sync::Arc<List>| {
        let texts = list.entries.iter().map(|entry| entry.text.clone());
        (list.name.clone(), texts.collect())
    };
    let lists: Vec<(String, Vec<String>)> = book.lists().iter().map(entries).collect();
    let list = desk.rule_list(&book, &lists, since).await?;
    if options.unused {
        let unused = list.unused();
        out.answer(&unused, unused.lines());
    } else {
        out.answer(&list, list.lines());
    }
    Ok(ExitCode::SUCCESS)
}
