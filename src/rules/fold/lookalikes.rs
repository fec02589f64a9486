//! Which Latin letter a character is mistaken for, and the other way round.

use std::collections::HashMap;
use std::sync::LazyLock;

use icu_casemap::{CaseMapper, CaseMapperBorrowed};
use unicode_security::confusable_detection::skeleton;

/// What a character looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Look {
    /// The letter, in lower case.
    pub letter: char,
    /// The second guess, or the same again: `І` is read as `i`, but stands for `l` as well.
    pub other: char,
    /// The two are drawn alike in most fonts (UTS #39), not merely similar.
    pub close: bool,
}

/// Similar enough for people who want to be read: the character, its Latin letter, and sometimes a second guess.
/// Capitals are listed where they look like another letter than the small one.
const SIMILAR: &str = concat!(
    // Cyrillic
    "вb мm нh кk тt пn гr иun ьb зe яr шw єe ёe їi ғf қk ҝk ҡk ҟk ңh ұy ҳx ҫc өo ҷu ӿx ҕb ғf ԍg ИnU ЙnU ЯrR ГrT ДaA ЭeE ЦuU ",
    "ƃb ҽe ҿe ӕa ѧa ӡz ԏt ԑe ҏp ҥh ӈh ӊh ԓn ҭt ѫx ҩo ѳo ",
    // Greek
    "βb εe ζz ηn θo κk λaA μu πn ςcs σo τt χx ωw ψw φo ξe δd ΣeE ΛaA ΔaA ΘoO ΠnN ΓrT ΞeE ΩoO ΦoO ϐb ϑo ϕo ϵe ",
    // Armenian
    "ոn ռn հh սu օo ցg զq ղn տm բp ա w դn եt ըp թp կl խp մu նu շ2 պm ջ2 րn քp ",
    // Canadian syllabics and Cherokee, as “fancy text” generators use them
    "ᗩa ᗷb ᑕc ᗪd ᗴe ᕮe ᖴf ᘜg ᕼh ᒍj ᒎj ᛕk ᒪl ᗰm ᑎn ᑭp ᑫq ᖇr ᔕs ᑌu ᐯv ᗯw ᙭x ᖻy ᗱe ᑢc ᗝo ᐃa ᗅa ᖗc ᘔz ",
    "Ꭰd Ꭱr Ꭲt ᎥiI Ꭹy Ꭺa Ꭻj Ꭼe Ꮃw Ꮇm Ꮋh Ꮍy Ꮐg Ꮒh Ꮓz Ꮖi Ꮗw Ꮙv Ꮛe Ꮜu Ꮞs Ꮟb Ꮠn Ꮢr Ꮤw Ꮥs Ꮩv Ꮪs Ꮮl Ꮯc Ꮰj Ꮲp Ꮶk Ꮷd Ᏸb Ᏼb Ꭶf Ꭿa Ꮆg Ꮎo Ꮝs Ꮧa Ꮬt Ꭴo ᏸb ",
    "ꓲi ꓮa ꓰe ",
    // Latin letters that are not Latin's: small capitals, letters of phonetics, letters with a bar or a hook
    "ᴀa ʙb ᴄc ᴅd ᴇe ꜰf ɢg ʜh ɪi ᴊj ᴋk ʟl ᴍm ɴn ᴏo ᴘp ꞯq ʀr ꜱs ᴛt ᴜu ᴠv ᴡw ʏy ᴢz ᴙr ᴎn ᴦr ᴧa ᴨn ᴩp ",
    "ɑa ɡg ƒf ɩi ȷj ʋu ɐa ɓb ƈc ɖd ɗd ɘe ɇe ɠg ɦh ɨi ʝj ƙk ɫl ɬl ɱm ɲn ɳn ƥp ʠq ɋq ɹr ɾr ɽr ɍr ʂs ʃs ƭt ʈt ŧt ʉu ʌv ⱱv ⱳw ʍw ɏy ƴy ʎy ȥz ʐz ʑz ƶz ꞓc ƀb ᵽp ᵾu ᵻi ᵼi ⱥa ȼc ⱦt ɵo "
);

/// Each letter as it is drawn upside down, and the letter.
const TURNED: &str = "ɐaɔcǝeəeɟfƃgɓgᵷgɥhᴉiıiɾjʞkꞁlʅlɯmɹrʇtʌvʍwʎyqbdppdbqnuunoossxxzzllii";

/// Each Latin letter that has a twin among Cyrillic ones, and the twin.
const CYRILLIC_TWINS: &str = "aаcсeеoоpрxхyуkкmмtтAАBВCСEЕHНKКMМOОPРTТXХYУ";

/// The Latin letter `c` is mistaken for. `ı`, `ø`, `đ`, `ł` and letters with accents are letters of living languages
/// and are not read as others.
pub(super) fn latin(c: char) -> Option<Look> {
    const LIVING: &str = "ıþÞǀǁʒƷɛɔəŋɣʊıſ";
    if c.is_ascii() || LIVING.contains(c) {
        return None;
    }
    let small = CASES.simple_fold(c);
    close(c)
        .or_else(|| close(small))
        .or_else(|| similar(c))
        .or_else(|| similar(small))
}

/// The letter that is drawn like this one turned upside down.
pub(super) fn turned(c: char) -> Option<char> {
    twin(c, TURNED)
}

/// Whether `c` is used for nothing but writing upside down, outside dictionaries.
pub(super) const fn is_turned(c: char) -> bool {
    matches!(
        c,
        'ɐ' | 'ǝ'
            | 'ɟ'
            | 'ƃ'
            | 'ᵷ'
            | 'ɥ'
            | 'ᴉ'
            | 'ʞ'
            | 'ꞁ'
            | 'ɯ'
            | 'ɹ'
            | 'ʇ'
            | 'ʌ'
            | 'ʍ'
            | 'ʎ'
    )
}

/// Whether a letter in another dress is folded to something else than the bare letter: it has a frame, or parentheses.
pub(super) const fn is_framed(c: char) -> bool {
    matches!(c, '\u{249c}'..='\u{24b5}' | '\u{1f110}'..='\u{1f129}' | '\u{1f150}'..='\u{1f1ff}')
}

/// The Cyrillic letter drawn like this Latin one.
pub(super) fn cyrillic(latin: char) -> Option<char> {
    static TWINS: LazyLock<[Option<char>; 128]> = LazyLock::new(|| {
        let twin = |at: usize| twin(char::from(u8::try_from(at).ok()?), CYRILLIC_TWINS);
        std::array::from_fn(twin)
    });
    *TWINS.get(usize::try_from(u32::from(latin)).ok()?)?
}

/// The Greek letter drawn like this Latin one.
pub(super) fn greek(latin: char) -> Option<char> {
    twin(latin, "oοvνaαiιuυkκpρAΑBΒEΕZΖHΗIΙKΚMΜNΝOΟPΡTΤXΧYΥ")
}

fn twin(latin: char, pairs: &str) -> Option<char> {
    let mut pairs = pairs.chars();
    while let (Some(from), Some(to)) = (pairs.next(), pairs.next()) {
        if from == latin {
            return Some(to);
        }
    }
    None
}

const CASES: CaseMapperBorrowed<'static> = CaseMapper::new();

fn close(c: char) -> Option<Look> {
    let mut buffer = [0; 4];
    let mut prototype = skeleton(c.encode_utf8(&mut buffer));
    let (Some(letter), None) = (prototype.next(), prototype.next()) else {
        return None;
    };
    if !letter.is_ascii_alphabetic() || letter == c {
        return None;
    }
    // The prototype of a capital `I` is `l`; what is no small letter is more often meant for `i`.
    let (letter, other) = match (letter, c.is_lowercase()) {
        ('l', false) => ('i', 'l'),
        ('l', true) => ('l', 'i'),
        (letter, _) => (letter, letter),
    };
    Some(Look {
        letter: letter.to_ascii_lowercase(),
        other: other.to_ascii_lowercase(),
        close: true,
    })
}

fn similar(c: char) -> Option<Look> {
    static KNOWN: LazyLock<HashMap<char, Look>> =
        LazyLock::new(|| SIMILAR.split(' ').filter_map(entry).collect());
    KNOWN.get(&c).copied()
}

fn entry(entry: &str) -> Option<(char, Look)> {
    let mut entry = entry.chars();
    let (c, letter) = (
        entry.next()?,
        entry.next().filter(char::is_ascii_alphabetic)?,
    );
    let other = entry.next().unwrap_or(letter).to_ascii_lowercase();
    Some((
        c,
        Look {
            letter,
            other,
            close: false,
        },
    ))
}
