//! Pieces of documents, web pages and other languages.

use super::*;

#[test]
fn blanks_of_a_web_page() {
    insta::assert_snapshot!(named_characters(&refused(&rule("any = [\n\u{a0}\u{a0}{ words = [\"guest post\"] },\n]"))), @r#"
    error[toml-syntax]: this blank is not an ordinary one
     --> rules.toml:7:1
      |
    7 | <a0><a0>{ words = ["guest post"] },
      | ^
      |
      = help: delete the blanks in this line and type them anew; text pasted from a web page often carries such blanks
    "#);
    insta::assert_snapshot!(named_characters(&refused(&rule(FINE).replace("stage = ", "stage\u{a0}=\u{a0}"))), @r#"
    error[toml-syntax]: this blank is not an ordinary one
     --> rules.toml:4:6
      |
    4 | stage<a0>=<a0>"enforce"
      |      ^
      |
      = help: delete the blanks in this line and type them anew; text pasted from a web page often carries such blanks
    "#);
    insta::assert_snapshot!(named_characters(&refused(&rule("any = [{ words = [\"a\",\u{a0}\"b\"] }]"))), @r#"
    error[toml-syntax]: this blank is not an ordinary one
     --> rules.toml:6:23
      |
    6 | any = [{ words = ["a",<a0>"b"] }]
      |                       ^
      |
      = help: delete the blanks in this line and type them anew; text pasted from a web page often carries such blanks
    "#);
}

#[test]
fn a_character_nobody_can_see_before_a_key() {
    insta::assert_snapshot!(named_characters(&refused(&rule(FINE).replace("stage =", "\u{200b}stage ="))), @r#"
    error[toml-syntax]: a character nobody can see stands here
     --> rules.toml:4:1
      |
    4 | <200b>stage = "enforce"
      | ^
      |
      = help: delete it, or type the line anew; text pasted from a web page often carries such characters
    "#);
}

#[test]
fn signs_of_a_chinese_keyboard() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"，\"y\"] }]")), @r#"
    error[toml-syntax]: the wide sign ， does not count
     --> rules.toml:6:22
      |
    6 | any = [{ words = ["x"，"y"] }]
      |                      ^^
      |
      = help: write = , [ ] { } # " in their narrow form
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage =", "stage ＝")), @r#"
    error[toml-syntax]: the wide sign ＝ does not count
     --> rules.toml:4:7
      |
    4 | stage ＝ "enforce"
      |       ^^
      |
      = help: write = , [ ] { } # " in their narrow form
    "#);
}

#[test]
fn quotes_of_other_countries() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [«guest post»] }]")), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:19
      |
    6 | any = [{ words = [«guest post»] }]
      |                   ^^^^^^^^^^^^
      |
      = help: write it like this: "guest post"; only numbers, true and false stand without quotes
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ words = [「免费」] }]")), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:19
      |
    6 | any = [{ words = [「免费」] }]
      |                   ^^^^^^^^
      |
      = help: write it like this: "免费"; only numbers, true and false stand without quotes
    "#);
}

#[test]
fn backticks_out_of_a_chat() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [`guest post`] }]")), @r#"
    error[toml-syntax]: this must stand in quotes
     --> rules.toml:6:19
      |
    6 | any = [{ words = [`guest post`] }]
      |                   ^^^^^^^^^^^^
      |
      = help: write it like this: "guest post"; only numbers, true and false stand without quotes
    "#);
}

#[test]
fn the_fence_of_a_code_block() {
    insta::assert_snapshot!(refused("```toml\n[[rule]]\nid = \"test/rule\"\nwhy = \"For a test\"\nstage = \"enforce\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\n```\n"), @r#"
    error[toml-syntax]: this line is not part of a rule
     --> rules.toml:1:8
      |
    1 | ```toml
      |        ^
      |
      = help: take it out; it came along from a document or a web page

    error[toml-syntax]: this line is not part of a rule
     --> rules.toml:8:4
      |
    8 | ```
      |    ^
      |
      = help: take it out; it came along from a document or a web page
    "#);
}

#[test]
fn two_edits_that_met() {
    insta::assert_snapshot!(refused(&rule("<<<<<<< HEAD\nowner = \"ana\"\n=======\nowner = \"bo\"\n>>>>>>> theirs\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: two versions of this file were put together here
     --> rules.toml:6:9
      |
    6 | <<<<<<< HEAD
      |         ^
      |
      = help: keep one of the two versions, and take out the lines that begin with <<<<<<<, ======= and >>>>>>>
    "#);
}

#[test]
fn a_file_written_as_json() {
    insta::assert_snapshot!(refused("{\n  \"rule\": [\n    { \"id\": \"test/rule\", \"why\": \"For a test\" }\n  ]\n}\n"), @r#"
    error[toml-syntax]: this file is written as JSON; rules are written as TOML
     --> rules.toml:1:1
      |
    1 | {
      | ^
      |
      = help: a rule begins with [[rule]] on a line of its own, and below it every line reads `key = value`; copy a rule that is there and change it
    "#);
}

#[test]
fn a_file_written_as_yaml() {
    insta::assert_snapshot!(refused("rule:\n  - id: test/rule\n    why: For a test\n    stage: enforce\n    any:\n      - words: [x]\n"), @r#"
    error[toml-syntax]: this file is written as YAML; rules are written as TOML
     --> rules.toml:1:1
      |
    1 | rule:
      | ^
      |
      = help: a rule begins with [[rule]] on a line of its own, and below it every line reads `key = value`; copy a rule that is there and change it
    "#);
}

#[test]
fn a_line_written_as_json() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage = \"enforce\"", "\"stage\": \"enforce\",")), @r#"
    error[toml-syntax]: a `=` belongs here, not a colon
     --> rules.toml:4:8
      |
    4 | "stage": "enforce",
      |        ^
      |
      = help: every line reads `key = value`, in braces too: { first_message = true }
    "#);
}

#[test]
fn comments_of_other_languages() {
    insta::assert_snapshot!(refused(&rule("// all of them\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: a comment begins with #
     --> rules.toml:6:4
      |
    6 | // all of them
      |    ^
      |
      = help: write # at the beginning of this line instead
    "#);
    insta::assert_snapshot!(refused(&rule("/* all of them */\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: a comment begins with #
     --> rules.toml:6:4
      |
    6 | /* all of them */
      |    ^
      |
      = help: write # at the beginning of this line instead
    "#);
    insta::assert_snapshot!(refused(&rule("-- all of them\nany = [{ words = [\"x\"] }]")), @r#"
    error[toml-syntax]: a comment begins with #
     --> rules.toml:6:4
      |
    6 | -- all of them
      |    ^
      |
      = help: write # at the beginning of this line instead
    "#);
}

#[test]
fn a_list_with_marks() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] }]\n- guest post\n- backlinks")), @r#"
    error[toml-syntax]: lists are not written with a mark before each line
     --> rules.toml:7:3
      |
    7 | - guest post
      |   ^
      |
      = help: write a list in brackets with commas between: words = ["guest post", "backlinks"]

    error[toml-syntax]: lists are not written with a mark before each line
     --> rules.toml:8:3
      |
    8 | - backlinks
      |   ^
      |
      = help: write a list in brackets with commas between: words = ["guest post", "backlinks"]
    "#);
}
