//! What a message looks like from afar: how long it is, what it is made of, which ways to get in touch it holds.

mod bounds;
pub mod counts;
pub mod details;
pub mod shares;

pub(super) use bounds::Bounds;
