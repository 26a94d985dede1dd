//! Turns bytes into server-sent events, and compares them with the HTML standard's own steps over the whole text.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use wheelwright_http::proto::EventReader;
use wheelwright_http::{Error, ErrorKind, Event};
use wheelwright_http_fuzz::cuts::{Dice, every_cut, pieces};

fuzz_target!(|bytes: &[u8]| {
    let mut dice = Dice::of(bytes);
    let mut limit = |most: usize| dice.below(most.min(bytes.len() + 2));
    for max in [usize::MAX, limit(16), limit(64), limit(usize::MAX)] {
        let wanted = by_the_standard(bytes, max);
        assert_eq!(read(max, &[bytes]), wanted, "at most {max}");
        every_cut(bytes, |pieces| assert_eq!(read(max, pieces), wanted, "at most {max}, {} pieces", pieces.len()));
        wanted.events.iter().for_each(|event| check_size(event, max));
    }
    check_passed_on(bytes);
    check_written(&String::from_utf8_lossy(bytes), &mut Dice::of(bytes));
});

/// What came of a stream, and what a client would say when it comes back.
#[derive(Debug, Default, PartialEq)]
struct Story {
    events: Vec<Told>,
    last_id: Option<String>,
    retry: Option<Duration>,
    too_large: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Told {
    name: String,
    data: String,
    id: Option<String>,
    retry: Option<Duration>,
}

fn read(max: usize, pieces: &[&[u8]]) -> Story {
    let (mut reader, mut events) = (EventReader::new(max), Vec::new());
    let fed = feed(&mut reader, pieces, &mut events);
    let too_large = fed.is_err_and(|error| {
        assert_eq!(error.kind(), ErrorKind::TooLarge, "only size is refused");
        true
    });
    let events = events.iter().map(told).collect();
    Story { events, last_id: reader.last_id.clone(), retry: reader.event.retry(), too_large }
}

fn feed(reader: &mut EventReader, pieces: &[&[u8]], events: &mut Vec<Event>) -> Result<(), Error> {
    for piece in pieces {
        let mut rest = *piece;
        while !rest.is_empty() {
            let (taken, event) = reader.read(rest)?;
            assert!(0 < taken && taken <= rest.len(), "the reader makes no progress");
            assert!(event.is_some() || taken == rest.len(), "it stops where no event ends");
            rest = &rest[taken..];
            events.extend(event);
        }
    }
    Ok(())
}

fn told(event: &Event) -> Told {
    let id = event.id().map(str::to_owned);
    Told { name: event.name().to_owned(), data: event.data().to_owned(), id, retry: event.retry() }
}

/// Section 9.2.6 of the standard, step by step, with all bytes at hand. `max` is ours: it is for a line together with
/// what the lines before it have left.
fn by_the_standard(bytes: &[u8], max: usize) -> Story {
    let decoded = String::from_utf8_lossy(bytes);
    let text = decoded.strip_prefix('\u{FEFF}').unwrap_or(&decoded);
    // One letter for each byte, to count them.
    let letters: String = bytes.iter().copied().map(char::from).collect();
    let mut story = Story::default();
    let (mut name, mut data, mut id) = (String::new(), String::new(), None);
    let lines = lines(text);
    let whole = lines.len() - 1;
    for (number, (line, letters)) in lines.iter().zip(self::lines(&letters)).enumerate() {
        if !letters.is_empty() && max < letters.chars().count() + name.len() + data.len() {
            story.too_large = true;
            break;
        }
        // What stands behind the last line end is not a line.
        if number == whole {
            break;
        }
        if line.is_empty() {
            story.last_id = id.clone();
            let (name, data) = (std::mem::take(&mut name), std::mem::take(&mut data));
            if !data.is_empty() {
                let name = if name.is_empty() { "message".to_owned() } else { name };
                let data = data[..data.len() - 1].to_owned();
                story.events.push(Told { name, data, id: id.clone(), retry: story.retry });
            }
            continue;
        }
        let (field, value) = line.split_once(':').unwrap_or((line, ""));
        let value = value.strip_prefix(' ').unwrap_or(value);
        match field {
            "event" => name = value.to_owned(),
            "data" => data = format!("{data}{value}\n"),
            "id" if !value.contains('\0') => id = Some(value.to_owned()),
            "retry" => story.retry = wait(value).or(story.retry),
            _ => {}
        }
    }
    story
}

/// The text between line ends of all three kinds; the last of these is what stands behind the last line end.
fn lines(text: &str) -> Vec<String> {
    text.replace("\r\n", "\n").split(['\r', '\n']).map(str::to_owned).collect()
}

/// A wait is decimal digits; where 64 bits cannot hold it, it is passed over.
fn wait(digits: &str) -> Option<Duration> {
    let all_digits = digits.chars().all(|letter| ('0'..='9').contains(&letter));
    digits.parse().ok().filter(|_| all_digits).map(Duration::from_millis)
}

/// Nothing larger is kept than the limit allows, if each byte that is not UTF-8 counts for the three that stand for it.
fn check_size(event: &Told, max: usize) {
    let name = if event.name == "message" { 0 } else { event.name.len() };
    let signs = event.data.matches('\u{FFFD}').count() + event.name.matches('\u{FFFD}').count();
    assert!(name + event.data.len() <= max.saturating_add(2 * signs), "{event:?} within {max}");
    assert!(event.id.as_ref().is_none_or(|id| id.len() <= max.saturating_mul(3)), "{event:?} within {max}");
}

/// Somebody who hands the events on is understood as the first sender was.
fn check_passed_on(bytes: &[u8]) {
    let mut events = Vec::new();
    feed(&mut EventReader::new(usize::MAX), &[bytes], &mut events).expect("there is no limit");
    let stream: Vec<u8> = events.iter().flat_map(Event::to_bytes).collect();
    let mut again = Vec::new();
    feed(&mut EventReader::new(usize::MAX), &pieces(&stream, 64, &mut Dice::of(bytes)), &mut again)
        .expect("so is none");
    assert_eq!(again, events);
}

/// What a server writes is what its reader gets, whatever the text.
fn check_written(text: &str, dice: &mut Dice) {
    let parts: Vec<&str> = text.split(['\r', '\n', '\0']).collect();
    let mut part = || parts[dice.below(parts.len())];
    let (name, id, quiet_id, data) = (part(), part(), part(), part());
    let millis = dice.below(usize::MAX) as u64 >> dice.below(64);
    let retry = Duration::from_millis(millis) + Duration::from_nanos(dice.below(1_000_000) as u64);

    let events = [
        Event::new(text).with_name(name).expect("it is one line"),
        Event::keep_alive().with_id(quiet_id).expect("it is one line").with_retry(retry),
        Event::new(data),
        Event::new(text).with_id(id).expect("it is one line").with_retry(Duration::from_millis(7)),
    ];
    let stream: Vec<u8> = events.iter().flat_map(Event::to_bytes).collect();
    let lines = text.replace("\r\n", "\n").replace('\r', "\n");
    let usual = "message".to_owned();
    let name = if name.is_empty() { usual.clone() } else { name.to_owned() };
    let quiet = (Some(quiet_id.to_owned()), Some(Duration::from_millis(millis)));
    let loud = (Some(id.to_owned()), Some(Duration::from_millis(7)));
    let wanted = Story {
        events: vec![
            Told { name, data: lines.clone(), id: None, retry: None },
            Told { name: usual.clone(), data: data.to_owned(), id: quiet.0, retry: quiet.1 },
            Told { name: usual, data: lines, id: loud.0.clone(), retry: loud.1 },
        ],
        last_id: loud.0,
        retry: loud.1,
        too_large: false,
    };
    assert_eq!(read(usize::MAX, &pieces(&stream, 64, dice)), wanted);
    check_one_line(text);
}

/// What would end a line, or the id for its reader, is refused.
fn check_one_line(text: &str) {
    let good = !text.contains(['\r', '\n', '\0']);
    assert_eq!(Event::new("").with_name(text).is_ok(), good);
    assert_eq!(Event::new("").with_id(text).is_ok(), good);
}
