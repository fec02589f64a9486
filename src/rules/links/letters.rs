//! Names that imitate others: letters of two scripts in one word, or a word wholly of letters that look Latin.
//!
//! An honest name in other letters (`münchen.de`, `пример.рф`) is none of these, however it is written in the DNS. The
//! letters follow what browsers refuse to show as they stand (the "IDN display" rules of Firefox and Chromium) and
//! Unicode's UTS #39; only the common ones are listed.

use icu_properties::props::Script;
use icu_properties::{CodePointMapData, CodePointMapDataBorrowed};
use url::quirks::domain_to_unicode;

/// Lower-case letters that look like Latin ones.
const LIKE_LATIN: &str = "аӓәвсԁеёҽғԍһнԋіїјкӄӏмпоӧрԛгѕтцуўшщԝхҳѵѡьъөҙүᴦ\
    αγεηικνορτυχωϲϳ\
    ոսցօհքյզպգղմաձ";

/// Latin letters of phonetic alphabets that pass for the ordinary ones.
const LIKE_PLAIN: &str = "ɑɡɩɪʟɴʀʏʙɢʜıȷᴀᴄᴅᴇᴊᴋᴍᴏᴘᴛᴜᴠᴡᴢ";

/// Marks that look like the slash behind a host, or like the dot in it.
const LIKE_SLASHES: &str = "∕⁄╱⧸⟋〳ꓸ։";

/// The name as people see it, if it imitates another one.
pub(super) fn imitation(host: &str) -> Option<String> {
    if !host.contains("xn--") {
        return None;
    }
    let seen = domain_to_unicode(host);
    let ending = seen.rsplit('.').next().unwrap_or("").to_owned();
    let imitates = seen
        .split('.')
        .any(|label| label.contains(|c| LIKE_SLASHES.contains(c)) || imitates(label, &ending));
    imitates.then_some(seen)
}

fn imitates(label: &str, ending: &str) -> bool {
    label
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_ascii())
        .any(|word| mixes_scripts(word) || looks_latin(word, ending))
}

fn mixes_scripts(word: &str) -> bool {
    let mut scripts: Vec<Script> = Vec::new();
    for c in word.chars() {
        let script = script_of(c);
        if !matches!(script, Script::Common | Script::Inherited) && !scripts.contains(&script) {
            scripts.push(script);
        }
    }
    // Japanese, Chinese and Korean are written in several scripts, and with Latin letters among them.
    let eastern = |script: &Script| {
        matches!(
            *script,
            Script::Han | Script::Hiragana | Script::Katakana | Script::Hangul | Script::Bopomofo
        )
    };
    let with_latin = |script: &Script| eastern(script) || *script == Script::Latin;
    scripts.len() > 1 && !(scripts.iter().all(with_latin) && scripts.iter().any(eastern))
}

/// Whether a word of one script could be read as Latin, where nothing says that its own script is meant.
fn looks_latin(word: &str, ending: &str) -> bool {
    let Some(script) = word
        .chars()
        .map(script_of)
        .find(|script| *script != Script::Common)
    else {
        return false;
    };
    if script == Script::Latin {
        return word.contains(|c| LIKE_PLAIN.contains(c)) && !is_turkish(word);
    }
    let at_home = match script {
        Script::Cyrillic => {
            const COUNTRIES: [&str; 9] = ["bg", "by", "kg", "kz", "mk", "rs", "ru", "su", "ua"];
            COUNTRIES.contains(&ending)
        }
        Script::Greek => matches!(ending, "gr" | "cy"),
        Script::Armenian => ending == "am",
        _ => false,
    };
    let at_home = at_home || ending.chars().any(|c| script_of(c) == script);
    !at_home && word.chars().count() > 1 && word.chars().all(|c| LIKE_LATIN.contains(c))
}

/// The dotless i is an ordinary letter of Turkish, and then it does not stand alone among Latin-looking tricks.
fn is_turkish(word: &str) -> bool {
    !word.contains(|c| c != 'ı' && LIKE_PLAIN.contains(c))
}

fn script_of(c: char) -> Script {
    const SCRIPTS: CodePointMapDataBorrowed<'_, Script> = CodePointMapData::<Script>::new();
    SCRIPTS.get(c)
}
