//! What is read out of a message: its words, its links, and the form in which they are compared.

mod folding;
mod folding_disguises;
mod folding_tricks;
mod hidden;
mod hostile;
mod links;
mod links_written;
mod quotes;
mod shown;

use featurebase_bouncer::rules::links::Link;
use featurebase_bouncer::rules::text::{Text, read};

fn html(body: &str) -> Text {
    read(Some(body), None)
}

fn markdown(body: &str) -> Text {
    read(None, Some(body))
}

fn hosts(links: &[Link]) -> Vec<&str> {
    links.iter().map(|link| link.host.as_str()).collect()
}
