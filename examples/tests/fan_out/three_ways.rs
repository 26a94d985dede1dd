//! Turns the demonstration's ways into what a server sees of them: the same calls.

use serde_json::Value;

use crate::program::Run;
use crate::server::Server;

/// Makes the calls of one way; its figures, and the server that got them.
fn way(name: &str) -> (Value, Server) {
    let server = Server::start();
    let port = server.addr.port().to_string();
    let finished = Run::start(&["--way", name, "--port", &port], "").finish();
    assert_eq!(finished.code, Some(0), "{}", finished.stderr);
    (serde_json::from_str(&finished.stdout).unwrap(), server)
}

#[test]
fn all_three_ways_send_the_same_bytes() {
    let heads = ["sequential", "threads", "loop"].map(|name| {
        let (_, server) = way(name);
        let port = format!(":{}", server.addr.port());
        let heads: Vec<String> = server.heads().iter().map(|head| head.replace(&port, "")).collect();
        assert_eq!(heads.len(), 50, "{name}");
        assert!(heads.iter().all(|head| *head == heads[0]), "{name}");
        heads[0].clone()
    });
    assert_eq!((&heads[0], &heads[0]), (&heads[1], &heads[2]));
}

#[test]
fn calls_that_fail_are_told() {
    // The server knows no `/call` and closes.
    for name in ["sequential", "threads", "loop"] {
        let (figures, _server) = way(name);
        assert_eq!((&figures["requests"], &figures["failed"]), (&50.into(), &50.into()), "{name}");
    }
}
