//! Turns the names of peers into commands: those who ask our server, and those whom our client asks for what they can do.
//!
//! What ends in `.py` or `.mjs` stands in `benches/interop/peers`; the others are programs of `benches/interop`.

/// A server, and the parts of our client's questions that it has answers to.
#[derive(Debug)]
pub(super) struct Asked {
    pub(super) server: &'static [&'static str],
    pub(super) parts: &'static [&'static str],
}

/// Each is told the address of our server behind the first word.
pub(super) const ASKING: &[&[&str]] = &[
    &["ask_curl.py"],
    &["ask_aiohttp.py"],
    &["ask_httpx.py"],
    &["ask_http_client.py"],
    &["ask_socket.py"],
    &["interop-hyper-client"],
    &["ask_nginx.py"],
    &["ask_load.py", "wrk"],
    &["ask_load.py", "ab"],
    &["ask_load.py", "h2load"],
];

/// What an application can do on any server.
const APPLICATION: &[&str] = &["bytes", "chunks", "answers", "uploads", "echo", "events", "crowd"];

pub(super) const ASKED: &[Asked] = &[
    Asked {
        server: &["serve_nginx.py"],
        parts: &["bytes", "tens", "ranges", "gzip", "unframed", "pages", "idle", "redirects", "refused", "tls"],
    },
    Asked { server: &["serve_files.py", "HTTP/1.0"], parts: &["bytes", "once"] },
    Asked { server: &["serve_files.py", "HTTP/1.1"], parts: &["bytes", "crowd"] },
    Asked {
        server: &["serve_aiohttp.py"],
        parts: &["bytes", "chunks", "answers", "uploads", "echo", "events", "crowd", "upgrade", "refused"],
    },
    Asked { server: &["serve_asgi.py", "uvicorn"], parts: APPLICATION },
    Asked { server: &["serve_asgi.py", "hypercorn"], parts: APPLICATION },
    Asked { server: &["serve_gunicorn.py"], parts: APPLICATION },
    Asked {
        server: &["serve_node.mjs"],
        parts: &["bytes", "chunks", "answers", "uploads", "echo", "events", "crowd", "trailers", "hints", "refused"],
    },
    Asked {
        server: &["interop-hyper-server"],
        parts: &["bytes", "chunks", "answers", "uploads", "echo", "events", "crowd", "trailers"],
    },
];
