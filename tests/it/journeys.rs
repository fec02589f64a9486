//! What happens to messages and orders, from the signed delivery to Featurebase and the record.

mod blocking;
mod faults;
mod history;
mod last_look;
mod people;
mod replicas;
mod rule_edits;
