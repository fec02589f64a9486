//! What judging costs: how it grows with the number of rules and phrases, on texts in several scripts, and with the length of
//! a message. All figures of one run are compared with each other; `benches/README.md` says what they are to be.
//!
//!     cargo bench --bench judge [-- --quick]

#[path = "judge/messages.rs"]
mod messages;
#[path = "judge/rulebooks.rs"]
mod rulebooks;

use std::hint::black_box;
use std::io::Write as _;
use std::time::{Duration, Instant};

use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::rules::fold::Folded;
use featurebase_bouncer::rules::{RuleFile, Rulebook, links, load, text};

use messages::KINDS;

fn main() {
    let quick = std::env::args().any(|argument| argument == "--quick");
    let rounds = if quick { 3 } else { 60 };
    let mut table = Table::default();
    parts(rounds);
    growth(rounds, &mut table);
    speed(rounds, &mut table);
    loading(&mut table);
    length(rounds, &mut table);
    table.close();
}

/// Rows as they come, and whether every goal was met.
#[derive(Default)]
struct Table {
    missed: usize,
}

impl Table {
    fn line(text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}");
    }

    fn goal(&mut self, what: &str, value: f64, most: f64, unit: &str) {
        let met = value <= most;
        self.missed += usize::from(!met);
        let mark = if met { "met" } else { "MISSED" };
        Self::line(&format!(
            "{what:<58} {value:>9.2} {unit:<9} at most {most:>8.2}   {mark}"
        ));
    }

    fn close(&self) {
        Self::line(&match self.missed {
            0 => "all goals met".to_owned(),
            missed => format!("{missed} goals missed"),
        });
    }
}

/// The fastest of several rounds: a busy machine only ever adds.
fn fastest(rounds: usize, mut work: impl FnMut()) -> Duration {
    let round = |_| {
        let start = Instant::now();
        work();
        start.elapsed()
    };
    (0..rounds).map(round).min().unwrap_or_default()
}

/// Microseconds to judge one message: the fastest of several rounds for each, and their mean. Each by itself, since on a shared
/// machine a round of all of them is seldom left alone.
fn per_message(book: &Rulebook, examples: &[Example], rounds: usize) -> f64 {
    let facts: Vec<_> = examples
        .iter()
        .map(|example| example.facts_for(book.wanted()))
        .collect();
    let mut best = vec![Duration::MAX; examples.len()];
    for _ in 0..rounds {
        for ((example, facts), best) in examples.iter().zip(&facts).zip(&mut best) {
            let start = Instant::now();
            black_box(book.judge(&example.message, facts));
            *best = start.elapsed().min(*best);
        }
    }
    let all: Duration = best.iter().sum();
    all.as_secs_f64() * 1e6 / f64::from(u32::try_from(examples.len()).unwrap_or(1))
}

fn book(text: String) -> Rulebook {
    let file = RuleFile {
        name: "rules.toml".to_owned(),
        bytes: text.into_bytes(),
    };
    match load(&[file]) {
        Ok(book) => book,
        Err(problems) => {
            let lines: Vec<String> = problems
                .iter()
                .take(5)
                .map(featurebase_bouncer::problem::Problem::line)
                .collect();
            eprintln_and_leave(&lines.join("\n"))
        }
    }
}

fn eprintln_and_leave(text: &str) -> ! {
    let _ = writeln!(std::io::stderr(), "{text}");
    std::process::exit(1)
}

/// What reading a message is made of.
fn parts(rounds: usize) {
    Table::line(
        "reading one message, microseconds: out of the markup (links among it), its links alone, folding",
    );
    for kind in KINDS {
        let examples = messages::of(kind);
        let bodies: Vec<_> = examples
            .iter()
            .map(|example| {
                (
                    example.message.html.as_deref(),
                    example.message.markdown.as_deref(),
                )
            })
            .collect();
        let texts: Vec<String> = bodies
            .iter()
            .map(|(html, markdown)| text::read(*html, *markdown).shown)
            .collect();
        let count = f64::from(u32::try_from(texts.len()).unwrap_or(1));
        let each = |time: Duration| time.as_secs_f64() * 1e6 / count;
        let read = fastest(rounds, || {
            for (html, markdown) in &bodies {
                black_box(text::read(*html, *markdown));
            }
        });
        let linked = fastest(rounds, || {
            for text in &texts {
                black_box(links::in_text(text));
            }
        });
        let folded = fastest(rounds, || {
            for text in &texts {
                black_box(Folded::of(text));
            }
        });
        Table::line(&format!(
            "  {:<10} {:7.1} {:7.1} {:7.1}",
            kind.name,
            each(read),
            each(linked),
            each(folded)
        ));
    }
}

fn growth(rounds: usize, table: &mut Table) {
    Table::line("judging one message of about 300 characters, microseconds");
    let rules: Vec<Rulebook> = [10, 100, 1_000].map(|n| book(rulebooks::mixed(n))).into();
    let phrases: Vec<Rulebook> = [10, 1_000, 10_000]
        .map(|n| book(rulebooks::phrases(n)))
        .into();
    for kind in KINDS {
        let examples = messages::of(kind);
        let cost = |books: &[Rulebook]| -> Vec<f64> {
            let costs = books
                .iter()
                .map(|book| per_message(book, &examples, rounds));
            costs.collect()
        };
        let (by_rules, by_phrases) = (cost(&rules), cost(&phrases));
        let row = |costs: &[f64]| {
            let costs: Vec<String> = costs.iter().map(|cost| format!("{cost:7.1}")).collect();
            costs.join(" ")
        };
        let name = kind.name;
        Table::line(&format!(
            "  {name:<10} 10, 100, 1,000 rules:       {}",
            row(&by_rules)
        ));
        Table::line(&format!(
            "  {name:<10} 10, 1,000, 10,000 phrases:  {}",
            row(&by_phrases)
        ));
        let ratio = |costs: &[f64]| match costs {
            [few, .., many] => many / few,
            _ => f64::INFINITY,
        };
        table.goal(
            &format!("{name}: 1,000 mixed rules to 10"),
            ratio(&by_rules),
            3.0,
            "times",
        );
        table.goal(
            &format!("{name}: 10,000 phrases to 10"),
            ratio(&by_phrases),
            2.0,
            "times",
        );
    }
}

fn speed(rounds: usize, table: &mut Table) {
    let book = book(rulebooks::mixed(1_000));
    let all: Vec<Example> = KINDS.iter().flat_map(messages::of).collect();
    let micros = per_message(&book, &all, rounds);
    Table::line(&format!(
        "at 1,000 rules one core judges {:.0} messages a second (goal: 20,000)",
        1e6 / micros
    ));
    table.goal("1,000 rules: one message", micros, 50.0, "us");
}

fn loading(table: &mut Table) {
    let text = rulebooks::mixed(1_000);
    let before = resident();
    let mut kept = Vec::new();
    let time = fastest(3, || kept.push(book(text.clone())));
    table.goal("loading 1,000 rules", time.as_secs_f64(), 1.0, "s");
    match (before, resident()) {
        (Some(before), Some(after)) => {
            let each = after.saturating_sub(before) / kept.len();
            let mb = f64::from(u32::try_from(each / 1024).unwrap_or(u32::MAX)) / 1024.0;
            table.goal("1,000 rules in memory", mb, 150.0, "MiB");
        }
        _ => Table::line("memory is not told on this system"),
    }
}

/// Resident memory of this process in bytes, where the system tells.
fn resident() -> Option<usize> {
    let told = std::fs::read_to_string("/proc/self/statm").ok()?;
    let pages: usize = told.split_whitespace().nth(1)?.parse().ok()?;
    Some(pages * 4096)
}

/// A message ten times as long may cost ten times as much, and a little.
fn length(rounds: usize, table: &mut Table) {
    let book = book(rulebooks::mixed(1_000));
    for (name, piece) in messages::HOSTILE {
        let cost = |length: usize| {
            let text: String = piece.chars().cycle().take(length).collect();
            per_message(&book, &[Example::of_text(&text)], rounds.min(5))
        };
        let (short, long) = (cost(4_000), cost(40_000));
        table.goal(
            &format!("40,000 characters to 4,000: {name}"),
            long / short,
            14.0,
            "times",
        );
    }
}
