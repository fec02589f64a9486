//! Warnings that think about meaning.

use featurebase_bouncer::problem::Problem;
use featurebase_bouncer::rules::Rulebook;

use featurebase_bouncer::desk::review::{costs, review};
use featurebase_bouncer::time::Timestamp;

use super::{book, named, on_word, rule};

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect()
}

fn thoughts(book: &Rulebook) -> Vec<String> {
    let told = book.second_thoughts().into_iter();
    told.map(|problem| format!("{}: {}", problem.code, problem.message))
        .collect()
}

/// What is said of one rule that blocks by these lines, while it loads.
fn said(lines: &str) -> Vec<String> {
    let book = book(&rule(lines));
    let told = book.warnings().iter();
    told.map(|problem| format!("{}: {}", problem.code, problem.message))
        .collect()
}

#[test]
fn a_rule_that_hits_ordinary_messages() {
    let book = book(&rule("any = [{ words = [\"the\", \"please\"] }]"));
    let told = book.second_thoughts();
    assert_eq!(codes(&told), ["fires-on-ordinary"]);
    assert!(
        told[0].message.starts_with("test/rule fires on "),
        "{}",
        told[0].message
    );
    assert_eq!(told[0].place.as_ref().map(|place| place.line), Some(2));
}

#[test]
fn rules_that_only_count_or_allow_may_fire_on_anybody() {
    let points = named(
        "a/points",
        "enforce",
        "points",
        "points = 1\nall = [{ sender = [\"lead\"] }]",
    );
    let allow = named(
        "a/allow",
        "enforce",
        "allow",
        "all = [{ words = [\"the\"] }]",
    );
    assert_eq!(thoughts(&book(&format!("{points}{allow}"))), [""; 0]);
}

#[test]
fn a_rule_that_fires_on_nothing() {
    let book = book(&rule(
        "all = [{ length = { at_most = 3 } }, { first_message = true }]",
    ));
    assert_eq!(
        thoughts(&book),
        ["fires-on-empty: test/rule fires on a message without any text, such as a picture alone"]
    );
    let sender = super::book(&rule("all = [{ sender_email = [\"*@spam.example\"] }]"));
    assert_eq!(thoughts(&sender), [""; 0]);
}

#[test]
fn a_pattern_that_is_tried_on_every_message() {
    let slow = book(&rule("all = [{ pattern = '\\d{8}\\b' }]"));
    assert_eq!(codes(&slow.second_thoughts()), ["slow-rule"]);
    for quick in [
        "all = [{ pattern = '\\d{8} dollars' }]",
        "all = [{ pattern = '\\d{8}' }, { words = [\"dollars\"] }]",
        "all = [{ words = [\"dollars\"] }]\nunless = [{ pattern = '\\?$' }]",
    ] {
        assert_eq!(thoughts(&book(&rule(quick))), [""; 0], "{quick}");
    }
}

#[test]
fn two_rules_alike() {
    let one = named(
        "a/one",
        "observe",
        "flag",
        "all = [{ words = [\"x1\", \"y1\"] }, { sender = [\"lead\"] }]",
    );
    let two = named(
        "a/two",
        "observe",
        "flag",
        "all = [{ sender = [\"lead\"] }, { words = [\"Y1\", \"X1\"] }]",
    );
    let told = thoughts(&book(&format!("{one}{two}")));
    assert_eq!(
        told,
        ["rules-alike: a/two has the same conditions as a/one (rules.toml line 1)"]
    );
}

#[test]
fn a_rule_that_another_one_makes_pointless() {
    let wide = named(
        "a/wide",
        "enforce",
        "block",
        "any = [{ words = [\"x1\", \"y1\", \"z1\"] }]",
    );
    for (stage, then, lines, pointless) in [
        (
            "enforce",
            "block",
            "all = [{ words = [\"x1\"] }, { sender = [\"lead\"] }]",
            true,
        ),
        (
            "observe",
            "flag",
            "any = [{ words = [\"x1\"] }, { words = [\"z1\"] }]",
            true,
        ),
        (
            "enforce",
            "block",
            "any = [{ words = [\"x1\", \"other\"] }]",
            false,
        ),
        ("enforce", "allow", "all = [{ words = [\"x1\"] }]", false),
        ("enforce", "block", "all = [{ contains = [\"x1\"] }]", false),
        (
            "enforce",
            "block",
            "all = [{ none = [{ words = [\"x1\"] }] }]",
            false,
        ),
    ] {
        let narrow = named("a/narrow", stage, then, lines);
        let told = thoughts(&book(&format!("{wide}{narrow}")));
        assert_eq!(
            told.iter()
                .any(|told| told.starts_with("pointless-rule: a/narrow adds nothing")),
            pointless,
            "{lines}: {told:?}"
        );
    }
}

#[test]
fn a_rule_with_more_exceptions_does_not_make_another_one_pointless() {
    let wide = named(
        "a/wide",
        "enforce",
        "block",
        "all = [{ words = [\"x1\"] }]\nunless = [{ words = [\"please\"] }]",
    );
    let narrow = named(
        "a/narrow",
        "enforce",
        "block",
        "all = [{ words = [\"x1\"] }, { sender = [\"lead\"] }]",
    );
    assert_eq!(thoughts(&book(&format!("{wide}{narrow}"))), [""; 0]);
    // A weaker rule covers nothing that acts.
    let observes = named("a/wide", "observe", "block", "all = [{ words = [\"x1\"] }]");
    assert_eq!(thoughts(&book(&format!("{observes}{narrow}"))), [""; 0]);
}

#[test]
fn lists_that_only_look_alike_are_not() {
    let list = |last: &str| {
        format!(
            "all = [{{ words = [\"offer1\"] }}]\nunless = [{{ sender_email = [\"a@a\", \"b@a\", \"c@a\", \"d@a\", \"e@a\", \"f@a\", \"{last}@a\"] }}]"
        )
    };
    let text = format!(
        "{}{}",
        named("a/one", "observe", "flag", &list("g")),
        named("a/two", "observe", "flag", &list("h"))
    );
    assert_eq!(thoughts(&book(&text)), [""; 0]);
}

#[test]
fn many_rules_are_compared_in_no_time() {
    let text: String = (0..1_000)
        .map(|n| on_word(&format!("r/n{n}"), "observe", "flag", &format!("word{n}")))
        .collect();
    assert_eq!(thoughts(&book(&text)), [""; 0]);
}

#[test]
fn a_short_text_inside_ordinary_words() {
    let told = said("any = [{ contains = [\"ort\"] }]");
    assert_eq!(told.len(), 1);
    assert!(
        told[0].starts_with("short-contains: “ort” stands inside ordinary words too: “"),
        "{told:?}"
    );
    assert_eq!(
        said("any = [{ contains = [\"xxx\"] }, { contains = [\"viagra\"] }]"),
        [""; 0]
    );
    assert_eq!(said("any = [{ words = [\"ort\"] }]"), [""; 0]);
}

#[test]
fn an_exception_may_be_wide() {
    let wide = "{ link_domain = [\"docs.google.com\"] }, { contains = [\"ort\"] }";
    assert_eq!(said(&format!("any = [{wide}]")).len(), 2);
    let excepted = format!("any = [{{ words = [\"x\"] }}]\nunless = [{wide}]");
    assert_eq!(said(&excepted), [""; 0]);
    let none = format!("any = [{{ words = [\"x\"] }}, {{ none = [{wide}] }}]");
    assert_eq!(said(&none), [""; 0]);
}

#[test]
fn an_empty_alternative_and_a_dot_in_the_name_of_a_site() {
    assert_eq!(
        codes(book(&rule("any = [{ pattern = 'free (gift|) card' }]")).warnings()),
        ["empty-alternative"]
    );
    let told = said("any = [{ pattern = 'visit evil-shop.com now' }]");
    assert_eq!(
        told,
        ["unescaped-dot: the dot in “evil-shop.com” stands for any character"]
    );
    for fine in ["evil-shop\\.com", "free.money.+", "a.b", "(free|gift) card"] {
        let told = said(&format!("any = [{{ pattern = '{fine} and more' }}]"));
        assert!(
            told.iter()
                .all(|told| !told.starts_with("unescaped-dot: the dot in “evil")
                    && !told.starts_with("empty")),
            "{fine}: {told:?}"
        );
    }
}

#[test]
fn an_example_that_cannot_fail() {
    let lines = |pass: &str| {
        format!(
            "all = [{{ words = [\"guest post\"] }}]\nexamples.match = [\"a guest post\"]\nexamples.pass = [\"{pass}\"]"
        )
    };
    assert_eq!(
        codes(book(&rule(&lines("Where is my invoice?"))).warnings()),
        ["example-cannot-fail"]
    );
    for near in [
        "Our guest cannot log in",
        "The posts of our guests",
        "A gest post",
    ] {
        assert_eq!(said(&lines(near)), [""; 0], "{near}");
    }
    assert_eq!(
        said("all = [{ sender = [\"customer\"] }]\nexamples.pass = [\"Where is my invoice?\"]"),
        [""; 0]
    );
}

#[test]
fn a_review_tells_all_there_is_to_tell() {
    let over = named(
        "a/over",
        "observe",
        "flag",
        "any = [{ words = [\"offer1\"] }]\nexpires = 2026-01-01",
    );
    let wide = on_word("a/wide", "observe", "flag", "please");
    let unused = "[[signal]]\nid = \"nobody\"\nany = [{ words = [\"x1\"] }]\n";
    let book = book(&format!("{over}{wide}{unused}"));
    let told = review(&book, Timestamp::parse("2026-11-23T00:00:00Z").unwrap());
    assert_eq!(
        codes(&told),
        ["unused-signal", "fires-on-ordinary", "rule-expired"]
    );
}

#[test]
fn every_rule_has_its_cost() {
    let book = book(&format!(
        "{}{}",
        on_word("a/one", "observe", "flag", "x1"),
        on_word("a/two", "observe", "flag", "y1")
    ));
    let costs = costs(&book);
    assert_eq!(
        costs.iter().map(|cost| cost.rule).collect::<Vec<_>>(),
        [0, 1]
    );
    assert!(
        costs
            .iter()
            .all(|cost| !cost.reading_time.is_zero() && cost.share() >= 0.0)
    );
}
