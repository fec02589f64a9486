//! How much could go wrong before a brake trips: a wave of spam and a rule gone wrong, played with the operator's own rules and
//! policy against the sandbox, on a clock moved by hand and a store that is thrown away. Nothing real is touched.

mod report;
mod scene;

use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;

pub use report::{Report, Scene, Tripped};

use crate::rules::ordinary_messages;
use scene::Stage;

/// The text of the wave.
const WAVE: &str = "drill: buy ten thousand quite genuine drillbit followers today";
/// The rule that should catch it, as if somebody had just written it.
const WAVE_RULE: &str = r#"
[[rule]]
id = "drill/wave"
why = "The wave of a drill"
stage = "enforce"
then = "block"
all = [{ words = ["drillbit followers"] }]
examples.match = ["buy drillbit followers"]
examples.pass = ["hello there"]
"#;
/// A rule as it comes of a slip: nearly every message meets it.
const BAD_RULE: &str = r#"
[[rule]]
id = "drill/gone-wrong"
why = "A rule gone wrong, for a drill"
stage = "enforce"
then = "block"
all = [{ length = { at_least = 3 } }]
examples.match = ["hello there"]
examples.pass = ["hi"]
"#;

#[derive(Debug, clap::Args)]
pub struct DrillOptions {
    /// How many people write in each of the two scenes
    #[arg(long, default_value_t = 200, value_name = "PEOPLE", value_parser = clap::value_parser!(u32).range(1..=5_000))]
    pub senders: u32,
    /// Time between two messages, of the drill's own clock
    #[arg(long, default_value = "1s", value_name = "SPAN", value_parser = span)]
    pub every: Duration,
}

fn span(text: &str) -> Result<Duration, String> {
    crate::time::parse_span(text).ok_or_else(|| "a number and ms, s, m or h, such as 2s".to_owned())
}

/// Plays both scenes with the rules of a folder.
///
/// # Errors
/// When the rules cannot be used, or no loopback port or temporary folder can be had.
pub async fn run(rules: &Path, options: &DrillOptions) -> anyhow::Result<Report> {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let wave = (0..options.senders).map(|_| WAVE.to_owned());
    let ordinary: Vec<String> = ordinary_messages().collect();
    let everyday = ordinary
        .into_iter()
        .cycle()
        .take(usize::try_from(options.senders).unwrap_or(usize::MAX));
    let scenes = vec![
        play("a wave of spam", rules, WAVE_RULE, wave, options).await?,
        play("a rule gone wrong", rules, BAD_RULE, everyday, options).await?,
    ];
    let passed = scenes
        .iter()
        .all(|scene| scene.tripped.is_some() && scene.told > 0);
    Ok(Report { scenes, passed })
}

async fn play(
    name: &'static str,
    rules: &Path,
    rule: &str,
    texts: impl Iterator<Item = String>,
    options: &DrillOptions,
) -> anyhow::Result<Scene> {
    let stage = Stage::set(rules, rule)
        .await
        .with_context(|| format!("the scene “{name}” cannot be set"))?;
    let played = stage.play(name, texts, options.every).await;
    stage.strike().await;
    played
}
