use super::*;

#[test]
fn a_word_listed_twice_is_only_a_warning() {
    let loaded = book(&rule(
        "any = [{ words = [\"Backlinks\", \"guest post\", \"back\u{ad}links\"] }]",
    ));
    let told = render(loaded.warnings(), Paint::Plain).replace('\u{ad}', "<invisible>");
    insta::assert_snapshot!(told, @r#"
    warning[listed-twice]: “back<invisible>links” stands in this list twice
     --> rules.toml:6:46
      |
    6 | any = [{ words = ["Backlinks", "guest post", "back<invisible>links"] }]
      |                                              ^^^^^^^^^^^
      |
      = help: leave one of them out; capitals and blanks make no difference
    "#);
}

#[test]
fn a_block_without_examples_is_only_a_warning() {
    let loaded = book(&named(
        "test/rule",
        "hold",
        "block",
        "any = [{ words = [\"x\"] }]",
    ));
    insta::assert_snapshot!(render(loaded.warnings(), Paint::Plain), @r#"
    warning[no-examples]: test/rule blocks people but has no examples.match and examples.pass
     --> rules.toml:2:6
      |
    2 | id = "test/rule"
      |      ^^^^^^^^^^^
      |
      = help: add a message that must fire and one that must not; they are tried at every load
    "#);
    let half = named(
        "test/rule",
        "hold",
        "block",
        "any = [{ words = [\"x\"] }]\nexamples.match = [\"x\"]",
    );
    assert_eq!(
        book(&half).warnings()[0].message,
        "test/rule blocks people but has no examples.pass"
    );
    assert_eq!(
        book(&format!("{half}examples.pass = [\"y\"]\n")).warnings(),
        []
    );
}
