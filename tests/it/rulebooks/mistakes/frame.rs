use super::*;

const FINE: &str = "any = [{ words = [\"backlinks\"] }]";

#[test]
fn a_name_used_twice() {
    let first = file("a.toml", format!("# pitches\n\n{}", rule(FINE)));
    let second = file("b.toml", rule(FINE));
    insta::assert_snapshot!(render(&problems_of(&[second, first]), Paint::Plain), @r#"
    error[duplicate-id]: the name test/rule is taken by the rule in a.toml line 4
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
      = help: known are: id, why, stage, then, all, any, unless, examples, points, owner, tags
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
      = help: known are: observe, hold, enforce
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
      = help: known are: block, flag, allow, points
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
    insta::assert_snapshot!(refused(&text), @r#"
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
    6 | any = [{ words = ["", " ", "​"] }]
      |                   ^^
      |
      = help: write it like this: ["guest post", "backlinks"]

    error[empty-text]: this text is empty
     --> rules.toml:6:23
      |
    6 | any = [{ words = ["", " ", "​"] }]
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
    error[unknown-key]: `rules` is not known in a rule file (write [[rule]] or [policy])
     --> rules.toml:1:3
      |
    1 | [[rules]]
      |   ^^^^^
      |
      = help: did you mean `rule`?

    error[unknown-key]: `defaults` is not known in a rule file (write [[rule]] or [policy])
     --> rules.toml:4:2
      |
    4 | [defaults]
      |  ^^^^^^^^
      |
      = help: known are: rule, policy
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

#[test]
fn an_example_that_does_not_fire() {
    let text = rule(&format!(
        "{FINE}\nexamples.match = [\n  \"I sell backlinks\",\n  \"I sell back links\",\n]"
    ));
    insta::assert_snapshot!(refused(&text), @r#"
    error[example-does-not-fire]: test/rule must fire on this example, but does not
     --> rules.toml:9:3
      |
    9 |   "I sell back links",
      |   ^^^^^^^^^^^^^^^^^^^
      |
      = help: it lacks this: the message has the words “backlinks”
    "#);
}

#[test]
fn an_example_that_must_pass_and_fires() {
    let text = rule(&format!(
        "{FINE}\nexamples.match = [\"I sell backlinks\"]\nexamples.pass = [\"Where do I see backlinks?\"]"
    ));
    insta::assert_snapshot!(refused(&text), @r#"
    error[example-fires]: test/rule must let this example pass, but fires on it
     --> rules.toml:8:18
      |
    8 | examples.pass = ["Where do I see backlinks?"]
      |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: it found “backlinks” (words); narrow the rule, or add an `unless`
    "#);
}

#[test]
fn an_example_with_a_misspelt_key() {
    let text = rule(&format!(
        "{FINE}\nexamples.match = [{{ txt = \"I sell backlinks\", sender = \"user\" }}]\nexamples.fail = [\"x\"]"
    ));
    insta::assert_snapshot!(refused(&text), @r#"
    error[missing-key]: this example has no `text`
     --> rules.toml:7:19
      |
    7 | examples.match = [{ txt = "I sell backlinks", sender = "user" }]
      |                   ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
      |
      = help: write it like this: { text = "I sell backlinks", sender = "lead" }

    error[unknown-key]: `txt` is not known in an example
     --> rules.toml:7:21
      |
    7 | examples.match = [{ txt = "I sell backlinks", sender = "user" }]
      |                     ^^^
      |
      = help: did you mean `text`?

    error[unknown-word]: `user` is not known here
     --> rules.toml:7:56
      |
    7 | examples.match = [{ txt = "I sell backlinks", sender = "user" }]
      |                                                        ^^^^^^
      |
      = help: known are: customer, lead

    error[unknown-key]: `fail` is not known among examples
     --> rules.toml:8:10
      |
    8 | examples.fail = ["x"]
      |          ^^^^
      |
      = help: known are: match, pass
    "#);
}

#[test]
fn several_mistakes_in_several_files_are_told_at_once() {
    let first = file(
        "a.toml",
        format!(
            "{}\n{}",
            named("a/one", "enfroce", "flag", FINE),
            named("a/two", "hold", "flag", "any = [{ wrods = [\"x\"] }]")
        ),
    );
    let second = file(
        "b.toml",
        "[[rule]]\nid = \"b/one\"\nwhy = \"Curly\nstage = \"hold\"\n",
    );
    let third = file("c.toml", "[policy]\nflag_at = \"five\"\n");
    insta::assert_snapshot!(render(&problems_of(&[third, second, first]), Paint::Plain), @r#"
    error[unknown-word]: `enfroce` is not known here
     --> a.toml:4:9
      |
    4 | stage = "enfroce"
      |         ^^^^^^^^^
      |
      = help: did you mean `enforce`?

    error[unknown-condition]: `wrods` is not known as a condition
      --> a.toml:13:10
       |
    13 | any = [{ wrods = ["x"] }]
       |          ^^^^^
       |
       = help: did you mean `words`?

    error[toml-syntax]: a quote " is missing in this line
     --> b.toml:3:13
      |
    3 | why = "Curly
      |             ^
      |
      = help: every text begins and ends with one, in the same line

    error[wrong-type]: expected a whole number, found a text
     --> c.toml:2:11
      |
    2 | flag_at = "five"
      |           ^^^^^^
      |
      = help: write it like this: flag_at = 5
    "#);
}
