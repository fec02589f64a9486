use super::*;

const FINE: &str = "any = [{ words = [\"backlinks\"] }]";

#[test]
fn a_number_for_a_text() {
    let text = rule(FINE).replace("\"For a test\"", "42");
    insta::assert_snapshot!(refused(&text), @r#"
    error[wrong-type]: expected a text in quotes, found a number
     --> rules.toml:3:7
      |
    3 | why = 42
      |       ^^
      |
      = help: write it like this: why = "Cold offers"
    "#);
}

#[test]
fn a_text_for_a_list() {
    insta::assert_snapshot!(refused(&rule("any = [{ words = \"backlinks\" }]\ntags = \"seo\"")), @r#"
    error[wrong-type]: expected a list in brackets, found a text
     --> rules.toml:6:18
      |
    6 | any = [{ words = "backlinks" }]
      |                  ^^^^^^^^^^^
      |
      = help: write it like this: ["guest post", "backlinks"]

    error[wrong-type]: expected a list in brackets, found a text
     --> rules.toml:7:8
      |
    7 | tags = "seo"
      |        ^^^^^
      |
      = help: write it like this: tags = ["sales"]
    "#);
}

#[test]
fn a_text_for_a_number() {
    insta::assert_snapshot!(refused(&named("test/rule", "hold", "points", &format!("points = \"3\"\n{FINE}"))), @r#"
    error[wrong-type]: expected a whole number, found a text
     --> rules.toml:6:10
      |
    6 | points = "3"
      |          ^^^
      |
      = help: write it like this: points = 3
    "#);
    insta::assert_snapshot!(refused(&rule("all = [{ length = { at_most = \"20\" } }]")), @r#"
    error[wrong-type]: expected a whole number, found a text
     --> rules.toml:6:31
      |
    6 | all = [{ length = { at_most = "20" } }]
      |                               ^^^^
      |
      = help: write it like this: at_most = 10
    "#);
}

#[test]
fn an_empty_text() {
    let text =
        rule("any = [{ words = [\"\", \" \", \"\u{200b}\"] }]").replace("\"For a test\"", "\"\"");
    let told = refused(&text).replace('\u{200b}', "<invisible>");
    insta::assert_snapshot!(told, @r#"
    error[empty-text]: this text is empty
     --> rules.toml:3:7
      |
    3 | why = ""
      |       ^^
      |
      = help: write it like this: why = "Cold offers"

    error[empty-text]: this text is empty
     --> rules.toml:6:19
      |
    6 | any = [{ words = ["", " ", "<invisible>"] }]
      |                   ^^
      |
      = help: write it like this: ["guest post", "backlinks"]

    error[empty-text]: this text is empty
     --> rules.toml:6:23
      |
    6 | any = [{ words = ["", " ", "<invisible>"] }]
      |                       ^^^
      |
      = help: write it like this: ["guest post", "backlinks"]
    "#);
}

#[test]
fn an_empty_list() {
    insta::assert_snapshot!(refused(&rule("any = []\nall = [{ words = [] }]")), @r#"
    error[empty-list]: this list is empty, so it can never match
     --> rules.toml:6:7
      |
    6 | any = []
      |       ^^
      |
      = help: write it like this: [{ words = ["guest post"] }]

    error[empty-list]: this list is empty, so it can never match
     --> rules.toml:7:18
      |
    7 | all = [{ words = [] }]
      |                  ^^
      |
      = help: write it like this: ["guest post", "backlinks"]
    "#);
}

#[test]
fn points_without_then() {
    insta::assert_snapshot!(refused(&rule(&format!("points = 3\n{FINE}"))), @r#"
    error[points-without-then]: `points` are only counted with then = "points"
     --> rules.toml:6:10
      |
    6 | points = 3
      |          ^
      |
      = help: write then = "points", or leave `points` out
    "#);
}

#[test]
fn then_points_without_points() {
    insta::assert_snapshot!(refused(&named("test/rule", "hold", "points", FINE)), @r#"
    error[missing-key]: this rule says then = "points" but not how many
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: points = 3
    "#);
}
