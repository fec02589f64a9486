//! Keys, headings and what stands between a key and its value.

use super::*;

#[test]
fn a_line_without_its_equals_sign() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage =", "stage")), @r#"
    error[toml-syntax]: a `=` is missing here
     --> rules.toml:4:7
      |
    4 | stage "enforce"
      |       ^
      |
      = help: every line reads `key = value`; a comment begins with #
    "#);
}

#[test]
fn a_colon_within_braces() {
    insta::assert_snapshot!(refused(&rule("any = [{ words: [\"x\"] }]")), @r#"
    error[toml-syntax]: a `=` belongs here, not a colon
     --> rules.toml:6:17
      |
    6 | any = [{ words: ["x"] }]
      |                 ^
      |
      = help: every line reads `key = value`, in braces too: { first_message = true }
    "#);
}

#[test]
fn two_equals_signs_and_arrows() {
    insta::assert_snapshot!(refused(&rule("any = [{ first_message == true }]")), @r#"
    error[toml-syntax]: only a single `=` stands between a key and its value
     --> rules.toml:6:25
      |
    6 | any = [{ first_message == true }]
      |                         ^
      |
      = help: write `key = value`; bounds are written like this: { length = { at_least = 20, at_most = 200 } }
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ words => [\"x\"] }]")), @r#"
    error[toml-syntax]: only a single `=` stands between a key and its value
     --> rules.toml:6:19
      |
    6 | any = [{ words => ["x"] }]
      |                   ^
      |
      = help: write `key = value`; bounds are written like this: { length = { at_least = 20, at_most = 200 } }
    "#);
}

#[test]
fn a_sign_for_at_least() {
    insta::assert_snapshot!(refused(&rule("any = [{ length >= 20 }]")), @r#"
    error[toml-syntax]: only a single `=` stands between a key and its value
     --> rules.toml:6:17
      |
    6 | any = [{ length >= 20 }]
      |                 ^
      |
      = help: write `key = value`; bounds are written like this: { length = { at_least = 20, at_most = 200 } }
    "#);
}

#[test]
fn a_key_in_two_words() {
    insta::assert_snapshot!(refused(&rule("any = [{ first message = true }]")), @r#"
    error[toml-syntax]: a key is one word, without a blank in it
     --> rules.toml:6:16
      |
    6 | any = [{ first message = true }]
      |                ^
      |
      = help: did you mean `first_message`?
    "#);
}

#[test]
fn a_key_within_braces_that_stands_twice() {
    insta::assert_snapshot!(refused(&rule("any = [{ length = { at_least = 1, at_least = 2 } }]")), @r#"
    error[toml-syntax]: this stands here for the second time
     --> rules.toml:6:35
      |
    6 | any = [{ length = { at_least = 1, at_least = 2 } }]
      |                                   ^^^^^^^^
      |
      = help: keep one of the two
    "#);
}

#[test]
fn a_heading_forgotten_between_two_rules() {
    insta::assert_snapshot!(refused("[[rule]]\nid = \"test/rule\"\nwhy = \"For a test\"\nstage = \"enforce\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\nid = \"test/other\"\nwhy = \"For a test\"\nstage = \"enforce\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\n"), @r#"
    error[toml-syntax]: a second `id` stands in one rule
     --> rules.toml:7:1
      |
    7 | id = "test/other"
      | ^^
      |
      = help: if another rule begins here, write [[rule]] on a line of its own above it; otherwise take one of the two out
    "#);
}

#[test]
fn one_pair_of_brackets_around_every_rule() {
    insta::assert_snapshot!(refused("[rule]\nid = \"test/rule\"\nwhy = \"For a test\"\nstage = \"enforce\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\n[rule]\nid = \"test/rule\"\nwhy = \"For a test\"\nstage = \"enforce\"\nthen = \"flag\"\nany = [{ words = [\"x\"] }]\n"), @r#"
    error[single-rule]: a rule begins with [[rule]], with two brackets on each side
     --> rules.toml:7:1
      |
    7 | [rule]
      | ^^^^^^
      |
      = help: write [[rule]]

    error[single-rule]: a rule begins with [[rule]], with two brackets on each side
     --> rules.toml:7:2
      |
    7 | [rule]
      |  ^^^^
      |
      = help: write [[rule]], here and at every other rule
    "#);
}

#[test]
fn a_heading_that_is_misspelt() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("[[rule]]", "[[rul]]")), @r#"
    error[unknown-key]: `rul` is not known in a rule file (write [[rule]], [[signal]] or [policy])
     --> rules.toml:1:3
      |
    1 | [[rul]]
      |   ^^^
      |
      = help: did you mean `rule`?
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("[[rule]]", "[[Rule]]")), @r#"
    error[unknown-key]: `Rule` is not known in a rule file (write [[rule]], [[signal]] or [policy])
     --> rules.toml:1:3
      |
    1 | [[Rule]]
      |   ^^^^
      |
      = help: did you mean `rule`?
    "#);
}

#[test]
fn a_heading_with_blanks_or_a_name_in_it() {
    insta::assert_snapshot!(refused(&rule(FINE).replace("[[rule]]", "[ [rule] ]")), @r#"
    error[toml-syntax]: this heading is not written as it must be
     --> rules.toml:1:3
      |
    1 | [ [rule] ]
      |   ^
      |
      = help: write [[rule]] with two brackets on each side, [policy] with one
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("[[rule]]", "[[rule \"spam\"]]")), @r#"
    error[toml-syntax]: this heading is not written as it must be
     --> rules.toml:1:7
      |
    1 | [[rule "spam"]]
      |       ^
      |
      = help: write [[rule]] with two brackets on each side, [policy] with one
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("[[rule]]", "[[rule]] my rule")), @r#"
    error[toml-syntax]: there is more in this line than the heading
     --> rules.toml:1:10
      |
    1 | [[rule]] my rule
      |          ^
      |
      = help: [[rule]] stands on a line of its own; a comment begins with #
    "#);
}

#[test]
fn examples_under_a_heading_of_their_own() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] }]\n[examples]\nmatch = [\"x\"]")), @r#"
    error[unknown-key]: `examples` stands outside of the rule
     --> rules.toml:7:2
      |
    7 | [examples]
      |  ^^^^^^^^
      |
      = help: write it as a line of the rule, without a heading: examples = …
    "#);
}

#[test]
fn and_or_and_not_as_keys() {
    insta::assert_snapshot!(refused(&rule("all = [{ words = [\"x\"] }]\nand = [{ words = [\"y\"] }]")), @r#"
    error[unknown-key]: `and` is not known in a rule
     --> rules.toml:7:1
      |
    7 | and = [{ words = ["y"] }]
      | ^^^
      |
      = help: did you mean `all`?
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ or = [{ words = [\"x\"] }] }]")), @r#"
    error[unknown-condition]: `or` is not known as a condition
     --> rules.toml:6:10
      |
    6 | any = [{ or = [{ words = ["x"] }] }]
      |          ^^
      |
      = help: did you mean `any`?
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] }]\nnot = [{ answered_before = true }]")), @r#"
    error[unknown-key]: `not` is not known in a rule
     --> rules.toml:7:1
      |
    7 | not = [{ answered_before = true }]
      | ^^^
      |
      = help: did you mean `unless`?
    "#);
}

#[test]
fn words_other_programs_use() {
    insta::assert_snapshot!(refused(&rule("description = \"x\"\nany = [{ words = [\"x\"] }]")), @r#"
    error[unknown-key]: `description` is not known in a rule
     --> rules.toml:6:1
      |
    6 | description = "x"
      | ^^^^^^^^^^^
      |
      = help: did you mean `why`?
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ keywords = [\"x\"] }]")), @r#"
    error[unknown-condition]: `keywords` is not known as a condition
     --> rules.toml:6:10
      |
    6 | any = [{ keywords = ["x"] }]
      |          ^^^^^^^^
      |
      = help: did you mean `words`?
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ length = { min = 5 } }]")), @r#"
    error[unknown-key]: `min` is not known here
     --> rules.toml:6:21
      |
    6 | any = [{ length = { min = 5 } }]
      |                     ^^^
      |
      = help: did you mean `at_least`?
    "#);
}
