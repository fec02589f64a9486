//! Brackets, braces and commas.

use super::*;

#[test]
fn braces_that_are_never_closed() {
    insta::assert_snapshot!(refused(&rule("any = [\n  { words = [\"a\"] },\n  { words = [\"b\"],\n]")), @r#"
    error[toml-syntax]: this ] comes before the { of line 8 is closed
     --> rules.toml:9:1
      |
    9 | ]
      | ^
      |
      = help: close it with } first
    "#);
}

#[test]
fn a_list_of_conditions_that_is_closed_by_a_brace() {
    insta::assert_snapshot!(refused(&rule("any = [\n  { all = [\n    { words = [\"a\"] },\n  },\n]")), @r#"
    error[toml-syntax]: this } comes before the [ of line 7 is closed
     --> rules.toml:9:3
      |
    9 |   },
      |   ^
      |
      = help: close it with ] first
    "#);
}

#[test]
fn a_list_open_to_the_end_of_the_file() {
    insta::assert_snapshot!(refused(&rule("any = [\n  { words = [\"guest post\"] },")), @r#"
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
fn a_bracket_too_many() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] }]]")), @r#"
    error[toml-syntax]: this ] closes nothing
     --> rules.toml:6:26
      |
    6 | any = [{ words = ["x"] }]]
      |                          ^
      |
      = help: every ] belongs to a [ before it, and every } to a {
    "#);
}

#[test]
fn a_brace_too_many() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] }}]")), @r#"
    error[toml-syntax]: this } closes nothing
     --> rules.toml:6:25
      |
    6 | any = [{ words = ["x"] }}]
      |                         ^
      |
      = help: every ] belongs to a [ before it, and every } to a {
    "#);
}

#[test]
fn a_list_closed_by_a_brace() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"} ]]")), @r#"
    error[toml-syntax]: a closing bracket ] is missing in this line
     --> rules.toml:6:22
      |
    6 | any = [{ words = ["x"} ]]
      |                      ^
      |
      = help: a list opened with [ must be closed with ]
    "#);
}

#[test]
fn a_condition_without_its_braces() {
    insta::assert_snapshot!(refused(&rule("any = [ words = [\"x\"] ]")), @r#"
    error[toml-syntax]: every condition stands in braces { } of its own
     --> rules.toml:6:15
      |
    6 | any = [ words = ["x"] ]
      |               ^
      |
      = help: write it like this: [{ words = … }]
    "#);
}

#[test]
fn a_list_without_its_brackets() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = \"guest post\", \"backlinks\" }]")), @r#"
    error[toml-syntax]: what stands behind this comma has no `=`
     --> rules.toml:6:30
      |
    6 | any = [{ words = "guest post", "backlinks" }]
      |                              ^
      |
      = help: several texts stand in brackets: words = ["guest post", "backlinks"]
    "#);
}

#[test]
fn conditions_without_the_list_around_them() {
    insta::assert_snapshot!(refused(&rule("any = { words = [\"x\"] }")), @r#"
    error[wrong-type]: expected a list in brackets, found braces { }
     --> rules.toml:6:7
      |
    6 | any = { words = ["x"] }
      |       ^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: [{ words = ["guest post"] }]
    "#);
    insta::assert_snapshot!(refused(&rule("any = { words = [\"x\"] }]")), @r#"
    error[toml-syntax]: this ] closes nothing
     --> rules.toml:6:24
      |
    6 | any = { words = ["x"] }]
      |                        ^
      |
      = help: every ] belongs to a [ before it, and every } to a {
    "#);
}

#[test]
fn commas_where_none_belong() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\",, \"y\"] }]")), @r#"
    error[toml-syntax]: there is a comma too many
     --> rules.toml:6:23
      |
    6 | any = [{ words = ["x",, "y"] }]
      |                       ^
      |
      = help: in a list and in braces there is a comma between one entry and the next
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage = \"enforce\"", "stage = \"enforce\",")), @r#"
    error[toml-syntax]: a , does not belong at the end of this line
     --> rules.toml:4:18
      |
    4 | stage = "enforce",
      |                  ^
      |
      = help: take it out; commas stand within [brackets] and {braces} only
    "#);
    insta::assert_snapshot!(refused(&rule(FINE).replace("stage = \"enforce\"", "stage = \"enforce\";")), @r#"
    error[toml-syntax]: a ; does not belong at the end of this line
     --> rules.toml:4:18
      |
    4 | stage = "enforce";
      |                  ^
      |
      = help: take it out; commas stand within [brackets] and {braces} only
    "#);
}

#[test]
fn a_semicolon_for_a_comma() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"; \"y\"] }]")), @r#"
    error[toml-syntax]: a comma stands between two entries, not a semicolon
     --> rules.toml:6:22
      |
    6 | any = [{ words = ["x"; "y"] }]
      |                      ^
      |
      = help: write , instead of ;
    "#);
}

#[test]
fn and_for_a_comma() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\"] } and { words = [\"y\"] }]")), @r#"
    error[toml-syntax]: a comma stands between two entries, not `and`
     --> rules.toml:6:26
      |
    6 | any = [{ words = ["x"] } and { words = ["y"] }]
      |                          ^
      |
      = help: in `any` it is enough that one entry holds, in `all` every one must; in `words` one of them is enough
    "#);
    insta::assert_snapshot!(refused(&rule("any = [{ words = [\"x\" or \"y\"] }]")), @r#"
    error[toml-syntax]: a comma stands between two entries, not `or`
     --> rules.toml:6:23
      |
    6 | any = [{ words = ["x" or "y"] }]
      |                       ^
      |
      = help: in `any` it is enough that one entry holds, in `all` every one must; in `words` one of them is enough
    "#);
}
