//! `script`, `script_not`.

use super::*;

#[test]
fn a_script_is_used_from_three_letters_and_a_fifth_of_all() {
    on_texts(
        "{ script = [\"cyrillic\", \"han\"] }",
        &[
            "Привет, продвигаем сайты",
            "SEO для вашего сайта, backlinks",
            "免费发票",
            "Hello 发票代开 telegram",
            "да!да",
            "Казино https://casino.example/register-now-and-win-a-lot-of-money me@casino.example",
        ],
        &[
            "Hello from Москва, we cannot log in any more today",
            "да",
            "Γειά σου",
            "こんにちは、請求書はどこですか",
            "123 !!! 😀",
            "",
        ],
    );
}

#[test]
fn a_script_is_not_used_if_another_one_is_the_main_one() {
    on_texts(
        "{ script_not = [\"latin\", \"japanese\"] }",
        &[
            "Привет, продвигаем сайты",
            "免费发票",
            "مرحبا بكم",
            "ᏣᎳᎩ ᎦᏬᏂᎯᏍᏗ",
            "Казино https://casino.example/register-now-and-win-a-lot-of-money",
            "请联系abcdefghij@example.com谢谢",
        ],
        &[
            "Hello",
            "Hello from Москва",
            "ＨＥＬＬＯ 𝐟𝐫𝐢𝐞𝐧𝐝 Ⓑ",
            "こんにちは、請求書はどこですか",
            "アカウント",
            "да",
            "аб ab",
            "123",
            "",
        ],
    );
}

#[test]
fn each_script_is_told_by_its_own_letters() {
    for (script, text) in [
        ("latin", "Straße"),
        ("cyrillic", "Україна"),
        ("greek", "Καλημέρα"),
        ("arabic", "مرحبا"),
        ("hebrew", "שלום"),
        ("han", "发票代开"),
        ("japanese", "請求書はどこ"),
        ("japanese", "アカウント"),
        ("hangul", "안녕하세요"),
        ("thai", "สวัสดี"),
        ("devanagari", "नमस्ते"),
        ("bengali", "নমস্কার"),
        ("tamil", "வணக்கம்"),
        ("telugu", "నమస్కారం"),
        ("kannada", "ನಮಸ್ಕಾರ"),
        ("malayalam", "നമസ്കാരം"),
        ("gujarati", "નમસ્તે"),
        ("gurmukhi", "ਸਤ ਸ੍ਰੀ"),
        ("odia", "ନମସ୍କାର"),
        ("sinhala", "ආයුබෝවන්"),
        ("georgian", "გამარჯობა"),
        ("armenian", "Բարեւ"),
        ("ethiopic", "ሰላምታ"),
        ("khmer", "សួស្តី"),
        ("lao", "ສະບາຍດີ"),
        ("burmese", "မင်္ဂလာပါ"),
        ("tibetan", "བཀྲ་ཤིས"),
        ("mongolian", "ᠮᠣᠩᠭᠣᠯ"),
        ("thaana", "ދިވެހި"),
    ] {
        on_texts(&format!("{{ script = [\"{script}\"] }}"), &[text], &[]);
        on_texts(&format!("{{ script_not = [\"{script}\"] }}"), &[], &[text]);
    }
}

#[test]
fn the_evidence_is_the_first_piece_in_that_script() {
    let book = book(&rule("all = [{ script = [\"cyrillic\"] }]"));
    let text = "Hi! Казино онлайн";
    let decision = judge(&book, &lead(text));
    let evidence = &decision.findings[0].evidence[0];
    assert_eq!(evidence.matched, "Казино");
    assert_eq!(&text[evidence.place.clone().unwrap()], "Казино");
}

#[test]
fn an_unknown_script_is_answered_with_the_nearest_one() {
    let told = refused(&rule("any = [{ script = [\"cyrilic\"] }]"));
    assert!(told.contains("did you mean `cyrillic`?"), "{told}");
}
