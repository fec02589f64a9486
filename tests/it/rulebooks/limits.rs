//! Bounds, each refused by its name, never a crash.

use featurebase_bouncer::rules::MAX_RULES;

use super::*;

fn codes(text: &str) -> Vec<String> {
    codes_of(&[file("rules.toml", text)])
}

#[test]
fn a_file_has_at_most_a_mebibyte() {
    let text = rule("any = [{ words = [\"x\"] }]");
    let mut padded = format!("{text}#{}", "x".repeat(1024 * 1024 - text.len() - 1));
    assert_eq!(padded.len(), 1024 * 1024);
    book(&padded);
    padded.push('x');
    assert_eq!(codes(&padded), ["file-too-large"]);
}

#[test]
fn nesting_is_bounded_however_it_is_written() {
    let many = 100_000;
    for bomb in [
        format!("x = {}", "[".repeat(many)),
        format!("x = {}{}", "[".repeat(many), "]".repeat(many)),
        "[".repeat(many),
        format!("x = {}", "{a=".repeat(many)),
        format!("x = {}", "[{a=".repeat(many)),
        format!("{}a = 1", "a.".repeat(many)),
        format!("[{}a]\nb = 1", "a.".repeat(many)),
        format!("[[{}a]]\nb = 1", "a.".repeat(many)),
        format!("x = {{ {}a = 1 }}", "a.".repeat(many)),
        format!("{}a = 1", "a . ".repeat(many)),
        format!("{}a = 1", "\"a\".".repeat(many)),
        format!("{}a = 1", "'a'.".repeat(many)),
    ] {
        let codes = codes(&bomb);
        assert!(
            codes.contains(&"nested-too-deep".to_owned()),
            "{}: {codes:?}",
            &bomb[..20]
        );
    }
}

#[test]
fn nesting_behind_unusual_texts_does_no_harm() {
    let many = 50_000;
    let bombs = [
        format!("a = {}", "[".repeat(many)),
        format!("{}a = 1", "a.".repeat(many)),
        format!("a = {}", "{a=".repeat(many)),
    ];
    for before in [
        "x = \"\\\n",
        "x = \"\\",
        "x = '''a''''\n",
        "x = \"\"\"a\"\"\"\"\n",
        "x = [\"\"\"a\"\"\"\"\", ",
        "x = { y = \"\"\"a\"\"\"\", ",
        "x = \"\"\"\\\"\"\"\n",
        "x = '''\\'''\n",
        "# \"\n",
        "x = \"# \n",
        "'\n",
        "\"\"\"\n",
        "x = \"\r",
    ] {
        for bomb in &bombs {
            let _ = load_text(&format!("{before}{bomb}"));
        }
    }
}

#[test]
fn conditions_may_be_nested_as_deep_as_anybody_needs() {
    let nested = |depth: usize| {
        let inner = "{ words = [\"x\"] }";
        rule(&format!(
            "any = [{}{inner}{}]",
            "{ any = [".repeat(depth),
            "] }".repeat(depth)
        ))
    };
    assert_eq!(fired(&book(&nested(10)), &lead("x")), ["test/rule"]);
    assert_eq!(codes(&nested(12)), ["nested-too-deep"]);
}

#[test]
fn brackets_and_dots_in_texts_and_comments_are_not_nesting() {
    let text = rule(&format!(
        "# {0}\nany = [{{ contains = [\"{0}\", '{0}', \"\\\"{0}\"] }}]",
        "[{a.b.".repeat(50)
    ));
    book(&text);
}

#[test]
fn a_pattern_is_bounded_in_length_size_and_nesting() {
    let with = |pattern: &str| rule(&format!("any = [{{ pattern = '{pattern}' }}]"));
    book(&with(&"a".repeat(2_000)));
    insta::assert_snapshot!(refused(&with(&"a".repeat(2_001))).lines().next().unwrap(), @r#"error[pattern-too-long]: a pattern has at most 2000 bytes, this one 2001"#);
    insta::assert_snapshot!(refused(&with("(\\w{1,900}){900}")).lines().next().unwrap(), @r#"error[pattern-too-costly]: this pattern becomes too large when it is compiled"#);
    insta::assert_snapshot!(refused(&with(&format!("{}a{}", "(".repeat(900), ")".repeat(900)))).lines().next().unwrap(), @r#"error[bad-pattern]: this is not a regular expression: exceed the maximum number of nested parentheses/brackets (50)"#);
    for hostile in [
        "a{99999999}",
        "((a{1,1000}){1,1000}){1,1000}",
        "[[[[",
        "(?P<a>x)(?P<a>y)",
        "\\",
        "(?<=x)y",
        "\\p{Nonsense}",
        "(?x",
        "*",
        "x{2,1}",
    ] {
        let codes = codes(&with(hostile));
        assert!(
            codes == ["pattern-too-costly"] || codes == ["bad-pattern"],
            "{hostile}: {codes:?}"
        );
    }
}

#[test]
fn a_costly_pattern_is_matched_in_little_time() {
    // Exponential with engines that try alternatives one after the other.
    let book = book(&rule(
        "any = [{ pattern = '(a+)+b' }, { pattern = '(a|aa)*c' }, { pattern = 'x*x*x*x*x*x*y' }]",
    ));
    assert_eq!(
        fired(
            &book,
            &lead(&format!("{}{}", "a".repeat(50_000), "x".repeat(5_000)))
        ),
        [""; 0]
    );
}

#[test]
fn there_are_at_most_ten_thousand_rules() {
    let files = |count: usize| -> Vec<RuleFile> {
        let rules: Vec<String> = (0..count)
            .map(|number| {
                named(
                    &format!("many/{number}"),
                    "observe",
                    "flag",
                    "all = [{ sender = [\"lead\"] }]",
                )
            })
            .collect();
        rules
            .chunks(250)
            .enumerate()
            .map(|(number, chunk)| file(&format!("{number}.toml"), chunk.concat()))
            .collect()
    };
    let most = load(&files(MAX_RULES)).unwrap();
    assert_eq!(most.rules().len(), MAX_RULES);
    assert_eq!(fired(&most, &lead("x")).len(), MAX_RULES);
    let problems = problems_of(&files(MAX_RULES + 1));
    insta::assert_snapshot!(render(&problems, Paint::Plain), @r#"
    error[too-many-rules]: there are 10001 rules; at most 10000 are allowed
     |
     = help: join rules that only differ in their words: one `words` list may hold thousands
    "#);
}

#[test]
fn there_are_at_most_a_thousand_files() {
    let files: Vec<RuleFile> = (0..1_001)
        .map(|number| {
            file(
                &format!("{number:04}.toml"),
                on_word(&format!("many/{number}"), "observe", "flag", "x"),
            )
        })
        .collect();
    assert_eq!(load(&files[..1_000]).unwrap().rules().len(), 1_000);
    insta::assert_snapshot!(render(&problems_of(&files), Paint::Plain), @r#"
    error[too-many-files]: there are 1001 rule files; at most 1000 are read
     |
     = help: put several rules in one file
    "#);
}

#[test]
fn a_list_may_hold_thousands_of_words() {
    let words: Vec<String> = (0..20_000)
        .map(|number| format!("\"{number:05} words\""))
        .collect();
    let book = book(&rule(&format!(
        "any = [{{ words = [{}] }}]",
        words.join(", ")
    )));
    assert_eq!(fired(&book, &lead("here are 19999 words.")), ["test/rule"]);
    assert_eq!(fired(&book, &lead("here are 20000 words.")), [""; 0]);
}

#[test]
fn a_phrase_has_at_most_a_thousand_bytes() {
    let with = |length: usize| {
        rule(&format!(
            "any = [{{ contains = [\"{}\"] }}]",
            "x".repeat(length)
        ))
    };
    book(&with(1_000));
    assert_eq!(codes(&with(1_001)), ["phrase-too-long"]);
}

#[test]
fn warnings_without_end_hide_no_error() {
    let twice = "\"a\", ".repeat(1_000);
    let lenient = rule(&format!("any = [{{ words = [{twice}] }}]"));
    let strict = named(
        "test/other",
        "enforce",
        "block",
        "any = [{ words = [\"x\"] }]\nunless = [{ anwsered_before = true }]",
    );
    let codes = codes(&format!("{lenient}{strict}"));
    assert!(codes.contains(&"unknown-condition".to_owned()));
    let loaded = book(&lenient);
    assert!(loaded.warnings().len() <= 200, "told in bounds");
}

#[test]
fn errors_without_end_are_told_in_bounds() {
    let problems = problems_of(&[file("rules.toml", "[[rule]]\nx = 1\n".repeat(5_000))]);
    assert!((1..=200).contains(&problems.len()), "{}", problems.len());
    let syntax = problems_of(&[file("rules.toml", "x y\n".repeat(5_000))]);
    assert!((1..=20).contains(&syntax.len()), "{}", syntax.len());
}

#[test]
fn a_line_without_end_is_shown_in_part() {
    let text = rule(&format!(
        "any = [{{ words = [\"{}\"] }}, {{ wrods = [\"x\"] }}]",
        "ä".repeat(400)
    ));
    let problems = problems_of(&[file("rules.toml", text)]);
    let place = problems[0].place.as_ref().unwrap();
    assert!(place.excerpt.len() <= 240);
    assert_eq!(&place.excerpt[place.underline.clone()], "wrods");
    assert_eq!(place.column, 428);
}
