//! `bouncer confirm right`, `confirm wrong`.

use std::process::ExitCode;

use serde_json::json;

use super::WANTING;
use super::args::{Confirm, ConfirmCommand};
use super::orders::{actor, order};
use super::out::Out;
use super::undo::{agreed, selection};
use crate::decision::Verdict;
use crate::desk::confirm::Marked;
use crate::desk::{Desk, DeskError, Order};
use crate::store::confirmations::Word;

/// Most decisions listed before they are marked.
const MOST_SHOWN: usize = 20;

pub(super) async fn confirm(
    desk: &Desk,
    command: ConfirmCommand,
    out: Out,
) -> anyhow::Result<ExitCode> {
    let (options, word, undo) = match command {
        ConfirmCommand::Right(options) => (options, Word::Right, false),
        ConfirmCommand::Wrong(options) => (options.confirm, Word::Wrong, options.undo),
    };
    let name = actor(&options.order);
    let by = order(&name, &options.order);
    let marked = meant(desk, &options).await?;
    if options.rule.is_some() && !is_agreed(&marked, word, &options, out) {
        return Ok(ExitCode::from(WANTING));
    }
    desk.mark(&marked, word, by).await?;
    let mut lines: Vec<String> = match marked.as_slice() {
        [] => vec!["nothing was decided like that".to_owned()],
        [one] => vec![format!(
            "taken down: the {} of {} was {word}",
            one.verdict, one.contact
        )],
        many => vec![format!("taken down: {} decisions were {word}", many.len())],
    };
    let undone = if undo {
        take_back(desk, &marked, by).await?
    } else {
        0
    };
    if undo {
        lines.push(format!(
            "{undone} contacts will be unblocked, or were let go; `bouncer why CONTACT` shows when it is done"
        ));
    } else if word == Word::Wrong {
        lines.extend(remedies(&marked, &options));
    } else {
        lines.extend(still_held(&marked));
    }
    out.answer(
        &json!({ "word": word, "decisions": marked, "undone": undone }),
        lines,
    );
    Ok(ExitCode::SUCCESS)
}

async fn meant(desk: &Desk, options: &Confirm) -> anyhow::Result<Vec<Marked>> {
    if let Some(rule) = &options.rule {
        let verdicts = match options.verdict.as_deref().and_then(Verdict::parse) {
            Some(verdict) => vec![verdict],
            None => vec![Verdict::Block, Verdict::Hold, Verdict::Flag],
        };
        let selection = selection(rule, &options.within, &[])?;
        desk.names_rule(rule).await?;
        return Ok(desk.decisions_meeting(&selection, &verdicts).await?);
    }
    let mut marked = Vec::new();
    for id in &options.ids {
        marked.push(desk.decision_named(id).await?);
    }
    Ok(marked)
}

/// Shows what a selection holds, and whether the person wants it.
fn is_agreed(marked: &[Marked], word: Word, options: &Confirm, out: Out) -> bool {
    let count = |verdict: Verdict| {
        marked
            .iter()
            .filter(|marked| marked.verdict == verdict)
            .count()
    };
    let first = format!(
        "{} decisions: {} blocks, {} held, {} flagged",
        marked.len(),
        count(Verdict::Block),
        count(Verdict::Hold),
        count(Verdict::Flag)
    );
    let each = marked.iter().take(MOST_SHOWN).map(|marked| {
        format!(
            "  {}  {:<5}  contact {}  event {}",
            marked.at, marked.verdict, marked.contact, marked.event
        )
    });
    let more = marked
        .len()
        .checked_sub(MOST_SHOWN)
        .filter(|more| *more > 0)
        .map(|more| format!("  and {more} more"));
    if options.yes || marked.is_empty() {
        return true;
    }
    out.answer(&marked, std::iter::once(first).chain(each).chain(more));
    agreed(&format!("Say that all of these were {word}?"), out)
}

/// Unblocks whom it has blocked and lets go whom it holds. Gives the number of contacts.
async fn take_back(desk: &Desk, marked: &[Marked], by: Order<'_>) -> anyhow::Result<usize> {
    let mut contacts = std::collections::BTreeSet::new();
    for marked in marked {
        let done = match marked.verdict {
            Verdict::Block => desk.unblock(marked.contact.as_str(), by).await.map(|_| ()),
            Verdict::Hold => desk.release(marked.event.as_str(), by).await.map(|_| ()),
            Verdict::Flag | Verdict::Clean => continue,
        };
        match done {
            Ok(()) => {
                contacts.insert(&marked.contact);
            }
            // Settled before.
            Err(DeskError::NothingHeld(_)) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Ok(contacts.len())
}

/// How what was wrong is undone.
fn remedies(marked: &[Marked], options: &Confirm) -> Vec<String> {
    if let Some(rule) = &options.rule {
        return vec![format!(
            "nothing is undone by this: `bouncer undo --rule \"{rule}\" --reason \"…\"` shows what can be"
        )];
    }
    let of = |marked: &Marked| match marked.verdict {
        Verdict::Block => Some(format!(
            "if {0} is still blocked: `bouncer contact unblock {0} --reason \"…\"`, or say it with --undo",
            marked.contact
        )),
        Verdict::Hold => Some(format!(
            "if it is still held: `bouncer hold release {} --reason \"…\"`, or say it with --undo",
            marked.event
        )),
        Verdict::Flag | Verdict::Clean => None,
    };
    marked.iter().filter_map(of).collect()
}

fn still_held(marked: &[Marked]) -> Vec<String> {
    let held = marked
        .iter()
        .filter(|marked| marked.verdict == Verdict::Hold);
    let held = held.count();
    (held > 0)
        .then(|| "nobody is blocked by this: `bouncer hold confirm ID --reason \"…\"` has what is still held carried out".to_owned())
        .into_iter()
        .collect()
}
