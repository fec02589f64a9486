//! E-mail addresses, plain and spelled out.

use std::sync::LazyLock;

use regex::Regex;

use super::Found;
use crate::rules::links::registrable_domain;

/// Longest name before the `@`, in bytes (RFC 5321, section 4.5.3.1).
const NAME_AT_MOST: usize = 64;
/// How far before an address the start of a link is looked for, in bytes.
const LINK_STARTS_WITHIN: usize = 200;

/// Nothing but ASCII: addresses in other letters exist, hardly anybody has one.
static ADDRESS: LazyLock<Option<Regex>> = LazyLock::new(|| {
    let at = r"(?P<at>@| ?[(\[{<] ?at ?[)\]}>] ?| at )";
    let dot = r"(?:\.| ?[(\[{<] ?dot ?[)\]}>] ?| dot )";
    let label = "[a-z0-9](?:[a-z0-9-]*[a-z0-9])?";
    let name = "[a-z0-9_](?:[a-z0-9._%+'-]*[a-z0-9_+-])?";
    Regex::new(&format!(
        "(?P<name>{name}){at}(?P<host>{label}(?:{dot}{label})+)"
    ))
    .ok()
});

/// The addresses in a folded text.
pub(super) fn find(text: &str) -> Vec<Found> {
    let Some(pattern) = ADDRESS.as_ref() else {
        return Vec::new();
    };
    let mut found = Vec::new();
    for captures in pattern.captures_iter(text) {
        let (Some(name), Some(at), Some(host)) = (
            captures.name("name"),
            captures.name("at"),
            captures.name("host"),
        ) else {
            continue;
        };
        let Some((labels, written)) = known_host(host.as_str()) else {
            continue;
        };
        let place = name.start()..host.start() + written;
        let spelled = host.as_str().contains("dot");
        // "Look at example.com" names no address.
        let is_prose = at.as_str() == " at " && !spelled;
        if is_prose || name.len() > NAME_AT_MOST || is_part_of_more(text, &place) {
            continue;
        }
        let key = format!("{}@{labels}", name.as_str());
        found.push(Found { place, key });
    }
    found
}

/// The host with its dots, as far as it is one, and how many bytes of what is written that takes.
fn known_host(written: &str) -> Option<(String, usize)> {
    let mut labels = Vec::new();
    let mut at = 0;
    for piece in written.split_inclusive(|c: char| !(c.is_ascii_alphanumeric() || c == '-')) {
        let label = piece.trim_end_matches(|c: char| !(c.is_ascii_alphanumeric() || c == '-'));
        at += piece.len();
        if !label.is_empty() {
            let is_spelled_dot = label == "dot"
                && written
                    .get(..at - piece.len())
                    .is_some_and(|before| before.ends_with([' ', '(', '[', '{', '<']));
            if !is_spelled_dot {
                labels.push((label, at - piece.len() + label.len()));
            }
        }
    }
    // "@2x" is the size of an image.
    let first = labels.first()?.0;
    if first.len() == 2 && first.ends_with('x') && first.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    while labels.len() > 1 {
        let host: Vec<&str> = labels.iter().map(|(label, _)| *label).collect();
        let host = host.join(".");
        if registrable_domain(&host).is_some() || host.ends_with(".example") {
            return Some((host, labels.last()?.1));
        }
        labels.pop();
    }
    None
}

/// Whether it is a piece of a link, of a social network's handle (`@me@host`) or of a place of files (`git@host:path`).
fn is_part_of_more(text: &str, place: &std::ops::Range<usize>) -> bool {
    let from = text.floor_char_boundary(place.start.saturating_sub(LINK_STARTS_WITHIN));
    let before = text.get(from..place.start).unwrap_or_default();
    let word = before.rsplit(' ').next().unwrap_or_default();
    let mut after = text.get(place.end..).unwrap_or_default().chars();
    let leads_on = match (after.next(), after.next()) {
        (Some('/'), _) => true,
        (Some(':'), Some(next)) => next.is_alphanumeric() || next == '/',
        _ => false,
    };
    leads_on || word.contains("://") || word.ends_with(['@', '/'])
}
