//! The engine wakes only rules that can fire; it must never let one sleep that would.

use proptest::prelude::*;

use super::{book, fired, holds, lead, named};

const WORDS: &[&str] = &[
    "free",
    "money",
    "guest post",
    "backlinks",
    "бонус",
    "免费",
    "straße",
    "a",
    "$100",
    "e-mail",
    "airdrop",
    "crypto",
    "the",
    "post",
    "Preis",
    "نقود",
];
const PATTERNS: &[&str] = &[
    "gu[ea]st posts?",
    "(free|cheap) money",
    "\\\\d+ (dollars|euros)",
    "^hello",
    "бонус\\\\w*",
    "a.c",
    "(?i)MONEY",
    "(x|free)?y",
    "[fm]ree",
    "money$|^free",
    "免费",
    "STRASSE",
    "(?:crypto){2}",
    "\\\\bair\\\\w+",
];

fn condition() -> impl Strategy<Value = String> {
    let words = prop::sample::select(WORDS);
    let several = prop::collection::vec(words.clone(), 1..4);
    let quoted = |words: Vec<&str>| {
        let words: Vec<String> = words.iter().map(|word| format!("\"{word}\"")).collect();
        words.join(", ")
    };
    prop_oneof![
        several
            .clone()
            .prop_map(move |words| format!("{{ words = [{}] }}", quoted(words))),
        several
            .clone()
            .prop_map(move |words| format!("{{ words_all = [{}] }}", quoted(words))),
        several
            .clone()
            .prop_map(move |words| format!("{{ contains = [{}] }}", quoted(words))),
        words.prop_map(|word| format!("{{ exact = [\"{word}\"] }}")),
        prop::sample::select(PATTERNS).prop_map(|pattern| format!("{{ pattern = \"{pattern}\" }}")),
        prop::sample::select(PATTERNS)
            .prop_map(|pattern| format!("{{ raw_pattern = \"{pattern}\" }}")),
        Just("{ links = { at_least = 1 } }".to_owned()),
        Just("{ links = { at_most = 0 } }".to_owned()),
        Just("{ link_domain = [\"fiverr.com\", \"t.example\"] }".to_owned()),
        Just("{ first_message = true }".to_owned()),
        Just("{ length = { at_most = 20 } }".to_owned()),
    ]
}

fn clause() -> impl Strategy<Value = String> {
    condition().prop_recursive(2, 8, 3, |inner| {
        let group = prop::sample::select(&["all", "any", "none"][..]);
        (group, prop::collection::vec(inner, 1..3))
            .prop_map(|(group, parts)| format!("{{ {group} = [{}] }}", parts.join(", ")))
    })
}

fn body() -> impl Strategy<Value = String> {
    let clauses = |least| prop::collection::vec(clause(), least..3);
    (clauses(1), clauses(0), clauses(0)).prop_map(|(all, any, unless)| {
        let mut lines = format!("all = [{}]", all.join(", "));
        for (key, clauses) in [("any", any), ("unless", unless)] {
            if !clauses.is_empty() {
                lines = format!("{lines}\n{key} = [{}]", clauses.join(", "));
            }
        }
        lines
    })
}

fn message() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        prop::sample::select(WORDS).prop_map(str::to_owned),
        prop::sample::select(
            &[
                "guests post",
                "100 dollars",
                "hello",
                "abc",
                "y",
                "https://www.fiverr.com/x",
                "FREE",
                "Strasse",
                "cryptocrypto",
                "airline",
                "Бонусы",
                "e\u{301}",
                "m\u{200b}oney",
                "ｆｒｅｅ",
                "!",
                "😀"
            ][..]
        )
        .prop_map(str::to_owned),
    ];
    prop::collection::vec(piece, 0..8).prop_map(|pieces| pieces.join(" "))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, ..ProptestConfig::default() })]

    #[test]
    fn rules_that_sleep_would_not_fire(bodies in prop::collection::vec(body(), 1..6), texts in prop::collection::vec(message(), 1..6)) {
        let rules: String = bodies.iter().enumerate()
            .map(|(number, body)| named(&format!("r/n{number}"), "observe", "flag", body))
            .collect();
        let book = book(&rules);
        for text in texts {
            let example = lead(&text);
            let facts = example.facts_for(book.wanted());
            let tried: Vec<String> = book.explain(&example.message, &facts).into_iter()
                .filter(|trace| trace.fired)
                .map(|trace| trace.rule.0)
                .collect();
            prop_assert_eq!(fired(&book, &example), tried, "{:?} by\n{}", text, rules);
        }
    }
}

#[test]
fn words_all_asks_for_every_word_in_any_order() {
    let condition = "{ words_all = [\"guest post\", \"price\"] }";
    assert!(holds(condition, &lead("The PRICE of a guest post")));
    assert!(!holds(condition, &lead("The price of a guest")));
    assert!(!holds(condition, &lead("The prices of a guest post")));
}

#[test]
fn a_raw_pattern_sees_what_was_written() {
    assert!(holds("{ raw_pattern = 'FREE' }", &lead("FREE money")));
    assert!(!holds("{ raw_pattern = 'FREE' }", &lead("free money")));
    assert!(holds("{ raw_pattern = '(?i)FREE' }", &lead("free money")));
    assert!(holds("{ raw_pattern = 'e\u{301}' }", &lead("cafe\u{301}")));
    assert!(!holds("{ raw_pattern = 'e\u{301}' }", &lead("caf\u{e9}")));
}

#[test]
fn a_phrase_found_often_is_told_once() {
    let book = book(&super::rule("any = [{ words = [\"free\", \"money\"] }]"));
    let decision = super::judge(&book, &lead(&"free money ".repeat(1_000)));
    let matched: Vec<&str> = decision.findings[0]
        .evidence
        .iter()
        .map(|found| found.matched.as_str())
        .collect();
    assert_eq!(matched, ["free", "money"]);
}

#[test]
fn a_whole_word_is_found_behind_a_part_of_one() {
    assert!(holds(
        "{ words = [\"port\"] }",
        &lead("support at the port")
    ));
    assert!(!holds("{ words = [\"port\"] }", &lead("support and ports")));
}

#[test]
fn names_and_subjects_are_not_the_text() {
    let mut example = lead("free money");
    example.message.from.name = Some("Casino Royal".to_owned());
    example.message.subject = Some("Link exchange".to_owned());
    for (condition, held) in [
        ("{ sender_name = [\"casino\"] }", true),
        ("{ sender_name = [\"money\", \"exchange\"] }", false),
        ("{ subject = [\"link exchange\"] }", true),
        ("{ subject = [\"casino\", \"money\"] }", false),
        ("{ words = [\"casino\", \"exchange\"] }", false),
        ("{ sender_name_pattern = '^casino \\w+$' }", true),
        ("{ sender_name_pattern = 'money' }", false),
        ("{ pattern = 'casino' }", false),
    ] {
        assert_eq!(holds(condition, &example), held, "{condition}");
    }
}
