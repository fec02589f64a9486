//! Where people are told: an address and the form its keeper understands.

use std::fmt;

use sha2::{Digest as _, Sha256};
use url::Url;

crate::vocabulary! {
    /// In which form a message is sent.
    Form {
        Slack = "slack",
        Discord = "discord",
        /// An Adaptive Card, as workflows and connectors of Microsoft Teams take it.
        Teams = "teams",
        /// Plain JSON, for programs of one's own.
        Json = "json",
    }
}

/// An address people are told at. It holds a key, so it is never shown whole.
#[derive(Clone, PartialEq, Eq)]
pub struct Address {
    pub form: Form,
    url: Url,
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.shown())
    }
}

impl Address {
    /// Reads an address. Its form is told by the host, or in front: `slack+https://...`.
    ///
    /// # Errors
    /// What is wrong with it, in words that do not repeat it.
    pub fn read(text: &str) -> Result<Self, String> {
        let (form, rest) = match text
            .split_once('+')
            .filter(|(front, _)| !front.contains(':'))
        {
            Some((front, rest)) => match Form::parse(front) {
                Some(form) => (Some(form), rest),
                None => {
                    return Err(
                        "begins with a form that is not known: slack+, discord+, teams+ or json+"
                            .to_owned(),
                    );
                }
            },
            None => (None, text),
        };
        let url = Url::parse(rest).map_err(|_| "is not an address".to_owned())?;
        if !is_safe(&url) {
            return Err("is not an https address".to_owned());
        }
        let form = form.unwrap_or_else(|| form_of(&url));
        Ok(Self { form, url })
    }

    /// The whole address, for the one place that sends to it.
    #[must_use]
    pub(super) fn reveal(&self) -> &str {
        self.url.as_str()
    }

    /// The form and the host, and nothing of the key.
    #[must_use]
    pub fn shown(&self) -> String {
        format!("{} at {}", self.form, self.url.host_str().unwrap_or("?"))
    }

    /// By what it is known in the store, where the key must not stand.
    #[must_use]
    pub fn id(&self) -> String {
        let digest = Sha256::digest(format!("{} {}", self.form, self.url));
        hex::encode(digest).chars().take(24).collect()
    }
}

fn form_of(url: &Url) -> Form {
    let host = url.host_str().unwrap_or_default();
    let is_at = |domain: &str| {
        host == domain
            || host
                .strip_suffix(domain)
                .is_some_and(|rest| rest.ends_with('.'))
    };
    if is_at("slack.com") || is_at("slack-gov.com") {
        Form::Slack
    } else if (is_at("discord.com") || is_at("discordapp.com"))
        && url.path().starts_with("/api/webhooks/")
    {
        Form::Discord
    } else if [
        "webhook.office.com",
        "logic.azure.com",
        "powerplatform.com",
        "powerautomate.com",
    ]
    .iter()
    .any(|domain| is_at(domain))
    {
        Form::Teams
    } else {
        Form::Json
    }
}

/// Whether nobody on the way can read what is sent there.
fn is_safe(url: &Url) -> bool {
    let loopback = match url.host() {
        Some(url::Host::Domain(name)) => name == "localhost",
        Some(url::Host::Ipv4(address)) => address.is_loopback(),
        Some(url::Host::Ipv6(address)) => address.is_loopback(),
        None => return false,
    };
    url.scheme() == "https" || (url.scheme() == "http" && loopback)
}
