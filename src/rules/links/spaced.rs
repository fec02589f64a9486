//! Names whose dots stand apart or are spelled out (`example . com`, `example dot com slash x`): read as an address only
//! where it can be nothing else, since people end sentences with dots too.

use super::domain::registrable_domain;
use super::plain::{Change, Sign};
use super::spoken::{ABOUT_NAMES, COMMON, CUES, FUNCTION_WORDS, SPOKEN_DOTS, WORDS_TOO, next_word};

/// The ways to write a dot that are not one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Dot {
    /// `a[.]b`, `a(dot)b`: nothing else is meant by it.
    Bracketed,
    /// `a [dot] b`.
    BracketedApart,
    /// `a dot b`.
    Spoken,
    /// `a . b`.
    Apart,
    /// `a .b`: also how people write of an ending.
    Before,
    /// `a. b`: also how sentences end.
    After,
    /// `a•b`.
    Mark,
    /// `a.b`.
    Ordinary,
}

const BLANKS: [char; 3] = [' ', '\t', '\u{a0}'];

/// Most blanks at a dot.
const BLANKS_AT_MOST: usize = 3;

impl Dot {
    /// The dot at the start of `rest`, and how many bytes it takes.
    pub(super) fn read(rest: &str) -> Option<(Self, usize)> {
        let core = skip_blanks(rest)?;
        let before = rest.len() - core.len();
        let (bracketed, spoken, after) = core_of(core)?;
        let next = skip_blanks(after)?;
        let behind = after.len() - next.len();
        let ordinary = core.starts_with('.');
        let dot = match (before, behind) {
            (0, 0) if bracketed => Self::Bracketed,
            _ if bracketed => Self::BracketedApart,
            (0, _) | (_, 0) if spoken => return None,
            _ if spoken => Self::Spoken,
            (0, 0) if ordinary => Self::Ordinary,
            (0, 0) => Self::Mark,
            (_, 0) => Self::Before,
            (0, _) => Self::After,
            _ => Self::Apart,
        };
        Some((dot, rest.len() - next.len()))
    }
}

fn skip_blanks(text: &str) -> Option<&str> {
    let mut rest = text;
    for _ in 0..BLANKS_AT_MOST {
        rest = rest.strip_prefix(BLANKS).unwrap_or(rest);
    }
    (!rest.starts_with(BLANKS)).then_some(rest)
}

/// The dot itself: whether brackets stand around it, whether it is a word, and what follows.
fn core_of(text: &str) -> Option<(bool, bool, &str)> {
    let open = text.chars().next()?;
    if let Some(close) = closing(open) {
        let inside = skip_blanks(text.get(1..)?)?;
        let after = inside.strip_prefix('.').or_else(|| spoken(inside))?;
        let after = skip_blanks(after)?.strip_prefix(close)?;
        return Some((true, false, after));
    }
    if let Some(after) = text.strip_prefix(['.', '•', '·', '∙', '⋅', '․', '‧', 'ꓸ', '。'])
    {
        return Some((false, false, after));
    }
    Some((false, true, spoken(text)?))
}

const fn closing(open: char) -> Option<char> {
    match open {
        '[' => Some(']'),
        '(' => Some(')'),
        '{' => Some('}'),
        '<' => Some('>'),
        _ => None,
    }
}

fn spoken(text: &str) -> Option<&str> {
    // Most words begin like none of them.
    if !text.starts_with(['d', 'D', 'p', 'P', 'n', 'N', 'т', 'Т']) {
        return None;
    }
    SPOKEN_DOTS.iter().find_map(|word| {
        let found = text.get(..word.len())?;
        (found.eq_ignore_ascii_case(word) || (!found.is_ascii() && found.to_lowercase() == *word))
            .then(|| text.get(word.len()..))
            .flatten()
    })
}

/// What was read behind the first part of a name.
struct Name<'t> {
    /// `.example.com`
    by: String,
    last: &'t str,
    length: usize,
}

/// The name that goes on at `rest` with a `dot` of this length, if it surely is one; `before` ends with its first part.
pub(super) fn name(before: &str, dot: Dot, length: usize, rest: &str) -> Option<Change> {
    if dot == Dot::Ordinary {
        return None;
    }
    let mut name = read_name(length, rest)?;
    if !is_common(name.last) && !is_word_too(name.last) {
        return None;
    }
    let after = rest.get(name.length..)?;
    let (path, taken) = if dot == Dot::Spoken {
        spoken_path(after)
    } else {
        (String::new(), 0)
    };
    let found = Found {
        before: Before::of(before),
        dot,
        ending: name.last,
        path: !path.is_empty() || starts_path(after),
        after,
    };
    if !found.is_sure() {
        return None;
    }
    name.by.push_str(&path);
    Some(Change {
        length: name.length + taken,
        by: name.by,
        sign: Sign::Disguise,
    })
}

fn read_name(mut length: usize, rest: &str) -> Option<Name<'_>> {
    const LABELS_AT_MOST: usize = 5;
    let mut by = String::new();
    let mut last = "";
    for _ in 0..LABELS_AT_MOST {
        let text = rest.get(length..)?;
        let label = label(text)?;
        by.push('.');
        by.push_str(label);
        last = label;
        length += label.len();
        let Some((dot, taken)) = rest.get(length..).and_then(Dot::read) else {
            break;
        };
        let next = rest.get(length + taken..).and_then(self::label);
        // A sentence may end behind the name.
        let goes_on = match dot {
            Dot::After | Dot::Apart | Dot::Before => next.is_some_and(is_common),
            _ => {
                next.is_some_and(|next| dot != Dot::Spoken || is_common(next) || !is_common(label))
            }
        };
        if !goes_on {
            break;
        }
        length += taken;
    }
    Some(Name { by, last, length })
}

/// The label at the start of a text.
fn label(text: &str) -> Option<&str> {
    const LABEL_AT_MOST: usize = 63;
    let length = text
        .char_indices()
        .find(|(at, c)| *at > LABEL_AT_MOST || !(c.is_alphanumeric() || *c == '-'))
        .map_or(text.len(), |(at, _)| at);
    let label = text.get(..length)?.trim_end_matches('-');
    (!label.is_empty() && length <= LABEL_AT_MOST).then_some(label)
}

fn starts_path(after: &str) -> bool {
    let mut next = after.chars();
    next.next() == Some('/') && next.next().is_some_and(char::is_alphanumeric)
}

/// ` slash x slash y`: the path it spells, and how many bytes that takes.
fn spoken_path(after: &str) -> (String, usize) {
    const PIECES_AT_MOST: usize = 4;
    let mut path = String::new();
    let mut rest = after;
    for _ in 0..PIECES_AT_MOST {
        let Some(piece) = skip_blanks(rest)
            .filter(|next| next.len() < rest.len())
            .and_then(|next| {
                let word = next.get(..5)?;
                let next = word
                    .eq_ignore_ascii_case("slash")
                    .then(|| next.get(5..))??;
                skip_blanks(next).filter(|piece| piece.len() < next.len())
            })
        else {
            break;
        };
        let Some(label) = label(piece) else { break };
        path.push('/');
        path.push_str(label);
        rest = piece.get(label.len()..).unwrap_or("");
    }
    (path, after.len() - rest.len())
}

fn is_common(ending: &str) -> bool {
    COMMON.contains(&ending.to_ascii_lowercase().as_str())
}

fn is_word_too(ending: &str) -> bool {
    WORDS_TOO.contains(&ending.to_ascii_lowercase().as_str())
}

/// What stands in front of the dot.
struct Before<'t> {
    /// The name so far, such as `www.example`.
    left: &'t str,
    /// The text ends here with a scheme or `@`.
    scheme: bool,
    at: bool,
    word: &'t str,
}

impl<'t> Before<'t> {
    fn of(before: &'t str) -> Self {
        const LOOKED_AT: usize = 160;
        let from = before.ceil_char_boundary(before.len().saturating_sub(LOOKED_AT));
        let near = before.get(from..).unwrap_or("");
        let lead = near.trim_end_matches(|c: char| c.is_alphanumeric() || c == '-' || c == '.');
        let left = near.get(lead.len()..).unwrap_or("");
        let words = lead.trim_end_matches([' ', '\t', '\u{a0}', ':', '"', '(']);
        let start = words.rfind(|c: char| !c.is_alphanumeric());
        let word = start.map_or(words, |at| {
            words.get(words.ceil_char_boundary(at + 1)..).unwrap_or("")
        });
        Self {
            left,
            scheme: lead.ends_with("://"),
            at: words.ends_with('@') || word.eq_ignore_ascii_case("at"),
            word,
        }
    }

    fn label(&self) -> &'t str {
        self.left.rsplit('.').next().unwrap_or("")
    }

    /// Whether what stands before is written like a part of a name already.
    fn is_name(&self) -> bool {
        let www = self.left.eq_ignore_ascii_case("www")
            || self
                .left
                .get(..4)
                .is_some_and(|start| start.eq_ignore_ascii_case("www."));
        let label = self.label();
        let mixed = label.contains(|c: char| c.is_ascii_digit() || c == '-')
            && label.contains(char::is_alphabetic);
        self.scheme || www || mixed
    }

    fn is_function_word(&self) -> bool {
        let label = self.label().to_lowercase();
        self.left == self.label() && FUNCTION_WORDS.contains(&label.as_str())
    }
}

/// A name whose ending is a known one.
struct Found<'t> {
    before: Before<'t>,
    dot: Dot,
    ending: &'t str,
    path: bool,
    after: &'t str,
}

impl Found<'_> {
    fn is_sure(&self) -> bool {
        let ending = self.ending.to_ascii_lowercase();
        let common = is_common(&ending);
        let before = &self.before;
        let whole = registrable_domain(before.left).is_some();
        if !before.left.contains(char::is_alphabetic)
            || (before.at && !before.is_name() && !self.path)
            || (before.is_function_word() && !self.path)
            || (whole && !matches!(self.dot, Dot::Spoken | Dot::BracketedApart))
        {
            return false;
        }
        let cue = CUES.contains(&before.word.to_lowercase().as_str());
        match self.dot {
            Dot::BracketedApart => true,
            Dot::Spoken => {
                let next = next_word(self.after);
                let of_names = ABOUT_NAMES.contains(&next.to_lowercase().as_str());
                before.is_name()
                    || self.path
                    || (common && ending != "net" && !of_names)
                    || cue
                    || (self.ends() && ending != "net")
            }
            Dot::Apart => common && (before.is_name() || self.path || cue || self.ends()),
            Dot::Before => common && (before.is_name() || self.path),
            Dot::After => {
                let written_small = !self.ending.starts_with(char::is_uppercase);
                common && written_small && (self.path || cue || (before.is_name() && self.ends()))
            }
            Dot::Mark => common || self.path,
            Dot::Bracketed | Dot::Ordinary => false,
        }
    }

    /// Whether nothing follows in the same sentence.
    fn ends(&self) -> bool {
        let rest = self.after.trim_start_matches([' ', '\t']);
        let Some(next) = rest.chars().next() else {
            return true;
        };
        matches!(next, '\n' | '\r' | ',' | ';' | '!' | '?' | ')' | '"')
            || (next == '.' && !rest.get(1..).is_some_and(|rest| rest.starts_with('.')))
    }
}
