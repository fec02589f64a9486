//! What each part of the program is given of the whole.

use std::net::SocketAddr;

use super::listener::{Kept, Limits, Numbers};
use super::private::Private;
use super::{App, SecretWatch, descriptors};
use crate::rulewatch::Status;
use crate::webhook::guests::Guests;
use crate::webhook::{self, Receiver};

impl App {
    pub(super) fn receiver(&self) -> Receiver {
        Receiver {
            store: self.store.clone(),
            secrets: self.secrets.clone(),
            refusals: self.refusals.clone(),
            window: self.config.signature_window,
            body_limit: self.config.body_limit,
            body_timeout: self.config.body_timeout,
            room: webhook::Room::default(),
            bodies: Guests::default(),
            clock: self.clock.clone(),
            metrics: self.metrics.clone(),
        }
    }

    pub(super) fn inside(&self) -> Private {
        Private {
            store: self.store.clone(),
            metrics: self.metrics.clone(),
            rules: self.rulewatch.status(),
            refusals: self.refusals.clone(),
            worker: self.worker.clone(),
            doubts: self.doubts.clone(),
            lookout: self.lookout.status(),
            secrets: self.secretwatch.as_ref().map(SecretWatch::trouble),
        }
    }

    /// Those of the public and of the private listener.
    pub(super) fn limits(&self) -> [Limits; 2] {
        let most = self.config.max_connections;
        let limits = |connections, kept| Limits {
            connections,
            header_timeout: self.config.header_timeout,
            kept,
        };
        [
            limits(descriptors::connections(most), Kept::OnceVerified),
            limits(most.min(descriptors::PRIVATE), Kept::OnceAsked),
        ]
    }

    pub(super) fn numbers(&self) -> Numbers {
        Numbers {
            open: self.metrics.connections.clone(),
            sent_away: self.metrics.connections_sent_away.clone(),
        }
    }

    pub(super) fn line(&self, public: SocketAddr, private: SocketAddr) -> String {
        let status: Status = self.rulewatch.status().borrow().clone();
        let rules = match &status.in_force {
            Some(digest) if status.from_store => format!(
                "{} rules {} (the last good ones: the files are not usable)",
                status.rules,
                digest.short()
            ),
            Some(digest) => format!("{} rules {}", status.rules, digest.short()),
            None => "no rules: judging waits".to_owned(),
        };
        format!(
            "bouncer listens on {public}{} and {private}, rules=\"{rules}\" store={} mode={}",
            self.config.webhook_path,
            self.store.kind(),
            self.config.mode
        )
    }
}
