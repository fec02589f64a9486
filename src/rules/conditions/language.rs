//! `language`, `language_not`: the language of the message, where that is sure.

use std::ops::Range;

use super::Kind;
use crate::decision::{Evidence, Part};
use crate::problem::nearest;
use crate::rules::condition::Condition;
use crate::rules::language::{LANGUAGES, Language};
use crate::rules::read::{Reader, Value};
use crate::rules::subject::{Subject, evidence};

const EXAMPLE: &str = "[\"en\", \"de\"]";

pub const LANGUAGE: Kind = Kind {
    name: "language",
    about: "The message is written in one of these languages, each a code of two letters (ISO 639-1). It holds only where the language is sure: a single sentence has none in about one case of five, a message of two sentences hardly ever. Bosnian counts as Croatian, Malay as Indonesian, both forms of Norwegian as `no`. Links, e-mail addresses and code do not count.",
    example: "{ language = [\"de\"] }",
    fires: r#""Guten Tag, wir möchten Ihnen günstige Rückverweise für Ihre Webseite anbieten.""#,
    passes: r#""Hello, how do I change the colour of the feedback widget?""#,
    schema: codes,
    read: |reader, value| {
        let languages = read_languages(reader, value)?;
        Some(Box::new(Written {
            languages,
            not: false,
        }))
    },
};

pub const LANGUAGE_NOT: Kind = Kind {
    name: "language_not",
    about: "The message is surely written in another language than these, each a code of two letters (ISO 639-1). Where the language is not sure, as in a short text, it does not hold; a single sentence has none in about one case of five.",
    example: "{ language_not = [\"en\", \"fr\"] }",
    fires: r#""Guten Tag, wir möchten Ihnen günstige Rückverweise für Ihre Webseite anbieten.""#,
    passes: r#""Hello, how do I change the colour of the feedback widget?""#,
    schema: codes,
    read: |reader, value| {
        let languages = read_languages(reader, value)?;
        Some(Box::new(Written {
            languages,
            not: true,
        }))
    },
};

fn codes() -> serde_json::Value {
    let codes: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
    serde_json::json!({
        "type": "array", "minItems": 1, "items": { "type": "string", "enum": codes }
    })
}

fn read_languages<'a>(reader: &mut Reader<'a>, value: &Value<'a>) -> Option<Vec<Language>> {
    let mut languages = Vec::new();
    for (text, span) in reader.texts(value, EXAMPLE)? {
        match LANGUAGES.iter().find(|language| language.code == text) {
            Some(language) => languages.push(*language),
            None => unknown(reader, &text, &span),
        }
    }
    (!languages.is_empty()).then_some(languages)
}

fn unknown(reader: &mut Reader<'_>, text: &str, span: &Range<usize>) {
    let known: Vec<&str> = LANGUAGES.iter().map(|language| language.code).collect();
    let meant = meant(text);
    let Some(language) = meant else {
        reader.unknown_word("unknown-word", span, text, &known, "as a language");
        return;
    };
    reader.error(
        "unknown-word",
        span,
        format!("`{text}` is not known as a language"),
        format!("did you mean `{}` ({})?", language.code, language.name),
    );
}

/// Which language a person means who writes its name, another of its codes, or a country behind the code.
fn meant(text: &str) -> Option<&'static Language> {
    const OTHERWISE: &[(&str, &str)] = &[
        ("nb", "no"),
        ("nn", "no"),
        ("cn", "zh"),
        ("jp", "ja"),
        ("kr", "ko"),
        ("gr", "el"),
        ("cz", "cs"),
        ("dk", "da"),
        ("se", "sv"),
        ("ua", "uk"),
        ("iw", "he"),
        ("fil", "tl"),
        ("farsi", "fa"),
        ("filipino", "tl"),
        ("mandarin", "zh"),
        ("ger", "de"),
        ("gb", "en"),
        ("us", "en"),
        ("br", "pt"),
        ("deutsch", "de"),
        ("français", "fr"),
        ("español", "es"),
        ("italiano", "it"),
        ("português", "pt"),
    ];
    let text = text.trim().to_lowercase();
    let code = text.split(['-', '_']).next().unwrap_or_default();
    let code = OTHERWISE
        .iter()
        .find(|(other, _)| *other == code)
        .map_or(code, |(_, code)| code);
    let by_code = || LANGUAGES.iter().find(|language| language.code == code);
    let by_name = || {
        let names = LANGUAGES.iter().map(|language| language.name);
        let name = nearest(&text, names)?;
        LANGUAGES.iter().find(|language| language.name == name)
    };
    by_code().or_else(|| (text.len() > 3).then(by_name).flatten())
}

fn say_languages(languages: &[Language]) -> String {
    let names: Vec<&str> = languages.iter().map(|language| language.name).collect();
    names.join(" or ")
}

#[derive(Debug)]
struct Written {
    languages: Vec<Language>,
    /// In none of them.
    not: bool,
}

impl Condition for Written {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let language = subject.language()?;
        if self.languages.contains(&language) == self.not {
            return None;
        }
        let (name, not) = if self.not {
            ("language_not", "not ")
        } else {
            ("language", "")
        };
        let wanted = format!("{not}{}", say_languages(&self.languages));
        Some(vec![evidence(name, Part::Text, language.name, &wanted)])
    }

    fn say(&self) -> String {
        let languages = say_languages(&self.languages);
        if self.not {
            format!("the message is surely written in another language than {languages}")
        } else {
            format!("the message is surely written in {languages}")
        }
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(match subject.language() {
            Some(language) => format!("it is written in {}", language.name),
            None => "its language is not sure".to_owned(),
        })
    }
}
