//! Addresses of wallets. Where a currency's addresses have check digits, these decide.

use sha2::{Digest as _, Sha256};

use super::Found;

/// Bytes that begin an address in base58 with a checksum, from the currencies' own `chainparams` and, for Tron, its
/// documentation of accounts.
const VERSIONS: [u8; 8] = [
    0x00, // Bitcoin, to a key: 1...
    0x05, // Bitcoin, to a script: 3...
    0x30, // Litecoin: L...
    0x32, // Litecoin, to a script: M...
    0x1e, // Dogecoin: D...
    0x16, // Dogecoin, to a script: 9... and A...
    0x4c, // Dash: X...
    0x41, // Tron: T...
];
/// What stands before the `1` of a bech32 address: Bitcoin, Litecoin, Cardano.
const PREFIXES: [&str; 3] = ["bc", "ltc", "addr"];
const BASE58: &[u8] = b"123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
const BECH32: &[u8] = b"qpzry9x8gf2tvdw0s3jn54khce6mua7l";
/// Lengths of the addresses, in characters.
const SHORTEST: usize = 26;
const LONGEST: usize = 110;

/// The addresses in a text as it is shown.
pub(super) fn find(text: &str) -> Vec<Found> {
    let mut names_solana = None;
    let mut found = Vec::new();
    let mut start = 0;
    for piece in text.split_inclusive(|c: char| !c.is_ascii_alphanumeric()) {
        let word = piece.trim_end_matches(|c: char| !c.is_ascii_alphanumeric());
        let place = start..start + word.len();
        start += piece.len();
        if !(SHORTEST..=LONGEST).contains(&word.len()) {
            continue;
        }
        let is_solana =
            |word: &str| is_solana(word) && *names_solana.get_or_insert_with(|| says_solana(text));
        if let Some(key) = key_of(word, is_solana) {
            found.push(Found { place, key });
        }
    }
    found
}

/// The address in the form that is compared, if `word` is one.
fn key_of(word: &str, is_solana: impl FnOnce(&str) -> bool) -> Option<String> {
    if is_ethereum(word) || is_bech32(word) {
        return Some(word.to_ascii_lowercase());
    }
    (is_checked_base58(word) || is_monero(word) || is_solana(word)).then(|| word.to_owned())
}

/// `0x` and 40 hexadecimal digits. The zero address is a placeholder and nobody's.
fn is_ethereum(word: &str) -> bool {
    word.strip_prefix("0x")
        .or_else(|| word.strip_prefix("0X"))
        .is_some_and(|digits| {
            digits.len() == 40
                && digits.bytes().all(|digit| digit.is_ascii_hexdigit())
                && digits.bytes().any(|digit| digit != b'0')
        })
}

/// A version, 20 bytes and four check digits, in base58.
fn is_checked_base58(word: &str) -> bool {
    if word.len() > 36 {
        return false;
    }
    let Some(bytes) = base58(word) else {
        return false;
    };
    let Some((payload, check)) = bytes.split_last_chunk::<4>() else {
        return false;
    };
    let twice = Sha256::digest(Sha256::digest(payload));
    payload.len() == 21
        && payload
            .first()
            .is_some_and(|version| VERSIONS.contains(version))
        && twice.starts_with(check)
}

/// BIP 173 and BIP 350: either constant, since both are in use.
fn is_bech32(word: &str) -> bool {
    let has = |test: fn(&u8) -> bool| word.as_bytes().iter().any(test);
    if has(u8::is_ascii_lowercase) && has(u8::is_ascii_uppercase) {
        return false;
    }
    let word = word.to_ascii_lowercase();
    let Some((prefix, data)) = word.split_once('1') else {
        return false;
    };
    if !PREFIXES.contains(&prefix) {
        return false;
    }
    let values: Option<Vec<u32>> = data.bytes().map(|c| value_in(BECH32, c)).collect();
    let Some(values) = values else {
        return false;
    };
    let high = prefix.bytes().map(|c| u32::from(c >> 5));
    let low = prefix.bytes().map(|c| u32::from(c & 31));
    let check = high.chain([0]).chain(low).chain(values).fold(1, polymod);
    matches!(check, 1 | 0x2bc8_30a3)
}

fn polymod(check: u32, value: u32) -> u32 {
    const GENERATOR: [u32; 5] = [
        0x3b6a_57b2,
        0x2650_8e6d,
        0x1ea1_19fa,
        0x3d42_33dd,
        0x2a14_62b3,
    ];
    let top = check >> 25;
    let shifted = ((check & 0x01ff_ffff) << 5) ^ value;
    GENERATOR
        .iter()
        .enumerate()
        .filter(|(bit, _)| (top >> bit) & 1 == 1)
        .fold(shifted, |check, (_, generator)| check ^ generator)
}

/// Its check digits take a hash of their own; length, alphabet and first character are telling enough.
fn is_monero(word: &str) -> bool {
    matches!(word.len(), 95 | 106)
        && word.starts_with(['4', '8'])
        && word.bytes().all(|c| BASE58.contains(&c))
}

/// 32 bytes in base58, without check digits.
fn is_solana(word: &str) -> bool {
    (43..=44).contains(&word.len())
        && word.bytes().any(|c| c.is_ascii_digit())
        && word.bytes().any(|c| c.is_ascii_uppercase())
        && word.bytes().any(|c| c.is_ascii_lowercase())
        && base58(word).is_some_and(|bytes| bytes.len() == 32)
}

fn says_solana(text: &str) -> bool {
    const NAMES: [&str; 4] = ["sol", "solana", "phantom", "solflare"];
    text.split(|c: char| !c.is_ascii_alphanumeric())
        .any(|word| NAMES.iter().any(|name| word.eq_ignore_ascii_case(name)))
}

fn value_in(alphabet: &[u8], c: u8) -> Option<u32> {
    let at = alphabet.iter().position(|known| *known == c)?;
    u32::try_from(at).ok()
}

/// The number `word` stands for, in bytes, with a zero byte for each leading 1. Its cost grows with the square of the
/// length, so callers look at short words only.
fn base58(word: &str) -> Option<Vec<u8>> {
    let mut reversed: Vec<u8> = Vec::new();
    for c in word.bytes() {
        let mut carry = value_in(BASE58, c)?;
        for byte in &mut reversed {
            carry += u32::from(*byte) * 58;
            *byte = u8::try_from(carry & 0xff).ok()?;
            carry >>= 8;
        }
        while carry > 0 {
            reversed.push(u8::try_from(carry & 0xff).ok()?);
            carry >>= 8;
        }
    }
    let zeros = word.bytes().take_while(|c| *c == b'1').count();
    reversed.extend(std::iter::repeat_n(0, zeros));
    reversed.reverse();
    Some(reversed)
}
