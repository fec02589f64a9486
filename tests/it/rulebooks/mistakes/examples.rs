use super::*;

const FINE: &str = "any = [{ words = [\"backlinks\"] }]";

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
      = help: did you mean `customer`?

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
