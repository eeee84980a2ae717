//! Just enough of the calendar to stamp a revision: seconds since 1970 and their date, and back.

use std::time::{SystemTime, UNIX_EPOCH};

/// A second of the proleptic Gregorian calendar, in no particular time zone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Moment {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
}

/// This moment in UTC, in RFC 3339: `2026-11-24T14:05:03Z`.
pub fn now() -> String {
    let elapsed = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    let seconds = i64::try_from(elapsed.as_secs()).unwrap_or(0);
    let Moment {
        year,
        month,
        day,
        hour,
        minute,
        second,
    } = Moment::from_seconds(seconds);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

impl Moment {
    /// The moment of an RFC 3339 text, as a clock at its place showed it.
    pub(super) fn from_rfc3339(text: &str) -> Option<Self> {
        let date_and_time = text.get(..19)?;
        let separator = date_and_time.as_bytes()[10];
        if !matches!(separator, b'T' | b't' | b' ') {
            return None;
        }
        let plain: String = date_and_time.chars().filter(char::is_ascii_digit).collect();
        Self::from_digits(&plain)
    }

    /// The moment that a folder's name begins with, `2026-11-24-140503` or `20261124140503`.
    pub(super) fn from_folder(name: &str) -> Option<Self> {
        let version = name.split_once('_').map_or(name, |(version, _)| version);
        Self::from_digits(&version.replace('-', ""))
    }

    fn from_digits(digits: &str) -> Option<Self> {
        if digits.len() != 14 || !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return None;
        }
        let part = |from: usize, to: usize| digits[from..to].parse::<i64>().ok();
        let moment = Self {
            year: part(0, 4)?,
            month: part(4, 6)?,
            day: part(6, 8)?,
            hour: part(8, 10)?,
            minute: part(10, 12)?,
            second: part(12, 14)?,
        };
        (Self::from_seconds(moment.seconds()) == moment).then_some(moment)
    }

    /// The second after it.
    pub(super) fn next(self) -> Self {
        Self::from_seconds(self.seconds() + 1)
    }

    /// `2026-11-24-140503`, as Diesel names folders.
    pub(super) fn stamp(self) -> String {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        format!("{year:04}-{month:02}-{day:02}-{hour:02}{minute:02}{second:02}")
    }

    /// A folder's name, which begins with a moment, with this one in its place and in its form.
    pub(super) fn rename(self, folder: &str) -> String {
        let stamp = self.stamp();
        let mut digits = stamp.chars().filter(char::is_ascii_digit);
        let (version, rest) = match folder.find('_') {
            Some(at) => folder.split_at(at),
            None => (folder, ""),
        };
        let version = version.chars().map(|c| match c.is_ascii_digit() {
            true => digits.next().unwrap_or(c),
            false => c,
        });
        version.chain(rest.chars()).collect()
    }

    /// Seconds since 1970. Years are counted from March, so that the leap day is the last.
    fn seconds(self) -> i64 {
        let Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        } = self;
        let (year, month) = if month > 2 {
            (year, month - 3)
        } else {
            (year - 1, month + 9)
        };
        let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
        let days = year * 365 + leap_days + (153 * month + 2) / 5 + day - 1 - DAYS_TO_1970;
        ((days * 24 + hour) * 60 + minute) * 60 + second
    }

    fn from_seconds(seconds: i64) -> Self {
        let (days, clock) = (
            seconds.div_euclid(86_400) + DAYS_TO_1970,
            seconds.rem_euclid(86_400),
        );
        let (era, day) = (days.div_euclid(146_097), days.rem_euclid(146_097));
        let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
        let day = day - (365 * year + year / 4 - year / 100);
        let month = (5 * day + 2) / 153;
        let day = day - (153 * month + 2) / 5 + 1;
        let year = era * 400 + year + i64::from(month > 9);
        let month = if month > 9 { month - 9 } else { month + 3 };
        let (hour, minute, second) = (clock / 3_600, clock / 60 % 60, clock % 60);
        Self {
            year,
            month,
            day,
            hour,
            minute,
            second,
        }
    }
}

/// From the first of March of the year 0 to the first of January 1970.
const DAYS_TO_1970: i64 = 719_468;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seconds_and_dates_agree() {
        for (seconds, stamp) in [
            (0, "1970-01-01-000000"),
            (951_782_399, "2000-02-28-235959"),
            (951_782_400, "2000-02-29-000000"),
            (951_868_800, "2000-03-01-000000"),
            (1_795_529_103, "2026-11-24-140503"),
            (4_107_542_400, "2100-03-01-000000"),
        ] {
            let moment = Moment::from_folder(stamp).expect("a date");
            assert_eq!(moment.seconds(), seconds, "{stamp}");
            assert_eq!(Moment::from_seconds(seconds).stamp(), stamp);
        }
        for seconds in (-3_000_000_000_i64..6_000_000_000).step_by(12_345_677) {
            assert_eq!(Moment::from_seconds(seconds).seconds(), seconds);
        }
    }

    #[test]
    fn what_is_no_date_is_none() {
        for text in [
            "",
            "2026",
            "2026-13-01-000000",
            "2026-02-29-000000",
            "00000000000000_x",
        ] {
            assert_eq!(Moment::from_folder(text), None, "{text}");
        }
        assert_eq!(Moment::from_rfc3339("2026-11-24"), None);
        let moment = Moment::from_rfc3339("2026-11-24T14:05:03.5+02:00").expect("a moment");
        assert_eq!(moment.stamp(), "2026-11-24-140503");
        assert!(Moment::from_rfc3339(&now()).is_some());
    }
}
