//! Clocks that jump: the bouncer's own goes wrong by a day while Featurebase's is right.

mod jumps;
mod simulation;
mod world;

use std::time::Duration;

const DAY: Duration = Duration::from_hours(24);
