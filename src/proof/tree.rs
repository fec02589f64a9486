//! The tree: RFC 6962, section 2.1, with SHA-256.

use sha2::{Digest as _, Sha256};

/// A hash in the tree.
pub type Hash = [u8; 32];

/// What a leaf holding these bytes hashes to.
#[must_use]
pub fn leaf(bytes: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([0]);
    hasher.update(bytes);
    hasher.finalize().into()
}

fn node(left: &Hash, right: &Hash) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update([1]);
    hasher.update(left);
    hasher.update(right);
    hasher.finalize().into()
}

/// A tree that grows at its end: all that must be kept of it for that is its right edge, one hash for each whole subtree, the
/// largest first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Tree {
    size: u64,
    edge: Vec<Hash>,
}

impl Tree {
    /// How many leaves it has.
    #[must_use]
    pub const fn size(&self) -> u64 {
        self.size
    }

    pub fn push(&mut self, leaf: Hash) {
        let mut hash = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.edge.pop() {
                hash = node(&left, &hash);
            }
        }
        self.edge.push(hash);
        self.size += 1;
    }

    /// The root; of an empty tree the hash of nothing.
    #[must_use]
    pub fn root(&self) -> Hash {
        let mut hashes = self.edge.iter().rev();
        let Some(last) = hashes.next() else {
            return Sha256::digest([]).into();
        };
        hashes.fold(*last, |right, left| node(left, &right))
    }

    /// The right edge as bytes, to be kept.
    #[must_use]
    pub fn edge(&self) -> Vec<u8> {
        self.edge.concat()
    }

    /// A tree of which the right edge was kept; nothing if the two do not fit.
    #[must_use]
    pub fn of_edge(size: u64, edge: &[u8]) -> Option<Self> {
        let edge = hashes(edge)?;
        (edge.len() == usize::try_from(size.count_ones()).ok()?).then_some(Self { size, edge })
    }
}

/// Hashes that were written one after the other.
#[must_use]
pub fn hashes(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (whole, rest) = bytes.as_chunks::<32>();
    rest.is_empty().then(|| whole.to_vec())
}
