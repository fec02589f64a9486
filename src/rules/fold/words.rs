//! Small tricks within one word: letters upside down, `I` for `l`, letters stretched.

use super::glyph::{Glyph, Hand, Reads};
use super::lookalikes;

/// Reads a word written upside down; whether it is one. It is to be read from its end, too.
pub(super) fn turn_over(word: &mut [Glyph]) -> bool {
    let telling = word
        .iter()
        .filter(|glyph| lookalikes::is_turned(glyph.c))
        .count();
    let upside_down = |glyph: &Glyph| lookalikes::turned(glyph.c).is_some();
    if telling < 2 || word.len() < 3 || !word.iter().all(upside_down) {
        return false;
    }
    for glyph in word {
        if let Some(letter) = lookalikes::turned(glyph.c) {
            glyph.reads = Reads::As(letter, letter);
        }
    }
    true
}

/// `PayPaI` and `VlAGRA`: a capital among small letters and a small letter among capitals that are drawn alike.
pub(super) fn tell_i_from_l(word: &mut [Glyph]) {
    let is_latin = |glyph: &Glyph| {
        glyph.hand() == Some(Hand::Latin)
            || matches!(glyph.reads, Reads::As(letter, _) if letter.is_ascii())
    };
    let may_be_either = |glyph: &Glyph| matches!(glyph.c, 'I' | 'l');
    if word.len() < 4 || !word.iter().any(may_be_either) || !word.iter().all(is_latin) {
        return;
    }
    let capitals = word.iter().filter(|glyph| glyph.c.is_uppercase()).count();
    let small_l = word.iter().filter(|glyph| glyph.c == 'l').count();
    if small_l > 0 && small_l * 3 <= word.len() && capitals + small_l == word.len() {
        for glyph in word.iter_mut().filter(|glyph| glyph.c == 'l') {
            glyph.reads = Reads::As('i', 'l');
        }
        return;
    }
    let length = word.len();
    let mut before_small = false;
    for at in 0..length {
        // `parseInt`, `getItem`, `userId`: there a new word begins.
        let next_small = word
            .get(at + 1)
            .is_none_or(|next| next.c.is_lowercase() && !"cdmnst".contains(next.c));
        let Some(glyph) = word.get_mut(at) else {
            return;
        };
        if glyph.c == 'I' && before_small && next_small {
            glyph.reads = Reads::As('l', 'i');
        }
        before_small = glyph.c.is_lowercase();
    }
}

/// Three of a letter or more are one, or by the second guess two. Roman numbers and words of one letter stay.
pub(super) fn shorten(word: &mut [Glyph]) {
    let is_stretched = |three: &[Glyph]| match three {
        [one, two, three] => one.letter() == two.letter() && two.letter() == three.letter(),
        _ => false,
    };
    if word.len() < 4
        || !word.windows(3).any(is_stretched)
        || word
            .iter()
            .any(|glyph| matches!(glyph.hand(), None | Some(Hand::Other)))
    {
        return;
    }
    let letters = || word.iter().filter_map(Glyph::letter);
    let first = letters().next();
    if letters().all(|letter| Some(letter) == first)
        || letters().all(|letter| "ivxlcdm".contains(letter))
    {
        return;
    }
    let mut run = 0;
    let mut last = None;
    for at in 0..word.len() {
        let letter = word.get(at).and_then(Glyph::letter);
        run = if letter == last { run + 1 } else { 1 };
        last = letter;
        let third = word.get(at + 1).and_then(Glyph::letter) == letter;
        let Some(glyph) = word.get_mut(at) else {
            return;
        };
        if run == 2 && third {
            glyph.reads = Reads::Twice;
        } else if run >= 3 {
            glyph.reads = Reads::Gone;
        }
    }
}
