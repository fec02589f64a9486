//! Mistakes of people who do not program, and what they are told. Every text here was read aloud once.

mod conditions;
mod files;
mod frame;
mod policy;
mod writing;

use super::*;
