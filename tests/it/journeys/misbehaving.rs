//! Answers that mislead, and ids that would: nothing is followed, swallowed whole, waited for without end, or put in a URL.

use std::time::Duration;

use featurebase_bouncer::message::ContactId;
use featurebase_bouncer::sandbox::{Fault, FaultKind, FaultTarget};

use crate::bot::{Bot, PITCH, Setup};
use crate::on_both_databases;

const SECOND: Duration = Duration::from_secs(1);
const MINUTE: Duration = Duration::from_mins(1);

on_both_databases! {
    async fn an_answer_that_never_ends_is_broken_off(database) {
        let bot = Setup::on(database).set("BOUNCER_CALL_TIMEOUT", "200ms").start().await;
        bot.sandbox.fault(Fault::times(2, FaultTarget::Any, FaultKind::Drip(Duration::from_millis(20))));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        // Patience in real time, so that this ends, too, when nothing breaks the answer off.
        tokio::time::timeout(MINUTE, bot.passes(MINUTE * 3, SECOND * 10)).await.expect("it is broken off");
        assert!(bot.sandbox.is_blocked(&spammer));
        assert!(bot.why(&spammer).await.contains("no answer in time"), "{}", bot.why(&spammer).await);
    }

    async fn a_redirect_is_not_followed(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::times(3, FaultTarget::Any, FaultKind::Redirect));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(MINUTE * 3, SECOND * 10).await;
        assert!(bot.sandbox.is_blocked(&spammer));
        let calls = bot.sandbox.calls();
        assert!(calls.iter().all(|call| call.path != "/v2/elsewhere"), "{calls:?}");
        assert_eq!(calls.iter().filter(|call| call.status == Some(307)).count(), 3);
    }

    async fn an_answer_too_large_to_read_blocks_nobody_and_is_tried_again(database) {
        let bot = Bot::on(database).await;
        bot.sandbox.fault(Fault::times(2, FaultTarget::Any, FaultKind::Huge));
        let spammer = bot.lead("spammer");
        bot.writes(&spammer, PITCH);
        bot.passes(MINUTE * 3, SECOND * 10).await;
        assert!(bot.sandbox.is_blocked(&spammer));
    }
}

/// Pieces ids could be made of by somebody who means harm.
const PIECES: &[&str] = &[
    "a",
    "F",
    "0",
    "9",
    "65f1c3d2a9b4e80012ab34cd",
    "..",
    "/",
    "\\",
    "%2e%2e",
    "%2F",
    "?",
    "#",
    "&",
    "\r\n",
    "\n",
    "X-Evil: 1",
    "\0",
    " ",
    "@evil.example",
    ":80",
    ";",
    "é",
    "\u{202e}",
    "１２",
    "{}",
    "",
    "/block",
    "..;/",
    "//evil.example/",
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn only_ids_of_the_documented_form_come_into_a_url() {
    let bot = Setup::on(crate::database::Database::sqlite())
        .set("BOUNCER_CALLS_PER_MINUTE", "2000")
        .start()
        .await;
    let featurebase = bot.worker.outside.featurebase.clone().unwrap();
    let right = regex::Regex::new(
        "^/v2/(contacts/[0-9a-fA-F]{24}(/(un)?block)?|conversations/[0-9A-Za-z]{1,64}(/reply)?)$",
    )
    .unwrap();
    let seed = fastrand::u64(..);
    println!("seed {seed}");
    let mut random = fastrand::Rng::with_seed(seed);
    for _ in 0..300 {
        let pieces = random.usize(0..4);
        let mut id: String = (0..pieces)
            .map(|_| random.choice(PIECES).unwrap().to_owned())
            .collect();
        if random.u8(..) < 40 {
            id = (0..random.usize(22..27))
                .map(|_| char::from(*random.choice(b"0123456789abcdefABCDEFg").unwrap()))
                .collect();
        }
        let (contact, now) = (ContactId::new(id.clone()), bot.clock.now());
        let _ = featurebase.block(&contact, now).await;
        let _ = featurebase.unblock(&contact, now).await;
        let _ = featurebase.profile(&contact, now).await;
        let _ = featurebase.conversation(&id, now).await;
        let _ = featurebase.close(&id, now).await;
        let _ = featurebase.note(&id, &id, &id, now).await;
        let _ = featurebase.has_note(&id, &id, now).await;
        bot.clock.advance(SECOND);
    }
    let calls = bot.sandbox.calls();
    assert!(calls.len() > 20, "some are right: {}", calls.len());
    for call in calls {
        assert!(
            right.is_match(&call.path),
            "seed {seed}: {} {}",
            call.method,
            call.path
        );
    }
}
