//! Rules of which people undo too much.

use super::Line;
use crate::store::Store;

/// A store that does not answer is told of elsewhere.
pub(super) async fn lines(store: &Store) -> Vec<Line> {
    let regrets = store.regrets().await.unwrap_or_default();
    regrets
        .iter()
        .map(|regret| {
            let what = format!(
                "{}: people undid {} of its {} blocks by {}, more than {}",
                regret.rule, regret.regretted, regret.acted, regret.since, regret.bound
            );
            let help = format!(
                "set stage = \"hold\" for the rule at {}; `bouncer rules ledger {}` shows how it fared",
                regret.place, regret.rule
            );
            Line::warn("regret", what, &help)
        })
        .collect()
}
