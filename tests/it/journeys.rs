//! What happens to messages and orders, from the signed delivery to Featurebase and the record.

mod besides;
mod block_for;
mod blocking;
mod budget;
mod ear;
mod faults;
mod gate;
mod history;
mod last_look;
mod lookups;
mod misbehaving;
mod people;
mod replicas;
mod rule_edits;
mod told_of_steps;
mod whose_block;
