//! Turns text into a URL, and compares what was understood with what others understand.
//!
//! An input of two lines is a URL and a reference that stands in it.
#![no_main]

use http::{HeaderMap, Method, Uri};
use libfuzzer_sys::fuzz_target;
use wheelwright_http::proto::{BodySize, RequestParts, RequestReader};
use wheelwright_http::url::{Url, resolve};

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    if let Some((base, reference)) = text.split_once('\n') {
        check_reference(base, reference);
    }
    let plain = plainly(text);
    let url = match Url::parse(text) {
        Ok(url) => url,
        Err(error) => return assert_eq!(plain, None, "a good URL is refused: {error}"),
    };
    assert!(plain.is_none_or(|plain| plain == url), "{url:?}");
    let written = format!("{}://{}{}", scheme(&url), url.host_field(), url.target);
    assert_eq!(Url::parse(&written).expect("what was understood is a URL"), url);
    assert!(0 < url.port && !url.host.is_empty() && url.target.starts_with('/'));
    assert_eq!(url.host, url.host.to_ascii_lowercase());
    check_userinfo(text, &url);
    check_port(text, &url);
    check_encoding(text, &url);
    check_request(&url);
    check_uri(&written, &url);
    check_browser(text, &url);
});

fn scheme(url: &Url<'_>) -> &'static str {
    if url.secure { "https" } else { "http" }
}

/// Reads a URL about which there can be no two opinions.
fn plainly(text: &str) -> Option<Url<'_>> {
    let (scheme, rest) = text.split_once("://")?;
    let secure = ["http", "https"].iter().position(|known| scheme.eq_ignore_ascii_case(known))? == 1;
    let simple = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let text = rest.split('#').next().expect("there is a first part");
    let (authority, target) = text.split_at(text.find(['/', '?']).unwrap_or(text.len()));
    let (user, host) = authority.rsplit_once('@').unwrap_or(("", authority));
    let (host, port) = host.split_once(':').unwrap_or((host, if secure { "443" } else { "80" }));
    let good_port = port.bytes().all(|byte| byte.is_ascii_digit());
    let good_target = target.bytes().all(|byte| simple(byte) || b"/?&=%:@+,;!$'()*[]{}|^\\".contains(&byte));
    let good_user = user.bytes().all(|byte| simple(byte) || b"@:".contains(&byte));
    if host.is_empty()
        || !good_user
        || !host.bytes().all(simple)
        || !good_port
        || !good_target
        || rest.contains(char::is_control)
    {
        return None;
    }
    let slash = if target.starts_with('/') { "" } else { "/" };
    let (host, target) = (host.to_ascii_lowercase().into(), format!("{slash}{target}").into());
    port.parse().ok().filter(|port| *port != 0).map(|port| Url { secure, host, port, target })
}

/// The port is the number that stands there, and a comma, which makes two hosts for some, stands nowhere.
fn check_port(text: &str, url: &Url<'_>) {
    let (_, rest) = text.split_once("//").expect("a URL has an authority");
    let authority = rest.split(['/', '?', '#']).next().expect("there is a first part");
    let host = authority.rsplit('@').next().expect("there is a last part");
    let port = host.rsplit_once(':').map_or("", |(_, port)| if host.ends_with(']') { "" } else { port });
    assert!(port.is_empty() || port.trim_start_matches('0') == url.port.to_string(), "{host} and {}", url.port);
    assert!(!url.host.contains(','), "{host}");
}

/// What had to be encoded is decoded to what stood there, and nothing else was.
fn check_encoding(text: &str, url: &Url<'_>) {
    let (_, rest) = text.split_once("//").expect("a URL has an authority");
    let rest = rest.split('#').next().expect("there is a first part");
    let target = &rest[rest.find(['/', '?']).unwrap_or(rest.len())..];
    let slash = if target.starts_with('/') { "" } else { "/" };
    assert_eq!(decoded(&url.target), decoded(&format!("{slash}{target}")));
    assert!(!url.target.contains(['"', '#', '<', '>', '`']), "{}", url.target);
}

fn decoded(text: &str) -> Vec<u8> {
    let (mut out, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((&byte, behind)) = rest.split_first() {
        let digits = behind.get(..2).filter(|two| byte == b'%' && two.iter().all(u8::is_ascii_hexdigit));
        let code = digits.and_then(|two| u8::from_str_radix(std::str::from_utf8(two).ok()?, 16).ok());
        out.push(code.unwrap_or(byte));
        rest = &behind[if code.is_some() { 2 } else { 0 }..];
    }
    out
}

/// User and password change nothing, and cannot be seen.
fn check_userinfo(text: &str, url: &Url<'_>) {
    let (front, rest) = text.split_once("//").expect("a URL has an authority");
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let start = rest[..end].rfind('@').map_or(0, |at| at + 1);
    let bare = format!("{front}//{}", &rest[start..]);
    let without = Url::parse(&bare).expect("it is a URL without a user too");
    assert_eq!((&without, format!("{without:?}")), (url, format!("{url:?}")));
}

/// What our client asks for is what our server is asked for.
fn check_request(url: &Url<'_>) {
    let (host, headers, mut out) = (url.host_field(), HeaderMap::new(), Vec::new());
    let parts = RequestParts {
        method: &Method::GET,
        target: &url.target,
        host: &host,
        headers: &headers,
        body: BodySize::None,
    };
    parts.write_head(&mut out).expect("a URL that was accepted can be asked for");
    let (taken, head) = RequestReader::new().read(&out).expect("the request is good").expect("the request is whole");
    assert_eq!(taken, out.len());
    assert_eq!(head.request.uri().to_string(), url.target);
    assert_eq!(head.request.headers()["host"], host);
}

/// The `http` crate reads the same in what we write.
fn check_uri(written: &str, url: &Url<'_>) {
    let uri: Uri = written.parse().expect("the http crate knows what we write");
    assert_eq!((uri.scheme_str(), uri.host()), (Some(scheme(url)), Some(&*url.host)));
    assert_eq!(uri.port_u16().unwrap_or(if url.secure { 443 } else { 80 }), url.port);
    assert_eq!(uri.path_and_query().expect("it has a path").as_str(), url.target);
}

/// Where a browser would go there too, or nowhere: otherwise one of us can be sent to another host than was checked.
fn check_browser(text: &str, url: &Url<'_>) {
    let Ok(theirs) = url::Url::parse(text) else { return };
    assert_eq!((theirs.scheme(), theirs.port_or_known_default()), (scheme(url), Some(url.port)));
    let address = url.address().map(|address| address.ip().to_canonical());
    match theirs.host().expect("it has a host") {
        url::Host::Domain(name) => assert_eq!(name, url.host),
        // `0x7f.1` is an address for them and a name for us, which the system's resolver reads as they do.
        url::Host::Ipv4(theirs) => assert!(address.is_none_or(|ours| ours == theirs)),
        url::Host::Ipv6(theirs) => assert_eq!(address, Some(std::net::IpAddr::from(theirs).to_canonical())),
    }
}

/// A reference leads where it would lead a browser.
fn check_reference(base: &str, reference: &str) {
    let resolved = resolve(base, reference);
    let stays = reference.is_empty() || reference.starts_with(['?', '#']);
    if !stays && Url::parse(base).is_ok() {
        assert_eq!(resolve("http://elsewhere/a/b", &resolved), resolved, "what is resolved stays what it is");
    }
    let hostless = reference.starts_with("http:") && !reference.starts_with("http://");
    assert!(!hostless || !resolved.starts_with("http://"), "a host out of nowhere: {resolved}");
    // The other reading has an assertion of its own that some files do not hold: it is asked about the web only.
    let file = reference.to_ascii_lowercase().starts_with("file:");
    if is_odd(base, reference) || Url::parse(base).is_err() || file {
        return;
    }
    let Ok(theirs) = url::Url::parse(base).and_then(|base| base.join(reference)) else { return };
    if !matches!(theirs.scheme(), "http" | "https") {
        return;
    }
    assert_eq!(url::Url::parse(&resolved).as_ref(), Ok(&theirs), "{resolved}");
    let (_, rest) = resolved.split_once("//").expect("it is a URL");
    let path = rest.split(['?', '#']).next().expect("there is a first part");
    let dots = path.split('/').skip(1).any(|segment| segment == "." || segment == "..");
    assert!(!dots || stays, "{resolved}");
    if let Ok(ours) = Url::parse(&resolved) {
        check_browser(theirs.as_str(), &ours);
    }
}

/// Where browsers leave RFC 3986 they are not asked: backslashes, what is no visible ASCII, dots that are encoded, a scheme
/// without slashes, or without a host. Dots at the end of the base they resolve before they look at the reference. And the `url` crate
/// takes `/c:/` for a drive under any scheme.
fn is_odd(base: &str, reference: &str) -> bool {
    let both = format!("{base}/{reference}").to_ascii_lowercase();
    let drive = |three: &[u8]| three[0] == b'/' && three[1].is_ascii_alphabetic() && b":|".contains(&three[2]);
    let lower = reference.to_ascii_lowercase();
    let behind_scheme = lower.strip_prefix("http:").or_else(|| lower.strip_prefix("https:"));
    let base_path = base.split(['?', '#']).next().expect("there is a first part");
    base_path.ends_with("/..")
        // Blanks at the ends fall away and others are encoded, each in its place: `check_encoding` looks at that.
        || !both.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'\\')
        || both.contains("%2e")
        || both.as_bytes().windows(3).any(drive)
        || behind_scheme.is_some_and(|rest| !rest.starts_with("//"))
        // No host at all: browsers look for one in the path.
        || behind_scheme.unwrap_or(reference).starts_with("///")
}
