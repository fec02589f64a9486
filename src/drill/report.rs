//! What a drill shows.

use serde::Serialize;

/// What came of both scenes.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Report {
    pub scenes: Vec<Scene>,
    /// A brake tripped in each, and people were told.
    pub passed: bool,
}

/// What came of one scene.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Scene {
    pub scene: &'static str,
    /// People who wrote, once each.
    pub senders: usize,
    pub tripped: Option<Tripped>,
    /// People blocked in all.
    pub blocked: usize,
    /// Blocks that wait for a person.
    pub held: i64,
    /// Messages about the brake that reached people.
    pub told: usize,
}

/// When a brake tripped.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tripped {
    /// The rule whose brake it was; empty for the brake of all rules together.
    pub rule: String,
    pub brake: String,
    pub bound: String,
    /// Messages that had come in by then.
    pub after_messages: usize,
    /// The time that had passed on the drill's clock.
    pub after_seconds: u64,
    /// People blocked by then.
    pub after_blocks: usize,
}

impl Report {
    /// The report for people.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let mut lines: Vec<String> = self.scenes.iter().flat_map(Scene::lines).collect();
        lines.push(if self.passed {
            "Both times a brake tripped and people were told. Nothing real was touched.".to_owned()
        } else {
            "NOT well: a brake did not trip, or nobody was told. Look at `brake` in [policy], or let more people write (--senders). Nothing real was touched.".to_owned()
        });
        lines
    }
}

impl Scene {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{}: {} people write once each, with your rules and your policy",
            self.scene, self.senders
        )];
        match &self.tripped {
            Some(tripped) => lines.push(format!(
                "  the brake tripped after {} messages and {} s ({}: {}); {} people were blocked by then",
                tripped.after_messages,
                tripped.after_seconds,
                tripped.brake,
                tripped.bound,
                tripped.after_blocks
            )),
            None => lines.push("  NO brake tripped".to_owned()),
        }
        lines.push(format!(
            "  in the end: {} people blocked, {} blocks held for a person; people were told {}",
            self.blocked,
            self.held,
            match self.told {
                0 => "NOTHING".to_owned(),
                1 => "once".to_owned(),
                times => format!("{times} times"),
            }
        ));
        lines
    }
}
