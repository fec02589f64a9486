//! Which usual mistake with the secret, or on the way, explains a signature that does not fit. Only a remedy comes of it:
//! what fits a misreading stays refused.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, STANDARD_NO_PAD, URL_SAFE, URL_SAFE_NO_PAD};
use hmac::{Hmac, KeyInit};
use sha2::Sha256;

use super::rewritten;
use super::signature::Claimed;

/// What Featurebase's secrets begin with.
const PREFIX: &str = "whsec_";

/// Larger bodies are not looked into: the mistake shows in a small one, too, and looking must stay cheap.
const LARGEST: usize = 64 * 1024;

crate::vocabulary! {
    /// A mistake that explains a wrong signature.
    Misreading {
        /// Our secret lacks the `whsec_` it was signed with.
        PrefixMissing = "prefix-missing",
        /// Signed with what follows `whsec_`.
        PrefixCut = "prefix-cut",
        /// Signed with the bytes the secret stands for in base64, as the Standard Webhooks scheme does.
        Base64 = "base64",
        /// Signed with a line end or a blank after the secret.
        LineEnd = "line-end",
        /// There are quotes around our secret, or around the one it was signed with.
        Quotes = "quotes",
        /// Signed with the secret in other capitals.
        Capitals = "capitals",
        /// Signed without the timestamp.
        BodyAlone = "body-alone",
        /// The body was written anew on its way.
        BodyRewritten = "body-rewritten",
    }
}

impl Misreading {
    /// What is wrong and what to do.
    #[must_use]
    pub const fn remedy(self) -> &'static str {
        match self {
            Self::PrefixMissing => {
                "the secret lacks its `whsec_` here: copy it again from Featurebase, whole, into FEATUREBASE_WEBHOOK_SECRET"
            }
            Self::PrefixCut => {
                "what was posted is signed with the secret without its `whsec_`: if that was put in front by hand, remove it; otherwise the sender must sign with the whole secret, as Featurebase does"
            }
            Self::Base64 => {
                "what was posted is signed with the secret decoded from base64, as Standard Webhooks does: the sender must sign with the secret as text, as Featurebase does"
            }
            Self::LineEnd => {
                "what was posted is signed with a line end or a blank after the secret: remove it where the sender keeps its secret"
            }
            Self::Quotes => {
                "there are quotes around the secret, here or at the sender: FEATUREBASE_WEBHOOK_SECRET must hold it without any"
            }
            Self::Capitals => {
                "the secret differs only in capital and small letters: copy it again from Featurebase"
            }
            Self::BodyAlone => {
                "what was posted is signed without its timestamp: the sender must sign the timestamp, a dot and the body, as Featurebase does"
            }
            Self::BodyRewritten => {
                "the secret is right, but the body was written anew on its way: let the proxy in front pass bodies on byte for byte"
            }
        }
    }
}

/// The secrets as they are and as they may be misread, each as a key.
pub(super) struct Readings {
    right: Vec<Hmac<Sha256>>,
    wrong: Vec<(Misreading, Hmac<Sha256>)>,
}

impl Readings {
    pub fn new<'a>(secrets: impl IntoIterator<Item = &'a str>) -> Self {
        let mut readings = Self {
            right: Vec::new(),
            wrong: Vec::new(),
        };
        for secret in secrets {
            readings.right.extend(key(secret.as_bytes()));
            let misread = misread(secret).into_iter();
            let keys = misread.filter_map(|(how, bytes)| Some((how, key(&bytes)?)));
            readings.wrong.extend(keys);
        }
        readings
    }

    /// Which mistake makes the signature fit, if a usual one does.
    pub fn explain(&self, claimed: &Claimed, body: &[u8]) -> Option<Misreading> {
        if body.len() > LARGEST {
            return None;
        }
        let misread = self.wrong.iter();
        let misread = misread.filter(|(_, key)| claimed.fits(key, body));
        if let Some((how, _)) = misread.clone().next() {
            return Some(*how);
        }
        if self.right.iter().any(|key| claimed.fits_alone(key, body)) {
            return Some(Misreading::BodyAlone);
        }
        let forms = rewritten::forms(body);
        let fits = |form: &Vec<u8>| self.right.iter().any(|key| claimed.fits(key, form));
        forms.iter().any(fits).then_some(Misreading::BodyRewritten)
    }
}

fn key(bytes: &[u8]) -> Option<Hmac<Sha256>> {
    Hmac::new_from_slice(bytes).ok()
}

/// Everything a secret is mistaken for.
fn misread(secret: &str) -> Vec<(Misreading, Cow<'_, [u8]>)> {
    let text = |text: String| Cow::Owned(text.into_bytes());
    let rest = secret.strip_prefix(PREFIX);
    let mut all = Vec::new();
    match rest {
        Some(rest) => all.push((Misreading::PrefixCut, Cow::Borrowed(rest.as_bytes()))),
        None => all.push((Misreading::PrefixMissing, text(format!("{PREFIX}{secret}")))),
    }
    for encoded in [rest.unwrap_or(secret), secret] {
        for engine in [&STANDARD, &STANDARD_NO_PAD, &URL_SAFE, &URL_SAFE_NO_PAD] {
            if let Ok(bytes) = engine.decode(encoded) {
                all.push((Misreading::Base64, Cow::Owned(bytes)));
                break;
            }
        }
    }
    for end in ["\n", "\r\n", " "] {
        all.push((Misreading::LineEnd, text(format!("{secret}{end}"))));
    }
    let bare = secret.trim_matches(['"', '\'']);
    if bare != secret {
        all.push((Misreading::Quotes, Cow::Borrowed(bare.as_bytes())));
    }
    for quote in ['"', '\''] {
        all.push((Misreading::Quotes, text(format!("{quote}{secret}{quote}"))));
    }
    let capitals = [
        secret.to_ascii_lowercase(),
        secret.to_ascii_uppercase(),
        rest.map_or_else(String::new, |rest| {
            format!("{PREFIX}{}", rest.to_ascii_uppercase())
        }),
    ];
    for other in capitals {
        if other != secret && !other.is_empty() {
            all.push((Misreading::Capitals, text(other)));
        }
    }
    all
}
