//! Digits and signs for letters: `fr33 m0ney`, `c@sino`.

use super::glyph::{Glyph, Hand, Kind, Reads};

/// Longest word read this way, in characters.
const MAX_WORD: usize = 40;

/// The letter a digit or sign stands for, and the second guess.
pub(super) const fn letter(c: char) -> Option<(char, char)> {
    Some(match c {
        '0' => ('o', 'o'),
        '1' | '!' => ('i', 'l'),
        '|' => ('l', 'i'),
        '3' | '€' => ('e', 'e'),
        '4' | '@' => ('a', 'a'),
        '5' | '$' => ('s', 's'),
        '7' => ('t', 't'),
        '8' => ('b', 'b'),
        '¢' => ('c', 'c'),
        '£' => ('l', 'l'),
        '¥' => ('y', 'y'),
        _ => return None,
    })
}

const fn is_sign(c: char) -> bool {
    !c.is_ascii_digit() && letter(c).is_some()
}

/// Whether a character may be part of a word in leet.
pub(super) fn is_part(glyph: &Glyph) -> bool {
    glyph.is_wordish() || is_sign(glyph.nature.plain)
}

/// Whether a piece between blanks is an address, a path, a formula or code, in which digits and signs are what they are.
pub(super) fn is_technical(piece: &[Glyph]) -> bool {
    let inside = |glyph: &&Glyph| !is_part(glyph);
    let first = piece.iter().position(is_part).unwrap_or(0);
    let last = piece.iter().rposition(is_part).unwrap_or(0);
    let core = piece.get(first..=last).unwrap_or_default();
    let dashes = core
        .iter()
        .filter(|glyph| glyph.nature.plain == '-')
        .count();
    let numbered = core
        .iter()
        .any(|glyph| matches!(glyph.nature.plain, '2' | '6' | '9'));
    let at = core.iter().filter(|glyph| glyph.c == '@').count();
    let signs_of_code = piece.iter().any(|glyph| {
        matches!(
            glyph.c,
            '{' | '}' | ';' | '=' | '<' | '>' | '`' | '\\' | '_' | '/' | '#' | '%' | '&' | '^'
        )
    });
    signs_of_code
        || (dashes > 0 && numbered)
        || core.iter().filter(inside).any(|glyph| {
            !matches!(glyph.nature.plain, '-' | '\'' | ',' | '"' | '*' | '~')
                && (at > 0 || glyph.nature.kind != Kind::Emoji)
        })
}

/// Reads a word made mostly of letters with letters in the place of its digits and signs; whether it surely was in disguise.
pub(super) fn reveal(word: &mut [Glyph], alone: bool) -> bool {
    let Some(word) = without_punctuation(word) else {
        return false;
    };
    let Some(shape) = Shape::of(word) else {
        return false;
    };
    if !shape.is_readable(word, alone) {
        return false;
    }
    for at in 0..word.len() {
        let (before, after) = (
            at.checked_sub(1)
                .and_then(|at| word.get(at))
                .and_then(vowel),
            word.get(at + 1).and_then(vowel),
        );
        let doubled = word.get(at + 1).is_some_and(|next| next.c == '1')
            || at
                .checked_sub(1)
                .and_then(|at| word.get(at))
                .is_some_and(|last| last.c == '1');
        let Some(glyph) = word.get_mut(at).filter(|glyph| glyph.letter().is_none()) else {
            continue;
        };
        let twice = glyph.c == '1' && doubled;
        if let Some((best, other)) = letter(glyph.nature.plain) {
            // Between a vowel and anything `1` is more likely an `l`, and so it is before a vowel at the beginning.
            let swapped = best != other
                && (twice || before == Some(true) || (before.is_none() && after == Some(true)));
            glyph.reads = if swapped {
                Reads::As(other, best)
            } else {
                Reads::As(best, other)
            };
        }
    }
    shape.is_sure() && sounds_like_a_word(word.iter().filter_map(Glyph::letter))
}

/// Whether the character is read as a vowel, if as a letter at all.
fn vowel(glyph: &Glyph) -> Option<bool> {
    let letter = glyph
        .letter()
        .or_else(|| letter(glyph.nature.plain).map(|(best, _)| best))?;
    Some("aeiouy".contains(letter))
}

/// An exclamation mark, a dash of a table or a price's sign at the end is what it is.
fn without_punctuation(word: &mut [Glyph]) -> Option<&mut [Glyph]> {
    let is_mark = |glyph: &Glyph| matches!(glyph.c, '!' | '|');
    let start = word.iter().position(|glyph| !is_mark(glyph))?;
    let end = word.iter().rposition(|glyph| !is_mark(glyph))?;
    word.get_mut(start..=end)
}

/// How letters and what stands for letters are laid out in a word.
struct Shape {
    letters: usize,
    length: usize,
    /// Runs of digits and signs with letters on both sides.
    inside: usize,
    signs: usize,
    /// How many digits and signs stand before the first and after the last letter.
    before: usize,
    after: usize,
    longest: usize,
    regular: bool,
    all_one_digit: bool,
}

impl Shape {
    /// Nothing if the word cannot be read: it has other letters than Latin ones, digits that stand for none, or no digits.
    fn of(word: &[Glyph]) -> Option<Self> {
        if word.len() > MAX_WORD || word.len() < 3 {
            return None;
        }
        let mut letters = 0;
        let mut runs: Vec<(usize, usize)> = Vec::new();
        let mut run = 0;
        let mut signs = 0;
        let mut all_one_digit = true;
        let mut digit = None;
        for glyph in word {
            if let Some(c) = glyph.letter() {
                if !c.is_alphabetic() || glyph.hand() == Some(Hand::Other) {
                    return None;
                }
                if run > 0 {
                    runs.push((letters, run));
                    run = 0;
                }
                letters += 1;
            } else {
                letter(glyph.nature.plain)?;
                all_one_digit &= *digit.get_or_insert(glyph.nature.plain) == glyph.nature.plain;
                signs += usize::from(is_sign(glyph.nature.plain));
                run += 1;
            }
        }
        let after = run;
        let before = runs
            .first()
            .filter(|(at, _)| *at == 0)
            .map_or(0, |(_, length)| *length);
        let inside = runs.iter().filter(|(at, _)| *at > 0);
        let longest = inside.clone().map(|(_, length)| *length).max().unwrap_or(0);
        (letters < word.len()).then(|| Self {
            letters,
            length: word.len(),
            inside: inside.count(),
            signs,
            before,
            after,
            longest,
            regular: is_regular(word),
            all_one_digit,
        })
    }

    fn is_readable(&self, word: &[Glyph], alone: bool) -> bool {
        let leet = self.length - self.letters;
        let plain = |at: usize| word.get(at).map_or(' ', |glyph| glyph.nature.plain);
        if self.letters < 2
            || self.longest > 2
            || self.before > 2
            || self.after > 2
            || is_hexadecimal(word)
        {
            return false;
        }
        // Names drawn by lot mix capitals, too.
        if !self.regular && (self.letters < 3 * leet || self.length > 12) {
            return false;
        }
        let twins = self.all_one_digit
            && leet == 2
            && matches!(
                word.iter()
                    .find(|glyph| glyph.letter().is_none())
                    .map(|glyph| glyph.nature.plain),
                Some('3' | '0' | '€')
            );
        if self.letters <= leet && !(self.letters == leet && twins) {
            return false;
        }
        // Two sentences without a blank.
        let sentences = word.windows(3).any(|three| matches!(three, [last, mark, next] if last.c.is_lowercase() && mark.c == '!' && next.c.is_uppercase()));
        if sentences {
            return false;
        }
        // Postcodes.
        if self.length == 3
            && word.iter().any(|glyph| glyph.c.is_uppercase())
            && !word.iter().any(|glyph| matches!(glyph.c, '0' | '3'))
        {
            return false;
        }
        if self.inside > 0 {
            let eight = word.iter().any(|glyph| glyph.nature.plain == '8');
            return self.letters >= if eight { 4 } else { 2 };
        }
        if word.iter().any(|glyph| glyph.reads != Reads::AsIs) {
            return self.letters >= 3;
        }
        let last_letter = self
            .letters
            .checked_sub(1)
            .map_or(' ', |at| plain(at + self.before));
        match (self.before, self.after) {
            (1, 0) => self.is_readable_at_the_start(plain(0), plain(1), alone),
            (0, 1) => match plain(self.length - 1) {
                '0' | '3' => self.letters >= 4 || (self.letters == 3 && last_letter == 'e'),
                '$' | '€' | '@' | '¥' => self.letters >= 3,
                _ => false,
            },
            (0, 2) => twins || self.signs == 2,
            (1, 1) => self.letters >= 3,
            _ => false,
        }
    }

    fn is_readable_at_the_start(&self, first: char, second: char, alone: bool) -> bool {
        let before_vowel = "aeiou".contains(second);
        match first {
            '$' | '£' | '€' | '¢' => alone && before_vowel,
            '@' => false,
            '5' => before_vowel && (self.letters >= 3 || second == 'e'),
            '7' | '8' => before_vowel && self.letters >= 3,
            '1' => self.letters >= 3,
            _ => !before_vowel && self.letters >= 3,
        }
    }

    /// Two places at least, in a word long enough to be no product's number.
    const fn is_sure(&self) -> bool {
        let places = self.inside + (self.before > 0) as usize + (self.after > 0) as usize;
        self.regular && places >= 2 && self.inside >= 1 && self.letters >= 3 && self.length >= 5
    }
}

/// Whether capitals stand as people write them: none, the first, or all.
fn is_regular(word: &[Glyph]) -> bool {
    let mut letters = word.iter().filter(|glyph| glyph.hand().is_some());
    let first = letters.next().is_some_and(|glyph| glyph.c.is_uppercase());
    let rest: Vec<bool> = letters.map(|glyph| glyph.c.is_uppercase()).collect();
    rest.iter().all(|upper| !upper) || (first && rest.iter().all(|upper| *upper))
}

fn is_hexadecimal(word: &[Glyph]) -> bool {
    word.len() >= 6 && word.iter().all(|glyph| glyph.c.is_ascii_hexdigit())
        || matches!(word, [zero, x, ..] if zero.c == '0' && matches!(x.c, 'x' | 'X'))
}

/// Whether letters could be a word: vowels among them, and no more than four consonants in a row.
pub(super) fn sounds_like_a_word(letters: impl Iterator<Item = char>) -> bool {
    let (mut vowels, mut all, mut row, mut longest) = (0_usize, 0_usize, 0_usize, 0_usize);
    for letter in letters {
        all += 1;
        if "aeiouyáéíóúäöüаеиоуыэюяёіїєαεηιουω".contains(letter) {
            vowels += 1;
            row = 0;
        } else {
            row += 1;
            longest = longest.max(row);
        }
    }
    vowels * 5 >= all && vowels < all && longest <= 4
}
