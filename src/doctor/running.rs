//! The running program, as it answered on its private listener.

use serde::Deserialize;

use super::Line;

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    pub status: u16,
    pub body: String,
}

/// What the running program was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    pub ready: Result<Answer, String>,
    pub refusals: Result<Answer, String>,
}

#[derive(Deserialize)]
struct Refusals {
    refused: Vec<Refused>,
    clock: Option<Ahead>,
}

#[derive(Deserialize)]
struct Refused {
    why: String,
    count: u64,
    #[serde(default)]
    last_at: Option<String>,
    #[serde(default)]
    hint: Option<String>,
}

#[derive(Deserialize)]
struct Ahead {
    ahead_seconds: Option<i64>,
}

pub(super) fn lines(asked: &Asked) -> Vec<Line> {
    let mut lines = ready(&asked.ready);
    if let Ok(answer) = &asked.refusals
        && answer.status == 200
    {
        lines.extend(refusals(&answer.body));
    }
    lines
}

fn ready(answer: &Result<Answer, String>) -> Vec<Line> {
    let about = "running";
    let answer = match answer {
        Ok(answer) => answer,
        Err(why) => {
            let help = "start `bouncer run` with this configuration, or set BOUNCER_PRIVATE_LISTEN to where it listens";
            return vec![Line::fail(about, why.as_str(), help)];
        }
    };
    let mut told = answer.body.lines();
    let first = told.next().unwrap_or_default();
    let line = match answer.status {
        200 => Line::ok(about, "a bouncer runs and is ready"),
        503 => Line::fail(
            about,
            format!("a bouncer runs and is {first}"),
            "the lines below and its log say why",
        ),
        status => Line::fail(
            about,
            format!("what answers there is not a bouncer of this version (HTTP status {status})"),
            "look at what listens on private_listen",
        ),
    };
    // Which rules are in force is nothing to worry about.
    let worries = told
        .filter(|line| !line.starts_with("rules: ") || !line.contains("in force, digest"))
        // The doctor says this by itself.
        .filter(|line| !line.starts_with("regret of "));
    let worries = worries.map(|line| Line::warn(about, line, "see the bouncer's log"));
    std::iter::once(line).chain(worries).collect()
}

fn refusals(body: &str) -> Vec<Line> {
    let about = "deliveries";
    let Ok(told) = serde_json::from_str::<Refusals>(body) else {
        return Vec::new();
    };
    let ahead = told.clock.and_then(|clock| clock.ahead_seconds);
    let skew = ahead.filter(|seconds| *seconds != 0).map(|seconds| {
        let way = if seconds > 0 { "ahead" } else { "behind" };
        let what = format!(
            "rightly signed ones were refused: this machine's clock is {} seconds {way}",
            seconds.unsigned_abs()
        );
        Line::fail(
            about,
            what,
            "set the clock by NTP; what was refused comes again",
        )
    });
    let mut lines: Vec<Line> = told.refused.iter().map(refused).collect();
    if lines.is_empty() && skew.is_none() {
        return vec![Line::ok(about, "none was refused")];
    }
    lines.extend(skew);
    lines
}

fn refused(refused: &Refused) -> Line {
    let last = match &refused.last_at {
        Some(last) => format!(", the last at {last}"),
        None => String::new(),
    };
    let what = format!("{} were refused ({}){last}", refused.count, refused.why);
    let help = refused.hint.as_deref();
    Line::warn("deliveries", what, help.unwrap_or("strangers cause these, too; `bouncer webhook status` shows whether Featurebase sees failures"))
}
