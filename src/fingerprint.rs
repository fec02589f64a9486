//! Near-duplicates: texts that are the same but for a name, a number or a word.
//!
//! `MinHash` (Broder, 1997) by one permutation hashing (Li, Owen, Zhang, 2012) with the empty bins filled as Shrivastava and Li
//! (2014) do, over runs of four characters. Two fingerprints agree in about as many bins as the texts share of their runs
//! (Jaccard similarity); banding (locality-sensitive hashing) makes likely pairs findable by index.
//!
//! Fingerprints are stored, so nothing here may change how they come out.

/// Bins of a fingerprint.
const BINS: usize = 64;
/// Runs of so many characters are compared.
const RUN: usize = 4;
/// Texts with fewer runs than this count as the same only if they are equal: a greeting is no wave.
const FEWEST_RUNS: usize = 20;
/// From this share of common runs on two texts count as the same.
const ALIKE: f64 = 0.65;
/// Keys under which a fingerprint is found; two texts three quarters alike share one with a probability of 97 %.
pub const KEYS: usize = 4;

/// What a text is compared by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fingerprint {
    bins: [u8; BINS],
    keys: [i64; KEYS],
}

impl Fingerprint {
    /// The fingerprint of a text in the form in which texts are compared; nothing for a text without a letter or digit.
    #[must_use]
    pub fn of(folded: &str) -> Option<Self> {
        let text = essence(folded);
        if text.is_empty() {
            return None;
        }
        let mut minima = [None; BINS];
        if text.len() < FEWEST_RUNS + RUN {
            let whole = hash(&text);
            for (bin, number) in minima.iter_mut().zip(0_u64..) {
                *bin = Some(mixed(whole.wrapping_add(number)));
            }
        } else {
            for run in text.windows(RUN) {
                let hash = hash(run);
                let number = usize::try_from(hash >> 58).unwrap_or(0);
                if let Some(bin) = minima.get_mut(number) {
                    *bin = Some(bin.map_or(hash, |least: u64| least.min(hash)));
                }
            }
        }
        Some(Self::of_minima(&filled(&minima)))
    }

    fn of_minima(minima: &[u64; BINS]) -> Self {
        let mut keys = [0; KEYS];
        for ((key, pair), number) in keys.iter_mut().zip(minima.chunks(2)).zip(1_u64..) {
            let both = pair.iter().fold(number, |key, least| mixed(key ^ least));
            *key = i64::from_ne_bytes(both.to_ne_bytes());
        }
        let mut bins = [0; BINS];
        for (bin, least) in bins.iter_mut().zip(minima) {
            *bin = mixed(*least).to_le_bytes()[0];
        }
        Self { bins, keys }
    }

    /// The keys under which it is found: near-duplicates share at least one of them.
    #[must_use]
    pub const fn keys(&self) -> [i64; KEYS] {
        self.keys
    }

    /// The share of what the two texts have in common, 0 to 1: an estimate, off by 0.06 in the mean.
    #[must_use]
    pub fn likeness(&self, other: &Self) -> f64 {
        let same = self.bins.iter().zip(&other.bins).filter(|(a, b)| a == b);
        let share = f64::from(u8::try_from(same.count()).unwrap_or(0)) / 64.0;
        // Bins that differ still agree in their last byte once in 256 times.
        ((share - 1.0 / 256.0) / (1.0 - 1.0 / 256.0)).max(0.0)
    }

    /// Whether one text is the other but for small changes.
    #[must_use]
    pub fn is_like(&self, other: &Self) -> bool {
        self.likeness(other) >= ALIKE
    }

    /// As it is stored: the bins in hexadecimal.
    #[must_use]
    pub fn to_text(&self) -> String {
        hex::encode(self.bins)
    }

    /// What [`to_text`](Self::to_text) wrote and the keys that were stored beside it.
    #[must_use]
    pub fn from_text(bins: &str, keys: [i64; KEYS]) -> Option<Self> {
        let bins = hex::decode(bins).ok()?.try_into().ok()?;
        Some(Self { bins, keys })
    }
}

/// The letters of a text; each run of digits one `0`, whatever else stands between one blank.
fn essence(folded: &str) -> Vec<char> {
    let mut text = Vec::new();
    for c in folded.chars() {
        let c = match c {
            c if c.is_numeric() => '0',
            c if c.is_alphanumeric() => c,
            _ => ' ',
        };
        if c.is_alphabetic() || text.last() != Some(&c) {
            text.push(c);
        }
    }
    if text.last() == Some(&' ') {
        text.pop();
    }
    if text.first() == Some(&' ') {
        text.remove(0);
    }
    text
}

/// Empty bins take what stands in the next full one, told apart by how far away it is.
fn filled(minima: &[Option<u64>; BINS]) -> [u64; BINS] {
    let mut filled = [0; BINS];
    let (mut next, mut away) = (0, 0_u64);
    // Twice around, from the end: bins at the end borrow from the beginning.
    for _ in 0..2 {
        for (place, least) in filled.iter_mut().zip(minima).rev() {
            if let Some(least) = least {
                (next, away) = (*least, 0);
            } else {
                away += 1;
            }
            *place = mixed(next.wrapping_add(away.wrapping_mul(0x9e37_79b9_7f4a_7c15)));
        }
    }
    filled
}

/// FNV-1a over the characters, mixed.
fn hash(run: &[char]) -> u64 {
    let hash = run.iter().fold(0xcbf2_9ce4_8422_2325, |hash, c| {
        (hash ^ u64::from(u32::from(*c))).wrapping_mul(0x0000_0100_0000_01b3)
    });
    mixed(hash)
}

/// The finaliser of `SplitMix64`: every bit depends on every other.
const fn mixed(mut bits: u64) -> u64 {
    bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ (bits >> 31)
}
