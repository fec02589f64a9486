//! The whole job at a glance: a local Featurebase and a bouncer in one process, ordinary customers and a spam wave, and a
//! live view of what is received, decided, blocked and held. Needs no set-up and no network.

mod script;
mod view;

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context as _;

use crate::config::{Config, Environment, Need};
use crate::desk::{Desk, Order};
use crate::problem::{Paint, render};
use crate::sandbox::{Options, Sandbox};
use crate::server::{self, Driven, Running};
use crate::store::Store;
use crate::time::Clock;
use view::View;

/// The rules that come with the program and their lists, as files.
pub const STARTER_RULES: &[(&str, &str)] = &[
    ("adds-up.toml", include_str!("../rules/adds-up.toml")),
    (
        "adult-and-gambling.toml",
        include_str!("../rules/adult-and-gambling.toml"),
    ),
    (
        "cold-pitches.toml",
        include_str!("../rules/cold-pitches.toml"),
    ),
    ("crypto.toml", include_str!("../rules/crypto.toml")),
    ("disguise.toml", include_str!("../rules/disguise.toml")),
    (
        "fake-support.toml",
        include_str!("../rules/fake-support.toml"),
    ),
    ("floods.toml", include_str!("../rules/floods.toml")),
    ("phishing.toml", include_str!("../rules/phishing.toml")),
    ("policy.toml", include_str!("../rules/policy.toml")),
    ("signals.toml", include_str!("../rules/signals.toml")),
    (
        "throw-away-senders.toml",
        include_str!("../rules/throw-away-senders.toml"),
    ),
    (
        "lists/disposable-email-domains.txt",
        include_str!("../rules/lists/disposable-email-domains.txt"),
    ),
];

/// Signs nothing but made-up conversations on this machine.
const API_KEY: &str = "demo-api-key-0001";

#[derive(Debug, clap::Args)]
pub struct DemoOptions {
    /// Keep running afterwards, to look around
    #[arg(long)]
    pub keep: bool,
    /// Milliseconds between two messages
    #[arg(long, default_value_t = 250, value_name = "MS")]
    pub pace: u64,
}

/// Plays the demo.
///
/// # Errors
/// When no loopback port or temporary folder can be had, or the story does not come out as told.
pub async fn run(options: DemoOptions) -> anyhow::Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("bouncer-demo-")
        .tempdir()
        .context("no temporary folder can be made")?
        .keep();
    let _ = rustls::crypto::ring::default_provider().install_default();
    let sandbox = Sandbox::start(Options {
        api_key: API_KEY.to_owned(),
        ..Options::default()
    })
    .await
    .context("the sandbox cannot start")?;
    let view = View::default();
    let (running, store) = start(&sandbox, &folder).await?;
    View::opening(&running.line, &folder);
    let desk = Desk {
        store: store.clone(),
        clock: Clock::system(),
        exempt: Duration::from_hours(24 * 30),
    };
    let told = script::play(&sandbox, &desk, &view, Duration::from_millis(options.pace)).await;
    if let Ok(story) = &told {
        view.summary(&desk, &sandbox, story, &folder).await?;
        if options.keep {
            View::keeping(&sandbox, &running);
            let _ = tokio::signal::ctrl_c().await;
        }
    }
    sandbox.stop().await;
    running.stop().await;
    told.map(|_| ExitCode::SUCCESS)
}

/// A bouncer with a store in the folder and the rules that come with the program, registered as the sandbox's webhook.
async fn start(sandbox: &Sandbox, folder: &Path) -> anyhow::Result<(Running, Store)> {
    let rules = write_rules(folder)?;
    // The webhook's address must be known before the secret is, and the secret before the bouncer starts.
    let port = std::net::TcpListener::bind("127.0.0.1:0")?
        .local_addr()?
        .port();
    let webhook = sandbox.add_webhook(
        &format!("http://127.0.0.1:{port}/webhooks/featurebase"),
        crate::sandbox::BOUNCER_TOPICS,
    );
    let environment: Environment = [
        ("BOUNCER_LISTEN", format!("127.0.0.1:{port}")),
        ("BOUNCER_PRIVATE_LISTEN", "127.0.0.1:0".to_owned()),
        (
            "BOUNCER_DATA_DIR",
            folder.join("data").display().to_string(),
        ),
        ("BOUNCER_RULES_DIR", rules.display().to_string()),
        ("BOUNCER_BASE_URL", sandbox.url()),
        ("FEATUREBASE_API_KEY", API_KEY.to_owned()),
        ("FEATUREBASE_WEBHOOK_SECRET", webhook.secret),
    ]
    .into_iter()
    .map(|(name, value)| (name.to_owned(), value))
    .collect();
    let config = Config::from_environment(&environment, Need::Everything)
        .map_err(|problems| anyhow::anyhow!(render(&problems, Paint::Plain)))?;
    let app = server::assemble(&config, Clock::system()).await?;
    let store = app.store.clone();
    Ok((app.serve(Driven::ByItself).await?, store))
}

fn write_rules(folder: &Path) -> anyhow::Result<PathBuf> {
    let rules = folder.join("rules");
    std::fs::create_dir_all(rules.join("lists")).context("the demo's rules cannot be written")?;
    for (name, text) in STARTER_RULES {
        std::fs::write(rules.join(name), text).context("the demo's rules cannot be written")?;
    }
    Ok(rules)
}

/// What an order in the demo is recorded with.
const fn ana(reason: &str) -> Order<'_> {
    Order {
        actor: "ana",
        reason,
    }
}
