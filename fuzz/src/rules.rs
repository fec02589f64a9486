//! Rule files: they load, or every problem has its place; what loaded judges as the rules say.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use featurebase_bouncer::decision::{
    Decision, Facts, Finding, Part, Restraint, Stage, Then, Verdict,
};
use featurebase_bouncer::message::{ContactKind, Message};
use featurebase_bouncer::problem::{Paint, Place, Problem, pages, render};
use featurebase_bouncer::rules::examples::Example;
use featurebase_bouncer::rules::text::read;
use featurebase_bouncer::rules::{RuleFile, Rulebook, digest_of, load};
use featurebase_bouncer::time::Timestamp;

use crate::text_of;

/// Codes that `docs/problems.md` explains.
static CODES: LazyLock<BTreeSet<&str>> =
    LazyLock::new(|| pages::all().iter().map(|page| page.code).collect());

/// Files and a message, out of one text. A line `=== NAME` begins the file of that name, `=== message` the message; what
/// stands before the first such line is `rules.toml`.
struct Input {
    files: Vec<RuleFile>,
    message: String,
}

impl Input {
    fn of(bytes: &[u8]) -> Self {
        let mut input = Self {
            files: Vec::new(),
            message: String::new(),
        };
        let (mut name, mut content) = ("rules.toml".to_owned(), Vec::new());
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            if let Some(next) = line.strip_prefix(b"=== ") {
                input.add(&name, std::mem::take(&mut content));
                text_of(next).trim().clone_into(&mut name);
            } else {
                content.extend_from_slice(line);
            }
        }
        input.add(&name, content);
        input
    }

    /// A name is given once, as in a folder.
    fn add(&mut self, name: &str, bytes: Vec<u8>) {
        if name == "message" {
            self.message = text_of(&bytes).into_owned();
        } else if !self.files.iter().any(|file| file.name == name) {
            self.files.push(RuleFile {
                name: name.to_owned(),
                bytes,
            });
        }
    }
}

/// # Panics
/// Where loading or judging does not keep its promises.
pub fn holds(bytes: &[u8]) {
    let mut input = Input::of(bytes);
    let loaded = load(&input.files);
    match &loaded {
        Ok(book) => {
            is_sound(book, &input.files);
            judges(book, &input.message);
        }
        Err(problems) => {
            assert!(problems.iter().any(Problem::is_error));
            are_told(problems, &input.files);
        }
    }
    input.files.reverse();
    match (loaded, load(&input.files)) {
        (Ok(book), Ok(again)) => {
            assert_eq!(book.digest(), again.digest());
            assert_eq!(book.warnings(), again.warnings());
            let example = Example::of_text(&input.message);
            let facts = example.facts_for(book.wanted());
            let judged = book.judge(&example.message, &facts);
            assert_eq!(judged, again.judge(&example.message, &facts));
        }
        (Err(problems), Err(again)) => assert_eq!(problems, again),
        (first, second) => panic!("the order of files decides: {first:?} or {second:?}"),
    }
}

fn are_told(problems: &[Problem], files: &[RuleFile]) {
    let plain = render(problems, Paint::Plain);
    assert!(problems.is_empty() || !render(problems, Paint::Coloured).is_empty());
    for problem in problems {
        assert!(!problem.message.trim().is_empty());
        assert!(
            CODES.contains(problem.code.as_str()),
            "`{}` is not explained",
            problem.code
        );
        assert!(plain.contains(&problem.code));
        assert!(!problem.line().is_empty());
        if let Some(place) = &problem.place {
            is_somewhere(place, files);
        }
    }
}

fn is_somewhere(place: &Place, files: &[RuleFile]) {
    let file = files.iter().find(|file| file.name == place.file);
    let file = file.unwrap_or_else(|| panic!("there is no such file: {place:?}"));
    let bytes = file
        .bytes
        .strip_prefix(b"\xef\xbb\xbf")
        .unwrap_or(&file.bytes);
    let text = String::from_utf8_lossy(bytes);
    assert!(place.column >= 1);
    assert!(place.excerpt.get(place.underline.clone()).is_some());
    let line = place.line.checked_sub(1).expect("lines are counted from 1");
    let line = text.split('\n').nth(line);
    let line = line.unwrap_or_else(|| panic!("there is no such line: {place:?}"));
    let line = line.replace(['\0', '\u{1b}'], "?");
    assert!(line.contains(&place.excerpt), "{place:?} in {line:?}");
}

fn is_sound(book: &Rulebook, files: &[RuleFile]) {
    assert_eq!(book.digest(), &digest_of(files.iter()));
    let ids: Vec<_> = book.rules().iter().map(|rule| &rule.id).collect();
    assert!(ids.windows(2).all(|two| two[0] < two[1]), "{ids:?}");
    let far = Timestamp::from_seconds(4_000_000_000);
    let mut told = [book.warnings().to_vec(), book.expiries(far)].concat();
    // Slow, so not each time.
    if files.iter().map(|file| file.bytes.len()).sum::<usize>() % 8 == 0 {
        told.extend(book.second_thoughts());
    }
    assert!(!told.iter().any(Problem::is_error), "{told:?}");
    are_told(&told, files);
}

fn judges(book: &Rulebook, message: &str) {
    let example = Example::of_text(message);
    judges_one(book, &example.message, &example.facts_for(book.wanted()));
    let first = message.lines().next().map(str::to_owned);
    let mut customer = Example::of_text(message);
    customer.messages = 9;
    customer.same_text_from = 9;
    customer.facts.answered_before = true;
    let sent = &mut customer.message;
    sent.from.kind = ContactKind::Customer;
    sent.html = Some(message.to_owned());
    sent.opens_conversation = false;
    sent.from.name.clone_from(&first);
    sent.from.email.clone_from(&first);
    sent.subject.clone_from(&first);
    sent.page.clone_from(&first);
    sent.brand.clone_from(&first);
    judges_one(book, &customer.message, &customer.facts_for(book.wanted()));
    judges_one(book, &customer.message, &Facts::default());
}

fn judges_one(book: &Rulebook, message: &Message, facts: &Facts) {
    let decision = book.judge(message, facts);
    assert_eq!(decision, book.judge(message, facts), "the same every time");
    let traces = book.explain(message, facts);
    let explained = traces
        .iter()
        .filter(|trace| trace.fired)
        .map(|trace| &trace.rule);
    let found: Vec<_> = decision
        .findings
        .iter()
        .map(|finding| &finding.rule)
        .collect();
    assert!(explained.eq(found.iter().copied()), "explained as judged");
    follows(book, &decision);
    let kept = serde_json::to_string(&decision).expect("a decision can be kept");
    let back: Decision = serde_json::from_str(&kept).expect("what was kept can be read");
    assert_eq!(back, decision);
    let shown = read(message.html.as_deref(), message.markdown.as_deref()).shown;
    for evidence in decision
        .findings
        .iter()
        .flat_map(|finding| &finding.evidence)
    {
        let Some(place) = &evidence.place else {
            continue;
        };
        let written = shown.get(place.clone());
        let written = written.unwrap_or_else(|| panic!("{evidence:?} in {shown:?}"));
        if evidence.part == Part::Text {
            let matched = evidence.matched.trim_end_matches('…');
            assert!(written.starts_with(matched), "{evidence:?} at {written:?}");
        }
    }
}

/// Nobody is blocked but by a rule that may, and nobody whom a rule lets pass.
fn follows(book: &Rulebook, decision: &Decision) {
    let by = |stage: Stage, then: Then| {
        move |finding: &&Finding| finding.stage == stage && finding.then == then
    };
    let any = |stage, then| {
        decision
            .findings
            .iter()
            .any(|finding| by(stage, then)(&finding))
    };
    let points: i64 = decision
        .findings
        .iter()
        .filter(by(Stage::Enforce, Then::Points))
        .map(|finding| finding.points)
        .sum();
    assert_eq!(decision.points, points);
    // What cannot be known of a sender is for people to look at, also where no rule that could be judged fired.
    let doubted = decision
        .restrained
        .iter()
        .any(|restrained| restrained.by == Restraint::FactsMissing);
    let most = if doubted {
        Verdict::Flag
    } else {
        decision.asked
    };
    assert!(decision.verdict <= most, "{decision:?}");
    if any(Stage::Enforce, Then::Allow) {
        assert_eq!(decision.asked, Verdict::Clean, "{decision:?}");
    }
    if decision.verdict == Verdict::Block {
        assert!(decision.restrained.is_empty(), "{decision:?}");
        assert!(
            any(Stage::Enforce, Then::Block) || points >= book.policy().block_at,
            "{decision:?}"
        );
        assert!(!decision.blocking_rules().is_empty(), "{decision:?}");
    }
    let acting = decision
        .findings
        .iter()
        .any(|finding| finding.stage != Stage::Observe);
    assert!(acting || decision.asked == Verdict::Clean, "{decision:?}");
}
