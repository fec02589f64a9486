//! What happens to messages and orders, from the signed delivery to Featurebase and the record.

mod away;
mod besides;
mod block_for;
mod blocking;
mod brakes;
mod budget;
mod ear;
mod faults;
mod gate;
mod history;
mod last_look;
mod late_blocks;
mod lookups;
mod misbehaving;
mod people;
mod people_storm;
mod poisoned;
mod reconcile;
mod replicas;
mod restored;
mod rule_edits;
mod search;
mod stops;
mod taken_back;
mod told_of_steps;
mod whose_block;
