//! Turns the text of a list into its URLs, each with the number of its line.

/// A line that asks for something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line<'a> {
    /// Counted from one, over all the lines of the file.
    pub(crate) number: usize,
    pub(crate) url: &'a str,
}

/// The lines that are neither blank nor a comment.
pub(crate) fn lines(text: &str) -> impl Iterator<Item = Line<'_>> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let all = text.lines().enumerate().map(|(index, line)| Line { number: index + 1, url: line.trim() });
    all.filter(|line| !line.url.is_empty() && !line.url.starts_with('#'))
}

impl<'a> Line<'a> {
    /// Whom the URL asks: its host and port, as one writes them, without a user's name.
    pub(crate) fn host(&self) -> String {
        let rest = self.url.split_once("://").map_or(self.url, |(_, rest)| rest);
        let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
        let host = authority.rsplit('@').next().unwrap_or_default().to_ascii_lowercase();
        host.strip_suffix(":80").map(str::to_owned).unwrap_or(host)
    }
}

#[cfg(test)]
mod tests {
    use super::{Line, lines};

    fn numbers(text: &str) -> Vec<usize> {
        lines(text).map(|line| line.number).collect()
    }

    #[test]
    fn blank_lines_and_comments_are_counted_but_not_asked_for() {
        assert_eq!(numbers("# list\r\n\r\nhttp://a/\r\n  \n  # more\nhttp://b/"), [3, 6]);
        assert_eq!(numbers("\u{feff}http://a/"), [1]);
        assert_eq!(numbers("").len(), 0);
    }

    #[test]
    fn blanks_around_a_url_are_no_part_of_it() {
        assert_eq!(lines("\t http://a/ \r\n").next(), Some(Line { number: 1, url: "http://a/" }));
    }

    #[test]
    fn a_host_is_the_same_however_it_is_written() {
        for url in ["http://a.b/x", "http://A.B:80", "HTTP://u:p@a.B?q", "http://a.b#f"] {
            assert_eq!(Line { number: 1, url }.host(), "a.b", "{url}");
        }
        assert_eq!(Line { number: 1, url: "http://[::1]:8080/" }.host(), "[::1]:8080");
    }
}
