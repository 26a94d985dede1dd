//! Turns an answer that points elsewhere into the next request of the same call (RFC 9110 section 15.4).
//!
//! What was taken from a request is not given back: credentials that did not go to another origin do not come home either.

use std::rc::Rc;

use http::header::{HeaderName, LOCATION};
use http::{Method, StatusCode};

use super::call::Call;
use super::exchange::Answer;
use super::locate;
use crate::body::Body;
use crate::proto::response::header_map;
use crate::url::{encode, resolve};
use crate::{Error, ErrorKind};

/// What is said to one origin only.
const CONFIDED: [&str; 4] = ["authorization", "cookie", "proxy-authorization", "host"];

/// What is said about a body, besides all that begins with `content-`.
const ABOUT_BODY: [&str; 4] = ["digest", "expect", "trailer", "transfer-encoding"];

/// Says how many redirects a client follows.
///
/// A 301 or 302 turns a POST into a GET, a 303 everything but a HEAD; the body and the fields about it are dropped then.
/// A 307 or 308 keeps both, so that a body that is a stream, and can be sent once only, makes it an error. On the way to
/// another origin (scheme, host and port) `Authorization`, `Cookie`, `Proxy-Authorization` and `Host` are dropped for good;
/// fields with names of your own are not.
///
/// ```
/// use wheelwright_http::{Client, Policy};
/// let client = Client::builder().redirect(Policy::limited(3)).build()?;
/// # drop(client);
/// # Ok::<(), wheelwright_http::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy(Option<usize>);

impl Policy {
    /// Follows at most so many; one more, as in a loop, is a `Redirect` error.
    ///
    /// ```
    /// use wheelwright_http::{Client, Policy};
    /// let client = Client::builder().redirect(Policy::limited(1)).build()?;
    /// # drop(client);
    /// # Ok::<(), wheelwright_http::Error>(())
    /// ```
    pub fn limited(most: usize) -> Self {
        Self(Some(most))
    }

    /// Follows none: what points elsewhere is a response like others.
    ///
    /// ```
    /// use wheelwright_http::{Client, Policy};
    /// let client = Client::builder().redirect(Policy::none()).build()?;
    /// # drop(client);
    /// # Ok::<(), wheelwright_http::Error>(())
    /// ```
    pub fn none() -> Self {
        Self(None)
    }
}

/// What most calls do without: their way so far, and what never was in a request.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    hops: usize,
    /// Bytes of the heads that pointed on.
    pub(super) heads: usize,
    /// Tries that failed.
    pub(super) failed: u32,
    /// With its `#`, or nothing.
    pub(super) fragment: String,
}

impl Trail {
    /// Begins with the fragment of a URL, if it has one.
    pub(super) fn of(url: &str) -> Option<Box<Self>> {
        fragment(url).map(|fragment| Box::new(Self { fragment, ..Self::default() }))
    }
}

impl Call {
    /// Hands out the URL that was asked for, with the fragment that nobody was asked for.
    pub(super) fn final_url(&mut self) -> String {
        match &self.trail {
            None => std::mem::take(&mut self.url),
            Some(trail) => [&*self.url, &trail.fragment].concat(),
        }
    }

    /// Becomes the request that the answer points to, if it does and the client follows.
    pub(super) fn follow(&mut self, answer: &Answer) -> Result<bool, Error> {
        let Policy(Some(most)) = self.pool.options.redirect else { return Ok(false) };
        let headers = header_map(&answer.head.clone().into()).expect("the head was read before");
        let mut locations = headers.get_all(LOCATION).iter();
        let Some(location) = locations.next() else { return Ok(false) };
        let location = std::str::from_utf8(location.as_bytes()).ok().filter(|_| locations.next().is_none());
        let location = location.ok_or_else(|| refused("more than one Location, or one that is no text"))?;
        let trail = self.trail.get_or_insert_default();
        if trail.hops == most {
            return Err(refused("more redirects than the client follows"));
        }
        trail.hops += 1;
        trail.heads += answer.heads;
        let url = resolve(&self.url, location);
        if let Some(fragment) = fragment(&url) {
            trail.fragment = fragment;
        }
        let found = locate(&self.pool, &url);
        let (host, url) = found.map_err(|error| refused("a Location that cannot be followed").because(error))?;
        self.adapt(answer.status)?;
        if !Rc::ptr_eq(&host, &self.host) {
            let headers = self.headers.as_deref_mut();
            headers.into_iter().for_each(|map| CONFIDED.into_iter().for_each(|name| drop(map.remove(name))));
        }
        (self.host, self.url) = (host, url.into());
        Ok(true)
    }

    /// Drops the body, or sees to it that there is one to send again.
    fn adapt(&mut self, status: StatusCode) -> Result<(), Error> {
        let moved = matches!(status, StatusCode::MOVED_PERMANENTLY | StatusCode::FOUND);
        let retrieves = status == StatusCode::SEE_OTHER || (moved && self.method == Method::POST);
        if !retrieves {
            return self.body.bytes().map(drop).ok_or_else(|| refused("a body that can be sent only once"));
        }
        if self.method != Method::HEAD {
            self.method = Method::GET;
        }
        self.body = Body::empty();
        let about_body = |name: &str| name.starts_with("content-") || ABOUT_BODY.contains(&name);
        let Some(headers) = self.headers.as_deref_mut() else { return Ok(()) };
        let names: Vec<HeaderName> = headers.keys().filter(|name| about_body(name.as_str())).cloned().collect();
        names.iter().for_each(|name| drop(headers.remove(name)));
        Ok(())
    }
}

fn refused(message: &'static str) -> Error {
    Error::new(ErrorKind::Redirect, message)
}

/// The fragment of a URL with its `#`, encoded as a target is.
fn fragment(url: &str) -> Option<String> {
    let (_, fragment) = url.split_once('#')?;
    let mut text = String::from("#");
    encode(fragment, &mut text);
    Some(text)
}

#[cfg(test)]
mod tests {
    use http::header::HeaderValue;
    use http::{StatusCode, Version};

    use super::*;
    use crate::client::inflow::Inflow;
    use crate::client::{Client, ClientBuilder};
    use crate::proto::BodyLength;

    /// Where a GET of a URL goes on to after this Location, and whether it still has its credentials.
    fn next(builder: ClientBuilder, url: &str, location: &str) -> Result<(String, bool), ErrorKind> {
        let client = builder.build().expect("the settings are good");
        let mut call = client.call(Method::GET, url).expect("the URL is good");
        call.headers.get_or_insert_default().insert("authorization", HeaderValue::from_static("secret"));
        let head = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\n\r\n").into_bytes();
        let answer = Answer {
            status: StatusCode::FOUND,
            version: Version::HTTP_11,
            keep_alive: true,
            heads: head.len(),
            head,
            inflow: Inflow::new(BodyLength::Exact(0)),
            fault: None,
        };
        assert!(call.follow(&answer).map_err(|error| error.kind())?);
        Ok((call.url, call.headers.is_some_and(|map| map.contains_key("authorization"))))
    }

    #[test]
    fn what_was_said_under_https_is_not_said_in_clear() {
        let secret = "https://h/";
        for (location, url, credentials) in [
            ("/b", "https://h/b", true),
            ("https://h:443/b", "https://h/b", true),
            ("//H/b", "https://h/b", true),
            ("http://h/b", "http://h/b", false),
            ("http://h:443/b", "http://h:443/b", false),
        ] {
            assert_eq!(next(Client::builder(), secret, location), Ok((url.into(), credentials)), "135: {location}");
            let strict = next(Client::builder().https_only(), secret, location);
            assert_eq!(strict.is_ok(), url.starts_with("https"), "135: {location}");
            assert!(strict.is_ok() || strict == Err(ErrorKind::Redirect), "135: {location}");
        }
        let upgraded = next(Client::builder(), "http://h/", "https://h/");
        assert_eq!(upgraded, Ok(("https://h/".into(), false)), "135: another scheme is another origin");
    }
}
