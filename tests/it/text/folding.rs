//! The form in which texts are compared.

use featurebase_bouncer::rules::fold::{Folded, fold};
use featurebase_bouncer::rules::text::{plain, read};
use icu_casemap::CaseMapper;
use icu_normalizer::{ComposingNormalizerBorrowed, DecomposingNormalizerBorrowed};
use proptest::prelude::*;

#[test]
fn case_blanks_and_invisible_characters_are_folded_away() {
    assert_eq!(
        fold("  FREE\r\n\t Money\u{a0}\u{2003}Now\u{2028}"),
        "free money now"
    );
    assert_eq!(
        fold("fr\u{200b}e\u{ad}e \u{202e}mo\u{200d}n\u{2060}ey\u{fe0f}"),
        "free money"
    );
    assert_eq!(fold("\u{200b}\u{feff} \u{ad}"), "");
}

#[test]
fn marks_people_type_differently_become_one() {
    assert_eq!(
        fold("it’s ‘x’ “y” „z“ «w» a–b—c‑d"),
        "it's 'x' \"y\" \"z\" \"w\" a-b-c-d"
    );
}

#[test]
fn compatibility_forms_become_plain() {
    assert_eq!(fold("ＦＲＥＥ　ﬁ ① ℌ 𝓯𝓻𝓮𝓮 ㎏"), "free fi 1 h free kg");
    assert_eq!(fold("ｶﾞｷﾞ"), "ガギ");
}

#[test]
fn honest_texts_stay_what_they_are() {
    for (written, folded) in [
        (
            "Straße, GROẞ und Übergröße",
            "strasse, gross und übergrösse",
        ),
        ("IŞIK ve İstanbul", "işik ve i\u{307}stanbul"),
        ("ΟΔΟΣ οδός", "οδοσ οδόσ"),
        ("Не работает ВХОД", "не работает вход"),
        ("مرحباً كيف الحال", "مرحباً كيف الحال"),
        ("สวัสดีครับ", "สวัสดีครับ"),
        ("שָׁלוֹם עולם", "שָׁלוֹם עולם"),
        ("你好，请问", "你好,请问"),
        ("パスワードをリセット", "パスワードをリセット"),
        ("한국어 지원", "한국어 지원"),
        ("Việt Nam", "việt nam"),
        ("हिन्दी में", "हिन्दी में"),
    ] {
        let nfc = ComposingNormalizerBorrowed::new_nfkc()
            .normalize(folded)
            .into_owned();
        assert_eq!(fold(written), nfc);
    }
}

#[test]
fn composed_and_decomposed_letters_are_the_same() {
    assert_eq!(fold("e\u{301}"), fold("é"));
    assert_eq!(fold("\u{1112}\u{1161}\u{11ab}"), "한");
    assert_eq!(fold("ㅎㅏㄴ"), fold("\u{1112}\u{1161}ㄴ"));
}

#[test]
fn every_folded_piece_leads_back_to_what_was_written() {
    assert_eq!(traced("Get it FR\u{200b}EE now", "free"), "FR\u{200b}EE");
    assert_eq!(traced("die Straße hier", "strasse"), "Straße");
    assert_eq!(traced("die Straße hier", "se hier"), "ße hier");
    assert_eq!(traced("a ＦＲＥＥ b", "re"), "ＲＥ");
    assert_eq!(traced("cafe\u{301} x", "é"), "e\u{301}");
    assert_eq!(
        traced("one \r\n\u{a0} two", "one two"),
        "one \r\n\u{a0} two"
    );
    assert_eq!(traced("ﷺ!", "!"), "!");
    assert_eq!(traced("Привет МИР 你好", "мир 你"), "МИР 你");
}

#[test]
fn ranges_outside_the_text_are_harmless() {
    let folded = Folded::of("ß x");
    assert_eq!(folded.plain().original(0..1), 0..2);
    assert_eq!(folded.plain().original(2..900), 2..4);
    assert_eq!(folded.plain().original(800..900), 4..4);
    #[allow(
        clippy::reversed_empty_ranges,
        reason = "what a caller must never be able to break"
    )]
    let reversed = folded.plain().original(3..1);
    assert!(reversed.is_empty());
    assert_eq!(Folded::of("").plain().original(0..5), 0..0);
}

#[test]
fn words_begin_and_end_where_unicode_says() {
    let folded = Folded::of("Free, don't e-mail");
    let starts: Vec<_> = (0..20)
        .filter(|at| folded.plain().is_word_start(*at))
        .collect();
    assert_eq!(starts, [0, 4, 5, 6, 11, 12, 13, 14]);
    assert!(
        folded.plain().is_word_end(4)
            && folded.plain().is_word_end(18)
            && !folded.plain().is_word_end(0)
            && !folded.plain().is_word_end(3)
    );
    assert!(!folded.plain().is_word_start(18) && !folded.plain().is_word_start(8));
}

#[test]
fn scripts_without_blanks_have_a_word_at_every_character() {
    for text in ["免费", "パスワード", "ひらがな"] {
        let folded = Folded::of(text);
        assert!(
            folded
                .plain()
                .as_str()
                .char_indices()
                .all(|(at, _)| folded.plain().is_word_start(at)),
            "{text}"
        );
    }
    let thai = Folded::of("ฟรีเงิน");
    assert!(thai.plain().is_word_start("ฟรี".len()) && thai.plain().is_word_end("ฟรี".len()));
    let korean = Folded::of("한국어");
    assert!(!korean.plain().is_word_start(3));
}

/// The original's text for where `needle` stands in the folded form.
fn traced<'t>(original: &'t str, needle: &str) -> &'t str {
    let folded = Folded::of(original);
    let at = folded
        .plain()
        .as_str()
        .find(needle)
        .expect("the needle is in the folded text");
    &original[folded.plain().original(at..at + needle.len())]
}

/// What folding must come to: the whole text at once, by the definition.
fn reference(text: &str) -> String {
    let text: String = text.chars().filter(|c| !is_ignorable(*c)).collect();
    let folds = CaseMapper::new();
    let canonical = DecomposingNormalizerBorrowed::new_nfd()
        .normalize(&text)
        .into_owned();
    let canonical = folds.fold_string(&canonical).into_owned();
    let compatible = DecomposingNormalizerBorrowed::new_nfkd()
        .normalize(&canonical)
        .into_owned();
    let compatible = folds.fold_string(&compatible).into_owned();
    ComposingNormalizerBorrowed::new_nfkc()
        .normalize(&compatible)
        .into_owned()
}

fn is_ignorable(c: char) -> bool {
    use icu_properties::{CodePointSetData, props::DefaultIgnorableCodePoint};
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
}

fn unified(text: &str) -> String {
    let plain = |c| match c {
        '‘' | '’' | '‚' | '‛' | 'ʼ' | 'ʻ' | '‹' | '›' => '\'',
        '“' | '”' | '„' | '‟' | '«' | '»' => '"',
        '‐' | '‑' | '‒' | '–' | '—' | '―' | '−' => '-',
        c => c,
    };
    let text: String = text.chars().map(plain).collect();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Letters that combine, blanks, invisible characters and plain text, close together.
fn tangled() -> impl Strategy<Value = String> {
    let character = prop_oneof![
        4 => prop::char::range('\u{300}', '\u{36f}'),
        3 => prop::char::range('a', 'z'),
        2 => prop::char::range('\u{1100}', '\u{11ff}'),
        2 => prop::char::range('\u{3131}', '\u{318e}'),
        2 => prop::char::range('\u{ff66}', '\u{ffdc}'),
        1 => prop::char::range('\u{ac00}', '\u{ac40}'),
        1 => prop::char::range('\u{9be}', '\u{9d7}'),
        1 => prop::char::range('\u{1f80}', '\u{1fff}'),
        1 => prop::char::range('\u{16d60}', '\u{16d6f}'),
        1 => prop::char::range('\u{113b0}', '\u{113d0}'),
        1 => prop::char::range('\u{3040}', '\u{30ff}'),
        1 => prop::char::range('\u{2000}', '\u{2070}'),
        1 => prop::sample::select(vec![' ', '\n', '\u{ad}', '\u{345}', '´', 'ß', 'İ', 'ŉ', '’', '\u{34f}', '\u{ff9e}']),
        2 => any::<char>(),
    ];
    prop::collection::vec(character, 0..24).prop_map(String::from_iter)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn folding_piece_by_piece_equals_folding_the_whole(text in tangled()) {
        prop_assert_eq!(fold(&text), unified(&reference(&text)));
    }

    #[test]
    fn folding_twice_changes_nothing(text in tangled()) {
        let once = fold(&text);
        prop_assert_eq!(fold(&once), once.clone());
        let folded = Folded::of(&text);
        prop_assert_eq!(folded.plain().as_str(), once);
    }

    #[test]
    fn every_part_of_a_folded_text_comes_from_a_part_of_the_original(text in tangled(), from in 0..60_usize, to in 0..60_usize) {
        let folded = Folded::of(&text);
        let place = folded.plain().original(from..to);
        let source = text.get(place);
        prop_assert!(source.is_some());
        if let (Some(part), Some(source)) = (folded.plain().as_str().get(from..to), source) {
            prop_assert!(fold(source).contains(part.trim()), "{part:?} not in the folded {source:?}");
        }
    }

    #[test]
    fn any_text_is_read_without_fault(body in "[<>/a-c\"'= &;!\\-\n.:#@]{0,80}|\\PC{0,40}", other in "[\\[\\]()>*`|\\- \n<a-c.:/]{0,80}") {
        let text = read(Some(&body), Some(&other));
        for link in text.links.iter().chain(&plain(&other).links) {
            prop_assert!(!link.url.is_empty());
        }
        for link in &text.links {
            prop_assert!(link.place.clone().is_none_or(|place| text.shown.get(place).is_some()));
        }
        let folded = Folded::of(&text.shown);
        for at in 0..=folded.plain().as_str().len() {
            prop_assert!(!folded.plain().is_word_start(at) || folded.plain().as_str().is_char_boundary(at));
        }
    }
}

#[test]
fn letters_folded_without_the_tables_are_folded_as_the_tables_say() {
    use icu_casemap::CaseMapper;
    use icu_normalizer::{ComposingNormalizer, DecomposingNormalizer};
    let (cases, canonical) = (CaseMapper::new(), DecomposingNormalizer::new_nfd());
    let (compatible, composed) = (
        DecomposingNormalizer::new_nfkd(),
        ComposingNormalizer::new_nfkc(),
    );
    let letters = ('\u{c0}'..='\u{ff}')
        .chain('\u{391}'..='\u{3c9}')
        .chain('\u{400}'..='\u{45f}')
        .chain('\u{5d0}'..='\u{5ea}')
        .chain('\u{621}'..='\u{64a}')
        .chain('\u{3041}'..='\u{3096}')
        .chain('\u{30a1}'..='\u{30fa}')
        .chain('\u{4e00}'..='\u{9fff}')
        .chain('\u{ac00}'..='\u{d7a3}');
    for letter in letters.filter(|c| c.is_alphabetic()) {
        let first = cases
            .fold_string(&canonical.normalize(&letter.to_string()))
            .into_owned();
        let second = cases
            .fold_string(&compatible.normalize(&first))
            .into_owned();
        assert_eq!(
            fold(&letter.to_string()),
            composed.normalize(&second),
            "{letter} {:x}",
            u32::from(letter)
        );
    }
}
