//! A message as each keeper takes it: what means something there is put so that it means nothing, and nothing is too long.

use serde_json::{Value, json};

use super::address::Form;
use super::plan::Message;

/// Slack takes 40,000 characters, but folds away what is longer than this.
const SLACK: usize = 3_000;
/// Discord refuses longer ones.
const DISCORD: usize = 2_000;
/// Teams refuses cards beyond 28 KB.
const TEAMS: usize = 4_000;
/// Discord: no preview of what looks like a link.
const SUPPRESS_EMBEDS: u32 = 4;

/// The body to be posted.
#[must_use]
pub fn body(form: Form, message: &Message) -> Value {
    match form {
        Form::Slack => json!({
            "text": cut(&text(message, "*", slack), SLACK),
            "unfurl_links": false,
            "unfurl_media": false,
        }),
        Form::Discord => json!({
            "content": cut(&text(message, "**", discord), DISCORD),
            "allowed_mentions": { "parse": [] },
            "flags": SUPPRESS_EMBEDS,
        }),
        Form::Teams => teams(message),
        Form::Json => json!({
            "source": "featurebase-bouncer",
            "topic": message.topic,
            "title": title(message),
            "lines": message.lines,
            "count": message.count,
            "at": message.at.to_string(),
            "records": message.seqs,
        }),
    }
}

fn title(message: &Message) -> String {
    format!("Featurebase Bouncer: {}", message.topic.title())
}

/// How many alerts have no line of their own.
fn more(message: &Message) -> Option<String> {
    let left = message.count.saturating_sub(message.lines.len());
    (left > 0).then(|| format!("and {left} more before these: bouncer audit"))
}

fn text(message: &Message, bold: &str, escape: fn(&str) -> String) -> String {
    let lines = message.lines.iter().cloned().chain(more(message));
    lines.fold(
        format!("{bold}{}{bold}", escape(&title(message))),
        |text, line| text + "\n" + &escape(&line),
    )
}

fn teams(message: &Message) -> Value {
    let block = |text: &str, more: &Value| {
        let mut block =
            json!({ "type": "TextBlock", "text": cut(&markdown(text), TEAMS / 8), "wrap": true });
        if let (Some(block), Some(more)) = (block.as_object_mut(), more.as_object()) {
            block.extend(more.clone());
        }
        block
    };
    let heading = json!({ "size": "Medium", "weight": "Bolder" });
    let mut blocks = vec![block(&title(message), &heading)];
    let lines = message.lines.iter().cloned().chain(more(message));
    blocks.extend(lines.map(|line| block(&line, &json!({}))));
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": {
                "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
                "type": "AdaptiveCard",
                "version": "1.4",
                "body": blocks,
            },
        }],
    })
}

/// Only these three mean something in Slack's text; what else looks like a mark is left to look like one.
fn slack(text: &str) -> String {
    plain(text)
        .replace('&', "&amp;")
        .replace('<', "&lt;")
        .replace('>', "&gt;")
}

fn discord(text: &str) -> String {
    // A mention is off by `allowed_mentions`; with a blank that takes no room it does not even look like one.
    escaped(&plain(text), "\\*_~`|>#[]()<-").replace('@', "@\u{200b}")
}

fn markdown(text: &str) -> String {
    escaped(&plain(text), "\\*_[]()#`>-")
}

fn escaped(text: &str, marks: &str) -> String {
    text.chars().fold(String::new(), |mut text, c| {
        if marks.contains(c) {
            text.push('\\');
        }
        text.push(c);
        text
    })
}

/// Lines are ours to make.
fn plain(text: &str) -> String {
    text.chars()
        .map(|c| if c.is_control() { ' ' } else { c })
        .collect()
}

fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let kept: String = text.chars().take(most.saturating_sub(1)).collect();
    // Half an escape would show, or hide what comes after it.
    let kept = kept.trim_end_matches('\\');
    let end = kept.rfind('&').filter(|at| {
        kept.len() - at < 5 && kept.get(*at..).is_some_and(|tail| !tail.contains(';'))
    });
    format!("{}…", end.and_then(|at| kept.get(..at)).unwrap_or(kept))
}
