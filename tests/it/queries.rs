//! The language the record is searched in.

use featurebase_bouncer::desk::formats::csv_cell;
use featurebase_bouncer::desk::query::{Completion, Known, read};
use featurebase_bouncer::problem::{Paint, render};
use featurebase_bouncer::rules::search::{asked, places, words};
use featurebase_bouncer::time::Timestamp;
use proptest::prelude::*;

fn complaint(text: &str) -> String {
    render(&read(text).unwrap_err(), Paint::Plain)
}

#[test]
fn a_search_is_printed_as_it_was_meant() {
    for (written, printed) in [
        (
            "actor:ana action:blocked rule:pitch/* created:>2026-11-01 \"gift card\"",
            None,
        ),
        ("action:blocked,unblocked -actor:bouncer", None),
        ("created:2026-11-01..2026-11-05,>7d", None),
        ("created:*..2026-11-05 -created:<=30d", None),
        ("  Actor:ana   -\"gift card\" ", Some("actor:ana -\"gift card\"")),
        ("actor:\"ana maria\",*", None),
        ("https://spam.example/a", Some("\"https://spam.example/a\"")),
        ("verdict:b*", None),
        ("\"a \\\"b\\\" \\\\\"", None),
        ("", None),
    ] {
        let query = read(written).unwrap();
        assert_eq!(query.to_string(), printed.unwrap_or(written));
    }
}

#[test]
fn a_day_is_taken_whole_and_a_span_is_counted_from_now() {
    let now = Timestamp::parse("2026-11-20T12:00:00Z").unwrap();
    for (written, from, to) in [
        ("created:2026-11-01", "2026-11-01T00:00:00.000Z", "2026-11-01T23:59:59.999Z"),
        ("created:>2026-11-01", "2026-11-02T00:00:00.000Z", ""),
        ("created:>=2026-11-01", "2026-11-01T00:00:00.000Z", ""),
        ("created:<2026-11-01", "", "2026-10-31T23:59:59.999Z"),
        ("created:<=2026-11-01", "", "2026-11-01T23:59:59.999Z"),
        ("created:2026-11-01..2026-11-05", "2026-11-01T00:00:00.000Z", "2026-11-05T23:59:59.999Z"),
        ("created:2026-11-01..*", "2026-11-01T00:00:00.000Z", ""),
        ("created:>7d", "2026-11-13T12:00:00.001Z", ""),
        ("created:<7d", "", "2026-11-13T11:59:59.999Z"),
        ("created:14d..7d", "2026-11-06T12:00:00.000Z", "2026-11-13T12:00:00.000Z"),
    ] {
        let wanted = read(written).unwrap().wanted(&Default::default(), now);
        let told = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let [(first, last)] = wanted.times[0].any_of[..] else { panic!("{written}") };
        assert_eq!((told(first), told(last)), (from.to_owned(), to.to_owned()), "{written}");
    }
}

#[test]
fn an_unknown_key_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("action:blocked acter:ana by:tom"), @"");
}

#[test]
fn a_value_that_cannot_be_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("action:bloked,unblocked verdict:spam created:yesterday created:7d"), @"");
}

#[test]
fn what_is_left_open_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("actor: rule:*/x gift* \"gift card"), @"");
}

#[test]
fn a_span_that_ends_before_it_begins_is_told() {
    insta::assert_snapshot!(complaint("created:2026-11-05..2026-11-01 ?!"), @"");
}

#[test]
fn the_last_word_is_completed() {
    let known = Known {
        rules: vec!["pitch/backlinks".to_owned(), "pitch/seo".to_owned(), "scam/refund".to_owned()],
        actors: vec!["ana".to_owned(), "ana maria".to_owned(), "bouncer".to_owned()],
    };
    let complete = |text: &str| -> Vec<String> {
        known.complete(text).into_iter().map(|Completion(text)| text).collect()
    };
    assert_eq!(complete("actor:ana ac"), ["actor:ana actor:", "actor:ana action:"]);
    assert_eq!(complete("-rule:pi"), ["-rule:pitch/backlinks", "-rule:pitch/seo"]);
    assert_eq!(complete("actor:a"), ["actor:ana", "actor:\"ana maria\""]);
    assert_eq!(complete("verdict:flag,"), ["block", "clean", "flag", "hold", "repeat"].map(|verdict| format!("verdict:flag,{verdict}")));
    assert_eq!(complete("action:hold_"), ["action:hold_confirmed", "action:hold_released"]);
    assert!(complete("gift card").is_empty());
    for text in complete("").iter().chain(&complete("action:")) {
        assert!(read(text).is_ok() || text.ends_with(':'), "{text}");
    }
}

#[test]
fn disguised_words_are_found_where_they_stand() {
    let find = |text: &str, wanted: &str| -> Vec<String> {
        let places = places(text, &[asked(wanted)]);
        places.into_iter().map(|place| text[place].to_owned()).collect()
    };
    assert_eq!(find("Buy a Gift-Card, a GIFT\ncard", "gift card"), ["Gift-Card", "GIFT\ncard"]);
    assert_eq!(find("cheap g1ft c@rd here", "gift card"), ["g1ft c@rd"]);
    assert_eq!(find("cheap g1ft c@rd here", "g1ft"), ["g1ft"]);
    assert_eq!(find("我们出售优惠券和礼品", "优惠券"), ["优惠券"]);
    assert_eq!(find("我们出售优惠券和礼品", "券优惠"), Vec::<String>::new());
    assert_eq!(find("card gift", "gift card"), Vec::<String>::new());
}

#[test]
fn no_cell_of_a_table_is_a_formula() {
    for (text, cell) in [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("-1,2", "\"'-1,2\""),
        ("\tx", "'\tx"),
        ("a \"b\"\nc", "\"a \"\"b\"\"\nc\""),
        ("plain", "plain"),
    ] {
        assert_eq!(csv_cell(text), cell);
    }
}

proptest! {
    #[test]
    fn no_text_makes_the_parser_panic(text in "\\PC{0,80}") {
        let _ = read(&text).map(|query| query.to_string());
        let _ = Known::default().complete(&text);
        let _ = words(&text);
    }

    #[test]
    fn whatever_is_read_prints_so_that_it_reads_the_same(text in r#"((-?(actor|rule|action|created|verdict|by|contact):)?["]?[-a-z0-9>=<.,*"\\: é优]{0,12}["]? ?){0,4}"#) {
        if let Ok(query) = read(&text) {
            prop_assert_eq!(read(&query.to_string()), Ok(query));
        }
    }

    #[test]
    fn searches_of_real_parts_read_the_same_again(
        actor in "[a-z ,\"*\\\\]{1,8}", moment in "20[0-9]{2}-(0[1-9]|1[0-2])-[0-2][1-8]", span in "[0-9]{1,3}(d|h|m|s|ms)", words in "[a-zé优 ,:\"*-]{0,20}x",
    ) {
        let quoted = |text: &str| format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\""));
        let text = format!("actor:{} -created:{moment}..*,<{span} {}", quoted(&actor), quoted(&words));
        let query = read(&text).unwrap();
        prop_assert_eq!(read(&query.to_string()), Ok(query));
    }
}
