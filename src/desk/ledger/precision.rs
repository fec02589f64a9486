//! How often a rule is right, as far as people have said so, and how sure that is.

use serde::Serialize;

/// So few words say little.
const FEW: u64 = 20;
/// The quantile of the normal distribution for an interval of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// A share with its Wilson score interval (Wilson 1927) for 95 %. Of decisions people spoke about, which are not a random
/// sample of all.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Precision {
    pub right: u64,
    /// Decisions people called right or wrong, or undid.
    pub judged: u64,
    pub share: f64,
    pub low: f64,
    pub high: f64,
}

impl Precision {
    /// Nothing where nobody has said anything.
    #[must_use]
    pub fn of(right: i64, mistaken: i64) -> Option<Self> {
        let (right, mistaken) = (u64::try_from(right).ok()?, u64::try_from(mistaken).ok()?);
        let judged = right + mistaken;
        if judged == 0 {
            return None;
        }
        let (n, share) = (float(judged), float(right) / float(judged));
        let spread = Z * (share * (1.0 - share) / n + Z * Z / (4.0 * n * n)).sqrt();
        let middle = share + Z * Z / (2.0 * n);
        let scale = 1.0 + Z * Z / n;
        Some(Self {
            right,
            judged,
            share,
            low: ((middle - spread) / scale).clamp(0.0, 1.0),
            high: ((middle + spread) / scale).clamp(0.0, 1.0),
        })
    }

    /// In words.
    #[must_use]
    pub fn say(&self) -> String {
        let percent = |share: f64| format!("{:.0} %", share * 100.0);
        let few = if self.judged < FEW {
            "; these are few, so it may be anything in between"
        } else {
            ""
        };
        format!(
            "{} of {} right, {}; between {} and {}{few}",
            self.right,
            self.judged,
            percent(self.share),
            percent(self.low),
            percent(self.high)
        )
    }
}

#[allow(
    clippy::cast_precision_loss,
    reason = "nobody says so much about one rule"
)]
fn float(count: u64) -> f64 {
    count as f64
}
