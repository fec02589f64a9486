//! How many connections the system lets us have: what the store, the calls and the private listener need is kept back.

use rustix::process::{Resource, getrlimit, setrlimit};

/// Descriptors kept for the store, for calls and for operators.
const KEPT_BACK: usize = 160;

/// Most connections on the private listener: it is for a few operators.
pub(super) const PRIVATE: usize = 64;

/// Raises the limit as far as it must and may be, and gives how many of the wanted connections fit in it.
pub(super) fn connections(wanted: usize) -> usize {
    let mut limit = getrlimit(Resource::Nofile);
    let needed = u64::try_from(wanted.saturating_add(KEPT_BACK)).unwrap_or(u64::MAX);
    if limit.current.is_some_and(|current| current < needed) {
        limit.current = Some(limit.maximum.map_or(needed, |most| most.min(needed)));
        if let Err(error) = setrlimit(Resource::Nofile, limit) {
            tracing::debug!(%error, "the limit of open files cannot be raised");
            limit = getrlimit(Resource::Nofile);
        }
    }
    let Some(limit) = limit.current else {
        return wanted;
    };
    let limit = usize::try_from(limit).unwrap_or(usize::MAX);
    let room = limit.saturating_sub(KEPT_BACK).max(limit / 4).max(1);
    if room < wanted {
        tracing::warn!(
            "max_connections is {wanted}, but the system allows {limit} open files (ulimit -n), so it is {room}; raise that limit to {needed}"
        );
    }
    room.min(wanted)
}
