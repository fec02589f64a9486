//! Clocks that jump: the bouncer's own goes wrong by a day while Featurebase's is right.

mod jumps;
mod simulation;
mod world;
