//! Escapes of half characters, which JSON allows to be written and nobody can read.

/// The body with every lone `\ud800`..`\udfff` escape replaced, if there was one.
pub(super) fn mended(body: &[u8]) -> Option<Vec<u8>> {
    let mut mended = body.to_vec();
    let (mut at, mut changed) = (0, false);
    while at < body.len() {
        if body.get(at) != Some(&b'\\') {
            at += 1;
            continue;
        }
        match (unit(body, at), unit(body, at + 6)) {
            (Some(0xd800..=0xdbff), Some(0xdc00..=0xdfff)) => at += 12,
            (Some(0xd800..=0xdfff), _) => {
                if let Some(escape) = mended.get_mut(at..at + 6) {
                    escape.copy_from_slice(b"\\ufffd");
                    changed = true;
                }
                at += 6;
            }
            // Whatever else is escaped, a second backslash for one.
            _ => at += 2,
        }
    }
    changed.then_some(mended)
}

/// The UTF-16 unit a `\uXXXX` escape at this place stands for.
fn unit(body: &[u8], at: usize) -> Option<u16> {
    let digits = body.get(at..at + 6)?.strip_prefix(b"\\u")?;
    u16::from_str_radix(str::from_utf8(digits).ok()?, 16).ok()
}
