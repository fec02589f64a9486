//! A quick look at whether a text may hold a disguise at all, so that an ordinary one costs next to nothing.

/// What the look remembers of the characters it passed.
#[derive(Default)]
struct Passed {
    before: char,
    last: char,
    /// Letters standing alone, one after the other.
    alone: usize,
    /// Characters since the last letter or digit.
    apart: usize,
    /// How long the word is so far, in characters.
    word: usize,
    latin: bool,
    greek: bool,
    cyrillic: bool,
}

/// Whether `text` is worth taking apart. No table is looked at.
pub(super) fn is_suspicious(text: &str) -> bool {
    let mut passed = Passed::default();
    text.chars().chain([' ']).any(|c| passed.by(c))
}

impl Passed {
    fn by(&mut self, c: char) -> bool {
        // Most of any text: a small letter behind another one.
        if c.is_ascii_lowercase()
            && self.last.is_ascii_lowercase()
            && c != self.last
            && !(self.greek || self.cyrillic)
        {
            return self.goes_on(c);
        }
        if is_small_cyrillic(c) && is_small_cyrillic(self.last) && !(self.latin || self.greek) {
            return self.goes_on(c);
        }
        let suspicious = if c.is_ascii() {
            self.ascii(c)
        } else {
            self.beyond(c)
        };
        let wordish = is_wordish(c);
        if wordish {
            if self.word == 0 && self.apart > 3 {
                self.alone = 0;
            }
            self.word += 1;
            self.apart = 0;
        } else {
            match self.word {
                0 => {}
                1 => self.alone += 1,
                _ => self.alone = 0,
            }
            self.word = 0;
            self.apart += 1;
        }
        self.before = self.last;
        self.last = c;
        suspicious || self.alone >= 3
    }

    /// The word goes on with an unsuspicious letter.
    const fn goes_on(&mut self, c: char) -> bool {
        self.word += 1;
        (self.before, self.last) = (self.last, c);
        false
    }

    fn ascii(&mut self, c: char) -> bool {
        self.latin |= c.is_ascii_alphabetic();
        if c.is_ascii_alphabetic() {
            self.greek
                || self.cyrillic
                || matches!(self.last, '0'..='9' | '@' | '$' | '!' | '|') && self.word_before()
                || (self.last.eq_ignore_ascii_case(&c) && self.before.eq_ignore_ascii_case(&c))
                || (c == 'I' && self.last.is_ascii_lowercase())
                || (self.last == 'l' && c.is_ascii_uppercase())
                || (c == 'l' && self.last.is_ascii_uppercase() && self.before.is_ascii_uppercase())
        } else {
            c.is_ascii_digit() && self.last.is_ascii_alphabetic()
        }
    }

    /// A digit or sign counts as soon as a letter follows it; most digits follow no letter.
    const fn word_before(&self) -> bool {
        self.last != '!' && self.last != '|' || self.before.is_ascii_alphanumeric()
    }

    fn beyond(&mut self, c: char) -> bool {
        match c {
            // Letters with accents, letters of Czech, Polish and Turkish, currencies.
            '\u{a0}' | '\u{a1}'..='\u{ac}' | '\u{ae}'..='\u{17e}' | '\u{1ea0}'..='\u{1ef9}' => {
                self.latin |= c >= '\u{c0}';
                matches!(c, '¢' | '£' | '¥')
            }
            '€' => self.last.is_ascii_alphabetic(),
            '\u{370}'..='\u{52f}' => {
                let greek = c < '\u{400}';
                self.greek |= greek;
                self.cyrillic |= !greek;
                self.latin || (self.greek && self.cyrillic)
            }
            // Joins emojis, or says how a sign is drawn.
            '\u{200d}' | '\u{fe0f}' => self.last < '\u{2190}',
            // Marks of print, arrows and signs of formulas; Hebrew, Arabic, the scripts of India, Thai, Lao; Chinese,
            // Japanese, Korean; emojis.
            '\u{2010}'..='\u{2029}'
            | '\u{202f}'..='\u{205f}'
            | '\u{2190}'..='\u{22ff}'
            | '\u{590}'..='\u{61b}'
            | '\u{61d}'..='\u{6ff}'
            | '\u{900}'..='\u{eff}'
            | '\u{3001}'..='\u{30ff}'
            | '\u{3400}'..='\u{9fff}'
            | '\u{ac00}'..='\u{d7a3}'
            | '\u{1f300}'..='\u{1faff}' => false,
            // Full-width marks, as Chinese and Japanese are written with.
            '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff1f}' | '\u{ff61}'..='\u{ff65}' => {
                self.last.is_ascii_alphanumeric()
            }
            _ => true,
        }
    }
}

const fn is_small_cyrillic(c: char) -> bool {
    matches!(c, 'а'..='я')
}

const fn is_wordish(c: char) -> bool {
    match c {
        'a'..='z' | 'A'..='Z' | '0'..='9' => true,
        '\u{0}'..='\u{bf}' | '\u{2010}'..='\u{2bff}' | '\u{3000}'..='\u{303f}' => false,
        c => (c as u32) < 0x1f000,
    }
}
