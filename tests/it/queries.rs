//! The language the record is searched in.

use featurebase_bouncer::desk::formats::csv_cell;
use featurebase_bouncer::desk::query::{Completion, Known, read};
use featurebase_bouncer::problem::{Paint, render};
use featurebase_bouncer::rules::search::{asked, places, words};
use featurebase_bouncer::store::audit::Filter;
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
        (
            "  Actor:ana   -\"gift card\" ",
            Some("actor:ana -\"gift card\""),
        ),
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
        (
            "created:2026-11-01",
            "2026-11-01T00:00:00.000Z",
            "2026-11-01T23:59:59.999Z",
        ),
        ("created:>2026-11-01", "2026-11-02T00:00:00.000Z", ""),
        ("created:>2026-11-01T09:41", "2026-11-01T09:42:00.000Z", ""),
        (
            "created:<=2026-11-01T09:41:05Z",
            "",
            "2026-11-01T09:41:05.999Z",
        ),
        (
            "created:<=2026-11-01T09:41+02:00",
            "",
            "2026-11-01T07:41:59.999Z",
        ),
        (
            "created:2026-11-01T09:41:05.123Z",
            "2026-11-01T09:41:05.123Z",
            "2026-11-01T09:41:05.123Z",
        ),
        ("created:>=2026-11-01", "2026-11-01T00:00:00.000Z", ""),
        ("created:<2026-11-01", "", "2026-10-31T23:59:59.999Z"),
        ("created:<=2026-11-01", "", "2026-11-01T23:59:59.999Z"),
        (
            "created:2026-11-01..2026-11-05",
            "2026-11-01T00:00:00.000Z",
            "2026-11-05T23:59:59.999Z",
        ),
        ("created:2026-11-01..*", "2026-11-01T00:00:00.000Z", ""),
        ("created:>7d", "2026-11-13T12:00:00.001Z", ""),
        ("created:<7d", "", "2026-11-13T11:59:59.999Z"),
        (
            "created:14d..7d",
            "2026-11-06T12:00:00.000Z",
            "2026-11-13T12:00:00.000Z",
        ),
    ] {
        let wanted = read(written).unwrap().wanted(&Filter::default(), now);
        let told = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
        let [(first, last)] = wanted.times[0].any_of[..] else {
            panic!("{written}")
        };
        assert_eq!(
            (told(first), told(last)),
            (from.to_owned(), to.to_owned()),
            "{written}"
        );
    }
}

#[test]
fn an_unknown_key_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("action:blocked acter:ana by:tom"), @r##"
    error[unknown-search-key]: `acter` is nothing the record can be searched by
     --> search:1:16
      |
    1 | action:blocked acter:ana by:tom
      |                ^^^^^
      |
      = help: did you mean `actor`? It is used like this: `actor:ana`. To look for these words in messages, put them between quotation marks

    error[unknown-search-key]: `by` is nothing the record can be searched by
     --> search:1:26
      |
    1 | action:blocked acter:ana by:tom
      |                          ^^
      |
      = help: did you mean `actor`? It is used like this: `actor:ana`. To look for these words in messages, put them between quotation marks
    "##);
}

#[test]
fn a_value_that_cannot_be_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("action:bloked,unblocked verdict:spam created:yesterday created:7d"), @r##"
    error[search-value]: no row has the action `bloked`
     --> search:1:8
      |
    1 | action:bloked,unblocked verdict:spam created:yesterday created:7d
      |        ^^^^^^
      |
      = help: did you mean `action:blocked`?

    error[search-value]: no row has the verdict `spam`
     --> search:1:33
      |
    1 | action:bloked,unblocked verdict:spam created:yesterday created:7d
      |                                 ^^^^
      |
      = help: known are clean, flag, hold, block, repeat

    error[search-value]: `yesterday` is no day and no moment
     --> search:1:46
      |
    1 | action:bloked,unblocked verdict:spam created:yesterday created:7d
      |                                              ^^^^^^^^^
      |
      = help: write a day such as 2026-11-01, a moment such as 2026-11-01T09:41:00Z, or how long ago, such as >7d for the last seven days

    error[search-value]: `7d` ago is a moment, and no row was written in just that
     --> search:1:64
      |
    1 | action:bloked,unblocked verdict:spam created:yesterday created:7d
      |                                                                ^^
      |
      = help: `created:>7d` finds what is younger, `created:<7d` what is older
    "##);
}

#[test]
fn what_is_left_open_is_told_at_its_word() {
    insta::assert_snapshot!(complaint("actor: rule:*/x gift* \"gift card"), @r##"
    error[search-value]: `actor:` has no value
     --> search:1:1
      |
    1 | actor: rule:*/x gift* "gift card
      | ^^^^^^
      |
      = help: write one right after it, such as `actor:ana`

    error[search-wildcard]: a `*` can stand at the end of a value only
     --> search:1:13
      |
    1 | actor: rule:*/x gift* "gift card
      |             ^^^
      |
      = help: cut the value where the first `*` stands, and leave that one

    error[search-wildcard]: words of a message are found whole, not by their beginning
     --> search:1:17
      |
    1 | actor: rule:*/x gift* "gift card
      |                 ^^^^^
      |
      = help: write the whole word: what is kept for searching is only a keyed hash of each, of which no beginning is known

    error[search-quote]: this quotation mark is never closed
     --> search:1:23
      |
    1 | actor: rule:*/x gift* "gift card
      |                       ^^^^^^^^^^
      |
      = help: put another `"` where the phrase ends
    "##);
}

#[test]
fn a_span_that_ends_before_it_begins_is_told() {
    insta::assert_snapshot!(complaint("created:2026-11-05..2026-11-01 ?!"), @r##"
    error[search-value]: this span ends before it begins
     --> search:1:9
      |
    1 | created:2026-11-05..2026-11-01 ?!
      |         ^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: the earlier moment stands first: `created:2026-11-01..2026-11-05`

    error[search-value]: there is no letter and no digit to look for
     --> search:1:32
      |
    1 | created:2026-11-05..2026-11-01 ?!
      |                                ^^
      |
      = help: messages are searched by their words
    "##);
}

#[test]
fn the_last_word_is_completed() {
    let known = Known {
        rules: vec![
            "pitch/backlinks".to_owned(),
            "pitch/seo".to_owned(),
            "scam/refund".to_owned(),
        ],
        actors: vec![
            "ana".to_owned(),
            "ana maria".to_owned(),
            "bouncer".to_owned(),
        ],
    };
    let complete = |text: &str| -> Vec<String> {
        known
            .complete(text)
            .into_iter()
            .map(|Completion(text)| text)
            .collect()
    };
    assert_eq!(
        complete("actor:ana ac"),
        ["actor:ana actor:", "actor:ana action:"]
    );
    assert_eq!(
        complete("-rule:pi"),
        ["-rule:pitch/backlinks", "-rule:pitch/seo"]
    );
    assert_eq!(complete("actor:a"), ["actor:ana", "actor:\"ana maria\""]);
    assert_eq!(
        complete("verdict:flag,"),
        ["block", "clean", "flag", "hold", "repeat"]
            .map(|verdict| format!("verdict:flag,{verdict}"))
    );
    assert_eq!(
        complete("action:hold_"),
        ["action:hold_confirmed", "action:hold_released"]
    );
    assert!(complete("gift card").is_empty());
    for text in complete("").iter().chain(&complete("action:")) {
        assert!(read(text).is_ok() || text.ends_with(':'), "{text}");
    }
}

#[test]
fn disguised_words_are_found_where_they_stand() {
    let find = |text: &str, wanted: &str| -> Vec<String> {
        let places = places(text, &[asked(wanted)]);
        places
            .into_iter()
            .map(|place| text[place].to_owned())
            .collect()
    };
    assert_eq!(
        find("Buy a Gift-Card, a GIFT\ncard", "gift card"),
        ["Gift-Card", "GIFT\ncard"]
    );
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
