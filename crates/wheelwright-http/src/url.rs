//! Turns the text of a URL into where to connect and what to ask for.

use std::borrow::Cow;
use std::net::{IpAddr, SocketAddr};

use crate::proto::target::{is_name_or_address, parse_port, split_port};
use crate::{Error, ErrorKind};

mod resolve; // a reference and the URL it stands in -> the URL it means

pub use resolve::resolve;

/// A URL in its parts. What is between `//` and `@` was left out: it is never sent and never shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Url<'u> {
    /// The scheme is https.
    pub secure: bool,
    /// The host in lower case; an IPv6 address in its brackets.
    pub host: Cow<'u, str>,
    /// The port, from 1.
    pub port: u16,
    /// Path and query as they are asked for, in origin-form.
    pub target: Cow<'u, str>,
}

impl<'u> Url<'u> {
    /// Reads an absolute URL of the schemes http and https.
    ///
    /// Bytes that a request line cannot hold are percent-encoded; a fragment is left out.
    ///
    /// # Errors
    /// `BadUrl` for another scheme, no host, a bad host or port, and control bytes.
    pub fn parse(text: &'u str) -> Result<Self, Error> {
        let (secure, rest) = split_scheme(text).ok_or_else(|| bad("a URL begins with http:// or https://"))?;
        let (start, end) = find_authority(rest.as_bytes());
        // A backslash ends the host for a browser, which would go elsewhere than we.
        if rest[..start].bytes().any(|byte| byte == b'\\' || byte.is_ascii_control()) {
            return Err(bad("a byte in a URL that cannot stand before its host"));
        }
        let authority = &rest[start..end];
        let (host, port) = split_port(authority.as_bytes()).ok_or_else(|| bad("a bad host in a URL"))?;
        // Names with other letters must come in their ASCII form (IDNA).
        if !is_name_or_address(host) || host.contains(&b'%') {
            return Err(bad("a bad host in a URL"));
        }
        let host = lower_case(&authority[..host.len()]);
        let mut url = Self { secure, host, port: 0, target: origin_form(&rest[end..])? };
        url.port = match port {
            [] => url.usual_port(),
            digits => parse_port(digits).filter(|port| *port != 0).ok_or_else(|| bad("a port is from 1 to 65535"))?,
        };
        Ok(url)
    }

    /// Returns the text of the Host field: the port is there unless it is the scheme's own.
    #[must_use]
    pub fn host_field(&self) -> String {
        if self.port == self.usual_port() {
            return self.host.clone().into_owned();
        }
        format!("{}:{}", self.host, self.port)
    }

    fn usual_port(&self) -> u16 {
        if self.secure { 443 } else { 80 }
    }

    /// Returns the address, where the host is one and no name.
    #[must_use]
    pub fn address(&self) -> Option<SocketAddr> {
        let text = self.host.strip_prefix('[').and_then(|text| text.strip_suffix(']')).unwrap_or(&self.host);
        text.parse::<IpAddr>().ok().map(|address| SocketAddr::new(address, self.port))
    }
}

fn bad(message: &'static str) -> Error {
    Error::new(ErrorKind::BadUrl, message)
}

fn split_scheme(text: &str) -> Option<(bool, &str)> {
    for (scheme, secure) in [("http://", false), ("https://", true)] {
        if let Some((front, rest)) = text.split_at_checked(scheme.len())
            && front.eq_ignore_ascii_case(scheme)
        {
            return Some((secure, rest));
        }
    }
    None
}

/// Finds where the host begins, behind a user and a password, and where host and port end.
fn find_authority(rest: &[u8]) -> (usize, usize) {
    let mut start = 0;
    for (at, byte) in rest.iter().enumerate() {
        match byte {
            b'@' => start = at + 1,
            b'/' | b'?' | b'#' => return (start, at),
            _ => {}
        }
    }
    (start, rest.len())
}

fn lower_case(host: &str) -> Cow<'_, str> {
    match host.bytes().any(|byte| byte.is_ascii_uppercase()) {
        true => Cow::Owned(host.to_ascii_lowercase()),
        false => Cow::Borrowed(host),
    }
}

/// Path and query without the fragment, beginning with `/`, and nothing in it that a request line cannot hold.
pub(crate) fn origin_form(target: &str) -> Result<Cow<'_, str>, Error> {
    if target.starts_with('/') && target.bytes().all(|byte| SENDABLE[usize::from(byte)]) {
        return Ok(Cow::Borrowed(target));
    }
    if target.bytes().any(|byte| byte.is_ascii_control()) {
        return Err(bad("a control byte in a URL"));
    }
    let target = target.split('#').next().unwrap_or_default();
    let mut sent = String::with_capacity(target.len() + 1);
    if !target.starts_with('/') {
        sent.push('/');
    }
    encode(target, &mut sent);
    Ok(Cow::Owned(sent))
}

/// Appends the text with everything encoded that a request line cannot hold.
pub(crate) fn encode(text: &str, sent: &mut String) {
    for byte in text.bytes() {
        if SENDABLE[usize::from(byte)] { sent.push(char::from(byte)) } else { sent.push_str(&format!("%{byte:02X}")) }
    }
}

/// The bytes that go into a request line as they are.
static SENDABLE: [bool; 256] = {
    let mut sendable = [false; 256];
    let mut byte = b'!';
    while byte <= b'~' {
        sendable[byte as usize] = !matches!(byte, b'"' | b'#' | b'<' | b'>' | b'`');
        byte += 1;
    }
    sendable
};

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (bool, String, u16, String) {
        let url = Url::parse(text).unwrap_or_else(|error| panic!("{text}: {error}"));
        (url.secure, url.host.into_owned(), url.port, url.target.into_owned())
    }

    #[test]
    fn a_url_has_a_host_a_port_and_a_target() {
        for (text, secure, host, port, target) in [
            ("http://h", false, "h", 80, "/"),
            ("HTTP://H.Example:81/A", false, "h.example", 81, "/A"),
            ("https://h/", true, "h", 443, "/"),
            ("http://h:/x", false, "h", 80, "/x"),
            ("http://h?q", false, "h", 80, "/?q"),
            ("http://h#f", false, "h", 80, "/"),
            ("http://h/a?b#c?d", false, "h", 80, "/a?b"),
            ("http://[::1]:81/", false, "[::1]", 81, "/"),
            ("http://h/a b\"<é>", false, "h", 80, "/a%20b%22%3C%C3%A9%3E"),
            ("http://h/%00/../.", false, "h", 80, "/%00/../."),
            ("http://u:p@h/", false, "h", 80, "/"),
            ("http://u:p@x@h/@", false, "h", 80, "/@"),
        ] {
            assert_eq!(parts(text), (secure, host.into(), port, target.into()), "{text}");
        }
    }

    #[test]
    fn what_cannot_be_asked_is_a_bad_url() {
        for text in [
            "",
            "h",
            "//h/",
            "/p",
            "ftp://h/",
            "http:h",
            "http:/h",
            "http://",
            "http:///p",
            "http://?q",
            "http://:80/",
            "http://h:0/",
            "http://h:65536/",
            "http://h:99999/",
            "http://h:-1/",
            "http://h:8o/",
            "http://[::1/",
            "http://[::g]/",
            "http://[]/",
            "http://[::1]x/",
            "http://a b/",
            "http://é/",
            "http://h\r\n/",
            "http://h/\n",
            "http://h/\0",
            "http://h/\t",
            "http://h%41/",
            "http://{/",
            "http://a,b/",
            " http://h/",
            "http://u:p@/",
            "http://::1/",
        ] {
            let error = Url::parse(text).expect_err(text);
            assert_eq!(error.kind(), ErrorKind::BadUrl, "{text}");
        }
    }

    #[test]
    fn a_password_is_nowhere_to_be_seen() {
        let shown = format!("{:?}", Url::parse("http://user:secret@h/").expect("the URL is good"));
        assert!(!shown.contains("secret") && !shown.contains("user"), "{shown}");
        let error = Url::parse("http://user:secret@h:0/").expect_err("the port is bad");
        assert!(!format!("{error} {error:?}").contains("secret"));
    }

    #[test]
    fn the_host_field_leaves_out_the_schemes_own_port() {
        for (text, field) in [
            ("http://h:80/", "h"),
            ("https://h:443/", "h"),
            ("https://h:80/", "h:80"),
            ("http://[::1]:8080/", "[::1]:8080"),
        ] {
            assert_eq!(Url::parse(text).expect("the URL is good").host_field(), field);
        }
    }
}
