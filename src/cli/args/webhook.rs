//! What can be said about the webhook, and of the doctor.

use std::path::PathBuf;

use clap::Subcommand;

#[derive(Debug, Subcommand)]
pub enum WebhookCommand {
    /// Make a webhook with the topics we need, and write its secret where you say
    Create(WebhookCreate),
    /// Show how Featurebase says our webhook is; exit code 1 when it does not deliver as it should
    Status(WebhookNamed),
    /// Have a new secret made, with the old one accepted beside it; no event is lost
    Rotate(WebhookRotate),
    /// List all webhooks
    List,
}

#[derive(Debug, clap::Args)]
pub struct WebhookCreate {
    /// The bouncer's address in the world, such as <https://your.host/webhooks/featurebase>
    #[arg(long)]
    pub url: String,
    /// What it is called in Featurebase
    #[arg(long, default_value = "Bouncer")]
    pub name: String,
    #[command(flatten)]
    pub secret: SecretPlace,
}

#[derive(Debug, clap::Args)]
pub struct WebhookNamed {
    /// Its id; `webhook_id` of the configuration, or found, if left out
    #[arg(long)]
    pub id: Option<String>,
}

#[derive(Debug, clap::Args)]
pub struct WebhookRotate {
    /// Its id; `webhook_id` of the configuration, or found, if left out
    #[arg(long)]
    pub id: Option<String>,
    #[command(flatten)]
    pub secret: SecretPlace,
    /// Make no new secret: end the old ones in the file. A day after a rotation nothing is signed with them any more
    #[arg(long, conflicts_with_all = ["show_secret", "id"])]
    pub forget_old: bool,
}

#[derive(Debug, clap::Args)]
pub struct SecretPlace {
    /// Write the secret first into this file; `FEATUREBASE_WEBHOOK_SECRET_FILE` if left out
    #[arg(long, value_name = "FILE")]
    pub secret_file: Option<PathBuf>,
    /// Print the secret
    #[arg(long)]
    pub show_secret: bool,
}

#[derive(Debug, clap::Args)]
pub struct Doctor {
    /// Have Featurebase make a suspended or paused webhook active again
    #[arg(long)]
    pub fix: bool,
    /// Who orders that, for the record; your login name if left out
    #[arg(long, value_name = "NAME")]
    pub by: Option<String>,
}
