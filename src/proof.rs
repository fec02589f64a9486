//! How the record is made checkable by an outsider: its rows are the leaves of a Merkle tree (RFC 6962), whose root is signed
//! (Ed25519) in checkpoints (C2SP `tlog-checkpoint`). Pure: no files, no store, no clock. `docs/record-format.md` says the
//! same for whoever writes a verifier of their own.

pub mod lines;
pub mod note;
pub mod tree;
pub mod verify;
