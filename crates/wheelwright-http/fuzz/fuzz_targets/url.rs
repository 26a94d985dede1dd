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
    let Ok(url) = Url::parse(text) else { return };
    let written = format!("{}://{}{}", scheme(&url), url.host_field(), url.target);
    assert_eq!(Url::parse(&written).expect("what was understood is a URL"), url);
    assert!(0 < url.port && !url.host.is_empty() && url.target.starts_with('/'));
    assert_eq!(url.host, url.host.to_ascii_lowercase());
    check_userinfo(text, &url);
    check_request(&url);
    check_uri(&written, &url);
    check_browser(text, &url);
});

fn scheme(url: &Url<'_>) -> &'static str {
    if url.secure { "https" } else { "http" }
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
    if is_odd(base, reference) || Url::parse(base).is_err() || Url::parse(&resolved).is_err() {
        return;
    }
    let Ok(theirs) = url::Url::parse(base).and_then(|base| base.join(reference)) else { return };
    assert_eq!(url::Url::parse(&resolved).expect("they knew it as a reference"), theirs, "{resolved}");
}

/// Where browsers leave RFC 3986 they are not asked: backslashes, control bytes, blanks around, dots that are encoded, a
/// scheme without slashes. And the `url` crate takes `/c:/` for a drive under any scheme.
fn is_odd(base: &str, reference: &str) -> bool {
    let both = format!("{base}/{reference}").to_ascii_lowercase();
    let blanks = |text: &str| text.trim_matches(|letter| letter <= ' ') != text;
    let drive = |three: &[u8]| three[0] == b'/' && three[1].is_ascii_alphabetic() && b":|".contains(&three[2]);
    let lower = reference.to_ascii_lowercase();
    let behind_scheme = lower.strip_prefix("http:").or_else(|| lower.strip_prefix("https:"));
    both.contains(['\\', '\t', '\r', '\n'])
        || both.contains("%2e")
        || both.as_bytes().windows(3).any(drive)
        || blanks(base)
        || blanks(reference)
        || behind_scheme.is_some_and(|rest| !rest.starts_with("//"))
}
