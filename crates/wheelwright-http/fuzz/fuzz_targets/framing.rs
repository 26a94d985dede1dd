//! Turns the fields of a head into its framing, and lets readers of other habits say where the body ends.
//!
//! An input is the lines behind the first one. What our server accepts has one reading: each of these readers, among whom
//! are the two parties of every known request smuggling, must come to the same body.
#![no_main]

use http::{Method, StatusCode, Version};
use libfuzzer_sys::fuzz_target;
use wheelwright_http::ErrorKind;
use wheelwright_http::proto::framing::Declared;
use wheelwright_http::proto::{BodyLength, RequestReader, ResponseReader};
use wheelwright_http_fuzz::plain;

const NONE: BodyLength = BodyLength::Exact(0);

const VERSIONS: [Version; 2] = [Version::HTTP_10, Version::HTTP_11];

fuzz_target!(|section: &[u8]| {
    for version in VERSIONS {
        request(section, version);
        for status in [StatusCode::OK, StatusCode::NO_CONTENT, StatusCode::NOT_MODIFIED] {
            for method in [Method::GET, Method::HEAD] {
                response(section, version, status, &method);
            }
        }
    }
});

type Fields = [(String, Vec<u8>)];

fn request(section: &[u8], version: Version) {
    let first = format!("POST / {version:?}\r\nHost: a\r\n");
    let bytes = [first.as_bytes(), section, b"\r\n\r\n"].concat();
    let head = plain::head(&bytes, 0).expect("it ends with an empty line");
    let alone = declared(&head.fields).and_then(|declared| declared.request(version).map_err(|error| error.kind()));
    let read = match RequestReader::new().read(&bytes) {
        Ok(read) => read,
        Err(error) => return assert!(!is_plain(&head, version), "good framing is refused: {error}"),
    };
    let (taken, read) = read.expect("it ends with an empty line");
    assert_eq!((taken, Ok(read.framing)), (head.end, alone), "the fields alone say the same");
    assert_eq!(read.framing.keep_alive, is_kept(&head.fields, version));

    for reader in readers() {
        assert_eq!(reader.body(&head.fields), read.framing.body, "{reader:?}");
    }
    // Whoever ends a line at any line feed or carriage return sees no other fields.
    let lines = head.bytes.split(|byte| matches!(byte, b'\r' | b'\n')).filter(|line| !line.is_empty());
    assert_eq!(plain::fields(lines.skip(1)), head.fields);
}

fn declared(fields: &Fields) -> Result<Declared, ErrorKind> {
    let mut declared = Declared::default();
    fields.iter().try_for_each(|(name, value)| declared.note(name, value)).map_err(|error| error.kind())?;
    Ok(declared)
}

/// One of those who frame a request without asking whether there is another way.
#[derive(Clone, Copy, Debug)]
struct Reader {
    line: Line,
    number: Number,
    coding: Words,
    stronger: Stronger,
}

#[derive(Clone, Copy, Debug)]
enum Line {
    First,
    Last,
}

#[derive(Clone, Copy, Debug)]
enum Number {
    /// All of it or nothing.
    Strict,
    /// White space, a sign and as many digits as there are, as C's `strtoull` does it.
    AsInC,
    /// The last element of a list.
    LastOfList,
}

/// Where `chunked` has to stand to count.
#[derive(Clone, Copy, Debug)]
enum Words {
    Anywhere,
    First,
    Last,
    Alone,
}

#[derive(Clone, Copy, Debug)]
enum Stronger {
    Length,
    Coding,
}

fn readers() -> impl Iterator<Item = Reader> {
    let lines = [Line::First, Line::Last].into_iter();
    let numbers = [Number::Strict, Number::AsInC, Number::LastOfList];
    let codings = [Words::Anywhere, Words::First, Words::Last, Words::Alone];
    let lines = lines.flat_map(move |line| numbers.map(|number| (line, number)));
    let words = lines.flat_map(move |(line, number)| codings.map(|coding| (line, number, coding)));
    words.flat_map(|(line, number, coding)| {
        [Stronger::Length, Stronger::Coding].map(|stronger| Reader { line, number, coding, stronger })
    })
}

impl Reader {
    fn body(self, fields: &Fields) -> BodyLength {
        let length = self.pick(fields, "content-length").and_then(|value| self.number(value));
        let chunked = self.pick(fields, "transfer-encoding").is_some_and(|value| self.is_chunked(value));
        match (length, chunked, self.stronger) {
            (Some(length), false, _) | (Some(length), true, Stronger::Length) => BodyLength::Exact(length),
            (_, true, _) => BodyLength::Chunked,
            (None, false, _) => BodyLength::Exact(0),
        }
    }

    fn pick<'f>(self, fields: &'f Fields, wanted: &str) -> Option<&'f [u8]> {
        let mut values = fields.iter().filter(|(name, _)| name == wanted).map(|(_, value)| value.as_slice());
        match self.line {
            Line::First => values.next(),
            Line::Last => values.last(),
        }
    }

    fn number(self, value: &[u8]) -> Option<u64> {
        let text = String::from_utf8_lossy(value);
        match self.number {
            Number::Strict => text.parse().ok(),
            Number::LastOfList => text.rsplit(',').next()?.trim().parse().ok(),
            Number::AsInC => {
                let text = text.trim_start();
                let text = text.strip_prefix(['+', '-']).unwrap_or(text);
                let digits = text.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(text.len());
                text[..digits].parse().ok()
            }
        }
    }

    fn is_chunked(self, value: &[u8]) -> bool {
        let text = String::from_utf8_lossy(value).to_ascii_lowercase();
        let is = |word: &str| word.split(';').next().is_some_and(|word| word.trim() == "chunked");
        match self.coding {
            Words::Anywhere => text.contains("chunked"),
            Words::First => text.split(',').next().is_some_and(is),
            Words::Last => text.rsplit(',').next().is_some_and(is),
            Words::Alone => text == "chunked",
        }
    }
}

/// Returns whether this is the head of a message about whose body there can be no two opinions.
fn is_plain(head: &plain::Head<'_>, version: Version) -> bool {
    let mut framing = head.fields.iter().filter(|(name, _)| name == "content-length" || name == "transfer-encoding");
    let one = match framing.next().map(|(name, value)| (name.as_str(), value.as_slice())) {
        None => true,
        Some(("content-length", digits)) => (1..19).contains(&digits.len()) && digits.iter().all(u8::is_ascii_digit),
        Some((_, coding)) => version == Version::HTTP_11 && coding.eq_ignore_ascii_case(b"chunked"),
    };
    let hosts = head.fields.iter().filter(|(name, _)| name == "host").count();
    one && framing.next().is_none() && hosts < 2 && !plain::is_folded(head) && plain::is_good(head)
}

/// Returns whether the peer wants the connection to live on.
fn is_kept(fields: &Fields, version: Version) -> bool {
    let connection = fields.iter().filter(|(name, _)| name == "connection");
    let values: Vec<String> =
        connection.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase()).collect();
    let says =
        |wanted: &str| values.iter().any(|value| value.split(',').any(|word| word.trim_matches([' ', '\t']) == wanted));
    !says("close") && (version == Version::HTTP_11 || says("keep-alive"))
}

fn response(section: &[u8], version: Version, status: StatusCode, method: &Method) {
    let first = format!("{version:?} {}\r\n", status.as_str());
    let bytes = [first.as_bytes(), section, b"\r\n\r\n"].concat();
    let head = plain::head(&bytes, 0).expect("it ends with an empty line");
    let read = match ResponseReader::new(method).read(&bytes) {
        Ok(read) => read,
        Err(error) => return assert!(!is_plain(&head, version), "good framing is refused: {error}"),
    };
    let (_, read) = read.expect("it ends with an empty line");
    let bare = status != StatusCode::OK || method == Method::HEAD;
    assert_eq!(Some(read.framing.body), if bare { Some(NONE) } else { by_the_book(&head.fields) });
    let has = |wanted: &str| head.fields.iter().any(|(name, _)| name == wanted);
    assert!(version == Version::HTTP_11 || !has("transfer-encoding"), "HTTP/1.0 knows no codings");
    let trusted = match (method == Method::HEAD, status) {
        // Whatever stands here is of another response.
        (true, _) => true,
        (false, StatusCode::OK) => has("transfer-encoding") != has("content-length"),
        // A body that was announced may come although it must not.
        (false, StatusCode::NO_CONTENT) if has("content-length") && by_the_book(&head.fields) != Some(NONE) => false,
        _ => !has("transfer-encoding"),
    };
    assert_eq!(read.framing.keep_alive, trusted && is_kept(&head.fields, version), "{method} {status}");
}

/// RFC 9112 section 6.3, from its third point on, for a client that knows no coding but chunked.
fn by_the_book(fields: &Fields) -> Option<BodyLength> {
    let values = |wanted: &str| -> Vec<String> {
        let named = fields.iter().filter(|(name, _)| name == wanted);
        named.map(|(_, value)| String::from_utf8_lossy(value).to_ascii_lowercase()).collect()
    };
    let codings = values("transfer-encoding").join(",");
    let lengths = values("content-length").join(",");
    let numbers: Option<Vec<u64>> = lengths.split(',').map(|length| length.trim().parse().ok()).collect();
    match (codings.as_str(), numbers) {
        ("chunked", _) => Some(BodyLength::Chunked),
        ("", Some(numbers)) => numbers.iter().all(|n| *n == numbers[0]).then_some(BodyLength::Exact(numbers[0])),
        ("", None) if lengths.is_empty() => Some(BodyLength::UntilClose),
        _ => None,
    }
}
