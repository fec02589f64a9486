//! What is known of each character by itself: worked out when it is first met, and from then on looked up.

use std::sync::OnceLock;

use super::glyph::{self, Nature};
use super::pieces;

/// What a character is, whatever stands beside it.
#[derive(Debug, Clone, Copy)]
pub(super) struct Known {
    /// Nobody sees it.
    pub ignorable: bool,
    /// It may change, or change places with, what stands before it.
    pub combines: bool,
    /// Words of its script stand beside one another without a blank.
    pub unspaced: bool,
    /// What it is folded to, if that is one character.
    pub folded: Option<char>,
    pub nature: Nature,
}

/// So many characters are kept together.
const SHELF: usize = 128;
/// The end of what is kept: all scripts, which take 8 MB once each of their characters was met. Hardly anything behind it is
/// assigned, and whoever sends it must not fill the memory.
const END: usize = 0x32400;

type Shelf = Box<[OnceLock<Known>]>;

static SHELVES: [OnceLock<Shelf>; END / SHELF] = [const { OnceLock::new() }; END / SHELF];

pub(super) fn of(c: char) -> Known {
    kept(c).copied().unwrap_or_else(|| Known::work_out(c))
}

/// What is kept of a character, if such characters are.
pub(super) fn kept(c: char) -> Option<&'static Known> {
    let at = usize::try_from(u32::from(c)).ok()?;
    let shelf = SHELVES
        .get(at / SHELF)?
        .get_or_init(|| (0..SHELF).map(|_| OnceLock::new()).collect());
    let place = shelf.get(at % SHELF)?;
    Some(place.get_or_init(|| Known::work_out(c)))
}

impl Known {
    fn work_out(c: char) -> Self {
        let folded = pieces::folded(c.encode_utf8(&mut [0; 4]));
        let mut characters = folded.chars();
        Self {
            ignorable: pieces::is_default_ignorable(c),
            combines: pieces::is_combining(c),
            unspaced: pieces::is_of_unspaced_script(c),
            folded: characters.next().filter(|_| characters.next().is_none()),
            nature: glyph::nature(c, &folded),
        }
    }
}
