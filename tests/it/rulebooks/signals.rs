//! Signals: declared once, used by name.

use super::{book, codes_of, file, fired, lead, load_text, named, refused, rule};
use featurebase_bouncer::rules::{Rulebook, load};

const CRYPTO: &str = "[[signal]]\nid = \"crypto-words\"\nwhy = \"Words of crypto spam\"\nany = [{ words = [\"airdrop\", \"usdt\"] }]\n";

fn with_signals(signals: &str, lines: &str) -> Rulebook {
    book(&format!("{signals}{}", rule(lines)))
}

#[test]
fn a_rule_uses_a_signal_by_its_name() {
    let book = with_signals(CRYPTO, "all = [{ signal = \"crypto-words\" }]");
    assert_eq!(fired(&book, &lead("Claim the AIRDROP")), ["test/rule"]);
    assert!(fired(&book, &lead("Claim the drop")).is_empty());
}

#[test]
fn the_evidence_names_the_words_and_the_signal() {
    let book = with_signals(CRYPTO, "all = [{ signal = \"crypto-words\" }]");
    let decision = super::judge(&book, &lead("Claim the AIRDROP"));
    let evidence = &decision.findings[0].evidence[0];
    assert_eq!(evidence.matched, "AIRDROP");
    assert_eq!(evidence.wanted, "airdrop (signal crypto-words)");
}

#[test]
fn a_signal_has_all_any_and_unless_as_a_rule_has() {
    let signals = "[[signal]]\nid = \"a\"\nall = [{ words = [\"one\"] }]\nany = [{ words = [\"two\"] }, { words = [\"three\"] }]\nunless = [{ words = [\"four\"] }]\n";
    let book = with_signals(signals, "all = [{ signal = \"a\" }]");
    for (text, fires) in [
        ("one two", true),
        ("one three", true),
        ("one", false),
        ("two", false),
        ("one two four", false),
    ] {
        assert_eq!(!fired(&book, &lead(text)).is_empty(), fires, "{text}");
    }
}

#[test]
fn signals_may_use_signals_of_any_file_in_any_order() {
    let a = "[[signal]]\nid = \"a\"\nall = [{ signal = \"b\" }, { none = [{ signal = \"c\" }] }]\n";
    let b = "[[signal]]\nid = \"b\"\nany = [{ words = [\"bee\"] }]\n[[signal]]\nid = \"c\"\nany = [{ words = [\"sea\"] }]\n";
    let r = rule("any = [{ all = [{ signal = \"a\" }, { words = [\"hive\"] }] }]");
    for files in [
        [file("1.toml", a), file("2.toml", b), file("3.toml", &r)],
        [file("3.toml", a), file("1.toml", b), file("2.toml", &r)],
    ] {
        let book = load(&files).unwrap();
        assert_eq!(fired(&book, &lead("a bee in the hive")), ["test/rule"]);
        assert!(fired(&book, &lead("a bee in the hive at sea")).is_empty());
        assert!(fired(&book, &lead("a hive")).is_empty());
    }
}

#[test]
fn a_signal_in_unless_keeps_the_rule_quiet() {
    let lines = "all = [{ words = [\"claim\"] }]\nunless = [{ signal = \"crypto-words\" }]";
    let book = with_signals(CRYPTO, lines);
    assert_eq!(fired(&book, &lead("claim it")), ["test/rule"]);
    assert!(fired(&book, &lead("claim the airdrop")).is_empty());
}

#[test]
fn facts_a_signal_asks_for_are_asked_for() {
    let signals = "[[signal]]\nid = \"fast\"\nany = [{ messages = { at_least = 5, within = \"1m\" } }]\n[[signal]]\nid = \"pro\"\nany = [{ sender_attribute = { name = \"plan\", is = [\"pro\"] } }, { signal = \"fast\" }]\n";
    let book = with_signals(signals, "all = [{ signal = \"pro\" }]");
    assert!(book.wanted().profile);
    assert!(book.wanted().attributes.contains("plan"));
    assert!(book.wanted().message_windows.contains(&60_000));
}

#[test]
fn a_rule_that_hinges_on_a_lookup_through_a_signal_waits_for_it() {
    let signals = "[[signal]]\nid = \"pro\"\nany = [{ sender_company = [\"Acme\"] }]\n";
    let book = with_signals(
        signals,
        "all = [{ words = [\"offer\"] }, { signal = \"pro\" }]",
    );
    let example = lead("an offer");
    let mut facts = example.facts_for(book.wanted());
    facts.profile = featurebase_bouncer::decision::Lookup::NotAsked;
    assert!(book.lacks(&example.message, &facts));
    assert!(!book.lacks(&lead("a question").message, &facts));
}

#[test]
fn signals_that_use_one_another_many_times_cost_no_more() {
    // Each uses the one before twice: walked naively this is two to the power of twenty.
    let mut signals =
        "[[signal]]\nid = \"s0\"\nany = [{ none = [{ words = [\"nothing\"] }] }]\n".to_owned();
    for number in 1..=20 {
        let before = number - 1;
        signals = format!(
            "{signals}[[signal]]\nid = \"s{number}\"\nall = [{{ signal = \"s{before}\" }}, {{ signal = \"s{before}\" }}]\n"
        );
    }
    let book = with_signals(&signals, "all = [{ signal = \"s20\" }]");
    assert_eq!(fired(&book, &lead("something")), ["test/rule"]);
}

#[test]
fn an_unknown_signal() {
    insta::assert_snapshot!(refused(&format!("{CRYPTO}{}", rule("any = [{ signal = \"crypto-word\" }]"))), @r#"
error[unknown-signal]: `crypto-word` is not known as a signal
  --> rules.toml:10:19
   |
10 | any = [{ signal = "crypto-word" }]
   |                   ^^^^^^^^^^^^^
   |
   = help: did you mean `crypto-words`?
"#);
}

#[test]
fn signals_that_go_round_in_a_circle() {
    let signals = "[[signal]]\nid = \"a\"\nany = [{ signal = \"b\" }]\n[[signal]]\nid = \"b\"\nany = [{ signal = \"c\" }]\n[[signal]]\nid = \"c\"\nany = [{ signal = \"a\" }]\n";
    insta::assert_snapshot!(refused(&format!("{signals}{}", rule("any = [{ signal = \"a\" }]"))), @r#"
error[signal-circle]: these signals go round in a circle: a → b → c → a
 --> rules.toml:2:6
  |
2 | id = "a"
  |      ^^^
  |
  = help: take one of the uses out
"#);
}

#[test]
fn a_signal_without_a_name_a_wrong_one_and_one_used_twice() {
    let signals = "[[signal]]\nany = [{ words = [\"x\"] }]\n[[signal]]\nid = \"Crypto Words\"\nany = [{ words = [\"x\"] }]\n[[signal]]\nid = \"a\"\nany = [{ words = [\"x\"] }]\n[[signal]]\nid = \"a\"\nany = [{ words = [\"y\"] }]\n";
    insta::assert_snapshot!(refused(&format!("{signals}{}", rule("any = [{ signal = \"a\" }]"))), @r#"
error[missing-key]: this signal has no `id`
 --> rules.toml:1:1
  |
1 | [[signal]]
  | ^^^^^^^^^^
  |
  = help: add a line like this: id = "crypto-words"

error[bad-id]: `Crypto Words` is not a signal's name
 --> rules.toml:4:6
  |
4 | id = "Crypto Words"
  |      ^^^^^^^^^^^^^^
  |
  = help: lower case letters, digits, - and /, like this: id = "crypto-words"

error[duplicate-id]: the name a is taken by the signal in rules.toml line 7
  --> rules.toml:10:6
   |
10 | id = "a"
   |      ^^^
   |
   = help: give one of the two another name
"#);
}

#[test]
fn a_signal_nobody_uses_is_a_warning() {
    let book = load_text(&format!("{CRYPTO}{}", rule("any = [{ words = [\"x\"] }]"))).unwrap();
    let codes: Vec<&str> = book
        .warnings()
        .iter()
        .map(|problem| problem.code.as_str())
        .collect();
    assert_eq!(codes, ["unused-signal"]);
}

#[test]
fn a_chain_of_signals_that_is_too_long_is_refused() {
    let mut signals = "[[signal]]\nid = \"s0\"\nany = [{ words = [\"x\"] }]\n".to_owned();
    for number in 1..=40 {
        signals = format!(
            "{signals}[[signal]]\nid = \"s{number}\"\nany = [{{ signal = \"s{}\" }}]\n",
            number - 1
        );
    }
    let text = format!("{signals}{}", rule("any = [{ signal = \"s40\" }]"));
    assert_eq!(codes_of(&[file("rules.toml", text)]), ["nested-too-deep"]);
}

#[test]
fn a_signal_reads_aloud_by_its_name() {
    let book = with_signals(CRYPTO, "all = [{ signal = \"crypto-words\" }]");
    assert_eq!(
        book.rules()[0].say(),
        "flag if the signal “crypto-words” holds"
    );
    assert_eq!(
        book.signals()[0].body.say(),
        "the message has the words “airdrop” or “usdt”"
    );
}

#[test]
fn a_rule_that_has_ended_no_longer_fires() {
    let lines = |day: &str| format!("any = [{{ words = [\"x\"] }}]\nexpires = {day}");
    for (day, fires) in [
        ("1970-01-01", false),
        ("\"1970-01-01\"", false),
        ("1970-01-02", true),
    ] {
        let book = book(&rule(&lines(day)));
        assert_eq!(!fired(&book, &lead("x")).is_empty(), fires, "{day}");
    }
    assert_eq!(
        codes_of(&[file("a.toml", rule(&lines("\"soon\"")))]),
        ["bad-date"]
    );
    assert_eq!(
        codes_of(&[file("a.toml", rule(&lines("2027-02-30")))]),
        ["toml-syntax"]
    );
}

#[test]
fn rules_that_have_ended_or_soon_will_are_told() {
    use featurebase_bouncer::time::Timestamp;
    let ends = |id: &str, day: &str| {
        named(
            id,
            "observe",
            "flag",
            &format!("any = [{{ words = [\"x\"] }}]\nexpires = {day}"),
        )
    };
    let text = [
        ends("a/over", "2026-11-01"),
        ends("a/soon", "2026-12-01"),
        ends("a/later", "2027-12-01"),
    ]
    .concat();
    let told = book(&text).expiries(Timestamp::parse("2026-11-23T00:00:00Z").unwrap());
    let told: Vec<(&str, &str)> = told
        .iter()
        .map(|problem| (problem.code.as_str(), problem.message.as_str()))
        .collect();
    assert_eq!(
        told,
        [
            ("rule-expired", "a/over ended on 2026-11-01: it is off"),
            ("expires-soon", "a/soon ends on 2026-12-01")
        ]
    );
}
