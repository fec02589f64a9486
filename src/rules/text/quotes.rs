//! Leaves out what a message quotes from an earlier one.

use std::ops::Range;

use super::page::{Draft, Quoted};
use super::writer::Written;
use crate::rules::links::Link;

/// A body's own words.
#[derive(Default)]
pub(super) struct Newest {
    pub shown: String,
    pub hidden: String,
    pub links: Vec<Link>,
}

/// The body without its quotes, or all of it where nothing else is there.
pub(super) fn newest(draft: Draft) -> Newest {
    without_quotes(&draft).unwrap_or_else(|| {
        let links = draft.links.into_iter().map(|(link, _)| link).collect();
        Newest {
            shown: draft.shown.text,
            hidden: draft.hidden.text,
            links,
        }
    })
}

/// The body without its quotes; nothing if no words, and no picture, are left.
pub(super) fn without_quotes(draft: &Draft) -> Option<Newest> {
    let kept = kept(&draft.shown);
    let shown = only(&draft.shown.text, &kept);
    if shown.trim().is_empty() && !draft.has_picture {
        return None;
    }
    let own = draft
        .links
        .iter()
        .filter(|(_, quoted)| *quoted == Quoted::No);
    let links = own.filter_map(|(link, _)| moved(link, &kept)).collect();
    let hidden = only(&draft.hidden.text, &self::kept(&draft.hidden));
    Some(Newest {
        shown,
        hidden,
        links,
    })
}

/// The byte ranges of `written` that are not quotes: whole lines, without blank lines around them.
fn kept(written: &Written) -> Vec<Range<usize>> {
    let lines = lines(&written.text);
    let quoted = quoted(written, &lines);
    let mut kept: Vec<Range<usize>> = Vec::new();
    for (line, _) in lines.iter().zip(&quoted).filter(|(_, quoted)| !**quoted) {
        match kept.last_mut() {
            Some(last) if last.end == line.place.start => last.end = line.place.end,
            None if line.text.trim().is_empty() => {}
            _ => kept.push(line.place.clone()),
        }
    }
    while let Some(last) = kept.last_mut() {
        let text = written.text.get(last.clone()).unwrap_or("").trim_end();
        last.end = last.start + text.len();
        if last.start < last.end {
            break;
        }
        kept.pop();
    }
    kept
}

struct Line<'t> {
    text: &'t str,
    /// With its line end.
    place: Range<usize>,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut start = 0;
    let pieces = text.split_inclusive('\n');
    let line = |piece: &'_ str| {
        let place = start..start + piece.len();
        start = place.end;
        place
    };
    pieces
        .clone()
        .map(str::trim)
        .zip(pieces.map(line))
        .map(|(text, place)| Line { text, place })
        .collect()
}

fn quoted(written: &Written, lines: &[Line<'_>]) -> Vec<bool> {
    let mut marked = written.quotes.iter().peekable();
    let mut below_mark = false;
    let mut quoted = Vec::with_capacity(lines.len());
    for line in lines {
        while marked
            .next_if(|quote| quote.end <= line.place.start)
            .is_some()
        {}
        let in_quote = marked
            .peek()
            .is_some_and(|quote| quote.start < line.place.end && !line.text.is_empty());
        below_mark |= !in_quote && begins_original(line.text);
        quoted.push(in_quote || below_mark || is_quoted_line(line.text));
    }
    mark_introductions(lines, &mut quoted);
    quoted
}

fn is_quoted_line(line: &str) -> bool {
    line.strip_prefix('>')
        .is_some_and(|rest| rest.is_empty() || rest.starts_with([' ', '>', '\u{a0}']))
}

/// Marks the line, or the two lines, that name whom a quote is from.
fn mark_introductions(lines: &[Line<'_>], quoted: &mut [bool]) {
    let mut above: Vec<usize> = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if line.text.is_empty() {
            continue;
        }
        if quoted.get(at).copied().unwrap_or(false) {
            let text = |back: usize| {
                above
                    .iter()
                    .rev()
                    .nth(back)
                    .and_then(|at| lines.get(*at))
                    .map(|line| line.text)
            };
            let last = text(0).unwrap_or("");
            let count = if introduces(last) {
                1
            } else if last.ends_with(':')
                && introduces(&format!("{} {last}", text(1).unwrap_or("")))
            {
                2
            } else {
                0
            };
            for at in above.iter().rev().take(count) {
                if let Some(mark) = quoted.get_mut(*at) {
                    *mark = true;
                }
            }
            above.clear();
        } else {
            above.push(at);
        }
    }
}

/// "On Mon, 2 June 2025 at 10:15, Ann <ann@example.com> wrote:", in whatever language: it ends with a colon and holds
/// a number, and either begins as mail programs begin it or holds an address or a time of day.
fn introduces(line: &str) -> bool {
    const LONGEST: usize = 300;
    const BEGINNINGS: [&str; 12] = [
        "On ", "Am ", "Le ", "El ", "Il ", "Em ", "Op ", "Den ", "Dne ", "Dnia ", "W dniu ", "Vào ",
    ];
    let begins = BEGINNINGS
        .iter()
        .any(|beginning| line.starts_with(beginning));
    let numbered = line.contains(|c: char| c.is_numeric());
    line.len() <= LONGEST
        && line.ends_with([':', '：'])
        && numbered
        && (begins || line.contains('@') || has_time(line))
}

fn has_time(line: &str) -> bool {
    let digit = |c: Option<char>| c.is_some_and(char::is_numeric);
    line.match_indices(':').any(|(at, _)| {
        let (before, after) = line.split_at_checked(at).unwrap_or_default();
        digit(before.chars().next_back()) && digit(after.chars().nth(1))
    })
}

/// "-----Original Message-----", as Outlook writes it in its users' languages.
fn begins_original(line: &str) -> bool {
    const TITLES: [&str; 14] = [
        "original message",
        "ursprüngliche nachricht",
        "originalnachricht",
        "message d'origine",
        "message original",
        "mensaje original",
        "messaggio originale",
        "mensagem original",
        "oorspronkelijk bericht",
        "oprindelig meddelelse",
        "ursprungligt meddelande",
        "wiadomość oryginalna",
        "исходное сообщение",
        "原始邮件",
    ];
    let dashes = |c: char| matches!(c, '-' | '_' | '—' | '–');
    let Some(title) = line
        .strip_prefix(dashes)
        .and_then(|rest| rest.strip_suffix(dashes))
    else {
        return false;
    };
    let title = title.trim_matches(|c| dashes(c) || c == ' ');
    title.len() < 64 && TITLES.contains(&title.to_lowercase().replace('’', "'").as_str())
}

fn only(text: &str, kept: &[Range<usize>]) -> String {
    kept.iter()
        .filter_map(|place| text.get(place.clone()))
        .collect()
}

/// The link with its place in what is kept; nothing if it stood in what is not.
fn moved(link: &Link, kept: &[Range<usize>]) -> Option<Link> {
    let Some(place) = &link.place else {
        return Some(link.clone());
    };
    let around = kept.partition_point(|range| range.end <= place.start);
    let range = kept
        .get(around)
        .filter(|range| range.start <= place.start)?;
    let before: usize = kept.iter().take(around).map(Range::len).sum();
    let start = before + place.start - range.start;
    let end = before + place.end.min(range.end) - range.start;
    let place = Some(start..end);
    Some(Link {
        place,
        ..link.clone()
    })
}
