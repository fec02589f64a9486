//! Words that mix scripts, and words in borrowed letters.

use super::census::Census;
use super::glyph::{Glyph, Hand, Reads, Style};
use super::{Trick, leet, lookalikes};

/// Letters of a word, by whose they are.
#[derive(Default)]
struct Count {
    letters: usize,
    latin: usize,
    styled: usize,
    odd: usize,
    cyrillic: usize,
    greek: usize,
    rare: usize,
    other: usize,
    /// Foreign letters that look like no Latin one.
    unreadable: usize,
    /// Foreign letters drawn like a Latin one.
    close: usize,
    /// Latin letters drawn like no Cyrillic or Greek one.
    only_latin: usize,
}

impl Count {
    fn of(word: &[Glyph]) -> Self {
        let mut count = Self::default();
        for glyph in word {
            let Some(hand) = glyph.hand() else { continue };
            count.letters += 1;
            match hand {
                Hand::Latin => count.latin += 1,
                Hand::Styled(_) => count.styled += 1,
                Hand::Odd => count.odd += 1,
                Hand::Cyrillic => count.cyrillic += 1,
                Hand::Greek => count.greek += 1,
                Hand::Rare => count.rare += 1,
                Hand::Other => count.other += 1,
            }
            if is_foreign(hand) {
                count.unreadable += usize::from(glyph.nature.look.is_none());
                count.close += usize::from(glyph.nature.look.is_some_and(|look| look.close));
            } else if hand != Hand::Other && !has_twin(glyph.c) {
                count.only_latin += 1;
            }
        }
        count
    }

    const fn foreign(&self) -> usize {
        self.cyrillic + self.greek + self.rare
    }

    const fn scripts(&self) -> usize {
        (self.cyrillic > 0) as usize + (self.greek > 0) as usize + (self.rare > 0) as usize
    }

    /// Foreign letters that cannot be taken for Latin ones.
    const fn only_foreign(&self) -> usize {
        self.foreign() - self.close
    }
}

const fn is_foreign(hand: Hand) -> bool {
    matches!(hand, Hand::Cyrillic | Hand::Greek | Hand::Rare)
}

fn has_twin(c: char) -> bool {
    lookalikes::cyrillic(c).is_some() || "ijsIJSqw".contains(c)
}

/// Puts a word back into one script; what kind of disguise it was, if it surely was one.
pub(super) fn reveal(word: &mut [Glyph], census: &Census) -> Option<Trick> {
    let count = Count::of(word);
    if count.other > 0 || count.letters == count.latin {
        return None;
    }
    let styled = reveal_styled(word, &count, census);
    if count.foreign() == 0 {
        return reveal_odd(word, &count).or(styled);
    }
    if count.foreign() == count.letters && count.scripts() == 1 {
        return reveal_borrowed(word, &count, census);
    }
    reveal_mixed(word, &count, census).or(styled)
}

/// Letters in another dress are folded in any view, but for the few without a compatibility mapping.
fn reveal_styled(word: &mut [Glyph], count: &Count, census: &Census) -> Option<Trick> {
    if count.styled == 0 {
        return None;
    }
    let flags: String = word
        .iter()
        .filter(|glyph| glyph.hand() == Some(Hand::Styled(Style::Flag)))
        .map(|glyph| glyph.nature.plain)
        .collect();
    let honest_flags = flags.len() == count.letters && are_flags(&flags);
    if honest_flags && (flags.len() < 4 || !leet::sounds_like_a_word(flags.chars())) {
        return None;
    }
    let mut dressed = 0;
    for glyph in word.iter_mut() {
        match glyph.hand() {
            Some(Hand::Styled(Style::FullWidth)) if census.unspaced => continue,
            Some(Hand::Styled(_)) => {}
            _ => continue,
        }
        dressed += 1;
        if count.letters >= 2 {
            glyph.reads = Reads::As(glyph.nature.plain, glyph.nature.plain);
        }
    }
    let sure = dressed >= 4 || (dressed >= 2 && count.letters >= 4 && !flags.is_empty());
    (sure && !honest_flags).then_some(Trick::LookAlikes)
}

/// Whether a row of flag halves is a row of flags: by ISO 3166-1, what CLDR adds for emojis, and the first letters of each.
fn are_flags(letters: &str) -> bool {
    const FIRST: &[(char, &str)] = &[
        ('a', "cdefgilmoqrstuwxz"),
        ('b', "abdefghijlmnoqrstvwyz"),
        ('c', "acdfghiklmnopqruvwxyz"),
        ('d', "egjkmoz"),
        ('e', "aceghrstu"),
        ('f', "ijkmor"),
        ('g', "abdefghilmnpqrstuwy"),
        ('h', "kmnrtu"),
        ('i', "cdelmnoqrst"),
        ('j', "emop"),
        ('k', "eghimnprwyz"),
        ('l', "abcikrstuvy"),
        ('m', "acdefghklmnopqrstuvwxyz"),
        ('n', "acefgilopruz"),
        ('o', "m"),
        ('p', "aefghklmnrstwy"),
        ('q', "a"),
        ('r', "eosuw"),
        ('s', "abcdeghijklmnorstvxyz"),
        ('t', "acdfghjklmnortvwz"),
        ('u', "agmnsyz"),
        ('v', "aceginu"),
        ('w', "fs"),
        ('x', "k"),
        ('y', "et"),
        ('z', "amw"),
    ];
    let letters: Vec<char> = letters.chars().collect();
    letters.chunks(2).all(|pair| match pair {
        [first, second] => FIRST
            .iter()
            .any(|(letter, seconds)| letter == first && seconds.contains(*second)),
        _ => false,
    })
}

/// Small capitals and their like. Phonetic transcriptions use some of them, so a word is in disguise only if it also
/// uses one that they do not.
fn reveal_odd(word: &mut [Glyph], count: &Count) -> Option<Trick> {
    if count.odd == 0 || count.letters < 3 {
        return None;
    }
    let mut telling = 0;
    for glyph in word.iter_mut() {
        if glyph.hand() != Some(Hand::Odd) {
            continue;
        }
        if let Some(look) = glyph.nature.look {
            glyph.read_as(look);
        }
        telling += usize::from(matches!(glyph.c, '\u{1d00}'..='\u{1d22}' | 'ꜰ' | 'ꜱ'));
    }
    (telling >= 1 && count.odd >= 2 && count.odd * 2 >= count.letters).then_some(Trick::LookAlikes)
}

/// A word wholly in another script's letters, each of which looks like a Latin one, in a Latin text.
fn reveal_borrowed(word: &mut [Glyph], count: &Count, census: &Census) -> Option<Trick> {
    let hand = word.iter().find_map(Glyph::hand)?;
    let honest = census.writes(hand);
    if count.unreadable > 0
        || count.letters < 3
        || honest
        || (hand != Hand::Rare && census.latin == 0)
    {
        return None;
    }
    // Letters that no one language has in its alphabet together with the rest.
    let borrowed = word.iter().any(|glyph| "ѕԛԝһӏԁѵЅԚԜϲϳ".contains(glyph.c));
    read_all(word);
    let sure =
        count.letters >= 4 && (hand == Hand::Rare || (borrowed && count.close == count.letters));
    sure.then_some(Trick::LookAlikes)
}

fn read_all(word: &mut [Glyph]) {
    for glyph in word {
        if let Some(look) = glyph.nature.look {
            glyph.read_as(look);
        }
    }
}

fn reveal_mixed(word: &mut [Glyph], count: &Count, census: &Census) -> Option<Trick> {
    if count.letters < 3 || is_compound(word, count, census) {
        return None;
    }
    if is_formula(word, count) {
        if count.letters >= 6 && count.only_foreign() == 0 {
            read_all(word);
        }
        return None;
    }
    let only_foreign = count.only_foreign();
    let foreign_text = (count.cyrillic > 0 && census.writes(Hand::Cyrillic))
        || (count.greek > 0 && census.writes(Hand::Greek));
    let meant_latin = match count.only_latin.cmp(&only_foreign) {
        std::cmp::Ordering::Equal => !foreign_text,
        order => order.is_gt(),
    };
    if !meant_latin
        && count.scripts() == 1
        && count.rare == 0
        && let Some(sure) = put_back(word, count)
    {
        return sure.then_some(Trick::MixedScripts);
    }
    if count.unreadable > 0 {
        return None;
    }
    read_all(word);
    Some(Trick::MixedScripts)
}

/// Puts Latin letters among Cyrillic or Greek ones back; whether that surely undoes a disguise. One Latin capital at
/// the beginning is a slip of the keyboard: `C` and `С` share a key.
fn put_back(word: &mut [Glyph], count: &Count) -> Option<bool> {
    let twin = if count.cyrillic > 0 {
        lookalikes::cyrillic
    } else {
        lookalikes::greek
    };
    let is_latin = |glyph: &Glyph| {
        matches!(
            glyph.hand(),
            Some(Hand::Latin | Hand::Styled(_) | Hand::Odd)
        )
    };
    let all = word
        .iter()
        .filter(|glyph| is_latin(glyph))
        .all(|glyph| twin(glyph.c).is_some());
    if !all {
        return None;
    }
    let first = word.first().is_some_and(is_latin);
    for glyph in word.iter_mut().filter(|glyph| is_latin(glyph)) {
        if let Some(letter) = twin(glyph.c).and_then(|c| c.to_lowercase().next()) {
            glyph.reads = Reads::As(letter, letter);
        }
    }
    let latin = count.letters - count.foreign();
    Some(count.letters >= 4 && latin > usize::from(first))
}

/// Whether the word is a name in one script with an ending in another, as in `PDFка` or `SEOшник`.
fn is_compound(word: &[Glyph], count: &Count, census: &Census) -> bool {
    let foreign: Vec<bool> = word
        .iter()
        .filter_map(Glyph::hand)
        .map(is_foreign)
        .collect();
    let changes = foreign
        .windows(2)
        .filter(|pair| pair.first() != pair.last())
        .count();
    if changes != 1 || count.scripts() != 1 || count.rare > 0 {
        return false;
    }
    let latin = count.letters - count.foreign();
    let latin_first = foreign.first() == Some(&false);
    let in_its_text = [Hand::Cyrillic, Hand::Greek]
        .into_iter()
        .any(|hand| census.writes(hand) && word.iter().any(|glyph| glyph.hand() == Some(hand)));
    (latin_first && latin >= 2 && in_its_text)
        || (count.foreign() >= 2 && latin >= 2 && count.only_foreign() > 0 && count.only_latin > 0)
}

/// Whether a Greek letter at either end stands for itself: `μTorrent`, `λmax`, `TNFα`, `kΩ`. An omicron never does, nor does a
/// capital drawn like a Latin one.
fn is_formula(word: &[Glyph], count: &Count) -> bool {
    let at_the_end = |glyph: Option<&Glyph>| {
        glyph.is_some_and(|glyph| {
            let close = glyph.nature.look.is_some_and(|look| look.close);
            glyph.hand() == Some(Hand::Greek)
                && glyph.c != 'ο'
                && !(close && glyph.c.is_uppercase())
        })
    };
    let ends = usize::from(at_the_end(word.first())) + usize::from(at_the_end(word.last()));
    let unsure_inside =
        count.greek == 1 && count.close == 0 && word.iter().any(|glyph| glyph.c.is_uppercase());
    count.foreign() == count.greek && (ends == count.greek || unsure_inside)
}
