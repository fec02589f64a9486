//! What of the work waits for Featurebase, and for what.

use super::Private;
use crate::featurebase::{Featurebase, State, Use};
use crate::store::Result;
use crate::telemetry::Cause;

/// A block takes up to so many calls.
const BLOCK: i64 = 4;

/// What holds up calls to Featurebase at the moment, if anything does: the gate, or the budget while work waits for it.
pub(super) async fn held_up(inside: &Private) -> Result<Option<String>> {
    let Some(state) = state(inside).await? else {
        return Ok(None);
    };
    if let Some(pause) = state.pause() {
        return Ok(Some(pause));
    }
    let due = inside
        .store
        .waiting_for_calls(inside.worker.clock.now())
        .await?
        .due;
    let why = used_up(&state).filter(|_| due > 0);
    Ok(why.map(|why| format!("{why}; {due} wait for it")))
}

/// Reads the numbers about calls.
pub(super) async fn refresh(inside: &Private, stopped: bool) -> Result<()> {
    let numbers = &inside.metrics.line;
    let Some(state) = state(inside).await? else {
        return Ok(());
    };
    let now = inside.worker.clock.now();
    let waiting = inside.store.waiting_for_calls(now).await?;
    let cause = if stopped {
        Cause::Stopped
    } else if state.gate.key_refused {
        Cause::KeyRefused
    } else if now < state.gate.rest_until {
        Cause::Rest
    } else if state.gate.failures > 0 {
        Cause::Trouble
    } else if used_up(&state).is_some() {
        Cause::Budget
    } else {
        Cause::Turn
    };
    numbers.set_waiting(cause, waiting.due, waiting.later);
    numbers.budget.set(i64::from(state.budget.per_minute));
    numbers.left.set(state.left());
    let refused = i64::from(state.gate.key_refused);
    inside.metrics.key_refused.set(refused);
    Ok(())
}

async fn state(inside: &Private) -> Result<Option<State>> {
    let featurebase = inside.worker.outside.featurebase.as_ref();
    match featurebase.and_then(Featurebase::line) {
        Some(line) => line.state().await.map(Some),
        None => Ok(None),
    }
}

/// Blocks or look-ups have to wait for the budget.
fn used_up(state: &State) -> Option<String> {
    let look_ups = state.used_up(Use::LookUp, 1);
    state.used_up(Use::Block, BLOCK).or(look_ups)
}
