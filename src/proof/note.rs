//! Signed checkpoints: the C2SP formats `signed-note` and `tlog-checkpoint`, signed with Ed25519.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::rand::SystemRandom;
use ring::signature::{ED25519, Ed25519KeyPair, KeyPair as _, UnparsedPublicKey};
use sha2::{Digest as _, Sha256};

use super::tree::Hash;

/// Stands before key and signature where the algorithm is Ed25519.
const ALGORITHM: u8 = 1;
/// What a line with a signature begins with.
const DASH: &str = "\u{2014} ";
/// Stands before the key that signs from here on, in a line of its own below the root.
const NEXT: &str = "next-key ";
const PRIVATE: &str = "PRIVATE+KEY+";

/// A key by which checkpoints are checked. Written as `name+hash+key`, the form other tools for such logs take, too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    name: String,
    bytes: [u8; 32],
}

impl PublicKey {
    /// # Errors
    /// What is wrong with the text.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || {
            "a key looks like name+01234567+ARpc...: the whole line that `bouncer audit key` prints"
                .to_owned()
        };
        let (name, rest) = text.trim().split_once('+').ok_or_else(wrong)?;
        let (hash, key) = rest.split_once('+').ok_or_else(wrong)?;
        let key = STANDARD.decode(key).map_err(|_| wrong())?;
        let Some((&ALGORITHM, key)) = key.split_first() else {
            return Err("the key is not one for Ed25519".to_owned());
        };
        let key = Self {
            name: name.to_owned(),
            bytes: key.try_into().map_err(|_| wrong())?,
        };
        if !is_name(name) || hash != hex::encode(key.id()) {
            return Err(
                "the key is damaged: its hash does not fit; copy it again, whole".to_owned(),
            );
        }
        Ok(key)
    }

    /// Which log it is a key of.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    fn id(&self) -> [u8; 4] {
        let mut hasher = Sha256::new();
        hasher.update(self.name.as_bytes());
        hasher.update([b'\n', ALGORITHM]);
        hasher.update(self.bytes);
        let [a, b, c, d, ..] = <[u8; 32]>::from(hasher.finalize());
        [a, b, c, d]
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let key = [&[ALGORITHM], &self.bytes[..]].concat();
        write!(
            f,
            "{}+{}+{}",
            self.name,
            hex::encode(self.id()),
            STANDARD.encode(key)
        )
    }
}

/// A key that signs. Written as other tools for such notes do, and never shown.
pub struct SigningKey {
    public: PublicKey,
    seed: [u8; 32],
    pair: Ed25519KeyPair,
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey({})", self.public)
    }
}

impl SigningKey {
    /// A new key for the log of that name.
    ///
    /// # Errors
    /// When the system gives no randomness, or the name is not one.
    pub fn generate(name: &str) -> Result<Self, String> {
        let seed = ring::rand::generate(&SystemRandom::new())
            .map_err(|_| "the system gives no random numbers".to_owned())?;
        Self::of_seed(name, seed.expose())
    }

    fn of_seed(name: &str, seed: [u8; 32]) -> Result<Self, String> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&seed)
            .map_err(|_| "the key is not one for Ed25519".to_owned())?;
        let bytes = pair.public_key().as_ref().try_into();
        let public = PublicKey {
            name: name.to_owned(),
            bytes: bytes.map_err(|_| "the key is not one for Ed25519".to_owned())?,
        };
        if is_name(name) {
            Ok(Self { public, seed, pair })
        } else {
            Err("the name in the key is not one".to_owned())
        }
    }

    /// # Errors
    /// When the text is not a signing key; it is not in the message.
    pub fn parse(text: &str) -> Result<Self, String> {
        let wrong = || format!("it does not hold a key, which begins with {PRIVATE}");
        let rest = text.trim().strip_prefix(PRIVATE).ok_or_else(wrong)?;
        let (name, rest) = rest.split_once('+').ok_or_else(wrong)?;
        let (hash, key) = rest.split_once('+').ok_or_else(wrong)?;
        let key = STANDARD.decode(key).map_err(|_| wrong())?;
        let Some((&ALGORITHM, seed)) = key.split_first() else {
            return Err(wrong());
        };
        let key = Self::of_seed(name, seed.try_into().map_err(|_| wrong())?)?;
        if hash == hex::encode(key.public.id()) {
            Ok(key)
        } else {
            Err("the key in it is damaged".to_owned())
        }
    }

    /// As it is kept in a file.
    #[must_use]
    pub fn reveal(&self) -> String {
        let key = [&[ALGORITHM], &self.seed[..]].concat();
        format!(
            "{PRIVATE}{}+{}+{}\n",
            self.public.name,
            hex::encode(self.public.id()),
            STANDARD.encode(key)
        )
    }

    #[must_use]
    pub const fn public(&self) -> &PublicKey {
        &self.public
    }

    fn line(&self, text: &str) -> String {
        let signature = self.pair.sign(text.as_bytes());
        let bytes = [&self.public.id(), signature.as_ref()].concat();
        format!("{DASH}{} {}\n", self.public.name, STANDARD.encode(bytes))
    }
}

/// What a name may be: it stands in lines where blanks and plus signs part.
fn is_name(name: &str) -> bool {
    !name.is_empty() && !name.contains(|c: char| c.is_whitespace() || c == '+')
}

/// The tree at one moment: how many rows it had, and its root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkpoint {
    /// Which log it is of.
    pub origin: String,
    pub size: u64,
    pub root: Hash,
    /// The key that signs from here on, where it is changed.
    pub next: Option<PublicKey>,
}

impl Checkpoint {
    fn text(&self) -> String {
        let root = STANDARD.encode(self.root);
        let next = self.next.as_ref();
        let next = next.map_or_else(String::new, |key| format!("{NEXT}{key}\n"));
        format!("{}\n{}\n{root}\n{next}", self.origin, self.size)
    }

    /// The signed note, by each of the keys.
    #[must_use]
    pub fn sign(&self, keys: &[&SigningKey]) -> String {
        let text = self.text();
        let lines: String = keys.iter().map(|key| key.line(&text)).collect();
        format!("{text}\n{lines}")
    }
}

/// A signed note that was read; whether its signatures are right is asked for each key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    pub checkpoint: Checkpoint,
    text: String,
    /// Name, key's hash, signature.
    signatures: Vec<(String, [u8; 4], Vec<u8>)>,
}

impl Note {
    /// # Errors
    /// When it is not a signed checkpoint.
    pub fn parse(note: &str) -> Result<Self, String> {
        let wrong = || {
            "it is not a signed checkpoint, which `bouncer audit export --checkpoint` writes"
                .to_owned()
        };
        let (text, signed) = note.split_once("\n\n").ok_or_else(wrong)?;
        let text = format!("{text}\n");
        let mut lines = text.lines();
        let origin = lines.next().ok_or_else(wrong)?;
        let size = lines.next().ok_or_else(wrong)?;
        let root = lines.next().and_then(|line| STANDARD.decode(line).ok());
        let next = lines.next().and_then(|line| line.strip_prefix(NEXT));
        let checkpoint = Checkpoint {
            origin: origin.to_owned(),
            size: size.parse().map_err(|_| wrong())?,
            root: root
                .and_then(|root| root.try_into().ok())
                .ok_or_else(wrong)?,
            next: next.map(PublicKey::parse).transpose()?,
        };
        // Read and written again it is the same, or it is not what we write.
        if checkpoint.text() != text {
            return Err(wrong());
        }
        let signed = signed.strip_suffix('\n').ok_or_else(wrong)?;
        let signatures: Option<Vec<_>> = signed.split('\n').map(signature).collect();
        let signatures = signatures.ok_or_else(wrong)?;
        Ok(Self {
            checkpoint,
            text,
            signatures,
        })
    }

    /// Whether the key has signed it, and rightly.
    #[must_use]
    pub fn is_signed_by(&self, key: &PublicKey) -> bool {
        self.signatures.iter().any(|(name, id, signature)| {
            *name == key.name
                && *id == key.id()
                && UnparsedPublicKey::new(&ED25519, key.bytes)
                    .verify(self.text.as_bytes(), signature)
                    .is_ok()
        })
    }
}

fn signature(line: &str) -> Option<(String, [u8; 4], Vec<u8>)> {
    let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = STANDARD.decode(bytes).ok()?;
    let (id, signature) = bytes.split_first_chunk::<4>()?;
    Some((name.to_owned(), *id, signature.to_vec()))
}
