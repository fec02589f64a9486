//! The law: rule files in, a [`Rulebook`] or problems out; a message and facts in, a [`Decision`] out.
//!
//! Everything here is pure: no clock, no files, no network. The same message, facts and rulebook always come to the
//! same decision, and the order of rule files makes no difference.

pub mod body;
mod clauses;
pub mod condition;
pub mod conditions;
mod engine;
pub mod examples;
pub mod explain;
pub mod fold;
pub mod language;
pub mod links;
mod lint;
pub mod lists;
mod load;
mod meant;
mod ordinary;
pub mod policy;
mod prose;
mod read;
pub mod reference;
pub mod rule;
pub mod schema;
pub mod search;
pub mod signal;
pub mod source;
pub mod subject;
mod syntax;
pub mod text;

pub use conditions::is_at_one_of;
pub use load::{MAX_RULES, digest_of, load};
pub use ordinary::messages as ordinary_messages;
pub use source::RuleFile;

use std::sync::Arc;

use crate::decision::{
    Decision, Digest, Facts, Finding, Lookup, Restraint, Stage, Then, Verdict, Wanted,
};
use crate::fingerprint::Fingerprint;
use crate::message::Message;
use crate::problem::Problem;
use crate::time::Timestamp;
use engine::{Index, Needs};
use explain::{RuleTrace, trace_rule};
use lists::List;
use policy::Policy;
use rule::Rule;
use signal::{Matcher, Signal, SignalId, needs_of};
use subject::Subject;

/// By what a message is told to be a near-duplicate of another: its text as it is shown, folded. Nothing where there is
/// no letter and no digit.
#[must_use]
pub fn fingerprint(message: &Message) -> Option<Fingerprint> {
    let shown = text::shown(message.html.as_deref(), message.markdown.as_deref());
    Fingerprint::of(&fold::fold(&shown))
}

/// Rules that may run. Only [`load`] makes one.
#[derive(Debug)]
pub struct Rulebook {
    digest: Digest,
    rules: Vec<Rule>,
    policy: Policy,
    matcher: Matcher,
    index: Index,
    wanted: Wanted,
    lists: Vec<Arc<List>>,
    warnings: Vec<Problem>,
}

impl Rulebook {
    /// `rules` are in the order of their ids.
    fn new(
        digest: Digest,
        rules: Vec<Rule>,
        policy: Policy,
        matcher: Matcher,
        lists: Vec<Arc<List>>,
        warnings: Vec<Problem>,
    ) -> Self {
        let signals = needs_of(&matcher.signals);
        let of_signal = |id: SignalId| signals.get(id.index()).cloned().unwrap_or(Needs::Nothing);
        let index = Index::of(rules.iter().map(|rule| rule.body.needs(&of_signal)));
        let mut wanted = Wanted::default();
        let bodies = rules.iter().map(|rule| &rule.body);
        for body in bodies.chain(matcher.signals.iter().map(|signal| &signal.body)) {
            body.wants(&mut wanted);
        }
        Self {
            digest,
            rules,
            policy,
            matcher,
            index,
            wanted,
            lists,
            warnings,
        }
    }

    #[must_use]
    pub const fn digest(&self) -> &Digest {
        &self.digest
    }

    /// The rules, by id.
    #[must_use]
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    #[must_use]
    pub const fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Facts its rules ask for.
    #[must_use]
    pub const fn wanted(&self) -> &Wanted {
        &self.wanted
    }

    /// The signals its rules use, by name.
    #[must_use]
    pub fn signals(&self) -> &[Signal] {
        &self.matcher.signals
    }

    /// The list files its rules use, by name.
    #[must_use]
    pub fn lists(&self) -> &[Arc<List>] {
        &self.lists
    }

    /// What loading had to say that did not refuse the files.
    #[must_use]
    pub fn warnings(&self) -> &[Problem] {
        &self.warnings
    }

    /// What gives pause about rules that load: what they would hit, what they cost, what they add to one another. Slower than
    /// [`warnings`](Self::warnings), for the moment when a person looks.
    #[must_use]
    pub fn second_thoughts(&self) -> Vec<Problem> {
        lint::second_thoughts(self)
    }

    /// Rules that have ended by `now`, or will within two weeks.
    #[must_use]
    pub fn expiries(&self, now: Timestamp) -> Vec<Problem> {
        lint::expiries(self, now)
    }

    /// A message made ready for judging by these rules.
    #[must_use]
    pub fn subject<'a>(&'a self, message: &'a Message, facts: &'a Facts) -> Subject<'a> {
        Subject::new(message, facts, &self.matcher)
    }

    /// Judges one message: every rule that can fire is tried, then findings become a verdict, then the policy protects.
    #[must_use]
    pub fn judge(&self, message: &Message, facts: &Facts) -> Decision {
        self.judge_as_if(message, facts, &Some)
    }

    /// Judges one message as if what rules found were something else: `change` gives what is to count in place of each
    /// finding, if anything. For people who ask what would have had to be different.
    #[must_use]
    pub fn judge_as_if(
        &self,
        message: &Message,
        facts: &Facts,
        change: &dyn Fn(Finding) -> Option<Finding>,
    ) -> Decision {
        let subject = self.subject(message, facts);
        let awake = self.awake(&subject);
        let found = awake.iter().filter_map(|rule| rule.judge(&subject));
        let findings = found.filter_map(change);
        let mut decision = self.weigh(findings.collect(), facts);
        let in_doubt = self.in_doubt(&decision, &awake, &subject);
        self.policy.protect(&mut decision, message);
        if !in_doubt.is_empty() {
            doubt(&mut decision, &in_doubt, facts);
        }
        decision
    }

    /// The rules of which it is not known whether they fire, where the verdict hinges on that.
    fn in_doubt<'r>(
        &self,
        decision: &Decision,
        awake: &[&'r Rule],
        subject: &Subject<'_>,
    ) -> Vec<&'r Rule> {
        if !self.wanted.profile {
            return Vec::new();
        }
        let open = awake.iter().copied();
        let open: Vec<&Rule> = open
            .filter(|rule| rule.stage != Stage::Observe && rule.hinges(subject))
            .collect();
        let with = |extra: &dyn Fn(&Rule) -> bool| {
            let extra = open.iter().filter(|rule| extra(rule));
            let mut findings = decision.findings.clone();
            findings.extend(extra.map(|rule| rule.finding(Vec::new())));
            let weighed = self.weigh(findings, subject.facts);
            (weighed.verdict, weighed.asked)
        };
        let against = |rule: &Rule| rule.then != Then::Allow && rule.points >= 0;
        let known = (decision.verdict, decision.asked);
        let hinges = !open.is_empty()
            && (with(&against) != known
                || with(&|rule| !against(rule)) != known
                || with(&|_| true) != known);
        if hinges { open } else { Vec::new() }
    }

    /// The rules that can fire on a message, in order: the others need something that is not in it.
    fn awake(&self, subject: &Subject<'_>) -> Vec<&Rule> {
        let awake = self.index.awake(subject.seen(), subject.signs());
        awake
            .into_iter()
            .filter_map(|rule| self.rules.get(rule))
            .collect()
    }

    /// Whether what a rule does hinges on looking the sender up at Featurebase, which nobody has done yet.
    #[must_use]
    pub fn lacks(&self, message: &Message, facts: &Facts) -> bool {
        if !self.wanted.profile || facts.profile != Lookup::NotAsked {
            return false;
        }
        let subject = self.subject(message, facts);
        let awake = self.awake(&subject);
        // Rules that only observe are waited for, too: they are how people see what a rule would do.
        let observed = |rule: &&Rule| rule.stage == Stage::Observe && rule.hinges(&subject);
        if awake.iter().any(observed) {
            return true;
        }
        let findings = awake.iter().filter_map(|rule| rule.judge(&subject));
        let decision = self.weigh(findings.collect(), facts);
        !self.in_doubt(&decision, &awake, &subject).is_empty()
    }

    /// How each rule fared on a message.
    #[must_use]
    pub fn explain(&self, message: &Message, facts: &Facts) -> Vec<RuleTrace> {
        let subject = self.subject(message, facts);
        self.rules
            .iter()
            .map(|rule| trace_rule(rule, &subject))
            .collect()
    }

    /// Rules that were awake on a message and did not fire for one thing alone, while what they look for was there or nearly.
    #[must_use]
    pub fn near_misses(&self, message: &Message, facts: &Facts) -> Vec<RuleTrace> {
        let subject = self.subject(message, facts);
        let awake = self.awake(&subject).into_iter();
        awake
            .filter(|rule| !rule.is_over(message.sent_at))
            .map(|rule| trace_rule(rule, &subject))
            .filter(RuleTrace::nearly_fired)
            .collect()
    }

    fn weigh(&self, findings: Vec<Finding>, facts: &Facts) -> Decision {
        let mut decision = Decision {
            verdict: Verdict::Clean,
            asked: Verdict::Clean,
            points: points_of(&findings, Stage::Enforce),
            findings,
            restrained: Vec::new(),
            facts: facts.clone(),
            book: self.digest.clone(),
        };
        let fired = |stage: Stage, then: Then| {
            decision
                .findings
                .iter()
                .any(|finding| finding.stage == stage && finding.then == then)
        };
        if fired(Stage::Enforce, Then::Allow) {
            return decision;
        }
        let enforced = self.strongest(
            fired(Stage::Enforce, Then::Block),
            fired(Stage::Enforce, Then::Flag),
            decision.points,
        );
        let proposed = self.strongest(
            fired(Stage::Hold, Then::Block),
            fired(Stage::Hold, Then::Flag),
            decision
                .points
                .saturating_add(points_of(&decision.findings, Stage::Hold)),
        );
        decision.asked = enforced.max(proposed);
        decision.verdict = enforced;
        if proposed > enforced {
            decision.verdict = proposed;
            if proposed == Verdict::Block {
                decision.restrain(
                    Verdict::Hold,
                    Restraint::Stage,
                    "the rule is in stage hold: a person decides",
                );
            }
        }
        decision
    }

    fn strongest(&self, block: bool, flag: bool, points: i64) -> Verdict {
        if block || points >= self.policy.block_at {
            Verdict::Block
        } else if flag || points >= self.policy.flag_at {
            Verdict::Flag
        } else {
            Verdict::Clean
        }
    }
}

/// What the verdict hinges on could not be had: the message is flagged, neither blocked for nor cleared.
fn doubt(decision: &mut Decision, in_doubt: &[&Rule], facts: &Facts) {
    let ids: Vec<&str> = in_doubt.iter().map(|rule| rule.id.0.as_str()).collect();
    let why = match &facts.profile {
        Lookup::Failed { why } => why.as_str(),
        Lookup::NotAsked | Lookup::Found(_) => "nobody has asked Featurebase",
    };
    let because = format!(
        "{} asks for facts about the sender that could not be had: {why}",
        ids.join(", ")
    );
    decision.restrain(Verdict::Flag, Restraint::FactsMissing, because);
    decision.verdict = Verdict::Flag;
}

fn points_of(findings: &[Finding], stage: Stage) -> i64 {
    findings
        .iter()
        .filter(|finding| finding.stage == stage && finding.then == Then::Points)
        .map(|finding| finding.points)
        .sum()
}
