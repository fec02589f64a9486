//! Personal data under lock: keys, sealing and opening, and commitments. Pure, but for the system's source of random bytes.
//!
//! A sealed piece is made smaller first, then encrypted (ChaCha20-Poly1305) and bound to its place, so that it can be read nowhere
//! else. Whoever destroys the key has destroyed every copy of the piece, wherever copies were made.

use std::fmt;

use ring::aead::{Aad, CHACHA20_POLY1305, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};
use sha2::{Digest as _, Sha256};

/// Bytes of a key.
pub const KEY_BYTES: usize = 32;
/// Bytes of salt: nobody can try out what was committed to.
const SALT_BYTES: usize = 16;

/// What stands before a sealed piece says how it was made smaller.
const AS_IT_IS: u8 = 1;
const LZ4: u8 = 2;

/// What events look like: short texts of the kind are made smaller by pointing into it. It is part of the form [`LZ4`] and
/// never changes; another one would be another form.
const USUAL: &[u8] = include_bytes!("seal/usual.json");

/// What cannot be done without.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the system gives no random bytes, so nothing can be put under lock")]
pub struct NoRandomness;

/// A secret with which pieces are sealed and opened.
#[derive(Clone, PartialEq, Eq)]
pub struct Key([u8; KEY_BYTES]);

/// A key is not shown.
impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Key(hidden)")
    }
}

impl Key {
    /// A new one.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn random() -> Result<Self, NoRandomness> {
        Ok(Self(random()?))
    }

    /// A kept one; nothing if these are no key's bytes, or those of one that was destroyed.
    #[must_use]
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let bytes: [u8; KEY_BYTES] = bytes.try_into().ok()?;
        (bytes != [0; KEY_BYTES]).then_some(Self(bytes))
    }

    /// To be kept.
    #[must_use]
    pub const fn bytes(&self) -> &[u8; KEY_BYTES] {
        &self.0
    }

    /// Seals a piece for its place. Nonces are random: a key is safe for 2^32 pieces, far more than anybody writes.
    ///
    /// # Errors
    /// When the system gives no random bytes.
    pub fn seal(&self, place: &str, piece: &[u8]) -> Result<Vec<u8>, NoRandomness> {
        let smaller = lz4_flex::block::compress_prepend_size_with_dict(piece, USUAL);
        let (form, mut sealed) = if smaller.len() < piece.len() {
            (LZ4, smaller)
        } else {
            (AS_IT_IS, piece.to_vec())
        };
        let nonce: [u8; NONCE_LEN] = random()?;
        let bound = bound(form, place);
        let tag = self.cipher()?.seal_in_place_separate_tag(
            Nonce::assume_unique_for_key(nonce),
            Aad::from(bound),
            &mut sealed,
        );
        let tag = tag.map_err(|_| NoRandomness)?;
        let mut whole = Vec::with_capacity(1 + NONCE_LEN + sealed.len() + tag.as_ref().len());
        whole.push(form);
        whole.extend_from_slice(&nonce);
        whole.extend_from_slice(&sealed);
        whole.extend_from_slice(tag.as_ref());
        Ok(whole)
    }

    /// Opens a piece that was sealed for this place with this key; nothing if it was not, or has been changed since.
    #[must_use]
    pub fn open(&self, place: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (form, rest) = sealed.split_first()?;
        let (nonce, rest) = rest.split_first_chunk::<NONCE_LEN>()?;
        let mut rest = rest.to_vec();
        let nonce = Nonce::assume_unique_for_key(*nonce);
        let cipher = self.cipher().ok()?;
        let opened = cipher.open_in_place(nonce, Aad::from(bound(*form, place)), &mut rest);
        let opened = opened.ok()?;
        match *form {
            AS_IT_IS => Some(opened.to_vec()),
            LZ4 => lz4_flex::block::decompress_size_prepended_with_dict(opened, USUAL).ok(),
            _ => None,
        }
    }

    fn cipher(&self) -> Result<LessSafeKey, NoRandomness> {
        let key = UnboundKey::new(&CHACHA20_POLY1305, &self.0);
        key.map(LessSafeKey::new).map_err(|_| NoRandomness)
    }
}

/// What a piece is bound to.
fn bound(form: u8, place: &str) -> Vec<u8> {
    let mut bound = vec![form];
    bound.extend_from_slice(place.as_bytes());
    bound
}

fn random<const BYTES: usize>() -> Result<[u8; BYTES], NoRandomness> {
    let mut bytes = [0; BYTES];
    let filled = SystemRandom::new().fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_| NoRandomness)
}

/// A value behind its salt, and what can be shown of it to everybody.
#[derive(Clone, PartialEq, Eq)]
pub struct Committed {
    /// SHA-256 in hexadecimal: tells nothing about the value, and fits no other.
    pub commitment: String,
    /// To be kept under lock: with it the commitment can be checked.
    pub salted: Vec<u8>,
}

/// What was committed to is not shown.
impl fmt::Debug for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Committed({})", self.commitment)
    }
}

/// Commits to a value. `domain` says of what kind it is, so that a commitment stands for nothing else.
///
/// # Errors
/// When the system gives no random bytes.
pub fn commit(domain: &str, value: &[u8]) -> Result<Committed, NoRandomness> {
    let salt: [u8; SALT_BYTES] = random()?;
    let mut salted = Vec::with_capacity(SALT_BYTES + value.len());
    salted.extend_from_slice(&salt);
    salted.extend_from_slice(value);
    Ok(Committed {
        commitment: commitment_of(domain, &salted),
        salted,
    })
}

/// The value behind its salt.
#[must_use]
pub fn value_of(salted: &[u8]) -> Option<&[u8]> {
    salted.get(SALT_BYTES..)
}

/// The commitment to a value behind its salt, in hexadecimal: SHA-256 over `bouncer`, the domain, each ended by a zero byte, the
/// salt and the value.
#[must_use]
pub fn commitment_of(domain: &str, salted: &[u8]) -> String {
    let digest = Sha256::new()
        .chain_update(b"bouncer\0")
        .chain_update(domain.as_bytes())
        .chain_update([0])
        .chain_update(salted)
        .finalize();
    hex::encode(digest)
}
