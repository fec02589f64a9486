//! The way back from a folded text to its original.

use std::ops::Range;

/// Which bytes of the original each byte of the folded text came from. Kept in runs, so that an ordinary text in one
/// script needs a few numbers for each word, not for each byte.
#[derive(Debug, Clone, Default)]
pub(super) struct Map {
    runs: Vec<Run>,
    /// The length of the folded text.
    length: u32,
}

#[derive(Debug, Clone)]
struct Run {
    /// Where the run starts in the folded text; it ends where the next one starts.
    folded: u32,
    original: Range<u32>,
    /// The run is made of characters of this many bytes, each of which came from as many bytes; 0 where the whole run
    /// came from the whole range.
    width: u32,
}

impl Map {
    /// Notes that the next `length` bytes of the folded text came from the bytes `original`.
    pub(super) fn add(&mut self, length: usize, original: Range<usize>) {
        let (length, original) = (narrow(length), narrow(original.start)..narrow(original.end));
        let width = if original.end - original.start == length {
            length
        } else {
            0
        };
        match self.runs.last_mut() {
            Some(last)
                if width > 0 && last.width == width && last.original.end == original.start =>
            {
                last.original.end = original.end;
            }
            // One piece of the original that became several characters.
            Some(last) if last.original == original => last.width = 0,
            _ => self.runs.push(Run {
                folded: self.length,
                original,
                width,
            }),
        }
        self.length += length;
    }

    /// Notes that the next bytes are the characters `original`, one for one, of so many bytes each.
    pub(super) fn add_run(&mut self, width: usize, original: Range<usize>) {
        let width = narrow(width);
        let original = narrow(original.start)..narrow(original.end);
        let length = original.end - original.start;
        match self.runs.last_mut() {
            Some(last) if last.width == width && last.original.end == original.start => {
                last.original.end = original.end;
            }
            _ => self.runs.push(Run {
                folded: self.length,
                original,
                width,
            }),
        }
        self.length += length;
    }

    /// The bytes of the original that the bytes `folded` came from.
    pub(super) fn original(&self, folded: Range<usize>) -> Range<usize> {
        let (start, end) = (narrow(folded.start), narrow(folded.end));
        let (Some(first), Some(last)) = (
            self.place(start),
            end.checked_sub(1).and_then(|last| self.place(last)),
        ) else {
            let end = self.runs.last().map_or(0, |run| run.original.end);
            let at = widen(self.place(start).map_or(end, |place| place.start));
            return at..at;
        };
        widen(first.start)..widen(if start < end { last.end } else { first.start })
    }

    /// The bytes of the original that one byte came from.
    fn place(&self, at: u32) -> Option<Range<u32>> {
        let after = self.runs.partition_point(|run| run.folded <= at);
        let run = self
            .runs
            .get(after.checked_sub(1)?)
            .filter(|_| at < self.length)?;
        let Some(character) = (at - run.folded).checked_div(run.width) else {
            return Some(run.original.clone());
        };
        let start = run.original.start + character * run.width;
        Some(start..start + run.width)
    }
}

/// Texts are cut long before 4 GiB.
fn narrow(at: usize) -> u32 {
    u32::try_from(at).unwrap_or(u32::MAX)
}

fn widen(at: u32) -> usize {
    usize::try_from(at).unwrap_or(usize::MAX)
}
