//! A body as it arrives: only as much room is taken as there are bytes, and strangers give way when there is none left.

use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use bytes::Bytes;
use http::StatusCode;
use http_body_util::BodyExt as _;
use tokio::sync::{OwnedSemaphorePermit, Semaphore, TryAcquireError};

use super::Receiver;
use super::delivery::Refused;
use super::guests::Guest;

/// What bodies take up together, in KiB, until they are stored: strangers cannot fill the memory.
const ROOM: u32 = 64 * 1024;
const KIB: usize = 1024;

const CROWDED: Refused = (StatusCode::SERVICE_UNAVAILABLE, "crowded");

/// The room bodies share.
#[derive(Debug, Clone)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(ROOM as usize)))
    }
}

/// A body that has arrived whole, and the room it takes up while it is there.
pub(super) struct Arrived {
    pub bytes: Bytes,
    pub held: Held,
}

/// Room taken up; free again when dropped.
#[derive(Debug, Default)]
pub struct Held {
    permit: Option<OwnedSemaphorePermit>,
    kib: usize,
}

/// Reads a body to its end.
pub(super) async fn arrives(mut body: Body, receiver: &Receiver) -> Result<Arrived, Refused> {
    let guest = receiver.bodies.arrives();
    let (mut bytes, mut held) = (Vec::new(), Held::default());
    loop {
        let frame = tokio::select! {
            frame = body.frame() => frame,
            () = guest.told_to_go() => return Err(CROWDED),
        };
        let Some(frame) = frame else { break };
        let frame = frame.map_err(|_| (StatusCode::BAD_REQUEST, "broken-off"))?;
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if bytes.len() + data.len() > receiver.body_limit {
            return Err((StatusCode::PAYLOAD_TOO_LARGE, "too-large"));
        }
        held.grow_to(bytes.len() + data.len(), receiver, &guest)
            .await?;
        guest.waits();
        // Copied: a piece would keep the whole buffer it was read into.
        bytes.extend_from_slice(&data);
    }
    Ok(Arrived {
        bytes: bytes.into(),
        held,
    })
}

impl Held {
    async fn grow_to(
        &mut self,
        bytes: usize,
        receiver: &Receiver,
        guest: &Guest,
    ) -> Result<(), Refused> {
        let needed = bytes / KIB + 1;
        let more = u32::try_from(needed.saturating_sub(self.kib)).unwrap_or(u32::MAX);
        if more == 0 {
            return Ok(());
        }
        let room = &receiver.room.0;
        let permit = match room.clone().try_acquire_many_owned(more) {
            Ok(permit) => permit,
            Err(TryAcquireError::Closed) => return Err(CROWDED),
            Err(TryAcquireError::NoPermits) => {
                // Whoever is in that line holds a KiB at least.
                for _ in 0..more {
                    if !receiver.bodies.send_one_away(Duration::ZERO) {
                        break;
                    }
                }
                tokio::select! {
                    permit = room.clone().acquire_many_owned(more) => permit.map_err(|_| CROWDED)?,
                    () = guest.told_to_go() => return Err(CROWDED),
                }
            }
        };
        match &mut self.permit {
            Some(held) => held.merge(permit),
            none => *none = Some(permit),
        }
        self.kib = needed;
        Ok(())
    }
}
