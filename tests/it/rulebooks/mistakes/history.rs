use super::*;

#[test]
fn a_window_longer_than_a_week() {
    insta::assert_snapshot!(refused(&rule("all = [{ messages = { at_least = 5, within = \"8d\" } }]")), @r#"
    error[window-too-long]: history is counted over at most 7d
     --> rules.toml:6:46
      |
    6 | all = [{ messages = { at_least = 5, within = "8d" } }]
      |                                              ^^^^
      |
      = help: write within = "7d" or less
    "#);
    for condition in [
        "{ messages = { at_least = 5, within = \"604801s\" } }",
        "{ same_text = { at_least = 5, within = \"169h\" } }",
        "{ same_text_from = { senders_at_least = 5, within = \"30d\" } }",
    ] {
        let text = rule(&format!("all = [{condition}]"));
        let codes = codes_of(&[file("rules.toml", &text)]);
        assert_eq!(codes, ["window-too-long"], "{condition}");
    }
    book(&rule(
        "all = [{ messages = { at_least = 5, within = \"168h\" } }]",
    ));
}

#[test]
fn a_wave_within_seconds() {
    insta::assert_snapshot!(refused(&rule("all = [{ same_text_from = { senders_at_least = 3, within = \"59s\" } }]")), @r#"
    error[window-too-short]: senders are counted over at least 1m
     --> rules.toml:6:27
      |
    6 | all = [{ same_text_from = { senders_at_least = 3, within = "59s" } }]
      |                           ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write within = "1m" or more
    "#);
    book(&rule(
        "all = [{ same_text_from = { senders_at_least = 3, within = \"60s\" } }, { same_text = { at_least = 3, within = \"10s\" } }]",
    ));
}

#[test]
fn more_than_is_counted() {
    insta::assert_snapshot!(refused(&rule("all = [{ messages = { at_least = 1001, within = \"1h\" } }]")), @r#"
    error[count-too-high]: history is counted up to 1000
     --> rules.toml:6:21
      |
    6 | all = [{ messages = { at_least = 1001, within = "1h" } }]
      |                     ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write 1000 or less
    "#);
    for condition in [
        "{ messages = { at_most = 1001, within = \"1h\" } }",
        "{ same_text = { at_least = 3, at_most = 5000, within = \"1h\" } }",
        "{ same_text_from = { senders_at_most = 2000, within = \"1h\" } }",
    ] {
        let text = rule(&format!("all = [{condition}]"));
        let codes = codes_of(&[file("rules.toml", &text)]);
        assert_eq!(codes, ["count-too-high"], "{condition}");
    }
    book(&rule(
        "all = [{ messages = { at_least = 1000, within = \"1h\" } }]",
    ));
}

#[test]
fn a_wave_is_counted_in_senders() {
    insta::assert_snapshot!(refused(&rule("all = [{ same_text_from = { at_least = 3, within = \"10m\" } }, { same_text_from = { within = \"10m\" } }, { same_text_from = { senders_at_least = 3 } }, { same_text_from = { senders_at_least = 4, senders_at_most = 3, within = \"1h\" } }]")), @r#"
    error[unknown-key]: `at_least` is not known here
     --> rules.toml:6:29
      |
    6 | all = [{ same_text_from = { at_least = 3, within = "10m" } }, { same_text_from = { within = "10m" } }, { same_text_from = { senders_a...
      |                             ^^^^^^^^
      |
      = help: known are: senders_at_least, senders_at_most, within

    error[no-bounds]: neither senders_at_least nor senders_at_most is given
     --> rules.toml:6:82
      |
    6 | all = [{ same_text_from = { at_least = 3, within = "10m" } }, { same_text_from = { within = "10m" } }, { same_text_from = { senders_a...
      |                                                                                  ^^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: { senders_at_least = 3, within = "10m" }

    error[no-window]: `within` is missing
     --> rules.toml:6:121
      |
    6 | ...text_from = { within = "10m" } }, { same_text_from = { senders_at_least = 3 } }, { same_text_from = { senders_at_least = 4, sender...
      |                                                         ^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: { senders_at_least = 3, within = "10m" }

    error[bounds-crossed]: nothing is at least 4 and at most 3
     --> rules.toml:6:121
      |
    6 | ..._least = 3 } }, { same_text_from = { senders_at_least = 4, senders_at_most = 3, within = "1h" } }]
      |                                       ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: exchange the two numbers
    "#);
}

#[test]
fn a_time_known_without_bounds() {
    insta::assert_snapshot!(refused(&rule("all = [{ known_for = {} }, { known_for = { at_least = \"2h\", at_most = \"1h\" } }, { known_for = \"1h\" }, { known_for = { at_most = 5 } }]")), @r#"
    error[no-bounds]: neither at_least nor at_most is given
     --> rules.toml:6:22
      |
    6 | all = [{ known_for = {} }, { known_for = { at_least = "2h", at_most = "1h" } }, { known_for = "1h" }, { known_for = { at_most = 5 } }]
      |                      ^^
      |
      = help: write it like this: { at_most = "1h" }

    error[bounds-crossed]: nobody is known for at least 2h and at most 1h
     --> rules.toml:6:42
      |
    6 | all = [{ known_for = {} }, { known_for = { at_least = "2h", at_most = "1h" } }, { known_for = "1h" }, { known_for = { at_most = 5 } }]
      |                                          ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: exchange the two spans

    error[wrong-type]: expected braces { }, found a text
     --> rules.toml:6:95
      |
    6 | all = [{ known_for = {} }, { known_for = { at_least = "2h", at_most = "1h" } }, { known_for = "1h" }, { known_for = { at_most = 5 } }]
      |                                                                                               ^^^^
      |
      = help: write it like this: { at_most = "1h" }

    error[wrong-type]: expected a text in quotes, found a number
     --> rules.toml:6:121
      |
    6 |  known_for = {} }, { known_for = { at_least = "2h", at_most = "1h" } }, { known_for = "1h" }, { known_for = { at_most = 5 } }]
      |                                                                                                                         ^
      |
      = help: write it like this: at_most = "1h"
    "#);
}

#[test]
fn a_page_that_is_none() {
    insta::assert_snapshot!(refused(&rule("all = [{ page = [\"pricing*\", \"/signup?plan=pro\", \"example.com/#top\"] }]")), @r#"
    error[bad-page]: `pricing*` begins neither with / nor with a host
     --> rules.toml:6:18
      |
    6 | all = [{ page = ["pricing*", "/signup?plan=pro", "example.com/#top"] }]
      |                  ^^^^^^^^^^
      |
      = help: write "/pricing*" for a path, or put the host in front

    error[bad-page]: in `/signup?plan=pro` the part behind ? or # is not compared
     --> rules.toml:6:30
      |
    6 | all = [{ page = ["pricing*", "/signup?plan=pro", "example.com/#top"] }]
      |                              ^^^^^^^^^^^^^^^^^^
      |
      = help: leave it out: what stands there makes no difference

    error[bad-page]: in `example.com/#top` the part behind ? or # is not compared
     --> rules.toml:6:50
      |
    6 | all = [{ page = ["pricing*", "/signup?plan=pro", "example.com/#top"] }]
      |                                                  ^^^^^^^^^^^^^^^^^^
      |
      = help: leave it out: what stands there makes no difference
    "#);
}
