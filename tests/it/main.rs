//! All tests in one binary: they share their harness, and one link.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::disallowed_methods,
    clippy::items_after_statements,
    clippy::cloned_ref_to_slice_refs,
    clippy::duration_suboptimal_units,
    clippy::too_many_lines,
    clippy::large_futures,
    clippy::large_stack_arrays,
    clippy::print_stdout,
    clippy::semicolon_if_nothing_returned,
    clippy::similar_names,
    clippy::single_char_pattern,
    clippy::type_complexity,
    clippy::unchecked_time_subtraction,
    reason = "a test that fails says so by panicking"
)]

mod alerts;
mod bot;
mod clocks;
mod configuration;
mod corpus;
mod database;
mod demo;
mod drill;
mod explain;
mod fingerprints;
mod journeys;
mod layering;
mod payloads;
mod processes;
mod queries;
mod record;
mod reloads;
mod rulebooks;
mod sandbox;
mod signatures;
mod silence;
mod standing;
mod store;
mod text;
mod vectors;
mod webhook;
mod wire;
