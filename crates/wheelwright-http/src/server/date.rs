//! Turns the system's clock into the Date header, formatted once a second (RFC 9110 section 5.6.7).

use std::cell::Cell;
use std::io::Write as _;
use std::time::{SystemTime, UNIX_EPOCH};

/// As long as `Sun, 06 Nov 1994 08:49:37 GMT`.
pub(super) type Date = [u8; 29];

const DAYS: [&str; 7] = ["Thu", "Fri", "Sat", "Sun", "Mon", "Tue", "Wed"];
const MONTHS: [&str; 12] = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

thread_local! {
    /// The second that was formatted last, and how it reads.
    static LAST: Cell<(u64, Date)> = const { Cell::new((u64::MAX, [0; 29])) };
}

/// The present second.
pub(super) fn now() -> Date {
    let second = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs());
    let (last, date) = LAST.get();
    if last == second {
        return date;
    }
    let date = format(second);
    LAST.set((second, date));
    date
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

#[cfg(test)]
mod tests {
    use super::{civil, format, now};

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
        }
    }

    #[test]
    fn the_present_is_formatted_once() {
        assert_eq!(now().len(), 29);
        assert!(now().ends_with(b" GMT"));
    }
}
