//! Turns bytes into the data of a body, and compares them with a parser that has all bytes before it and only reads on.
#![no_main]

use libfuzzer_sys::fuzz_target;
use wheelwright_http::proto::{BodyDecoder, BodyEncoder, BodyLength};
use wheelwright_http::{Error, ErrorKind};
use wheelwright_http_fuzz::cuts::{Dice, every_cut, pieces};
use wheelwright_http_fuzz::plain::{self, ByName, is_of_value, is_token};

/// The bytes that extensions, trailers or needless framing may have.
const LIMIT: usize = 16 * 1024;

fuzz_target!(|bytes: &[u8]| {
    // The parser here knows no limit but that of the trailers' lines.
    if LIMIT < bytes.len() {
        return;
    }
    let wanted = by_the_grammar(bytes);
    assert_eq!(decode(BodyLength::Chunked, &[bytes]), wanted);
    every_cut(bytes, |pieces| assert_eq!(decode(BodyLength::Chunked, pieces), wanted));
    other_lengths(bytes);
    encoded(bytes);
    declared(bytes);
    let mut dice = Dice::of(bytes);
    if dice.below(8) == 0 {
        wasteful(bytes, &mut dice);
    }
    if dice.below(16) == 0 {
        long_trailer(&mut dice);
    }
});

/// What came of a body.
#[derive(Debug, PartialEq)]
struct Body {
    data: Vec<u8>,
    end: End,
}

#[derive(Debug, PartialEq)]
enum End {
    /// So many bytes were the body's, and behind the last chunk stood these fields.
    Whole(usize, ByName),
    /// More was to come.
    Cut,
    /// No further byte could mend it.
    Broken,
}

fn decode(length: BodyLength, pieces: &[&[u8]]) -> Body {
    let mut body = Body { data: Vec::new(), end: End::Cut };
    match feed(&mut BodyDecoder::new(length), pieces, &mut body.data) {
        Ok(end) => body.end = end,
        Err(error) if error.kind() == ErrorKind::Incomplete => {}
        Err(error) => {
            assert!(matches!(error.kind(), ErrorKind::Parse | ErrorKind::TooLarge), "{error}");
            body.end = End::Broken;
        }
    }
    body
}

fn feed(decoder: &mut BodyDecoder, pieces: &[&[u8]], data: &mut Vec<u8>) -> Result<End, Error> {
    let mut taken = 0;
    for piece in pieces {
        let mut rest = *piece;
        loop {
            let found = decoder.decode(rest)?;
            assert!(found.data.end <= found.taken && found.taken <= rest.len(), "a piece lies outside its input");
            data.extend_from_slice(&rest[found.data]);
            taken += found.taken;
            rest = &rest[found.taken..];
            if found.ended {
                return Ok(End::Whole(taken, decoder.trailers().map(plain::of_map).unwrap_or_default()));
            }
            if rest.is_empty() {
                break;
            }
            assert!(0 < found.taken, "the decoder makes no progress");
        }
    }
    decoder.end()?;
    Ok(End::Whole(taken, decoder.trailers().map(plain::of_map).unwrap_or_default()))
}

/// A body of a declared length, and one that lasts until the end.
fn other_lengths(bytes: &[u8]) {
    let length = Dice::of(bytes).below(2 * bytes.len() + 1);
    let data = bytes[..length.min(bytes.len())].to_vec();
    let end = if length <= bytes.len() { End::Whole(length, ByName::new()) } else { End::Cut };
    let exact = Body { data, end };
    let all = Body { data: bytes.to_vec(), end: End::Whole(bytes.len(), ByName::new()) };
    every_cut(bytes, |pieces| {
        assert_eq!(decode(BodyLength::Exact(length as u64), pieces), exact);
        assert_eq!(decode(BodyLength::UntilClose, pieces), all);
    });
}

/// A body as long as was declared goes out as it is; a longer one and a shorter one do not.
fn declared(data: &[u8]) {
    let length = data.len() as u64;
    let (mut out, mut encoder) = (Vec::new(), BodyEncoder::new(BodyLength::Exact(length)));
    encoder.write(data, &mut out).expect("it is as long as declared");
    let more = encoder.write(b"x", &mut out).map_err(|error| error.kind());
    assert_eq!(more, Err(ErrorKind::TooLarge));
    encoder.finish(&mut out).expect("it is as long as declared");
    assert_eq!(out, data);

    let mut short = BodyEncoder::new(BodyLength::Exact(length + 1));
    short.write(data, &mut out).expect("it is not too long");
    assert_eq!(short.finish(&mut out).map_err(|error| error.kind()), Err(ErrorKind::Incomplete));
}

/// What our writer makes of data is that data again, and what follows is left alone.
fn encoded(data: &[u8]) {
    let (mut out, mut encoder) = (Vec::new(), BodyEncoder::new(BodyLength::Chunked));
    for run in pieces(data, 64, &mut Dice::of(data)) {
        encoder.write(run, &mut out).expect("a chunked body has any length");
        encoder.write(b"", &mut out).expect("an empty run is none");
    }
    encoder.finish(&mut out).expect("a chunked body ends anywhere");
    let end = End::Whole(out.len(), ByName::new());
    out.extend_from_slice(b"GET / HTTP/1.1\r\n");
    assert_eq!(decode(BodyLength::Chunked, &[&out]), Body { data: data.to_vec(), end });
}

fn by_the_grammar(bytes: &[u8]) -> Body {
    let mut grammar = Grammar { bytes, at: 0, data: Vec::new(), chunks: Vec::new() };
    let end = match grammar.body() {
        Ok(trailers) => End::Whole(grammar.at, trailers),
        Err(end) => end,
    };
    Body { data: grammar.data, end }
}

/// The same chunks again and again, which is slow, until extensions and framing that is longer than its data are more than 16 KiB.
fn wasteful(bytes: &[u8], dice: &mut Dice) {
    let mut grammar = Grammar { bytes, at: 0, data: Vec::new(), chunks: Vec::new() };
    let _ = grammar.body();
    let whole = |chunk: &&Chunk<'_>| chunk.data.len() == chunk.size && 0 < chunk.size;
    let chunks: Vec<&Chunk<'_>> = grammar.chunks.iter().take_while(whole).collect();
    if !chunks.iter().any(|chunk| 0 < chunk.extensions || 16 + 2 * chunk.size < chunk.line.len() + 2) {
        return;
    }
    // A first chunk sees to it that the extensions come to the limit exactly, or to one byte more.
    let each = chunks.iter().map(|chunk| chunk.extensions).sum::<usize>();
    let extensions = if each == 0 { 0 } else { (LIMIT - 2) % each + 2 + dice.below(2) };
    let line = format!("1{:e<extensions$}\r\n", if each == 0 { "" } else { ";" });
    let first = Chunk { line: line.as_bytes(), size: 1, extensions, data: b"f" };

    let (mut all, mut data) = (Vec::new(), Vec::new());
    let (mut extensions, mut excess) = (0, 0);
    for chunk in std::iter::once(&first).chain(chunks.into_iter().cycle()) {
        let behind_data = if all.is_empty() { 0 } else { 2 };
        extensions += chunk.extensions;
        excess = (excess + behind_data + chunk.line.len()).saturating_sub(16 + 2 * chunk.size);
        all.extend_from_slice(chunk.line);
        if LIMIT < extensions.max(excess) || 12 * LIMIT < all.len() {
            break;
        }
        data.extend_from_slice(chunk.data);
        all.extend([chunk.data, b"\r\n"].concat());
    }
    let end = if LIMIT < extensions.max(excess) { End::Broken } else { End::Cut };
    assert_eq!(decode(BodyLength::Chunked, &pieces(&all, 2 * LIMIT, dice)), Body { data, end });
}

/// A trailer section has at most 16 KiB, its empty line included.
fn long_trailer(dice: &mut Dice) {
    let value = "b".repeat(LIMIT - 16 + dice.below(20));
    let section = format!("a: {value}\r\n\r\n");
    let end = match section.len() <= LIMIT {
        true => End::Whole(3 + section.len(), plain::by_name([("a".to_owned(), value.into_bytes())])),
        false => End::Broken,
    };
    let body = Body { data: Vec::new(), end };
    assert_eq!(decode(BodyLength::Chunked, &[format!("0\r\n{section}").as_bytes()]), body);
}

/// RFC 9112 section 7.1 as functions that call each other.
struct Grammar<'b> {
    bytes: &'b [u8],
    at: usize,
    data: Vec<u8>,
    chunks: Vec<Chunk<'b>>,
}

/// A chunk whose first line is whole.
struct Chunk<'b> {
    line: &'b [u8],
    size: usize,
    /// How many bytes of the line are extensions.
    extensions: usize,
    /// As far as it came, and if something came behind it.
    data: &'b [u8],
}

impl Grammar<'_> {
    fn body(&mut self) -> Result<ByName, End> {
        loop {
            let start = self.at;
            let size = self.size_line()?;
            if size == 0 {
                return self.trailers();
            }
            let line = &self.bytes[start..self.at];
            let extensions = line.iter().position(|&byte| byte == b';').map_or(0, |at| line.len() - 2 - at);
            let size = usize::try_from(size).unwrap_or(usize::MAX);
            self.chunks.push(Chunk { line, size, extensions, data: &[] });
            let start = self.at;
            for _ in 0..size {
                let byte = self.byte()?;
                self.data.push(byte);
            }
            self.chunks.last_mut().expect("pushed above").data = &self.bytes[start..self.at];
            self.expect(b"\r\n")?;
        }
    }

    fn byte(&mut self) -> Result<u8, End> {
        let byte = *self.bytes.get(self.at).ok_or(End::Cut)?;
        self.at += 1;
        Ok(byte)
    }

    fn expect(&mut self, wanted: &[u8]) -> Result<(), End> {
        for byte in wanted {
            if self.byte()? != *byte {
                return Err(End::Broken);
            }
        }
        Ok(())
    }

    fn size_line(&mut self) -> Result<u64, End> {
        let (start, mut digits) = (self.at, String::new());
        let last = loop {
            match self.byte()? {
                digit if digit.is_ascii_hexdigit() => digits.push(char::from(digit)),
                b';' if !digits.is_empty() => break self.extensions()?,
                other => break other,
            }
            if 16 < digits.len() {
                return Err(End::Broken);
            }
        };
        if last != b'\r' || digits.is_empty() {
            return Err(End::Broken);
        }
        self.expect(b"\n")?;
        let size = u64::from_str_radix(&digits, 16).expect("sixteen digits are 64 bits");
        let theirs = httparse::parse_chunk_size(&self.bytes[start..]);
        assert_eq!(
            theirs,
            Ok(httparse::Status::Complete((self.at - start, size))),
            "we are more lenient than httparse"
        );
        Ok(size)
    }

    /// Reads what follows a semicolon, and returns the first byte that belongs to no extension.
    fn extensions(&mut self) -> Result<u8, End> {
        loop {
            let first = self.byte()?;
            let mut behind = self.token(first)?;
            if behind == b'=' {
                behind = match self.byte()? {
                    b'"' => self.quoted()?,
                    first => self.token(first)?,
                };
            }
            if behind != b';' {
                return Ok(behind);
            }
        }
    }

    /// Reads a token that begins with `first`, and returns the byte behind it.
    fn token(&mut self, first: u8) -> Result<u8, End> {
        let mut byte = first;
        if !is_token(byte) {
            return Err(End::Broken);
        }
        while is_token(byte) {
            byte = self.byte()?;
        }
        // What cannot follow a token is refused before the byte behind it comes.
        if matches!(byte, b'\r' | b';' | b'=') { Ok(byte) } else { Err(End::Broken) }
    }

    /// Reads a string behind its first quote, and returns the byte behind the last one.
    fn quoted(&mut self) -> Result<u8, End> {
        loop {
            match self.byte()? {
                b'"' => return self.byte(),
                b'\\' if !is_of_value(self.byte()?) => return Err(End::Broken),
                byte if !is_of_value(byte) => return Err(End::Broken),
                _ => {}
            }
        }
    }

    fn trailers(&mut self) -> Result<ByName, End> {
        let mut lines = Vec::new();
        loop {
            let start = self.at;
            let mut byte = self.byte()?;
            if 100 < lines.len() {
                return Err(End::Broken);
            }
            while byte != b'\r' {
                if byte == b'\n' {
                    return Err(End::Broken);
                }
                byte = self.byte()?;
            }
            self.expect(b"\n")?;
            let line = &self.bytes[start..self.at - 2];
            if line.is_empty() {
                break;
            }
            lines.push(line);
        }
        if lines.iter().all(|line| is_field(line)) {
            Ok(plain::by_name(plain::fields(lines.into_iter())))
        } else {
            Err(End::Broken)
        }
    }
}

fn is_field(line: &[u8]) -> bool {
    let colon = line.iter().position(|&byte| byte == b':').unwrap_or_default();
    let (name, value) = line.split_at(colon);
    !name.is_empty() && name.iter().copied().all(is_token) && value.iter().copied().all(is_of_value)
}
