use super::*;

const FINE: &str = "any = [{ words = [\"backlinks\", \"café\"] }]";

#[test]
fn a_byte_order_mark_is_fine_and_moves_no_place() {
    let with_mark = |text: &str| file("rules.toml", format!("\u{feff}{text}"));
    let loaded = load(&[with_mark(&rule(FINE))]).unwrap();
    assert_eq!(fired(&loaded, &lead("I sell backlinks")), ["test/rule"]);
    assert_eq!(loaded.rules()[0].line, 1);
    let wrong = rule(FINE).replace("enforce", "enforced");
    let (with, without) = (
        problems_of(&[with_mark(&wrong)]),
        problems_of(&[file("rules.toml", &wrong)]),
    );
    assert_eq!(with, without);
}

#[test]
fn windows_line_ends_are_fine_and_move_no_place() {
    let windows = |text: &str| file("rules.toml", text.replace('\n', "\r\n"));
    let text = rule(&format!(
        "{FINE}\nexamples.match = [\n  \"I sell backlinks\",\n]"
    ));
    let loaded = load(&[windows(&text)]).unwrap();
    assert_eq!(fired(&loaded, &lead("I sell backlinks")), ["test/rule"]);
    let wrong = text
        .replace("enforce", "enforced")
        .replace("words", "wrods");
    let (with, without) = (
        problems_of(&[windows(&wrong)]),
        problems_of(&[file("rules.toml", &wrong)]),
    );
    assert_eq!(with, without);
}

#[test]
fn old_mac_line_ends() {
    let text = rule(FINE).replace('\n', "\r");
    insta::assert_snapshot!(refused(&text), @r#"
    error[toml-syntax]: the lines of this file end in a way that is no longer used
     --> rules.toml:1:10
      |
    1 | [[rule]]␍id = "test/rule"␍why = "For a test"␍stage = "enforce"␍then = "flag"␍any = [{ words = ["backlinks", "café"] }]
      |          ^
      |
      = help: save it again with the line ends of Windows or Unix (in most editors: at the bottom of the window)
    "#);
}

#[test]
fn a_file_saved_as_latin_1() {
    let latin: Vec<u8> = rule(FINE)
        .chars()
        .map(|c| u8::try_from(u32::from(c)).unwrap())
        .collect();
    insta::assert_snapshot!(refused_file(file("rules.toml", latin)), @r#"
    error[not-utf8]: this file is not UTF-8 text
     --> rules.toml:6:36
      |
    6 | any = [{ words = ["backlinks", "caf�"] }]
      |                                    ^
      |
      = help: save it again with the encoding UTF-8 (in most editors: Save with encoding)
    "#);
}

#[test]
fn a_file_saved_as_utf_16() {
    let wide: Vec<u8> = format!("\u{feff}{}", rule(FINE))
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    insta::assert_snapshot!(refused_file(file("rules.toml", wide)), @r#"
    error[not-utf8]: this file is not UTF-8 text
     --> rules.toml:1:1
      |
    1 | ��[?[?r?u?l?e?]?]?
      | ^
      |
      = help: save it again with the encoding UTF-8 (in most editors: Save with encoding)
    "#);
}

#[test]
fn a_word_document() {
    let codes = codes_of(&[file(
        "rules.toml",
        b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0\xdf\xa4\xd2",
    )]);
    assert_eq!(codes, ["not-utf8"]);
}

#[test]
fn a_huge_file() {
    let text = format!("{}\n# {}", rule(FINE), "x".repeat(1024 * 1024));
    insta::assert_snapshot!(refused_file(file("rules.toml", text)), @r#"
    error[file-too-large]: this file has 1048699 bytes; at most 1048576 are read
    --> rules.toml:1
     = help: split it into several files; all files of the folder are read together
    "#);
}

#[test]
fn files_without_a_rule() {
    insta::assert_snapshot!(refused("# nothing here yet\n"), @r#"
    error[no-rules]: there is not a single rule in these files
     |
     = help: write at least one [[rule]]; to let everything pass, keep one in stage "observe"
    "#);
    assert_eq!(codes_of(&[]), ["no-rules"]);
    assert_eq!(codes_of(&[file("policy.toml", "[policy]\n")]), ["no-rules"]);
}

#[test]
fn a_bad_file_refuses_the_good_ones_beside_it() {
    let good = file("good.toml", rule(FINE));
    let bad = file("bad.toml", "[[rule]]\nid = 5\n");
    let problems = problems_of(&[good, bad]);
    assert!(
        problems
            .iter()
            .all(|problem| problem.place.as_ref().unwrap().file == "bad.toml")
    );
}

#[test]
fn the_same_problems_can_be_had_as_data() {
    let problems = problems_of(&[file(
        "rules.toml",
        rule(FINE).replace("enforce", "enforced"),
    )]);
    let data = serde_json::to_value(&problems).unwrap();
    assert_eq!(
        data,
        serde_json::json!([{
            "code": "unknown-word",
            "severity": "error",
            "message": "`enforced` is not known here",
            "place": {
                "file": "rules.toml",
                "line": 4,
                "column": 9,
                "excerpt": "stage = \"enforced\"",
                "underline": { "start": 8, "end": 18 },
            },
            "help": "did you mean `enforce`?",
        }])
    );
    assert_eq!(
        problems[0].line(),
        "rules.toml:4:9: `enforced` is not known here [unknown-word]"
    );
}
