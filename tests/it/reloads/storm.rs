//! Thousands of random edits against a model that knows what is on disk.

mod expected;

use std::collections::{BTreeMap, BTreeSet};
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;

use featurebase_bouncer::rulewatch::Files;
use serde_json::Value;

use super::*;
use expected::Expected;

const EDITS: usize = 3_500;

const RULE_NAMES: &[&str] = &["a.toml", "b.toml", "team/c.toml", "team/deep/d.toml"];
const LIST_NAMES: &[&str] = &["words.txt", "lists/hosts.txt"];

/// What stands under a name.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    /// A good rule file, with its rule's id (none for an empty file).
    Rules(Option<String>, Vec<u8>),
    List(Vec<u8>),
    /// Can be read, but not loaded.
    Bad(Vec<u8>),
    /// Cannot be read at all, by kind.
    Odd(String),
}

/// What is on disk, as one look tells it apart from another.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Sight {
    Good(String),
    Bad(String),
}

/// The whole folder, as the test has written it.
#[derive(Debug, Clone, Default)]
struct Model {
    pieces: BTreeMap<String, Piece>,
    missing: bool,
}

impl Model {
    fn sight(&self) -> Sight {
        if self.missing {
            return Sight::Bad("missing".to_owned());
        }
        let odd: Vec<String> = self
            .pieces
            .iter()
            .filter_map(|(name, piece)| match piece {
                Piece::Odd(kind) => Some(format!("{name} {kind}")),
                _ => None,
            })
            .collect();
        if !odd.is_empty() {
            return Sight::Bad(odd.join(", "));
        }
        let bytes = |piece: &Piece| match piece {
            Piece::Rules(_, bytes) | Piece::List(bytes) | Piece::Bad(bytes) => bytes.clone(),
            Piece::Odd(_) => unreachable!(),
        };
        let files: Vec<RuleFile> = self
            .pieces
            .iter()
            .map(|(name, piece)| RuleFile {
                name: name.clone(),
                bytes: bytes(piece),
            })
            .collect();
        let digest = digest_of(files.iter()).0;
        let bad = self
            .pieces
            .values()
            .any(|piece| matches!(piece, Piece::Bad(_)));
        let ids = self.ids();
        let different: BTreeSet<&String> = ids.iter().collect();
        if bad || ids.is_empty() || different.len() < ids.len() {
            Sight::Bad(digest)
        } else {
            Sight::Good(digest)
        }
    }

    fn ids(&self) -> Vec<String> {
        let mut ids: Vec<String> = self
            .pieces
            .values()
            .filter_map(|piece| match piece {
                Piece::Rules(id, _) => id.clone(),
                _ => None,
            })
            .collect();
        ids.sort();
        ids
    }
}

/// Writes at random, and keeps the model right.
struct Writer {
    random: fastrand::Rng,
    /// A link that leads to one of the versions.
    rules: PathBuf,
    versions: PathBuf,
    number: usize,
    model: Model,
}

impl Writer {
    fn new(random: fastrand::Rng, place: &Path) -> Self {
        let mut writer = Self {
            random,
            rules: place.join("rules"),
            versions: place.join("versions"),
            number: 0,
            model: Model::default(),
        };
        writer.swap_all();
        writer
    }

    fn pick<'n>(&mut self, names: &[&'n str]) -> &'n str {
        names[self.random.usize(..names.len())]
    }

    /// A good piece for a name. Words come from a small stock, so that old contents come back.
    fn good(&mut self, name: &str) -> Piece {
        let word = ["loans", "casino", "poker", "tokens", "airdrop"][self.random.usize(..5)];
        if Path::new(name).extension().is_some_and(|end| end == "txt") {
            return Piece::List(format!("{word}\n").repeat(self.random.usize(..40)).into());
        }
        let id = name.trim_end_matches(".toml").to_owned() + "/rule";
        if self.random.u32(..12) == 0 {
            return Piece::Rules(None, Vec::new());
        }
        let text = rule(&id, word);
        Piece::Rules(Some(id), text.into())
    }

    fn bytes(piece: &Piece) -> &[u8] {
        match piece {
            Piece::Rules(_, bytes) | Piece::List(bytes) | Piece::Bad(bytes) => bytes,
            Piece::Odd(_) => unreachable!(),
        }
    }

    fn clear(&self, name: &str) -> PathBuf {
        let path = self.rules.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        remove(&path);
        path
    }

    fn put(&mut self, name: &str, piece: Piece) {
        let path = self.rules.join(name);
        if matches!(self.model.pieces.get(name), Some(Piece::Odd(_)) | None) {
            self.clear(name);
        }
        if self.random.bool() {
            std::fs::write(&path, Self::bytes(&piece)).unwrap();
        } else {
            // As editors save: beside it, under a name of their own, then renamed onto it.
            let beside = path.with_file_name(".saved-half");
            std::fs::write(&beside, Self::bytes(&piece)).unwrap();
            std::fs::rename(&beside, &path).unwrap();
        }
        self.model.pieces.insert(name.to_owned(), piece);
    }

    fn odd(&mut self, name: &str) {
        let path = self.clear(name);
        let kind = match self.random.u32(..7) {
            0 => {
                std::fs::create_dir(&path).unwrap();
                "folder".to_owned()
            }
            1 => {
                symlink("gone", &path).unwrap();
                "dangling".to_owned()
            }
            2 => {
                symlink(path.file_name().unwrap(), &path).unwrap();
                "circle".to_owned()
            }
            3 => {
                drop(UnixListener::bind(&path).unwrap());
                "special".to_owned()
            }
            4 if self.random.bool() => {
                make_pipe(&path);
                "special".to_owned()
            }
            _ => {
                let size = (1 << 30) + self.random.u64(..3);
                std::fs::File::create(&path).unwrap().set_len(size).unwrap();
                format!("huge {size}")
            }
        };
        self.model.pieces.insert(name.to_owned(), Piece::Odd(kind));
    }

    /// Writes a whole new version and swaps the link over to it, as mounted configuration is replaced.
    fn swap_all(&mut self) {
        self.number += 1;
        let version = self.versions.join(self.number.to_string());
        std::fs::create_dir_all(&version).unwrap();
        let mut pieces = BTreeMap::new();
        for name in RULE_NAMES.iter().chain(LIST_NAMES) {
            if pieces.is_empty() || self.random.bool() {
                let piece = self.good(name);
                let path = version.join(name);
                std::fs::create_dir_all(path.parent().unwrap()).unwrap();
                std::fs::write(path, Self::bytes(&piece)).unwrap();
                pieces.insert((*name).to_owned(), piece);
            }
        }
        let link = self.rules.with_file_name("next");
        symlink(&version, &link).unwrap();
        std::fs::rename(&link, &self.rules).unwrap();
        if self.number > 1 {
            remove(&self.versions.join((self.number - 1).to_string()));
        }
        self.model = Model {
            pieces,
            missing: false,
        };
    }

    fn edit(&mut self) -> String {
        if self.model.missing {
            self.swap_all();
            return "swapped in".to_owned();
        }
        let name = match self.random.u32(..4) {
            0 => self.pick(LIST_NAMES),
            _ => self.pick(RULE_NAMES),
        };
        let done = match self.random.u32(..100) {
            0..45 => {
                let piece = self.good(name);
                self.put(name, piece);
                "wrote"
            }
            45..57 => {
                let text = rule("half/rule", "loans");
                // Ends within a text, so that no half is good by chance.
                let half = text.find("offers").unwrap() + self.random.usize(..3);
                let mut bytes = text.as_bytes()[..half].to_vec();
                if Path::new(name).extension().is_some_and(|end| end == "txt") {
                    bytes.push(0xff);
                }
                self.put(name, Piece::Bad(bytes));
                "wrote half of"
            }
            57..62 => {
                self.put(name, Piece::Bad(b"\xff\xfe[[rule]]".to_vec()));
                "wrote no text into"
            }
            62..72 => {
                self.odd(name);
                "put something odd at"
            }
            72..82 => {
                remove(&self.rules.join(name));
                self.model.pieces.remove(name);
                "deleted"
            }
            82..86 => {
                let to = self.rules.join("z.toml");
                remove(&to);
                self.model.pieces.remove("z.toml");
                if let Some(piece) = self.model.pieces.remove("a.toml") {
                    std::fs::rename(self.rules.join("a.toml"), &to).unwrap();
                    if piece == Piece::Odd("circle".to_owned()) {
                        // It would lead to a.toml now.
                        remove(&to);
                        symlink("z.toml", &to).unwrap();
                    }
                    self.model.pieces.insert("z.toml".to_owned(), piece);
                }
                "renamed a.toml instead of"
            }
            86..88 => {
                // The same id twice.
                if let Some(Piece::Rules(id, bytes)) = self.model.pieces.get("b.toml").cloned() {
                    self.put("z.toml", Piece::Rules(id, bytes));
                }
                "copied b.toml instead of"
            }
            88..92 => {
                for name in ["README.md", ".hidden.toml", "a.toml.bak", "b.toml~"] {
                    let text = self.random.u64(..).to_string();
                    std::fs::write(self.rules.join(name), text).unwrap();
                }
                "wrote what does not count instead of"
            }
            92..94 => {
                std::fs::remove_file(&self.rules).unwrap();
                self.model.missing = true;
                "took all away instead of"
            }
            _ => {
                self.swap_all();
                "swapped all instead of"
            }
        };
        format!("{done} {name}")
    }
}

/// Whether an edit may have written a file that counts.
fn touches(edit: &str) -> bool {
    !edit.contains("what does not count")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn through_a_storm_of_edits_one_of_the_good_sets_is_in_force_and_is_told_truly() {
    let seed = std::env::var("STORM_SEED")
        .map_or_else(|_| fastrand::u64(..), |seed| seed.parse().unwrap());
    println!("seed {seed}: STORM_SEED={seed} repeats it");
    let database = Database::sqlite();
    let mut writer = Writer::new(fastrand::Rng::with_seed(seed), database.folder.path());
    let rules = writer.rules.clone();
    // A first version may hold only an empty file.
    while matches!(writer.model.sight(), Sight::Bad(_)) {
        writer.swap_all();
    }
    let mut scene = Scene::over(database, rules).await;
    let mut expected = Expected::new();
    let note = |expected: &mut Expected, model: &Model| {
        if let Sight::Good(digest) = model.sight() {
            expected.valid.insert(digest);
        }
    };
    note(&mut expected, &writer.model);
    expected.look(&writer.model, scene.clock.now(), true, true);
    expected.check(&scene, "the start");
    for number in 0..EDITS {
        let mut done = format!("edit {number}: {}", writer.edit());
        note(&mut expected, &writer.model);
        let now = scene.passes(1);
        match writer.random.u32(..100) {
            0..2 => {
                done = format!("{done} (restart)");
                scene.restarts().await;
                expected.seen = None;
                expected.judged = None;
                // Half-noticed edits are forgotten; what was recorded is not.
                expected.differs_since = match &expected.recorded {
                    Some(Sight::Bad(_)) => expected.differs_since,
                    _ => None,
                };
                expected.look(&writer.model, now, true, true);
                let from_store = expected.files == Files::Refused;
                assert_eq!(scene.status().from_store, from_store, "after {done}");
            }
            2..30 => {
                done = format!("{done} (glance)");
                let still = !touches(&done);
                let edited = scene.glances().await.files == Files::Edited;
                expected.look(&writer.model, now, false, still || !edited);
            }
            _ => {
                scene.checks().await;
                expected.look(&writer.model, now, true, true);
            }
        }
        expected.check(&scene, &done);
        if number % 50 == 0 {
            expected.check_numbers(&scene);
        }
    }
    expected.check_record(&scene.record().await);
    let adopted = expected
        .rows
        .iter()
        .filter(|row| row.0 == Action::RulesAdopted)
        .count();
    assert!(
        adopted > EDITS / 10 && expected.rows.len() > EDITS / 5,
        "the storm was a breeze: {adopted} of {} rows",
        expected.rows.len()
    );
}
