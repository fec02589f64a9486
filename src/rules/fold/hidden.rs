//! Characters nobody sees, between letters.

use super::glyph::{Glyph, Hand};

/// Whether something invisible was put between the letters of this word to break it up.
///
/// Only between two letters of scripts that have no use for it: a mark of order at either end of a message, a
/// joiner in Persian, Hindi or an emoji, a break offered in Thai is honest. Two kinds get the benefit of the doubt,
/// because they are pasted from web pages and from print: a soft hyphen, or what keeps two letters from being drawn as one, where a
/// word may be divided (with two letters at least on either side), and an offered break before a capital within a name
/// (`get|User|Name`). The word itself is found in the plain view whatever is hidden in it.
pub(super) fn is_broken_up(text: &str, word: &[Glyph]) -> bool {
    let mut since = 0_usize;
    let mut soft = Vec::new();
    for (at, pair) in word.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        since += 1;
        if before.place.end == after.place.start {
            continue;
        }
        let gap = text
            .get(before.place.end..after.place.start)
            .unwrap_or_default();
        if !has_no_use_for_it(before) || !has_no_use_for_it(after) {
            continue;
        }
        let offered = before.c.is_lowercase() && after.c.is_uppercase();
        match gap {
            "\u{ad}" | "\u{200c}" => {
                soft.push(since);
                since = 0;
            }
            "\u{200b}" if offered && at > 0 => {}
            // How a sign such as ℹ is to be drawn.
            "\u{fe0f}" | "\u{fe0e}" if matches!(before.hand(), Some(Hand::Styled(_))) => {}
            _ => return true,
        }
    }
    let last = since + usize::from(!word.is_empty());
    !soft.is_empty() && (last < 2 || soft.iter().any(|part| *part < 2))
}

fn has_no_use_for_it(glyph: &Glyph) -> bool {
    glyph.hand().is_some_and(|hand| hand != Hand::Other)
}
