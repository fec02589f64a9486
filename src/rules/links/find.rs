//! Where addresses stand in a text.

use std::ops::Range;

use linkify::{LinkFinder, LinkKind};

use super::plain::is_invisible;
use crate::rules::fold::is_unspaced;
use crate::rules::prose::is_alphanumeric;

/// The places in a text written plainly that look like web addresses, in order.
pub(super) fn addresses(text: &str) -> Vec<Range<usize>> {
    let mut finder = LinkFinder::new();
    finder.kinds(&[LinkKind::Url, LinkKind::Email]);
    finder.url_must_have_scheme(false);
    let mut found = Vec::new();
    let mut at = 0;
    // No address is without one of these.
    while let Some((before, after)) = split_at_mark(text, at) {
        let start = before.rfind(ends_link).map_or(at, |end| {
            let end = at + end;
            end + text
                .get(end..)
                .and_then(|rest| rest.chars().next())
                .map_or(1, char::len_utf8)
        });
        let end = text.len() - after.len() + after.find(ends_link).unwrap_or(after.len());
        in_word(
            &finder,
            text.get(start..end).unwrap_or(""),
            start,
            &mut found,
        );
        at = end;
    }
    found
}

/// What stands between the byte `at` and the next dot or colon, and what stands from there on.
fn split_at_mark(text: &str, at: usize) -> Option<(&str, &str)> {
    let rest = text.get(at..)?;
    rest.split_at_checked(rest.find(['.', ':'])?)
}

fn in_word(finder: &LinkFinder, word: &str, start: usize, found: &mut Vec<Range<usize>>) {
    let mut at = 0;
    while let Some(scheme) = next_scheme(word, at) {
        names(finder, word, at..scheme.start, start, found);
        let end = whole_end(word, &scheme);
        let place = without_neighbours(word.get(scheme.start..end).unwrap_or(""));
        let end = scheme.start + place.end;
        found.push(start + scheme.start..start + end);
        at = end.max(scheme.end);
    }
    names(finder, word, at..word.len(), start, found);
}

/// Addresses without scheme.
fn names(
    finder: &LinkFinder,
    word: &str,
    part: Range<usize>,
    start: usize,
    found: &mut Vec<Range<usize>>,
) {
    let text = word.get(part.clone()).unwrap_or("");
    // Neither a name nor an e-mail address is without one.
    let Some((_, after)) = text.split_once('.') else {
        return;
    };
    // What stands behind a dot begins a name, or a path.
    let goes_on = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'/' || !byte.is_ascii();
    if !text.contains(':') && !after.bytes().any(goes_on) {
        return;
    }
    let start = start + part.start;
    let before = found.len();
    for name in finder.links(text) {
        if *name.kind() == LinkKind::Url {
            let place = without_neighbours(name.as_str());
            let from = start + name.start();
            found.push(from + place.start..from + place.end);
        }
    }
    if found.len() == before
        && let Some(place) = international(text)
    {
        found.push(start + place.start..start + place.end);
    }
}

/// Blanks end a link, and so do quotation marks and the stops of scripts written without blanks.
fn ends_link(c: char) -> bool {
    if c.is_ascii() {
        return c.is_whitespace();
    }
    // No blank is a letter or number.
    if is_alphanumeric(c) {
        return false;
    }
    c.is_whitespace()
        // Two of the invisible ones are letters of some scripts.
        || (is_invisible(c) && !matches!(c, '\u{200c}' | '\u{200d}'))
        || "，、。！？；：（）［］｛｝「」『』【】《》〈〉“”„‘’«»‹›…".contains(c)
}

/// The next `http://`, from the byte `at` on.
fn next_scheme(word: &str, at: usize) -> Option<Range<usize>> {
    let mut from = at;
    loop {
        let colon = from + word.get(from..)?.find("://")?;
        let end = colon + "://".len();
        let scheme = ["https", "http", "ftp"].iter().find_map(|scheme| {
            let start = colon
                .checked_sub(scheme.len())
                .filter(|start| *start >= at)?;
            let written = word.get(start..colon)?;
            written.eq_ignore_ascii_case(scheme).then_some(start)
        });
        if let Some(start) = scheme {
            return Some(start..end);
        }
        from = end;
    }
}

/// Where the address that begins with `scheme` ends.
fn whole_end(word: &str, scheme: &Range<usize>) -> usize {
    let rest = word.get(scheme.end..).unwrap_or("");
    let name = authority_end(rest);
    let path = rest.get(name..).unwrap_or("");
    if path.starts_with(['/', '?', '#']) {
        let quote = word
            .get(..scheme.start)
            .and_then(|before| before.chars().next_back());
        return scheme.end + name + path_end(path, quote.filter(|c| *c == '\''));
    }
    let name = rest.get(..name).unwrap_or("");
    let name = name.trim_end_matches(['.', ':', '_', '-', '*', '~', '\'']);
    scheme.end + name.len()
}

fn authority_end(rest: &str) -> usize {
    let number = rest.starts_with('[').then(|| rest.find(']')).flatten();
    let from = number.unwrap_or(0);
    let after = rest.get(from..).unwrap_or("");
    let ends = |(at, c): (usize, char)| {
        let bracket = matches!(c, '[' | ']') && !(number.is_some() && at == 0);
        bracket || "/?#\\,;!'\"(){}<>|^`*".contains(c)
    };
    let end = after.char_indices().find(|found| ends(*found));
    from + end.map_or(after.len(), |(at, _)| at)
}

/// Where a path with query ends: brackets opened before stay outside, and so do the stops of a sentence.
fn path_end(path: &str, quote: Option<char>) -> usize {
    let mut end = 0;
    let mut open = [0_i32; 3];
    for (at, c) in path.char_indices() {
        let pair = |brackets: &str| brackets.find(c);
        let (kind, step) = match (pair("([{"), pair(")]}")) {
            (Some(kind), _) => (kind, 1),
            (_, Some(kind)) => (kind, -1),
            _ => (usize::MAX, 0),
        };
        let mut may_end = step <= 0 && !"?!.,:;*'_~".contains(c);
        if let Some(count) = open.get_mut(kind) {
            *count += step;
            if *count < 0 {
                break;
            }
        }
        if "<>\"|`\\^".contains(c) || c.is_control() || Some(c) == quote {
            break;
        }
        if matches!(c, ',' | ';') && begins_address(path.get(at + 1..).unwrap_or("")) {
            break;
        }
        // What Markdown writes around an address is no part of it, but within one it is.
        may_end |= c == '_'
            && path.get(at + 1..).is_some_and(str::is_empty)
            && at > 0
            && !path.starts_with("/_");
        if may_end {
            end = at + c.len_utf8();
        }
    }
    end
}

fn begins_address(text: &str) -> bool {
    ["http://", "https://"].iter().any(|scheme| {
        text.get(..scheme.len())
            .is_some_and(|start| start.eq_ignore_ascii_case(scheme))
    })
}

/// Where a link may stand in `word` whose last label is not ASCII (`пример.рф`): the finder knows no such domains.
fn international(word: &str) -> Option<Range<usize>> {
    if word.is_ascii() || !word.contains('.') {
        return None;
    }
    let start = word.find(char::is_alphanumeric)?;
    let end = word
        .trim_end_matches(|c: char| !c.is_alphanumeric() && c != '/')
        .len();
    // A stop behind the last word of a sentence makes no name of it.
    let is_name = word.get(start..end)?.contains('.');
    is_name.then_some(start..end)
}

/// Where the link stands in what was found: words of scripts without blanks stand close to it on both sides.
fn without_neighbours(found: &str) -> Range<usize> {
    let near = |c: char| is_unspaced(c) || ('\u{ac00}'..='\u{d7a3}').contains(&c);
    let scheme = found.find("://").map(|at| at + 3);
    let host = scheme.unwrap_or(0);
    let rest = found.get(host..).unwrap_or("");
    let host_ends = rest.find(['/', '?', '#', ':']).unwrap_or(rest.len());
    let name = rest.get(..host_ends).unwrap_or("");
    let first = name.find('.').unwrap_or(0);
    let last = name.rfind('.').map_or(0, |dot| dot + 1);
    let end = match name.get(last..) {
        Some(suffix) if suffix.starts_with(|c: char| c.is_ascii_alphabetic()) => {
            suffix.find(near).map(|at| last + at)
        }
        _ => None,
    };
    let label = name.get(..first).unwrap_or("");
    let ascii_start = match label.char_indices().rfind(|&(_, c)| near(c)) {
        Some((at, c)) if scheme.is_none() && at + c.len_utf8() < first => at + c.len_utf8(),
        _ => 0,
    };
    ascii_start..end.map_or(found.len(), |end| host + end)
}
