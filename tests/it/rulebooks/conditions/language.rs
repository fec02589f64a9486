//! `language`, `language_not`, and how sure the language is.

use std::collections::BTreeMap;

use featurebase_bouncer::rules::language::{self, LANGUAGES};
use featurebase_bouncer::rules::text::plain;

use super::*;

const GERMAN: &str = "Guten Tag, wie kann ich meine Rechnungen herunterladen?";

/// Sentences with the code of their language.
fn samples() -> Vec<(&'static str, &'static str)> {
    let mut code = "";
    let mut samples = Vec::new();
    for line in include_str!("../../../corpus/languages.txt").lines() {
        match line
            .strip_prefix('[')
            .and_then(|line| line.strip_suffix(']'))
        {
            Some(named) => code = named,
            None if line.starts_with('#') => {}
            None => samples.push((code, line)),
        }
    }
    samples
}

fn code_of(text: &str) -> Option<&'static str> {
    language::of(&plain(text)).map(|language| language.code)
}

#[test]
fn a_language_that_is_told_is_the_right_one_and_most_sentences_have_one() {
    let (mut wrong, mut silent) = (Vec::new(), BTreeMap::<&str, usize>::new());
    let samples = samples();
    assert!(samples.len() > 400);
    for (code, text) in &samples {
        match code_of(text) {
            Some(told) if told == *code => {}
            Some(told) => wrong.push(format!("{told} for {code}: {text}")),
            None => *silent.entry(code).or_default() += 1,
        }
    }
    let count: usize = silent.values().sum();
    println!("{count} of {} have no language: {silent:?}", samples.len());
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(count * 4 < samples.len(), "{silent:?}");
}

#[test]
fn two_sentences_are_told_more_often_than_one() {
    let samples = samples();
    let pairs = samples.windows(2).filter(|pair| pair[0].0 == pair[1].0);
    let (mut all, mut silent) = (0, 0);
    for pair in pairs {
        let text = format!("{}\n\n{}", pair[0].1, pair[1].1);
        let told = code_of(&text);
        assert!(
            told.is_none() || told == Some(pair[0].0),
            "{told:?}: {text}"
        );
        all += 1;
        silent += usize::from(told.is_none());
    }
    println!("{silent} of {all} pairs have no language");
    assert!(silent * 12 < all, "{silent} of {all}");
}

#[test]
fn english_support_talk_and_english_spam_are_never_taken_for_another_language() {
    let lines = concat!(
        include_str!("../../../corpus/ordinary.txt"),
        include_str!("../../../corpus/spam.txt")
    );
    let english = |line: &&str| {
        line.split(' ')
            .any(|word| ["the", "you", "your", "our", "is", "for"].contains(&word))
    };
    let (mut all, mut told) = (0, 0);
    for line in lines.lines().filter(english) {
        // German with an English sentence in it is neither.
        let code = code_of(line);
        assert!(matches!(code, Some("en") | None), "{code:?}: {line}");
        all += 1;
        told += usize::from(code.is_some());
    }
    assert!(all > 200 && told * 10 > all * 8, "{told} of {all}");
}

#[test]
fn languages_not_on_the_list_are_taken_for_none_on_it() {
    for text in [
        "Halló, hvernig breyti ég litnum á endurgjafarhnappnum á síðunni okkar?",
        "Përshëndetje, si mund ta ndryshoj ngjyrën e butonit në faqen tonë?",
        "Kaixo, nola alda dezaket botoiaren kolorea gure webgunean?",
        "Dia duit, conas a athraím dath an chnaipe ar ár suíomh gréasáin?",
        "Сәлеметсіз бе, батырманың түсін қалай өзгертуге болады?",
        "Сайн байна уу, товчлуурын өнгийг яаж өөрчлөх вэ?",
        "Habari, ninawezaje kubadilisha rangi ya kitufe kwenye tovuti yetu?",
    ] {
        assert_eq!(code_of(text), None, "{text}");
    }
}

#[test]
fn short_or_mixed_texts_numbers_names_and_code_have_no_language() {
    for text in [
        "",
        "Hallo",
        "ok danke",
        "Hi there!",
        "Anna Maria Müller-Lüdenscheidt, Johannes Brahms GmbH",
        "4711 0815 2026-11-23 12:30",
        "https://www.beispiel.example/wie-kann-ich-meine-rechnungen-finden",
        "let mut found = items.iter().filter(|item| item.is_open());",
        "getUserById is_not_found main.rs src/lib.rs",
        "!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!!",
        "\u{200b}\u{200b}\u{200b}\u{200b}",
        "Wie kann ich meine Rechnungen finden? Where can I find my invoices for the last year?",
    ] {
        assert_eq!(code_of(text), None, "{text}");
    }
}

#[test]
fn sentences_without_blanks_keep_their_language_beside_numbers_and_in_long_texts() {
    assert_eq!(
        code_of("2026年11月の請求書はどこで見られますか？"),
        Some("ja")
    );
    assert_eq!(
        code_of("我的账户12345从2026年11月起无法登录，请帮忙看看。"),
        Some("zh")
    );
    assert_eq!(
        code_of(&"从今天早上开始我们就无法登录了。".repeat(1_000)),
        Some("zh")
    );
}

#[test]
fn addresses_in_the_text_do_not_change_its_language() {
    let text = format!(
        "{GERMAN} https://the.example/where-is-the-invoice-for-the-last-month someone.at.the.office@the-company.example"
    );
    assert_eq!(code_of(&text), Some("de"));
    assert_eq!(
        code_of("请问怎么修改反馈窗口的颜色？https://example.com/the/page谢谢您"),
        Some("zh")
    );
}

#[test]
fn language_holds_only_where_it_is_sure() {
    on_texts(
        "{ language = [\"de\", \"fr\"] }",
        &[
            GERMAN,
            "WIE KANN ICH MEINE RECHNUNGEN HERUNTERLADEN?",
            "Bonjour, où puis-je trouver mes factures ?",
        ],
        &["Where can I find my invoices?", "Hallo", ""],
    );
    on_texts(
        "{ language_not = [\"en\", \"fr\"] }",
        &[GERMAN, "С сегодняшнего утра мы не можем войти в систему."],
        &[
            "Where can I find my invoices?",
            "Bonjour, où puis-je trouver mes factures ?",
            "Hallo",
            "asdf qwer yxcv jklö asdf qwer",
            "",
        ],
    );
}

#[test]
fn every_language_of_whatlang_has_a_code_of_its_own() {
    let mut codes: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
    assert_eq!(codes.len(), 70);
    assert!(codes.iter().all(|code| code.len() == 2));
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes.len(), LANGUAGES.len());
}

#[test]
fn an_unknown_language_is_answered_with_the_one_that_is_meant() {
    for (written, meant) in [
        ("german", "`de` (German)"),
        ("German", "`de`"),
        ("DE", "`de`"),
        ("de-AT", "`de`"),
        ("deutsch", "`de`"),
        ("nb", "`no` (Norwegian)"),
        ("cn", "`zh` (Chinese)"),
        ("Frensh", "`fr`"),
    ] {
        let told = refused(&rule(&format!("any = [{{ language = [\"{written}\"] }}]")));
        assert!(told.contains("error[unknown-word]"), "{told}");
        assert!(told.contains(&format!("did you mean {meant}")), "{told}");
    }
    let told = refused(&rule("any = [{ language = [\"klingon\"] }]"));
    assert!(told.contains("known are: en, de, fr"), "{told}");
}
