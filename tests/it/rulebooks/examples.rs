//! Examples are tried at every load.

use super::*;

/// What becomes of a rule with these examples: nothing, or the codes of what is wrong.
fn tried(condition: &str, examples: &str) -> Vec<String> {
    match load_text(&rule(&format!("all = [{condition}]\n{examples}"))) {
        Ok(_) => Vec::new(),
        Err(problems) => problems.into_iter().map(|problem| problem.code).collect(),
    }
}

fn matches(condition: &str, example: &str) -> Vec<String> {
    tried(condition, &format!("examples.match = [{example}]"))
}

fn passes(condition: &str, example: &str) -> Vec<String> {
    tried(condition, &format!("examples.pass = [{example}]"))
}

#[test]
fn an_example_is_a_leads_first_message_by_desktop_unless_it_says_otherwise() {
    for condition in [
        "{ sender = [\"lead\"] }",
        "{ first_message = true }",
        "{ answered_before = false }",
        "{ channel = [\"desktop\"] }",
        "{ conversation = \"new\" }",
        "{ messages = { at_most = 1, within = \"1h\" } }",
    ] {
        assert_eq!(matches(condition, "\"x\""), [""; 0], "{condition}");
        assert_eq!(passes(condition, "\"x\""), ["example-fires"], "{condition}");
    }
}

#[test]
fn everything_conditions_look_at_can_be_set_in_an_example() {
    for (condition, example) in [
        (
            "{ sender = [\"customer\"] }",
            "{ text = \"x\", sender = \"customer\" }",
        ),
        (
            "{ sender_email = [\"*@a.example\"] }",
            "{ text = \"x\", sender_email = \"me@a.example\" }",
        ),
        (
            "{ sender_email_domain = [\"a.example\"] }",
            "{ text = \"x\", sender_email = \"me@a.example\" }",
        ),
        (
            "{ first_message = false }",
            "{ text = \"x\", first_message = false }",
        ),
        (
            "{ answered_before = true }",
            "{ text = \"x\", answered_before = true }",
        ),
        (
            "{ messages = { at_least = 6, within = \"1m\" } }",
            "{ text = \"x\", messages = 6 }",
        ),
        (
            "{ channel = [\"email\"] }",
            "{ text = \"x\", channel = \"email\" }",
        ),
        (
            "{ conversation = \"reply\" }",
            "{ text = \"x\", conversation = \"reply\" }",
        ),
        (
            "{ words = [\"hidden bold\"] }",
            "{ html = \"<i>hidden</i> <b>bold</b>\" }",
        ),
    ] {
        assert_eq!(matches(condition, example), [""; 0], "{condition}");
        assert_eq!(passes(condition, example), ["example-fires"], "{condition}");
        assert_eq!(passes(condition, "\"x\""), [""; 0], "{condition}");
        assert_eq!(
            matches(condition, "\"x\""),
            ["example-does-not-fire"],
            "{condition}"
        );
    }
}

#[test]
fn an_example_needs_its_text() {
    assert_eq!(
        matches("{ sender = [\"lead\"] }", "{ sender = \"lead\" }"),
        ["missing-key"]
    );
    assert_eq!(matches("{ sender = [\"lead\"] }", "5"), ["wrong-type"]);
    assert_eq!(matches("{ sender = [\"lead\"] }", "\"\""), ["empty-text"]);
    assert_eq!(
        tried("{ sender = [\"lead\"] }", "examples = \"x\""),
        ["wrong-type"]
    );
}

#[test]
fn every_example_is_tried_and_every_failure_told() {
    let lines = "examples.match = [\"a\", \"b\", \"c\"]\nexamples.pass = [\"b\", \"a\"]";
    let problems = problems_of(&[file(
        "rules.toml",
        rule(&format!("all = [{{ words = [\"a\"] }}]\n{lines}")),
    )]);
    let told: Vec<(&str, usize)> = problems
        .iter()
        .map(|problem| {
            (
                problem.code.as_str(),
                problem.place.as_ref().unwrap().column,
            )
        })
        .collect();
    assert_eq!(
        told,
        [
            ("example-does-not-fire", 24),
            ("example-does-not-fire", 29),
            ("example-fires", 23)
        ]
    );
}

#[test]
fn an_example_is_tried_on_its_own_rule_only() {
    let allow = on_word("test/allow", "enforce", "allow", "partner");
    let block = named(
        "test/block",
        "enforce",
        "block",
        "any = [{ words = [\"seo\"] }]\nexamples.match = [\"seo from a partner\"]\nexamples.pass = [\"partner\"]",
    );
    let loaded = book(&format!("{allow}{block}"));
    assert_eq!(
        judge(&loaded, &lead("seo from a partner")).verdict,
        Verdict::Clean
    );
}

#[test]
fn what_an_example_lacks_is_told_by_its_nearest_miss() {
    let help = |condition: &str, example: &str| {
        let text = rule(&format!(
            "all = [{condition}]\nexamples.match = [{example}]"
        ));
        problems_of(&[file("rules.toml", text)])
            .remove(0)
            .help
            .unwrap()
    };
    insta::assert_snapshot!(help("{ words = [\"backlinks\"] }", "\"I sell backlnks\""), @r#"it lacks this: the message has the words “backlinks” (“backlnks” is written, the rule says “backlinks”)"#);
    insta::assert_snapshot!(help("{ words = [\"link\"] }", "\"I sell backlinks\""), @r#"it lacks this: the message has the words “link” (“link” stands inside a longer word; `words` looks for whole words)"#);
    insta::assert_snapshot!(help("{ length = { at_most = 3 } }", "\"Hello\""), @r#"it lacks this: the message has at most 3 characters (it has 5)"#);
    insta::assert_snapshot!(help("{ link_domain = [\"a.example\"] }", "\"see https://b.example\""), @r#"it lacks this: a link leads to “a.example” (its links lead elsewhere, such as b.example)"#);
    insta::assert_snapshot!(help("{ sender_email = [\"*@a.example\"] }", "{ text = \"x\", sender_email = \"x@b.example\" }"), @r#"it lacks this: the sender's address is “*@a.example” (the sender's address is x@b.example)"#);
    insta::assert_snapshot!(help("{ none = [{ words = [\"hello\"] }] }", "\"Hello\""), @r#"it lacks this: it is not the case that the message has the words “hello”"#);
    let excused = rule(
        "any = [{ words = [\"seo\"] }]\nunless = [{ words = [\"error\"] }]\nexamples.match = [\"seo error\"]",
    );
    insta::assert_snapshot!(problems_of(&[file("rules.toml", excused)]).remove(0).help.unwrap(), @r#"it lacks this: it is not the case that the message has the words “error”"#);
}
