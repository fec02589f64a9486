//! HTML taken apart into tags and text, without a tree.
//!
//! A tree builder mends broken markup at a cost a sender chooses: nested blocks make it quadratic, and unclosed
//! formatting multiplies elements until memory is gone. A judge needs neither, so only html5ever's tokenizer is used
//! here, and told what it otherwise learns from the tree: which elements hold no markup.
//!
//! One cost is not in proportion to the text: the tokenizer compares each attribute's name with all others of its tag.
//! What bounds it is the cap on what is read: seconds at worst, for a tag of some 65,000 different attributes.

use std::cell::{Cell, RefCell};

use html5ever::tokenizer::states::RawKind;
use html5ever::tokenizer::{
    self, BufferQueue, TagKind, TokenSink, TokenSinkResult, Tokenizer, TokenizerOpts,
};

/// One piece of HTML.
#[derive(Debug)]
pub(super) enum Token {
    /// Text as it reads, entities decoded.
    Text(String),
    Open(Tag),
    /// The lower-case name of an end tag.
    Close(String),
}

/// A start tag, with the attributes that bear on what is read.
#[derive(Debug, Default)]
pub(super) struct Tag {
    /// Lower case.
    pub name: String,
    /// `<x/>`, which means something only inside `<svg>` and `<math>`.
    pub closes_itself: bool,
    pub href: Option<String>,
    /// Addresses in other attributes that take a reader away, such as a form's `action`. What loads a picture is none.
    pub leads_to: Vec<String>,
    pub style: Option<String>,
    pub class: Option<String>,
    pub id: Option<String>,
    pub hidden: bool,
}

/// Takes `html` apart. Comments, declarations and the contents of elements no browser shows are left out; so is a tag
/// the text ends within.
pub(super) fn tokens(html: &str) -> Vec<Token> {
    let options = TokenizerOpts {
        // A message is a part of a page, and only a page begins with such a mark.
        discard_bom: false,
        ..TokenizerOpts::default()
    };
    let tokenizer = Tokenizer::new(Collected::default(), options);
    let input = BufferQueue::default();
    input.push_back(html.into());
    // It stops early only where the sink asks for it, which this one never does.
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    tokenizer.sink.tokens.into_inner()
}

#[derive(Default)]
struct Collected {
    tokens: RefCell<Vec<Token>>,
    /// Whether `<svg>` or `<math>` is open, where nothing is raw.
    foreign: Cell<bool>,
    /// Whether no browser shows the text up to the next tag.
    unread: Cell<bool>,
}

impl TokenSink for Collected {
    /// What a script would be handed over as, if any was run.
    type Handle = ();

    fn process_token(&self, token: tokenizer::Token, _line: u64) -> TokenSinkResult<()> {
        match token {
            tokenizer::Token::CharacterTokens(text) => self.text(&text),
            tokenizer::Token::TagToken(tag) => return self.tag(tag),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

impl Collected {
    /// Text comes in pieces: every line end and every entity is one of its own.
    fn text(&self, piece: &str) {
        if self.unread.get() {
            return;
        }
        let mut tokens = self.tokens.borrow_mut();
        if let Some(Token::Text(text)) = tokens.last_mut() {
            text.push_str(piece);
        } else {
            tokens.push(Token::Text(piece.to_owned()));
        }
    }

    fn tag(&self, tag: tokenizer::Tag) -> TokenSinkResult<()> {
        let foreign = matches!(&*tag.name, "svg" | "math");
        self.unread.set(false);
        if tag.kind == TagKind::EndTag {
            self.foreign.set(self.foreign.get() && !foreign);
            let close = Token::Close(tag.name.to_string());
            self.tokens.borrow_mut().push(close);
            return TokenSinkResult::Continue;
        }
        if foreign && !tag.self_closing {
            self.foreign.set(true);
        }
        let tag = Tag::from(tag);
        let inside = if self.foreign.get() {
            TokenSinkResult::Continue
        } else {
            contents(&tag.name)
        };
        let raw = matches!(inside, TokenSinkResult::RawData(_));
        self.unread
            .set(raw && !matches!(tag.name.as_str(), "textarea" | "xmp"));
        self.tokens.borrow_mut().push(Token::Open(tag));
        inside
    }
}

impl From<tokenizer::Tag> for Tag {
    fn from(found: tokenizer::Tag) -> Self {
        let mut tag = Self {
            name: found.name.to_string(),
            closes_itself: found.self_closing,
            ..Self::default()
        };
        let refreshes = tag.name == "meta"
            && found.attrs.iter().any(|attribute| {
                &*attribute.name.local == "http-equiv"
                    && attribute.value.trim().eq_ignore_ascii_case("refresh")
            });
        for attribute in found.attrs {
            let kept = match &*attribute.name.local {
                "href" | "xlink:href" => &mut tag.href,
                "content" if refreshes => {
                    tag.leads_to.extend(refresh_address(&attribute.value));
                    continue;
                }
                name if leads_away(&tag.name, name) => {
                    tag.leads_to.push(attribute.value.into());
                    continue;
                }
                "style" => &mut tag.style,
                "class" => &mut tag.class,
                "id" => &mut tag.id,
                "hidden" => {
                    tag.hidden = true;
                    continue;
                }
                _ => continue,
            };
            *kept = Some(attribute.value.into());
        }
        tag
    }
}

/// Whether an attribute holds an address one is taken to: by sending a form, by a script, or by what the element loads.
fn leads_away(element: &str, attribute: &str) -> bool {
    match attribute {
        "action" => element == "form",
        "formaction" => matches!(element, "button" | "input"),
        "src" => matches!(element, "iframe" | "frame" | "embed"),
        "data" => element == "object",
        "data-href" => true,
        _ => false,
    }
}

/// The address in `<meta http-equiv=refresh content="5; url='https://example.com'">`.
fn refresh_address(content: &str) -> Option<String> {
    let (_, rest) = content.split_once([';', ','])?;
    let rest = rest.trim_start();
    let rest = match rest.get(..3) {
        Some(key) if key.eq_ignore_ascii_case("url") => {
            rest.get(3..)?.trim_start().strip_prefix('=')?.trim_start()
        }
        _ => rest,
    };
    let address = rest.trim_matches(|c: char| c.is_whitespace() || matches!(c, '\'' | '"'));
    (!address.is_empty()).then(|| address.to_owned())
}

/// How the tokenizer is to read what stands in an element: some hold text only, whatever it looks like.
fn contents(name: &str) -> TokenSinkResult<()> {
    match name {
        "title" | "textarea" => TokenSinkResult::RawData(RawKind::Rcdata),
        "style" | "noscript" | "iframe" | "noembed" | "noframes" | "xmp" => {
            TokenSinkResult::RawData(RawKind::Rawtext)
        }
        "script" => TokenSinkResult::RawData(RawKind::ScriptData),
        "plaintext" => TokenSinkResult::Plaintext,
        _ => TokenSinkResult::Continue,
    }
}
