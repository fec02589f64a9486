//! Conditions on what a text looks like.

mod details;

use super::*;

#[test]
fn length_counts_characters_as_people_do() {
    on_texts(
        "{ length = { at_least = 4, at_most = 4 } }",
        &[
            "abcd",
            "äöüß",
            "a\u{308}o\u{308}ab",
            "你好你好",
            "ab 👨‍👩‍👧",
            "🇩🇪🇫🇷ab",
            "a\u{200b}b\u{200b}c\u{ad}d",
            "a\nb!",
        ],
        &["abc", "abcde", "👨‍👩‍👧", "a\u{200b}b\u{200b}c", ""],
    );
}

#[test]
fn words_are_counted() {
    on_texts(
        "{ word_count = { at_least = 3, at_most = 3 } }",
        &[
            "one two three",
            "one, two... three!",
            "don't e-mail",
            "1 2 3",
            "你好吗",
            "fr\u{200b}ee mon\u{200b}ey now",
            "a 👍 b — c",
        ],
        &["one two", "one two three four", "!!! ??? ...", ""],
    );
    on_texts(
        "{ word_count = { at_most = 0 } }",
        &["", "👍👍", "?!"],
        &["a"],
    );
}

#[test]
fn lines_with_something_in_them_are_counted() {
    on_texts(
        "{ line_count = { at_least = 2, at_most = 2 } }",
        &[
            "a\nb",
            "a\n\n\n  \nb",
            "a\r\nb",
            "a\nb\n\n",
            "a\n\u{200b}\nb",
        ],
        &["a", "a b", "a\nb\nc", ""],
    );
    let mut page = lead("");
    page.message.markdown = None;
    page.message.html = Some("<p>a</p><p></p><ul><li>b</li></ul>".to_owned());
    assert!(holds(
        "{ line_count = { at_least = 2, at_most = 2 } }",
        &page
    ));
}

#[test]
fn emoji_are_counted_as_people_see_them() {
    on_texts(
        "{ emoji_count = { at_least = 1, at_most = 1 } }",
        &[
            "👍",
            "👍🏽",
            "👨‍👩‍👧‍👦",
            "🇩🇪",
            "1️⃣",
            "1\u{20e3}",
            "❤️",
            "❤️‍🔥",
            "☝🏽",
            "🏴󠁧󠁢󠁥󠁮󠁧󠁿",
            "🏳️‍🌈",
            "©️ 2026",
            "Thanks 😀!",
        ],
        &[
            "",
            "©",
            "™ ®",
            "0123456789 # *",
            "→ ✓ ♪",
            "😀\u{fe0e}",
            "🇩",
            "👍👍",
            "🇩🇪🇫🇷",
            "ab",
        ],
    );
    on_texts(
        "{ emoji_count = { at_least = 3 } }",
        &["🚀🚀🚀", "🔥 a 💰 b 🤑"],
        &["🚀🚀", "👨‍👩‍👧"],
    );
}

#[test]
fn the_share_of_capitals_is_that_of_letters_that_have_them() {
    on_texts(
        "{ uppercase_share = { at_least = 0.8 } }",
        &[
            "BUY CHEAP FOLLOWERS",
            "ПРОДВИЖЕНИЕ САЙТОВ",
            "ABCDEFGHij",
            "ÄÖÜ STRASSE JETZT 123456789",
            "KAUFEN你好你好你好你好你好JETZT",
        ],
        &[
            "ABCDEFGhij",
            "Buy Cheap Followers Now",
            "API URL OK",
            "ABCDEFGHI",
            "你好你好你好你好你好你好",
            "1234567890!!!!!!!!!!",
            "",
        ],
    );
    on_texts(
        "{ uppercase_share = { at_most = 0 } }",
        &["all in small letters"],
        &["All in small letters", "short", ""],
    );
}

#[test]
fn the_share_of_repeats_is_that_of_rows_of_words_and_of_characters() {
    on_texts(
        "{ repeated_share = { at_least = 0.5 } }",
        &[
            "Buy followers now! Buy followers now! Buy followers now!",
            "free free free free free free",
            "aaaaaaaaaaaaaaaaaaaaaaaaa",
            "WOW!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
            "😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂😂",
            "代开发票代开发票代开发票代开发票代开发票代开发票",
        ],
        &[
            "free free free",
            "Where do I find my invoices? I looked for my invoices in the settings.",
            "Hello hello, is there anybody there?",
            "",
        ],
    );
    on_texts(
        "{ repeated_share = { at_least = 0.5, at_most = 0.5 } }",
        &["one two three four one two three four"],
        &[],
    );
    let ordinary = include_str!("../../../corpus/ordinary.txt");
    let long = ordinary.lines().take(40).collect::<Vec<_>>().join(" ");
    on_texts("{ repeated_share = { at_most = 0.1 } }", &[&long], &[]);
}

#[test]
fn rules_say_what_they_count_and_what_was_near() {
    for (condition, said, near) in [
        (
            "{ length = { at_most = 3 } }",
            "the message has at most 3 characters",
            "it has 12",
        ),
        (
            "{ word_count = { at_least = 5 } }",
            "the message has at least 5 words",
            "it has 2",
        ),
        (
            "{ line_count = { at_least = 2 } }",
            "the message has at least 2 lines that are not empty",
            "it has 1",
        ),
        (
            "{ emoji_count = { at_least = 1 } }",
            "the message has at least 1 emoji",
            "it has 0",
        ),
        (
            "{ uppercase_share = { at_least = 0.8 } }",
            "a share of at least 0.8 of the message's letters are capitals",
            "0.20 of its letters are capitals",
        ),
        (
            "{ repeated_share = { at_least = 0.5 } }",
            "a share of at least 0.5 of the message repeats what it said before",
            "it is too short to tell",
        ),
        (
            "{ phone_numbers = { at_least = 1 } }",
            "the message has at least 1 phone number",
            "it has 0",
        ),
        (
            "{ email_addresses = { at_least = 2 } }",
            "the message has at least 2 e-mail addresses",
            "it has 0",
        ),
        (
            "{ wallet_addresses = { at_least = 1 } }",
            "the message has at least 1 wallet address",
            "it has 0",
        ),
        (
            "{ script = [\"han\", \"thai\"] }",
            "the message is written in han or thai letters",
            "it is mostly latin",
        ),
        (
            "{ script_not = [\"latin\"] }",
            "most of the message's letters are not latin",
            "it is mostly latin",
        ),
        (
            "{ language = [\"de\"] }",
            "the message is surely written in German",
            "its language is not sure",
        ),
        (
            "{ language_not = [\"de\", \"en\"] }",
            "the message is surely written in another language than German or English",
            "its language is not sure",
        ),
    ] {
        let book = book(&rule(&format!("all = [{condition}]")));
        let example = lead("Hello, World");
        let facts = example.facts_for(book.wanted());
        let trace = &book.explain(&example.message, &facts)[0];
        let told = serde_json::to_string(trace).unwrap();
        assert!(told.contains(&format!("\"said\":\"{said}\"")), "{told}");
        assert!(told.contains(&format!("\"near\":\"{near}\"")), "{told}");
    }
}

#[test]
fn shares_are_between_nothing_and_all() {
    insta::assert_snapshot!(
        refused(&rule("any = [{ uppercase_share = { at_least = 80 } }]")),
        @r"
    error[share-out-of-range]: a share is between 0 and 1: 0.8 is 80 %
     --> rules.toml:6:41
      |
    6 | any = [{ uppercase_share = { at_least = 80 } }]
      |                                         ^^
      |
      = help: write 0.8 for 80 %
    "
    );
    for (value, code) in [
        ("{ at_least = 1.01 }", "share-out-of-range"),
        ("{ at_least = -0.1 }", "share-out-of-range"),
        ("{ at_least = nan }", "share-out-of-range"),
        ("{ at_least = inf }", "share-out-of-range"),
        ("{ at_least = 99999999999 }", "share-out-of-range"),
        ("{ at_least = \"0.5\" }", "wrong-type"),
        ("{ at_least = 0.5, at_most = 0.2 }", "bounds-crossed"),
        ("{ at_least = 0 }", "always-true"),
        ("{ at_most = 1 }", "always-true"),
        ("{ at_least = 0.0, at_most = 1.0 }", "always-true"),
        ("{}", "no-bounds"),
        ("{ within = \"1h\" }", "unknown-key"),
        ("0.8", "wrong-type"),
    ] {
        let text = rule(&format!("any = [{{ repeated_share = {value} }}]"));
        assert_eq!(codes_of(&[file("rules.toml", text)]), [code], "{value}");
    }
    for value in [
        "{ at_least = 1 }",
        "{ at_most = 0 }",
        "{ at_least = 1e-1 }",
        "{ at_least = 0.25, at_most = 1 }",
    ] {
        book(&rule(&format!("any = [{{ repeated_share = {value} }}]")));
    }
}

#[test]
fn texts_of_any_shape_are_counted_in_time() {
    let conditions = KINDS.iter().filter(|kind| {
        [
            "length",
            "count",
            "share",
            "numbers",
            "addresses",
            "script",
            "language",
        ]
        .iter()
        .any(|part| kind.name.contains(part))
    });
    let conditions: Vec<&str> = conditions.map(|kind| kind.example).collect();
    assert_eq!(conditions.len(), 13);
    let book = book(&rule(&format!("any = [{}]", conditions.join(", "))));
    for piece in concat!(
        "a¦1¦1 ¦1-¦+1¦+¦(1¦0 ¦01 23 ¦415 555 0134 ¦o1¦call ¦call 1 ¦a 1 ¦a1 ¦@¦a@¦a@b.¦a@b.com¦a at b dot ¦ (at) ¦ dot ¦",
        "0x¦bc1¦1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa ¦sol 1111111111111111111111111111111111111111111 ¦👨\u{200d}¦🇩¦1\u{fe0f}\u{20e3}¦\u{301}¦",
        "я¦я a ¦你¦あ漢¦\n¦the ¦und the ¦! ¦DE89 3704 ¦https://a.com ¦a.com你 ¦你a@b.com"
    )
    .split('¦')
    {
        let text = piece.repeat((64 << 10) / piece.len());
        let start = std::time::Instant::now();
        judge(&book, &lead(&text));
        let took = start.elapsed();
        println!("{piece:?}: {took:?}");
        assert!(took < std::time::Duration::from_secs(60), "{piece:?}: {took:?}");
    }
}
