//! `length`, `word_count`, `line_count`, `emoji_count`: what the text is made of, counted as people count.

use icu_properties::CodePointSetData;
use icu_properties::props::{
    DefaultIgnorableCodePoint, Emoji, EmojiPresentation, RegionalIndicator,
};
use unicode_segmentation::UnicodeSegmentation;

use super::super::Kind;
use super::bounds::{Bounds, counted};
use crate::decision::{Evidence, Part};
use crate::rules::condition::Condition;
use crate::rules::schema;
use crate::rules::subject::{Subject, evidence};

/// Shown as an emoji whatever it would be by itself (U+FE0F), or as text (U+FE0E).
const AS_EMOJI: char = '\u{fe0f}';
const AS_TEXT: char = '\u{fe0e}';
/// Makes a key cap out of a digit.
const KEY_CAP: char = '\u{20e3}';

pub const LENGTH: Kind = Kind {
    name: "length",
    about: "The message's text has at least or at most so many characters. A letter with its accents is one character, and so is an emoji; blanks and line ends count, characters nobody sees do not.",
    example: "{ length = { at_most = 20 } }",
    fires: r#""Hello there""#,
    passes: r#""Hello, where do I find my invoices?""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 10, at_most = 200 }", &[])?;
        Some(Box::new(Count {
            bounds,
            what: What::Characters,
        }))
    },
};

pub const WORD_COUNT: Kind = Kind {
    name: "word_count",
    about: "The message has at least or at most so many words. Numbers are words, signs and emoji are not; an address counts as the words in it. Where no blanks are written, as in Chinese, Japanese and Thai, each character counts as a word.",
    example: "{ word_count = { at_most = 3 } }",
    fires: r#""Hello, anyone there?""#,
    passes: r#""Hello, where do I find my invoices?""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 2, at_most = 50 }", &[])?;
        Some(Box::new(Count {
            bounds,
            what: What::Words,
        }))
    },
};

pub const LINE_COUNT: Kind = Kind {
    name: "line_count",
    about: "The message has at least or at most so many lines with something in them. Empty lines do not count, and a long line that wraps is one.",
    example: "{ line_count = { at_least = 3 } }",
    fires: r#""SEO\n\nLinks\nTraffic""#,
    passes: r#""Hello\n\n\n\nThanks""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 3, at_most = 40 }", &[])?;
        Some(Box::new(Count {
            bounds,
            what: What::Lines,
        }))
    },
};

pub const EMOJI_COUNT: Kind = Kind {
    name: "emoji_count",
    about: "The message has at least or at most so many emoji, each counted as it is seen: a family, a flag or a key cap is one. Digits and signs such as © and ™ are none, unless they are written as emoji.",
    example: "{ emoji_count = { at_least = 3 } }",
    fires: r#""Big win 🚀🚀🚀""#,
    passes: r#""Thanks 👍🏽 from our team 👨‍👩‍👧 © 2026""#,
    schema: || schema::bounds(&schema::count()),
    read: |reader, value| {
        let bounds = Bounds::read(reader, value, "{ at_least = 5 }", &[])?;
        Some(Box::new(Count {
            bounds,
            what: What::Emoji,
        }))
    },
};

#[derive(Debug, Clone, Copy)]
enum What {
    Characters,
    Words,
    Lines,
    Emoji,
}

impl What {
    const fn name(self) -> &'static str {
        match self {
            Self::Characters => "length",
            Self::Words => "word_count",
            Self::Lines => "line_count",
            Self::Emoji => "emoji_count",
        }
    }

    fn of(self, subject: &Subject<'_>) -> u64 {
        let shown = subject.text.shown.as_str();
        let count = match self {
            Self::Characters => shown
                .graphemes(true)
                .filter(|seen| !is_unseen(seen))
                .count(),
            // Folded, so that a character nobody sees does not part a word.
            Self::Words => subject.folded.plain().as_str().unicode_words().count(),
            Self::Lines => shown.lines().filter(|line| has_content(line)).count(),
            Self::Emoji => shown.graphemes(true).filter(|seen| is_emoji(seen)).count(),
        };
        u64::try_from(count).unwrap_or(u64::MAX)
    }

    /// `3 words`.
    fn say(self, count: u64) -> String {
        match self {
            Self::Characters => counted(count, "character"),
            Self::Words => counted(count, "word"),
            Self::Lines => counted(count, "line"),
            Self::Emoji => format!("{count} emoji"),
        }
    }

    /// `at most 3 words`.
    fn say_bounds(self, bounds: Bounds) -> String {
        match self {
            Self::Characters => bounds.say_of("character"),
            Self::Words => bounds.say_of("word"),
            Self::Lines => format!("{} that are not empty", bounds.say_of("line")),
            Self::Emoji => format!("{} emoji", bounds.say()),
        }
    }
}

fn is_ignorable(c: char) -> bool {
    c >= '\u{ad}' && CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn is_unseen(cluster: &str) -> bool {
    cluster.chars().all(is_ignorable)
}

fn has_content(line: &str) -> bool {
    line.chars().any(|c| !c.is_whitespace() && !is_ignorable(c))
}

/// Whether a grapheme cluster is seen as an emoji: Unicode Technical Standard #51, "emoji presentation".
fn is_emoji(cluster: &str) -> bool {
    if cluster.is_ascii() {
        return false;
    }
    let is_flag_letter = |c| CodePointSetData::new::<RegionalIndicator>().contains(c);
    let flag_letters = cluster.chars().filter(|c| is_flag_letter(*c)).count();
    if flag_letters > 0 {
        // Half a flag is shown as a letter.
        return flag_letters == 2;
    }
    let mut characters = cluster.chars().peekable();
    while let Some(c) = characters.next() {
        let next = characters.peek().copied();
        let is_shown_so = CodePointSetData::new::<EmojiPresentation>().contains(c);
        let is_made_so = CodePointSetData::new::<Emoji>().contains(c)
            && matches!(next, Some(AS_EMOJI | KEY_CAP));
        if is_made_so || (is_shown_so && next != Some(AS_TEXT)) {
            return true;
        }
    }
    false
}

#[derive(Debug)]
struct Count {
    bounds: Bounds,
    what: What,
}

impl Condition for Count {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let count = self.what.of(subject);
        self.bounds.hold(count).then(|| {
            vec![evidence(
                self.what.name(),
                Part::Text,
                &self.what.say(count),
                &self.bounds.say(),
            )]
        })
    }

    fn say(&self) -> String {
        format!("the message has {}", self.what.say_bounds(self.bounds))
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(format!("it has {}", self.what.of(subject)))
    }
}
