//! `phone_numbers`, `email_addresses`, `wallet_addresses`: ways to get in touch and to pay, each counted once.

mod emails;
mod phone_context;
mod phone_groups;
mod phones;
mod wallets;

use std::collections::HashSet;
use std::ops::Range;

use super::super::Kind;
use super::bounds::{Bounds, counted};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::fold::View;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

const EXAMPLE: &str = "{ at_least = 1 }";
/// Most places told of one condition in one message.
const MAX_FOUND: usize = 5;

pub const PHONE_NUMBERS: Kind = Kind {
    name: "phone_numbers",
    about: "The message has at least or at most so many different phone numbers: international ones, those written in groups as phone numbers are, and any behind a word such as `call` or `WhatsApp`. Digits in disguise count, as do O and l for 0 and 1; order numbers, dates, bank accounts and addresses of computers do not.",
    example: "{ phone_numbers = { at_least = 1 } }",
    fires: r#""Call (888) 555-0100 now""#,
    passes: r#""My order 8885550100 of 2026-11-23 has not arrived""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, EXAMPLE, &[])?;
        Some(Box::new(Details {
            bounds,
            what: What::Phones,
        }))
    },
};

pub const EMAIL_ADDRESSES: Kind = Kind {
    name: "email_addresses",
    about: "The message's text has at least or at most so many different e-mail addresses, also those written as name (at) host (dot) com.",
    example: "{ email_addresses = { at_least = 1 } }",
    fires: r#""Write to sales (at) example (dot) com""#,
    passes: r#""We pair @2x images with react@18.2.0""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, EXAMPLE, &[])?;
        Some(Box::new(Details {
            bounds,
            what: What::Emails,
        }))
    },
};

pub const WALLET_ADDRESSES: Kind = Kind {
    name: "wallet_addresses",
    about: "The message has at least or at most so many different addresses of wallets for cryptocurrencies: Bitcoin, Ethereum and its kin, Tron, Litecoin, Dogecoin, Dash, Cardano, Monero, and Solana where the message names it. Check digits must be right.",
    example: "{ wallet_addresses = { at_least = 1 } }",
    fires: r#""Send it to 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa""#,
    passes: r#""The commit is 9c2f1a7e5b3d4c6f8a0b1c2d3e4f5a6b7c8d9e0f""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, EXAMPLE, &[])?;
        Some(Box::new(Details {
            bounds,
            what: What::Wallets,
        }))
    },
};

/// One way to get in touch, as found in a text.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Found {
    /// Bytes of the text that was searched.
    place: Range<usize>,
    /// What two ways of writing it have in common.
    key: String,
}

#[derive(Debug, Clone, Copy)]
enum What {
    Phones,
    Emails,
    Wallets,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Phones => "phone_numbers",
            Self::Emails => "email_addresses",
            Self::Wallets => "wallet_addresses",
        }
    }

    const fn one(self) -> &'static str {
        match self {
            Self::Phones => "phone number",
            Self::Emails => "e-mail address",
            Self::Wallets => "wallet address",
        }
    }

    /// Each different one, with the bytes of the text as it is shown.
    fn found(self, subject: &Subject<'_>) -> Vec<Range<usize>> {
        let mut met = HashSet::new();
        let mut places = Vec::new();
        let mut add = |found: Vec<Found>, place_of: &dyn Fn(Range<usize>) -> Range<usize>| {
            for found in found {
                if met.insert(found.key) {
                    places.push(place_of(found.place));
                }
            }
        };
        let find: fn(&str) -> Vec<Found> = match self {
            Self::Phones => phones::find,
            Self::Emails => emails::find,
            // Capitals matter in them.
            Self::Wallets => {
                add(wallets::find(&subject.text.shown), &|place| place);
                return places;
            }
        };
        for text in texts_of(subject) {
            add(find(text.as_str()), &|place| text.original(place));
        }
        places
    }
}

/// The forms of the message that are searched; what stands in several counts once.
fn texts_of<'s>(subject: &'s Subject<'_>) -> impl Iterator<Item = &'s View> {
    subject.folded.views()
}

fn count_of(places: &[Range<usize>]) -> u64 {
    u64::try_from(places.len()).unwrap_or(u64::MAX)
}

#[derive(Debug)]
struct Details {
    bounds: Bounds,
    what: What,
}

impl Condition for Details {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let places = self.what.found(subject);
        if !self.bounds.hold(count_of(&places)) {
            return None;
        }
        let (name, wanted) = (self.what.name(), self.bounds.say());
        if places.is_empty() {
            let none = counted(0, self.what.one());
            return Some(vec![evidence(name, Part::Text, &none, &wanted)]);
        }
        let shown = places.into_iter().take(MAX_FOUND);
        Some(
            shown
                .map(|place| subject.in_shown(name, place, &wanted))
                .collect(),
        )
    }

    fn say(&self) -> String {
        format!("the message has {}", self.bounds.say_of(self.what.one()))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it has {}", count_of(&self.what.found(subject))))
    }
}
