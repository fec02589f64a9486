//! Moments and the clock. Nothing else in the program asks the system what time it is.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A moment: milliseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

impl Timestamp {
    #[must_use]
    pub const fn from_millis(millis: i64) -> Self {
        Self(millis)
    }

    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1000))
    }

    #[must_use]
    pub const fn millis(self) -> i64 {
        self.0
    }

    #[must_use]
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1000)
    }

    /// Reads an ISO 8601 moment such as `2026-07-01T10:15:30.000Z`.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let moment: jiff::Timestamp = text.parse().ok()?;
        Some(Self(moment.as_millisecond()))
    }

    /// Reads the moment of an HTTP header, such as `Wed, 01 Jul 2026 10:15:30 GMT`.
    #[must_use]
    pub fn from_http_date(text: &str) -> Option<Self> {
        let date = httpdate::parse_http_date(text).ok()?;
        let seconds = date.duration_since(std::time::UNIX_EPOCH).ok()?.as_secs();
        Some(Self::from_seconds(i64::try_from(seconds).ok()?))
    }

    #[must_use]
    pub fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(millis_of(wait)))
    }

    #[must_use]
    pub fn before(self, wait: Duration) -> Self {
        Self(self.0.saturating_sub(millis_of(wait)))
    }

    /// How long ago `earlier` was; zero when it lies in the future.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

/// A duration in whole milliseconds, saturating.
#[must_use]
pub fn millis_of(wait: Duration) -> i64 {
    i64::try_from(wait.as_millis()).unwrap_or(i64::MAX)
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_millisecond(self.0) {
            Ok(moment) => write!(f, "{moment:.3}"),
            Err(_) => write!(f, "{} ms", self.0),
        }
    }
}

/// Where the time comes from: the system, or a clock a test or the sandbox moves by hand.
#[derive(Debug, Clone, Default)]
pub struct Clock {
    by_hand: Option<Arc<AtomicI64>>,
}

impl Clock {
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still until it is told to [`advance`](Self::advance).
    #[must_use]
    pub fn by_hand(start: Timestamp) -> Self {
        Self {
            by_hand: Some(Arc::new(AtomicI64::new(start.millis()))),
        }
    }

    #[must_use]
    #[allow(
        clippy::disallowed_methods,
        reason = "this is the one caller of the clock"
    )]
    pub fn now(&self) -> Timestamp {
        match &self.by_hand {
            Some(millis) => Timestamp(millis.load(Ordering::SeqCst)),
            None => Timestamp(jiff::Timestamp::now().as_millisecond()),
        }
    }

    /// Moves a clock made by [`by_hand`](Self::by_hand); the system's clock is left alone.
    pub fn advance(&self, by: Duration) {
        if let Some(millis) = &self.by_hand {
            millis.fetch_add(millis_of(by), Ordering::SeqCst);
        }
    }
    /// Puts a clock made by [`by_hand`](Self::by_hand) to a moment, forwards or back; the system's clock is left alone.
    pub fn set(&self, to: Timestamp) {
        if let Some(millis) = &self.by_hand {
            millis.store(to.millis(), Ordering::SeqCst);
        }
    }
}

/// The first and the last millisecond of a day, a minute, a second or a millisecond as it is written, in UTC where no zone is
/// named: `2026-11-01`, `2026-11-01T09:41`, `2026-11-01T09:41:00Z`.
#[must_use]
pub fn parse_stretch(text: &str) -> Option<(Timestamp, Timestamp)> {
    let text = text.trim();
    let Some((day, time)) = text.split_once(['T', 't']) else {
        return stretch(&format!("{text}T00:00:00Z"), 86_400_000);
    };
    let zone = time.find(['Z', 'z', '+', '-']).unwrap_or(time.len());
    let (clock, zone) = time.split_at_checked(zone)?;
    let zone = if zone.is_empty() { "Z" } else { zone };
    match clock.matches(':').count() {
        1 if clock.len() == 5 => stretch(&format!("{day}T{clock}:00{zone}"), 60_000),
        2 if clock.len() == 8 => stretch(&format!("{day}T{clock}{zone}"), 1_000),
        2 => stretch(&format!("{day}T{clock}{zone}"), 1),
        _ => None,
    }
}

/// So many milliseconds from a moment on.
fn stretch(first: &str, length: i64) -> Option<(Timestamp, Timestamp)> {
    let first = Timestamp::parse(first)?;
    let last = first.0.checked_add(length - 1)?;
    Some((first, Timestamp(last)))
}

/// Reads a span of time as staff and operators write it: `30s`, `10m`, `1h`, `30d`, `1500ms`.
#[must_use]
pub fn parse_span(text: &str) -> Option<Duration> {
    let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, unit) = text.split_at_checked(digits)?;
    let number: u64 = number.parse().ok()?;
    let millis = match unit {
        "ms" => 1,
        "s" => 1_000,
        "m" => 60_000,
        "h" => 3_600_000,
        "d" => 86_400_000,
        _ => return None,
    };
    number.checked_mul(millis).map(Duration::from_millis)
}

/// Writes a span the way [`parse_span`] reads it, in the largest unit that fits exactly.
#[must_use]
pub fn say_span(span: Duration) -> String {
    let millis = span.as_millis();
    for (unit, size) in [
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
    ] {
        if millis > 0 && millis.is_multiple_of(size) {
            return format!("{}{unit}", millis / size);
        }
    }
    format!("{millis}ms")
}
