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
    insta::assert_snapshot!(told.join("\n"), @"");
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
