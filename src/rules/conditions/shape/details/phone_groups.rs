//! Takes a text apart into runs of groups of digits that stand as near to one another as in a phone number.

use std::ops::Range;

use crate::rules::fold::is_unspaced;

/// Digits in a row, with O and l among them read as 0 and 1.
#[derive(Debug, Clone)]
pub(super) struct Group {
    pub place: Range<usize>,
    pub digits: String,
}

#[derive(Debug, Clone)]
pub(super) enum Item {
    Group(Group),
    Word(Range<usize>),
}

impl Item {
    pub const fn place(&self) -> &Range<usize> {
        match self {
            Self::Group(group) => &group.place,
            Self::Word(place) => place,
        }
    }
}

/// Groups with nothing between them but what may part a phone number.
#[derive(Debug)]
pub(super) struct Run<'a> {
    pub groups: Vec<&'a Group>,
    /// The bytes of the `+` and whatever stands between it and the first group.
    pub plus: Option<Range<usize>>,
    /// Which of the items is the first group.
    pub first: usize,
}

/// Most groups of one run; no two phone numbers have as many.
const GROUPS_AT_MOST: usize = 40;

/// Words and groups of digits, in order. A word has letters in it; digits with letters that look like digits are a
/// group if at least one real digit is among them.
pub(super) fn items(text: &str) -> Vec<Item> {
    let mut items = Vec::new();
    let mut token: Option<Token> = None;
    for (at, c) in text.char_indices() {
        let belongs = (c.is_alphanumeric() && !is_unspaced(c)) || is_key_cap(c);
        if belongs {
            token.get_or_insert_with(|| Token::starting(at)).push(at, c);
        } else if let Some(token) = token.take() {
            items.push(token.into_item());
        }
    }
    items.extend(token.map(Token::into_item));
    mark_accounts(text, &mut items);
    items
}

/// The runs in `items`, which [`items`] made of `text`.
pub(super) fn runs<'a>(text: &str, items: &'a [Item]) -> Vec<Run<'a>> {
    let mut runs: Vec<Run<'a>> = Vec::new();
    let mut end = None;
    for (at, item) in items.iter().enumerate() {
        let Item::Group(group) = item else {
            end = None;
            continue;
        };
        let between = end.and_then(|end| text.get(end..group.place.start));
        end = Some(group.place.end);
        match (between, runs.last_mut()) {
            (Some(between), Some(run))
                if parts_groups(between) && run.groups.len() < GROUPS_AT_MOST =>
            {
                run.groups.push(group);
            }
            _ => runs.push(Run {
                groups: vec![group],
                plus: plus_before(text, group.place.start),
                first: at,
            }),
        }
    }
    runs
}

struct Token {
    place: Range<usize>,
    digits: String,
    real: usize,
    is_word: bool,
}

impl Token {
    const fn starting(at: usize) -> Self {
        Self {
            place: at..at,
            digits: String::new(),
            real: 0,
            is_word: false,
        }
    }

    fn push(&mut self, at: usize, c: char) {
        self.place.end = at + c.len_utf8();
        if let Some(digit) = digit_of(c) {
            self.real += 1;
            self.digits.push(digit);
        } else if let Some(digit) = look_alike(c) {
            self.digits.push(digit);
        } else if !is_key_cap(c) {
            self.is_word = true;
        }
    }

    fn into_item(self) -> Item {
        if self.is_word || self.real == 0 {
            Item::Word(self.place)
        } else {
            Item::Group(Group {
                place: self.place,
                digits: self.digits,
            })
        }
    }
}

/// Drawn around a digit; the digit counts.
const fn is_key_cap(c: char) -> bool {
    matches!(c, '\u{20dd}'..='\u{20e4}')
}

/// The ASCII digit for a digit of any script that people write phone numbers in.
fn digit_of(c: char) -> Option<char> {
    const ZEROS: [char; 9] = ['٠', '۰', '०', '০', '੦', '૦', '௦', '౦', '๐'];
    if c.is_ascii_digit() {
        return Some(c);
    }
    if c < '\u{660}' {
        return None;
    }
    ZEROS.iter().find_map(|zero| {
        let value = u32::from(c).checked_sub(u32::from(*zero))?;
        char::from_digit(value, 10)
    })
}

const fn look_alike(c: char) -> Option<char> {
    match c {
        'o' | 'о' | 'ο' => Some('0'),
        'l' | 'i' | 'ı' => Some('1'),
        _ => None,
    }
}

fn parts_groups(between: &str) -> bool {
    matches!(
        between,
        " " | "-"
            | "."
            | "/"
            | "("
            | ")"
            | ") "
            | " ("
            | ")-"
            | "-("
            | ")/"
            | ". "
            | " - "
            | " / "
            | " . "
            | ") - "
            | " -"
            | "- "
    )
}

/// The `+` before a number, with brackets and a blank between.
fn plus_before(text: &str, start: usize) -> Option<Range<usize>> {
    let before = text.get(..start)?;
    let plain = before.trim_end_matches(['(', ' ']);
    let near = before.len() - plain.len() <= 2;
    (near && plain.ends_with('+')).then(|| plain.len() - 1..start)
}

/// International bank account numbers (ISO 13616) are no phone numbers, wherever their groups are parted: two letters and two
/// digits, then groups of four and a shorter last one.
fn mark_accounts(text: &str, items: &mut [Item]) {
    let mut in_account = false;
    let mut end = 0;
    for item in items {
        let place = item.place().clone();
        let follows = text.get(end..place.start) == Some(" ");
        end = place.end;
        let word = text.get(place.clone()).unwrap_or_default();
        let is_group = word.len() <= 4 && word.is_ascii();
        if in_account && follows && is_group {
            in_account = word.len() == 4;
            *item = Item::Word(place);
            continue;
        }
        let (letters, digits) = word.split_at_checked(2).unwrap_or_default();
        in_account = digits.len() == 2
            && letters.bytes().all(|c| c.is_ascii_alphabetic())
            && digits.bytes().all(|c| c.is_ascii_digit());
    }
}
