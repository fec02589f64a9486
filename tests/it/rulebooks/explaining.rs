//! Why a rule did or did not fire, for people who ask.

use super::*;

/// What the only rule of the book lacks on a message, and whether it came near.
fn missing(lines: &str, example: &Example) -> (String, bool) {
    let book = book(&rule(lines));
    let mut traces = book.explain(&example.message, &example.facts_for(book.wanted()));
    let trace = traces.remove(0);
    assert!(traces.is_empty());
    let judged = !fired(&book, example).is_empty();
    assert_eq!(trace.fired, judged, "explained as it is judged");
    assert_eq!(trace.missing().is_empty(), judged, "{:?}", trace.missing());
    (trace.missing().join("; "), trace.nearly_fired())
}

#[test]
fn a_rule_that_fires_lacks_nothing() {
    let lines = "any = [{ words = [\"seo\"] }, { words = [\"links\"] }]\nunless = [{ words = [\"error\"] }]";
    assert_eq!(missing(lines, &lead("seo")), (String::new(), false));
}

#[test]
fn what_is_missing_is_said_in_words() {
    let lines = "all = [{ sender = [\"customer\"] }]\nany = [{ words = [\"seo\"] }, { words = [\"links\"] }]\nunless = [{ words = [\"error\"] }]";
    let (told, near) = missing(lines, &lead("an error"));
    insta::assert_snapshot!(told, @r#"the sender is a customer (the sender is a lead); one of 2 conditions, such as: the message has the words “seo”; it is not the case that the message has the words “error”"#);
    assert!(!near, "three things are missing");
    let (told, near) = missing(lines, &lead("seo"));
    insta::assert_snapshot!(told, @r#"the sender is a customer (the sender is a lead)"#);
    assert!(near, "its words are there");
}

#[test]
fn a_slip_of_the_pen_is_near() {
    let (told, near) = missing(
        "any = [{ words = [\"backlinks\"] }]",
        &lead("I sell backlniks"),
    );
    insta::assert_snapshot!(told, @r#"the message has the words “backlinks” (“backlniks” is written, the rule says “backlinks”)"#);
    assert!(near);
    let (_, near) = missing("any = [{ words = [\"backlinks\"] }]", &lead("How are you?"));
    assert!(!near);
}

#[test]
fn an_excuse_is_told() {
    let (told, near) = missing(
        "any = [{ words = [\"seo\"] }]\nunless = [{ answered_before = false }]",
        &lead("seo"),
    );
    insta::assert_snapshot!(told, @r#"it is not the case that no teammate has answered the sender yet"#);
    assert!(near);
}

#[test]
fn every_part_of_a_rule_is_traced() {
    let lines = "all = [{ any = [{ words = [\"seo\"] }, { length = { at_most = 2 } }] }, { none = [{ words = [\"error\"] }] }]";
    let book = book(&rule(lines));
    let example = lead("seo error");
    let trace = &book.explain(&example.message, &example.facts_for(book.wanted()))[0];
    insta::assert_snapshot!(serde_json::to_string_pretty(trace).unwrap(), @r#"
    {
      "rule": "test/rule",
      "said": "flag if (the message has the words “seo” or the message has at most 2 characters), and it is not the case that the message has the words “error”",
      "fired": false,
      "all": [
        {
          "said": "(the message has the words “seo” or the message has at most 2 characters)",
          "held": true,
          "parts": [
            {
              "said": "the message has the words “seo”",
              "held": true,
              "evidence": [
                {
                  "condition": "words",
                  "part": "text",
                  "matched": "seo",
                  "place": {
                    "start": 0,
                    "end": 3
                  },
                  "wanted": "seo"
                }
              ]
            },
            {
              "said": "the message has at most 2 characters",
              "held": false,
              "near": "it has 9"
            }
          ]
        },
        {
          "said": "it is not the case that the message has the words “error”",
          "held": false,
          "parts": [
            {
              "said": "the message has the words “error”",
              "held": true,
              "evidence": [
                {
                  "condition": "words",
                  "part": "text",
                  "matched": "error",
                  "place": {
                    "start": 4,
                    "end": 9
                  },
                  "wanted": "error"
                }
              ]
            }
          ]
        }
      ],
      "any": [],
      "unless": []
    }
    "#);
}

#[test]
fn all_rules_are_explained_in_the_order_of_their_ids() {
    let book = book(
        &["b/x", "a/y", "a/x"]
            .map(|id| on_word(id, "observe", "flag", "seo"))
            .concat(),
    );
    let example = lead("hello");
    let traces = book.explain(&example.message, &example.facts_for(book.wanted()));
    let ids: Vec<&str> = traces.iter().map(|trace| trace.rule.0.as_str()).collect();
    assert_eq!(ids, ["a/x", "a/y", "b/x"]);
}
