//! Sites that turn a long address into a short one for anybody, so that nobody sees where it leads.

use std::collections::HashSet;
use std::sync::LazyLock;

static SHORTENERS: LazyLock<HashSet<&str>> =
    LazyLock::new(|| entries(include_str!("shorteners.txt")).collect());

/// Names under a shortener that lead to one company's own pages only.
const HONEST: [&str; 2] = ["maps.app.goo.gl", "photos.app.goo.gl"];

/// Whether `host` is a known shortener or stands under one.
pub(super) fn is_one(host: &str) -> bool {
    let mut name = host;
    if HONEST.contains(&name) {
        return false;
    }
    loop {
        if SHORTENERS.contains(name) {
            return true;
        }
        match name.split_once('.') {
            Some((_, above)) => name = above,
            None => return false,
        }
    }
}

fn entries(text: &'static str) -> impl Iterator<Item = &'static str> {
    text.lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
}
