//! Mistakes of people who do not program, and what they are told. Every text here was read aloud once.

mod conditions;
mod examples;
mod files;
mod frame;
mod history;
mod policy;
mod values;
mod warnings;
mod writing;

use super::*;
