//! Which messages go out at this moment: what is about the same goes into one, and there are not too many. A plain function.

use std::time::Duration;

use crate::store::alerts::Alert;
use crate::time::Timestamp;

use super::topic::Topic;

/// Shortest time between two messages about the same.
pub const BETWEEN: Duration = Duration::from_mins(1);
/// Most messages to one channel in an hour; the rest waits and is summed up.
pub const PER_HOUR: usize = 20;
/// Most lines of one message.
const LINES: usize = 5;

/// One message to people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    pub topic: Topic,
    /// The newest lines, oldest first.
    pub lines: Vec<String>,
    /// How many alerts it stands for.
    pub count: usize,
    /// When the newest of them was recorded.
    pub at: Timestamp,
    /// The rows of the record it comes from.
    pub seqs: Vec<i64>,
}

/// What to send now. `told` are the messages of the last hour.
#[must_use]
pub fn plan(waiting: &[Alert], told: &[(String, Timestamp)], now: Timestamp) -> Vec<Message> {
    let hour = now.before(Duration::from_hours(1));
    // What lies ahead was told by a clock that has gone back since.
    let told: Vec<&(String, Timestamp)> = told
        .iter()
        .filter(|(_, at)| *at <= now.after(BETWEEN))
        .collect();
    let sent = told.iter().filter(|(_, at)| *at > hour).count();
    let is_early = |topic: Topic| {
        told.iter()
            .any(|(told, at)| told == topic.as_str() && *at > now.before(BETWEEN))
    };
    Topic::ALL
        .iter()
        .filter(|topic| !is_early(**topic))
        .filter_map(|topic| message(*topic, waiting))
        .take(PER_HOUR.saturating_sub(sent))
        .collect()
}

fn message(topic: Topic, waiting: &[Alert]) -> Option<Message> {
    let about: Vec<&Alert> = waiting
        .iter()
        .filter(|alert| alert.topic == topic.as_str())
        .collect();
    let newest = about.last()?;
    let lines = about.iter().rev().take(LINES).rev();
    Some(Message {
        topic,
        lines: lines.map(|alert| alert.line.clone()).collect(),
        count: about.len(),
        at: newest.at,
        seqs: about.iter().map(|alert| alert.seq).collect(),
    })
}
