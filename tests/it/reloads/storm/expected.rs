//! What must be in force, told and recorded.

use super::*;

/// What must be in force, told and recorded, after the looks so far.
pub(super) struct Expected {
    pub(super) in_force: Option<String>,
    pub(super) ids: Vec<String>,
    pub(super) judged: Option<Sight>,
    pub(super) seen: Option<Sight>,
    pub(super) files: Files,
    pub(super) differs_since: Option<Timestamp>,
    pub(super) rows: Vec<(Action, Timestamp, Option<String>)>,
    pub(super) recorded: Option<Sight>,
    pub(super) valid: BTreeSet<String>,
}

impl Expected {
    pub(super) fn new() -> Self {
        Self {
            in_force: None,
            ids: Vec::new(),
            judged: None,
            seen: None,
            files: Files::Unread,
            differs_since: None,
            rows: Vec::new(),
            recorded: None,
            valid: BTreeSet::new(),
        }
    }

    /// `stands` tells whether what is seen a second time has stood still since, which cannot be said in advance when a file
    /// was written anew with its old content, within a tick of the file system's clock.
    pub(super) fn look(&mut self, model: &Model, now: Timestamp, at_once: bool, stands: bool) {
        let sight = model.sight();
        let stood = at_once || (stands && self.seen.as_ref() == Some(&sight));
        self.seen = Some(sight.clone());
        let good = match &sight {
            Sight::Good(digest) => Some(digest.clone()),
            Sight::Bad(_) => None,
        };
        let is_in_force = good.is_some() && good == self.in_force;
        if !is_in_force && self.judged.as_ref() != Some(&sight) && !stood {
            self.differs(Files::Edited, now);
            return;
        }
        if let Some(digest) = good {
            self.ids = model.ids();
            self.in_force = Some(digest);
            self.files = Files::InForce;
            self.differs_since = None;
        } else {
            self.differs(Files::Refused, now);
        }
        self.judged = Some(sight.clone());
        if self.recorded.as_ref() != Some(&sight) {
            let action = match sight {
                Sight::Good(_) => Action::RulesAdopted,
                Sight::Bad(_) => Action::RulesRejected,
            };
            self.rows.push((action, now, self.in_force.clone()));
            self.recorded = Some(sight);
        }
    }

    pub(super) fn differs(&mut self, files: Files, now: Timestamp) {
        self.files = files;
        self.differs_since = self.differs_since.or(Some(now));
    }

    pub(super) fn check(&self, scene: &Scene, edit: &str) {
        let status = scene.status();
        let in_force = status.in_force.clone().map(|digest| digest.0);
        assert_eq!(in_force, self.in_force, "after {edit}: {status:?}");
        assert!(self.valid.contains(&in_force.unwrap()), "after {edit}");
        assert_eq!(scene.ids(), self.ids, "after {edit}: {status:?}");
        assert_eq!(
            (status.files, status.differs_since),
            (self.files, self.differs_since),
            "after {edit}: {status:?}"
        );
        assert_eq!(status.problems.is_empty(), self.files != Files::Refused);
        assert_eq!(status.looked_at, Some(scene.clock.now()));
    }

    pub(super) fn check_numbers(&self, scene: &Scene) {
        let numbers = scene.metrics.render();
        let infos: Vec<&str> = numbers
            .lines()
            .filter(|line| line.starts_with("bouncer_rules_in_force_info{"))
            .collect();
        let digest = &self.in_force.as_ref().unwrap()[..12];
        assert_eq!(
            infos,
            [format!(
                "bouncer_rules_in_force_info{{digest=\"{digest}\"}} 1"
            )]
        );
        let since = self.differs_since.map_or(0, Timestamp::seconds);
        for line in [
            format!("bouncer_rules_in_force {}", self.ids.len()),
            format!("bouncer_rules_differ {}", i32::from(since > 0)),
            format!("bouncer_rules_differ_since_timestamp_seconds {since}"),
        ] {
            assert!(numbers.lines().any(|it| it == line), "{line}\n{numbers}");
        }
    }

    pub(super) fn check_record(&self, rows: &[Row]) {
        assert_eq!(rows.len(), self.rows.len());
        for (row, (action, at, in_force)) in rows.iter().zip(&self.rows) {
            assert_eq!((row.action, row.at), (*action, *at));
            let told = match action {
                Action::RulesAdopted => &row.detail["book"],
                _ => &row.detail["in_force"],
            };
            assert_eq!(told, &Value::from(in_force.clone()));
            if *action == Action::RulesRejected {
                assert!(!row.detail["problems"].as_array().unwrap().is_empty());
            }
        }
    }
}
