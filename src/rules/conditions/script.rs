//! `script`, `script_not`: the writing system of the message's letters.

use std::ops::Range;

use icu_properties::CodePointMapData;
use icu_properties::props::Script as Property;

use super::Kind;
use crate::decision::Evidence;
use crate::rules::condition::Condition;
use crate::rules::prose::words;
use crate::rules::schema;
use crate::rules::subject::Subject;
use crate::rules::text::Text;

const EXAMPLE: &str = "[\"cyrillic\", \"han\"]";
/// A text with fewer letters has no script.
const LETTERS_AT_LEAST: usize = 3;
/// One letter of so many makes a script count as used.
const ONE_OF: usize = 5;
/// One Japanese syllable among so many makes the Chinese characters around it Japanese.
const JAPANESE_ONE_OF: usize = 10;

pub const SCRIPT: Kind = Kind {
    name: "script",
    about: "At least three letters and at least a fifth of all are of one of these scripts. Links and e-mail addresses do not count. `han` are Chinese characters; in a text with Japanese syllables they count as `japanese`.",
    example: "{ script = [\"cyrillic\"] }",
    fires: r#""Привет, продвигаем сайты""#,
    passes: r#""Hello from Москва, we cannot log in any more""#,
    schema: || schema::words(Script::ALL, Script::as_str),
    read: |reader, value| {
        let scripts = reader.vocabulary(value, Script::ALL, Script::as_str, EXAMPLE)?;
        Some(Box::new(IsScript { scripts }))
    },
};

pub const SCRIPT_NOT: Kind = Kind {
    name: "script_not",
    about: "The script that most letters of the message are of is none of these. Links and e-mail addresses do not count; a message of fewer than three letters has no script, and the condition does not hold.",
    example: "{ script_not = [\"latin\"] }",
    fires: r#""Привет, продвигаем сайты""#,
    passes: r#""Hello from Москва, we cannot log in any more""#,
    schema: || schema::words(Script::ALL, Script::as_str),
    read: |reader, value| {
        let scripts = reader.vocabulary(value, Script::ALL, Script::as_str, EXAMPLE)?;
        Some(Box::new(IsNotScript { scripts }))
    },
};

crate::vocabulary! {
    /// The writing systems of the languages that have millions of readers, by the names of ISO 15924.
    Script {
        Latin = "latin",
        Cyrillic = "cyrillic",
        Greek = "greek",
        Arabic = "arabic",
        Hebrew = "hebrew",
        Han = "han",
        Japanese = "japanese",
        Hangul = "hangul",
        Thai = "thai",
        Devanagari = "devanagari",
        Bengali = "bengali",
        Tamil = "tamil",
        Telugu = "telugu",
        Kannada = "kannada",
        Malayalam = "malayalam",
        Gujarati = "gujarati",
        Gurmukhi = "gurmukhi",
        Odia = "odia",
        Sinhala = "sinhala",
        Georgian = "georgian",
        Armenian = "armenian",
        Ethiopic = "ethiopic",
        Khmer = "khmer",
        Lao = "lao",
        Burmese = "burmese",
        Tibetan = "tibetan",
        Mongolian = "mongolian",
        Thaana = "thaana",
    }
}

impl Script {
    /// The script of a letter; none for one that belongs to several or to a script not named here.
    fn of(c: char) -> Option<Self> {
        if c.is_ascii() {
            return Some(Self::Latin);
        }
        let property = CodePointMapData::<Property>::new().get(c);
        Some(match property {
            Property::Latin => Self::Latin,
            Property::Common if is_latin_symbol(c) => Self::Latin,
            Property::Cyrillic => Self::Cyrillic,
            Property::Greek => Self::Greek,
            Property::Arabic => Self::Arabic,
            Property::Hebrew => Self::Hebrew,
            Property::Han | Property::Bopomofo => Self::Han,
            Property::Hiragana | Property::Katakana => Self::Japanese,
            Property::Hangul => Self::Hangul,
            Property::Thai => Self::Thai,
            Property::Devanagari => Self::Devanagari,
            Property::Bengali => Self::Bengali,
            Property::Tamil => Self::Tamil,
            Property::Telugu => Self::Telugu,
            Property::Kannada => Self::Kannada,
            Property::Malayalam => Self::Malayalam,
            Property::Gujarati => Self::Gujarati,
            Property::Gurmukhi => Self::Gurmukhi,
            Property::Oriya => Self::Odia,
            Property::Sinhala => Self::Sinhala,
            Property::Georgian => Self::Georgian,
            Property::Armenian => Self::Armenian,
            Property::Ethiopic => Self::Ethiopic,
            Property::Khmer => Self::Khmer,
            Property::Lao => Self::Lao,
            Property::Myanmar => Self::Burmese,
            Property::Tibetan => Self::Tibetan,
            Property::Mongolian => Self::Mongolian,
            Property::Thaana => Self::Thaana,
            _ => return None,
        })
    }
}

/// Latin letters in mathematical, enclosed and letter-like forms, which Unicode counts to no script.
const fn is_latin_symbol(c: char) -> bool {
    matches!(c, '\u{2100}'..='\u{214f}' | '\u{249c}'..='\u{24e9}' | '\u{1d400}'..='\u{1d6a5}' | '\u{1f110}'..='\u{1f189}')
}

/// How many letters of each script there are, and where each script is first met.
#[derive(Debug, Default)]
struct Letters {
    all: usize,
    tallies: Vec<Tally>,
}

#[derive(Debug)]
struct Tally {
    script: Option<Script>,
    letters: usize,
    /// Bytes of the text as it is shown.
    first: Range<usize>,
}

impl Letters {
    fn of(text: &Text) -> Self {
        let mut letters = Self::default();
        for (start, word) in words(text) {
            for (at, c) in word.char_indices().filter(|(_, c)| c.is_alphabetic()) {
                letters.add(Script::of(c), start + at..start + at + c.len_utf8());
            }
        }
        letters.join_japanese();
        letters
    }

    fn add(&mut self, script: Option<Script>, place: Range<usize>) {
        self.all += 1;
        // The script met last stands last.
        let known = self
            .tallies
            .iter()
            .rposition(|tally| tally.script == script);
        let Some(tally) = known.and_then(|known| self.tallies.get_mut(known)) else {
            self.tallies.push(Tally {
                script,
                letters: 1,
                first: place,
            });
            return;
        };
        tally.letters += 1;
        if tally.first.end == place.start {
            tally.first.end = place.end;
        }
    }

    /// Japanese is written in Chinese characters and syllables together.
    fn join_japanese(&mut self) {
        let find = |script| {
            let is_it = move |tally: &Tally| tally.script == Some(script);
            self.tallies.iter().position(is_it)
        };
        let (Some(han), Some(japanese)) = (find(Script::Han), find(Script::Japanese)) else {
            return;
        };
        let Some(han) = self.tallies.get(han).map(|tally| tally.letters) else {
            return;
        };
        if let Some(tally) = self.tallies.get_mut(japanese)
            && tally.letters * JAPANESE_ONE_OF >= tally.letters + han
        {
            tally.letters += han;
            self.tallies
                .retain(|tally| tally.script != Some(Script::Han));
        }
    }

    /// The first of these scripts that the text uses.
    fn used(&self, scripts: &[Script]) -> Option<&Tally> {
        self.tallies.iter().find(|tally| {
            tally.script.is_some_and(|script| scripts.contains(&script))
                && tally.letters >= LETTERS_AT_LEAST
                && tally.letters * ONE_OF >= self.all
        })
    }

    /// The script of most letters; of two with as many, the one that comes first in the text.
    fn main(&self) -> Option<&Tally> {
        let most = self.tallies.iter().map(|tally| tally.letters).max()?;
        self.tallies
            .iter()
            .find(|tally| tally.letters == most)
            .filter(|_| self.all >= LETTERS_AT_LEAST)
    }

    fn say_main(&self) -> String {
        match self.main() {
            Some(tally) => format!("it is mostly {}", tally.say()),
            None => "it has too few letters to tell".to_owned(),
        }
    }
}

impl Tally {
    fn say(&self) -> &'static str {
        self.script.map_or("of another script", Script::as_str)
    }
}

fn say_scripts(scripts: &[Script]) -> String {
    let names: Vec<&str> = scripts.iter().map(|script| script.as_str()).collect();
    names.join(" or ")
}

#[derive(Debug)]
struct IsScript {
    scripts: Vec<Script>,
}

impl Condition for IsScript {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let letters = Letters::of(&subject.text);
        let tally = letters.used(&self.scripts)?;
        Some(vec![subject.in_shown(
            "script",
            tally.first.clone(),
            tally.say(),
        )])
    }

    fn say(&self) -> String {
        format!(
            "the message is written in {} letters",
            say_scripts(&self.scripts)
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Letters::of(&subject.text).say_main())
    }
}

#[derive(Debug)]
struct IsNotScript {
    scripts: Vec<Script>,
}

impl Condition for IsNotScript {
    fn holds(&self, subject: &Subject<'_>) -> Option<Vec<Evidence>> {
        let letters = Letters::of(&subject.text);
        let main = letters.main()?;
        let mut listed = letters.tallies.iter().filter(|tally| {
            tally
                .script
                .is_some_and(|script| self.scripts.contains(&script))
        });
        // With as many letters of both, neither is the main one for sure.
        let listed = listed.any(|tally| tally.letters == main.letters);
        let wanted = format!("not {}", say_scripts(&self.scripts));
        (!listed).then(|| vec![subject.in_shown("script_not", main.first.clone(), &wanted)])
    }

    fn say(&self) -> String {
        format!(
            "most of the message's letters are not {}",
            say_scripts(&self.scripts)
        )
    }

    fn near(&self, subject: &Subject<'_>) -> Option<String> {
        Some(Letters::of(&subject.text).say_main())
    }
}
