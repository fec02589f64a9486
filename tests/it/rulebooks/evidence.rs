//! What made a rule fire: the words as they were written, and where they stand.

use featurebase_bouncer::decision::{Evidence, Part};
use featurebase_bouncer::rules::text::read;

use super::*;

fn evidence(condition: &str, example: &Example) -> Vec<Evidence> {
    let book = book(&rule(&format!("all = [{condition}]")));
    let mut findings = judge(&book, example).findings;
    assert_eq!(findings.len(), 1, "{condition} fires");
    findings.remove(0).evidence
}

/// What is quoted, and what stands at the place that is told.
fn quoted(condition: &str, example: &Example) -> Vec<(String, Option<String>)> {
    let message = &example.message;
    let text = read(message.html.as_deref(), message.markdown.as_deref());
    evidence(condition, example)
        .into_iter()
        .map(|found| {
            let there = found.place.map(|place| text.shown[place].to_owned());
            (found.matched, there)
        })
        .collect()
}

fn both(text: &str) -> (String, Option<String>) {
    (text.to_owned(), Some(text.to_owned()))
}

#[test]
fn words_are_quoted_as_they_were_written() {
    for (condition, text, expected) in [
        (
            "{ words = [\"backlinks\"] }",
            "Buy BACK\u{200b}LINKS now",
            "BACK\u{200b}LINKS",
        ),
        (
            "{ words = [\"backlinks\"] }",
            "Ｂａｃｋｌｉｎｋｓ!",
            "Ｂａｃｋｌｉｎｋｓ",
        ),
        (
            "{ words = [\"guest post\"] }",
            "a Guest \n\t Post",
            "Guest\nPost",
        ),
        ("{ words = [\"strasse\"] }", "die Straße hier", "Straße"),
        ("{ contains = [\"free\"] }", "for𝓯𝓻𝓮𝓮dom", "𝓯𝓻𝓮𝓮"),
        (
            "{ contains = [\"café\"] }",
            "un cafe\u{301}!",
            "cafe\u{301}",
        ),
        ("{ exact = [\"hi\"] }", "H\u{ad}i", "H\u{ad}i"),
        (
            "{ pattern = '\\d+ dollars' }",
            "über ５００ Dollars",
            "５００ Dollars",
        ),
        ("{ words = [\"免费\"] }", "请问免费吗", "免费"),
    ] {
        assert_eq!(quoted(condition, &lead(text)), [both(expected)], "{text:?}");
    }
}

#[test]
fn places_lie_in_what_the_message_shows() {
    let mut example = lead("");
    example.message.markdown = None;
    example.message.html = Some("<p>Buy</p><ul><li>guest <b>po</b>sts</li></ul>".to_owned());
    assert_eq!(
        quoted("{ words = [\"guest posts\"] }", &example),
        [both("guest posts")]
    );
    assert_eq!(
        quoted(
            "{ words = [\"guest posts\"] }",
            &lead("Buy **guest** *posts*")
        ),
        [both("guest posts")]
    );
}

#[test]
fn every_word_that_matched_is_told_once() {
    let found = evidence(
        "{ words = [\"seo\", \"links\", \"seo links\", \"none\"] }",
        &lead("SEO links, seo LINKS"),
    );
    let told: Vec<(&str, &str)> = found
        .iter()
        .map(|found| (found.wanted.as_str(), found.matched.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("seo", "SEO"),
            ("seo links", "SEO links"),
            ("links", "links")
        ]
    );
    assert!(
        found
            .iter()
            .all(|found| found.condition == "words" && found.part == Part::Text)
    );
}

#[test]
fn links_are_evidence_with_their_address() {
    let text = "see [our offer](https://www.fiverr.com/x) or https://b.example";
    let found = evidence("{ link_domain = [\"fiverr.com\"] }", &lead(text));
    let [found] = found.as_slice() else {
        panic!("{found:?}");
    };
    assert_eq!(
        (found.part, found.matched.as_str()),
        (Part::Link, "https://www.fiverr.com/x")
    );
    assert_eq!(found.wanted, "fiverr.com");
    let counted = quoted("{ links = { at_least = 2 } }", &lead(text));
    assert_eq!(
        counted,
        [
            (
                "https://www.fiverr.com/x".to_owned(),
                Some("our offer".to_owned())
            ),
            both("https://b.example")
        ]
    );
}

#[test]
fn what_stands_nowhere_in_the_text_has_no_place() {
    let mut example = lead("Hello");
    example.message.from.email = Some("Promo@Example.com".to_owned());
    for (condition, part, matched, wanted) in [
        ("{ sender = [\"lead\"] }", Part::Sender, "lead", "lead"),
        (
            "{ sender_email = [\"*@example.com\"] }",
            Part::Sender,
            "Promo@Example.com",
            "*@example.com",
        ),
        (
            "{ sender_email_domain = [\"example.com\"] }",
            Part::Sender,
            "Promo@Example.com",
            "example.com",
        ),
        (
            "{ first_message = true }",
            Part::History,
            "it is the sender's first message",
            "it is the sender's first message",
        ),
        (
            "{ answered_before = false }",
            Part::History,
            "no teammate has answered the sender yet",
            "no teammate has answered the sender yet",
        ),
        (
            "{ messages = { at_most = 3, within = \"10m\" } }",
            Part::History,
            "1 messages within 10m",
            "at most 3",
        ),
        (
            "{ channel = [\"desktop\"] }",
            Part::Place,
            "desktop",
            "desktop",
        ),
        ("{ conversation = \"new\" }", Part::Place, "new", "new"),
        (
            "{ length = { at_most = 9 } }",
            Part::Text,
            "5 characters",
            "at most 9",
        ),
        (
            "{ links = { at_most = 0 } }",
            Part::Link,
            "no links",
            "at most 0",
        ),
    ] {
        let found = evidence(condition, &example);
        let [found] = found.as_slice() else {
            panic!("{condition}: {found:?}");
        };
        assert_eq!(
            (found.part, found.matched.as_str(), found.wanted.as_str()),
            (part, matched, wanted)
        );
        assert_eq!(found.place, None);
        assert!(condition.contains(&found.condition));
    }
}

#[test]
fn evidence_is_only_of_what_held() {
    let book = book(&rule(
        "any = [\n  { all = [{ words = [\"alpha\"] }, { words = [\"never\"] }] },\n  { all = [{ words = [\"beta\"] }, { none = [{ words = [\"never\"] }] }] },\n]\nunless = [{ all = [{ words = [\"alpha\"] }, { words = [\"never\"] }] }]",
    ));
    let findings = judge(&book, &lead("alpha beta gamma")).findings;
    let matched: Vec<&str> = findings[0]
        .evidence
        .iter()
        .map(|found| found.matched.as_str())
        .collect();
    assert_eq!(matched, ["beta"]);
}

#[test]
fn evidence_is_bounded() {
    let words: Vec<String> = (0..500).map(|number| format!("w{number}")).collect();
    let listed: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
    let condition = format!("{{ words = [{}] }}", listed.join(", "));
    assert_eq!(evidence(&condition, &lead(&words.join(" "))).len(), 20);
    let long = evidence("{ pattern = 'a+' }", &lead(&"a".repeat(5_000)));
    assert_eq!(long[0].matched.chars().count(), 121);
    assert!(long[0].matched.ends_with('…'));
    assert_eq!(long[0].place, Some(0..5_000));
}
