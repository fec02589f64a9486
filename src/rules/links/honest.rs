//! What looks like an address without scheme and is none: files, sentences without a blank, code.

use psl::Type;
use url::Host;

use super::address::{authority, host_of};
use super::domain::public_suffix;

/// Whether somebody took pains to write the address, so that it cannot be a slip.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Meant {
    Yes,
    Perhaps,
}

/// No name in the DNS has more than 253 characters; in other scripts each may take four bytes.
const NAME_AT_MOST: usize = 4 * 253;

/// Whether an address without scheme names a site that can exist.
pub(super) fn is_known_name(url: &str, meant: Meant) -> bool {
    let name_ends = url.find(['/', '?', '#', ':']).unwrap_or(url.len());
    let (name, rest) = url.split_at_checked(name_ends).unwrap_or((url, ""));
    if name.len() > NAME_AT_MOST || name.contains('@') {
        return false;
    }
    let Some(host) = host_of(name) else {
        return false;
    };
    if is_quad(name) {
        return meant == Meant::Yes || leads_on(rest);
    }
    let dots = host.matches('.').count();
    let known = public_suffix(&host).is_some_and(|(labels, kind)| {
        // Private suffixes (`github.io`) are sites themselves.
        dots >= labels || (dots > 0 && kind == Type::Private)
    });
    let meant =
        meant == Meant::Yes || rest.starts_with(['/', '?', '#']) || host.starts_with("www.");
    known
        && (meant
            || !(is_file_name(&host)
                || is_sentence_end(name)
                || is_missing_blank(&host)
                || is_code(&host)))
}

/// Four numbers with dots between them; versions have fewer, or more.
fn is_quad(name: &str) -> bool {
    matches!(Host::parse(name), Ok(Host::Ipv4(number)) if number.to_string() == name)
}

/// Whether a name goes on as an address does, not as a network does (`10.0.0.0/8`).
fn leads_on(rest: &str) -> bool {
    let path = rest.find('/').and_then(|at| rest.get(at + 1..));
    path.is_some_and(|path| path.starts_with(|c: char| c.is_ascii_alphabetic()))
}

/// Endings that are top-level domains too, but far more often files.
fn is_file_name(host: &str) -> bool {
    const ENDINGS: [&str; 9] = ["md", "rs", "py", "sh", "zip", "mov", "ps", "cab", "java"];
    // Countries with many sites: there a file shows by what stands before.
    const FILES: [&str; 8] = [
        "script", "test", "index", "main", "run", "lib", "setup", "makefile",
    ];
    let (name, ending) = host.rsplit_once('.').unwrap_or(("", host));
    match ending {
        "pl" | "so" | "am" => FILES.contains(&name) || (ending == "so" && name.starts_with("lib")),
        ending => ENDINGS.contains(&ending),
    }
}

/// "Thanks.It works": the ending is written like the first word of a sentence, and "Mr.Smith" like a name.
fn is_sentence_end(name: &str) -> bool {
    let ending = name.rsplit('.').next().unwrap_or("");
    let mut letters = ending.chars();
    let capitalised =
        letters.next().is_some_and(char::is_uppercase) && letters.all(char::is_lowercase);
    capitalised && !matches!(ending, "Com" | "Net" | "Org")
}

/// "it works now.it did not before": a word that often ends a sentence, and an ending that often begins one.
fn is_missing_blank(host: &str) -> bool {
    const FIRST: [&str; 26] = [
        "am", "as", "at", "be", "by", "can", "do", "how", "in", "is", "it", "me", "my", "no",
        "now", "please", "so", "to", "us", "you", "here", "stop", "then", "all", "open", "click",
    ];
    const LAST: [&str; 64] = [
        "thanks", "thank", "please", "help", "work", "works", "working", "now", "it", "this",
        "that", "you", "me", "us", "them", "ok", "okay", "hi", "hello", "hey", "issue", "issues",
        "problem", "problems", "today", "again", "yes", "no", "account", "email", "mail", "page",
        "app", "error", "file", "files", "done", "fixed", "soon", "there", "here", "team", "bug",
        "bugs", "not", "well", "too", "also", "so", "up", "out", "in", "on", "off", "etc", "time",
        "day", "code", "time", "user", "users", "data", "link", "button",
    ];
    match host.split_once('.') {
        Some((last, first)) => FIRST.contains(&first) && LAST.contains(&last),
        None => false,
    }
}

/// `user.name`, `event.target`: a field of something, as programmers write it; and languages that end like a domain.
fn is_code(host: &str) -> bool {
    const ENDINGS: [&str; 34] = [
        "name", "id", "target", "click", "open", "link", "info", "date", "data", "events", "next",
        "run", "call", "zone", "style", "select", "email", "phone", "host", "page", "new", "live",
        "now", "download", "contact", "codes", "delivery", "support", "map", "mobi", "code", "app",
        "win", "search",
    ];
    const THINGS: [&str; 56] = [
        "user", "users", "this", "self", "obj", "object", "item", "items", "e", "ev", "evt",
        "event", "order", "data", "row", "node", "el", "elem", "element", "request", "req", "res",
        "response", "result", "config", "process", "window", "document", "props", "state",
        "params", "args", "options", "opts", "ctx", "context", "session", "account", "customer",
        "contact", "message", "module", "math", "array", "string", "list", "model", "entity",
        "record", "post", "console", "input", "form", "x", "a", "i",
    ];
    match host.split_once('.') {
        Some(("asp" | "vb" | "ado" | "ml", "net")) => true,
        Some((thing, ending)) => THINGS.contains(&thing) && ENDINGS.contains(&ending),
        None => false,
    }
}

/// `Date.now()`: what stands right before a bracket is a call, unless its ending is no word of code.
pub(super) fn is_call(url: &str, behind: &str) -> bool {
    let ending = url.rsplit('.').next().unwrap_or("");
    let plain = url.chars().all(|c| c.is_ascii_alphanumeric() || c == '.');
    behind.starts_with('(') && plain && !matches!(ending, "com" | "net" | "org" | "io")
}

/// Whether an address names a site as it stands: with its scheme, or as [`is_known_name`] says.
pub(super) fn is_link(url: &str, meant: Meant) -> bool {
    match super::address::scheme(url) {
        Some(scheme) => {
            let authority = url.get(authority(url)).unwrap_or("");
            super::address::is_web(scheme) && authority.contains(char::is_alphanumeric)
        }
        None => is_known_name(url, meant),
    }
}
