use featurebase_bouncer::alerts::{Address, Form, Message, Topic, body};
use featurebase_bouncer::time::Timestamp;

fn message() -> Message {
    Message {
        topic: Topic::Brake,
        lines: vec![
            "The brake of pitch/seo-offer tripped: 20 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list".to_owned(),
            "ana <@everyone> & *co* released the brake of pitch/seo-offer.".to_owned(),
        ],
        count: 4,
        at: Timestamp::parse("2026-07-01T10:00:00Z").unwrap(),
        seqs: vec![7, 9, 11, 12],
    }
}

fn shown(form: Form) -> String {
    serde_json::to_string_pretty(&body(form, &message())).unwrap()
}

#[test]
fn slack_gets_text_in_which_nothing_of_ours_is_a_mention_or_a_link() {
    insta::assert_snapshot!(shown(Form::Slack), @r#"
    {
      "text": "*Featurebase Bouncer: Brake*\nThe brake of pitch/seo-offer tripped: 20 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list\nana &lt;@everyone&gt; &amp; *co* released the brake of pitch/seo-offer.\nand 2 more before these: bouncer audit",
      "unfurl_links": false,
      "unfurl_media": false
    }
    "#);
}

#[test]
fn discord_gets_content_that_mentions_nobody() {
    let shown = shown(Form::Discord).replace('\u{200b}', "<no blank>");
    insta::assert_snapshot!(shown, @r#"
    {
      "allowed_mentions": {
        "parse": []
      },
      "content": "**Featurebase Bouncer: Brake**\nThe brake of pitch/seo\\-offer tripped: 20 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list\nana \\<@<no blank>everyone\\> & \\*co\\* released the brake of pitch/seo\\-offer.\nand 2 more before these: bouncer audit",
      "flags": 4
    }
    "#);
}

#[test]
fn teams_gets_an_adaptive_card() {
    insta::assert_snapshot!(shown(Form::Teams), @r#"
    {
      "attachments": [
        {
          "content": {
            "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
            "body": [
              {
                "size": "Medium",
                "text": "Featurebase Bouncer: Brake",
                "type": "TextBlock",
                "weight": "Bolder",
                "wrap": true
              },
              {
                "text": "The brake of pitch/seo\\-offer tripped: 20 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list",
                "type": "TextBlock",
                "wrap": true
              },
              {
                "text": "ana <@everyone\\> & \\*co\\* released the brake of pitch/seo\\-offer.",
                "type": "TextBlock",
                "wrap": true
              },
              {
                "text": "and 2 more before these: bouncer audit",
                "type": "TextBlock",
                "wrap": true
              }
            ],
            "type": "AdaptiveCard",
            "version": "1.4"
          },
          "contentType": "application/vnd.microsoft.card.adaptive",
          "contentUrl": null
        }
      ],
      "type": "message"
    }
    "#);
}

#[test]
fn programs_get_plain_json() {
    insta::assert_snapshot!(shown(Form::Json), @r#"
    {
      "at": "2026-07-01T10:00:00.000Z",
      "count": 4,
      "lines": [
        "The brake of pitch/seo-offer tripped: 20 blocks within 10m. Further blocks are held until a person releases it: bouncer brake list",
        "ana <@everyone> & *co* released the brake of pitch/seo-offer."
      ],
      "records": [
        7,
        9,
        11,
        12
      ],
      "source": "featurebase-bouncer",
      "title": "Featurebase Bouncer: Brake",
      "topic": "brake"
    }
    "#);
}

#[test]
fn nothing_is_longer_than_its_keeper_takes_and_no_escape_is_cut_in_two() {
    for filler in ["&", "<", "*", "\\", "ä", "@"] {
        for length in [600, 700, 990, 1_000, 2_000, 2_990, 40_000] {
            let long = Message {
                lines: vec![filler.repeat(length); 5],
                ..message()
            };
            let slack = body(Form::Slack, &long)["text"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(slack.chars().count() <= 3_000);
            let last = slack
                .trim_end_matches('…')
                .rsplit('&')
                .next()
                .unwrap()
                .to_owned();
            assert!(
                !slack.contains('&')
                    || last.contains(';')
                    || slack.trim_end_matches('…').ends_with(';'),
                "{}",
                &slack[slack.len() - 20..]
            );
            let discord = body(Form::Discord, &long)["content"]
                .as_str()
                .unwrap()
                .to_owned();
            assert!(discord.chars().count() <= 2_000);
            assert!(body(Form::Teams, &long).to_string().len() < 28_000);
        }
    }
}

#[test]
fn the_form_is_told_by_the_host_or_said_in_front() {
    for (text, form) in [
        ("https://hooks.slack.com/services/T0/B0/xyz", Form::Slack),
        (
            "https://hooks.slack-gov.com/services/T0/B0/xyz",
            Form::Slack,
        ),
        ("https://discord.com/api/webhooks/1/xyz", Form::Discord),
        ("https://ptb.discord.com/api/webhooks/1/xyz", Form::Discord),
        ("https://discordapp.com/api/webhooks/1/xyz", Form::Discord),
        ("https://discord.com/channels/1", Form::Json),
        ("https://ours.webhook.office.com/webhookb2/xyz", Form::Teams),
        (
            "https://prod-1.westeurope.logic.azure.com:443/workflows/xyz",
            Form::Teams,
        ),
        (
            "https://d.4.environment.api.powerplatform.com/powerautomate/xyz",
            Form::Teams,
        ),
        ("https://flow.powerautomate.com/xyz", Form::Teams),
        ("https://hooks.slack.com.evil.example/x", Form::Json),
        ("https://notslack.com/x", Form::Json),
        ("https://alerts.ours.example/x", Form::Json),
        ("slack+https://chat.ours.example/hooks/x", Form::Slack),
        ("discord+https://chat.ours.example/hooks/x", Form::Discord),
        ("teams+https://chat.ours.example/hooks/x", Form::Teams),
        (
            "json+https://hooks.slack.com/services/T0/B0/xyz",
            Form::Json,
        ),
        ("http://127.0.0.1:9/x", Form::Json),
    ] {
        assert_eq!(
            Address::read(text).map(|address| address.form),
            Ok(form),
            "{text}"
        );
    }
    for bad in [
        "http://hooks.slack.com/x",
        "hooks.slack.com/x",
        "chat+https://x.example/y",
        "slack+",
        "ftp://x.example",
        "https://",
    ] {
        assert!(Address::read(bad).is_err(), "{bad}");
    }
}
