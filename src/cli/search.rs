//! `bouncer audit` and `bouncer history`: the record searched.

use std::process::ExitCode;

use serde_json::json;

use super::FAILED;
use super::args::{Audit, History, Search};
use super::orders::who;
use super::out::{Out, answer_paint, complain, complain_of, say};
use crate::desk::Desk;
use crate::desk::formats::Format;
use crate::desk::query::{self, Query};
use crate::desk::search::{Found, Hit, Texts};
use crate::desk::sentences::list_line;
use crate::message::{ContactId, ConversationId, EventId};
use crate::problem::Paint;
use crate::store::audit::Filter;
use crate::time::Timestamp;

/// Rows fetched at once while all are given to another program.
const BATCH: usize = 500;

pub(super) async fn audit(desk: &Desk, options: Audit, out: Out) -> anyhow::Result<ExitCode> {
    let search = &options.search;
    if let Some(text) = &search.complete {
        let found = desk.complete(text).await?;
        out.answer(&found, found.iter().map(|completion| completion.0.clone()));
        return Ok(ExitCode::SUCCESS);
    }
    if search.list_saved {
        return list_saved(desk, out).await;
    }
    if let Some(name) = &search.forget_saved {
        desk.forget_search(name).await?;
        out.answer(
            &json!({ "forgotten": name }),
            [format!("forgotten: the search {name}")],
        );
        return Ok(ExitCode::SUCCESS);
    }
    let query = match asked(desk, search).await? {
        Ok(query) => query,
        Err(problems) => {
            complain_of(&problems);
            return Ok(ExitCode::from(FAILED));
        }
    };
    if let Some(name) = &search.save {
        let by = who(search.by.as_deref());
        desk.save_search(name, &query, &by).await?;
        complain(&format!(
            "kept: `bouncer audit --saved {name}` searches so again"
        ));
    }
    let (format, with_text) = (search.format, search.with_text);
    let limit = usize::try_from(options.limit).unwrap_or(1);
    let filter = filter_of(options, desk.clock.now());
    if let Some(format) = format {
        return stream(desk, &query, filter, format, with_text).await;
    }
    let found = desk.search(&query, &filter, limit, Texts::Lines).await?;
    tell_limits(&found, out);
    let more = found.more.filter(|_| !found.cut_short);
    let more = more.map(|seq| format!("more with --before {seq}"));
    let none = (found.hits.is_empty() && !found.cut_short)
        .then(|| "nothing in the record is like that".to_owned());
    let lines = found.hits.iter().flat_map(lines_of);
    out.answer(&found.hits, lines.chain(more).chain(none));
    Ok(ExitCode::SUCCESS)
}

fn filter_of(options: Audit, now: Timestamp) -> Filter {
    Filter {
        contact: options.contact.map(ContactId::new),
        conversation: options.conversation.map(ConversationId::new),
        event: options.event.map(EventId::new),
        action: options.action,
        verdict: options.verdict,
        rule: options.rule,
        actor: options.actor,
        since: options.since.map(|when| when.seen_from(now)),
        until: options.until.map(|when| when.seen_from(now)),
        before: options.before,
    }
}

/// What is looked for: the search kept under a name, and the one given.
async fn asked(
    desk: &Desk,
    search: &Search,
) -> anyhow::Result<Result<Query, Vec<crate::problem::Problem>>> {
    let given = search.query.as_deref().unwrap_or_default();
    let mut whole = match query::read(given) {
        Ok(query) => query,
        Err(problems) => return Ok(Err(problems)),
    };
    if let Some(name) = &search.saved {
        let saved = desk.saved_search(name).await?;
        match query::read(&saved.query) {
            Ok(query) => whole.terms.extend(query.terms),
            Err(problems) => return Ok(Err(problems)),
        }
    }
    Ok(Ok(whole))
}

async fn list_saved(desk: &Desk, out: Out) -> anyhow::Result<ExitCode> {
    let saved = desk.store.saved_searches().await?;
    let none = saved
        .is_empty()
        .then(|| "no search is kept; `bouncer audit --save NAME 'QUERY'` keeps one".to_owned());
    let lines = saved.iter().map(|search| {
        format!(
            "{:<20} {}  (by {}, {})",
            search.name, search.query, search.saved_by, search.saved_at
        )
    });
    out.answer(&saved, lines.chain(none));
    Ok(ExitCode::SUCCESS)
}

fn lines_of(hit: &Hit) -> Vec<String> {
    let (open, close) = match answer_paint() {
        Paint::Plain => ("[", "]"),
        Paint::Coloured => ("\u{1b}[1m", "\u{1b}[0m"),
    };
    let line = hit.line.as_ref();
    let line = line.map(|line| format!("        {}", line.marked(open, close)));
    [list_line(&hit.row)].into_iter().chain(line).collect()
}

/// What the answer does not take in. Not part of it, so that programs can read that.
fn tell_limits(found: &Found, out: Out) {
    let tell = |text: String| {
        if out.json {
            complain(&text);
        } else {
            say(&text);
        }
    };
    if found.not_indexed.is_some() {
        tell(
            "the words of older messages are still being indexed: some may not be found yet"
                .to_owned(),
        );
    }
    if let (true, Some(before)) = (found.cut_short, found.more) {
        tell(format!(
            "looked through 200,000 rows; go on with --before {before}, or ask for something rarer or a shorter time"
        ));
    }
}

/// Every row, page by page, so that the memory taken does not grow with their number.
async fn stream(
    desk: &Desk,
    query: &Query,
    mut filter: Filter,
    format: Format,
    with_text: bool,
) -> anyhow::Result<ExitCode> {
    if let Some(heading) = format.heading(with_text) {
        say(&heading);
    }
    let texts = if with_text { Texts::Whole } else { Texts::None };
    loop {
        let found = desk.search(query, &filter, BATCH, texts).await?;
        if filter.before.is_none() && found.not_indexed.is_some() {
            complain(
                "the words of older messages are still being indexed: some may not be found yet",
            );
        }
        for hit in &found.hits {
            if !super::out::is_heard(&format.line(hit, with_text)) {
                return Ok(ExitCode::SUCCESS);
            }
        }
        match found.more {
            Some(before) => filter.before = Some(before),
            None => return Ok(ExitCode::SUCCESS),
        }
    }
}

pub(super) async fn history(desk: &Desk, options: &History, out: Out) -> anyhow::Result<ExitCode> {
    let timeline = desk
        .history(&options.contact, options.after, options.limit)
        .await?;
    let steps = timeline.steps.iter().flat_map(|step| {
        let at = step.row.at.to_string();
        let indent = " ".repeat(at.len());
        let lines = step.lines.iter().enumerate();
        let lines = lines.map(move |(number, line)| match number {
            0 => format!("{at}  {line}"),
            _ => format!("{indent}  {line}"),
        });
        lines.collect::<Vec<_>>()
    });
    let more = timeline.more.map(|seq| format!("more with --after {seq}"));
    out.answer(&timeline, steps.chain(more));
    Ok(ExitCode::SUCCESS)
}
