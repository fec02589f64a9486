//! What an operator watches: numbers for Prometheus, and the log.

mod line;
mod lookout;

use std::sync::Arc;

use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

pub use line::{Cause, LineNumbers};
pub use lookout::LookoutNumbers;

type Labels = [(&'static str, String); 1];

/// Every number the program keeps. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    pub events_kept: Counter,
    pub events_not_stored: Counter,
    pub events_repeated: Counter,
    events_filed: Family<Labels, Counter>,
    deliveries_refused: Family<Labels, Counter>,
    decisions: Family<Labels, Counter>,
    calls: Family<Labels, Counter>,
    lookups: Family<Labels, Counter>,
    steps: Family<Labels, Counter>,
    notices: Family<Labels, Counter>,
    alerts: Family<Labels, Counter>,
    jobs: Family<Labels, Gauge>,
    pub judge_failures: Counter,
    pub rules: RuleNumbers,
    pub line: LineNumbers,
    pub lookout: LookoutNumbers,
    pub inbox: Gauge,
    pub not_understood: Gauge,
    pub holds: Gauge,
    pub brakes_tripped: Gauge,
    pub queue_oldest_seconds: Gauge,
    pub stopped: Gauge,
    pub reconciling: Gauge,
    pub late_blocks: Counter,
    pub key_refused: Gauge,
    pub clock_skew_seconds: Gauge,
    pub connections: Gauge,
    pub connections_sent_away: Counter,
}

/// What is counted of rules and of the files they come from.
#[derive(Debug, Clone)]
pub struct RuleNumbers {
    pub rejected: Counter,
    in_force: Gauge,
    in_force_info: Family<Labels, Gauge>,
    differ: Gauge,
    pub looked_at: Gauge,
    differ_since: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    #[must_use]
    #[allow(
        clippy::too_many_lines,
        reason = "one entry for each number, and nothing else"
    )]
    pub fn new() -> Self {
        let mut registry = Registry::with_prefix("bouncer");
        let r = &mut registry;
        let [lookups, steps, notices] = asked_besides(r);
        let (reconciling, late_blocks) = against_people(r);
        let metrics = Self {
            events_kept: counter(r, "events_kept", "Events stored and answered with 200"),
            events_not_stored: counter(
                r,
                "events_not_stored",
                "Events answered with 503 because they could not be stored",
            ),
            events_repeated: counter(r, "events_repeated", "Events that had been filed before"),
            events_filed: counters(
                r,
                "events_filed",
                "Events filed, by what they turned out to be",
            ),
            deliveries_refused: counters(r, "deliveries_refused", "Deliveries refused, by reason"),
            decisions: counters(r, "decisions", "Messages judged, by verdict"),
            calls: counters(
                r,
                "featurebase_calls",
                "Calls to Featurebase, by what came of them",
            ),
            lookups,
            steps,
            notices,
            alerts: counters(
                r,
                "alerts",
                "Messages to people about what needs them, by what came of them",
            ),
            jobs: gauges(r, "jobs", "Jobs that wait, by task"),
            judge_failures: counter(
                r,
                "judge_failures",
                "Messages the judge failed on; they were flagged",
            ),
            rules: RuleNumbers::new(r),
            line: LineNumbers::new(r),
            lookout: LookoutNumbers::new(r),
            inbox: gauge(r, "inbox", "Events stored and not yet filed"),
            not_understood: gauge(
                r,
                "events_not_understood",
                "Signed events on file that were not understood",
            ),
            holds: gauge(r, "holds", "Blocks that wait for a person"),
            reconciling,
            late_blocks,
            brakes_tripped: gauge(
                r,
                "brakes_tripped",
                "Brakes that hold blocks until a person releases them",
            ),
            queue_oldest_seconds: gauge(
                r,
                "queue_oldest_seconds",
                "How long the oldest work has waited",
            ),
            stopped: gauge(r, "stopped", "1 while the stop switch is thrown"),
            key_refused: gauge(r, "key_refused", "1 while Featurebase refuses the API key"),
            clock_skew_seconds: gauge(
                r,
                "clock_skew_seconds",
                "Age of the last rightly signed delivery refused for its age",
            ),
            connections: gauge(r, "connections", "Open connections on the public listener"),
            connections_sent_away: counter(
                r,
                "connections_sent_away",
                "Connections that had brought nothing signed and made room for others",
            ),
            registry: Arc::new(Registry::default()),
        };
        Self {
            registry: Arc::new(registry),
            ..metrics
        }
    }

    pub fn refused(&self, reason: &str) {
        self.deliveries_refused
            .get_or_create(&label("reason", reason))
            .inc();
    }

    pub fn filed(&self, kind: &str) {
        self.events_filed.get_or_create(&label("kind", kind)).inc();
    }

    pub fn decided(&self, verdict: &str) {
        self.decisions
            .get_or_create(&label("verdict", verdict))
            .inc();
    }

    pub fn called(&self, outcome: &str) {
        self.calls.get_or_create(&label("outcome", outcome)).inc();
    }

    pub fn looked_up(&self, outcome: &str) {
        self.lookups.get_or_create(&label("outcome", outcome)).inc();
    }

    pub fn also_done(&self, step: &str) {
        self.steps.get_or_create(&label("step", step)).inc();
    }

    pub fn noticed(&self, outcome: &str) {
        self.notices.get_or_create(&label("outcome", outcome)).inc();
    }

    pub fn alerted(&self, outcome: &str) {
        self.alerts.get_or_create(&label("outcome", outcome)).inc();
    }

    pub fn set_jobs(&self, task: &str, waiting: i64) {
        self.jobs.get_or_create(&label("task", task)).set(waiting);
    }

    /// How often deliveries were refused for a reason.
    #[must_use]
    pub fn refusals(&self, reason: &str) -> u64 {
        self.deliveries_refused
            .get_or_create(&label("reason", reason))
            .get()
    }

    /// All numbers in the OpenMetrics text form Prometheus reads.
    #[must_use]
    pub fn render(&self) -> String {
        let mut text = String::new();
        // Writing to a String cannot fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}

impl RuleNumbers {
    fn new(r: &mut Registry) -> Self {
        Self {
            rejected: counter(r, "rules_rejected", "Times edited rules were refused"),
            in_force: gauge(r, "rules_in_force", "Rules in force; 0 means judging waits"),
            in_force_info: gauges(
                r,
                "rules_in_force_info",
                "1 for the rules in force, by the beginning of their digest",
            ),
            differ: gauge(
                r,
                "rules_differ",
                "1 while the rule files on disk are not what is in force",
            ),
            looked_at: gauge(
                r,
                "rules_looked_at_timestamp_seconds",
                "When the rule files were last read, in Unix time; it stands still while their file system hangs",
            ),
            differ_since: gauge(
                r,
                "rules_differ_since_timestamp_seconds",
                "Since when the rule files on disk are not what is in force, in Unix time; 0 while they are",
            ),
        }
    }

    /// Which rules are in force now and which were before, by the beginnings of their digests, and how many they are.
    pub fn set(&self, before: Option<&str>, digest: &str, rules: i64) {
        self.in_force.set(rules);
        self.in_force_info
            .get_or_create(&label("digest", digest))
            .set(1);
        if let Some(before) = before.filter(|before| *before != digest) {
            self.in_force_info.remove(&label("digest", before));
        }
    }

    /// Since when the rule files differ from what is in force, in Unix time, if they do.
    pub fn set_differ(&self, since: Option<i64>) {
        self.differ.set(i64::from(since.is_some()));
        self.differ_since.set(since.unwrap_or(0));
    }
}

/// What could have been done against a person's word, and is not.
fn against_people(r: &mut Registry) -> (Gauge, Counter) {
    let reconciling = gauge(
        r,
        "reconciling",
        "1 while no rule blocks because it is first looked whom people unblocked meanwhile",
    );
    let late_blocks = counter(
        r,
        "late_blocks",
        "Blocks that took effect unheard after a person's word against them, and were taken back",
    );
    (reconciling, late_blocks)
}

/// What Featurebase and the operator's own address are asked besides blocks and unblocks.
fn asked_besides(r: &mut Registry) -> [Family<Labels, Counter>; 3] {
    let lookups = counters(
        r,
        "lookups",
        "Senders to look up at Featurebase, by what came of it; how many wait is in jobs",
    );
    let steps = counters(
        r,
        "also_done",
        "What rules asked for besides and was done, by what it was",
    );
    let notices = counters(
        r,
        "notices",
        "Notices to the operator's own address, by what came of them",
    );
    [lookups, steps, notices]
}

fn label(name: &'static str, value: &str) -> Labels {
    [(name, value.to_owned())]
}

fn counter(registry: &mut Registry, name: &str, help: &str) -> Counter {
    let counter = Counter::default();
    registry.register(name, help, counter.clone());
    counter
}

fn counters(registry: &mut Registry, name: &str, help: &str) -> Family<Labels, Counter> {
    let family = Family::<Labels, Counter>::default();
    registry.register(name, help, family.clone());
    family
}

fn gauge(registry: &mut Registry, name: &str, help: &str) -> Gauge {
    let gauge = Gauge::default();
    registry.register(name, help, gauge.clone());
    gauge
}

fn gauges(registry: &mut Registry, name: &str, help: &str) -> Family<Labels, Gauge> {
    let family = Family::<Labels, Gauge>::default();
    registry.register(name, help, family.clone());
    family
}

crate::vocabulary! {
    /// How the log is written.
    LogForm {
        Text = "text",
        Json = "json",
    }
}

/// A panic is logged by its place alone: what it says may hold a piece of what somebody wrote.
fn log_panics() {
    std::panic::set_hook(Box::new(|info| {
        let place = info.location().map(ToString::to_string);
        tracing::error!(
            place = place.as_deref().unwrap_or("unknown"),
            "a part of the program has panicked"
        );
    }));
}

/// Starts the log on standard error, panics included. `filter` is in the form of `RUST_LOG`, such as `info` or `featurebase_bouncer=debug`.
pub fn start_log(form: LogForm, filter: &str) {
    let filter = tracing_subscriber::EnvFilter::try_new(filter)
        .unwrap_or_else(|_| tracing_subscriber::EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_target(false);
    // A log that is running already, as in tests, stays.
    let _ = match form {
        LogForm::Text => log.try_init(),
        LogForm::Json => log.json().try_init(),
    };
    log_panics();
}
