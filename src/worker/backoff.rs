//! How long to wait before a failed call is tried again.

use std::time::Duration;

const FIRST: Duration = Duration::from_secs(2);
const LONGEST: Duration = Duration::from_hours(1);
/// While Featurebase as a whole is in trouble the gate keeps everybody back; once it opens, nobody is to wait much longer.
const LONGEST_IN_TROUBLE: Duration = Duration::from_mins(5);

/// The wait after so many attempts: doubling up to an hour, spread by `jitter` (0 to 1) over its upper half, and never
/// shorter than what the server asked for.
#[must_use]
pub fn delay(attempts: i64, jitter: f64, asked: Option<Duration>) -> Duration {
    delay_up_to(LONGEST, attempts, jitter, asked)
}

/// The same after a failure that was not this call's own: doubling up to a few minutes.
#[must_use]
pub fn delay_in_trouble(attempts: i64, jitter: f64, asked: Option<Duration>) -> Duration {
    delay_up_to(LONGEST_IN_TROUBLE, attempts, jitter, asked)
}

fn delay_up_to(longest: Duration, attempts: i64, jitter: f64, asked: Option<Duration>) -> Duration {
    let doublings = u32::try_from(attempts.clamp(1, 32) - 1).unwrap_or(0);
    let full = FIRST
        .saturating_mul(1_u32.checked_shl(doublings).unwrap_or(u32::MAX))
        .min(longest);
    let spread = full.mul_f64(0.5 + 0.5 * jitter.clamp(0.0, 1.0));
    match asked {
        // Spread beyond what was asked, so that many do not come back in the same moment.
        Some(asked) => asked.max(spread) + Duration::from_secs(1).mul_f64(jitter.clamp(0.0, 1.0)),
        None => spread,
    }
}
