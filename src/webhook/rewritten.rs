//! What a body may have been before something on its way wrote it anew.

use serde::de::IgnoredAny;

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";

/// The likely originals of a body: without what is put around it, with other line ends, and as compact JSON.
pub(super) fn forms(body: &[u8]) -> Vec<Vec<u8>> {
    let bare = body.strip_prefix(BYTE_ORDER_MARK).unwrap_or(body);
    let mut forms = vec![
        bare.to_vec(),
        body.trim_ascii().to_vec(),
        [body, b"\n"].concat(),
        without_returns(body),
    ];
    if let Ok(text) = std::str::from_utf8(bare) {
        forms.push(text.replace('\n', "\r\n").into_bytes());
        // Keys keep their order, unlike in a map.
        if serde_json::from_str::<IgnoredAny>(text).is_ok() {
            forms.push(compact(text).into_bytes());
        }
    }
    forms.retain(|form| form != body);
    forms
}

fn without_returns(body: &[u8]) -> Vec<u8> {
    body.iter().copied().filter(|byte| *byte != b'\r').collect()
}

/// JSON without blanks between its parts, its texts written as JavaScript writes them. `text` must be JSON.
fn compact(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(next) = rest.chars().next() {
        if next == '"' {
            let end = end_of_text(rest);
            let (written, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
            let anew = serde_json::from_str::<String>(written)
                .and_then(|text| serde_json::to_string(&text));
            out.push_str(anew.as_deref().unwrap_or(written));
            rest = after;
        } else {
            if !next.is_ascii_whitespace() {
                out.push(next);
            }
            rest = rest.get(next.len_utf8()..).unwrap_or("");
        }
    }
    out
}

/// Where the text that begins with a quote ends, in bytes, its closing quote included.
fn end_of_text(rest: &str) -> usize {
    let mut escaped = false;
    for (at, byte) in rest.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return at + 1,
            _ => {}
        }
    }
    rest.len()
}
