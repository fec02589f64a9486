//! What was refused since the start, and what to do about it: kept in memory, told on the private listener. Holds counts,
//! times and sentences of our own; nothing of what was sent.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde::Serialize;

use super::misreading::Misreading;
use super::signature::Refusal;
use crate::telemetry::Metrics;
use crate::time::{Timestamp, millis_of};

/// At most one wrong signature in so long is looked into: a flood of junk costs nothing more.
const BETWEEN_LOOKS: Duration = Duration::from_secs(1);

/// Nobody mistakes a clock by so many seconds: a timestamp this far off is in milliseconds.
const MILLISECONDS_FROM: u64 = 1_000_000_000_000;

/// What is remembered of refused deliveries.
#[derive(Debug)]
pub struct Refusals {
    since: Timestamp,
    metrics: Metrics,
    kept: Mutex<Kept>,
}

#[derive(Debug, Default)]
struct Kept {
    by_reason: BTreeMap<&'static str, Counted>,
    looked_at: Option<Timestamp>,
    misreading: Option<Misreading>,
    unexplained: bool,
    skew: Option<Skew>,
    /// Authentic deliveries refused for their age.
    out_of_time: u64,
}

#[derive(Debug, Clone, Copy)]
struct Counted {
    count: u64,
    last_at: Timestamp,
}

/// The last authentic delivery refused for its age.
#[derive(Debug, Clone, Copy)]
struct Skew {
    age: i64,
    at: Timestamp,
    /// Whether a delivery has come in time since.
    over: bool,
}

/// What `GET /refusals` answers.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Told {
    pub since: String,
    pub refused: Vec<Refused>,
    pub clock: ClockTold,
}

/// How often deliveries were refused for one reason.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refused {
    pub why: &'static str,
    pub count: u64,
    pub last_at: String,
    pub hint: Option<String>,
}

/// How far this machine's clock seems to be ahead of Featurebase's; negative when it is behind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClockTold {
    pub ahead_seconds: Option<i64>,
}

impl Refusals {
    #[must_use]
    pub fn new(since: Timestamp, metrics: Metrics) -> Self {
        Self {
            since,
            metrics,
            kept: Mutex::default(),
        }
    }

    /// One more refusal, by the word the metric has for it.
    pub fn count(&self, why: &'static str, now: Timestamp) {
        self.metrics.refused(why);
        let mut kept = self.kept();
        let counted = kept.by_reason.entry(why).or_insert(Counted {
            count: 0,
            last_at: now,
        });
        counted.count += 1;
        counted.last_at = now;
    }

    /// Whether it is time to look into another wrong signature; if so it counts as looked into.
    pub fn may_look_into(&self, now: Timestamp) -> bool {
        let mut kept = self.kept();
        let due = kept.looked_at.is_none_or(|last| {
            // Either way: a clock put back must not end it.
            now.millis().abs_diff(last.millis()) >= millis_of(BETWEEN_LOOKS).unsigned_abs()
        });
        if due {
            kept.looked_at = Some(now);
        }
        due
    }

    /// What came of looking. Whether it is news. What was found once is not forgotten over junk that nothing explains.
    pub fn was_looked_into(&self, found: Option<Misreading>) -> bool {
        let mut kept = self.kept();
        kept.unexplained |= found.is_none();
        let news = found.is_some() && found != kept.misreading;
        kept.misreading = found.or(kept.misreading);
        news
    }

    /// An authentic delivery was so many seconds old, or negative so many early.
    pub fn came_at_a_wrong_time(&self, age: i64, at: Timestamp) {
        let mut kept = self.kept();
        kept.out_of_time += 1;
        kept.skew = Some(Skew {
            age,
            at,
            over: false,
        });
    }

    /// A delivery came in time, so the clocks agree.
    pub fn came_in_time(&self) {
        if let Some(skew) = &mut self.kept().skew {
            skew.over = true;
        }
    }

    #[must_use]
    pub fn told(&self) -> Told {
        let kept = self.kept();
        let refused = kept.by_reason.iter().map(|(why, counted)| Refused {
            why,
            count: counted.count,
            last_at: counted.last_at.to_string(),
            hint: kept.hint(why),
        });
        Told {
            since: self.since.to_string(),
            refused: refused.collect(),
            clock: ClockTold {
                ahead_seconds: kept.skew.filter(Skew::is_a_clock).map(|skew| skew.age),
            },
        }
    }

    /// Lines for whoever asks whether all is well: what an operator can mend.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let kept = self.kept();
        let mut lines = Vec::new();
        if let Some(skew) = &kept.skew {
            lines.push(format!(
                "clock: {} rightly signed refused for their age, the last at {}: {}",
                kept.out_of_time,
                skew.at,
                skew.remedy()
            ));
        }
        if let Some(misreading) = kept.misreading {
            lines.push(format!("deliveries: {}", misreading.remedy()));
        }
        lines
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        // Nothing is left half done in there.
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn hint(&self, why: &str) -> Option<String> {
        match Refusal::parse(why) {
            Some(Refusal::TooOld | Refusal::TooNew) => self.skew.map(|skew| skew.remedy()),
            Some(Refusal::WrongSignature) => match self.misreading {
                Some(misreading) => Some(misreading.remedy().to_owned()),
                None if self.unexplained => Some(UNEXPLAINED.to_owned()),
                None => None,
            },
            _ => usual_remedy(why).map(str::to_owned),
        }
    }
}

impl Skew {
    const fn is_a_clock(&self) -> bool {
        !self.over && !self.in_milliseconds()
    }

    const fn in_milliseconds(&self) -> bool {
        self.age.unsigned_abs() >= MILLISECONDS_FROM
    }

    fn remedy(&self) -> String {
        let seconds = self.age.unsigned_abs();
        let (side, old) = if self.age > 0 {
            ("ahead", "old")
        } else {
            ("behind", "early")
        };
        if self.in_milliseconds() {
            "the sender's timestamp is in milliseconds: it must be in seconds, as Featurebase's is"
                .to_owned()
        } else if self.over {
            format!(
                "the last was {seconds} seconds {old}, but others came in time since: a replay, or a retry under its old timestamp; nothing to do here"
            )
        } else {
            format!(
                "this machine's clock seems to be {seconds} seconds {side}: set it by NTP; if it is right, these were replays"
            )
        }
    }
}

const UNEXPLAINED: &str = "no usual misreading of the secret explains it: either it was not Featurebase that posted, or the secret is another webhook's or was rotated: copy it again from Featurebase, whole";

/// What usually helps, whatever was sent.
fn usual_remedy(why: &str) -> Option<&'static str> {
    Some(match why {
        "no-signature" | "no-timestamp" => {
            "Featurebase signs every delivery: either it was not Featurebase that posted, or a proxy in front removes the X-Webhook- headers"
        }
        "several-signatures" | "several-timestamps" => {
            "each X-Webhook- header must come once: let the proxy in front pass them on as they are, without adding any"
        }
        "malformed-signature" => {
            "a signature is 64 hexadecimal digits and nothing before or after: the sender or a proxy writes it otherwise"
        }
        "malformed-timestamp" => {
            "a timestamp is Unix time in seconds, digits only: the sender or a proxy writes it otherwise"
        }
        "compressed" => {
            "bodies are signed as they are sent: let the proxy in front pass them on uncompressed"
        }
        "crowded" => {
            "more was being sent at once than there is room for, and what had waited longest unsigned gave way: if that goes on, let the proxy in front limit how much one address may send"
        }
        "too-large" => "if Featurebase sent it, set body_limit higher",
        "too-slow" => {
            "the body took longer than body_timeout to arrive: if Featurebase sent it, look at the network and the proxy in front"
        }
        _ => return None,
    })
}
