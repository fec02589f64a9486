//! Days, moments, and spans of time as they are asked for.

use std::fmt::{self, Display, Formatter};
use std::time::Duration;

use crate::time::{Timestamp, parse_span, parse_stretch, say_span};

const DAY: Duration = Duration::from_hours(24);

/// A span of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Span {
    /// `2026-11-01`: the whole of it.
    On(Moment),
    /// `>2026-11-01`: later than all of it; `>7d`: in the last seven days.
    After(Moment),
    /// `>=2026-11-01`: from its beginning on.
    From(Moment),
    /// `<2026-11-01`: before its beginning; `<7d`: longer ago than seven days.
    Before(Moment),
    /// `<=2026-11-01`: up to its end.
    UpTo(Moment),
    /// `2026-11-01..2026-11-05`: both included; `*` on either side has no bound.
    Between(Option<Moment>, Option<Moment>),
}

/// A point of time, or a day, in the one way it is written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Moment {
    written: String,
    pub when: When,
}

/// What a moment means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum When {
    /// A day, a minute, a second or a millisecond: the first and the last of its milliseconds.
    Within(Timestamp, Timestamp),
    /// So long before now.
    Ago(Duration),
}

impl Display for Moment {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        f.write_str(&self.written)
    }
}

impl Moment {
    /// `2026-11-01`, `2026-11-01T09:41`, `2026-11-01T09:41:00Z` or `7d`.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let ago = || {
            let span = parse_span(text)?;
            // Longer ago than any record is; the calendar ends there.
            (span < 36_600 * DAY).then_some(When::Ago(span))
        };
        let within = || parse_stretch(text).map(|(first, last)| When::Within(first, last));
        let when = within().or_else(ago)?;
        let written = match when {
            When::Ago(span) => say_span(span),
            When::Within(first, last) => written(first, last),
        };
        Some(Self { written, when })
    }

    fn first(&self, now: Timestamp) -> Timestamp {
        match self.when {
            When::Within(first, _) => first,
            When::Ago(span) => now.before(span),
        }
    }

    /// Its last millisecond.
    fn last(&self, now: Timestamp) -> Timestamp {
        match self.when {
            When::Within(_, last) => last,
            When::Ago(_) => self.first(now),
        }
    }
}

impl Span {
    /// The first and the last millisecond it takes in, as of a moment.
    #[must_use]
    pub fn bounds(&self, now: Timestamp) -> (Option<Timestamp>, Option<Timestamp>) {
        let one = Duration::from_millis(1);
        match self {
            Self::On(moment) => (Some(moment.first(now)), Some(moment.last(now))),
            Self::After(moment) => (Some(moment.last(now).after(one)), None),
            Self::From(moment) => (Some(moment.first(now)), None),
            Self::Before(moment) => (None, Some(moment.first(now).before(one))),
            Self::UpTo(moment) => (None, Some(moment.last(now))),
            Self::Between(from, to) => (
                from.as_ref().map(|from| from.first(now)),
                to.as_ref().map(|to| to.last(now)),
            ),
        }
    }

    /// Whether it surely ends before it begins.
    #[must_use]
    pub fn is_backwards(&self) -> bool {
        match self {
            Self::Between(Some(from), Some(to)) => match (from.when, to.when) {
                (When::Ago(from), When::Ago(to)) => from < to,
                (When::Ago(_), _) | (_, When::Ago(_)) => false,
                _ => {
                    let any = Timestamp::from_millis(0);
                    from.first(any) > to.last(any)
                }
            },
            _ => false,
        }
    }
}

/// As it is read: no more of it than tells how long it lasts.
fn written(first: Timestamp, last: Timestamp) -> String {
    let whole = first.to_string();
    let without = |end: &str| whole.strip_suffix(end).unwrap_or(&whole);
    match last.since(first).as_millis() {
        0 => whole,
        999 => format!("{}Z", without(".000Z")),
        59_999 => format!("{}Z", without(":00.000Z")),
        _ => without("T00:00:00.000Z").to_owned(),
    }
}
