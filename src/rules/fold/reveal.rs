//! The text with its disguises taken off.

use std::ops::Range;

use super::census::Census;
use super::glyph::{self, Glyph, Hand, Kind, Reads};
use super::lookalikes;
use super::marks::{self, Burden};
use super::pieces::Folder;
use super::view::{View, Writer};
use super::{Disguise, MAX_DISGUISES, Trick, hidden, leet, scripts, spaced, words};

/// What came of looking under a text's disguises.
#[derive(Debug, Default)]
pub(super) struct Revealed {
    pub best: Option<View>,
    pub second: Option<View>,
    pub disguises: Vec<Disguise>,
    pub steps: usize,
}

/// A text being looked at.
struct Looker<'t> {
    text: &'t str,
    glyphs: Vec<Glyph>,
    census: Census,
    found: Vec<(Trick, Range<usize>)>,
    /// Stretches that are read backwards.
    backwards: Vec<Range<usize>>,
    /// Looks at a character so far; stays in proportion to the text.
    steps: usize,
}

pub(super) fn of(text: &str, folder: &mut Folder) -> Revealed {
    let mut looker = Looker {
        text,
        glyphs: glyph::of(text),
        census: Census::default(),
        found: Vec::new(),
        backwards: Vec::new(),
        steps: text.len(),
    };
    looker.take_stock();
    looker.look_at_words();
    looker.look_at_spaced_letters();
    looker.look_at_pieces();
    looker.look_backwards();
    looker.told(folder)
}

impl Looker<'_> {
    fn take_stock(&mut self) {
        for word in self.runs(Glyph::is_wordish) {
            self.census.count(self.glyphs.get(word).unwrap_or_default());
        }
        self.census.unspaced = self.glyphs.iter().any(|glyph| super::is_unspaced(glyph.c));
    }

    /// The longest runs of characters of one sort.
    fn runs(&mut self, belongs: impl Fn(&Glyph) -> bool) -> Vec<Range<usize>> {
        self.steps += self.glyphs.len();
        let mut runs: Vec<Range<usize>> = Vec::new();
        for (at, glyph) in self.glyphs.iter().enumerate() {
            if !belongs(glyph) {
                continue;
            }
            match runs.last_mut() {
                Some(run) if run.end == at => run.end = at + 1,
                _ => runs.push(at..at + 1),
            }
        }
        runs
    }

    fn look_at_words(&mut self) {
        for place in self.runs(Glyph::is_wordish) {
            let Some(word) = self.glyphs.get_mut(place.clone()) else {
                continue;
            };
            self.steps += 4 * word.len();
            let beyond = |glyph: &Glyph| !glyph.c.is_ascii() || glyph.burden != Burden::None;
            let (mut mixed, mut heaped) = (None, false);
            if word.iter().any(beyond) {
                if words::turn_over(word) {
                    self.backwards.push(place.clone());
                    self.found.push((Trick::LookAlikes, place));
                    continue;
                }
                mixed = scripts::reveal(word, &self.census);
                heaped = marks::reveal(word);
            }
            words::tell_i_from_l(word);
            let hidden = hidden::is_broken_up(self.text, word);
            words::shorten(word);
            let tricks = [
                mixed,
                (heaped && mixed != Some(Trick::LookAlikes)).then_some(Trick::LookAlikes),
                hidden.then_some(Trick::HiddenCharacters),
            ];
            let found = tricks.into_iter().flatten();
            self.found.extend(found.map(|trick| (trick, place.clone())));
        }
    }

    fn look_at_spaced_letters(&mut self) {
        self.steps += 4 * self.glyphs.len();
        let rows = spaced::reveal(&mut self.glyphs, &self.census);
        self.found
            .extend(rows.into_iter().map(|row| (Trick::SpacedLetters, row)));
    }

    /// Looks at what stands between blanks for digits and signs in the place of letters.
    fn look_at_pieces(&mut self) {
        let code = self.text.contains(['{', '}', ';', '=', '<', '>']);
        for place in self.runs(|glyph| !glyph.is_blank()) {
            let piece = self.glyphs.get(place.clone()).unwrap_or_default();
            self.steps += 4 * piece.len();
            let (mut letters, mut others) = (false, false);
            for glyph in piece {
                letters |= glyph.letter().is_some();
                others |= glyph.reads == Reads::AsIs && leet::letter(glyph.nature.plain).is_some();
            }
            if !letters || !others || leet::is_technical(piece) {
                continue;
            }
            let mut words: Vec<Range<usize>> = Vec::new();
            for (at, glyph) in piece.iter().enumerate() {
                if !leet::is_part(glyph) {
                    continue;
                }
                match words.last_mut() {
                    Some(word) if word.end == place.start + at => word.end += 1,
                    _ => words.push(place.start + at..place.start + at + 1),
                }
            }
            let alone = words.len() == 1 && !code;
            for place in words {
                if let Some(word) = self.glyphs.get_mut(place.clone())
                    && leet::reveal(word, alone)
                {
                    self.found.push((Trick::LookAlikes, place));
                }
            }
        }
    }

    /// What stands behind a character that turns the direction of all letters (U+202E) is read from its end.
    fn look_backwards(&mut self) {
        const TURN: char = '\u{202e}';
        const ENDS: &[char] = &['\u{202c}', '\u{202d}', '\u{2069}', '\n', TURN];
        for (at, _) in self.text.match_indices(TURN) {
            let start = at + TURN.len_utf8();
            let rest = self.text.get(start..).unwrap_or_default();
            let end = start + rest.find(ENDS).unwrap_or(rest.len());
            self.steps += end - start;
            let place = self
                .glyphs
                .partition_point(|glyph| glyph.place.start < start)
                ..self.glyphs.partition_point(|glyph| glyph.place.start < end);
            let turned = self.glyphs.get(place.clone()).unwrap_or_default();
            let latin = turned
                .iter()
                .filter(|glyph| glyph.hand() == Some(Hand::Latin))
                .count();
            let other = turned.iter().any(|glyph| glyph.hand() == Some(Hand::Other));
            if latin >= 3 && !other {
                self.backwards.push(place.clone());
                self.found.push((Trick::HiddenCharacters, place));
            }
        }
        self.backwards
            .sort_by_key(|place| (place.start, std::cmp::Reverse(place.end)));
        // A word upside down within turned letters is read with them.
        self.backwards
            .dedup_by(|inner, outer| inner.start < outer.end);
    }

    fn told(mut self, folder: &mut Folder) -> Revealed {
        let changed = !self.backwards.is_empty()
            || self.glyphs.iter().any(|glyph| match glyph.reads {
                Reads::AsIs => false,
                Reads::As(best, _) => best != glyph.nature.plain || !is_folded_to_one(glyph),
                Reads::Twice | Reads::Gone => true,
            });
        let doubtful = self.glyphs.iter().any(|glyph| match glyph.reads {
            Reads::As(best, other) => best != other,
            Reads::Twice => true,
            Reads::AsIs | Reads::Gone => false,
        });
        self.steps += self.glyphs.len();
        let all = 0..self.glyphs.len();
        let best = changed.then(|| self.written(all.clone(), false, folder).view());
        let second = doubtful.then(|| self.written(all, true, folder).view());
        self.found.sort_by_key(|(_, place)| place.start);
        let disguises = self
            .found
            .iter()
            .take(MAX_DISGUISES)
            .filter_map(|(kind, place)| self.disguise(*kind, place.clone(), folder))
            .collect();
        Revealed {
            best,
            second,
            disguises,
            steps: self.steps,
        }
    }

    fn disguise(&self, kind: Trick, place: Range<usize>, folder: &mut Folder) -> Option<Disguise> {
        let (first, last) = (
            self.glyphs.get(place.start)?,
            self.glyphs.get(place.end.checked_sub(1)?)?,
        );
        Some(Disguise {
            kind,
            place: first.place.start..last.place.end,
            reads: self.written(place, false, folder).text(),
        })
    }

    /// A part of the text without its disguise, by the best guess or the second one.
    fn written(&self, part: Range<usize>, second: bool, folder: &mut Folder) -> Writer {
        let mut writer = Writer::with_capacity(part.len());
        let mut at = part.start;
        let first = self
            .backwards
            .partition_point(|place| place.end <= part.start);
        let mut backwards = self.backwards.get(first..).unwrap_or_default().iter();
        let mut next = backwards.next();
        while at < part.end {
            if let Some(place) = next.filter(|place| place.start <= at) {
                let turned = self.glyphs.get(place.clone()).unwrap_or_default();
                let whole = turned.first().map_or(0, |glyph| glyph.place.start)
                    ..turned.last().map_or(0, |glyph| glyph.place.end);
                for glyph in turned.iter().rev() {
                    self.write(glyph, second, &whole, folder, &mut writer);
                }
                at = place.end;
                next = backwards.next();
                continue;
            }
            let end = next.map_or(part.end, |place| place.start.min(part.end));
            if let Some(stretch) = self.ascii_from(at..end) {
                let written = self.text.get(stretch.clone()).unwrap_or_default();
                writer.put_ascii(written, stretch.start);
                at += stretch.len();
                continue;
            }
            if let Some(glyph) = self.glyphs.get(at) {
                self.write(glyph, second, &glyph.place, folder, &mut writer);
            }
            at += 1;
        }
        writer
    }

    /// The bytes of the glyphs a part begins with that are ASCII characters written as they stand, each right behind the
    /// other.
    fn ascii_from(&self, part: Range<usize>) -> Option<Range<usize>> {
        let start = self.glyphs.get(part.start)?.place.start;
        let glyphs = self.glyphs.get(part)?.iter().zip(start..);
        let stays = |(glyph, at): &(&Glyph, usize)| {
            glyph.reads == Reads::AsIs && glyph.place == (*at..*at + 1)
        };
        let length = glyphs.take_while(stays).count();
        (length > 0).then(|| start..start + length)
    }

    fn write(
        &self,
        glyph: &Glyph,
        second: bool,
        place: &Range<usize>,
        folder: &mut Folder,
        writer: &mut Writer,
    ) {
        match glyph.reads {
            Reads::Gone => {}
            Reads::Twice if !second => {}
            Reads::As(best, other) => writer.put(if second { other } else { best }, place.clone()),
            Reads::AsIs | Reads::Twice => {
                let piece = self.text.get(glyph.place.clone()).unwrap_or_default();
                for c in folder.fold(piece).chars() {
                    writer.put(c, place.clone());
                }
            }
        }
    }
}

/// Whether the plain view shows the one letter the glyph is taken for.
fn is_folded_to_one(glyph: &Glyph) -> bool {
    let dressed = glyph.nature.kind != Kind::Letter(Hand::Latin) && lookalikes::is_framed(glyph.c);
    glyph.burden == Burden::None && !dressed
}
