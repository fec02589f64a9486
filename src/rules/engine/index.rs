//! Which rules something seen in a message wakes.

use std::collections::HashMap;

use super::{Sightings, Sign};

/// With more signs than this a rule is simply tried on every message.
const MOST_SIGNS: usize = 10_000;

/// What must be seen in a message before a condition, or a rule, can hold.
#[derive(Debug, Clone, PartialEq)]
pub(in crate::rules) enum Needs {
    /// Nothing in particular.
    Nothing,
    /// One of these signs at least; `common` grows with how often that is to be expected.
    OneOf { signs: Vec<Sign>, common: f64 },
}

impl Needs {
    /// One of the phrases whose lengths in characters are given: short ones are met often.
    pub fn phrases(sign: Sign, lengths: impl Iterator<Item = usize>) -> Self {
        let often = |length: usize| 0.5_f64.powi(i32::try_from(length.min(20)).unwrap_or(20));
        Self::OneOf {
            signs: vec![sign],
            common: lengths.map(often).sum(),
        }
    }

    /// A sign of the given frequency, 0 to 1.
    pub fn sign(sign: Sign, common: f64) -> Self {
        Self::OneOf {
            signs: vec![sign],
            common,
        }
    }

    /// What must be seen before all of several hold: the rarest of what each needs.
    pub fn all(parts: impl Iterator<Item = Self>) -> Self {
        parts.fold(Self::Nothing, |rarest, part| match (&rarest, &part) {
            (Self::OneOf { common, .. }, Self::OneOf { common: other, .. }) if other < common => {
                part
            }
            (Self::Nothing, Self::OneOf { .. }) => part,
            _ => rarest,
        })
    }

    /// What must be seen before one of several holds.
    pub fn any(parts: impl Iterator<Item = Self>) -> Self {
        let (mut signs, mut common) = (Vec::new(), 0.0);
        for part in parts {
            match part {
                Self::Nothing => return Self::Nothing,
                Self::OneOf {
                    signs: more,
                    common: other,
                } => {
                    signs.extend(more);
                    common += other;
                }
            }
        }
        signs.sort_unstable();
        signs.dedup();
        if signs.len() > MOST_SIGNS {
            return Self::Nothing;
        }
        Self::OneOf { signs, common }
    }
}

/// For each sign the rules it wakes, by their place in the rulebook.
#[derive(Debug, Default)]
pub(in crate::rules) struct Index {
    always: Vec<usize>,
    woken: HashMap<Sign, Vec<usize>>,
}

impl Index {
    pub fn of(needs: impl Iterator<Item = Needs>) -> Self {
        let mut index = Self::default();
        for (rule, needs) in needs.enumerate() {
            match needs {
                Needs::Nothing => index.always.push(rule),
                Needs::OneOf { signs, .. } => {
                    for sign in signs {
                        index.woken.entry(sign).or_default().push(rule);
                    }
                }
            }
        }
        index
    }

    /// Whether a rule is tried on every message.
    pub fn is_always_awake(&self, rule: usize) -> bool {
        self.always.binary_search(&rule).is_ok()
    }

    /// The rules that may fire, in order.
    pub fn awake(&self, seen: &Sightings, more: impl Iterator<Item = Sign>) -> Vec<usize> {
        let mut signs: Vec<Sign> = more.collect();
        signs.extend(seen.hits.iter().map(|hit| Sign::Phrase(hit.set)));
        signs.extend(seen.patterns.iter().map(|id| Sign::Pattern(*id)));
        signs.extend(seen.domains.iter().map(|hit| Sign::Domain(hit.set)));
        signs.extend(seen.homes.iter().map(|set| Sign::Home(*set)));
        signs.dedup();
        let woken = signs.iter().filter_map(|sign| self.woken.get(sign));
        let mut rules: Vec<usize> = woken.flatten().copied().collect();
        rules.extend(&self.always);
        rules.sort_unstable();
        rules.dedup();
        rules
    }
}
