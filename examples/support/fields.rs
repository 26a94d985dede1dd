//! Turns the fields of a message into JSON.

use http::HeaderMap;
use serde_json::{Value, json};

/// An array of pairs of a name and a value, for a name may come more than once.
///
/// Names are in lower case, and equal ones stand together; otherwise the order is the message's. A value need not be UTF-8:
/// each of its bytes becomes the character of that number (ISO 8859-1), so that none is lost.
///
/// ```
/// let mut fields = http::HeaderMap::new();
/// fields.append("a", http::HeaderValue::from_bytes(b"caf\xe9").expect("a value may hold it"));
/// fields.append("a", http::HeaderValue::from_static("2"));
/// assert_eq!(support::fields::as_json(&fields), serde_json::json!([["a", "café"], ["a", "2"]]));
/// ```
pub fn as_json(fields: &HeaderMap) -> Value {
    let text = |value: &[u8]| value.iter().copied().map(char::from).collect::<String>();
    fields.iter().map(|(name, value)| json!([name.as_str(), text(value.as_bytes())])).collect()
}
