//! The events that are sent: made, signed and written out as requests before the clock runs.

use std::sync::atomic::{AtomicUsize, Ordering};

use featurebase_bouncer::message::ContactKind;
use featurebase_bouncer::sandbox::{sample_event, sign};
use featurebase_bouncer::time::Clock;

/// Signs nothing but made-up events on this machine.
pub const SECRET: &str = "whsec_load_bench_0001";
/// Where deliveries are posted to.
pub const PATH: &str = "/webhooks/featurebase";

/// What people write, about 300 characters each. Their words are shuffled anew for each message: no two are alike.
const TEXTS: [&str; 9] = [
    "Hello! Since the update on Tuesday our team cannot see the roadmap any more: the page stays white after the login, in Firefox and in Chrome, on two machines. The other pages are all right. Is something known about it, or is there a setting that we have overlooked? It would be good to have it back by Friday.",
    "Hi there, we would like to move from the monthly to the yearly plan and add four more seats at the same time. Can you tell me what the invoice will be, and whether what we paid for this month is taken off it? Our accountant also asks for the invoice to carry our new address. Thank you very much in advance!",
    "I have a question about the widget: can it be opened by a button of our own instead of the bubble in the corner? I found the method in the documentation, but it seems that it only works once the whole page has loaded. We use a single page application, so the button is there before. How do others do that?",
    "When I export the feedback of the last quarter as CSV, all umlauts are broken in the spreadsheet. It worked in spring. I suspect that the mark at the beginning of the file has gone missing. Could you have a look? I have attached nothing, because it happens with every board that I have tried, even new ones.",
    "**Feature request:** it would be great if comments could be sorted by votes. On our busiest board there are now posts with more than two hundred comments, and the ones that matter are somewhere in the middle.\n\n- sort by votes\n- remember the choice for each person\n- show the number of votes in the list, too",
    "Good morning. One of our customers wrote under the wrong account, and now her posts are shown with the name of a colleague who has left us. Is there a way to hand them over to another person, or must she write them again? She would rather keep the votes, of course. It is about seven posts, all of them public.",
    "The webhook of our integration was switched off last night because our server was down for an hour. We have it running again. Can the events of that hour be sent once more, or do we have to fetch them by ourselves? And could there be an email next time to more than one address? It went to somebody on holiday.",
    "Thanks for the quick answer yesterday, the workaround does what we need. Only one thing is left: in the dark theme the labels of the tags are nearly unreadable, as you can see at the top of the changelog page. A lighter grey would do. No hurry with that, I only wanted to tell you before I forget about it again.",
    "Could you please tell me whether single sign-on by SAML is part of the plan that we are on? Our security people ask for it before we can invite the other departments, which would be around eighty people. They would also like to read your report on data protection, and to know in which country the data is kept.",
];

/// What the bouncer is there for: one in ten, always the same, from ever new contacts.
const FLOOD: &str = "Dear sir or madam, congratulations! Your wallet was selected for our exclusive crypto airdrop: claim your 5000 USDT today at https://claim-airdrop-bonus.example/start and double your bitcoin within 24 hours, guaranteed profit without any risk. Contact our agent on Telegram @fastprofit now, only few places left!";

/// Words of a message that nobody wrote before.
const WORDS: usize = 52;

/// How many events to make, and whether each may be sent more than once.
#[derive(Debug, Clone, Copy)]
pub enum Supply {
    /// The sending ends when they have run out.
    Once(usize),
    Again(usize),
}

/// Requests, ready to be written to a connection.
#[derive(Debug)]
pub struct Events {
    requests: Vec<Vec<u8>>,
    next: AtomicUsize,
    again: bool,
}

impl Events {
    /// Makes events of new contacts in new conversations, opening messages and replies in turn, signed at this moment.
    pub fn make(supply: Supply) -> Self {
        let (count, again) = match supply {
            Supply::Once(count) => (count, false),
            Supply::Again(count) => (count, true),
        };
        Self {
            requests: bodies().take(count).map(|body| request(&body)).collect(),
            next: AtomicUsize::new(0),
            again,
        }
    }

    /// The next request, unless all were taken.
    pub fn take(&self) -> Option<&[u8]> {
        let mut place = self.next.fetch_add(1, Ordering::Relaxed);
        if self.again {
            place %= self.requests.len().max(1);
        }
        self.requests.get(place).map(Vec::as_slice)
    }
}

/// Mean size of an event's body, in bytes.
pub fn mean_size() -> usize {
    let sample = 200;
    bodies().take(sample).map(|body| body.len()).sum::<usize>() / sample
}

fn bodies() -> impl Iterator<Item = Vec<u8>> {
    let clock = Clock::system();
    let mut random = fastrand::Rng::with_seed(7);
    let words: Vec<&str> = TEXTS.iter().flat_map(|text| text.split(' ')).collect();
    (0_usize..).map(move |number| {
        let topic = match number % 2 {
            0 => "conversation.user.created",
            _ => "conversation.user.replied",
        };
        let text = if number % 10 == 9 {
            FLOOD.to_owned()
        } else {
            let drawn = (0..WORDS).filter_map(|_| random.choice(&words).copied());
            drawn.collect::<Vec<_>>().join(" ")
        };
        sample_event(topic, &text, ContactKind::Lead, None, &clock)
    })
}

fn request(body: &[u8]) -> Vec<u8> {
    let timestamp = Clock::system().now().seconds().to_string();
    let signature = sign(SECRET, &timestamp, body);
    let mut request = format!(
        "POST {PATH} HTTP/1.1\r\nhost: localhost\r\nuser-agent: Featurebase-Webhook\r\naccept: */*\r\n\
         content-type: application/json\r\nx-webhook-timestamp: {timestamp}\r\nx-webhook-signature: {signature}\r\n\
         content-length: {}\r\n\r\n",
        body.len()
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}
