//! Conditions on what the sender, and others, wrote before.

use featurebase_bouncer::decision::Evidence;
use featurebase_bouncer::rules::conditions::Kind;
use featurebase_bouncer::time::Timestamp;

use super::*;

fn trace_of(condition: &str, example: &Example) -> (Vec<Evidence>, Option<String>, String) {
    let book = book(&rule(&format!("all = [{condition}]")));
    let facts = example.facts_for(book.wanted());
    let trace = book
        .explain(&example.message, &facts)
        .remove(0)
        .all
        .remove(0);
    (trace.evidence, trace.near, trace.said)
}

#[test]
fn the_same_text_is_counted_within_its_window() {
    let mut third = lead("Hello");
    third.same_text = 3;
    let condition = "{ same_text = { at_least = 3, within = \"10m\" } }";
    assert!(holds(condition, &third));
    let (evidence, _, said) = trace_of(condition, &third);
    assert_eq!(evidence[0].matched, "the same 3 times within 10m");
    assert_eq!(
        said,
        "the sender wrote the same at least 3 times within 10m"
    );
    third.same_text = 2;
    assert!(!holds(condition, &third));
    let (_, near, _) = trace_of(condition, &third);
    assert_eq!(near.as_deref(), Some("it was 2"));
    assert!(holds(
        "{ same_text = { at_most = 2, within = \"1m\" } }",
        &third
    ));
    assert!(!holds(
        "{ same_text = { at_most = 1, within = \"1m\" } }",
        &third
    ));
}

#[test]
fn each_counted_window_is_asked_for() {
    let book = book(&rule(
        "all = [{ same_text = { at_least = 3, within = \"10m\" } }, { same_text = { at_most = 9, within = \"1h\" } }, { same_text_from = { senders_at_least = 3, within = \"7d\" } }]",
    ));
    let wanted = book.wanted();
    assert_eq!(
        Vec::from_iter(wanted.same_text_windows.clone()),
        [600_000, 3_600_000]
    );
    assert_eq!(Vec::from_iter(wanted.wave_windows.clone()), [604_800_000]);
    assert!(wanted.message_windows.is_empty() && !wanted.known_since && !wanted.past_blocks);
    let mut example = lead("Hello");
    (example.same_text, example.same_text_from) = (5, 3);
    let fires = |ten_minutes: u64, hour: u64| {
        let mut facts = example.facts_for(wanted);
        facts.same_text_within.insert(600_000, ten_minutes);
        facts.same_text_within.insert(3_600_000, hour);
        !book.judge(&example.message, &facts).findings.is_empty()
    };
    assert!(fires(3, 9));
    assert!(!fires(2, 9), "each window has its own count");
    assert!(!fires(3, 10));
}

#[test]
fn a_wave_is_counted_in_senders() {
    let mut wave = lead("Hello");
    (wave.same_text_from, wave.same_text) = (3, 9);
    let condition = "{ same_text_from = { senders_at_least = 3, within = \"10m\" } }";
    assert!(holds(condition, &wave));
    let (evidence, _, said) = trace_of(condition, &wave);
    assert_eq!(evidence[0].matched, "the same from 3 senders within 10m");
    assert_eq!(said, "at least 3 senders wrote the same within 10m");
    wave.same_text_from = 2;
    assert!(!holds(condition, &wave), "however often each wrote");
    assert_eq!(trace_of(condition, &wave).1.as_deref(), Some("it was 2"));
    assert!(holds(
        "{ same_text_from = { senders_at_most = 2, within = \"10m\" } }",
        &wave
    ));
    assert!(!holds(
        "{ same_text_from = { senders_at_most = 1, within = \"10m\" } }",
        &wave
    ));
}

#[test]
fn known_for_is_the_time_since_the_first_message() {
    let known = |millis: i64| {
        let mut example = lead("Hello");
        example.message.sent_at = Timestamp::from_millis(10_000_000);
        example.facts.known_since = Some(Timestamp::from_millis(10_000_000 - millis));
        example
    };
    let fresh = "{ known_for = { at_most = \"1h\" } }";
    let old = "{ known_for = { at_least = \"1h\" } }";
    let between = "{ known_for = { at_least = \"1s\", at_most = \"1h\" } }";
    for (millis, held) in [
        (0, [true, false, false]),
        (999, [true, false, false]),
        (1_000, [true, false, true]),
        (3_600_000, [true, true, true]),
        (3_600_001, [false, true, false]),
    ] {
        let example = known(millis);
        let found = [fresh, old, between].map(|condition| holds(condition, &example));
        assert_eq!(found, held, "{millis}");
    }
    assert!(
        book(&rule(&format!("all = [{fresh}]")))
            .wanted()
            .known_since
    );
    assert_eq!(
        trace_of(old, &known(0)).1.as_deref(),
        Some("it is the sender's first message")
    );
    assert_eq!(
        trace_of(old, &known(61_500)).1.as_deref(),
        Some("the sender has been known for 61s")
    );
    assert_eq!(
        trace_of(between, &known(0)).2,
        "the sender has been known for 1s to 1h"
    );
}

#[test]
fn past_blocks_are_told_by_the_facts() {
    for (condition, blocked, unblocked) in [
        ("{ blocked_before = true }", true, false),
        ("{ blocked_before = false }", false, true),
        ("{ unblocked_before = true }", false, true),
        ("{ unblocked_before = false }", true, false),
    ] {
        let mut example = lead("Hello");
        example.facts.blocked_before = true;
        assert_eq!(holds(condition, &example), blocked, "{condition}");
        example.facts.blocked_before = false;
        example.facts.unblocked_before = true;
        assert_eq!(holds(condition, &example), unblocked, "{condition}");
        assert!(
            book(&rule(&format!("all = [{condition}]")))
                .wanted()
                .past_blocks
        );
    }
    let (_, near, said) = trace_of("{ blocked_before = true }", &lead("Hello"));
    assert_eq!(said, "the sender was blocked before");
    assert_eq!(near.as_deref(), Some("the sender was never blocked before"));
}

#[test]
fn what_is_said_about_short_texts_is_in_the_reference() {
    let about = |name: &str| {
        let kind = KINDS.iter().find(|kind: &&Kind| kind.name == name);
        kind.unwrap().about
    };
    assert!(about("same_text").contains("fewer than some 24 characters only when they are equal"));
    assert!(about("same_text_from").contains("ask for a `length`"));
}
