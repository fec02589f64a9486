//! Folding: every piece leads back to what was written, folding twice changes nothing, nothing is called a disguise
//! without a reason.

use featurebase_bouncer::rules::fold::{Folded, View, fold};

use crate::{part, solid, text_of};

/// Most looks at a character that finding disguises may take.
const STEPS: usize = 40;

/// # Panics
/// Where folding does not keep its promises.
pub fn holds(bytes: &[u8]) {
    let text = text_of(bytes);
    let folded = Folded::of(&text);
    assert_eq!(folded.plain().as_str(), fold(&text), "two ways to fold");
    assert_eq!(
        fold(folded.plain().as_str()),
        folded.plain().as_str(),
        "folded twice"
    );
    assert!(
        folded.steps() <= STEPS * text.len(),
        "{} steps for {} bytes",
        folded.steps(),
        text.len()
    );
    for view in folded.views() {
        leads_back(&text, view);
        has_words(view);
    }
    part_by_part(&text, folded.plain());
    is_revealed_for_a_reason(&text, &folded);
}

/// Each character comes from whole characters of the original, in order.
fn leads_back(original: &str, view: &View) {
    let mut last = 0;
    for (at, c) in view.as_str().char_indices() {
        let place = view.original(at..at + c.len_utf8());
        part(original, &place, "the way back");
        assert!(place.start >= last, "{c:?} from {place:?} after {last}");
        last = place.start;
    }
    let whole = view.original(0..view.as_str().len());
    assert!(original.get(whole).is_some(), "the way back of all of it");
}

/// Words begin and end between characters, and what is not blank lies in one.
fn has_words(view: &View) {
    let text = view.as_str();
    for at in 0..=text.len() {
        let edge = view.is_word_start(at) || view.is_word_end(at);
        assert!(
            !edge || text.is_char_boundary(at),
            "a word's edge inside a character"
        );
    }
    assert!(text.is_empty() || (view.is_word_start(0) && view.is_word_end(text.len())));
    assert_eq!(text.trim(), text, "blanks around it");
    assert!(
        !text
            .chars()
            .any(|c| c != ' ' && c.is_whitespace() || c == '\u{ad}')
    );
    assert!(!text.contains("  "), "two blanks");
}

/// The original of each word, folded by itself, is that word; of each character, holds it.
fn part_by_part(original: &str, plain: &View) {
    let text = plain.as_str();
    for (at, c) in text.char_indices().filter(|(_, c)| *c != ' ') {
        let written = part(original, &plain.original(at..at + c.len_utf8()), "a letter");
        assert!(fold(written).contains(c), "{c:?} from {written:?}");
    }
    let mut at = 0;
    for word in text.split(' ') {
        let place = plain.original(at..at + word.len());
        at += word.len() + 1;
        if word.is_empty() {
            continue;
        }
        let again = fold(part(original, &place, "a word"));
        assert!(again.contains(word), "{word:?} became {again:?} by itself");
        // One character may stand for several words (`㏂`, `´`); elsewhere nothing but the word is left.
        if !again.contains(' ') {
            assert_eq!(again, word, "more than was asked for");
        }
    }
}

fn is_revealed_for_a_reason(text: &str, folded: &Folded) {
    let views: Vec<_> = folded.views().map(View::as_str).collect();
    assert!(
        views.windows(2).all(|two| two[0] != two[1]),
        "revealed, and yet the same: {views:?}"
    );
    assert!(folded.disguises().len() <= 20);
    let mut last = 0;
    for disguise in folded.disguises() {
        part(text, &disguise.place, "a disguise");
        assert!(disguise.place.start >= last, "disguises out of order");
        last = disguise.place.start;
        assert!(!solid(&disguise.reads).is_empty(), "it stands for nothing");
    }
    let told = folded.revealed().is_some() || !folded.disguises().is_empty();
    assert!(!told || !is_plainly_written(text), "{folded:?}");
}

/// Words of at least two small letters, none three times in a row, with ordinary punctuation between: nobody could hide anything in that.
fn is_plainly_written(text: &str) -> bool {
    let words = || text.split([' ', '\n', ',']).filter(|word| !word.is_empty());
    words().all(|word| {
        let letters = word.trim_end_matches(['.', '?']);
        let stretched = |three: &[u8]| three.iter().all(|letter| Some(letter) == three.first());
        letters.len() > 1
            && letters.bytes().all(|letter| letter.is_ascii_lowercase())
            && !letters.as_bytes().windows(3).any(stretched)
    })
}
