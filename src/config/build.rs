//! From the texts of settings to what the program runs with: every value is checked, every problem told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use super::secrets::{Secret, Secrets};
use super::settings::{Found, may_hold_a_secret, show};
use super::{Config, Durability, KeepSettings, LookoutSettings};
use crate::alerts::Address;
use crate::decision::Stage;
use crate::problem::Problem;
use crate::telemetry::LogForm;
use crate::time::parse_span;

#[allow(
    clippy::too_many_lines,
    reason = "one line for each setting, and nothing else"
)]
pub(super) fn build(
    found: BTreeMap<&'static str, Found>,
    secrets: Secrets,
    problems: &mut Vec<Problem>,
) -> Option<Config> {
    let shown = show(&found, &secrets);
    let mut read = Read { found, problems };
    let database_url = read.database_url();
    let webhook_path = read.webhook_path();
    let base_url = read.base_url();
    // All are read before the first missing one ends it: every problem is told at once.
    let listen = read.address("listen");
    let private_listen = read.address("private_listen");
    let mode = read.word("mode", Stage::parse, "one of observe, hold, enforce");
    let body_limit = read.number("body_limit", 1_024, 64 * 1024 * 1024);
    let signature_window = read.span("signature_window");
    let header_timeout = read.span("header_timeout");
    let body_timeout = read.span("body_timeout");
    let max_connections = read.number("max_connections", 1, 1_000_000);
    let call_timeout = read.span("call_timeout");
    let calls_at_once = read.number("calls_at_once", 1, 64);
    let calls_per_minute = read.number("calls_per_minute", 10, 2_000);
    let lease = read.span("lease");
    let give_up_after = read.span("give_up_after");
    let exempt_after_unblock = read.span("exempt_after_unblock");
    let lookup_max_age = read.span("lookup_max_age");
    let reconcile_after = read.span("reconcile_after");
    let (lookout, keep) = (read.lookout(), read.keep());
    let (admin_id, notify_url) = (read.admin_id(), read.notify_url());
    let durability = read.durability();
    let alert_urls = read.alert_urls(secrets.alert_urls.as_deref());
    let queue_alert_after = read.span("queue_alert_after");
    let log = read.word("log", LogForm::parse, "text or json");
    read.refuse_short_lease(lease, call_timeout);
    Some(Config {
        listen: listen?,
        private_listen: private_listen?,
        webhook_path,
        data_dir: PathBuf::from(read.text("data_dir")),
        database_url: (!database_url.is_empty()).then(|| Secret::new(database_url)),
        durability: durability?,
        rules_dir: PathBuf::from(read.text("rules_dir")),
        mode: mode?,
        base_url,
        body_limit: body_limit?,
        signature_window: signature_window?,
        header_timeout: header_timeout?,
        body_timeout: body_timeout?,
        max_connections: max_connections?,
        call_timeout: call_timeout?,
        calls_at_once: calls_at_once?,
        calls_per_minute: u32::try_from(calls_per_minute?).unwrap_or(u32::MAX),
        lease: lease?,
        give_up_after: give_up_after?,
        exempt_after_unblock: exempt_after_unblock?,
        lookup_max_age: lookup_max_age?,
        reconcile_after: reconcile_after?,
        lookout: lookout?,
        keep: keep?,
        admin_id: (!admin_id.is_empty()).then_some(admin_id),
        notify_url: (!notify_url.is_empty()).then(|| Secret::new(notify_url)),
        alert_urls,
        queue_alert_after: queue_alert_after?,
        log: log?,
        log_filter: read.text("log_filter"),
        api_key: secrets.api_key,
        webhook_secrets: secrets.webhook,
        webhook_secret_file: secrets.webhook_file,
        shown,
    })
}

struct Read<'p> {
    found: BTreeMap<&'static str, Found>,
    problems: &'p mut Vec<Problem>,
}

impl Read<'_> {
    fn refuse_short_lease(&mut self, lease: Option<Duration>, call_timeout: Option<Duration>) {
        if lease
            .zip(call_timeout)
            .is_some_and(|(lease, call)| lease < call.saturating_mul(4))
        {
            self.refuse(
                "lease",
                "is less than 4 times call_timeout: work would be taken over while it is done",
                "make it longer, or call_timeout shorter",
            );
        }
    }

    fn database_url(&mut self) -> String {
        let database_url = self.text("database_url");
        if !(database_url.is_empty()
            || database_url.starts_with("postgres://")
            || database_url.starts_with("postgresql://"))
        {
            self.refuse(
                "database_url",
                "is not a postgres:// address",
                "leave it empty to use SQLite",
            );
        }
        database_url
    }

    fn durability(&mut self) -> Option<Durability> {
        let disk_reserve = self.number("disk_reserve", 0, 1 << 40);
        let allow_network_disk = self.yes("allow_network_disk");
        let allow_unsafe_postgres = self.yes("allow_unsafe_postgres");
        Some(Durability {
            disk_reserve: u64::try_from(disk_reserve?).ok()?,
            allow_network_disk: allow_network_disk?,
            allow_unsafe_postgres: allow_unsafe_postgres?,
        })
    }

    fn webhook_path(&mut self) -> String {
        let webhook_path = self.text("webhook_path");
        if !webhook_path.starts_with('/')
            || webhook_path.contains(['{', '}', '*', '?', '#'])
            || webhook_path == "/healthz"
        {
            self.refuse(
                "webhook_path",
                "is not a path",
                "a path begins with / and holds no ? # { } *",
            );
        }
        webhook_path
    }

    fn base_url(&mut self) -> String {
        let base_url = self.text("base_url");
        if !url::Url::parse(&base_url)
            .is_ok_and(|url| matches!(url.scheme(), "http" | "https") && url.has_host())
        {
            self.refuse(
                "base_url",
                "is not an http address",
                "write it like this: https://do.featurebase.app",
            );
        } else if base_url.contains('@') {
            self.refuse(
                "base_url",
                "names a user or a password, which no call would use",
                "write it like this: https://do.featurebase.app",
            );
        }
        base_url
    }

    fn lookout(&mut self) -> Option<LookoutSettings> {
        let webhook_id = self.webhook_id();
        let webhook_check = self.span("webhook_check");
        let silence_after = self.span("silence_after");
        Some(LookoutSettings {
            webhook_id: (!webhook_id.is_empty()).then_some(webhook_id),
            webhook_check: webhook_check?,
            silence_after: silence_after?,
        })
    }

    fn keep(&mut self) -> Option<KeepSettings> {
        let texts_for = self.span("keep_texts_for");
        let record_for = self.span("keep_record_for");
        if texts_for
            .zip(record_for)
            .is_some_and(|(texts, record)| texts > record)
        {
            self.refuse(
                "keep_texts_for",
                "is longer than keep_record_for: a text would be kept without what became of it",
                "make it shorter, or keep_record_for longer",
            );
        }
        Some(KeepSettings {
            texts_for: texts_for?,
            record_for: record_for?,
        })
    }

    fn webhook_id(&mut self) -> String {
        let webhook_id = self.text("webhook_id");
        if !(webhook_id.is_empty() || is_id(&webhook_id)) {
            self.refuse(
                "webhook_id",
                "is not a webhook's id",
                "it has 24 digits and letters a to f, and `bouncer webhook list` shows it; leave it empty to have it found",
            );
        }
        webhook_id
    }

    fn admin_id(&mut self) -> String {
        let admin_id = self.text("admin_id");
        if !(admin_id.is_empty() || is_id(&admin_id)) {
            self.refuse(
                "admin_id",
                "is not a teammate's id",
                "it has 24 digits and letters a to f; leave it empty to leave no notes",
            );
        }
        admin_id
    }

    fn notify_url(&mut self) -> String {
        let notify_url = self.text("notify_url");
        if !(notify_url.is_empty() || url::Url::parse(&notify_url).is_ok_and(|url| is_safe(&url))) {
            self.refuse(
                "notify_url",
                "is not an https address",
                "write it like this: https://hooks.example.com/bouncer; plain http only to this machine itself",
            );
        }
        notify_url
    }

    /// Addresses that hold keys: a wrong one is told by its place in the list.
    fn alert_urls(&mut self, from_file: Option<&str>) -> Vec<Address> {
        let text = from_file.map_or_else(|| self.text("alert_urls"), str::to_owned);
        let parts = text.split([',', '\n', '\r', ' ', '\t']);
        let mut addresses: Vec<Address> = Vec::new();
        for (part, place) in parts.filter(|part| !part.is_empty()).zip(1..) {
            match Address::read(part) {
                Ok(address) if addresses.contains(&address) => {}
                Ok(address) => addresses.push(address),
                Err(what) => self.refuse(
                    "alert_urls",
                    &format!("(address {place}) {what}"),
                    "write it like this: https://hooks.slack.com/services/…, or slack+https://… where the host does not tell the form",
                ),
            }
        }
        addresses
    }

    fn text(&self, key: &str) -> String {
        self.found
            .get(key)
            .map(|found| found.text.clone())
            .unwrap_or_default()
    }

    fn refuse(&mut self, key: &str, what: &str, help: &str) {
        let Some(found) = self.found.get(key) else {
            return;
        };
        let value = if may_hold_a_secret(key) || found.text.contains('@') {
            "its value".to_owned()
        } else {
            format!("`{}`", found.text)
        };
        let mut problem =
            Problem::error("bad-setting", format!("{}: {value} {what}", found.name)).help(help);
        problem.place.clone_from(&found.place);
        self.problems.push(problem);
    }

    fn word<T>(&mut self, key: &str, parse: impl Fn(&str) -> Option<T>, help: &str) -> Option<T> {
        let word = parse(&self.text(key));
        if word.is_none() {
            self.refuse(key, "is not known here", help);
        }
        word
    }

    fn yes(&mut self, key: &str) -> Option<bool> {
        self.word(key, |text| text.parse().ok(), "true or false")
    }

    fn address(&mut self, key: &str) -> Option<SocketAddr> {
        self.word(
            key,
            |text| SocketAddr::from_str(text).ok(),
            "an address and a port, like this: 127.0.0.1:8080",
        )
    }

    fn span(&mut self, key: &str) -> Option<Duration> {
        self.word(
            key,
            |text| parse_span(text).filter(|span| !span.is_zero()),
            "a number and ms, s, m, h or d, like this: 10s",
        )
    }

    fn number(&mut self, key: &str, least: usize, most: usize) -> Option<usize> {
        let parse = |text: &str| {
            text.parse()
                .ok()
                .filter(|number| (least..=most).contains(number))
        };
        self.word(
            key,
            parse,
            &format!("a whole number from {least} to {most}"),
        )
    }
}

/// Whether a text has the form of Featurebase's ids of teammates and webhooks.
fn is_id(text: &str) -> bool {
    text.len() == 24 && text.bytes().all(|b| b.is_ascii_hexdigit())
}

/// Whether nobody on the way can read what is sent there.
fn is_safe(url: &url::Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}
