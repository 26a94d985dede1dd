//! Turns the packed data of a body into the data that was packed, a bounded piece at a time.
//!
//! A packed byte may stand for a thousand: so nothing is unpacked before somebody asks for it, and then one piece, after
//! which the loop's other tasks have their turn.

use std::io::{self, Write};
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use flate2::write::MultiGzDecoder;
use http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, HeaderMap, HeaderValue, RANGE};

use super::call::Call;
use crate::{Error, ErrorKind};

/// A body that is being unpacked.
#[derive(Debug)]
pub(super) struct Unpacking {
    /// It holds what was unpacked and not handed out.
    decoder: MultiGzDecoder<Vec<u8>>,
    /// What came and was not looked at.
    packed: Bytes,
    /// The last poll gave a piece.
    had_its_turn: bool,
}

/// Asks for gzip, unless the caller has said what may come, or wants a part of a body.
pub(super) fn ask(call: &mut Call) {
    let headers = call.headers.get_or_insert_default();
    if !headers.contains_key(ACCEPT_ENCODING) && !headers.contains_key(RANGE) {
        // There may be no room for it: a map holds 24,576 fields.
        call.unpacks = headers.try_insert(ACCEPT_ENCODING, HeaderValue::from_static("gzip")).is_ok();
    }
}

/// Whether a head has anything to say of codings; most have not, and need no map for that.
pub(super) fn names_a_coding(head: &[u8]) -> bool {
    let name = CONTENT_ENCODING.as_str().as_bytes();
    head.windows(name.len()).any(|window| window.eq_ignore_ascii_case(name))
}

impl Unpacking {
    /// Sets up what unpacks the body behind these headers, and takes out of them what is true of the packed body only.
    ///
    /// `None` if it is not packed, or not in the one way that was asked for: then it is left as it is.
    pub(super) fn of(headers: &mut HeaderMap) -> Option<Box<Self>> {
        let mut codings = headers.get_all(CONTENT_ENCODING).iter();
        let coding = codings.next().filter(|_| codings.next().is_none())?.as_bytes();
        if !coding.eq_ignore_ascii_case(b"gzip") && !coding.eq_ignore_ascii_case(b"x-gzip") {
            return None;
        }
        headers.remove(CONTENT_ENCODING);
        headers.remove(CONTENT_LENGTH);
        let decoder = MultiGzDecoder::new(Vec::new());
        Some(Box::new(Self { decoder, packed: Bytes::new(), had_its_turn: false }))
    }

    /// Unpacks a piece more, asking for what was sent where none is there; false at the end of the body.
    pub(super) fn poll(
        &mut self,
        cx: &mut Context<'_>,
        mut sent: impl FnMut(&mut Context<'_>) -> Poll<Result<Option<Bytes>, Error>>,
    ) -> Poll<Result<bool, Error>> {
        if std::mem::take(&mut self.had_its_turn) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        loop {
            self.had_its_turn = self.unpack().map_err(broken)?;
            if self.had_its_turn {
                return Poll::Ready(Ok(true));
            }
            match ready!(sent(cx))? {
                Some(packed) => self.packed = packed,
                None => return Poll::Ready(self.decoder.try_finish().map(|()| false).map_err(broken)),
            }
        }
    }

    /// The bytes that were unpacked and not handed out.
    pub(super) fn data(&mut self) -> &mut Vec<u8> {
        self.decoder.get_mut()
    }

    /// Goes on until there is a piece; false if more has to come first.
    fn unpack(&mut self) -> io::Result<bool> {
        let before = self.data().len();
        while self.data().len() == before && !self.packed.is_empty() {
            let taken = self.decoder.write(&self.packed)?;
            self.packed.advance(taken);
        }
        if self.packed.is_empty() {
            // What can be said already is not kept until more comes.
            self.decoder.flush()?;
        }
        Ok(before < self.data().len())
    }
}

fn broken(error: io::Error) -> Error {
    Error::new(ErrorKind::Decode, "the gzip of the body is broken or cut").because(error)
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::task::{Context, Poll, Waker};

    use bytes::Bytes;
    use flate2::{Compression, GzBuilder};
    use http::header::{CONTENT_ENCODING, HeaderMap, HeaderValue};

    use super::Unpacking;
    use crate::ErrorKind;

    /// A member with all that a header may have.
    fn member(data: &[u8]) -> Vec<u8> {
        let header = GzBuilder::new().extra(*b"ab\x02\x00cd").filename("a name").comment("a comment");
        let mut encoder = header.write(Vec::new(), Compression::best());
        encoder.write_all(data).unwrap();
        encoder.finish().unwrap()
    }

    /// Unpacks what comes in pieces, and then ends.
    fn unpack(pieces: &[&[u8]]) -> Result<Vec<u8>, ErrorKind> {
        let mut headers = HeaderMap::from_iter([(CONTENT_ENCODING, HeaderValue::from_static("gzip"))]);
        let mut unpacking = Unpacking::of(&mut headers).expect("the body is packed");
        let (mut pieces, mut whole) = (pieces.iter(), Vec::new());
        loop {
            let sent = pieces.by_ref();
            let more = |_: &mut Context<'_>| Poll::Ready(Ok(sent.next().map(|piece| Bytes::copy_from_slice(piece))));
            match unpacking.poll(&mut Context::from_waker(Waker::noop()), more) {
                Poll::Pending => {}
                Poll::Ready(Ok(false)) => return Ok(whole),
                Poll::Ready(Ok(true)) => {
                    let made = unpacking.data();
                    assert!(!made.is_empty() && made.len() <= 64 << 10, "J 166: {} bytes at once", made.len());
                    whole.append(made);
                }
                Poll::Ready(Err(error)) => return Err(error.kind()),
            }
        }
    }

    #[test]
    fn a_map_that_is_full_is_sent_as_it_is() {
        let mut call = crate::Client::new().call(http::Method::GET, "http://h/").unwrap();
        let name = |number: usize| http::HeaderName::try_from(format!("x-{number}")).unwrap();
        let value = || HeaderValue::from_static("");
        let headers = call.headers.get_or_insert_default();
        while headers.try_insert(name(headers.len()), value()).is_ok() {}
        super::ask(&mut call);
        assert!(!call.unpacks);
    }

    #[test]
    fn the_cuts_change_nothing() {
        let packed = [member(b"hello, "), member(b""), member(b"world")].concat();
        for at in 0..=packed.len() {
            let (front, back) = packed.split_at(at);
            assert_eq!(unpack(&[front, back]).as_deref(), Ok(&b"hello, world"[..]), "cut at {at}");
        }
        let single: Vec<&[u8]> = packed.chunks(1).collect();
        assert_eq!(unpack(&single).as_deref(), Ok(&b"hello, world"[..]));
    }

    #[test]
    fn every_beginning_is_cut_and_every_change_is_seen() {
        let packed = member(b"hello, world");
        for end in 0..packed.len() {
            assert_eq!(unpack(&[&packed[..end]]), Err(ErrorKind::Decode), "J 167: cut at {end}");
        }
        for at in 0..packed.len() {
            for bit in 0..8 {
                let mut changed = packed.clone();
                changed[at] ^= 1 << bit;
                let outcome = unpack(&[&changed]);
                // A time, a name or a comment may be any.
                let sound = matches!(outcome.as_deref(), Err(ErrorKind::Decode) | Ok(b"hello, world"));
                assert!(sound, "J 167: bit {bit} of byte {at}: {outcome:?}");
                let in_sums = packed.len() - 8 <= at || at < 3;
                assert!(!in_sums || outcome.is_err(), "J 167: bit {bit} of byte {at}");
            }
        }
        assert_eq!(unpack(&[&packed, b"\0"]), Err(ErrorKind::Decode), "J 167: something behind the last member");
    }

    #[test]
    fn much_that_was_packed_small_comes_in_pieces() {
        let data = vec![0; 4 << 20];
        let packed = member(&data);
        assert!(packed.len() < 16 << 10, "J 166");
        assert_eq!(unpack(&[&packed]).map(|unpacked| unpacked == data), Ok(true), "J 166");
    }
}
