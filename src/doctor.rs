//! Looks whether everything is as it should be: a line for each thing, what it means, and what to do where it is not.

mod law;
mod outside;
mod place;
mod regret;
mod running;

use serde::Serialize;

use crate::config::Config;
use crate::problem::Problem;
use crate::store::Store;
use crate::time::Clock;

pub use running::{Answer, Asked};

crate::vocabulary! {
    /// How something is.
    Mark {
        Ok = "ok",
        /// It works, and somebody should look at it.
        Warn = "warn",
        /// It does not work as it is.
        Fail = "fail",
    }
}

/// How one thing is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Line {
    pub mark: Mark,
    /// What was looked at.
    pub about: &'static str,
    /// How it is, and what that means.
    pub what: String,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub help: Option<String>,
}

impl Line {
    fn ok(about: &'static str, what: impl Into<String>) -> Self {
        Self {
            mark: Mark::Ok,
            about,
            what: what.into(),
            help: None,
        }
    }

    fn warn(about: &'static str, what: impl Into<String>, help: &str) -> Self {
        Self {
            mark: Mark::Warn,
            help: Some(help.to_owned()),
            ..Self::ok(about, what)
        }
    }

    fn fail(about: &'static str, what: impl Into<String>, help: &str) -> Self {
        Self {
            mark: Mark::Fail,
            ..Self::warn(about, what, help)
        }
    }
}

/// What the doctor may change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Hands<'a> {
    /// Nothing: it only looks.
    Off,
    /// A suspended or paused webhook is made active again, by this person's order.
    On { actor: &'a str },
}

/// Looks at everything. `lacking` is what the configuration lacks to run.
pub async fn examine(
    config: &Config,
    lacking: &[Problem],
    asked: &Asked,
    hands: Hands<'_>,
    clock: &Clock,
) -> Vec<Line> {
    let mut lines = configuration(lacking);
    lines.extend(place::folder(config));
    let (store, told) = place::store(config).await;
    lines.extend(told);
    lines.extend(law::rules(config));
    if let Some(store) = &store {
        lines.extend(regret::lines(store).await);
    }
    lines.extend(running::lines(asked));
    lines.extend(outside::lines(config, store.as_ref(), hands, clock).await);
    if let Some(store) = store {
        Store::close(&store).await;
    }
    lines
}

/// What is told when there is no configuration to look any further with.
#[must_use]
pub fn configuration(problems: &[Problem]) -> Vec<Line> {
    if problems.is_empty() {
        return vec![Line::ok("configuration", "it is read and complete")];
    }
    let told = |problem: &Problem| Line {
        mark: Mark::Fail,
        about: "configuration",
        what: problem.message.clone(),
        help: problem.help.clone(),
    };
    problems.iter().map(told).collect()
}
