//! Turns a request's target and Host into a checked `Uri`.

use std::net::Ipv6Addr;

use bytes::Bytes;
use http::{Method, StatusCode, Uri};

use crate::Error;

/// Reads a target in one of the forms that a server here answers (RFC 9112 section 3.2).
pub(crate) fn parse_target(method: &Method, target: Bytes) -> Result<Uri, Error> {
    if method == Method::CONNECT {
        return Err(Error::parse("CONNECT is not served").answered(StatusCode::NOT_IMPLEMENTED));
    }
    if target.iter().any(|&byte| !byte.is_ascii_graphic() || byte == b'#') {
        return Err(Error::parse("a byte in the target that must be encoded"));
    }
    let origin = target.first() == Some(&b'/');
    let asterisk = target.as_ref() == b"*";
    if asterisk && method != Method::OPTIONS {
        return Err(Error::parse("the target * without OPTIONS"));
    }
    let uri = Uri::from_maybe_shared(target).map_err(|_| Error::parse("a bad target"))?;
    if origin || asterisk {
        return Ok(uri);
    }
    let scheme = uri.scheme_str().is_some_and(|scheme| scheme == "http" || scheme == "https");
    let host = uri.authority().is_some_and(|authority| is_host(authority.as_str().as_bytes()));
    if scheme && host {
        return Ok(uri);
    }
    Err(Error::parse("a target in no form that is served"))
}

/// Returns whether this is a host and perhaps a port, and nothing else: no userinfo, no list, no path.
pub(crate) fn is_host(text: &[u8]) -> bool {
    let Some((host, port)) = split_port(text) else { return false };
    (port.is_empty() || parse_port(port).is_some()) && is_name_or_address(host)
}

/// Reads a port, which may be zero here.
pub(crate) fn parse_port(digits: &[u8]) -> Option<u16> {
    let digit = |&byte: &u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    let first = digit(digits.first()?)?;
    digits[1..].iter().try_fold(first, |port, byte| port.checked_mul(10)?.checked_add(digit(byte)?))
}

/// Splits `host:port` or `[address]:port`; the port is empty where there is none.
pub(crate) fn split_port(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let colon = match text.first() {
        Some(b'[') => {
            let end = text.iter().position(|&byte| byte == b']')? + 1;
            match text.get(end) {
                None => return Some((text, &[])),
                Some(b':') => end,
                Some(_) => return None,
            }
        }
        _ => match text.iter().position(|&byte| byte == b':') {
            None => return Some((text, &[])),
            Some(colon) => colon,
        },
    };
    Some((&text[..colon], &text[colon + 1..]))
}

/// Returns whether this can be the host of a URL: a name, an IPv4 address or an IPv6 address in brackets.
pub(crate) fn is_name_or_address(host: &[u8]) -> bool {
    if let Some(inside) = host.strip_prefix(b"[") {
        let address = inside.strip_suffix(b"]").and_then(|address| std::str::from_utf8(address).ok());
        return address.is_some_and(|address| address.parse::<Ipv6Addr>().is_ok());
    }
    // RFC 3986 lets a name hold a comma too, but a Host with one reads as a list.
    !host.is_empty() && host.iter().all(|&byte| is_of_name(byte))
}

fn is_of_name(byte: u8) -> bool {
    matches!(byte, b'a'..=b'z' | b'0'..=b'9' | b'A'..=b'Z' | b'-' | b'.' | b'_' | b'~' | b'%')
        || matches!(byte, b'!' | b'$' | b'&'..=b'+' | b';' | b'=')
}
