//! The record as an outsider checks it.

mod keys;
mod logs;
mod store;
mod tree;
