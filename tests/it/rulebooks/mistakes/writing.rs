use super::*;

#[test]
fn a_missing_closing_quote() {
    let text = rule("any = [{ words = [\"guest post, \"backlinks\"] }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a quote " is missing in this line
     --> rules.toml:6:33
      |
    6 | any = [{ words = ["guest post, "backlinks"] }]
      |                                 ^
      |
      = help: every text begins and ends with one, in the same line
    "#);
}

#[test]
fn a_missing_closing_quote_at_the_end_of_a_line() {
    let text = named(
        "test/rule",
        "enforce\nstage = \"hold",
        "flag",
        "any = [{ words = [\"x\"] }]",
    );
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a quote " is missing in this line
     --> rules.toml:4:17
      |
    4 | stage = "enforce
      |                 ^
      |
      = help: every text begins and ends with one, in the same line

    error[toml-syntax]: this stands here for the second time
     --> rules.toml:5:1
      |
    5 | stage = "hold"
      | ^^^^^
      |
      = help: keep one of the two
    "#);
}

#[test]
fn a_text_without_quotes() {
    let text = rule("any = [{ words = [guest post] }]").replace("\"For a test\"", "For a test");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:3:7
      |
    3 | why = For a test
      |       ^^^^^^^^^^
      |
      = help: write it like this: "For a test"; only numbers, true and false stand without quotes

    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:19
      |
    6 | any = [{ words = [guest post] }]
      |                   ^^^^^^^^^^
      |
      = help: write it like this: "guest post"; only numbers, true and false stand without quotes
    "#);
}

#[test]
fn a_missing_comma_between_texts() {
    let text = rule("any = [{ words = [\"guest post\" \"backlinks\"] }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a comma is missing before this, or a closing bracket
     --> rules.toml:6:32
      |
    6 | any = [{ words = ["guest post" "backlinks"] }]
      |                                ^
      |
      = help: in a list and in braces there is a comma between one entry and the next
    "#);
}

#[test]
fn a_missing_comma_between_conditions() {
    let text = rule("any = [\n  { words = [\"guest post\"] }\n  { words = [\"backlinks\"] },\n]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a comma is missing before this, or a closing bracket
     --> rules.toml:8:3
      |
    8 |   { words = ["backlinks"] },
      |   ^
      |
      = help: in a list and in braces there is a comma between one entry and the next
    "#);
}

#[test]
fn a_missing_closing_bracket() {
    let text = rule("any = [{ words = [\"guest post\" }]\nunless = [{ answered_before = true }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a closing bracket ] is missing in this line
     --> rules.toml:6:32
      |
    6 | any = [{ words = ["guest post" }]
      |                                ^
      |
      = help: a list opened with [ must be closed with ]
    "#);
}

#[test]
fn a_list_that_is_never_closed() {
    let text =
        rule("any = [\n  { words = [\"guest post\"] },\nunless = [{ answered_before = true }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: the list that begins here is not closed
     --> rules.toml:6:7
      |
    6 | any = [
      |       ^
      |
      = help: close it with ]
    "#);
}

#[test]
fn round_brackets_for_square_ones() {
    let text = rule("any = ({ words = (\"guest post\") })");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: there is more in this line than one value
     --> rules.toml:6:8
      |
    6 | any = ({ words = ("guest post") })
      |        ^
      |
      = help: one `key = value` a line; lists stand in [brackets], a comment begins with #
    "#);
}

#[test]
fn a_brace_closed_by_a_bracket() {
    let text = rule("any = [{ words = [\"guest post\"] ]]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a closing brace } is missing in this line
     --> rules.toml:6:33
      |
    6 | any = [{ words = ["guest post"] ]]
      |                                 ^
      |
      = help: a condition opened with { must be closed with }
    "#);
}

#[test]
fn curly_quotes_out_of_a_document() {
    let text = rule("any = [{ words = [“guest post”] }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: curly quotes do not count as quotes
     --> rules.toml:6:19
      |
    6 | any = [{ words = [“guest post”] }]
      |                   ^^^^^^^^^^^^
      |
      = help: write straight quotes " instead; text pasted from a document often carries curly ones
    "#);
}

#[test]
fn low_quotes_out_of_a_german_document() {
    let text = rule("any = [{ words = [\"x\"] }]").replace("\"For a test\"", "„Nur ein Test“");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: curly quotes do not count as quotes
     --> rules.toml:3:7
      |
    3 | why = „Nur ein Test“
      |       ^^^^^^^^^^^^^^
      |
      = help: write straight quotes " instead; text pasted from a document often carries curly ones
    "#);
}

#[test]
fn a_character_nobody_can_see_within_a_text() {
    let text = rule("any = [{ words = [\"guest\u{8}post\"] }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a character nobody can see stands in this text
     --> rules.toml:6:25
      |
    6 | any = [{ words = ["guest␈post"] }]
      |                         ^
      |
      = help: delete it, or type the text anew
    "#);
    // Tabs elsewhere are blanks, and in a text they are looked for as one.
    let fine = book(&rule("\tany\t=\t[{ words = [\"guest\tpost\"] }]"));
    assert_eq!(fired(&fine, &lead("a guest post")), ["test/rule"]);
}

#[test]
fn a_backslash_that_means_nothing() {
    let text = rule("any = [{ pattern = \"\\d+ dollars\" }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a backslash means something else within double quotes
     --> rules.toml:6:22
      |
    6 | any = [{ pattern = "\d+ dollars" }]
      |                      ^
      |
      = help: put the text in single quotes, like this: pattern = '\d+ dollars'
    "#);
}

#[test]
fn a_colon_for_the_equals_sign() {
    let text = rule("any = [{ words = [\"x\"] }]").replace("why =", "why:");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a `=` belongs here, not a colon
     --> rules.toml:3:6
      |
    3 | why: "For a test"
      |      ^
      |
      = help: every line reads `key = value`, in braces too: { first_message = true }
    "#);
}

#[test]
fn a_key_without_a_value() {
    let text = rule("owner =\nany = [{ words = [\"x\"] }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: nothing stands behind the `=`
     --> rules.toml:6:8
      |
    6 | owner =
      |        ^
      |
      = help: write a value there, or take the line out
    "#);
}

#[test]
fn a_key_that_stands_twice() {
    let text = rule("any = [{ words = [\"x\"] }]\nstage = \"hold\"");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: this stands here for the second time
     --> rules.toml:7:1
      |
    7 | stage = "hold"
      | ^^^^^
      |
      = help: keep one of the two
    "#);
}

#[test]
fn a_word_for_yes() {
    let text = rule("all = [{ first_message = yes }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: this word is not known here
     --> rules.toml:6:26
      |
    6 | all = [{ first_message = yes }]
      |                          ^^^
      |
      = help: write true or false, without quotes
    "#);
    let text = rule("all = [{ first_message = True }]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: this is written in lower case letters
     --> rules.toml:6:26
      |
    6 | all = [{ first_message = True }]
      |                          ^^^^
      |
      = help: write true or false
    "#);
}

#[test]
fn a_heading_that_is_not_closed() {
    let text = rule("any = [{ words = [\"x\"] }]").replace("[[rule]]", "[[rule]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: this heading is not closed
     --> rules.toml:1:8
      |
    1 | [[rule]
      |        ^
      |
      = help: write [[rule]] with two brackets on each side, [policy] with one
    "#);
}

#[test]
fn a_comment_with_slashes() {
    let text = rule("any = [{ words = [\"x\"] }] // all of them");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a comment begins with #
     --> rules.toml:6:27
      |
    6 | any = [{ words = ["x"] }] // all of them
      |                           ^
      |
      = help: write # here instead
    "#);
}

#[test]
fn a_long_text_over_several_lines() {
    let text = rule("any = [{ words = [\"x\"] }]").replace("\"For a test\"", "\"For\na test\"");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: a quote " is missing in this line
     --> rules.toml:3:11
      |
    3 | why = "For
      |           ^
      |
      = help: every text begins and ends with one, in the same line

    error[toml-syntax]: a quote " is missing in this line
     --> rules.toml:4:3
      |
    4 | a test"
      |   ^
      |
      = help: every text begins and ends with one, in the same line
    "#);
}
