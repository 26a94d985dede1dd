//! Turns broken messages nobody thought of into the same verdict, however they are cut.

use proptest::prelude::*;

use crate::drive::{Story, ask, serve};

const SEEDS: [&[u8]; 4] = [
    b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nConnection: keep-alive\r\n\r\nhelloGET / HTTP/1.1\r\nHost: a\r\n\r\n",
    b"POST /a HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5;a=\"b\"\r\nhello\r\n0\r\nx: y\r\n\r\nGET / HTTP/1.0\r\n\r\n",
    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 5\r\nx: a\r\n b\r\n\r\nhello",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\nx: y\r\n\r\n",
];

/// A seed with a few bytes changed, put in or taken out.
fn message() -> impl Strategy<Value = Vec<u8>> {
    let telling = prop::sample::select(b"\r\n\t :;,\"0159afx\0\x7f\xff".to_vec());
    let change = (any::<prop::sample::Index>(), telling, 0..4u8);
    (0..SEEDS.len(), prop::collection::vec(change, 0..4)).prop_map(|(seed, changes)| {
        let mut bytes = SEEDS[seed].to_vec();
        for (place, byte, way) in changes {
            if bytes.is_empty() {
                break;
            }
            let at = place.index(bytes.len());
            match way {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                2 => drop(bytes.remove(at)),
                _ => bytes.truncate(at + 1),
            }
        }
        bytes
    })
}

/// What must not depend on the cuts. A fault may be seen before the bytes behind it came, so `left` may.
fn verdict(story: Story) -> Story {
    Story { left: 0, ..story }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_cuts_change_nothing(bytes in message(), cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..6)) {
        let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len() + 1)).chain([0, bytes.len()]).collect();
        places.sort_unstable();
        let pieces: Vec<&[u8]> = places.windows(2).map(|pair| &bytes[pair[0]..pair[1]]).collect();
        prop_assert_eq!(verdict(serve(&pieces, true)), verdict(serve(&[&bytes], true)));
        let get = http::Method::GET;
        prop_assert_eq!(verdict(ask(&get, &pieces, true)), verdict(ask(&get, &[&bytes], true)));
    }
}
