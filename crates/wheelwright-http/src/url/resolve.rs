//! Turns a reference, and the URL it stands in, into the URL it means (RFC 3986 section 5).
//!
//! This is text alone: whether the result can be asked for is told by reading it.

/// Resolves a reference against an absolute URI, strictly as RFC 3986 section 5.2 says.
///
/// ```
/// use wheelwright_http::url::resolve;
/// assert_eq!(resolve("http://a/b/c?q", "../d?r#s"), "http://a/d?r#s");
/// assert_eq!(resolve("http://a/b/c?q", "//h/x"), "http://h/x");
/// ```
#[must_use]
pub fn resolve(base: &str, reference: &str) -> String {
    let [base_scheme, base_authority, base_path, base_query, _] = split(base);
    let [mut scheme, mut authority, path, mut query, fragment] = split(reference);
    let absolute = !scheme.is_empty() || !authority.is_empty();
    let path = match path {
        path if absolute || path.starts_with('/') => without_dots(path),
        "" => base_path.to_owned(),
        path => without_dots(&format!("{}{path}", base_path.rfind('/').map_or("/", |slash| &base_path[..=slash]))),
    };
    if !absolute {
        authority = base_authority;
        query = if reference.is_empty() || reference.starts_with('#') { base_query } else { query };
    }
    if scheme.is_empty() {
        scheme = base_scheme;
    }
    // Two slashes that dots had kept apart must not read as the beginning of a host.
    let apart = if authority.is_empty() && path.starts_with("//") { "/." } else { "" };
    [scheme, authority, apart, &path, query, fragment].concat()
}

/// Scheme, authority, path, query and fragment, each with its mark, or empty if it is not there (RFC 3986 appendix B).
fn split(text: &str) -> [&str; 5] {
    let (text, fragment) = text.split_at(text.find('#').unwrap_or(text.len()));
    let (text, query) = text.split_at(text.find('?').unwrap_or(text.len()));
    let colon = text.find(':').filter(|&colon| is_scheme(&text[..colon]));
    let (scheme, text) = text.split_at(colon.map_or(0, |colon| colon + 1));
    let authority = text.strip_prefix("//").map(|rest| rest.find('/').map_or(text.len(), |slash| slash + 2));
    let (authority, path) = text.split_at(authority.unwrap_or(0));
    [scheme, authority, path, query, fragment]
}

fn is_scheme(text: &str) -> bool {
    let of_scheme = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.starts_with(|first: char| first.is_ascii_alphabetic()) && text.bytes().all(of_scheme)
}

/// Takes the segments `.` and `..` out of a path, each with what it stands for.
fn without_dots(path: &str) -> String {
    let root = usize::from(path.starts_with('/'));
    let mut kept = Vec::new();
    for segment in path.split_inclusive('/') {
        match segment {
            "." | "./" => {}
            ".." | "../" => kept.truncate(kept.len().saturating_sub(1).max(root)),
            segment => kept.push(segment),
        }
    }
    kept.concat()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const BASE: &str = "http://a/b/c/d;p?q";

    #[test]
    fn references_mean_what_the_standard_says_they_mean() {
        // G 138: RFC 3986 section 5.4.1, all of it.
        for (reference, url) in [
            ("g:h", "g:h"),
            ("g", "http://a/b/c/g"),
            ("./g", "http://a/b/c/g"),
            ("g/", "http://a/b/c/g/"),
            ("/g", "http://a/g"),
            ("//g", "http://g"),
            ("?y", "http://a/b/c/d;p?y"),
            ("g?y", "http://a/b/c/g?y"),
            ("#s", "http://a/b/c/d;p?q#s"),
            ("g#s", "http://a/b/c/g#s"),
            ("g?y#s", "http://a/b/c/g?y#s"),
            (";x", "http://a/b/c/;x"),
            ("g;x", "http://a/b/c/g;x"),
            ("g;x?y#s", "http://a/b/c/g;x?y#s"),
            ("", "http://a/b/c/d;p?q"),
            (".", "http://a/b/c/"),
            ("./", "http://a/b/c/"),
            ("..", "http://a/b/"),
            ("../", "http://a/b/"),
            ("../g", "http://a/b/g"),
            ("../..", "http://a/"),
            ("../../", "http://a/"),
            ("../../g", "http://a/g"),
        ] {
            assert_eq!(resolve(BASE, reference), url, "G 138: {reference}");
        }
    }

    #[test]
    fn abnormal_references_mean_what_the_standard_says_they_mean() {
        // G 138: RFC 3986 section 5.4.2, all of it; the last is read as a strict parser reads it.
        for (reference, url) in [
            ("../../../g", "http://a/g"),
            ("../../../../g", "http://a/g"),
            ("/./g", "http://a/g"),
            ("/../g", "http://a/g"),
            ("g.", "http://a/b/c/g."),
            (".g", "http://a/b/c/.g"),
            ("g..", "http://a/b/c/g.."),
            ("..g", "http://a/b/c/..g"),
            ("./../g", "http://a/b/g"),
            ("./g/.", "http://a/b/c/g/"),
            ("g/./h", "http://a/b/c/g/h"),
            ("g/../h", "http://a/b/c/h"),
            ("g;x=1/./y", "http://a/b/c/g;x=1/y"),
            ("g;x=1/../y", "http://a/b/c/y"),
            ("g?y/./x", "http://a/b/c/g?y/./x"),
            ("g?y/../x", "http://a/b/c/g?y/../x"),
            ("g#s/./x", "http://a/b/c/g#s/./x"),
            ("g#s/../x", "http://a/b/c/g#s/../x"),
            ("http:g", "http:g"),
        ] {
            assert_eq!(resolve(BASE, reference), url, "G 138: {reference}");
        }
    }

    #[test]
    fn what_the_table_leaves_out_is_read_by_the_same_rules() {
        for (base, reference, url) in [
            ("http://a", "g", "http://a/g"),
            ("http://a", "?y", "http://a?y"),
            ("http://a?q", "", "http://a?q"),
            ("http://a/b#f", "#g", "http://a/b#g"),
            ("http://a/b#f", "c", "http://a/c"),
            ("http://a/b/../c", "", "http://a/b/../c"),
            ("http://a/b", "1:2", "http://a/1:2"),
            ("http://a/b", "HTTP://H/../x", "HTTP://H/x"),
            ("http://a/b", "//h?y", "http://h?y"),
            ("http://a/b", "/..//x", "http://a//x"),
            ("http://a/b", "http:/..//x", "http:/.//x"),
        ] {
            assert_eq!(resolve(base, reference), url, "{base} and {reference}");
        }
    }

    /// RFC 3986 section 5.2.4, word for word.
    fn removed_by_the_letter(mut input: String) -> String {
        let mut output = String::new();
        while !input.is_empty() {
            if let Some(rest) = input.strip_prefix("../").or_else(|| input.strip_prefix("./")) {
                input = rest.to_owned();
            } else if input.starts_with("/./") || input == "/." {
                input = format!("/{}", input.get(3..).unwrap_or_default());
            } else if input.starts_with("/../") || input == "/.." {
                input = format!("/{}", input.get(4..).unwrap_or_default());
                output.truncate(output.rfind('/').unwrap_or(0));
            } else if input == "." || input == ".." {
                input.clear();
            } else {
                let end = input.char_indices().skip(1).find(|(_, char)| *char == '/').map_or(input.len(), |(at, _)| at);
                output.extend(input.drain(..end));
            }
        }
        output
    }

    proptest! {
        #[test]
        fn dots_go_as_the_standards_own_steps_take_them(path in "/([./é]|\\.\\./){0,12}") {
            prop_assert_eq!(without_dots(&path), removed_by_the_letter(path));
        }

        #[test]
        fn what_is_resolved_stays_what_it_is(reference in "(http:|//|/)?[./?#:a@é ]{0,12}") {
            let once = resolve(BASE, &reference);
            prop_assert_eq!(resolve("http://other/", &once), once);
        }
    }
}
