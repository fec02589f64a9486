//! Many mistakes at once: all are told in one go.

use super::*;

/// Three files, and in the first twelve rules with a different mistake in each.
fn files() -> [RuleFile; 3] {
    let rules = [
        named("a/one", "enforced", "flag", FINE),
        named("a/two", "hold", "ban", FINE),
        named("A Three", "hold", "flag", FINE),
        named("a/four", "hold", "flag", "exemples.match = [\"x\"]")
            .replace("exemples", &format!("{FINE}\nexemples")),
        named("a/five", "hold", "flag", "any = [{ wrods = [\"x\"] }]"),
        named("a/six", "hold", "flag", "any = [{ words = \"x\" }]"),
        named("a/seven", "hold", "flag", "any = [{ words = [] }]"),
        named(
            "a/eight",
            "hold",
            "flag",
            "any = [{ words = [\"x\"], sender = [\"lead\"] }]",
        ),
        named(
            "a/nine",
            "hold",
            "flag",
            "any = [{ links = { at_least = -1 } }]",
        ),
        named("a/ten", "hold", "flag", "any = [{ words = [\"guest post }]"),
        named(
            "a/eleven",
            "hold",
            "flag",
            "any = [{ messages = { at_least = 5, within = 10m } }]",
        ),
        named("a/twelve", "hold", "flag", "any = [{ words = [“x”] }]"),
    ];
    let policy = "[policy]\nflag_at = \"5\"\nprotect.customer = \"hold\"\n";
    let latin: Vec<u8> = b"# caf\xe9\n".to_vec();
    [
        file("a.toml", rules.join("\n")),
        file("b.toml", latin),
        file("c.toml", policy),
    ]
}

#[test]
fn twelve_mistakes_in_one_file_and_more_in_two_others_are_all_told() {
    let told: Vec<String> = problems_of(&files()).iter().map(Problem::line).collect();
    insta::assert_snapshot!(told.join("\n"), @r#"
    a.toml:4:9: `enforced` is not known here [unknown-word]
    a.toml:12:8: `ban` is not known here [unknown-word]
    a.toml:16:6: `A Three` is not a rule's name [bad-id]
    a.toml:28:1: `exemples` is not known in a rule [unknown-key]
    a.toml:35:10: `wrods` is not known as a condition [unknown-condition]
    a.toml:42:18: expected a list in brackets, found a text [wrong-type]
    a.toml:49:18: this list is empty, so it can never match [empty-list]
    a.toml:56:8: braces hold exactly one condition, here are 2: words, sender [two-conditions-in-one]
    a.toml:63:31: this number cannot be below zero [below-zero]
    a.toml:70:33: a quote " is missing in this line [toml-syntax]
    a.toml:77:46: this must stand in quotes [toml-syntax]
    a.toml:84:19: curly quotes do not count as quotes [toml-syntax]
    b.toml:1:6: this file is not UTF-8 text [not-utf8]
    c.toml:2:11: expected a whole number, found a text [wrong-type]
    c.toml:3:9: `customer` is not known under protect [unknown-key]
    "#);
}

#[test]
fn each_is_told_as_if_it_were_the_only_one() {
    let all = problems_of(&files());
    for rule_file in files() {
        let alone = problems_of(std::slice::from_ref(&rule_file));
        for problem in alone {
            assert!(all.contains(&problem), "{problem:?}");
        }
    }
}

#[test]
fn files_full_of_mistakes_are_told_of_in_no_time() {
    let full = |piece: &str| piece.repeat(250_000 / piece.len());
    for piece in [
        "[[rule]]\nid\n",
        "id = \"a/b\"\n",
        "[rule]\n",
        "x = [\n",
        "x = ]\n",
        "x = [ \"a\" \"b\" ] ",
        "\"a\" ",
        "x = \"a\n",
        "x = '''\n",
        "x = { a, b }\n",
        "“x” = \u{a0}5\n",
        "x: y\n",
        "<<<<<<< x\n",
        "[rule.x]\n\n",
    ] {
        let started = std::time::Instant::now();
        let problems = problems_of(&[file("rules.toml", full(piece))]);
        assert!(problems.len() <= 400, "{piece:?}: {}", problems.len());
        let took = started.elapsed();
        assert!(took.as_secs() < 15, "{piece:?}: {took:?}");
    }
}
