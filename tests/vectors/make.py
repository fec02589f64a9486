#!/usr/bin/env python3
"""Makes webhook.json: signed deliveries, right and wrong, and what must become of each.

    tests/vectors/make.py > tests/vectors/webhook.json
    tests/vectors/make.py --check        says whether the file is what this makes

Only Python's standard library signs here, so the cases do not lean on the program they test.
"""

import base64
import hashlib
import hmac
import json
import pathlib
import sys

NOW = 1767225600
WINDOW = 300
SECRET = "whsec_test_secret_5f2b"
OTHER = "whsec_the_new_one_77aa"
# What follows the prefix is base64, as in secrets made for the Standard Webhooks scheme.
ENCODED = "whsec_" + base64.b64encode(b"thirty-two bytes of a secret key").decode()
BODY = b'{"object":"notification_event","id":"notif_1","topic":"conversation.user.created"}'
CONTRACT = "1403983dd5fd5258287d9d7eb7118f9c3e3255327f67e0d1d34682714375f43c"
SIGNATURE = "X-Webhook-Signature"
TIMESTAMP = "X-Webhook-Timestamp"

cases = []


def sign(timestamp, body=BODY, key=SECRET):
    key = key.encode() if isinstance(key, str) else key
    return hmac.new(key, str(timestamp).encode() + b"." + body, hashlib.sha256).hexdigest()


def case(name, expected, headers=None, body=BODY, secrets=(SECRET,), now=NOW, over_http=None):
    if headers is None:
        headers = [(SIGNATURE, sign(NOW, body)), (TIMESTAMP, str(NOW))]
    made = {
        "name": name,
        "secrets": list(secrets),
        "now": now,
        "headers": [list(pair) for pair in headers],
        "body": body_of(body),
        "expected": expected,
    }
    if over_http is not None:
        made["over_http"] = over_http
    cases.append(made)


def body_of(body):
    try:
        text = body.decode("utf-8")
        if not text.startswith("\ufeff"):
            return {"text": text}
    except UnicodeDecodeError:
        pass
    return {"base64": base64.b64encode(body).decode()}


def signed(name, expected, signature, **rest):
    """The contract's delivery under another signature."""
    case(name, expected, [(SIGNATURE, signature), (TIMESTAMP, str(NOW))], **rest)


def timed(name, expected, timestamp, **rest):
    """Rightly signed with its timestamp as it stands."""
    case(name, expected, [(SIGNATURE, sign(timestamp)), (TIMESTAMP, timestamp)], **rest)


def headers():
    s, t = (SIGNATURE, CONTRACT), (TIMESTAMP, str(NOW))
    case("the contract's own example", "accepted", [s, t])
    case("the headers in the other order", "accepted", [t, s])
    for how in (str.lower, str.upper, str.swapcase):
        case("header names written %s" % how("X-Webhook-Signature"), "accepted", [(how(n), v) for n, v in (s, t)])
    case("other headers between", "accepted", [("X-First", "1"), s, ("X-Middle", "2"), t, ("X-Last", "3")])
    case("no signature", "no-signature", [t])
    case("no timestamp", "no-timestamp", [s])
    case("neither header", "no-signature", [])
    case("the signature twice", "several-signatures", [s, s, t])
    case("the signature twice, apart", "several-signatures", [s, t, s])
    case("a second signature that is empty", "several-signatures", [s, (SIGNATURE, ""), t])
    case("a wrong signature before the right one", "several-signatures", [(SIGNATURE, "0" * 64), s, t])
    case("a second signature under a lower-case name", "several-signatures", [s, t, (SIGNATURE.lower(), "0" * 64)])
    case("the timestamp twice", "several-timestamps", [s, t, t])
    case("a second timestamp that is empty", "several-timestamps", [s, t, (TIMESTAMP, "")])
    case("another timestamp before the right one", "several-timestamps", [s, (TIMESTAMP, "1"), t])
    case("both headers twice", "several-signatures", [s, t, s, t])
    case("two signatures in one header", "malformed-signature", [(SIGNATURE, CONTRACT + ", " + CONTRACT), t])
    case("two timestamps in one header", "malformed-timestamp", [s, (TIMESTAMP, "%d, %d" % (NOW, NOW))])
    case("signature and timestamp changed about", "malformed-signature", [(SIGNATURE, str(NOW)), (TIMESTAMP, CONTRACT)])
    for name in ("X-Hub-Signature-256", "Webhook-Signature", "X-Webhook-Signature-256", "X_Webhook_Signature"):
        case("the signature under the name " + name, "no-signature", [(name, CONTRACT), t])
    for name in ("Webhook-Timestamp", "X-Webhook-Time", "Date"):
        case("the timestamp under the name " + name, "no-timestamp", [s, (name, str(NOW))])


def signatures():
    for length in range(64):
        signed("the signature cut off after %d digits" % length, "malformed-signature", CONTRACT[:length])
    signed("the signature in upper case", "accepted", CONTRACT.upper())
    signed("the signature in mixed case", "accepted", CONTRACT[:32].upper() + CONTRACT[32:])
    for name, signature in (
        ("one digit too many", CONTRACT + "0"),
        ("two digits too many", CONTRACT + "00"),
        ("the signature twice over", CONTRACT * 2),
        ("the prefix sha256=", "sha256=" + CONTRACT),
        ("the prefix sha256= and the length kept", "sha256=" + CONTRACT[:57]),
        ("the prefix v1=", "v1=" + CONTRACT),
        ("the prefix v1,", "v1," + CONTRACT),
        ("the prefix t=..,v1=", "t=%d,v1=%s" % (NOW, CONTRACT)),
        ("the prefix 0x", "0x" + CONTRACT),
        ("the prefix 0x and the length kept", "0x" + CONTRACT[:62]),
        ("a plus sign first", "+" + CONTRACT[1:]),
        ("a letter that is no digit", "g" + CONTRACT[1:]),
        ("padding at the end", CONTRACT + "=="),
        ("quotes around it", '"%s"' % CONTRACT),
        ("a blank within", CONTRACT[:32] + " " + CONTRACT[32:]),
        ("a colon between bytes", ":".join(CONTRACT[i : i + 2] for i in range(0, 64, 2))),
        ("a full-width digit", CONTRACT[:61] + "\uff11"),
        ("a Cyrillic letter that looks like a digit", CONTRACT[:62] + "\u0430"),
        ("64 multi-byte characters", "\u00e9" * 64),
        ("in base64", base64.b64encode(bytes.fromhex(CONTRACT)).decode()),
        ("in base64url without padding", base64.urlsafe_b64encode(bytes.fromhex(CONTRACT)).decode().rstrip("=")),
        ("64 percent signs", "%" * 64),
        ("the word null", "null"),
        ("very long", "a" * 4096),
    ):
        signed("signature with " + name, "malformed-signature", signature)
    for name, signature in (("before", " " + CONTRACT), ("after", CONTRACT + " "), ("and tab around", "\t" + CONTRACT + " ")):
        signed("a blank %s the signature" % name, "malformed-signature", signature, over_http="accepted")
    for name, signature in (
        ("nothing but zeros", "0" * 64),
        ("the last digit changed", CONTRACT[:-1] + "d"),
        ("the first digit changed", "0" + CONTRACT[1:]),
        ("the first half right", CONTRACT[:32] + "0" * 32),
        ("the bytes in the other order", bytes.fromhex(CONTRACT)[::-1].hex()),
        ("the body signed alone", hmac.new(SECRET.encode(), BODY, hashlib.sha256).hexdigest()),
        ("no dot between", hmac.new(SECRET.encode(), b"%d" % NOW + BODY, hashlib.sha256).hexdigest()),
        ("an id before the timestamp", hmac.new(SECRET.encode(), b"notif_1.%d." % NOW + BODY, hashlib.sha256).hexdigest()),
        ("the body before the timestamp", hmac.new(SECRET.encode(), BODY + b".%d" % NOW, hashlib.sha256).hexdigest()),
        ("a plain hash without the secret", hashlib.sha256(b"%d." % NOW + BODY).hexdigest()),
        ("the secret put before what is hashed", hashlib.sha256(SECRET.encode() + b"%d." % NOW + BODY).hexdigest()),
        ("SHA-512 cut to the length", hmac.new(SECRET.encode(), b"%d." % NOW + BODY, hashlib.sha512).hexdigest()[:64]),
        ("the signature of another second", sign(NOW + 1)),
        ("the signature of another body", sign(NOW, b"{}")),
        ("an empty timestamp signed", sign("")),
    ):
        signed("well-formed but wrong: " + name, "wrong-signature", signature)


def timestamps():
    for name, offset, expected in (
        ("exactly now", 0, "accepted"),
        ("one second ago", -1, "accepted"),
        ("299 seconds ago", -299, "accepted"),
        ("300 seconds ago", -300, "accepted"),
        ("301 seconds ago", -301, "too-old"),
        ("an hour ago", -3600, "too-old"),
        ("in one second", 1, "accepted"),
        ("in 299 seconds", 299, "accepted"),
        ("in 300 seconds", 300, "accepted"),
        ("in 301 seconds", 301, "too-new"),
        ("in an hour", 3600, "too-new"),
    ):
        timed("sent " + name, expected, str(NOW + offset))
    timed("zero", "too-old", "0")
    timed("milliseconds", "too-new", str(NOW * 1000))
    timed("microseconds", "too-new", str(NOW * 1_000_000))
    timed("the largest of 18 digits", "too-new", "9" * 18)
    timed("a leading zero, signed so", "accepted", "0%d" % NOW)
    timed("eight leading zeros, signed so", "accepted", "00000000%d" % NOW)
    case("a leading zero, not signed so", "wrong-signature", [(SIGNATURE, CONTRACT), (TIMESTAMP, "0%d" % NOW)])
    for name, timestamp in (
        ("empty", ""),
        ("a plus sign", "+%d" % NOW),
        ("a minus sign", "-%d" % NOW),
        ("NaN", "NaN"),
        ("Infinity", "Infinity"),
        ("an exponent", "1.7672256e9"),
        ("a bare exponent", "17672256e2"),
        ("a fraction", "%d.0" % NOW),
        ("a comma", "1767225,600"),
        ("underscores", "1_767_225_600"),
        ("a blank within", "1767 225600"),
        ("hexadecimal", hex(NOW)),
        ("an ISO date", "2026-01-01T00:00:00Z"),
        ("an HTTP date", "Thu, 01 Jan 2026 00:00:00 GMT"),
        ("a suffix", "%ds" % NOW),
        ("quotes", '"%d"' % NOW),
        ("Arabic digits", "".join(chr(0x660 + int(d)) for d in str(NOW))),
        ("Devanagari digits", "".join(chr(0x966 + int(d)) for d in str(NOW))),
        ("full-width digits", "".join(chr(0xFF10 + int(d)) for d in str(NOW))),
        ("a superscript digit", str(NOW)[:-1] + "\u00b2"),
        ("the largest 64-bit number", str(2**63 - 1)),
        ("one more than the largest 64-bit number", str(2**63)),
        ("the smallest 64-bit number", str(-(2**63))),
        ("the largest unsigned 64-bit number", str(2**64 - 1)),
        ("19 digits with leading zeros", "000000000%d" % NOW),
        ("a thousand digits", "1" * 1000),
    ):
        timed("timestamp with " + name, "malformed-timestamp", timestamp)
    blank = [(SIGNATURE, CONTRACT), (TIMESTAMP, " %d" % NOW)]
    case("a blank before the timestamp", "malformed-timestamp", blank, over_http="accepted")
    blank = [(SIGNATURE, CONTRACT), (TIMESTAMP, "%d\t" % NOW)]
    case("a tab after the timestamp", "malformed-timestamp", blank, over_http="accepted")
    stale = [(SIGNATURE, "0" * 64), (TIMESTAMP, str(NOW - 9000))]
    case("wrong signature and too old", "wrong-signature", stale)


def bodies():
    for name, body in (
        ("empty", b""),
        ("a NUL", b"\0"),
        ("a NUL within", BODY[:20] + b"\0" + BODY[20:]),
        ("a byte-order mark first", b"\xef\xbb\xbf" + BODY),
        ("0xFF", b"\xff"),
        ("UTF-16", '{"id":"notif_1"}'.encode("utf-16")),
        ("a half surrogate", b'{"id":"notif_1","text":"\\ud83d"}'),
        ("more than ASCII", '{"id":"notif_1","text":"Größe 漢字 😀"}'.encode()),
        ("a line end at the end", BODY + b"\n"),
        ("line ends as on Windows", b'{\r\n"id":"notif_1"\r\n}'),
        ("blanks only", b"   "),
        ("a dot", b"."),
        ("what looks like a timestamp before it", b"%d." % NOW + BODY),
        ("no JSON", b"hello"),
    ):
        case("body with " + name + ", signed so", "accepted", body=body)
    lines = b'{\n  "id": "notif_1"\n}\n'
    again = json.dumps(json.loads(BODY)).encode()
    for name, was, arrives in (
        ("a byte added", BODY, BODY + b" "),
        ("the last byte missing", BODY, BODY[:-1]),
        ("nothing left", BODY, b""),
        ("something where nothing was", b"", b"{}"),
        ("a line end added", BODY, BODY + b"\n"),
        ("a byte-order mark added", BODY, b"\xef\xbb\xbf" + BODY),
        ("a byte-order mark taken off", b"\xef\xbb\xbf" + BODY, BODY),
        ("line ends turned into those of Windows", lines, lines.replace(b"\n", b"\r\n")),
        ("line ends turned into those of Unix", lines.replace(b"\n", b"\r\n"), lines),
        ("JSON written anew", BODY, again),
        ("JSON with sorted keys", BODY, json.dumps(json.loads(BODY), sort_keys=True, separators=(",", ":")).encode()),
        ("letters escaped", '{"text":"é"}'.encode(), b'{"text":"\\u00e9"}'),
        ("letters in another normal form", '{"text":"\u00e9"}'.encode(), '{"text":"e\u0301"}'.encode()),
        ("one letter in another case", BODY, BODY.replace(b"notif_1", b"Notif_1")),
        ("one bit flipped", BODY, bytes([BODY[0] ^ 1]) + BODY[1:]),
        ("0xFF turned into a replacement character", b"\xff", "\ufffd".encode()),
        ("cut off at a NUL", b"a\0b", b"a"),
    ):
        pair = [(SIGNATURE, sign(NOW, was)), (TIMESTAMP, str(NOW))]
        case("body changed on its way: " + name, "wrong-signature", pair, body=arrives)
    moved = [(SIGNATURE, sign("17672256", b"00.{}")), (TIMESTAMP, str(NOW))]
    case("the dot moved from body to timestamp", "wrong-signature", moved, body=b"{}")


def secrets():
    new = [(SIGNATURE, sign(NOW, key=OTHER)), (TIMESTAMP, str(NOW))]
    old = [(SIGNATURE, CONTRACT), (TIMESTAMP, str(NOW))]
    case("two secrets, signed with the first", "accepted", old, secrets=(SECRET, OTHER))
    case("two secrets, signed with the second", "accepted", new, secrets=(SECRET, OTHER))
    case("two secrets, signed with a third", "wrong-signature", [(SIGNATURE, sign(NOW, key="whsec_a_third_one_00")), (TIMESTAMP, str(NOW))], secrets=(SECRET, OTHER))
    case("the old secret has been taken away", "wrong-signature", old, secrets=(OTHER,))
    case("the new secret is not known yet", "wrong-signature", new)
    both = [(SIGNATURE, sign(NOW, key=SECRET + "," + OTHER)), (TIMESTAMP, str(NOW))]
    case("two secrets, signed with both as one text", "wrong-signature", both, secrets=(SECRET, OTHER))
    for name, key in (
        ("a line end after it", SECRET + "\n"),
        ("a Windows line end after it", SECRET + "\r\n"),
        ("a blank after it", SECRET + " "),
        ("quotes around it", '"%s"' % SECRET),
        ("its prefix cut off", SECRET.removeprefix("whsec_")),
        ("its prefix alone", "whsec_"),
        ("its prefix twice", "whsec_" + SECRET),
        ("capital letters", SECRET.upper()),
        ("its last letter missing", SECRET[:-1]),
        ("a NUL after it and more", SECRET + "\0x"),
    ):
        signed("signed with the secret with " + name, "wrong-signature", sign(NOW, key=key))
    signed("signed with nothing", "wrong-signature", sign(NOW, key=b""))
    signed("signed with the hash of the secret", "wrong-signature", sign(NOW, key=hashlib.sha256(SECRET.encode()).digest()))
    signed("a secret in base64, used as text", "accepted", sign(NOW, key=ENCODED), secrets=(ENCODED,))
    decoded = base64.b64decode(ENCODED.removeprefix("whsec_"))
    signed("a secret in base64, decoded as Standard Webhooks does", "wrong-signature", sign(NOW, key=decoded), secrets=(ENCODED,))
    long = "whsec_" + "x" * 300
    signed("a secret longer than a block of the hash", "accepted", sign(NOW, key=long), secrets=(long,))
    padded = SECRET + "\0" * 4
    # HMAC fills a short key with zeros: the two keys are one. No secret holds a NUL, so nothing is lost.
    signed("signed with the secret with zeros after it", "accepted", sign(NOW, key=padded))


def made():
    headers()
    signatures()
    timestamps()
    bodies()
    secrets()
    names = [one["name"] for one in cases]
    assert len(set(names)) == len(names), "two cases have one name"
    assert cases[0]["headers"][0][1] == sign(NOW) == CONTRACT, "the contract's own example"
    lines = ",\n".join("  " + json.dumps(one, ensure_ascii=True) for one in cases)
    return '{"window_seconds": %d, "cases": [\n%s\n]}\n' % (WINDOW, lines)


if __name__ == "__main__":
    text = made()
    if sys.argv[1:] == ["--check"]:
        file = pathlib.Path(__file__).with_name("webhook.json")
        if file.read_text(encoding="ascii") != text:
            sys.exit("webhook.json is not what make.py makes: run tests/vectors/make.py > tests/vectors/webhook.json")
    else:
        sys.stdout.write(text)
