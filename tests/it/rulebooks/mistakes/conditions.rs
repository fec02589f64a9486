use super::*;

#[test]
fn two_conditions_in_one_pair_of_braces() {
    insta::assert_snapshot!(refused(&rule("all = [{ words = [\"backlinks\"], sender = [\"lead\"] }]")), @r#"
    error[two-conditions-in-one]: braces hold exactly one condition, here are 2: words, sender
     --> rules.toml:6:8
      |
    6 | all = [{ words = ["backlinks"], sender = ["lead"] }]
      |        ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: give each its own braces: { words = … }, { sender = … }
    "#);
}

#[test]
fn an_unknown_condition() {
    insta::assert_snapshot!(refused(&rule("any = [{ word = [\"x\"] }, { sentiment = \"bad\" }]")), @r#"
error[unknown-condition]: `word` is not known as a condition
 --> rules.toml:6:10
  |
6 | any = [{ word = ["x"] }, { sentiment = "bad" }]
  |          ^^^^
  |
  = help: did you mean `words`?

error[unknown-condition]: `sentiment` is not known as a condition
 --> rules.toml:6:28
  |
6 | any = [{ word = ["x"] }, { sentiment = "bad" }]
  |                            ^^^^^^^^^
  |
  = help: `bouncer explain conditions` names all there are
"#);
}

#[test]
fn a_condition_without_braces() {
    insta::assert_snapshot!(refused(&rule("any = [\"backlinks\"]")), @r#"
    error[condition-not-a-table]: a condition stands in braces, found a text
     --> rules.toml:6:8
      |
    6 | any = ["backlinks"]
      |        ^^^^^^^^^^^
      |
      = help: write it like this: { words = ["guest post"] }
    "#);
}

#[test]
fn conditions_without_a_list() {
    insta::assert_snapshot!(refused(&rule("any = { words = [\"backlinks\"] }")), @r#"
    error[wrong-type]: expected a list in brackets, found braces { }
     --> rules.toml:6:7
      |
    6 | any = { words = ["backlinks"] }
      |       ^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: [{ words = ["guest post"] }]
    "#);
}

#[test]
fn an_empty_condition() {
    insta::assert_snapshot!(refused(&rule("any = [{}]")), @r#"
    error[empty-condition]: this condition is empty
     --> rules.toml:6:8
      |
    6 | any = [{}]
      |        ^^
      |
      = help: write one, like this: { words = ["guest post"] }
    "#);
}

#[test]
fn a_group_within_a_group_with_a_mistake() {
    insta::assert_snapshot!(refused(&rule("any = [{ all = [{ none = [{ wordz = [\"x\"] }] }] }]")), @r#"
    error[unknown-condition]: `wordz` is not known as a condition
     --> rules.toml:6:29
      |
    6 | any = [{ all = [{ none = [{ wordz = ["x"] }] }] }]
      |                             ^^^^^
      |
      = help: did you mean `words`?
    "#);
}

#[test]
fn a_bad_span_of_time() {
    insta::assert_snapshot!(refused(&rule("all = [{ messages = { at_least = 5, within = \"ten minutes\" } }]")), @r#"
    error[bad-span]: `ten minutes` is not a span of time
     --> rules.toml:6:46
      |
    6 | all = [{ messages = { at_least = 5, within = "ten minutes" } }]
      |                                              ^^^^^^^^^^^^^
      |
      = help: a number and s, m, h or d, like this: within = "10m"
    "#);
    for span in ["5", "5 m", "0m", "-5m", "1.5h", "5min", "m"] {
        let text = rule(&format!(
            "all = [{{ messages = {{ at_least = 5, within = \"{span}\" }} }}]"
        ));
        assert_eq!(
            codes_of(&[file("rules.toml", text)]),
            ["bad-span"],
            "{span}"
        );
    }
}

#[test]
fn a_count_without_its_window() {
    insta::assert_snapshot!(refused(&rule("all = [{ messages = { at_least = 5 } }]")), @r#"
    error[no-window]: `within` is missing
     --> rules.toml:6:21
      |
    6 | all = [{ messages = { at_least = 5 } }]
      |                     ^^^^^^^^^^^^^^^^
      |
      = help: write it like this: { at_least = 5, within = "1m" }
    "#);
}

#[test]
fn bounds_that_say_nothing() {
    insta::assert_snapshot!(refused(&rule("all = [{ links = {} }, { length = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { links = { at_least = -1 } }]")), @r#"
    error[no-bounds]: neither at_least nor at_most is given
     --> rules.toml:6:18
      |
    6 | all = [{ links = {} }, { length = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { link...
      |                  ^^
      |
      = help: write it like this: { at_least = 1 }

    error[always-true]: everything is at least 0
     --> rules.toml:6:35
      |
    6 | all = [{ links = {} }, { length = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { link...
      |                                   ^^^^^^^^^^^^^^^^
      |
      = help: give a larger number

    error[bounds-crossed]: nothing is at least 9 and at most 3
     --> rules.toml:6:66
      |
    6 | all = [{ links = {} }, { length = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { link...
      |                                                                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: exchange the two numbers

    error[unknown-key]: `atleast` is not known here
     --> rules.toml:6:111
      |
    6 | all = [{ links = {} }, { length = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { link...
      |                                                                                                               ^^^^^^^
      |
      = help: did you mean `at_least`?

    error[below-zero]: this number cannot be below zero
     --> rules.toml:6:121
      |
    6 | h = { at_least = 0 } }, { length = { at_least = 9, at_most = 3 } }, { links = { atleast = 1 } }, { links = { at_least = -1 } }]
      |                                                                                                                         ^^
      |
      = help: write it like this: at_least = 3
    "#);
}

#[test]
fn a_bad_domain() {
    insta::assert_snapshot!(refused(&rule("any = [{ link_domain = [\"https://www.fiverr.com/gigs\", \"*.upwork.com\", \"localhost\", \"a b.com\", \"me@x.com\"] }]")), @r#"
    error[bad-domain]: `https://www.fiverr.com/gigs` is not a domain name
     --> rules.toml:6:25
      |
    6 | any = [{ link_domain = ["https://www.fiverr.com/gigs", "*.upwork.com", "localhost", "a b.com", "me@x.com"] }]
      |                         ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: leave the scheme out, like this: "www.fiverr.com/gigs"

    error[bad-domain]: `*.upwork.com` is not a domain name
     --> rules.toml:6:56
      |
    6 | any = [{ link_domain = ["https://www.fiverr.com/gigs", "*.upwork.com", "localhost", "a b.com", "me@x.com"] }]
      |                                                        ^^^^^^^^^^^^^^
      |
      = help: sub-domains are always meant too; write "upwork.com"

    error[bad-domain]: `localhost` is not a domain name
     --> rules.toml:6:72
      |
    6 | any = [{ link_domain = ["https://www.fiverr.com/gigs", "*.upwork.com", "localhost", "a b.com", "me@x.com"] }]
      |                                                                        ^^^^^^^^^^^
      |
      = help: a domain has a dot in it, like this: "example.com"

    error[bad-domain]: `a b.com` is not a domain name
     --> rules.toml:6:85
      |
    6 | any = [{ link_domain = ["https://www.fiverr.com/gigs", "*.upwork.com", "localhost", "a b.com", "me@x.com"] }]
      |                                                                                     ^^^^^^^^^
      |
      = help: only the domain, like this: "example.com"

    error[bad-domain]: `me@x.com` is not a domain name
     --> rules.toml:6:96
      |
    6 | any = [{ link_domain = ["https://www.fiverr.com/gigs", "*.upwork.com", "localhost", "a b.com", "me@x.com"] }]
      |                                                                                                ^^^^^^^^^^
      |
      = help: only the domain, like this: "example.com"
    "#);
}

#[test]
fn a_bad_address() {
    insta::assert_snapshot!(refused(&rule("any = [{ sender_email = [\"example.com\"] }]")), @r#"
    error[bad-address]: `example.com` has no @, so no address is like it
     --> rules.toml:6:26
      |
    6 | any = [{ sender_email = ["example.com"] }]
      |                          ^^^^^^^^^^^^^
      |
      = help: write "*@example.com" for everybody at a domain, or use `sender_email_domain`
    "#);
}

#[test]
fn a_bad_pattern() {
    insta::assert_snapshot!(refused(&rule("any = [{ pattern = 'earn (\\d+ dollars' }]")), @r#"
    error[bad-pattern]: this is not a regular expression: unclosed group
     --> rules.toml:6:20
      |
    6 | any = [{ pattern = 'earn (\d+ dollars' }]
      |                    ^^^^^^^^^^^^^^^^^^^
      |
      = help: to look for plain words use `words` or `contains`; there no character is special
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ pattern = '(?=look) ahead' }]")), @r#"
    error[bad-pattern]: this is not a regular expression: look-around, including look-ahead and look-behind, is not supported
     --> rules.toml:6:20
      |
    6 | any = [{ pattern = '(?=look) ahead' }]
      |                    ^^^^^^^^^^^^^^^^
      |
      = help: to look for plain words use `words` or `contains`; there no character is special
    "#);
}

#[test]
fn a_pattern_that_matches_everything() {
    insta::assert_snapshot!(refused(&rule("any = [{ pattern = 'casino|' }]")), @r#"
    error[matches-everything]: this pattern matches the empty text, so it would fire on every message
     --> rules.toml:6:20
      |
    6 | any = [{ pattern = 'casino|' }]
      |                    ^^^^^^^^^
      |
      = help: say at least one letter that must be there; `*` and `?` allow for none
    "#);
    for pattern in [".*", "x*", "(a|b)?", "^", "\\b|x", "(?:)"] {
        let text = rule(&format!("any = [{{ pattern = '{pattern}' }}]"));
        let codes = codes_of(&[file("rules.toml", text)]);
        assert_eq!(codes, ["matches-everything"], "{pattern}");
    }
}

#[test]
fn an_unknown_kind_of_sender_or_channel() {
    insta::assert_snapshot!(refused(&rule("all = [{ sender = [\"user\"] }, { channel = [\"e-mail\", \"whatsapp\"] }, { conversation = \"started\" }]")), @r#"
    error[unknown-word]: `user` is not known here
     --> rules.toml:6:20
      |
    6 | all = [{ sender = ["user"] }, { channel = ["e-mail", "whatsapp"] }, { conversation = "started" }]
      |                    ^^^^^^
      |
      = help: did you mean `customer`?

    error[unknown-word]: `e-mail` is not known here
     --> rules.toml:6:44
      |
    6 | all = [{ sender = ["user"] }, { channel = ["e-mail", "whatsapp"] }, { conversation = "started" }]
      |                                            ^^^^^^^^
      |
      = help: did you mean `email`?

    error[unknown-word]: `whatsapp` is not known here
     --> rules.toml:6:54
      |
    6 | all = [{ sender = ["user"] }, { channel = ["e-mail", "whatsapp"] }, { conversation = "started" }]
      |                                                      ^^^^^^^^^^
      |
      = help: known are: unknown, desktop, android, ios, email, slack

    error[unknown-word]: `started` is not known here
     --> rules.toml:6:86
      |
    6 | all = [{ sender = ["user"] }, { channel = ["e-mail", "whatsapp"] }, { conversation = "started" }]
      |                                                                                      ^^^^^^^^^
      |
      = help: known are: new, reply
    "#);
}

#[test]
fn quotes_around_true() {
    insta::assert_snapshot!(refused(&rule("all = [{ first_message = \"true\" }]")), @r#"
    error[wrong-type]: expected true or false, without quotes, found a text
     --> rules.toml:6:26
      |
    6 | all = [{ first_message = "true" }]
      |                          ^^^^^^
      |
      = help: write it like this: { first_message = true }
    "#);
}
