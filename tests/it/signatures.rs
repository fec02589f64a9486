//! Featurebase's signature: what is accepted, and everything that is not.

use std::time::Duration;

use featurebase_bouncer::sandbox::sign;
use featurebase_bouncer::time::Timestamp;
use featurebase_bouncer::webhook::signature::{Claimed, Refusal, SIGNATURE, Secrets, TIMESTAMP};
use http::{HeaderMap, HeaderName, HeaderValue};
use proptest::prelude::*;

const SECRET: &str = "whsec_test_secret_5f2b";
const SENT: &str = "1767225600";
const SENT_SECONDS: i64 = 1_767_225_600;
const BODY: &[u8] =
    br#"{"object":"notification_event","id":"notif_1","topic":"conversation.user.created"}"#;
/// From the contract, made with another program than ours.
const SIGNED: &str = "1403983dd5fd5258287d9d7eb7118f9c3e3255327f67e0d1d34682714375f43c";
const WINDOW: Duration = Duration::from_mins(5);

fn headers(signature: impl AsRef<[u8]>, timestamp: impl AsRef<[u8]>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        (&SIGNATURE, signature.as_ref()),
        (&TIMESTAMP, timestamp.as_ref()),
    ] {
        headers.insert(name, HeaderValue::from_bytes(value).unwrap());
    }
    headers
}

/// Reads the headers and verifies the body at a moment.
fn check(headers: &HeaderMap, body: &[u8], secrets: &[&str], now: i64) -> Result<(), Refusal> {
    let now = Timestamp::from_seconds(now);
    Claimed::read(headers)?.verify(body, &Secrets::new(secrets), now, WINDOW)
}

/// What becomes of this signature and this timestamp on the body they should belong to.
fn check_pair(signature: impl AsRef<[u8]>, timestamp: impl AsRef<[u8]>) -> Result<(), Refusal> {
    check(
        &headers(signature, timestamp),
        BODY,
        &[SECRET],
        SENT_SECONDS,
    )
}

/// What becomes of a timestamp that was rightly signed as it stands.
fn check_timestamp(timestamp: impl AsRef<[u8]>, now: i64) -> Result<(), Refusal> {
    let timestamp = timestamp.as_ref();
    let written = String::from_utf8_lossy(timestamp);
    let signature = sign(SECRET, &written, BODY);
    check(&headers(signature, timestamp), BODY, &[SECRET], now)
}

#[test]
fn the_signature_of_the_contract_is_accepted() {
    assert_eq!(check_pair(SIGNED, SENT), Ok(()));
    assert_eq!(sign(SECRET, SENT, BODY), SIGNED, "the sandbox signs alike");
}

#[test]
fn digits_of_the_signature_may_be_of_either_case() {
    assert_eq!(check_pair(SIGNED.to_uppercase(), SENT), Ok(()));
    let mixed: String = SIGNED
        .char_indices()
        .map(|(at, c)| {
            if at % 2 == 0 {
                c.to_ascii_uppercase()
            } else {
                c
            }
        })
        .collect();
    assert_eq!(check_pair(mixed, SENT), Ok(()));
}

#[test]
fn each_header_must_be_there_exactly_once() {
    for (name, missing, several) in [
        (&SIGNATURE, Refusal::NoSignature, Refusal::SeveralSignatures),
        (&TIMESTAMP, Refusal::NoTimestamp, Refusal::SeveralTimestamps),
    ] {
        let mut without = headers(SIGNED, SENT);
        let value = without.remove(name).unwrap();
        assert_eq!(check(&without, BODY, &[SECRET], SENT_SECONDS), Err(missing));
        for second in [value.clone(), HeaderValue::from_static("")] {
            let mut doubled = headers(SIGNED, SENT);
            doubled.append(name, second);
            assert_eq!(check(&doubled, BODY, &[SECRET], SENT_SECONDS), Err(several));
        }
    }
}

#[test]
fn a_signature_under_another_name_does_not_count() {
    let mut headers = headers(SIGNED, SENT);
    let value = headers.remove(&SIGNATURE).unwrap();
    headers.insert(HeaderName::from_static("x-hub-signature-256"), value);
    let refused = check(&headers, BODY, &[SECRET], SENT_SECONDS);
    assert_eq!(refused, Err(Refusal::NoSignature));
}

#[test]
fn anything_but_64_hexadecimal_digits_is_not_a_signature() {
    for signature in [
        String::new(),
        SIGNED[..63].to_owned(),
        SIGNED[..62].to_owned(),
        format!("{SIGNED}0"),
        format!("{SIGNED}00"),
        format!("sha256={SIGNED}"),
        format!("sha256={}", &SIGNED[..57]),
        format!("0x{}", &SIGNED[..62]),
        format!(" {SIGNED}"),
        format!("{SIGNED} "),
        format!("{} {}", &SIGNED[..32], &SIGNED[32..]),
        format!("{SIGNED},{SIGNED}"),
        format!("g{}", &SIGNED[1..]),
        format!("+{}", &SIGNED[1..]),
        // A digit of another script, and a letter that only looks like one.
        format!("{}１", &SIGNED[..61]),
        format!("{}а", &SIGNED[..62]),
    ] {
        let refused = check_pair(&signature, SENT);
        assert_eq!(refused, Err(Refusal::MalformedSignature), "{signature:?}");
    }
    let latin = [&SIGNED.as_bytes()[..63], b"\xe9"].concat();
    assert_eq!(check_pair(latin, SENT), Err(Refusal::MalformedSignature));
}

#[test]
fn a_well_formed_signature_of_something_else_is_wrong() {
    let others = [
        "0".repeat(64),
        sign(SECRET, SENT, b"{}"),
        sign(SECRET, "1767225601", BODY),
        sign(SECRET, "", BODY),
        // Other schemes: the body alone, and an id before it.
        sign(SECRET, "notif_1.1767225600", BODY),
    ];
    for signature in others {
        assert_eq!(check_pair(signature, SENT), Err(Refusal::WrongSignature));
    }
}

#[test]
fn five_minutes_either_way_are_accepted_and_not_a_second_more() {
    for (age, expected) in [
        (0, Ok(())),
        (299, Ok(())),
        (300, Ok(())),
        (301, Err(Refusal::TooOld)),
        (3_601, Err(Refusal::TooOld)),
        (-300, Ok(())),
        (-301, Err(Refusal::TooNew)),
        (-3_601, Err(Refusal::TooNew)),
    ] {
        assert_eq!(check_timestamp(SENT, SENT_SECONDS + age), expected, "{age}");
    }
}

#[test]
fn a_wrong_signature_is_told_before_a_wrong_age() {
    let stale = headers("0".repeat(64), SENT);
    let refused = check(&stale, BODY, &[SECRET], SENT_SECONDS + 9_000);
    assert_eq!(refused, Err(Refusal::WrongSignature));
}

#[test]
fn the_age_is_told_in_seconds_and_does_not_overflow() {
    let age = |timestamp: &str, now: Timestamp| {
        Claimed::read(&headers(SIGNED, timestamp)).unwrap().age(now)
    };
    assert_eq!(age(SENT, Timestamp::from_seconds(SENT_SECONDS + 420)), 420);
    assert_eq!(age(SENT, Timestamp::from_seconds(SENT_SECONDS - 420)), -420);
    let latest = age("999999999999999999", Timestamp::from_millis(i64::MIN));
    assert!(latest < -999_999_999_999_999_999, "{latest}");
    assert_eq!(
        check_timestamp("999999999999999999", SENT_SECONDS),
        Err(Refusal::TooNew)
    );
    assert_eq!(check_timestamp("0", SENT_SECONDS), Err(Refusal::TooOld));
}

#[test]
fn anything_but_ascii_digits_is_not_a_timestamp() {
    for timestamp in [
        "",
        " ",
        "+1767225600",
        "-1767225600",
        " 1767225600",
        "1767225600 ",
        "1 767225600",
        "1767225600.0",
        "1767225600,5",
        "1_767_225_600",
        "1e9",
        "0x69561500",
        "NaN",
        "inf",
        "١٧٦٧٢٢٥٦٠٠",
        "１７６７２２５６００",
        "2026-01-01T00:00:00Z",
        // One digit more than any number holds, and many more.
        "1000000000000000000",
        "0000000001767225600",
        "99999999999999999999999999999999999999",
    ] {
        let refused = check_timestamp(timestamp, SENT_SECONDS);
        assert_eq!(refused, Err(Refusal::MalformedTimestamp), "{timestamp:?}");
    }
    let long = "1".repeat(60_000);
    let refused = check_timestamp(long, SENT_SECONDS);
    assert_eq!(refused, Err(Refusal::MalformedTimestamp));
    let latin = check_timestamp(b"176722560\xb2", SENT_SECONDS);
    assert_eq!(latin, Err(Refusal::MalformedTimestamp));
}

#[test]
fn the_timestamp_is_signed_as_it_was_sent() {
    // The same moment, written otherwise: other bytes were signed.
    assert_eq!(
        check_pair(SIGNED, "01767225600"),
        Err(Refusal::WrongSignature)
    );
    assert_eq!(check_timestamp("01767225600", SENT_SECONDS), Ok(()));
    assert_eq!(check_timestamp("000000001767225600", SENT_SECONDS), Ok(()));
}

#[test]
fn any_of_several_secrets_will_do() {
    let sent = headers(SIGNED, SENT);
    let check = |secrets: &[&str]| check(&sent, BODY, secrets, SENT_SECONDS);
    assert_eq!(check(&["whsec_the_new_one_77", SECRET]), Ok(()));
    assert_eq!(check(&[SECRET, "whsec_the_new_one_77"]), Ok(()));
    assert_eq!(check(&["whsec_a", "whsec_b"]), Err(Refusal::WrongSignature));
    assert_eq!(check(&[]), Err(Refusal::WrongSignature), "no secret at all");
}

#[test]
fn the_secret_is_used_whole() {
    let with = |secret: &str| check(&headers(SIGNED, SENT), BODY, &[secret], SENT_SECONDS);
    assert_eq!(with(SECRET), Ok(()));
    for other in [
        "test_secret_5f2b",
        "whsec_",
        "WHSEC_test_secret_5f2b",
        "whsec_test_secret_5f2b ",
        "whsec_test_secret_5f2",
        "",
    ] {
        assert_eq!(with(other), Err(Refusal::WrongSignature), "{other:?}");
    }
    // Longer than a block of the hash.
    let long = format!("whsec_{}", "x".repeat(300));
    let signed = headers(sign(&long, SENT, BODY), SENT);
    assert_eq!(check(&signed, BODY, &[&long], SENT_SECONDS), Ok(()));
}

#[test]
fn secrets_hide_themselves_in_logs() {
    let told = format!("{:?}", Secrets::new([SECRET, "whsec_other"]));
    assert_eq!(told, "Secrets(2)");
}

#[test]
fn any_bytes_may_be_signed() {
    for body in [&b""[..], b"\0", b"\xff\xfe", b".", b"1767225600.{}"] {
        let sent = headers(sign(SECRET, SENT, body), SENT);
        assert_eq!(check(&sent, body, &[SECRET], SENT_SECONDS), Ok(()));
    }
}

fn flipped(bytes: &[u8], bit: usize) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    bytes[bit / 8] ^= 1 << (bit % 8);
    bytes
}

proptest! {
    #[test]
    fn a_delivery_with_any_bit_flipped_is_refused(
        body in prop::collection::vec(any::<u8>(), 1..300),
        secret in "whsec_[A-Za-z0-9]{16,40}",
        seconds in 1_000_000_000_i64..2_000_000_000,
        bits in any::<[prop::sample::Index; 3]>(),
    ) {
        let timestamp = seconds.to_string();
        let signature = sign(&secret, &timestamp, &body);
        let accepted = |signature: &[u8], timestamp: &[u8], body: &[u8]| {
            // What cannot even stand in a header does not get as far.
            let (Ok(signature), Ok(timestamp)) = (HeaderValue::from_bytes(signature), HeaderValue::from_bytes(timestamp)) else {
                return false;
            };
            let mut headers = HeaderMap::new();
            headers.insert(&SIGNATURE, signature);
            headers.insert(&TIMESTAMP, timestamp);
            check(&headers, body, &[&secret], seconds).is_ok()
        };
        prop_assert!(accepted(signature.as_bytes(), timestamp.as_bytes(), &body));
        let [in_body, in_timestamp, in_signature] = bits;
        let other = flipped(&body, in_body.index(body.len() * 8));
        prop_assert!(!accepted(signature.as_bytes(), timestamp.as_bytes(), &other));
        let other = flipped(timestamp.as_bytes(), in_timestamp.index(timestamp.len() * 8));
        prop_assert!(!accepted(signature.as_bytes(), &other, &body));
        let other = flipped(&hex::decode(&signature).unwrap(), in_signature.index(256));
        prop_assert!(!accepted(hex::encode(other).as_bytes(), timestamp.as_bytes(), &body));
    }

    #[test]
    fn a_body_cut_short_or_continued_is_refused(body in prop::collection::vec(any::<u8>(), 1..100), more in prop::collection::vec(any::<u8>(), 1..20)) {
        let sent = headers(sign(SECRET, SENT, &body), SENT);
        let refused = Err(Refusal::WrongSignature);
        prop_assert_eq!(check(&sent, &body[..body.len() - 1], &[SECRET], SENT_SECONDS), refused);
        prop_assert_eq!(check(&sent, &[&body[..], &more].concat(), &[SECRET], SENT_SECONDS), refused);
    }

    #[test]
    fn no_headers_make_the_reader_fail(signature in prop::collection::vec(0x20..=0xff_u8, 0..80), timestamp in prop::collection::vec(0x20..=0xff_u8, 0..30)) {
        prop_assume!(!signature.contains(&0x7f) && !timestamp.contains(&0x7f));
        let refused = check_pair(signature, timestamp);
        prop_assert!(refused.is_err());
    }
}
