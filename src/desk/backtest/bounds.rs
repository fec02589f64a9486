//! `--fail-if newly-blocked>0`: bounds at which a backtest fails, for use in a pipeline.

use std::fmt;
use std::str::FromStr;

use super::Report;
use crate::problem::nearest;

crate::vocabulary! {
    /// What a bound is about.
    Measure {
        /// Senders who were not blocked, and now are.
        NewlyBlocked = "newly-blocked",
        /// Senders of whom nothing was asked, and now is.
        NewlyHit = "newly-hit",
        /// Customers among them.
        NewlyHitCustomers = "newly-hit-customers",
        /// Customers the draft hits in all.
        Customers = "customers",
        /// The part of all messages that the draft blocks or holds, in per cent.
        Share = "share",
        /// Messages that could not be judged fully.
        InPart = "in-part",
    }
}

/// A number that must not be exceeded.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bound {
    pub measure: Measure,
    pub most: f64,
}

impl Bound {
    /// Whether it is exceeded, in words.
    #[must_use]
    #[allow(
        clippy::cast_precision_loss,
        reason = "counts of messages are far below where it begins"
    )]
    pub fn exceeded_by(&self, report: &Report) -> Option<String> {
        let changes = &report.changes;
        let count = match self.measure {
            Measure::NewlyBlocked => changes.newly_blocked,
            Measure::NewlyHit => changes.newly_hit,
            Measure::NewlyHitCustomers => changes.newly_hit_customers,
            Measure::Customers => changes.customers,
            Measure::InPart => report.totals.in_part,
            Measure::Share => {
                let hit = report.totals.blocked + report.totals.held;
                let share = 100.0 * hit as f64 / report.totals.judged.max(1) as f64;
                return (share > self.most)
                    .then(|| format!("{self} is exceeded: it is {share:.2}%"));
            }
        };
        // Senders beyond those kept apart may be any of these.
        let unknown = report.senders_left_out > 0 && self.measure != Measure::InPart;
        if unknown && count as f64 <= self.most {
            return Some(format!(
                "{self} cannot be told: more senders were hit than are kept apart"
            ));
        }
        (count as f64 > self.most).then(|| format!("{self} is exceeded: it is {count}"))
    }
}

impl fmt::Display for Bound {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.measure == Measure::Share {
            "%"
        } else {
            ""
        };
        write!(f, "{}>{}{sign}", self.measure, self.most)
    }
}

impl FromStr for Bound {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Some((name, number)) = text.split_once('>') else {
            return Err(pointed(
                text,
                0..text.len(),
                "a bound is a name, > and a number, such as newly-blocked>0",
            ));
        };
        let (name_at, name) = trimmed(name, 0);
        let (number_at, number) = trimmed(number, text.len() - number.len());
        let Some(measure) = Measure::parse(name) else {
            let names = Measure::ALL.iter().map(|measure| measure.as_str());
            let help = match nearest(name, names.clone()) {
                Some(near) => format!("did you mean {near}?"),
                None => format!("known are: {}", names.collect::<Vec<_>>().join(", ")),
            };
            return Err(pointed(text, name_at..name_at + name.len(), &help));
        };
        let plain = number.strip_suffix('%');
        let help = match (measure, plain) {
            (Measure::Share, None) => "a share is a number and %, such as share>0.5%".to_owned(),
            (Measure::Share, Some(_)) | (_, None) => "write a number, such as 0 or 10".to_owned(),
            (_, Some(_)) => "write a number without %: only share has one".to_owned(),
        };
        let wants_sign = measure == Measure::Share;
        let most = plain
            .filter(|_| wants_sign)
            .or(Some(number).filter(|_| !wants_sign))
            .filter(|digits| {
                digits
                    .bytes()
                    .all(|b| b.is_ascii_digit() || b == b'.' && wants_sign)
            })
            .and_then(|digits| digits.parse().ok());
        match most {
            Some(most) => Ok(Self { measure, most }),
            None => Err(pointed(text, number_at..number_at + number.len(), &help)),
        }
    }
}

/// A piece of the text without blanks around it, and where it begins.
fn trimmed(piece: &str, start: usize) -> (usize, &str) {
    let blanks = piece.len() - piece.trim_start().len();
    (start + blanks, piece.trim())
}

/// The text with marks under the word that is meant, and what to write instead.
fn pointed(text: &str, word: std::ops::Range<usize>, help: &str) -> String {
    let before = text.get(..word.start).unwrap_or_default().chars().count();
    let marked = text.get(word).unwrap_or_default().chars().count().max(1);
    format!(
        "{help}\n    {text}\n    {}{}",
        " ".repeat(before),
        "^".repeat(marked)
    )
}
