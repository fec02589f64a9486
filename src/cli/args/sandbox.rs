//! `bouncer sandbox` and `trigger`.

use std::net::SocketAddr;

use crate::message::ContactKind;

#[derive(Debug, clap::Args)]
pub struct Sandbox {
    /// Address to listen on
    #[arg(long, default_value = "127.0.0.1:8090")]
    pub listen: SocketAddr,
    /// API key callers must use
    #[arg(long, default_value = "sandbox-api-key")]
    pub api_key: String,
    /// Deliver events to this address, such as <http://127.0.0.1:8080/webhooks/featurebase>
    #[arg(long)]
    pub webhook: Option<String>,
    /// How many times faster than real time retries come
    #[arg(long, default_value_t = 1)]
    pub speed: u32,
}

#[derive(Debug, clap::Args)]
pub struct Trigger {
    /// Topic, such as conversation.user.created
    pub topic: String,
    /// What the contact writes
    #[arg(long)]
    pub text: String,
    /// Who writes it: lead or customer
    #[arg(long = "as", default_value = "lead", value_parser = kind)]
    pub sender: ContactKind,
    /// Id of the contact; a new one if left out
    #[arg(long)]
    pub contact: Option<String>,
    /// Where to send it
    #[arg(long, default_value = "http://127.0.0.1:8080/webhooks/featurebase")]
    pub to: String,
}

pub(super) fn kind(text: &str) -> Result<ContactKind, String> {
    ContactKind::parse(text).ok_or_else(|| "either lead or customer".to_owned())
}
