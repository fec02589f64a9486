use std::time::Duration;

use featurebase_bouncer::alerts::{BETWEEN, PER_HOUR, plan};
use featurebase_bouncer::store::alerts::Alert;
use featurebase_bouncer::time::Timestamp;

const NOW: Timestamp = Timestamp::from_seconds(1_800_000_000);

fn alert(seq: i64, topic: &str) -> Alert {
    Alert {
        seq,
        at: NOW,
        topic: topic.to_owned(),
        line: format!("line {seq}"),
    }
}

#[test]
fn what_is_about_the_same_goes_into_one_message_with_a_count() {
    let waiting: Vec<Alert> = (1..=40).map(|seq| alert(seq, "brake")).collect();
    let planned = plan(&waiting, &[], NOW);
    assert_eq!(planned.len(), 1);
    assert_eq!(planned[0].count, 40);
    assert_eq!(
        planned[0].lines,
        ["line 36", "line 37", "line 38", "line 39", "line 40"]
    );
    assert_eq!(planned[0].seqs.len(), 40, "all of them count as told");
}

#[test]
fn the_same_is_told_once_a_minute_at_most() {
    let waiting = [alert(1, "brake"), alert(2, "rules")];
    let told = |ago: Duration| vec![("brake".to_owned(), NOW.before(ago))];
    let topics = |ago: Duration| -> Vec<String> {
        plan(&waiting, &told(ago), NOW)
            .iter()
            .map(|message| message.topic.to_string())
            .collect()
    };
    assert_eq!(topics(Duration::from_secs(59)), ["rules"]);
    assert_eq!(topics(BETWEEN), ["brake", "rules"]);
}

#[test]
fn there_are_twenty_messages_an_hour_at_most() {
    let told = |count: usize, ago: Duration| vec![("key".to_owned(), NOW.before(ago)); count];
    let waiting = [alert(1, "brake"), alert(2, "rules")];
    let sent = |count: usize, ago: Duration| plan(&waiting, &told(count, ago), NOW).len();
    assert_eq!(sent(PER_HOUR, Duration::from_mins(59)), 0);
    assert_eq!(sent(PER_HOUR - 1, Duration::from_mins(59)), 1);
    assert_eq!(sent(PER_HOUR, Duration::from_mins(60)), 2);
}
