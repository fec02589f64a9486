//! `links`, `only_links`, `link_trick`: how many links a message has, what else, and what is crooked about them. Where
//! they lead is asked in the files below.

mod domain;
mod ending;
mod shared;

pub(super) use domain::{LINK_DOMAIN, LINK_LIST, bad_entry, plain_domain, read_domains};
pub(super) use ending::LINK_TLD;

use super::shape::Bounds;
use super::{Kind, say_list};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::engine::{Needs, Sign};
use crate::rules::links::{Link, LinkTrick, Standing};
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

pub const LINKS: Kind = Kind {
    name: "links",
    about: "The message has at least or at most so many links. An address inside another one is not counted.",
    example: "{ links = { at_least = 1 } }",
    fires: r#""See https://shop.example""#,
    passes: r#""See our shop""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 1 }", &[])?;
        Some(Box::new(Links { bounds }))
    },
};

pub const ONLY_LINKS: Kind = Kind {
    name: "only_links",
    about: "The message is nothing but links: no letter and no digit stands outside them.",
    example: "{ only_links = true }",
    fires: r#""https://shop.example""#,
    passes: r#""See https://shop.example""#,
    schema: schema::yes_or_no,
    read: |reader, value| {
        let wanted = reader.yes_or_no(value, "only_links = true")?;
        Some(Box::new(OnlyLinks { wanted }))
    },
};

pub const LINK_TRICK: Kind = Kind {
    name: "link_trick",
    about: "A link is crooked in one of these ways: \"shortener\" (it hides where it leads), \"ip-address\" (a number in \
            place of a name), \"punycode\" (a name in look-alike letters), \"userinfo\" (another site's name before an \
            @), \"text-mismatch\" (it shows one site and leads to another), \"disguised\" (hxxp, [.], \"dot\", blanks \
            inside), \"redirect\" (it leads on to another site). A sign, not a verdict: links in honest newsletters \
            are redirects and shorteners, too.",
    example: "{ link_trick = [\"shortener\"] }",
    fires: r#""See https://bit.ly/3abcdef""#,
    passes: r#""See https://shop.example""#,
    schema: || schema::words(LinkTrick::ALL, LinkTrick::as_str),
    read: |reader, value| {
        let tricks = reader.vocabulary(
            value,
            LinkTrick::ALL,
            LinkTrick::as_str,
            "[\"shortener\", \"disguised\"]",
        )?;
        Some(Box::new(Tricks { tricks }))
    },
};

/// Most links named as evidence by a condition that is about all of them.
const NAMED: usize = 5;

/// Most links whose tricks are put in words.
const MOST: usize = 20;

#[derive(Debug)]
struct Links {
    bounds: Bounds,
}

/// The links that stand in the message by themselves.
fn written<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = &'s Link> {
    let links = subject.text.links.iter();
    links.filter(|link| link.standing != Standing::Carried)
}

fn link_count(subject: &Subject<'_>) -> u64 {
    u64::try_from(written(subject).count()).unwrap_or(u64::MAX)
}

fn link_evidence(condition: &str, link: &Link, wanted: &str) -> Evidence {
    let wanted = match link.standing {
        Standing::Shown => wanted.to_owned(),
        Standing::Hidden => format!("{wanted} (nobody sees the link)"),
        Standing::Carried => format!("{wanted} (inside another link's address)"),
    };
    Evidence {
        place: link.place.clone(),
        ..evidence(condition, Part::Link, &link.url, &wanted)
    }
}

impl Condition for Links {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let count = link_count(subject);
        if !self.bounds.hold(count) {
            return None;
        }
        let wanted = self.bounds.say();
        if count == 0 {
            return Some(vec![evidence("links", Part::Link, "no links", &wanted)]);
        }
        Some(
            written(subject)
                .take(NAMED)
                .map(|link| link_evidence("links", link, &wanted))
                .collect(),
        )
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        if self.bounds.hold(0) {
            Needs::Nothing
        } else {
            Needs::sign(Sign::Link, 0.3)
        }
    }

    fn say(&self) -> String {
        format!("the message has {}", self.bounds.say_of("link"))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it has {}", link_count(subject)))
    }
}

#[derive(Debug)]
struct OnlyLinks {
    wanted: bool,
}

fn is_only_links(subject: &Subject<'_>) -> bool {
    let text = &subject.text;
    if text.links.is_empty() {
        return false;
    }
    let mut from = 0;
    let mut outside = text.linked.iter().map(|place| {
        let before = text.shown.get(from..place.start.max(from)).unwrap_or("");
        from = from.max(place.end);
        before
    });
    let words_before = outside.any(|before| before.contains(char::is_alphanumeric));
    drop(outside);
    let behind = text.shown.get(from..).unwrap_or("");
    !words_before && !behind.contains(char::is_alphanumeric)
}

impl Condition for OnlyLinks {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        if is_only_links(subject) != self.wanted {
            return None;
        }
        let wanted = self.say();
        if !self.wanted {
            let found = if subject.text.links.is_empty() {
                "no links"
            } else {
                "words besides the links"
            };
            return Some(vec![evidence("only_links", Part::Link, found, &wanted)]);
        }
        let links = written(subject).take(NAMED);
        Some(
            links
                .map(|link| link_evidence("only_links", link, &wanted))
                .collect(),
        )
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        if self.wanted {
            Needs::sign(Sign::Link, 0.3)
        } else {
            Needs::Nothing
        }
    }

    fn say(&self) -> String {
        if self.wanted {
            "the message is nothing but links".to_owned()
        } else {
            "the message is not only links".to_owned()
        }
    }
}

#[derive(Debug)]
struct Tricks {
    tricks: Vec<LinkTrick>,
}

impl Condition for Tricks {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let links = subject.text.links.iter();
        let found: Vec<Evidence> = links
            .flat_map(|link| self.tricks.iter().map(move |trick| (link, *trick)))
            .filter_map(|(link, trick)| {
                let detail = link.detail(trick)?;
                let wanted = format!("{}: {detail}", trick.as_str());
                Some(link_evidence("link_trick", link, &wanted))
            })
            .take(MOST)
            .collect();
        (!found.is_empty()).then_some(found)
    }

    #[allow(
        private_interfaces,
        reason = "conditions are written in this room only"
    )]
    fn needs(&self) -> Needs {
        Needs::sign(Sign::Link, 0.3)
    }

    fn say(&self) -> String {
        let said: Vec<String> = self
            .tricks
            .iter()
            .map(|trick| trick.as_str().to_owned())
            .collect();
        format!("a link has the trick {}", say_list(&said))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        let mut others: Vec<&str> = subject
            .text
            .links
            .iter()
            .flat_map(|link| link.tricks.iter().map(|trick| trick.as_str()))
            .collect();
        others.sort_unstable();
        others.dedup();
        let others: Vec<String> = others.into_iter().map(str::to_owned).collect();
        (!others.is_empty()).then(|| format!("its links have {} only", say_list(&others)))
    }
}
