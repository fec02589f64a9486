//! Featurebase's signature: HMAC-SHA256 over `<timestamp>.<raw body>`, keyed with the whole secret as text.

use std::fmt;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use hmac::{Hmac, KeyInit, Mac};
use http::{HeaderMap, HeaderName, HeaderValue};
use sha2::Sha256;

use super::misreading::{Misreading, Readings};
use crate::time::Timestamp;

pub static SIGNATURE: HeaderName = HeaderName::from_static("x-webhook-signature");
pub static TIMESTAMP: HeaderName = HeaderName::from_static("x-webhook-timestamp");

/// Most digits of a timestamp; more would not fit a number.
const MAX_DIGITS: usize = 18;

type Keyed = Hmac<Sha256>;

/// The webhook's secrets. Several may be valid at once: after a rotation deliveries signed with either are in flight.
/// Clones share them, so they can be replaced while the program runs.
#[derive(Clone)]
pub struct Secrets(Arc<RwLock<Arc<InForce>>>);

struct InForce {
    keys: Vec<Keyed>,
    readings: Readings,
}

impl Secrets {
    /// Each secret is used as it stands, its `whsec_` prefix included.
    #[must_use]
    pub fn new<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Self {
        Self(Arc::new(RwLock::new(InForce::of(secrets))))
    }

    /// From now on these verify, and no others.
    pub fn replace<S: AsRef<str>>(&self, secrets: impl IntoIterator<Item = S>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = InForce::of(secrets);
    }

    /// Which usual mistake with a secret explains a signature that does not fit.
    pub(super) fn explain(&self, claimed: &Claimed, body: &[u8]) -> Option<Misreading> {
        self.in_force().readings.explain(claimed, body)
    }

    fn in_force(&self) -> Arc<InForce> {
        self.0
            .read()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl InForce {
    fn of<S: AsRef<str>>(secrets: impl IntoIterator<Item = S>) -> Arc<Self> {
        let secrets: Vec<S> = secrets.into_iter().collect();
        let secrets = secrets.iter().map(AsRef::as_ref);
        Arc::new(Self {
            readings: Readings::new(secrets.clone()),
            keys: secrets
                .filter_map(|secret| Keyed::new_from_slice(secret.as_bytes()).ok())
                .collect(),
        })
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Secrets({})", self.in_force().keys.len())
    }
}

crate::vocabulary! {
    /// Why a delivery was refused. Told inside, never to the sender.
    Refusal {
        NoSignature = "no-signature",
        SeveralSignatures = "several-signatures",
        MalformedSignature = "malformed-signature",
        NoTimestamp = "no-timestamp",
        SeveralTimestamps = "several-timestamps",
        MalformedTimestamp = "malformed-timestamp",
        WrongSignature = "wrong-signature",
        /// Rightly signed, but too long ago: a replay, or our clock is ahead.
        TooOld = "too-old",
        /// Rightly signed, but in our future: our clock is behind.
        TooNew = "too-new",
    }
}

/// The two headers, well-formed and not yet verified.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claimed {
    signature: [u8; 32],
    /// As it was sent, which is what was signed.
    timestamp: String,
    seconds: i64,
}

impl Claimed {
    /// Reads the headers strictly: exactly one of each, a timestamp of ASCII digits, a signature of 64 hexadecimal digits.
    ///
    /// # Errors
    /// What is wrong with them.
    pub fn read(headers: &HeaderMap) -> Result<Self, Refusal> {
        let signature = only(headers, &SIGNATURE).map_err(|several| {
            if several {
                Refusal::SeveralSignatures
            } else {
                Refusal::NoSignature
            }
        })?;
        let timestamp = only(headers, &TIMESTAMP).map_err(|several| {
            if several {
                Refusal::SeveralTimestamps
            } else {
                Refusal::NoTimestamp
            }
        })?;
        let mut bytes = [0; 32];
        hex::decode_to_slice(signature.as_bytes(), &mut bytes)
            .map_err(|_| Refusal::MalformedSignature)?;
        let digits = timestamp.as_bytes();
        let well_formed =
            (1..=MAX_DIGITS).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit);
        let timestamp = timestamp
            .to_str()
            .ok()
            .filter(|_| well_formed)
            .ok_or(Refusal::MalformedTimestamp)?;
        Ok(Self {
            signature: bytes,
            timestamp: timestamp.to_owned(),
            seconds: timestamp.parse().map_err(|_| Refusal::MalformedTimestamp)?,
        })
    }

    /// Compares with each secret in constant time, then looks at the age.
    ///
    /// # Errors
    /// That the signature is wrong, or that it is right and the delivery too old or too new.
    pub fn verify(
        &self,
        body: &[u8],
        secrets: &Secrets,
        now: Timestamp,
        window: Duration,
    ) -> Result<(), Refusal> {
        let right = secrets
            .in_force()
            .keys
            .iter()
            .fold(false, |right, key| self.fits(key, body) | right);
        if !right {
            return Err(Refusal::WrongSignature);
        }
        let age = self.age(now);
        let window = i64::try_from(window.as_secs()).unwrap_or(i64::MAX);
        if age > window {
            return Err(Refusal::TooOld);
        }
        if age < -window {
            return Err(Refusal::TooNew);
        }
        Ok(())
    }

    /// Whether the signature is that of this body under this key.
    pub(super) fn fits(&self, key: &Hmac<Sha256>, body: &[u8]) -> bool {
        let mut mac = key.clone();
        mac.update(self.timestamp.as_bytes());
        mac.update(b".");
        mac.update(body);
        mac.verify_slice(&self.signature).is_ok()
    }

    /// Whether the signature is that of the body without its timestamp.
    pub(super) fn fits_alone(&self, key: &Hmac<Sha256>, body: &[u8]) -> bool {
        let mut mac = key.clone();
        mac.update(body);
        mac.verify_slice(&self.signature).is_ok()
    }

    /// Seconds between the timestamp and now; negative when it lies in the future.
    #[must_use]
    pub const fn age(&self, now: Timestamp) -> i64 {
        now.seconds().saturating_sub(self.seconds)
    }
}

/// The only value of a header, or whether there are several.
fn only<'h>(headers: &'h HeaderMap, name: &HeaderName) -> Result<&'h HeaderValue, bool> {
    let mut values = headers.get_all(name).iter();
    match (values.next(), values.next()) {
        (Some(value), None) => Ok(value),
        (Some(_), Some(_)) => Err(true),
        (None, _) => Err(false),
    }
}
