//! The reference of all conditions for staff, out of what each condition says of itself.

use std::fmt::Write as _;

use serde::Serialize;

use super::conditions::{KINDS, Kind};

/// What conditions are about, and their names in the order they are told. A name that no condition has yet, or has no
/// longer, is passed over.
const GROUPS: &[(&str, &[&str])] = &[
    (
        "Words",
        &[
            "words",
            "words_all",
            "contains",
            "exact",
            "list",
            "pattern",
            "raw_pattern",
            "similar_to",
        ],
    ),
    (
        "Shape",
        &[
            "length",
            "word_count",
            "line_count",
            "emoji_count",
            "uppercase_share",
            "repeated_share",
            "phone_numbers",
            "email_addresses",
            "wallet_addresses",
        ],
    ),
    (
        "Language",
        &["script", "script_not", "language", "language_not"],
    ),
    ("Disguise", &["disguise"]),
    (
        "Links",
        &[
            "links",
            "only_links",
            "link_domain",
            "link_list",
            "link_tld",
            "link_trick",
        ],
    ),
    (
        "The sender",
        &[
            "sender",
            "sender_name",
            "sender_name_pattern",
            "sender_email",
            "sender_email_domain",
            "sender_email_list",
            "sender_has_email",
            "sender_verified",
            "sender_company",
            "sender_role",
            "sender_attribute",
        ],
    ),
    (
        "History",
        &[
            "first_message",
            "messages",
            "same_text",
            "same_text_from",
            "known_for",
            "answered_before",
            "blocked_before",
            "unblocked_before",
        ],
    ),
    (
        "Place",
        &["channel", "page", "brand", "subject", "conversation"],
    ),
    ("Learned", &["looks_like_spam"]),
];

/// Where conditions are told that stand in no group.
const OTHERS: &str = "Others";

/// One condition as staff look it up.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Entry {
    pub name: &'static str,
    /// What it is about, such as `Links`.
    pub group: &'static str,
    /// What it means, with the units.
    pub about: &'static str,
    /// How it is written.
    pub written: &'static str,
    /// An example on which it fires, as it stands under `examples.match`.
    pub fires: &'static str,
    /// One on which it does not, as it stands under `examples.pass`.
    pub passes: &'static str,
}

impl Entry {
    fn of(kind: &Kind, group: &'static str) -> Self {
        Self {
            name: kind.name,
            group,
            about: kind.about,
            written: kind.example,
            fires: kind.fires,
            passes: kind.passes,
        }
    }
}

/// All conditions, group by group.
#[must_use]
pub fn all() -> Vec<Entry> {
    let named = GROUPS.iter().flat_map(|(group, names)| {
        names.iter().filter_map(move |name| {
            let kind = KINDS.iter().find(|kind| kind.name == *name)?;
            Some(Entry::of(kind, group))
        })
    });
    let grouped = |kind: &&Kind| GROUPS.iter().any(|(_, names)| names.contains(&kind.name));
    let others = KINDS.iter().filter(|kind| !grouped(kind));
    named
        .chain(others.map(|kind| Entry::of(kind, OTHERS)))
        .collect()
}

/// The condition of this name.
#[must_use]
pub fn about(name: &str) -> Option<Entry> {
    all().into_iter().find(|entry| entry.name == name)
}

const HEAD: &str = "\
# All conditions

This page is made from the program itself: `bouncer explain conditions --markdown`. One of them: `bouncer explain words`.

Each condition stands in braces of its own, in `all`, `any` or `unless` of a rule:

```toml
any = [{ words = [\"guest post\"] }, { links = { at_least = 1 } }]
```

Braces can be nested: `{ all = [..] }` holds if all of its conditions hold, `{ any = [..] }` if at least one does, and
`{ none = [..] }` if none does.

Below, what stands behind *fires on* and *not on* is written as it stands under `examples.match` and `examples.pass`: a message in
quotes, or braces that say more than the text.
";

/// The page `docs/conditions.md`.
#[must_use]
pub fn markdown() -> String {
    let mut page = HEAD.to_owned();
    let mut group = "";
    for entry in all() {
        if entry.group != group {
            group = entry.group;
            let _ = write!(page, "\n## {group}\n");
        }
        let Entry { name, about, .. } = entry;
        let _ = write!(
            page,
            "\n### {name}\n{about}\n\n```toml\n{}\n```\n",
            entry.written
        );
        for (said, text) in [("fires on", entry.fires), ("not on", entry.passes)] {
            if !text.is_empty() {
                let _ = writeln!(page, "* {said} `{text}`");
            }
        }
    }
    page
}
