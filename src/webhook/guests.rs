//! Who must go when there is no room for all: whoever has waited longest without a word we could trust. Strangers can take
//! up what is free, and cannot keep it from those who sign.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

/// Those who take up room of one kind. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Guests(Arc<Mutex<Waiting>>);

#[derive(Debug, Default)]
struct Waiting {
    /// Who comes first goes first.
    line: BTreeMap<Turn, Waiter>,
    last: u64,
}

#[derive(Debug)]
struct Waiter {
    since: Instant,
    go: CancellationToken,
}

/// A place in the line of those who may be told to go.
type Turn = (Standing, u64);

/// Strangers go before those who have brought something signed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Standing {
    Stranger,
    Known,
}

/// One of the guests; gone when dropped.
#[derive(Debug)]
pub struct Guest {
    guests: Guests,
    go: CancellationToken,
    place: Mutex<Place>,
}

#[derive(Debug)]
struct Place {
    standing: Standing,
    /// Nothing while the guest is not to be told to go.
    turn: Option<Turn>,
}

impl Guests {
    /// A stranger, who may be told to go once it [`waits`](Guest::waits).
    #[must_use]
    pub fn arrives(&self) -> Guest {
        Guest {
            guests: self.clone(),
            go: CancellationToken::new(),
            place: Mutex::new(Place {
                standing: Standing::Stranger,
                turn: None,
            }),
        }
    }

    /// Tells the one who has waited longest to go, if it has waited for `least`: who has only just come in was not heard yet.
    /// `false` when there is nobody who may be told.
    #[must_use]
    pub fn send_one_away(&self, least: Duration) -> bool {
        let mut waiting = self.waiting();
        let first = waiting
            .line
            .first_entry()
            .filter(|first| first.get().since.elapsed() >= least);
        first.map(|first| first.remove().go.cancel()).is_some()
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        // Nothing is left half done in there.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Guest {
    /// Brought something signed: is not told to go until it waits again.
    pub fn is_trusted(&self) {
        let mut place = self.place();
        place.standing = Standing::Known;
        if let Some(turn) = place.turn.take() {
            self.guests.waiting().line.remove(&turn);
        }
    }

    /// May be told to go from now on, unless that is so already.
    pub fn waits(&self) {
        let mut place = self.place();
        if place.turn.is_none() {
            let mut waiting = self.guests.waiting();
            waiting.last += 1;
            let turn = (place.standing, waiting.last);
            let waiter = Waiter {
                since: Instant::now(),
                go: self.go.clone(),
            };
            waiting.line.insert(turn, waiter);
            place.turn = Some(turn);
        }
    }

    /// Whether it has ever brought something signed.
    #[must_use]
    pub fn is_known(&self) -> bool {
        self.place().standing == Standing::Known
    }

    /// Ends when it is told to go.
    pub async fn told_to_go(&self) {
        self.go.cancelled().await;
    }

    fn place(&self) -> MutexGuard<'_, Place> {
        self.place.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Guest {
    fn drop(&mut self) {
        let turn = self.place().turn.take();
        if let Some(turn) = turn {
            self.guests.waiting().line.remove(&turn);
        }
    }
}
