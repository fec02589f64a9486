//! Faults a review found once.

use featurebase_bouncer::decision::{Lookup, Verdict};
use featurebase_bouncer::rules::load;

use super::{book, codes_of, file, fired, holds, judge, lead, named, rule};

#[test]
fn signals_that_use_one_another_several_times_cost_no_memory() {
    let mut signals =
        "[[signal]]\nid = \"s0\"\nany = [{ words = [\"zebra casino\"] }]\n".to_owned();
    for number in 1..=20 {
        let uses = format!("{{ signal = \"s{}\" }}", number - 1);
        signals =
            format!("{signals}[[signal]]\nid = \"s{number}\"\nany = [{uses}, {uses}, {uses}]\n");
    }
    let book = book(&format!(
        "{signals}{}",
        rule("any = [{ signal = \"s20\" }]")
    ));
    assert_eq!(fired(&book, &lead("the zebra casino")), ["test/rule"]);
}

#[test]
fn signs_beyond_ascii_in_patterns_mean_themselves() {
    for (pattern, fires, not) in [
        ("soon…", "see you soon…", "sooner or later"),
        ("真的吗？", "真的吗？", "真的"),
        ("100＄ now", "100$ now", "100 now"),
        ("stop[.,–—!]", "stop!", "stop it"),
        ("x[ –—]+y", "x – y", "xy"),
        ("[[:alpha:]ß]\\d", "ß5", "(5"),
        ("[]ß]x", "]x", "(x"),
        ("[A-Za-zÀ-ſ]+ 5", "é 5", "5 5"),
        ("❤️ deal", "❤️ deal", "deal"),
        ("guest\u{a0}post", "guest post", "guestpost"),
        ("cafe\u{301} gratuit", "café gratuit", "cafe gratuit"),
        ("\\x{3a3}\\x{39f}\\x{3a3} now", "ΣΟΣ now", "now"),
        ("ᏣᎳᎩ ᎦᏬ", "ᏣᎳᎩ ᎦᏬ", "x"),
    ] {
        let condition = format!("{{ pattern = '{pattern}' }}");
        assert!(holds(&condition, &lead(fires)), "{pattern} on {fires}");
        assert!(!holds(&condition, &lead(not)), "{pattern} on {not}");
    }
}

#[test]
fn many_entries_about_one_site_and_many_links_to_it() {
    let list: Vec<String> = (0..20_000)
        .map(|number| format!("t.me/spam{number}"))
        .collect();
    let text = rule("any = [{ link_list = \"lists/sites.txt\" }]");
    let book = load(&[
        file("rules.toml", text),
        file("lists/sites.txt", list.join("\n")),
    ])
    .unwrap();
    let links: Vec<String> = (0..1_000).map(|number| format!("t.me/z{number}")).collect();
    assert!(fired(&book, &lead(&links.join(" "))).is_empty());
    let decision = judge(
        &book,
        &lead(&format!("{} https://t.me/Spam77/x", links.join(" "))),
    );
    let evidence = &decision.findings[0].evidence[0];
    assert_eq!(
        (evidence.wanted.as_str(), evidence.list.as_deref()),
        ("t.me/spam77", Some("lists/sites.txt"))
    );
}

#[test]
fn words_with_digits_are_found_in_disguise_too() {
    for text in ["join 1xbet", "join 1хbеt now", "join 1 x b e t now"] {
        assert!(holds("{ words = [\"1xbet\"] }", &lead(text)), "{text}");
    }
    assert!(holds(
        "{ words = [\"join 1xbet now\"] }",
        &lead("join 1xbet nоw")
    ));
    assert!(!holds("{ words = [\"1xbet\"] }", &lead("join ixbet")));
}

#[test]
fn a_whole_message_is_recognised_in_each_of_its_forms() {
    for (phrase, text) in [
        ("hello", "Hellooooo"),
        ("test", "TESTTTTT"),
        ("hello", "Hеllo"),
    ] {
        assert!(
            holds(&format!("{{ exact = [\"{phrase}\"] }}"), &lead(text)),
            "{text}"
        );
    }
    assert!(!holds("{ exact = [\"hello\"] }", &lead("Hellooooo you")));
}

#[test]
fn explaining_long_phrases_on_long_texts_takes_no_time() {
    let phrase = "casino bonus and more ".repeat(20);
    let book = book(&rule(&format!(
        "any = [{{ words = [\"{}\"] }}]",
        phrase.trim()
    )));
    let example = lead(&"bcfag chebc bfcgc bbcfb ".repeat(1_000));
    assert!(!book.explain(&example.message, &example.facts)[0].fired);
}

#[test]
fn nested_entries_of_a_list_on_a_long_message() {
    let list: Vec<String> = (1..=1_000).map(|number| "a".repeat(number)).collect();
    let text = rule("any = [{ list = \"lists/words.txt\" }]");
    let book = load(&[
        file("rules.toml", text),
        file("lists/words.txt", list.join("\n")),
    ])
    .unwrap();
    assert!(fired(&book, &lead(&"a".repeat(20_000))).is_empty());
}

#[test]
fn a_lookup_matters_only_where_the_verdict_hinges_on_it() {
    let vip = named(
        "a/vip",
        "enforce",
        "allow",
        "all = [{ sender_role = [\"vip\"] }]",
    );
    let flag = named(
        "a/flag",
        "enforce",
        "flag",
        "all = [{ words = [\"offer\"] }, { sender_company = [\"Acme\"] }]",
    );
    let block = named(
        "a/block",
        "enforce",
        "block",
        "all = [{ words = [\"casino\"] }]",
    );
    let book = book(&format!("{vip}{block}"));
    let verdict = |book: &featurebase_bouncer::rules::Rulebook, text: &str| {
        let example = lead(text);
        let mut facts = example.facts_for(book.wanted());
        facts.profile = Lookup::NotAsked;
        let lacks = book.lacks(&example.message, &facts);
        facts.profile = Lookup::Failed {
            why: "gone".to_owned(),
        };
        (lacks, book.judge(&example.message, &facts).verdict)
    };
    // Nobody asks for anything: whether they are allowed makes no difference.
    assert_eq!(verdict(&book, "a question"), (false, Verdict::Clean));
    assert_eq!(verdict(&book, "a casino"), (true, Verdict::Flag));
    let book = super::book(&format!("{flag}{block}"));
    assert_eq!(verdict(&book, "an offer"), (true, Verdict::Flag));
    // The block is certain whatever the flag says.
    assert_eq!(verdict(&book, "a casino offer"), (false, Verdict::Block));
}

#[test]
fn lists_of_senders_hold_addresses_and_domains_only() {
    let text = rule("any = [{ sender_email_list = \"lists/senders.txt\" }]");
    for entry in [
        "*@ourcompany.com",
        "@x.com",
        "Ann <ann@y.com>",
        "a@b.com, c@d.com",
        "com",
    ] {
        let codes = codes_of(&[file("rules.toml", &text), file("lists/senders.txt", entry)]);
        assert!(
            ["bad-address", "bad-domain"].contains(&codes[0].as_str()),
            "{entry}: {codes:?}"
        );
    }
}

#[test]
fn rules_that_only_look_alike_are_left_alone() {
    let all = |last: &str| {
        format!(
            "all = [{{ words_all = [\"a1x\", \"b1x\", \"c1x\", \"d1x\", \"e1x\", \"f1x\", \"{last}\"] }}]"
        )
    };
    let wide = "any = [{ words = [\"x1\", \"y1\"] }]";
    let pairs = [
        (
            named("a/one", "hold", "flag", &all("casino")),
            named("a/two", "hold", "flag", &all("invoice")),
        ),
        (
            named(
                "a/one",
                "enforce",
                "block",
                &format!("{wide}\nblock_for = \"1d\""),
            ),
            named("a/two", "enforce", "block", "all = [{ words = [\"x1\"] }]"),
        ),
        (
            named("a/one", "enforce", "block", wide),
            named(
                "a/two",
                "enforce",
                "block",
                "all = [{ words = [\"x1\"] }]\nalso = [\"notify\"]",
            ),
        ),
        (
            named("a/one", "observe", "allow", wide),
            named("a/two", "observe", "flag", wide),
        ),
    ];
    for (one, two) in pairs {
        let told = book(&format!("{one}{two}")).second_thoughts();
        assert!(
            told.iter()
                .all(|told| !["rules-alike", "pointless-rule"].contains(&told.code.as_str())),
            "{told:?}"
        );
    }
}

#[test]
fn examples_about_counts_are_not_blamed() {
    for lines in [
        "any = [{ words = [\"casino\"] }, { links = { at_least = 2 } }]\nexamples.pass = [\"See https://docs.example.com\"]",
        "all = [{ words = [\"casino\"] }, { length = { at_most = 10 } }]\nexamples.pass = [\"hello there\"]",
    ] {
        assert_eq!(book(&rule(lines)).warnings(), []);
    }
}

#[test]
fn a_thousand_lists_are_no_rule_files() {
    let mut files = vec![file("rules.toml", rule("any = [{ words = [\"x\"] }]"))];
    files.extend((0..1_000).map(|number| file(&format!("lists/l{number}.txt"), "x\n")));
    assert!(load(&files).is_ok());
}
