//! How much of what a rule does people may regret before it is proposed that the rule only holds.

use std::time::Duration;

use super::super::read::{Reader, Value};
use super::brakes::{Form, read_part};
use crate::time::say_span;

/// Regrets are counted by the day, and not for ever.
const SHORTEST: Duration = Duration::from_hours(24);
const LONGEST: Duration = Duration::from_hours(24 * 365);

/// Of the blocks a rule had asked for within a span of time, at most such a part may have been undone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RegretBound {
    /// In thousandths.
    pub part: u64,
    /// Of fewer blocks nothing is said.
    pub of_at_least: u64,
    pub within: Duration,
}

impl Default for RegretBound {
    fn default() -> Self {
        Self {
            part: 50,
            of_at_least: 5,
            within: Duration::from_hours(24 * 30),
        }
    }
}

impl RegretBound {
    /// Whether more was regretted than may be.
    #[must_use]
    pub const fn is_passed(&self, acted: u64, regretted: u64) -> bool {
        acted >= self.of_at_least
            && regretted.saturating_mul(1_000) > acted.saturating_mul(self.part)
    }

    /// Whether what was too much is so no more: half the bound, so that it is not told of again and again.
    #[must_use]
    pub const fn is_kept_again(&self, acted: u64, regretted: u64) -> bool {
        regretted.saturating_mul(2_000) <= acted.saturating_mul(self.part)
    }

    /// The bound in words, such as "5 % of at least 5 blocks within 30d".
    #[must_use]
    pub fn say(&self) -> String {
        let (whole, rest) = (self.part / 10, self.part % 10);
        let percent = if rest == 0 {
            whole.to_string()
        } else {
            format!("{whole}.{rest}")
        };
        format!(
            "{percent} % of at least {} blocks within {}",
            self.of_at_least,
            say_span(self.within)
        )
    }
}

pub(super) fn read_regret<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<RegretBound> {
    let form = Form {
        name: "`regret`",
        place: "under regret",
        part: "part = 0.05",
        of_at_least: "of_at_least = 5",
        within: "within = \"30d\"",
        whole: "regret = { part = 0.05, of_at_least = 5, within = \"30d\" }",
    };
    let (read, within) = read_part(reader, value, &form)?;
    let bound = RegretBound {
        part: read.thousandths,
        of_at_least: read.of_at_least,
        within: read.within,
    };
    if !(SHORTEST..=LONGEST).contains(&bound.within) {
        reader.error(
            "bad-brake",
            &within,
            "what people regret is counted by the day, for a year",
            "`within` is from \"1d\" to \"365d\"",
        );
        return None;
    }
    Some(bound)
}
