//! Turns the cases of other projects into verdicts, as far as they are about heads and framing.
//!
//! The folder that `WHEELWRIGHT_CORPORA` names holds one JSON object a line. Where it is absent the runner says how many
//! cases it skips, and passes. A case that we decide otherwise stands in [`EXCEPTIONS`] with the reason; none is passed
//! over in silence.

use std::path::Path;

use crate::drive::{Story, ask, serve};
use crate::table::every_cut;

/// The files, and how many cases each of them holds.
const CORPORA: [(&str, usize); 3] = [("small.jsonl", 65), ("llhttp_requests.jsonl", 137), ("http11probe.jsonl", 81)];

const BARE_END: &str = "the line is not whole yet: we judge a line when it ends";
const NO_VERSION: &str = "HTTP/0.9 is not spoken";
const OTHER_PROTOCOL: &str = "only HTTP/1.0 and HTTP/1.1 are spoken";
const NO_CONNECT: &str = "CONNECT is answered with 501";
const ONLY_CHUNKED: &str = "no transfer coding but chunked is decoded";
const FRAGMENT: &str = "a fragment does not belong in a target";
const USERINFO: &str = "userinfo does not belong in a target";
const QUOTE: &str = "a quote in a query must be encoded";
const ANY_METHOD: &str = "any token is a method; whether it is served is the handler's business";
const SKIPS_BODY: &str = "the case is run with a switch that leaves out bodies, which we do not have";
const ASTERISK: &str = "the target * is for OPTIONS";

/// The end of a case's id, and why we decide otherwise.
const EXCEPTIONS: &[(&str, &str)] = &[
    ("invalid/045", ANY_METHOD),
    ("invalid/055", ANY_METHOD),
    ("invalid/060", BARE_END),
    ("invalid/061", BARE_END),
    ("content-length/036", SKIPS_BODY),
    ("content-length/023", BARE_END),
    ("content-length/024", BARE_END),
    ("method/080", ASTERISK),
    ("method/090", ASTERISK),
    ("method/087", OTHER_PROTOCOL),
    ("method/088", OTHER_PROTOCOL),
    ("method/089", OTHER_PROTOCOL),
    ("method/077", NO_CONNECT),
    ("method/078", NO_CONNECT),
    ("method/079", NO_CONNECT),
    ("uri/163", NO_CONNECT),
    ("sample/115", NO_VERSION),
    ("transfer-encoding/143", ONLY_CHUNKED),
    ("transfer-encoding/144", ONLY_CHUNKED),
    ("uri/155", QUOTE),
    ("uri/162", FRAGMENT),
    ("uri/164", USERINFO),
];

/// One line of a corpus.
struct Case {
    id: String,
    side: String,
    expect: String,
    bytes: Vec<u8>,
    /// What was read by those who made the case, as far as it was whole.
    messages: Vec<Message>,
}

struct Message {
    /// Method and target, where they are known and we write them the same.
    first: Option<String>,
    body: Vec<u8>,
}

#[test]
fn the_corpora_of_others_are_judged_as_they_ask() {
    // A relative folder is meant as seen from the root of the workspace; cargo runs this in the package's folder.
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
    let folder = std::env::var_os("WHEELWRIGHT_CORPORA").map(|folder| root.join(folder));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        let cases: usize = CORPORA.iter().map(|(_, cases)| cases).sum();
        eprintln!("skipped: {cases} cases of other projects, because WHEELWRIGHT_CORPORA names no folder");
        return;
    };
    let (mut wrong, mut unused) = (Vec::new(), EXCEPTIONS.to_vec());
    for (file, cases) in CORPORA {
        let text = std::fs::read_to_string(folder.join(file)).expect("the corpus can be read");
        assert_eq!(text.lines().count(), cases, "{file} holds other cases than we know of");
        let (mut passed, mut excepted, mut failed) = (0, 0, 0);
        for case in text.lines().map(read_case) {
            let good = judge(&case);
            if let Some((_, reason)) = EXCEPTIONS.iter().find(|(id, _)| case.id.ends_with(id)) {
                eprintln!("exception: {}: {reason}", case.id);
                unused.retain(|(id, _)| !case.id.ends_with(id));
                excepted += 1;
                if good {
                    wrong.push(format!("{} needs no exception", case.id));
                }
            } else if good {
                passed += 1;
            } else {
                failed += 1;
                wrong.push(format!("{} should be: {}: {}", case.id, case.expect, case.bytes.escape_ascii()));
            }
        }
        eprintln!("{file}: {cases} cases: {passed} passed, {excepted} excepted, {failed} failed");
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(unused.is_empty(), "exceptions for cases that are not there: {unused:?}");
}

/// Returns whether we do what the case expects, however its bytes are cut.
fn judge(case: &Case) -> bool {
    let mut good = true;
    every_cut(&case.bytes, |pieces| {
        let story = match case.side.as_str() {
            "response" => ask(&http::Method::GET, pieces, false),
            _ => serve(pieces, false),
        };
        good &= as_expected(case, &story) && reads_the_same(case, &story);
    });
    good
}

fn as_expected(case: &Case, story: &Story) -> bool {
    let whole = 0 < story.whole && story.whole == story.heads.len();
    // A response without a length is whole when the connection ends, which these cases leave open.
    let waits_for_close = case.side == "response" && story.heads.len() == 1;
    match case.expect.as_str() {
        // An empty line may be left: it belongs to the request that follows.
        "accept" => story.error.is_none() && (whole || waits_for_close) && (story.left <= 2 || !story.open),
        // An upgrade is answered as an ordinary request; what follows it is no request of ours.
        "upgrade" => 0 < story.whole,
        "accept_then_close" => story.error.is_none() && story.whole == 1 && !story.open,
        "reject" => story.error.is_some(),
        "incomplete" => story.error.is_none() && (!whole || 0 < story.left),
        // Both are allowed, but nothing may be made of it that was not sent.
        "either" | "no_101" => story.heads.len() <= 1 && (story.error.is_none() || story.whole == 0),
        other => panic!("{} expects {other}, which the runner does not know", case.id),
    }
}

/// Returns whether every message that is whole for others is the same for us.
fn reads_the_same(case: &Case, story: &Story) -> bool {
    case.messages.iter().enumerate().all(|(place, message)| {
        let first = story.heads.get(place).map(|head| head.first.as_str()).unwrap_or_default();
        let known =
            message.first.as_ref().is_none_or(|known| first.rsplit_once(' ').is_some_and(|(ours, _)| ours == known));
        known && story.bodies.get(place) == Some(&message.body)
    })
}

fn read_case(line: &str) -> Case {
    let mut bytes = from_hex(&text_field(line, "hex"));
    let side = text_field(line, "side");
    if side == "chunked-body" {
        bytes.splice(0..0, *b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n");
    }
    if line.contains("\"needs_host_injected\": true") {
        bytes = with_hosts(&bytes);
    }
    let expect = text_field(line, "expect");
    let messages = match expect.as_str() {
        "reject" => Vec::new(),
        _ if side == "chunked-body" => vec![Message { first: None, body: from_hex(&text_field(line, "body")) }],
        _ => line.split("{\"headers\": ").skip(1).filter_map(read_message).collect(),
    };
    Case { id: text_field(line, "id"), expect, side, bytes, messages }
}

fn read_message(text: &str) -> Option<Message> {
    if !text.contains("\"complete\": true") {
        return None;
    }
    let target = text_field(text, "url");
    // An absolute target without a path is written with one by us.
    let first = target.starts_with('/').then(|| format!("{} {target}", text_field(text, "method")));
    Some(Message { first, body: text_field(text, "body").into() })
}

/// The string behind `"name": "`, without its escapes.
fn text_field(line: &str, name: &str) -> String {
    let start = format!("\"{name}\": \"");
    let mut letters = line.split_once(&start).unwrap_or_else(|| panic!("no {name} in {line}")).1.chars();
    let mut text = String::new();
    loop {
        match letters.next().expect("the string ends") {
            '"' => return text,
            '\\' => text.push(unescaped(letters.next().expect("an escape has a second letter"))),
            letter => text.push(letter),
        }
    }
}

fn unescaped(letter: char) -> char {
    match letter {
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        '"' | '\\' | '/' => letter,
        other => panic!("an escape \\{other} that no case has"),
    }
}

fn from_hex(hex: &str) -> Vec<u8> {
    hex.as_bytes().chunks(2).map(|pair| nibble(pair[0]) << 4 | nibble(pair[1])).collect()
}

fn nibble(digit: u8) -> u8 {
    (digit as char).to_digit(16).expect("the payload is hex") as u8
}

/// Puts a Host behind every request line of HTTP/1.1, which these cases leave out.
fn with_hosts(bytes: &[u8]) -> Vec<u8> {
    let mut whole = Vec::new();
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        whole.extend_from_slice(line);
        if line.ends_with(b" HTTP/1.1\r\n") {
            whole.extend_from_slice(b"Host: a\r\n");
        }
    }
    whole
}
