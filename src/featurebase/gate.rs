//! Whether Featurebase may be called at the moment: closed while it is in trouble, asks for a rest, or refuses the key.
//! The gate itself lies in the store and is one for all replicas; here is how it moves.

use std::time::Duration;

use crate::store::calls::Gate;
use crate::time::Timestamp;

/// From the third failure in a row on: the time between two tries, and how long a try keeps others from trying.
pub(super) const MINUTE: Duration = Duration::from_mins(1);
/// A key refused so often in a row is tried less often.
const OFTEN: i64 = 10;
const RARELY: Duration = Duration::from_mins(5);
/// A gate noted so far ahead was noted by a clock that has been put back since.
const AHEAD: Duration = Duration::from_mins(1);

/// What an answer, or its absence, tells of Featurebase as a whole.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Health {
    Well,
    /// No answer, or one of a server in trouble. It may have named the time to wait.
    Trouble {
        why: String,
        after: Option<Duration>,
    },
    /// Too many calls.
    Limited {
        why: String,
        after: Option<Duration>,
    },
    KeyRefused {
        why: String,
    },
    /// It says nothing about other calls.
    NoWord,
}

/// Who may pass.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Pass {
    Open,
    /// One, to see whether it is well again.
    Probe,
    Closed(Timestamp),
}

pub(super) fn pass(gate: &Gate, now: Timestamp) -> Pass {
    let until = gate.rest_until.max(gate.probe_at);
    if now < until {
        Pass::Closed(until)
    } else if gate.failures > 0 {
        Pass::Probe
    } else {
        Pass::Open
    }
}

/// The gate once a probe is on its way: nobody else passes before it is answered, or long overdue.
pub(super) fn probing(gate: &Gate, now: Timestamp) -> Gate {
    Gate {
        probe_at: now.after(MINUTE),
        noted_at: now,
        ..gate.clone()
    }
}

/// Where the gate stands after an answer to a call that was made when it stood as `seen`. `rest` is how long Featurebase wants
/// no calls at all, as its limits say; it and every wait that was told are kept to the full, and `jitter` (0 to 1) only adds.
pub(super) fn moved(
    gate: &Gate,
    seen: &Gate,
    health: &Health,
    rest: Option<Duration>,
    (now, jitter): (Timestamp, f64),
) -> Gate {
    let mut next = gate.clone();
    let told = match health {
        Health::Trouble { after, .. } => *after,
        // The limits are those of a minute: after one it has surely passed.
        Health::Limited { after, .. } => Some(after.or(rest).unwrap_or(MINUTE)),
        _ => None,
    };
    if let Some(told) = told.max(rest) {
        next.rest_until = next.rest_until.max(now.after(spread(told, jitter)));
    }
    // Calls that were under way together count as one: the others tell what is known already.
    let is_news = gate.failures == seen.failures;
    match health {
        Health::Well if is_news => {
            next.failures = 0;
            next.key_refused = false;
            next.probe_at = Timestamp::from_millis(0);
            if next.rest_until <= now {
                next.why.clear();
            }
        }
        Health::Trouble { why, .. } | Health::Limited { why, .. } | Health::KeyRefused { why } => {
            let refused = matches!(health, Health::KeyRefused { .. });
            next.key_refused |= refused;
            if is_news {
                next.failures = gate.failures.saturating_add(1);
                next.probe_at = now.after(spread(pause(next.failures, refused), jitter));
            }
            next.why.clone_from(why);
        }
        Health::Well | Health::NoWord => {}
    }
    if rest.is_some() && next.why.is_empty() {
        "the limit of calls that its answers tell of is nearly reached".clone_into(&mut next.why);
    }
    next.noted_at = now;
    next
}

/// The gate if the clock has been put back since it was noted: what was left to wait is waited from now on.
pub(super) fn straightened(gate: &Gate, now: Timestamp) -> Option<Gate> {
    if gate.noted_at <= now.after(AHEAD) {
        return None;
    }
    let anew = |until: Timestamp| match until.since(gate.noted_at) {
        Duration::ZERO => Timestamp::from_millis(0),
        left => now.after(left),
    };
    Some(Gate {
        rest_until: anew(gate.rest_until),
        probe_at: anew(gate.probe_at),
        noted_at: now,
        ..gate.clone()
    })
}

fn pause(failures: i64, key_refused: bool) -> Duration {
    match failures {
        _ if key_refused && failures > OFTEN => RARELY,
        _ if key_refused => MINUTE,
        ..=1 => Duration::from_secs(2),
        2 => Duration::from_secs(10),
        _ => MINUTE,
    }
}

/// A wait made a tenth longer at most: between one second and ten.
fn spread(wait: Duration, jitter: f64) -> Duration {
    let most = (wait / 10).clamp(Duration::from_secs(1), Duration::from_secs(10));
    wait + most.mul_f64(jitter.clamp(0.0, 1.0))
}
