//! What folding finds under disguises, and what it leaves alone: two corpora with floors.

use featurebase_bouncer::rules::fold::{Folded, View, fold};

/// Words spam is full of. An honest text must not get any of them from being revealed.
const SPAM_WORDS: &str = "free viagra casino crypto bitcoin porn sex loan loans winner win won prize prizes money cash \
    bonus bet bets betting poker slot slots spin spins jackpot lottery lotto gamble gambling forex trading trader invest \
    investor investment profit profits earn earnings income dollar dollars million millions rich wealth credit debt \
    mortgage refund gift gifts giveaway airdrop wallet token tokens coin coins btc eth usdt nft nfts ico binance coinbase \
    metamask telegram whatsapp signal instagram followers likes seo backlink backlinks ranking traffic pills pill \
    pharmacy cialis levitra kamagra tramadol xanax ozempic weed cbd vape steroids sexy xxx adult nude nudes naked escort \
    escorts dating singles hot girls girl milf webcam cam onlyfans cheap discount sale sales deal deals offer offers \
    buy order click subscribe unlimited guaranteed guarantee urgent winner congratulations selected claim reward rewards \
    bank paypal visa transfer western union inheritance beneficiary widow prince lawyer password verify account suspended \
    login security alert virus hacker hack recovery recover replica rolex luxury watches diet weight loss hair miracle \
    cure work home job hire hiring salary boss leads list lists database emails bulk spam scam fraud cheat kill";

fn corpus(name: &str) -> Vec<String> {
    let path = format!("{}/tests/corpus/{name}", env!("CARGO_MANIFEST_DIR"));
    std::fs::read_to_string(path)
        .unwrap()
        .lines()
        .filter(|line| !line.trim().is_empty() && !line.starts_with("# "))
        .map(shown)
        .collect()
}

/// Puts the characters in for which `\u{..}` stands.
fn shown(line: &str) -> String {
    let mut parts = line.split("\\u{");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (code, rest) = part.split_once('}').unwrap();
        text.push(char::from_u32(u32::from_str_radix(code, 16).unwrap()).unwrap());
        text.push_str(rest);
    }
    text
}

fn has_word(view: &View, word: &str) -> bool {
    view.as_str()
        .match_indices(word)
        .any(|(at, _)| view.is_word_start(at) && view.is_word_end(at + word.len()))
}

#[test]
fn disguised_words_are_found_as_whole_words() {
    let lines = corpus("disguised.txt");
    assert!(lines.len() >= 300, "{} lines", lines.len());
    let (mut missed, mut by_the_first_guess) = (Vec::new(), 0);
    for line in &lines {
        let (text, word) = line.split_once('\t').unwrap();
        let word = fold(word);
        let folded = Folded::of(text);
        by_the_first_guess += usize::from(folded.views().take(2).any(|view| has_word(view, &word)));
        if !folded.views().any(|view| has_word(view, &word)) {
            missed.push(format!(
                "{line} -> {:?}",
                folded.revealed().map(View::as_str)
            ));
        }
    }
    println!(
        "{} of {} missed\n{}",
        missed.len(),
        lines.len(),
        missed.join("\n")
    );
    println!("{by_the_first_guess} by the first guess");
    assert!(
        missed.len() * 100 <= lines.len() * 3,
        "{}",
        missed.join("\n")
    );
}

#[test]
fn honest_texts_hold_no_disguise_and_no_spam_word_appears_in_them() {
    /// Taken for a disguise all the same, or given a word they do not hold.
    const EXCEPTIONS: &[&str] = &[];
    let lines = corpus("honest.txt");
    assert!(lines.len() >= 400, "{} lines", lines.len());
    let words: Vec<&str> = SPAM_WORDS.split_whitespace().collect();
    assert!(words.len() >= 150);
    let (mut wrong, mut revealed) = (Vec::new(), 0);
    for line in &lines {
        let folded = Folded::of(line);
        revealed += usize::from(folded.revealed().is_some());
        if std::env::var_os("SHOW_REVEALED").is_some()
            && let Some(view) = folded.revealed()
        {
            println!("{}\n    {}", folded.plain().as_str(), view.as_str());
        }
        let new = words
            .iter()
            .filter(|word| !has_word(folded.plain(), word))
            .find(|word| folded.views().any(|view| has_word(view, word)));
        if !EXCEPTIONS.contains(&line.as_str()) && (new.is_some() || !folded.disguises().is_empty())
        {
            wrong.push(format!("{line}\n    {new:?} {:?}", folded.disguises()));
        }
    }
    println!("{revealed} of {} revealed", lines.len());
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
