//! `all`, `any`, `unless` and groups within groups.

use super::*;

/// Which of these texts the rule fires on.
fn fires_on<'t>(lines: &str, texts: &[&'t str]) -> Vec<&'t str> {
    let book = book(&rule(lines));
    let on = |text: &&&str| !fired(&book, &lead(text)).is_empty();
    texts.iter().filter(on).copied().collect()
}

const TEXTS: &[&str] = &["", "a", "b", "c", "a b", "a c", "b c", "a b c"];

#[test]
fn every_condition_in_all_must_hold() {
    let lines = "all = [{ words = [\"a\"] }, { words = [\"b\"] }]";
    assert_eq!(fires_on(lines, TEXTS), ["a b", "a b c"]);
}

#[test]
fn one_condition_in_any_is_enough() {
    let lines = "any = [{ words = [\"a\"] }, { words = [\"b\"] }]";
    assert_eq!(
        fires_on(lines, TEXTS),
        ["a", "b", "a b", "a c", "b c", "a b c"]
    );
}

#[test]
fn all_and_any_are_both_asked() {
    let lines = "all = [{ words = [\"a\"] }]\nany = [{ words = [\"b\"] }, { words = [\"c\"] }]";
    assert_eq!(fires_on(lines, TEXTS), ["a b", "a c", "a b c"]);
}

#[test]
fn any_condition_in_unless_keeps_the_rule_quiet() {
    let lines = "any = [{ words = [\"a\"] }]\nunless = [{ words = [\"b\"] }, { words = [\"c\"] }]";
    assert_eq!(fires_on(lines, TEXTS), ["a"]);
}

#[test]
fn none_holds_when_nothing_in_it_holds() {
    let lines = "all = [{ none = [{ words = [\"a\"] }, { words = [\"b\"] }] }]";
    assert_eq!(fires_on(lines, TEXTS), ["", "c"]);
}

#[test]
fn groups_may_stand_in_groups() {
    let lines = "any = [{ all = [{ words = [\"a\"] }, { any = [{ words = [\"b\"] }, { none = [{ words = [\"c\"] }] }] }] }]";
    assert_eq!(fires_on(lines, TEXTS), ["a", "a b", "a b c"]);
    let twice_none = "all = [{ none = [{ none = [{ words = [\"a\"] }] }] }]";
    assert_eq!(fires_on(twice_none, TEXTS), ["a", "a b", "a c", "a b c"]);
    let in_unless = "any = [{ words = [\"a\", \"b\", \"c\"] }]\nunless = [{ all = [{ words = [\"a\"] }, { words = [\"b\"] }] }]";
    assert_eq!(fires_on(in_unless, TEXTS), ["a", "b", "c", "a c", "b c"]);
}

#[test]
fn rules_do_not_see_each_other() {
    let book = book(
        &[
            on_word("test/a", "enforce", "flag", "a"),
            on_word("test/b", "enforce", "flag", "b"),
        ]
        .concat(),
    );
    assert_eq!(fired(&book, &lead("a b")), ["test/a", "test/b"]);
    assert_eq!(fired(&book, &lead("b")), ["test/b"]);
    assert_eq!(fired(&book, &lead("")), Vec::<String>::new());
}

#[test]
fn a_rule_reads_aloud_as_a_sentence() {
    let say = |text: &str| book(text).rules()[0].say();
    let pitch = named(
        "pitch/guest-post",
        "enforce",
        "block",
        "any = [{ words = [\"guest post\", \"backlinks\"] }, { link_domain = [\"fiverr.com\"] }]\nall = [{ sender = [\"lead\"] }, { links = { at_least = 1 } }]\nunless = [{ answered_before = true }]",
    );
    insta::assert_snapshot!(say(&pitch), @r#"block if the sender is a lead, and the message has at least 1 link, and at least one: the message has the words “guest post” or “backlinks”; or a link leads to “fiverr.com”, unless a teammate has answered the sender before"#);
    let grouped = named(
        "test/points",
        "hold",
        "points",
        "points = -3\nall = [{ none = [{ contains = [\"a\"] }, { exact = [\"b\"] }] }, { messages = { at_least = 5, within = \"1m\" } }]",
    );
    insta::assert_snapshot!(say(&grouped), @r#"propose to give -3 points, and wait for a person, if it is not the case that (the message contains “a” or the message is exactly “b”), and the sender wrote at least 5 messages within 1m"#);
    let watched = named(
        "test/watch",
        "observe",
        "flag",
        "all = [{ length = { at_most = 1 } }, { conversation = \"reply\" }, { channel = [\"email\"] }]",
    );
    insta::assert_snapshot!(say(&watched), @r#"only write down that it would flag if the message has at most 1 character, and the message is a reply in a conversation, and the message came by email"#);
    let many: Vec<String> = (0..20).map(|number| format!("\"w{number}\"")).collect();
    let held = named(
        "test/held",
        "hold",
        "block",
        &format!("all = [{{ words = [{}] }}]", many.join(", ")),
    );
    insta::assert_snapshot!(say(&held), @r#"propose to block, and wait for a person, if the message has the words “w0”, “w1”, “w2”, “w3”, “w4”, “w5” or 14 more"#);
}
