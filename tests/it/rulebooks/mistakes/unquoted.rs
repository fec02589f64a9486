//! Quotes, numbers, dates and words without their form.

use super::*;

#[test]
fn quotes_within_quotes() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"so called \"experts\" here\"] }]")), @r#"
    error[toml-syntax]: a quote " within a text ends it
     --> rules.toml:6:31
      |
    6 | any = [{ words = ["so called "experts" here"] }]
      |                               ^
      |
      = help: put a text with quotes in it between single quotes, like this: 'the "best" offer'
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("\"For a test\"", "\"Offers of \"backlinks\"\"")), @r#"
    error[toml-syntax]: a quote " within a text ends it
     --> rules.toml:3:19
      |
    3 | why = "Offers of "backlinks""
      |                   ^
      |
      = help: put a text with quotes in it between single quotes, like this: 'the "best" offer'
    "#);
}

#[test]
fn an_apostrophe_within_single_quotes() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = ['don't'] }]")), @r#"
    error[toml-syntax]: an apostrophe ends a text that begins with one
     --> rules.toml:6:24
      |
    6 | any = [{ words = ['don't'] }]
      |                        ^
      |
      = help: put a text with an apostrophe in double quotes, like this: "don't"
    "#);
}

#[test]
fn two_single_quotes_for_a_double_one() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [''x''] }]")), @r#"
    error[toml-syntax]: a quote ' within a text ends it
     --> rules.toml:6:21
      |
    6 | any = [{ words = [''x''] }]
      |                     ^
      |
      = help: begin and end every text with one double quote, like this: "guest post"
    "#);
}

#[test]
fn three_quotes_that_do_not_end() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"\"\"guest post] }]")), @r#"
    error[toml-syntax]: three quotes begin a text over several lines, and this one does not end
     --> rules.toml:6:19
      |
    6 | any = [{ words = ["""guest post] }]
      |                   ^^^
      |
      = help: write one quote on each side: "guest post"
    "#);
}

#[test]
fn text_behind_a_value() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage = \"enforce\"", "stage = \"enforce\" for now")), @r#"
    error[toml-syntax]: there is more in this line than one value
     --> rules.toml:4:19
      |
    4 | stage = "enforce" for now
      |                   ^
      |
      = help: one `key = value` a line; lists stand in [brackets], a comment begins with #
    "#);
}

#[test]
fn a_backslash_in_a_path() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("For a test", "See C:\\Users\\ana")), @r#"
    error[toml-syntax]: a backslash means something else within double quotes
     --> rules.toml:3:16
      |
    3 | why = "See C:\Users\ana"
      |                ^
      |
      = help: put the text in single quotes, like this: pattern = '\d+ dollars'
    "#);
}

#[test]
fn a_percent_sign() {
    insta::assert_snapshot!(refused(&rule("any = [{ length = { at_least = 50% } }]")), @r#"
    error[toml-syntax]: a percent sign does not belong to a number
     --> rules.toml:6:32
      |
    6 | any = [{ length = { at_least = 50% } }]
      |                                ^^^
      |
      = help: leave it out; a share is written with a dot: 0.5 for 50%
    "#);
}

#[test]
fn a_count_below_zero() {
    insta::assert_snapshot!(refused(&rule("any = [{ links = { at_least = -1 } }]")), @r#"
    error[below-zero]: this number cannot be below zero
     --> rules.toml:6:31
      |
    6 | any = [{ links = { at_least = -1 } }]
      |                               ^^
      |
      = help: write it like this: at_least = 3
    "#);
}

#[test]
fn a_part_of_a_whole_number() {
    insta::assert_snapshot!(refused(&rule("any = [{ links = { at_least = 1.5 } }]")), @r#"
    error[wrong-type]: expected a whole number, found a number with a dot
     --> rules.toml:6:31
      |
    6 | any = [{ links = { at_least = 1.5 } }]
      |                               ^^^
      |
      = help: write it like this: at_least = 3
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ links = { at_least = 1,5 } }]")), @r#"
    error[toml-syntax]: a comma stands within a number
     --> rules.toml:6:32
      |
    6 | any = [{ links = { at_least = 1,5 } }]
      |                                ^
      |
      = help: no commas or dots between the digits: 1000 for a thousand; and a dot for a part of one: 0.5
    "#);
}

#[test]
fn marks_within_large_numbers() {
    insta::assert_snapshot!(refused(&rule("any = [{ length = { at_least = 1,000 } }]")), @r#"
    error[toml-syntax]: a comma stands within a number
     --> rules.toml:6:33
      |
    6 | any = [{ length = { at_least = 1,000 } }]
      |                                 ^
      |
      = help: no commas or dots between the digits: 1000 for a thousand; and a dot for a part of one: 0.5
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ length = { at_least = 1.000.000 } }]")), @r#"
    error[toml-syntax]: this is not a number as it must be written
     --> rules.toml:6:37
      |
    6 | any = [{ length = { at_least = 1.000.000 } }]
      |                                     ^^^^
      |
      = help: no commas or dots between the digits: 1000 for a thousand; and a dot for a part of one: 0.5
    "#);
}

#[test]
fn a_number_beyond_all_bounds() {
    insta::assert_snapshot!(refused(&rule("any = [{ links = { at_least = 99999999999999999999 } }]")), @r#"
    error[wrong-type]: expected a smaller number, found a number
     --> rules.toml:6:31
      |
    6 | any = [{ links = { at_least = 99999999999999999999 } }]
      |                               ^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: at_least = 3
    "#);
}

#[test]
fn a_number_that_begins_with_zero() {
    insta::assert_snapshot!(refused(&rule("any = [{ links = { at_least = 05 } }]")), @r#"
    error[toml-syntax]: a number does not begin with 0
     --> rules.toml:6:31
      |
    6 | any = [{ links = { at_least = 05 } }]
      |                               ^
      |
      = help: write 5, not 05
    "#);
}

#[test]
fn dates_of_other_countries() {
    insta::assert_snapshot!(refused(&rule("expires = 31.01.2027\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: this is not a date
     --> rules.toml:6:16
      |
    6 | expires = 31.01.2027
      |                ^^^^^
      |
      = help: a date is written year-month-day, like this: 2027-01-31
    "#);
    insta::assert_snapshot!(refused(&rule("expires = 1/31/2027\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: this is not a date
     --> rules.toml:6:11
      |
    6 | expires = 1/31/2027
      |           ^^^^^^^^^
      |
      = help: a date is written year-month-day, like this: 2027-01-31
    "#);
}

#[test]
fn a_day_that_does_not_exist() {
    insta::assert_snapshot!(refused(&rule("expires = 2027-02-30\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: this is not a date
     --> rules.toml:6:11
      |
    6 | expires = 2027-02-30
      |           ^^^^^^^^^^
      |
      = help: a date is written year-month-day, like this: 2027-01-31
    "#);
}

#[test]
fn a_span_of_time_without_quotes() {
    insta::assert_snapshot!(refused(&rule("any = [{ messages = { at_least = 5, within = 10m } }]")), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:46
      |
    6 | any = [{ messages = { at_least = 5, within = 10m } }]
      |                                              ^^^
      |
      = help: write it like this: "10m"; only numbers, true and false stand without quotes
    "#);
}

#[test]
fn a_word_for_nothing() {
    insta::assert_snapshot!(refused(&rule("owner = none\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: there is no word for nothing
     --> rules.toml:6:9
      |
    6 | owner = none
      |         ^^^^
      |
      = help: take the line out
    "#);
}

#[test]
fn dots_for_more_words() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\", ...] }]")), @r#"
    error[toml-syntax]: three dots do not stand for more words
     --> rules.toml:6:24
      |
    6 | any = [{ words = ["x", ...] }]
      |                        ^
      |
      = help: write out all the words of the list
    "#);
}

#[test]
fn a_pattern_between_slashes() {
    insta::assert_snapshot!(refused(&rule("any = [{ pattern = /earn/ }]")), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:20
      |
    6 | any = [{ pattern = /earn/ }]
      |                    ^^^^^^
      |
      = help: write it like this: "earn"; only numbers, true and false stand without quotes
    "#);
}
