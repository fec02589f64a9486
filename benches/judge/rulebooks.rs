//! Rulebooks of any size, always the same for the same size.

use std::fmt::Write as _;

const SYLLABLES: &[&str] = &[
    "ba", "ce", "di", "fo", "gu", "ha", "je", "ki", "lo", "mu", "na", "pe", "ri", "so", "tu", "va",
];
const RUSSIAN: &[&str] = &[
    "ба", "це", "ди", "фо", "гу", "ха", "же", "ки", "ло", "му", "на", "пе", "ри", "со", "ту", "ва",
];
const CHINESE: &[&str] = &[
    "优", "惠", "推", "广", "投", "资", "回", "报", "贷", "款", "彩", "票", "中", "奖", "代", "开",
];

/// A made-up word for each number.
fn word(number: usize, syllables: &[&str]) -> String {
    let mut rest = number.wrapping_mul(2_654_435_761) % (1 << 16);
    let mut word = String::new();
    for _ in 0..4 {
        word.push_str(syllables.get(rest % 16).copied().unwrap_or_default());
        rest /= 16;
    }
    word
}

fn phrase(number: usize) -> String {
    match number % 6 {
        0 => format!("{} {}", word(number, RUSSIAN), word(number + 1, RUSSIAN)),
        1 => word(number, CHINESE),
        2 => word(number, SYLLABLES),
        _ => format!(
            "{} {}",
            word(number, SYLLABLES),
            word(number + 7, SYLLABLES)
        ),
    }
}

/// `count` phrases in rules of fifty.
pub fn phrases(count: usize) -> String {
    let mut text = String::new();
    for (start, number) in (0..count).step_by(50).zip(0..) {
        let phrases: Vec<String> = (start..count.min(start + 50))
            .map(|number| format!("\"{} {number}\"", phrase(number)))
            .collect();
        rule(
            &mut text,
            number,
            &format!("any = [{{ words = [{}] }}]", phrases.join(", ")),
        );
    }
    text
}

/// `count` rules as teams write them: most look for words, many for patterns, links, senders and shapes.
pub fn mixed(count: usize) -> String {
    let mut text = String::new();
    for number in 0..count {
        let words = || {
            let words: Vec<String> = (0..4)
                .map(|n| format!("\"{}\"", phrase(number * 5 + n)))
                .collect();
            format!("{{ words = [{}] }}", words.join(", "))
        };
        let some = word(number, SYLLABLES);
        let lines = match number % 20 {
            0..=6 => format!("any = [{}]", words()),
            7..=9 => format!(
                "all = [{{ sender = [\"lead\"] }}, {{ links = {{ at_least = 1 }} }}, {}]\nunless = [{{ answered_before = true }}]",
                words()
            ),
            10 | 11 => format!("all = [{{ pattern = '{some}\\w* (\\d+|today|now)' }}]"),
            12 => format!(
                "all = [{{ pattern = '(earn|make) \\d+ ({some}|dollars) an? (day|week)' }}, {{ first_message = true }}]"
            ),
            13 => format!(
                "any = [{{ contains = [\"{some}\"] }}, {{ words_all = [\"{some}\", \"price\"] }}]"
            ),
            14 | 15 => {
                format!("any = [{{ link_domain = [\"{some}.example\", \"{some}{number}.top\"] }}]")
            }
            16 => format!("all = [{{ sender_email_domain = [\"{some}.example\"] }}]"),
            17 => format!("all = [{{ raw_pattern = '{some} [A-Z]{{3,}}' }}]"),
            18 => format!(
                "all = [{{ messages = {{ at_least = {}, within = \"10m\" }} }}, {{ length = {{ at_most = 400 }} }}]",
                5 + number % 7
            ),
            _ => format!(
                "all = [{}]\nunless = [{{ pattern = '\\?( |$)' }}, {{ sender = [\"customer\"] }}]",
                words()
            ),
        };
        rule(&mut text, number, &lines);
    }
    text
}

fn rule(text: &mut String, number: usize, lines: &str) {
    let _ = writeln!(
        text,
        "[[rule]]\nid = \"bench/r{number}\"\nwhy = \"For the bench\"\nstage = \"observe\"\nthen = \"flag\"\n{lines}\n"
    );
}
