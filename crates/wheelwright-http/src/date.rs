//! Turns seconds into the dates of headers, and those into seconds (RFC 9110 section 5.6.7).

use std::cell::Cell;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// As long as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(crate) type Date = [u8; 29];

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

thread_local! {
    /// The second that was formatted last, and how it reads.
    static LAST: Cell<(u64, Date)> = const { Cell::new((u64::MAX, [0; 29])) };
}

/// The present second, formatted once.
pub(crate) fn now() -> Date {
    let second = seconds();
    let (last, date) = LAST.get();
    if last == second {
        return date;
    }
    let date = format(second);
    LAST.set((second, date));
    date
}

/// How many seconds there were since 1970.
pub(crate) fn seconds() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

/// Reads a date in any of the three forms that there are; what is before 1970 is 1970.
///
/// A year of two digits is the last of its kind that is no more than fifty years from now.
pub(crate) fn parse(text: &str, now: u64) -> Option<u64> {
    let words: Vec<&str> = text.split([' ', ',', '-', ':']).filter(|word| !word.is_empty()).collect();
    let ([_, day, month, year, hours, minutes, seconds, "GMT"] | [_, month, day, hours, minutes, seconds, year]) =
        words[..]
    else {
        return None;
    };
    let (month, day) = (MONTHS.iter().position(|name| *name == month)? + 1, number(day, 1, 31)?);
    let time = number(hours, 0, 23)? * 3_600 + number(minutes, 0, 59)? * 60 + number(seconds, 0, 60)?;
    let in_year = |year| days(year, month, day) * 86_400 + time;
    if year.len() != 2 {
        return number(year, 1, 9_999).map(in_year);
    }
    let (this_year, this_month, today) = civil(now / 86_400);
    let limit = days(this_year + 50, this_month, today) * 86_400 + now % 86_400;
    let digits = number(year, 0, 99)?;
    (1_900..=this_year + 50).rev().filter(|year| year % 100 == digits).map(in_year).find(|then| *then <= limit)
}

fn number(word: &str, least: u64, most: u64) -> Option<u64> {
    let digits = word.bytes().all(|byte| byte.is_ascii_digit());
    word.parse().ok().filter(|number| digits && (least..=most).contains(number))
}

fn format(second: u64) -> Date {
    let (days, rest) = (second / 86_400, second % 86_400);
    let (year, month, day) = civil(days);
    let weekday = DAYS[(days % 7) as usize];
    let (hours, minutes, seconds) = (rest / 3_600, rest / 60 % 60, rest % 60);
    let mut date = [0; 29];
    let month = MONTHS[month - 1];
    write!(&mut date[..], "{weekday}, {day:02} {month} {year:04} {hours:02}:{minutes:02}:{seconds:02} GMT")
        .expect("a date of a year with four digits has 29 bytes");
    date
}

/// Year, month and day of a number of days since 1970.
///
/// Years are counted from March, so that the leap day is the last of its year and months follow one rule: 153 days in
/// five months.
fn civil(days: u64) -> (u64, usize, u64) {
    let days = days + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day_of_year = day - (365 * year + year / 4 - year / 100);
    let months_since_march = (5 * day_of_year + 2) / 153;
    let day_of_month = day_of_year - (153 * months_since_march + 2) / 5 + 1;
    let month = if months_since_march < 10 { months_since_march + 3 } else { months_since_march - 9 };
    (era * 400 + year + u64::from(month <= 2), month as usize, day_of_month)
}

/// The number of days from 1970 to a day: what [`civil`] takes apart. A day before is the first.
fn days(year: u64, month: usize, day: u64) -> u64 {
    let (year, months_since_march) = if month < 3 { (year - 1, month + 9) } else { (year, month - 3) };
    let day_of_year = (153 * months_since_march as u64 + 2) / 5 + day - 1;
    (365 * year + year / 4 - year / 100 + year / 400 + day_of_year).saturating_sub(719_468)
}

#[cfg(test)]
mod tests {
    use super::{civil, format, now};

    /// Reads a date whose year has four digits, or is meant now.
    fn parse(text: &str) -> Option<u64> {
        super::parse(text, super::seconds())
    }

    #[test]
    fn dates_read_as_the_standard_writes_them() {
        let cases = [
            (784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT"),
            (0, "Thu, 01 Jan 1970 00:00:00 GMT"),
            (951_782_399, "Mon, 28 Feb 2000 23:59:59 GMT"),
            (951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT"),
            (4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT"),
        ];
        for (second, text) in cases {
            assert_eq!(String::from_utf8_lossy(&format(second)), text);
            assert_eq!(parse(text), Some(second), "{text}");
        }
    }

    #[test]
    fn every_day_follows_the_one_before() {
        let mut last = civil(0);
        for days in 1..200_000 {
            let (year, month, day) = civil(days);
            let next = [(last.0, last.1, last.2 + 1), (last.0, last.1 + 1, 1), (last.0 + 1, 1, 1)];
            assert!(next.contains(&(year, month, day)) && month <= 12 && day <= 31, "{last:?} then {:?}", civil(days));
            last = (year, month, day);
            assert_eq!(super::days(year, month, day), days);
        }
    }

    #[test]
    fn a_date_has_three_forms_and_no_other() {
        for text in ["Sun Nov  6 08:49:37 1994", "Sunday, 06-Nov-94 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:37 GMT"] {
            assert_eq!(parse(text), Some(784_111_777), "{text}");
        }
        assert_eq!(parse("Thu, 01 Jan 1903 00:00:00 GMT"), Some(0), "long ago");
        for text in [
            "",
            "120",
            "Sun, 06 Nov 1994 08:49:37",
            "Sun, 06 Nov 1994 08:49:37 CET",
            "Sun, 06 Nix 1994 08:49:37 GMT",
            "Sun, 00 Nov 1994 08:49:37 GMT",
            "Sun, 32 Nov 1994 08:49:37 GMT",
            "Sun, 06 Nov 0 08:49:37 GMT GMT",
            "Sun, 06 Jan 0000 08:49:37 GMT",
            "Sunday, 06-Nov-+4 08:49:37 GMT",
            "Sun, 06 Nov 99999999999999999999 08:49:37 GMT",
            "Sun, 06 Nov 1994 24:49:37 GMT",
            "Sun, 06 Nov 1994 08:60:37 GMT",
            "Sun, 06 Nov 1994 08:49:61 GMT",
            "Sun, +6 Nov 1994 08:49:37 GMT",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn two_digits_are_a_year_at_most_fifty_ahead() {
        for (now, text, year) in [
            ("Thu, 26 Nov 2026 12:00:00 GMT", "Monday, 01-Jan-00 00:00:00 GMT", "Mon, 01 Jan 2000 00:00:00 GMT"),
            ("Thu, 26 Nov 2026 12:00:00 GMT", "Monday, 26-Nov-76 12:00:00 GMT", "Mon, 26 Nov 2076 12:00:00 GMT"),
            ("Thu, 26 Nov 2026 12:00:00 GMT", "Monday, 26-Nov-76 12:00:01 GMT", "Mon, 26 Nov 1976 12:00:01 GMT"),
            ("Thu, 26 Nov 2026 12:00:00 GMT", "Monday, 01-Jan-77 00:00:00 GMT", "Mon, 01 Jan 1977 00:00:00 GMT"),
            ("Fri, 31 Dec 1999 23:59:59 GMT", "Monday, 01-Jan-00 00:00:00 GMT", "Mon, 01 Jan 2000 00:00:00 GMT"),
            ("Sat, 01 Jan 2000 00:00:00 GMT", "Monday, 31-Dec-99 23:59:59 GMT", "Mon, 31 Dec 1999 23:59:59 GMT"),
            ("Sun, 01 Jan 2090 00:00:00 GMT", "Monday, 01-Jan-10 00:00:00 GMT", "Mon, 01 Jan 2110 00:00:00 GMT"),
            ("Tue, 29 Feb 2028 00:00:00 GMT", "Monday, 01-Mar-78 00:00:00 GMT", "Mon, 01 Mar 2078 00:00:00 GMT"),
        ] {
            let now = parse(now).expect("it is a date");
            assert_eq!(super::parse(text, now), parse(year), "{text} as of {now}");
        }
    }

    #[test]
    fn the_present_is_formatted_once() {
        assert_eq!(now().len(), 29);
        assert!(now().ends_with(b" GMT"));
    }
}
