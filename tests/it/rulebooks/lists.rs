//! List files.

use featurebase_bouncer::problem::{Paint, Problem, render};
use featurebase_bouncer::rules::{RuleFile, Rulebook, load};

use super::{file, fired, judge, lead, rule};

const RULE: &str = "any = [{ list = \"lists/words.txt\" }]";

fn files(list: &str) -> [RuleFile; 2] {
    [
        file("rules.toml", rule(RULE)),
        file("lists/words.txt", list),
    ]
}

fn book(list: &str) -> Rulebook {
    load(&files(list)).unwrap_or_else(|problems| panic!("{}", render(&problems, Paint::Plain)))
}

fn codes(problems: &[Problem]) -> Vec<&str> {
    problems
        .iter()
        .map(|problem| problem.code.as_str())
        .collect()
}

#[test]
fn an_entry_a_line_without_remarks_and_empty_lines() {
    let book = book("\u{feff}# crypto\r\n\r\nfree airdrop\r\n  seed phrase  \r\n#usdt\r\n");
    assert_eq!(fired(&book, &lead("A FREE  airdrop")), ["test/rule"]);
    assert_eq!(fired(&book, &lead("your seed phrase")), ["test/rule"]);
    assert!(fired(&book, &lead("usdt # crypto")).is_empty());
    assert_eq!(book.lists()[0].entries.len(), 2);
    assert_eq!(book.lists()[0].entries[1].line, 4);
}

#[test]
fn the_evidence_names_entry_and_list() {
    let decision = judge(&book("free airdrop\n"), &lead("a Free Airdrop!"));
    let evidence = &decision.findings[0].evidence[0];
    assert_eq!(
        (evidence.matched.as_str(), evidence.wanted.as_str()),
        ("Free Airdrop", "free airdrop")
    );
    assert_eq!(evidence.list.as_deref(), Some("lists/words.txt"));
}

#[test]
fn entries_count_as_whole_words() {
    assert!(fired(&book("port\n"), &lead("support")).is_empty());
}

#[test]
fn a_hundred_thousand_entries_are_fine() {
    let entries: Vec<String> = (0..100_000)
        .map(|n| format!("word{n} tail{}", n % 97))
        .collect();
    let list = entries.join("\n");
    let book = book(&list);
    assert_eq!(
        fired(&book, &lead("see word77777 tail80 here")),
        ["test/rule"]
    );
    assert!(fired(&book, &lead("see word77777 tail81 here")).is_empty());
    assert!(
        book.rules()[0]
            .say()
            .contains("lists/words.txt (100000 entries)")
    );
}

#[test]
fn several_rules_share_a_list() {
    let text = ["a/one", "a/two"]
        .map(|id| super::named(id, "observe", "flag", RULE))
        .concat();
    let book = load(&[
        file("rules.toml", text),
        file("lists/words.txt", "airdrop\n"),
    ])
    .unwrap();
    assert_eq!(fired(&book, &lead("airdrop")), ["a/one", "a/two"]);
    assert_eq!(book.lists().len(), 1);
}

#[test]
fn an_entry_given_twice_is_a_warning_where_it_stands() {
    let book = book("Airdrop\nseed\nairdrop\n\u{200b}\n");
    assert_eq!(codes(book.warnings()), ["listed-twice", "empty-text"]);
    let place = book.warnings()[0].place.as_ref().unwrap();
    assert_eq!((place.file.as_str(), place.line), ("lists/words.txt", 3));
    let many = (0..500).map(|_| "same\n").collect::<String>();
    let many = load(&files(&many)).unwrap();
    assert_eq!(many.warnings().len(), 20);
}

#[test]
fn a_list_nobody_uses_is_a_warning() {
    let [rules, list] = files("airdrop\n");
    let other = file("lists/other.txt", "x\n");
    let book = load(&[rules, list, other]).unwrap();
    assert_eq!(codes(book.warnings()), ["unused-list"]);
    assert!(book.warnings()[0].message.contains("lists/other.txt"));
}

#[test]
fn a_list_that_is_not_there() {
    for (name, help) in [
        ("lists/word.txt", "did you mean \"lists/words.txt\"?"),
        ("words.txt", "did you mean \"lists/words.txt\"?"),
        ("./lists/words", "did you mean \"lists/words.txt\"?"),
        ("lists\\\\words.txt", "did you mean \"lists/words.txt\"?"),
        ("/etc/passwd", "there are: lists/words.txt"),
    ] {
        let text = rule(&format!("any = [{{ list = \"{name}\" }}]"));
        let problems =
            load(&[file("rules.toml", text), file("lists/words.txt", "x\n")]).unwrap_err();
        assert_eq!(problems[0].code, "list-not-found", "{name}");
        assert_eq!(problems[0].help.as_deref(), Some(help), "{name}");
    }
}

#[test]
fn lists_that_cannot_be_used_refuse_the_files() {
    for (list, code) in [
        (b"# nothing\n".to_vec(), "empty-list"),
        (b"caf\xe9\n".to_vec(), "not-utf8"),
        (vec![b'x'; 2_000], "entry-too-long"),
        (vec![b'x'; 17 * 1024 * 1024], "file-too-large"),
        ("x\n".repeat(500_001).into_bytes(), "list-too-large"),
    ] {
        let problems = load(&[
            file("rules.toml", rule(RULE)),
            file("lists/words.txt", list),
        ])
        .unwrap_err();
        assert_eq!(codes(&problems), [code]);
    }
}

#[test]
fn an_edit_of_a_list_is_another_rulebook() {
    assert_ne!(book("one\n").digest(), book("two\n").digest());
}

#[test]
fn a_message_like_a_sample_is_found() {
    let sample = "Hi there, I came across your site and we offer guest posts and backlinks from sites with high authority. Reply for the price list.";
    let text = rule("any = [{ similar_to = \"lists/known.txt\" }]");
    let book = load(&[
        file("rules.toml", text),
        file(
            "lists/known.txt",
            format!("Something quite different that nobody writes here at all\n{sample}\n"),
        ),
    ])
    .unwrap();
    assert_eq!(
        fired(
            &book,
            &lead(
                &sample
                    .replace("Hi there", "Dear Ms Miller")
                    .replace("price list", "PRICES")
            )
        ),
        ["test/rule"]
    );
    assert!(fired(&book, &lead("Hi there, I came across an error on your site. Please reply when you have a minute, I need the price list for the board meeting.")).is_empty());
    let decision = judge(&book, &lead(sample));
    assert_eq!(
        decision.findings[0].evidence[0].list.as_deref(),
        Some("lists/known.txt")
    );
}
