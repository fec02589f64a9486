//! Phone numbers, told from the many other numbers people write.
//!
//! A number counts by its form alone if it has a `+` or is written in groups as phone numbers are; any other needs a word
//! before it that says so, such as `call`. Country codes and lengths are those of ITU-T E.164 and of the North American
//! Numbering Plan.

use super::Found;
use super::phone_context::{Context, is_linked};
use super::phone_groups::{Group, Run, items, runs};

/// Most digits of an international number (E.164), and the fewest that are in use.
const INTERNATIONAL: std::ops::RangeInclusive<usize> = 9..=15;
/// Fewest digits of any number that counts.
const DIGITS_AT_LEAST: usize = 7;

/// The phone numbers in a folded text.
pub(super) fn find(text: &str) -> Vec<Found> {
    let items = items(text);
    let mut found = Vec::new();
    for run in runs(text, &items) {
        let digits: usize = run.groups.iter().map(|group| group.digits.len()).sum();
        if digits < DIGITS_AT_LEAST {
            continue;
        }
        let context = Context::of(text, &items, &run);
        if run.plus.is_some() {
            after_plus(text, &run, &mut found);
        } else if context != Context::Other && !is_part_of_more(text, &run) {
            let groups = without_time(text, &run.groups);
            in_groups(text, groups, context, &mut found);
        }
    }
    found
}

/// Finds the number behind a `+`, and whatever follows it.
fn after_plus(text: &str, run: &Run<'_>, found: &mut Vec<Found>) {
    let Some(plus) = &run.plus else { return };
    let Some((count, digits)) = international(text, &run.groups) else {
        return;
    };
    let (number, rest) = run.groups.split_at_checked(count).unwrap_or_default();
    let Some(last) = number.last() else { return };
    let before = text.get(..plus.start).unwrap_or_default();
    let after = text.get(last.place.end..).unwrap_or_default();
    // A sum, or a tag in an e-mail address.
    if before.ends_with(|c: char| c.is_ascii_digit()) || after.starts_with(['@', '%']) {
        return;
    }
    found.push(Found {
        place: plus.start..last.place.end,
        key: format!("+{digits}"),
    });
    in_groups(text, rest, Context::Nothing, found);
}

/// How many groups make the longest international number, and its digits without the `+`.
fn international(text: &str, groups: &[&Group]) -> Option<(usize, String)> {
    let mut digits = String::new();
    let mut longest = None;
    for (nth, group) in groups.iter().enumerate() {
        // "+49 (0)30": the zero is for callers within the country.
        let is_trunk = group.digits == "0" && nth > 0 && in_brackets(text, group);
        if !is_trunk {
            digits.push_str(&group.digits);
        }
        if digits.len() > *INTERNATIONAL.end() {
            break;
        }
        if is_international(&digits) {
            longest = Some((nth + 1, digits.clone()));
        }
    }
    longest
}

fn in_brackets(text: &str, group: &Group) -> bool {
    let before = text.get(..group.place.start).unwrap_or_default();
    let after = text.get(group.place.end..).unwrap_or_default();
    before.ends_with('(') && after.starts_with(')')
}

fn is_international(digits: &str) -> bool {
    if let Some(number) = digits.strip_prefix('1') {
        return is_nanp(number);
    }
    if digits.starts_with('7') {
        return digits.len() == 11;
    }
    INTERNATIONAL.contains(&digits.len()) && has_country_code(digits)
}

/// Codes of the ITU's list of 2016 to Recommendation E.164, by their first two digits; in the second list the third digit
/// belongs to the code.
fn has_country_code(digits: &str) -> bool {
    const TWO: &[&str] = &[
        "20", "27", "30", "31", "32", "33", "34", "36", "39", "40", "41", "43", "44", "45", "46",
        "47", "48", "49", "51", "52", "53", "54", "55", "56", "57", "58", "60", "61", "62", "63",
        "64", "65", "66", "81", "82", "84", "86", "90", "91", "92", "93", "94", "95", "98",
    ];
    const THREE: &[&str] = &[
        "21", "22", "23", "24", "25", "26", "29", "35", "37", "38", "42", "50", "59", "67", "68",
        "69", "80", "85", "87", "88", "96", "97", "99",
    ];
    let code = digits.get(..2).unwrap_or_default();
    TWO.contains(&code) || THREE.contains(&code)
}

/// Ten digits of the North American Numbering Plan: neither the area nor the exchange begins with 0 or 1.
fn is_nanp(digits: &str) -> bool {
    let at = |index: usize| digits.as_bytes().get(index).copied().unwrap_or_default();
    let is_area = (b'2'..=b'9').contains(&at(0)) && !digits.starts_with("911");
    // Area codes ending in 00 are for services; these are not given out.
    let is_round = ["200", "300", "400"]
        .iter()
        .any(|area| digits.starts_with(area));
    digits.len() == 10 && is_area && !is_round && (b'2'..=b'9').contains(&at(3))
}

/// Finds numbers that follow one another. Where the groups do not come out even, none of them is a phone number, but
/// pieces that blanks keep apart may be.
fn in_groups(text: &str, groups: &[&Group], context: Context, found: &mut Vec<Found>) {
    let before = found.len();
    let mut rest = groups;
    let mut context_here = context;
    while !rest.is_empty() {
        let longest = (1..=rest.len().min(11)).rev().find_map(|count| {
            let (number, after) = rest.split_at_checked(count)?;
            let key = number_of(text, number, context_here)?;
            Some((number, after, key))
        });
        let Some((number, after, key)) = longest else {
            break;
        };
        found.extend(found_at(text, number, key));
        rest = after;
        context_here = if context == Context::Phone {
            Context::Phone
        } else {
            Context::Nothing
        };
    }
    let gap = rest.first().map(|group| group.place.start);
    let gap = gap.and_then(|start| text.get(..start)).unwrap_or_default();
    let left = gap.ends_with(' ') && rest.iter().all(|group| group.digits.len() <= 2);
    if rest.is_empty() || (left && found.len() > before) {
        return;
    }
    found.truncate(before);
    let pieces =
        groups.chunk_by(|one, next| text.get(one.place.end..next.place.start) != Some(" "));
    for piece in pieces.filter(|piece| piece.len() > 1 && piece.len() < groups.len()) {
        if let Some(key) = number_of(text, piece, Context::Nothing) {
            found.extend(found_at(text, piece, key));
        }
    }
}

fn found_at(text: &str, number: &[&Group], key: String) -> Option<Found> {
    let (first, last) = (number.first()?, number.last()?);
    let opened = text.get(..first.place.start)?.ends_with('(');
    Some(Found {
        place: first.place.start - usize::from(opened)..last.place.end,
        key,
    })
}

/// What two ways of writing the number have in common, if these groups are one number.
fn number_of(text: &str, groups: &[&Group], context: Context) -> Option<String> {
    let digits: String = groups.iter().map(|group| group.digits.as_str()).collect();
    if !(DIGITS_AT_LEAST..=17).contains(&digits.len()) {
        return None;
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.digits.len()).collect();
    if let Some(abroad) = digits.strip_prefix("00") {
        let told = groups.len() > 1 || context == Context::Phone;
        return (told && is_international(abroad)).then(|| format!("+{abroad}"));
    }
    let national = digits.strip_prefix('1').filter(|_| digits.len() == 11);
    let national = national.unwrap_or(&digits);
    let is_written_so = matches!(
        lengths.as_slice(),
        [3, 3, 4] | [1, 3, 3, 4] | [1, 3, 7] | [1, 10]
    );
    if is_written_so && is_nanp(national) && (groups.len() > 2 || digits.starts_with("18")) {
        return Some(format!("+1{national}"));
    }
    let is_number = is_with_area(text, groups, &lengths)
        || is_russian(&digits, &lengths)
        || (lengths == [3, 4, 4] && is_chinese_mobile(&digits))
        || (context != Context::Code && is_with_trunk(text, groups, &digits, &lengths))
        || (context == Context::Phone && is_told(groups, &digits));
    is_number.then_some(digits)
}

/// `(030) 1234567`, `(11) 91234-5678`.
fn is_with_area(text: &str, groups: &[&Group], lengths: &[usize]) -> bool {
    let [area, rest @ ..] = groups else {
        return false;
    };
    let number: usize = lengths.iter().skip(1).sum();
    let before = text.get(..area.place.start).unwrap_or_default();
    let attached = before
        .trim_end_matches('(')
        .ends_with(|c: char| c.is_ascii_alphanumeric());
    in_brackets(text, area)
        && !attached
        && (2..=5).contains(&area.digits.len())
        && (6..=9).contains(&number)
        && (rest.len() > 1 || number >= 7)
        && !is_year(area)
        && !rest.iter().all(|group| is_year(group))
}

fn is_year(group: &Group) -> bool {
    group.digits.len() == 4 && (group.digits.starts_with("19") || group.digits.starts_with("20"))
}

/// Within Russia and Kazakhstan: 8, an area or a mobile network, seven digits.
fn is_russian(digits: &str, lengths: &[usize]) -> bool {
    let is_written_so = matches!(lengths, [1, 3, 3, 2, 2] | [1, 3, 3, 4] | [1, 3, 7]);
    let area = digits.strip_prefix('8').unwrap_or_default();
    is_written_so && area.starts_with(['3', '4', '7', '8', '9'])
}

fn is_chinese_mobile(digits: &str) -> bool {
    digits.starts_with('1') && digits.get(1..2) > Some("2")
}

/// `020 7946 0991`, `030/1234567`, `01 23 45 67 89`: a zero, the area, the number.
fn is_with_trunk(text: &str, groups: &[&Group], digits: &str, lengths: &[usize]) -> bool {
    let [area, number @ ..] = lengths else {
        return false;
    };
    let gap = |pair: &[&Group]| match pair {
        [one, next] => text.get(one.place.end..next.place.start),
        _ => None,
    };
    let mut gaps = groups.windows(2).skip(1).map(gap);
    let even = gaps.next().is_none_or(|first| gaps.all(|gap| gap == first));
    let are_pairs = lengths.iter().all(|length| *length == 2);
    digits.starts_with('0')
        && !digits.starts_with("00")
        && (9..=12).contains(&digits.len())
        && (2..=6).contains(area)
        && !number.is_empty()
        && number.iter().all(|length| *length >= 2)
        && (!are_pairs || digits.len() == 10)
        // An American social security number, and a date with something behind it.
        && !matches!(lengths, [3, 2, 4] | [2, 2, 4, ..])
        && even
}

/// Any groups behind a word that announces a phone number, but for dates.
fn is_told(groups: &[&Group], digits: &str) -> bool {
    let is_date =
        groups.len() == 3 && groups.iter().any(|group| is_year(group)) && digits.len() == 8;
    (DIGITS_AT_LEAST..=13).contains(&digits.len()) && !is_date
}

/// The groups without the hour at their end: `01.02.2026 10:30`.
fn without_time<'g, 'a>(text: &str, groups: &'g [&'a Group]) -> &'g [&'a Group] {
    let Some((last, rest)) = groups.split_last() else {
        return groups;
    };
    let mut after = text.get(last.place.end..).unwrap_or_default().chars();
    let is_hour = after.next() == Some(':') && after.next().is_some_and(|c| c.is_ascii_digit());
    if is_hour { rest } else { groups }
}

/// Whether the run is a piece of an address, a code, a price or a longer number.
fn is_part_of_more(text: &str, run: &Run<'_>) -> bool {
    let (Some(first), Some(last)) = (run.groups.first(), run.groups.last()) else {
        return true;
    };
    starts_inside(text.get(..first.place.start).unwrap_or_default())
        || goes_on(text.get(last.place.end..).unwrap_or_default())
}

fn starts_inside(before: &str) -> bool {
    let before = before.strip_suffix('(').unwrap_or(before);
    if is_linked(before) {
        return false;
    }
    let mut back = before.chars().rev();
    let (last, before_it) = (back.next(), back.next());
    let attached = before_it.is_some_and(char::is_alphanumeric);
    match last {
        Some(
            '/' | '=' | '#' | '@' | '&' | '%' | '\\' | '$' | '€' | '£' | '¥' | '₹' | '~' | '^',
        ) => true,
        Some('-' | '.' | '_') => attached,
        Some(':' | ',') => before_it.is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}

fn goes_on(after: &str) -> bool {
    const MONEY: [&str; 8] = ["€", "$", "£", "eur", "usd", "gbp", "dollars", "euros"];
    let told = after.trim_start();
    if told.starts_with('%') || MONEY.iter().any(|money| told.starts_with(money)) {
        return true;
    }
    let mut after = after.chars();
    let (next, then) = (after.next(), after.next());
    let attached = then.is_some_and(char::is_alphanumeric);
    match next {
        Some('@' | '=' | '\\') => true,
        Some('-' | '_' | '/' | '\'') => attached,
        Some(',') => then.is_some_and(|c| c.is_ascii_digit()),
        _ => false,
    }
}
