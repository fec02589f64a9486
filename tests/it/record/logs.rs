//! Ten thousand random logs, good and damaged, before two verifiers that share no code.

use std::io::Write as _;
use std::process::{Command, Stdio};

use featurebase_bouncer::proof::lines::{
    FORMAT, Header, StoredRow, TILE, checkpoint_line, tile_line,
};
use featurebase_bouncer::proof::note::{Checkpoint, Note, PublicKey, SigningKey};
use featurebase_bouncer::proof::tree::Tree;
use featurebase_bouncer::proof::verify::{Verifier, Wrong};
use serde_json::json;

const LOGS: usize = 400;
const DAMAGES: usize = 25;

/// A log, and a checkpoint of an earlier time.
struct Log {
    key: PublicKey,
    lines: Vec<String>,
    older: String,
}

fn row(random: &mut fastrand::Rng, seq: i64) -> StoredRow {
    let some = |random: &mut fastrand::Rng, text: &str| {
        random.bool().then(|| format!("{text}{}", random.u8(..)))
    };
    StoredRow {
        seq,
        at: 1_780_000_000_000 + seq,
        action: "decided".to_owned(),
        actor: "bouncer".to_owned(),
        contact: some(random, "contact "),
        conversation: some(random, "caf\u{e9} \u{1f600} \u{7}"),
        event: some(random, "notif_\"\\"),
        verdict: some(random, "clean"),
        rules: some(random, "pitch/"),
        detail: if random.u8(..8) == 0 {
            "not JSON\n".to_owned()
        } else {
            json!({ "n": random.u8(..), "t": "\u{2028}" }).to_string()
        },
    }
}

fn log(random: &mut fastrand::Rng) -> Log {
    let first = SigningKey::generate("test-log").unwrap();
    let second = SigningKey::generate("test-log").unwrap();
    let size = match random.u8(..4) {
        0 => random.u64(1..6),
        1 => random.u64(250..262),
        _ => random.u64(1..700),
    };
    let forgotten = random.u64(..=size / TILE) * TILE;
    let rotates = random.bool().then(|| random.u64(1..=size));
    let older_at = random.u64(..=size);
    let mut tree = Tree::default();
    let note = |tree: &Tree, next: Option<&SigningKey>, keys: &[&SigningKey]| {
        Checkpoint {
            origin: "test-log".to_owned(),
            size: tree.size(),
            root: tree.root(),
            next: next.map(|key| key.public().clone()),
        }
        .sign(keys)
    };
    let header = Header {
        format: FORMAT.to_owned(),
        origin: "test-log".to_owned(),
        size,
        forgotten,
    };
    let mut lines = vec![serde_json::to_string(&header).unwrap()];
    let mut older = note(&tree, None, &[&first]);
    let mut seq = 0;
    let rows: Vec<StoredRow> = (0..size)
        .map(|_| {
            seq += random.i64(1..3);
            row(random, seq)
        })
        .collect();
    for (number, row) in rows.iter().enumerate() {
        let number = number as u64;
        if number.is_multiple_of(TILE) {
            let tile = rows[usize::try_from(number).unwrap()..].iter().take(256);
            let hashes: Vec<u8> = tile.flat_map(StoredRow::leaf).collect();
            lines.push(tile_line(number / TILE, &hashes));
        }
        if number >= forgotten {
            lines.push(row.line());
        }
        tree.push(row.leaf());
        let by = if rotates.is_some_and(|at| at < tree.size()) {
            &second
        } else {
            &first
        };
        if tree.size() == older_at {
            older = note(&tree, None, &[by]);
        }
        if rotates == Some(tree.size()) {
            lines.push(checkpoint_line(&note(
                &tree,
                Some(&second),
                &[&first, &second],
            )));
        }
    }
    if rotates.is_none_or(|at| at < size) {
        let by = if rotates.is_some() { &second } else { &first };
        lines.push(checkpoint_line(&note(&tree, None, &[by])));
    }
    Log {
        key: first.public().clone(),
        lines,
        older,
    }
}

/// Spoils a log in one of many ways; now and then not at all.
fn damage(random: &mut fastrand::Rng, log: &Log, other: &Log) -> (Vec<String>, String) {
    let (mut lines, mut older) = (log.lines.clone(), log.older.clone());
    let at = random.usize(..lines.len());
    match random.u8(..14) {
        0 => {}
        1 => drop(lines.remove(at)),
        2 => lines.insert(at, lines[random.usize(..lines.len())].clone()),
        3 => lines.swap(at, random.usize(..log.lines.len())),
        4 => lines.truncate(at),
        5 => {
            // One character more, somewhere.
            let places: Vec<usize> = lines[at].char_indices().map(|(place, _)| place).collect();
            lines[at].insert(places[random.usize(..places.len())], random.char('0'..='z'));
        }
        6 => lines[at] = lines[at].replacen("clean", "block", 1),
        7 => lines[at].clone_from(&other.lines[random.usize(..other.lines.len())]),
        8 => older.clone_from(&other.older),
        9 => lines[0].clone_from(&other.lines[0]),
        10 => drop(lines.pop()),
        11 => {
            let last = lines.len() - 1;
            lines[last].clone_from(other.lines.last().unwrap());
        }
        12 => drop(lines.drain(at..(at + random.usize(1..20)).min(log.lines.len()))),
        _ => lines[at] = lines[at].replacen("decided", "\u{e9}", 1),
    }
    (lines, older)
}

fn ours(key: &PublicKey, lines: &[String], older: &str) -> String {
    let mut verifier = Verifier::new(key.clone(), Some(Note::parse(older).unwrap()));
    let fault = lines.iter().find_map(|line| verifier.line(line).err());
    match fault.map_or_else(|| verifier.finish(), Err) {
        Ok(right) => format!("right {}", right.size),
        Err(fault) => format!("{} {}", fault.wrong, fault.row),
    }
}

#[test]
fn a_second_verifier_in_another_language_says_the_same_of_ten_thousand_logs() {
    let seed = std::env::var("BOUNCER_TEST_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("BOUNCER_TEST_SEED={seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    let logs: Vec<Log> = (0..LOGS).map(|_| log(&mut random)).collect();
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/verifier/verify.py");
    let mut python = Command::new("python3")
        .args(["-B", script, "--cases"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("python3 is there: tests/run installs it");
    let mut to = python.stdin.take().unwrap();
    let answers = std::thread::spawn(move || python.wait_with_output().unwrap());
    let mut said = Vec::new();
    for (number, log) in logs.iter().enumerate() {
        let other = &logs[(number + 1) % LOGS];
        assert!(
            ours(&log.key, &log.lines, &log.older).starts_with("right "),
            "log {number}"
        );
        for _ in 0..DAMAGES {
            let (lines, older) = damage(&mut random, log, other);
            said.push(ours(&log.key, &lines, &older));
            let case = json!({ "key": log.key.to_string(), "lines": lines, "older": older });
            writeln!(to, "{case}").unwrap();
        }
    }
    drop(to);
    let answers = String::from_utf8(answers.join().unwrap().stdout).unwrap();
    let answers: Vec<&str> = answers.lines().collect();
    assert_eq!(answers.len(), LOGS * DAMAGES);
    for (number, (ours, theirs)) in said.iter().zip(&answers).enumerate() {
        assert_eq!(
            ours,
            theirs,
            "log {} damage {} of seed {seed}",
            number / DAMAGES,
            number % DAMAGES
        );
    }
    for wrong in Wrong::ALL {
        let met = said.iter().any(|said| said.starts_with(wrong.as_str()));
        // No damage above makes a log that is right and only signed by somebody else, or shorter.
        let made = !matches!(wrong, Wrong::NotSigned | Wrong::Shorter);
        assert!(met || !made, "no log was {wrong}");
    }
    let right = said.iter().filter(|said| said.starts_with("right")).count();
    assert!(right > LOGS && right < said.len() / 2, "{right} were right");
}

#[test]
fn a_shorter_log_and_one_that_somebody_else_signed_are_told() {
    let mut random = fastrand::Rng::with_seed(7);
    let key = SigningKey::generate("test-log").unwrap();
    let other = SigningKey::generate("test-log").unwrap();
    let rows: Vec<StoredRow> = (1..=3).map(|seq| row(&mut random, seq)).collect();
    let export = |rows: &[StoredRow], key: &SigningKey| {
        let mut tree = Tree::default();
        for row in rows {
            tree.push(row.leaf());
        }
        let note = Checkpoint {
            origin: "test-log".to_owned(),
            size: tree.size(),
            root: tree.root(),
            next: None,
        }
        .sign(&[key]);
        let header = Header {
            format: FORMAT.to_owned(),
            origin: "test-log".to_owned(),
            size: tree.size(),
            forgotten: 0,
        };
        let hashes: Vec<u8> = rows.iter().flat_map(StoredRow::leaf).collect();
        let mut lines = vec![
            serde_json::to_string(&header).unwrap(),
            tile_line(0, &hashes),
        ];
        lines.extend(rows.iter().map(StoredRow::line));
        lines.push(checkpoint_line(&note));
        (lines, note)
    };
    let (whole, note) = export(&rows, &key);
    assert_eq!(ours(key.public(), &whole, &note), "right 3");
    assert_eq!(
        ours(key.public(), &export(&rows[..2], &key).0, &note),
        "shorter 2"
    );
    assert_eq!(
        ours(key.public(), &export(&rows, &other).0, &note),
        "not-signed 3"
    );
}
