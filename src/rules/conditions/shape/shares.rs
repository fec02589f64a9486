//! `uppercase_share`, `repeated_share`: how much of the text shouts, how much of it says the same again.

use std::collections::HashSet;

use unicode_segmentation::UnicodeSegmentation;

use super::super::Kind;
use super::bounds::Shares;
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

/// A text with fewer letters that have capitals has no share of them.
const CASED_AT_LEAST: u32 = 10;
/// A text with fewer characters has no share of repeats; blanks do not count.
const LENGTH_AT_LEAST: u32 = 20;
/// So many words in a row are a repeat if they stood in the same order before.
const WORDS_IN_A_ROW: usize = 3;
/// So many of one character in a row are a repeat.
const SAME_IN_A_ROW: u32 = 4;

pub const UPPERCASE_SHARE: Kind = Kind {
    name: "uppercase_share",
    about: "At least or at most this share of the letters are capitals, from 0 to 1: 0.8 is 80 %. Only letters that have capitals count; a text with fewer than 10 of them has no share, and the condition does not hold.",
    example: "{ uppercase_share = { at_least = 0.8 } }",
    fires: r#""BUY CHEAP FOLLOWERS NOW""#,
    passes: r#""Where do I find my VAT invoices?""#,
    schema: || schema::bounds(&schema::share()),
    read: |reader, value| {
        let bounds = Shares::read(reader, value, "{ at_least = 0.8 }")?;
        Some(Box::new(Share {
            bounds,
            what: What::Uppercase,
        }))
    },
};

pub const REPEATED_SHARE: Kind = Kind {
    name: "repeated_share",
    about: "At least or at most this share of the text repeats itself, from 0 to 1: 0.5 is half of it. Repeated is what stands in three words that stood in the same order before, and every character but the first where one stands four times or more in a row. A text of fewer than 20 characters has no share, and the condition does not hold; blanks do not count.",
    example: "{ repeated_share = { at_least = 0.5 } }",
    fires: r#""Buy followers now! Buy followers now! Buy followers now!""#,
    passes: r#""Where do I find my invoices? I looked for my invoices in the settings.""#,
    schema: || schema::bounds(&schema::share()),
    read: |reader, value| {
        let bounds = Shares::read(reader, value, "{ at_least = 0.5 }")?;
        Some(Box::new(Share {
            bounds,
            what: What::Repeated,
        }))
    },
};

#[derive(Debug, Clone, Copy)]
enum What {
    Uppercase,
    Repeated,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Uppercase => "uppercase_share",
            Self::Repeated => "repeated_share",
        }
    }

    fn of(self, subject: &Subject<'_>) -> Option<f64> {
        match self {
            Self::Uppercase => uppercase(&subject.text.shown),
            Self::Repeated => repeated(subject.folded.plain().as_str()),
        }
    }

    const fn of_what(self) -> &'static str {
        match self {
            Self::Uppercase => "of its letters are capitals",
            Self::Repeated => "of it repeats what it said before",
        }
    }
}

fn uppercase(text: &str) -> Option<f64> {
    let (mut upper, mut cased) = (0_u32, 0_u32);
    for c in text.chars() {
        upper += u32::from(c.is_uppercase());
        cased += u32::from(c.is_uppercase() || c.is_lowercase());
    }
    (cased >= CASED_AT_LEAST).then(|| f64::from(upper) / f64::from(cased))
}

/// The share of repeats in a folded text.
fn repeated(text: &str) -> Option<f64> {
    let mut in_repeats = vec![false; text.len()];
    mark_repeated_words(text, &mut in_repeats);
    mark_runs(text, &mut in_repeats);
    let (mut all, mut repeated) = (0_u32, 0_u32);
    for (at, _) in text.char_indices().filter(|(_, c)| !c.is_whitespace()) {
        all += 1;
        repeated += u32::from(in_repeats.get(at).copied().unwrap_or_default());
    }
    (all >= LENGTH_AT_LEAST).then(|| f64::from(repeated) / f64::from(all))
}

fn mark(place: std::ops::Range<usize>, marks: &mut [bool]) {
    if let Some(marks) = marks.get_mut(place) {
        marks.fill(true);
    }
}

fn mark_repeated_words(text: &str, marks: &mut [bool]) {
    let words: Vec<(usize, &str)> = text.unicode_word_indices().collect();
    let mut met = HashSet::new();
    // Marked up to here, so that words in many repeats are marked once.
    let mut marked = 0;
    for row in words.windows(WORDS_IN_A_ROW) {
        let key: Vec<&str> = row.iter().map(|(_, word)| *word).collect();
        if met.insert(key) {
            continue;
        }
        if let (Some((start, _)), Some((last, word))) = (row.first(), row.last()) {
            let end = last + word.len();
            mark((*start).max(marked)..end, marks);
            marked = end;
        }
    }
}

/// Marks rows of one character, all but the first of each.
fn mark_runs(text: &str, marks: &mut [bool]) {
    let mut run: Option<(char, usize, u32)> = None;
    for (at, c) in text.char_indices().chain([(text.len(), ' ')]) {
        run = match run {
            Some((same, second, count)) if same == c => Some((same, second, count + 1)),
            ended => {
                if let Some((same, second, count)) = ended
                    && count >= SAME_IN_A_ROW
                    && !same.is_whitespace()
                {
                    mark(second..at, marks);
                }
                Some((c, at + c.len_utf8(), 1))
            }
        };
    }
}

/// Two decimals, never rounded up past a bound.
fn say_share(share: f64) -> String {
    format!("{:.2}", (share * 100.0).floor() / 100.0)
}

#[derive(Debug)]
struct Share {
    bounds: Shares,
    what: What,
}

impl Condition for Share {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let share = self.what.of(subject)?;
        self.bounds.hold(share).then(|| {
            vec![evidence(
                self.what.name(),
                Part::Text,
                &format!("{} {}", say_share(share), self.what.of_what()),
                &self.bounds.say(),
            )]
        })
    }

    fn say(&self) -> String {
        let of_what = match self.what {
            What::Uppercase => "of the message's letters are capitals",
            What::Repeated => "of the message repeats what it said before",
        };
        format!("a share of {} {of_what}", self.bounds.say())
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match self.what.of(subject) {
            Some(share) => format!("{} {}", say_share(share), self.what.of_what()),
            None => "it is too short to tell".to_owned(),
        })
    }
}
