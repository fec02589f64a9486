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

#[test]
fn a_site_everybody_uses_is_only_a_warning() {
    let loaded = book(&rule(
        "any = [{ link_domain = [\"t.me\", \"github.io\", \"t.me/joinchat\", \"spam.github.io\", \"fiverr.com\"] }]",
    ));
    insta::assert_snapshot!(render(loaded.warnings(), Paint::Plain), @r#"
    warning[shared-host]: everybody uses t.me, so a rule about it would hit ordinary people too
     --> rules.toml:6:25
      |
    6 | any = [{ link_domain = ["t.me", "github.io", "t.me/joinchat", "spam.github.io", "fiverr.com"] }]
      |                         ^^^^^^
      |
      = help: name the page as well, like this: "t.me/joinchat"

    warning[shared-host]: everybody uses github.io, so a rule about it would hit ordinary people too
     --> rules.toml:6:33
      |
    6 | any = [{ link_domain = ["t.me", "github.io", "t.me/joinchat", "spam.github.io", "fiverr.com"] }]
      |                                 ^^^^^^^^^^^
      |
      = help: name the site below it, like this: "somebody.github.io"
    "#);
    for shared in [
        "docs.google.com",
        "notion.site",
        "blogspot.com",
        "sites.google.com",
        "wordpress.com",
        "wa.me",
        "www.facebook.com",
        "google.com",
        "YouTube.com",
        "vercel.app",
        "co.uk",
    ] {
        let loaded = book(&rule(&format!(
            "any = [{{ link_domain = [\"{shared}\"] }}]"
        )));
        let codes: Vec<&str> = loaded
            .warnings()
            .iter()
            .map(|found| found.code.as_str())
            .collect();
        assert_eq!(codes, ["shared-host"], "{shared}");
    }
}
