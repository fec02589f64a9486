//! What is counted of calls to Featurebase that wait.

use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

use super::{Labels, gauge, gauges, label};

/// The budget, and what waits for it or for other causes.
#[derive(Debug, Clone)]
pub struct LineNumbers {
    pub budget: Gauge,
    pub left: Gauge,
    waiting: Family<Labels, Gauge>,
}

crate::vocabulary! {
    /// What work that needs a call to Featurebase waits for.
    Cause {
        Stopped = "stopped",
        KeyRefused = "key-refused",
        /// Featurebase asked for a rest, or its own limit is nearly reached.
        Rest = "rest",
        Trouble = "trouble",
        Budget = "budget",
        /// Its last try failed, and the next one is planned.
        Retry = "retry",
        /// Nothing but those before it.
        Turn = "turn",
    }
}

impl LineNumbers {
    pub(super) fn new(r: &mut Registry) -> Self {
        Self {
            budget: gauge(
                r,
                "calls_per_minute",
                "Most calls to Featurebase in a minute, over all replicas",
            ),
            left: gauge(
                r,
                "calls_left",
                "Calls to Featurebase that are left of the budget at this moment",
            ),
            waiting: gauges(
                r,
                "calls_waiting",
                "Jobs that need calls to Featurebase and wait, by what they wait for",
            ),
        }
    }

    /// So many jobs wait for this cause, and so many for their next try.
    pub fn set_waiting(&self, cause: Cause, due: i64, later: i64) {
        for each in Cause::ALL {
            let waiting = match *each {
                Cause::Retry => later,
                each if each == cause => due,
                _ => 0,
            };
            self.waiting
                .get_or_create(&label("cause", each.as_str()))
                .set(waiting);
        }
    }
}
