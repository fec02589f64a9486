//! What the characters of a text are, before anybody asks what they are meant to be.

use std::ops::Range;

use icu_properties::props::{EmojiPresentation, ExtendedPictographic, GeneralCategory, Script};
use icu_properties::{CodePointMapData, CodePointSetData};

use super::lookalikes::{self, Look};
use super::marks::{self, Burden};
use super::{known, pieces};

/// Whose letter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Hand {
    Latin,
    /// A Latin letter in another dress: mathematical, full-width, circled, on a flag.
    Styled(Style),
    /// A letter of Latin script that no language's alphabet has, such as a small capital.
    Odd,
    Cyrillic,
    Greek,
    /// A script in which hardly anybody writes to a help desk, and whose letters serve as look-alikes.
    Rare,
    Other,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    FullWidth,
    /// One half of a flag.
    Flag,
    Fancy,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    Letter(Hand),
    Digit,
    Blank,
    Emoji,
    /// Punctuation and the rest.
    Mark,
}

/// What a character is, without regard to its neighbours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Nature {
    pub kind: Kind,
    /// The character it is folded to, if it is folded to one.
    pub plain: char,
    pub look: Option<Look>,
}

/// What a character is to be read as in the text without disguise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reads {
    AsIs,
    /// The best guess and the second one.
    As(char, char),
    /// Left out, or by the second guess kept: the second letter of a stretched pair.
    Twice,
    Gone,
}

/// One character of a text with all that combines with it.
#[derive(Debug, Clone)]
pub(super) struct Glyph {
    pub place: Range<usize>,
    pub c: char,
    pub nature: Nature,
    pub burden: Burden,
    pub reads: Reads,
}

impl Glyph {
    pub(super) fn is_wordish(&self) -> bool {
        matches!(self.nature.kind, Kind::Letter(_) | Kind::Digit)
    }

    pub(super) fn is_blank(&self) -> bool {
        self.nature.kind == Kind::Blank
    }

    pub(super) fn hand(&self) -> Option<Hand> {
        match self.nature.kind {
            Kind::Letter(hand) => Some(hand),
            _ => None,
        }
    }

    /// The letter it is taken for so far, folded.
    pub(super) fn letter(&self) -> Option<char> {
        match (self.reads, self.nature.kind) {
            (Reads::As(best, _), _) => Some(best),
            (Reads::AsIs, Kind::Letter(_)) => Some(self.nature.plain),
            _ => None,
        }
    }

    pub(super) fn read_as(&mut self, look: Look) {
        self.reads = Reads::As(look.letter, look.other);
    }
}

/// Takes a text apart.
pub(super) fn of(text: &str) -> Vec<Glyph> {
    let mut glyphs = Vec::with_capacity(text.chars().count());
    glyphs.extend(pieces::of(text).filter_map(|place| glyph(text, place)));
    glyphs
}

fn glyph(text: &str, place: Range<usize>) -> Option<Glyph> {
    let piece = text.get(place.clone())?;
    let c = piece.chars().next()?;
    let nature = if c.is_ascii() {
        ascii(c)
    } else {
        known::of(c).nature
    };
    let burden = if piece.len() == c.len_utf8() {
        Burden::None
    } else {
        marks::burden(nature.kind, piece)
    };
    Some(Glyph {
        place,
        c,
        nature,
        burden,
        reads: Reads::AsIs,
    })
}

fn ascii(c: char) -> Nature {
    let kind = match c {
        'a'..='z' | 'A'..='Z' => Kind::Letter(Hand::Latin),
        '0'..='9' => Kind::Digit,
        c if c.is_ascii_whitespace() => Kind::Blank,
        _ => Kind::Mark,
    };
    Nature {
        kind,
        plain: c.to_ascii_lowercase(),
        look: None,
    }
}

/// What a character is that folds to `text`.
pub(super) fn nature(c: char, text: &str) -> Nature {
    if let Some(letter) = dressed(c) {
        return styled(c, letter);
    }
    if c.is_whitespace() || c == '\u{2800}' {
        return plain(Kind::Blank, ' ');
    }
    // Letters in parentheses are text with them.
    let mut letters = text.trim_matches(['(', ')']).chars();
    match (letters.next(), letters.next()) {
        (Some(letter), None) if letter.is_ascii_alphabetic() => return styled(c, letter),
        (Some(digit), None) if digit.is_ascii_digit() => return plain(Kind::Digit, digit),
        _ => {}
    }
    let mut characters = text.chars();
    let single = match (characters.next(), characters.next()) {
        (Some(single), None) => single,
        _ => c,
    };
    if CodePointSetData::new::<EmojiPresentation>().contains(c)
        || CodePointSetData::new::<ExtendedPictographic>().contains(c)
    {
        return plain(Kind::Emoji, single);
    }
    match CodePointMapData::<GeneralCategory>::new().get(c) {
        GeneralCategory::DecimalNumber => plain(Kind::Digit, single),
        GeneralCategory::UppercaseLetter
        | GeneralCategory::LowercaseLetter
        | GeneralCategory::TitlecaseLetter
        | GeneralCategory::ModifierLetter
        | GeneralCategory::OtherLetter
        | GeneralCategory::LetterNumber => letter(c, single),
        _ => plain(Kind::Mark, single),
    }
}

const fn plain(kind: Kind, plain: char) -> Nature {
    Nature {
        kind,
        plain,
        look: None,
    }
}

fn styled(c: char, letter: char) -> Nature {
    let style = match c {
        '\u{ff00}'..='\u{ffef}' => Style::FullWidth,
        '\u{1f1e6}'..='\u{1f1ff}' => Style::Flag,
        _ => Style::Fancy,
    };
    plain(Kind::Letter(Hand::Styled(style)), letter)
}

/// The letter on a flag's half, or white on a black disc or square; these have no compatibility mapping.
fn dressed(c: char) -> Option<char> {
    let first = match c {
        '\u{1f1e6}'..='\u{1f1ff}' => 0x1f1e6,
        '\u{1f150}'..='\u{1f169}' => 0x1f150,
        '\u{1f170}'..='\u{1f189}' => 0x1f170,
        _ => return None,
    };
    let at = u8::try_from(u32::from(c) - first).ok()?;
    Some(char::from(b'a' + at))
}

fn letter(c: char, folded: char) -> Nature {
    let hand = match CodePointMapData::<Script>::new().get(c) {
        Script::Latin if lookalikes::latin(c).is_some() || lookalikes::is_turned(c) => Hand::Odd,
        Script::Latin => Hand::Latin,
        Script::Cyrillic => Hand::Cyrillic,
        Script::Greek => Hand::Greek,
        Script::Armenian
        | Script::BassaVah
        | Script::CanadianAboriginal
        | Script::Carian
        | Script::Cherokee
        | Script::Coptic
        | Script::Deseret
        | Script::Elbasan
        | Script::Georgian
        | Script::Lisu
        | Script::Lycian
        | Script::Lydian
        | Script::Miao
        | Script::OldHungarian
        | Script::OldItalic
        | Script::Osage
        | Script::Runic
        | Script::Tifinagh
        | Script::Vai
        | Script::WarangCiti => Hand::Rare,
        _ => Hand::Other,
    };
    let look = match hand {
        Hand::Other | Hand::Latin => None,
        _ => lookalikes::latin(c),
    };
    Nature {
        kind: Kind::Letter(hand),
        plain: folded,
        look,
    }
}
