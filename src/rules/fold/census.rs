//! In whose letters a text is written.

use super::glyph::{Glyph, Hand};
use super::lookalikes::Look;

/// What stands in a text as a whole: the same word is honest in one and a disguise in the other.
#[derive(Debug, Default)]
pub(super) struct Census {
    /// Words in Latin letters only.
    pub latin: usize,
    cyrillic: usize,
    greek: usize,
    rare: usize,
    /// A script written without blanks, whose writers mix in full-width letters.
    pub unspaced: bool,
}

impl Census {
    /// Whether somebody who writes this script wrote the text: a word in it has a letter that looks like no Latin one,
    /// or two words have letters that merely resemble one.
    pub(super) const fn writes(&self, hand: Hand) -> bool {
        match hand {
            Hand::Cyrillic => self.cyrillic >= 2,
            Hand::Greek => self.greek >= 2,
            Hand::Rare => self.rare >= 2,
            _ => false,
        }
    }

    pub(super) fn count(&mut self, word: &[Glyph]) {
        let mut letters = word
            .iter()
            .filter_map(|glyph| Some((glyph.hand()?, glyph.nature.look)));
        let weight = |look: Option<Look>| match look {
            None => 2,
            Some(look) => usize::from(!look.close),
        };
        let Some((first, look)) = letters.next() else {
            return;
        };
        let mut honesty = weight(look);
        let mut all = 1;
        for (hand, look) in letters {
            if hand != first {
                return;
            }
            honesty = honesty.max(weight(look));
            all += 1;
        }
        if all < 2 {
            return;
        }
        match first {
            Hand::Latin => self.latin += 1,
            Hand::Cyrillic => self.cyrillic += honesty,
            Hand::Greek => self.greek += honesty,
            Hand::Rare => self.rare += honesty,
            _ => {}
        }
    }
}
