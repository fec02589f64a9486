use super::*;

const FINE: &str = "any = [{ words = [\"backlinks\"] }]";

#[test]
fn a_name_used_twice() {
    let first = file("a.toml", format!("# pitches\n\n{}", rule(FINE)));
    let second = file("b.toml", rule(FINE));
    insta::assert_snapshot!(render(&problems_of(&[second, first]), Paint::Plain), @r#"
    error[duplicate-id]: the name test/rule is taken by the rule in a.toml line 3
     --> b.toml:2:6
      |
    2 | id = "test/rule"
      |      ^^^^^^^^^^^
      |
      = help: give one of the two another name
    "#);
}

#[test]
fn a_misspelt_key() {
    let text = rule(&format!(
        "{FINE}\nexemples.match = [\"x\"]\nseverity = \"high\""
    ));
    insta::assert_snapshot!(refused(&text), @r#"
error[unknown-key]: `exemples` is not known in a rule
 --> rules.toml:7:1
  |
7 | exemples.match = ["x"]
  | ^^^^^^^^
  |
  = help: did you mean `examples`?

error[unknown-key]: `severity` is not known in a rule
 --> rules.toml:8:1
  |
8 | severity = "high"
  | ^^^^^^^^
  |
  = help: known are: id, why, stage, then, all, any, unless, examples, points, owner, tags, expires
"#);
}

#[test]
fn a_key_with_a_capital_letter() {
    let text = rule(FINE).replace("why =", "Why =");
    insta::assert_snapshot!(refused(&text), @r#"
    error[missing-key]: this rule has no `why`
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: why = "Cold offers of backlinks"

    error[unknown-key]: `Why` is not known in a rule
     --> rules.toml:3:1
      |
    3 | Why = "For a test"
      | ^^^
      |
      = help: did you mean `why`?
    "#);
}

#[test]
fn nothing_but_a_condition() {
    let text = format!("[[rule]]\n{FINE}\n");
    insta::assert_snapshot!(refused(&text), @r#"
    error[missing-key]: this rule has no `id`
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: id = "pitch/guest-post"

    error[missing-key]: this rule has no `why`
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: why = "Cold offers of backlinks"

    error[missing-key]: this rule has no `stage`
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: stage = "observe"

    error[missing-key]: this rule has no `then`
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add a line like this: then = "block"
    "#);
}

#[test]
fn each_of_the_four_keys_is_asked_for() {
    for key in ["id", "why", "stage", "then"] {
        let lines = rule(FINE);
        let kept: Vec<&str> = lines
            .lines()
            .filter(|line| !line.starts_with(&format!("{key} =")))
            .collect();
        let problems = problems_of(&[file("rules.toml", kept.join("\n"))]);
        let [problem] = problems.as_slice() else {
            panic!("{problems:?}");
        };
        assert_eq!(problem.message, format!("this rule has no `{key}`"));
        assert_eq!(problem.place.as_ref().unwrap().line, 1);
        assert!(
            problem
                .help
                .as_ref()
                .unwrap()
                .contains(&format!("{key} = \""))
        );
    }
}

#[test]
fn no_condition_at_all() {
    insta::assert_snapshot!(refused(&rule("unless = [{ answered_before = true }]")), @r#"
    error[no-condition]: this rule has no condition in `all` or `any`, so it says nothing about messages
     --> rules.toml:1:1
      |
    1 | [[rule]]
      | ^^^^^^^^
      |
      = help: add at least one condition, like this: any = [{ words = ["guest post"] }]
    "#);
}

#[test]
fn an_unknown_stage() {
    insta::assert_snapshot!(refused(&named("test/rule", "enforced", "flag", FINE)), @r#"
    error[unknown-word]: `enforced` is not known here
     --> rules.toml:4:9
      |
    4 | stage = "enforced"
      |         ^^^^^^^^^^
      |
      = help: did you mean `enforce`?
    "#);
    insta::assert_snapshot!(refused(&named("test/rule", "live", "flag", FINE)), @r#"
    error[unknown-word]: `live` is not known here
     --> rules.toml:4:9
      |
    4 | stage = "live"
      |         ^^^^^^
      |
      = help: did you mean `enforce`?
    "#);
}

#[test]
fn an_unknown_then() {
    insta::assert_snapshot!(refused(&named("test/rule", "hold", "ban", FINE)), @r#"
    error[unknown-word]: `ban` is not known here
     --> rules.toml:5:8
      |
    5 | then = "ban"
      |        ^^^^^
      |
      = help: did you mean `block`?
    "#);
}

#[test]
fn a_name_nobody_can_use() {
    insta::assert_snapshot!(refused(&named("Guest Posts!", "hold", "flag", FINE)), @r#"
    error[bad-id]: `Guest Posts!` is not a rule's name
     --> rules.toml:2:6
      |
    2 | id = "Guest Posts!"
      |      ^^^^^^^^^^^^^^
      |
      = help: lower case letters, digits and -, in two or more parts with / between, like this: "general/guest-posts"
    "#);
    for id in [
        "spam", "/", "a/", "/a", "a//b", "a/B", "a/b_c", "a/ä", "a/b c", "",
    ] {
        let codes = codes_of(&[file("rules.toml", named(id, "hold", "flag", FINE))]);
        let expected = if id.is_empty() {
            "empty-text"
        } else {
            "bad-id"
        };
        assert_eq!(codes, [expected], "{id}");
    }
    for id in ["a/b", "a/b/c-2", "0/0"] {
        assert_eq!(book(&named(id, "hold", "flag", FINE)).rules()[0].id.0, id);
    }
    let longest = format!("a/{}", "b".repeat(98));
    book(&named(&longest, "hold", "flag", FINE));
    assert_eq!(
        codes_of(&[file(
            "rules.toml",
            named(&format!("{longest}b"), "hold", "flag", FINE)
        )]),
        ["bad-id"]
    );
}

#[test]
fn one_pair_of_brackets_around_rule() {
    let text = rule(FINE).replace("[[rule]]", "[rule]");
    insta::assert_snapshot!(refused(&text), @r#"
    error[single-rule]: a rule begins with [[rule]], with two brackets on each side
     --> rules.toml:1:1
      |
    1 | [rule]
      | ^^^^^^
      |
      = help: write [[rule]]
    "#);
}

#[test]
fn a_heading_nobody_knows() {
    let text = format!(
        "[[rules]]\nid = \"a/b\"\n\n[defaults]\nstage = \"hold\"\n\n{}",
        rule(FINE)
    );
    insta::assert_snapshot!(refused(&text), @r#"
error[unknown-key]: `rules` is not known in a rule file (write [[rule]], [[signal]] or [policy])
 --> rules.toml:1:3
  |
1 | [[rules]]
  |   ^^^^^
  |
  = help: did you mean `rule`?

error[unknown-key]: `defaults` is not known in a rule file (write [[rule]], [[signal]] or [policy])
 --> rules.toml:4:2
  |
4 | [defaults]
  |  ^^^^^^^^
  |
  = help: known are: rule, signal, policy
"#);
}

#[test]
fn lines_before_the_first_heading() {
    let text = rule(FINE).replace("[[rule]]\n", "");
    insta::assert_snapshot!(refused(&text), @r#"
    error[unknown-key]: `id` stands above the first [[rule]]
     --> rules.toml:1:1
      |
    1 | id = "test/rule"
      | ^^
      |
      = help: write [[rule]] on a line of its own above it
    "#);
}
