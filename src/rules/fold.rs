//! The forms in which texts are compared, and the way back to what was written.

mod boundaries;
mod census;
mod glyph;
mod hidden;
mod known;
mod leet;
mod lookalikes;
mod map;
mod marks;
mod pieces;
mod reveal;
mod scripts;
mod spaced;
mod suspicion;
mod view;
mod words;

use std::ops::Range;

pub(super) use pieces::is_unspaced;
pub use view::View;

use pieces::{Folder, Run};
use view::Writer;

/// A text as it is compared: once as it stands, and where something in it is disguised, once more without the disguise.
///
/// The **plain** view folds away compatibility forms, case, invisible characters (soft hyphens, joiners, bidirectional
/// controls) and the kind of blanks, quotation marks, apostrophes and dashes: NFKC and full case folding by the Unicode
/// Standard (definition D146), default-ignorable code points dropped, runs of `White_Space` one blank, none around the
/// text. Accents stay, and so do letters that merely look alike.
///
/// The **revealed** view puts look-alikes of other scripts (UTS #39 and more), letters in frames, on flags and upside
/// down, digits and signs for letters, letters set apart, stretched or under heaps of marks back to plain ones. It
/// guesses with a free hand, for it is only ever read besides the plain view. A [`Disguise`] is named only where no
/// honest writer would have written so.
#[derive(Debug, Clone, Default)]
pub struct Folded {
    plain: View,
    revealed: Option<View>,
    second: Option<View>,
    disguises: Vec<Disguise>,
    steps: usize,
}

/// A word written so that a person reads it and a program does not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Disguise {
    pub kind: Trick,
    /// Bytes of the original.
    pub place: Range<usize>,
    /// What it stands for, folded.
    pub reads: String,
}

crate::vocabulary! {
    /// How words are disguised.
    Trick {
        /// Characters that look like letters.
        LookAlikes = "look-alikes",
        /// Characters nobody sees between letters, or turning their order round.
        HiddenCharacters = "hidden-characters",
        /// Blanks, dots or pictures between letters.
        SpacedLetters = "spaced-letters",
        /// Letters of several scripts in one word.
        MixedScripts = "mixed-scripts",
        /// Text no browser shows; found by [`text`](super::text), not by folding.
        HiddenHtml = "hidden-html",
    }
}

/// Most disguises told of one text.
const MAX_DISGUISES: usize = 20;

/// The most of a text that is folded, in bytes: folding lengthens a text up to elevenfold, and places are kept in 32
/// bits. Messages are cut far below ([`READ_AT_MOST`](super::text::READ_AT_MOST)).
const FOLDED_AT_MOST: usize = 64 << 20;

impl Folded {
    #[must_use]
    pub fn of(original: &str) -> Self {
        let original = capped(original);
        let mut folder = Folder::default();
        let plain = folded(original, &mut folder).view();
        if !suspicion::is_suspicious(original) {
            return Self {
                plain,
                steps: original.len(),
                ..Self::default()
            };
        }
        let reveal::Revealed {
            best,
            second,
            disguises,
            steps,
        } = reveal::of(original, &mut folder);
        let revealed = best.filter(|best| best.as_str() != plain.as_str());
        let known = [Some(&plain), revealed.as_ref()];
        let is_new = |second: &View| {
            let mut known = known.iter().flatten();
            known.all(|known| known.as_str() != second.as_str())
        };
        let second = second.filter(is_new);
        Self {
            plain,
            revealed,
            second,
            disguises,
            steps,
        }
    }

    /// The text as it stands.
    #[must_use]
    pub const fn plain(&self) -> &View {
        &self.plain
    }

    /// The whole text with every disguised word put back into plain letters, if there is any.
    #[must_use]
    pub const fn revealed(&self) -> Option<&View> {
        self.revealed.as_ref()
    }

    /// Every form the text is to be looked for in: plain, revealed, and revealed by the second guess where one
    /// character stands for either of two letters (`1` for `i` or `l`, `eee` for `e` or `ee`).
    pub fn views(&self) -> impl Iterator<Item = &View> {
        let others = [self.revealed.as_ref(), self.second.as_ref()];
        std::iter::once(&self.plain).chain(others.into_iter().flatten())
    }

    /// What is surely disguised, in order; the first twenty.
    #[must_use]
    pub fn disguises(&self) -> &[Disguise] {
        &self.disguises
    }

    /// How many looks at a character it took to find the disguises. In proportion to the text, whatever stands in it.
    #[must_use]
    pub const fn steps(&self) -> usize {
        self.steps
    }
}

/// Folds a rule's own words, so that they are compared in the form messages have in the plain view.
#[must_use]
pub fn fold(text: &str) -> String {
    folded(capped(text), &mut Folder::default()).text()
}

fn capped(original: &str) -> &str {
    original
        .get(..original.floor_char_boundary(FOLDED_AT_MOST))
        .unwrap_or(original)
}

fn folded(original: &str, folder: &mut Folder) -> Writer {
    let mut writer = Writer::with_capacity(original.len());
    let mut at = 0;
    while let Some(rest) = original.get(at..).filter(|rest| !rest.is_empty()) {
        if let Some((run, length)) = pieces::run(rest) {
            let stretch = rest.get(..length).unwrap_or("");
            match run {
                Run::Ascii => writer.put_ascii(stretch, at),
                Run::Simple(width) => {
                    let letters = stretch.chars().filter_map(pieces::simple);
                    writer.put_letters(letters, width, at..at + length);
                }
            }
            at += length;
            continue;
        }
        let Some(place) = pieces::of(rest).next() else {
            break;
        };
        let piece = rest.get(place.clone()).unwrap_or("");
        for c in folder.fold(piece).chars() {
            writer.put(c, at + place.start..at + place.end);
        }
        at += place.end;
    }
    writer
}
