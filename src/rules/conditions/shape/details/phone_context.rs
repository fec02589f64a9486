//! What the words before a number say of it.

use super::phone_groups::{Item, Run};

/// Words looked at before a number.
const WORDS_BEFORE: usize = 6;
/// How far before a number its sign is looked for, in bytes.
const SIGN_WITHIN: usize = 24;

/// A phone number follows.
const PHONE: &str = "\
    call calls calling phone phones telephone tel ph mobile mob whatsapp watsapp whatsap wa viber \
    telegram sms ring dial fax hotline helpline contact tollfree landline telefon \
    telefonnummer handy mobil mobilnummer rufnummer anrufen anruf ruf rufen telefono teléfono movil \
    móvil celular llama llamar llame llámame llámanos téléphone appelez appeler cellulare \
    chiama chiamare telefone telemóvel ligue bel bellen telefoon zadzwoń zadzwon telefonu телефон тел \
    звоните позвоните ватсап вотсап моб zalo hp";

/// A phone number follows if somebody is told to use it: "text me at", "cell: ".
const VERBS: &str = "text signal cell portable";

/// Another kind of number follows.
const OTHER: &str = "\
    order orders invoice invoices ticket tracking shipment parcel package reference ref account \
    customer iban bic isbn issn ean sku serial imei transaction payment confirmation booking card case \
    version build code pin id vat ein ssn receipt contract policy license licence article bestellung \
    bestellnummer rechnung rechnungsnummer kundennummer auftrag auftragsnummer sendung sendungsnummer \
    konto kontonummer vertrag vertragsnummer commande facture pedido factura ordine fattura zamówienie \
    заказ счет blz ust siret siren part";

/// May stand between one of these words and the number.
const BETWEEN: &str = "\
    me us at on now no nr num number numbers is my our the it please via to back by and or free toll \
    today directly immediately support team app line office work home here uns mich unter an bitte \
    nummer meine unsere ist lautet der die número numero numéro al le la el au sur mi mon notre номер \
    по мне нам";

/// Signs, links and words of scripts without blanks that announce a phone number.
const SIGNS: &str = "☎ 📞 📱 ☏ ✆ 📲 电话 電話 手机 手機 微信 โทร 携帯 전화";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    Phone,
    Nothing,
    /// A code of letters and digits stands right before it.
    Code,
    /// It is a number of something else.
    Other,
}

impl Context {
    /// The nearest telling word before the run decides.
    pub(super) fn of(text: &str, items: &[Item], run: &Run<'_>) -> Self {
        let start = run.groups.first().map_or(0, |group| group.place.start);
        if is_linked(text.get(..start).unwrap_or_default()) {
            return Self::Phone;
        }
        let words = items.get(..run.first).unwrap_or_default().iter().rev();
        let mut end = start;
        for (nth, item) in words.take(WORDS_BEFORE).enumerate() {
            let Item::Word(place) = item else { break };
            let between = text.get(place.end..end).unwrap_or_default();
            let word = text.get(place.clone()).unwrap_or_default();
            let ends_sentence = nth > 0 && between.contains(['.', '!', '?', ';']);
            if is_among(SIGNS, |sign| between.contains(sign)) {
                return Self::Phone;
            }
            if ends_sentence {
                return Self::Nothing;
            }
            let is_addressed = nth > 0 || between.contains(':');
            if is_among(PHONE, |known| known == word)
                || (is_addressed && is_among(VERBS, |known| known == word))
            {
                return Self::Phone;
            }
            if is_among(OTHER, |known| known == word) {
                return Self::Other;
            }
            if nth == 0 && between == " " && word.bytes().any(|c| c.is_ascii_digit()) {
                return Self::Code;
            }
            if !is_among(BETWEEN, |known| known == word) {
                return Self::Nothing;
            }
            end = place.start;
        }
        let from = text.floor_char_boundary(end.saturating_sub(SIGN_WITHIN));
        let before = text.get(from..end).unwrap_or_default();
        if is_among(SIGNS, |sign| before.contains(sign)) {
            Self::Phone
        } else {
            Self::Nothing
        }
    }
}

/// Whether a link to a chat with a phone number leads up to it.
pub(super) fn is_linked(before: &str) -> bool {
    before.ends_with("wa.me/") || before.ends_with("phone=")
}

fn is_among(list: &str, is_it: impl Fn(&str) -> bool) -> bool {
    list.split(' ').any(is_it)
}
