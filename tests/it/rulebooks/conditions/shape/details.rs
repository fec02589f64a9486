//! Phone numbers, e-mail addresses, wallets: what is one, and what is not.

use super::*;

/// How many different ones the text has.
fn each(condition: &str, texts: &[&str], wanted: usize) {
    let lines =
        format!("all = [{{ {condition} = {{ at_least = {wanted}, at_most = {wanted} }} }}]");
    let book = book(&rule(&lines));
    let missed: Vec<_> = texts
        .iter()
        .filter(|text| fired(&book, &lead(text)).is_empty())
        .map(|text| (text, found(condition, text)))
        .collect();
    assert!(missed.is_empty(), "not {wanted} {condition}: {missed:#?}");
}

fn found(condition: &str, text: &str) -> Vec<String> {
    let book = book(&rule(&format!(
        "all = [{{ {condition} = {{ at_least = 1 }} }}]"
    )));
    let decision = judge(&book, &lead(text));
    let evidence = decision
        .findings
        .into_iter()
        .flat_map(|found| found.evidence);
    evidence.map(|evidence| evidence.matched).collect()
}

#[test]
fn phone_numbers_are_found_as_people_write_them() {
    each(
        "phone_numbers",
        &[
            "+49 151 23456789",
            "+4915123456789",
            "+49 (0)30 1234567",
            "(+49) 30 / 123 45 67",
            "Tel + 49 30 1234567",
            "0049 30 1234567",
            "+44 20 7946 0991",
            "+1 415 555 0134",
            "+1-415-555-0134",
            "+1 (415) 555-0134!",
            "+7 916 123-45-67",
            "+91 98765 43210",
            "+86 138 1234 5678",
            "+2348012345678",
            "(888) 555-0100",
            "(888)555-0100",
            "888-555-0100",
            "888.555.0100",
            "888 555 0100",
            "1-888-555-0100",
            "1 (888) 555-0100",
            "1-8OO-555-O1OO",
            "1-8oo-555-ol99",
            "(8８８) 555-0100",
            "𝟴𝟴𝟴-𝟱𝟱𝟱-𝟬𝟭𝟬𝟬",
            "8️⃣8️⃣8️⃣-5️⃣5️⃣5️⃣-0️⃣1️⃣0️⃣0️⃣",
            "8\u{200b}88-55\u{200b}5-0100",
            "020 7946 0991",
            "030/1234567",
            "(030) 1234567",
            "0151 23456789",
            "01 23 45 67 89",
            "02.12.34.56.78",
            "0800 123 456",
            "(11) 91234-5678",
            "8 (916) 123-45-67",
            "138 1234 5678",
            "call 8885550100",
            "Call us now at 8885550100",
            "WhatsApp: 2348012345678",
            "whatsapp me on my number 234 801 234 5678",
            "Tel. 601 234 567",
            "text me at 555-0134",
            "📞 98765 43210",
            "电话：13812345678谢谢",
            "https://wa.me/4915123456789",
            "Llámame al 612 34 56 78",
            "Rufen Sie uns an unter 04131 7890",
            "The deal ends at 5, call (888) 555-0100 before 2026",
            "10 reps, 415-555-0134",
            "+1 415 555 0134, (415) 555-0134 or 415.555.0134",
            "٠٢٠ ٧٩٤٦ ٠٩٩١",
        ],
        1,
    );
    each(
        "phone_numbers",
        &[
            "+49 151 23456789, +49 151 23456780",
            "888-555-0100 / 888-555-0101",
            "415 555 0134\n415 555 0135",
            "+1 415 555 0134 415 555 0135",
            "01 23 45 67 89\n01 23 45 67 90",
            "020 7946 0991 or 020 7946 0992",
        ],
        2,
    );
}

#[test]
fn other_numbers_are_no_phone_numbers() {
    each(
        "phone_numbers",
        &[
            "",
            "order 8885550100",
            "Order number 888-555-0100",
            "order 0151 23456789 is late",
            "My order #10023456789 has not arrived",
            "invoice 2026-00012345",
            "Kundennummer 88213 4455 66",
            "IBAN DE89 3704 0044 0532 0130 00",
            "DE89370400440532013000",
            "NL91 ABNA 0417 1643 00",
            "GB29 NWBK 6016 1331 9268 19",
            "2026-11-23 10:30:00",
            "01.02.2026 10:30",
            "01.02.2026 10:30, 11:45",
            "01.02.26-05.02.26",
            "23/11/2026 - 24/11/2026",
            "2023 2024 2025 2026",
            "between 10 000 000 and 20 000 000 rows",
            "1 299 000 000 EUR",
            "0.12 0.34 0.56",
            "it costs 1,200.50 or 888.555.0100 €",
            "$888 555 0100",
            "192.168.100.200",
            "10.0.19045.3803",
            "version 1.800.555.0100",
            "550e8400-e29b-41d4-a716-446655440000",
            "a716-446655440000",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "3782 822463 10005",
            "1Z 999 AA1 0123 4567 84",
            "9400 1000 0000 0000 0000 00",
            "00340434161094021501",
            "078-05-1120",
            "978-3-16-148410-0",
            "https://example.com/888-555-0100",
            "https://example.com/?id=8885550100&x=415-555-0134",
            "abc-415-555-0134",
            "415-555-0134-abc",
            "john+15551234567@example.com",
            "+10000000 users",
            "+02:00 and +0200",
            "2+2345678901",
            "error 500 503 404 4040",
            "1234567890",
            "1758623400000",
            "0x0151 23456789ab",
            "48.858370, 2.294481",
            "10 20 30 40 50 60",
            "call me at 10:30 on 23.11.2026",
            "call me on 2026-11-23",
            "Call me 5 times",
            "The text 12345678 is not shown",
            "CPF 012.345.678-90",
            "Do you have a phone number for support?",
            "lol ooo ill 0il",
        ],
        0,
    );
}

#[test]
fn the_corpus_of_ordinary_messages_has_phone_numbers_only_where_people_see_them() {
    let mut seen = Vec::new();
    for line in include_str!("../../../../corpus/ordinary.txt").lines() {
        seen.extend(found("phone_numbers", line));
    }
    insta::assert_snapshot!(seen.join("\n"), @r"
    +1 415 555 0134
    +1 888 555 0100
    020 7946 0991
    +1 888 555 0199
    +1 212 555 0187
    +49 30 123456
    +1 212 555 0000
    +1 212 555 0000
    +1 212 555 0000
    ");
}

#[test]
fn email_addresses_are_found_plain_and_spelled_out() {
    each(
        "email_addresses",
        &[
            "me@example.com",
            "Write to <John.Doe+spam@Mail.Example.co.uk>.",
            "mailto:me@example.com?subject=x",
            "me@gmail.com,",
            "(me@gmail.com)",
            "me@gmail.com me@GMAIL.com ME@gmail.com",
            "me@gmail.com.Thanks for all",
            "me (at) gmail (dot) com",
            "me[at]gmail[dot]com",
            "me(at)gmail.com",
            "me at gmail dot com",
            "me@gmail dot com",
            "ｍｅ＠ｇｍａｉｌ．ｃｏｍ",
            "m\u{200b}e@gmail.com",
            "联系abc@gmail.com谢谢",
            "me@münchen.example or me@muenchen.de",
        ],
        1,
    );
    each(
        "email_addresses",
        &["a@gmail.com b@gmail.com", "a@gmail.com, a at yahoo dot com"],
        2,
    );
    each(
        "email_addresses",
        &[
            "",
            "no address",
            "look at example.com",
            "We look at it. Dot com bubble",
            "logo@2x.png and icon@3x.zip",
            "react@18.2.0",
            "@john and @me@mastodon.social",
            "git@github.com:org/repo.git",
            "https://user:secret@example.com/x",
            "ssh://git@github.com/x",
            "me@localhost",
            "me@home",
            "@gmail.com",
            "me@ gmail.com",
            "me@main.unknowntld",
            "i am at home dot",
        ],
        0,
    );
}

#[test]
fn wallets_are_told_by_their_check_digits() {
    each(
        "wallet_addresses",
        &[
            // The first block's; the examples of BIP 173 and BIP 350; others known by everybody.
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "Send to:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa.",
            "bitcoin:1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa?amount=1",
            "https://www.blockchain.com/btc/address/1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
            "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
            "0x742d35Cc6634C0532925a3b844Bc454e4438f44e",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t",
            "LTC 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa 1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa",
            "DH5yaieqoZN36fDVciNyRueRGvGLR3mr7L",
            "Send SOL to EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A",
        ],
        1,
    );
    each(
        "wallet_addresses",
        &[
            "",
            "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb",
            "1a1zp1ep5qgefi2dmptftl5slmv7divfna",
            "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5",
            "bc1Qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
            "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6u",
            "0x5c504ed432cb51138bcf09aa5e8a410dd4a1e204ef84bfed1be16dfba1b22060",
            "0x0000000000000000000000000000000000000000",
            "0x742d35Cc6634C0532925a3b844Bc454e4438f4",
            "742d35Cc6634C0532925a3b844Bc454e4438f44e",
            "9c2f1a7e5b3d4c6f8a0b1c2d3e4f5a6b7c8d9e0f",
            "EPjFWdd5AufqSSqeM2qN1xzybapC8G4wEGGkZwyTDt1v",
            "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            "550e8400-e29b-41d4-a716-446655440000",
            "eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9",
            "11111111111111111111111111111111",
            "Do you accept bitcoin?",
        ],
        0,
    );
}

#[test]
fn what_is_found_is_shown_as_it_was_written() {
    assert_eq!(
        found(
            "phone_numbers",
            "Call:　（８８８） 555—0100 or +49 (0)30 1234567!"
        ),
        ["（８８８） 555—0100", "+49 (0)30 1234567"]
    );
    assert_eq!(
        found("email_addresses", "To Sales (AT) Example (DOT) com, now"),
        ["Sales (AT) Example (DOT) com"]
    );
    assert_eq!(
        found(
            "wallet_addresses",
            "x 0x742d35Cc6634C0532925a3b844Bc454e4438f44e."
        ),
        ["0x742d35Cc6634C0532925a3b844Bc454e4438f44e"]
    );
    on_texts(
        "{ email_addresses = { at_most = 0 } }",
        &["none", ""],
        &["a@gmail.com"],
    );
}
