//! Turns bytes in pieces into what a server or a client makes of them.

use wheelwright_http::proto::{BodyDecoder, RequestReader, ResponseReader, response};
use wheelwright_http::{Error, ErrorKind};

/// What happened on a connection, on whichever side.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Story {
    /// Heads that were accepted.
    pub(crate) heads: Vec<Head>,
    /// One for each head: the data of its body.
    pub(crate) bodies: Vec<Vec<u8>>,
    /// One for each trailer section: its fields.
    pub(crate) trailers: Vec<Vec<(String, Vec<u8>)>>,
    /// How many bodies came whole.
    pub(crate) whole: usize,
    /// Another message may follow.
    pub(crate) open: bool,
    /// Bytes that no message took.
    pub(crate) left: usize,
    pub(crate) error: Option<ErrorKind>,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Head {
    pub(crate) first: String,
    pub(crate) fields: Vec<(String, Vec<u8>)>,
}

/// Where the bytes that came are kept, as a connection would.
#[derive(Default)]
struct Inbox {
    bytes: Vec<u8>,
    ended: bool,
}

/// Reads requests, one after another, as a server does that reads every body to its end.
pub(crate) fn serve(pieces: &[&[u8]], ended: bool) -> Story {
    let mut story = Story { open: true, ..Story::default() };
    let mut pieces = pieces.iter();
    let mut inbox = Inbox::default();
    while story.open && story.error.is_none() {
        match serve_one(&mut story, &mut inbox, &mut pieces, ended) {
            Ok(true) => {}
            Ok(false) => break,
            Err(error) => story.error = Some(error.kind()),
        }
    }
    story.left = inbox.bytes.len();
    story
}

type Pieces<'a, 'b> = std::slice::Iter<'a, &'b [u8]>;

/// Adds the next piece, or the end; returns whether nothing will ever change again.
fn feed(inbox: &mut Inbox, pieces: &mut Pieces<'_, '_>) -> bool {
    match pieces.next() {
        Some(piece) => inbox.bytes.extend_from_slice(piece),
        None => inbox.ended = true,
    }
    inbox.ended
}

/// Reads one request; returns whether there was one.
fn serve_one(story: &mut Story, inbox: &mut Inbox, pieces: &mut Pieces<'_, '_>, ended: bool) -> Result<bool, Error> {
    let mut reader = RequestReader::new();
    let (taken, head) = loop {
        if let Some(found) = reader.read(&inbox.bytes)? {
            break found;
        }
        if feed(inbox, pieces) {
            return if ended { reader.end(&inbox.bytes).map(|()| false) } else { Ok(false) };
        }
    };
    inbox.bytes.drain(..taken);
    let request = &head.request;
    story.heads.push(Head {
        first: format!("{} {} {:?}", request.method(), request.uri(), request.version()),
        fields: fields_of(request.headers()),
    });
    story.open = head.framing.keep_alive;
    read_body(BodyDecoder::new(head.framing.body), story, inbox, pieces, ended).map(|()| true)
}

/// Reads the response to one request, as a client does, and returns whether the connection may serve again as `open`.
pub(crate) fn ask(method: &http::Method, pieces: &[&[u8]], ended: bool) -> Story {
    let mut story = Story::default();
    let mut pieces = pieces.iter();
    let mut inbox = Inbox::default();
    if let Err(error) = ask_one(method, &mut story, &mut inbox, &mut pieces, ended) {
        story.error = Some(error.kind());
        story.open = false;
    }
    pieces.for_each(|piece| inbox.bytes.extend_from_slice(piece));
    story.left = inbox.bytes.len();
    story.open &= story.left == 0 && story.whole == 1;
    story
}

fn ask_one(
    method: &http::Method,
    story: &mut Story,
    inbox: &mut Inbox,
    pieces: &mut Pieces<'_, '_>,
    ended: bool,
) -> Result<(), Error> {
    let mut reader = ResponseReader::new(method);
    let (taken, framing) = loop {
        if let Some((taken, head)) = reader.read(&inbox.bytes)? {
            let fields = fields_of(
                &response::header_map(&head.bytes.to_vec().into()).expect("every head that is read makes a map"),
            );
            story.heads.push(Head { first: format!("{:?} {}", head.version, head.status.as_str()), fields });
            break (taken, head.framing);
        }
        if feed(inbox, pieces) {
            return if ended { Err(ResponseReader::end(&inbox.bytes)) } else { Ok(()) };
        }
    };
    inbox.bytes.drain(..taken);
    story.open = framing.keep_alive;
    read_body(BodyDecoder::new(framing.body), story, inbox, pieces, ended)
}

fn read_body(
    mut decoder: BodyDecoder,
    story: &mut Story,
    inbox: &mut Inbox,
    pieces: &mut Pieces<'_, '_>,
    ended: bool,
) -> Result<(), Error> {
    story.bodies.push(Vec::new());
    loop {
        let piece = decoder.decode(&inbox.bytes)?;
        assert!(piece.data.end <= piece.taken && piece.taken <= inbox.bytes.len(), "a piece lies outside its input");
        story.bodies.last_mut().expect("pushed above").extend_from_slice(&inbox.bytes[piece.data]);
        inbox.bytes.drain(..piece.taken);
        if piece.ended {
            break;
        }
        if piece.taken == 0 && feed(inbox, pieces) {
            if !ended {
                return Ok(());
            }
            decoder.end()?;
            assert!(decoder.is_exhausted(), "a body that the end makes whole has no more to come");
            break;
        }
    }
    story.whole += 1;
    story.trailers.extend(decoder.trailers().map(fields_of));
    Ok(())
}

fn fields_of(map: &http::HeaderMap) -> Vec<(String, Vec<u8>)> {
    map.iter().map(|(name, value)| (name.to_string(), value.as_bytes().to_vec())).collect()
}
