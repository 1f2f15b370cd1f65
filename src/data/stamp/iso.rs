//! ISO 8601 stamps by hand: the form nearly every table uses, parsed without allocation.

/// A moment as a cell gives it: wall-clock seconds since 1970-01-01T00:00:00, and the offset
/// from UTC if the cell has one (`Z` is 0).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    /// Seconds of the clock on the wall.
    pub local: i64,
    /// Seconds east of UTC, when the cell says so.
    pub offset: Option<i32>,
}

impl Moment {
    /// UTC seconds; a moment without an offset is taken as UTC.
    pub fn utc(&self) -> i64 {
        self.local - i64::from(self.offset.unwrap_or(0))
    }
}

/// Why a cell is not a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reject {
    /// It is not written in the expected form.
    Form,
    /// The form is right, but there is no such day or hour (`2013-02-30`).
    Calendar,
    /// It has a fraction of a second that is not zero.
    Fraction,
}

/// Days since 1970-01-01 of a proleptic Gregorian date (Hinnant, `days_from_civil`).
pub fn days_from_civil(year: i32, month: u32, day: u32) -> i64 {
    let y = i64::from(year) - i64::from(month <= 2);
    let era = y.div_euclid(400);
    let yoe = y.rem_euclid(400);
    let mp = (i64::from(month) + 9) % 12;
    let doy = (153 * mp + 2) / 5 + i64::from(day) - 1;
    let doe = yoe * 365 + yoe / 4 - yoe / 100 + doy;
    era * 146_097 + doe - 719_468
}

/// The inverse of [`days_from_civil`].
pub fn civil_from_days(days: i64) -> (i32, u32, u32) {
    let z = days + 719_468;
    let era = z.div_euclid(146_097);
    let doe = z.rem_euclid(146_097);
    let yoe = (doe - doe / 1460 + doe / 36_524 - doe / 146_096) / 365;
    let doy = doe - (365 * yoe + yoe / 4 - yoe / 100);
    let mp = (5 * doy + 2) / 153;
    let day = (doy - (153 * mp + 2) / 5 + 1) as u32;
    let month = if mp < 10 { mp + 3 } else { mp - 9 } as u32;
    ((yoe + era * 400 + i64::from(month <= 2)) as i32, month, day)
}

/// Number of days in a month.
pub fn days_in_month(year: i32, month: u32) -> u32 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// Seconds of a date and a time of day, when they exist. `24:00:00` is the next day's start.
pub fn seconds(year: i32, month: u32, day: u32, hour: u32, minute: u32, second: u32) -> Option<i64> {
    let date = (1..=12).contains(&month) && day >= 1 && day <= days_in_month(year, month);
    let time = minute < 60 && second < 60 && (hour < 24 || (hour == 24 && minute == 0 && second == 0));
    (date && time).then(|| {
        days_from_civil(year, month, day) * 86_400
            + i64::from(hour) * 3600
            + i64::from(minute) * 60
            + i64::from(second)
    })
}

/// Two digits at `at`.
fn two(b: &[u8], at: usize) -> Option<u32> {
    match b.get(at..at + 2)? {
        [x, y] if x.is_ascii_digit() && y.is_ascii_digit() => {
            Some(u32::from(x - b'0') * 10 + u32::from(y - b'0'))
        }
        _ => None,
    }
}

/// As [`parse`], where a fraction of a second is left away.
pub fn parse_whole(cell: &[u8]) -> Result<Moment, Reject> {
    parse_parts(cell).map(|(moment, _)| moment)
}

/// Parses `YYYY-MM-DD`, then optionally `T` or a space and `HH[:MM[:SS[.0…]]]`, then optionally
/// `Z`, `+HH`, `+HHMM` or `+HH:MM`.
pub fn parse(cell: &[u8]) -> Result<Moment, Reject> {
    match parse_parts(cell)? {
        (_, true) => Err(Reject::Fraction),
        (moment, false) => Ok(moment),
    }
}

/// The moment, and whether it has a fraction of a second.
fn parse_parts(cell: &[u8]) -> Result<(Moment, bool), Reject> {
    let b = cell.trim_ascii();
    if b.get(4) != Some(&b'-') || b.get(7) != Some(&b'-') {
        return Err(Reject::Form);
    }
    let (Some(c), Some(y), Some(month), Some(day)) = (two(b, 0), two(b, 2), two(b, 5), two(b, 8)) else {
        return Err(Reject::Form);
    };
    let (mut hour, mut minute, mut second, mut at) = (0, 0, 0, 10);
    let mut fraction = false;
    if let Some(b'T' | b't' | b' ') = b.get(10) {
        hour = two(b, 11).ok_or(Reject::Form)?;
        at = 13;
        if b.get(at) == Some(&b':') {
            minute = two(b, at + 1).ok_or(Reject::Form)?;
            at += 3;
            if b.get(at) == Some(&b':') {
                second = two(b, at + 1).ok_or(Reject::Form)?;
                at += 3;
                if let Some(b'.' | b',') = b.get(at) {
                    let digits = b.get(at + 1..).unwrap_or_default();
                    let n = digits.iter().take_while(|d| d.is_ascii_digit()).count();
                    if n == 0 {
                        return Err(Reject::Form);
                    }
                    fraction = digits.iter().take(n).any(|d| *d != b'0');
                    at += 1 + n;
                }
            }
        }
    }
    let offset = parse_offset(b.get(at..).unwrap_or_default(), at > 10)?;
    let local = seconds((c * 100 + y) as i32, month, day, hour, minute, second).ok_or(Reject::Calendar)?;
    Ok((Moment { local, offset }, fraction))
}

/// What follows the time: nothing, or a zone.
fn parse_offset(rest: &[u8], has_time: bool) -> Result<Option<i32>, Reject> {
    match rest {
        [] => Ok(None),
        _ if !has_time => Err(Reject::Form),
        [b'Z' | b'z'] => Ok(Some(0)),
        [b' ', tail @ ..] if matches!(tail.first(), Some(b'+' | b'-')) => parse_offset(tail, has_time),
        [sign @ (b'+' | b'-'), tail @ ..] => {
            let (h, m) = match tail.len() {
                2 => (two(tail, 0), Some(0)),
                4 => (two(tail, 0), two(tail, 2)),
                5 if tail.get(2) == Some(&b':') => (two(tail, 0), two(tail, 3)),
                _ => (None, None),
            };
            let (Some(h), Some(m)) = (h, m) else { return Err(Reject::Form) };
            if h > 18 || m > 59 {
                return Err(Reject::Calendar);
            }
            let seconds = (h * 3600 + m * 60) as i32;
            Ok(Some(if *sign == b'-' { -seconds } else { seconds }))
        }
        _ => Err(Reject::Form),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forms_and_their_seconds() {
        // `date -u -d 2013-03-01 +%s` is 1362096000.
        let day = 1_362_096_000;
        for (text, local, offset) in [
            ("2013-03-01", day, None),
            ("2013-03-01T01", day + 3600, None),
            ("2013-03-01 01:02", day + 3720, None),
            ("2013-03-01T01:02:03", day + 3723, None),
            ("2013-03-01T01:02:03.000", day + 3723, None),
            ("2013-03-01T01:02:03Z", day + 3723, Some(0)),
            ("2013-03-01T01:02:03+01:00", day + 3723, Some(3600)),
            ("2013-03-01T01:02:03-0330", day + 3723, Some(-12_600)),
            ("2013-03-01 01:02:03 +02", day + 3723, Some(7200)),
            ("2013-03-01T24:00:00", day + 86_400, None),
        ] {
            assert_eq!(parse(text.as_bytes()), Ok(Moment { local, offset }), "{text}");
        }
        assert_eq!(parse(b"2013-02-29"), Err(Reject::Calendar));
        assert_eq!(parse(b"2013-02-28T25:00"), Err(Reject::Calendar));
        assert_eq!(parse(b"2013-02-28T05:00:00.5"), Err(Reject::Fraction));
        for bad in ["", "2013", "2013-3-01", "2013-03-01Z", "2013-03-01T", "2013-03-01T1:00", "2013-03-01x"] {
            assert_eq!(parse(bad.as_bytes()), Err(Reject::Form), "{bad}");
        }
    }

    #[test]
    fn civil_dates_go_both_ways() {
        assert_eq!(days_from_civil(1970, 1, 1), 0);
        assert_eq!(days_from_civil(2000, 3, 1), 11_017);
        assert_eq!(days_from_civil(1, 1, 1), -719_162);
        for days in (-719_162..2_932_896).step_by(97) {
            let (y, m, d) = civil_from_days(days);
            assert_eq!(days_from_civil(y, m, d), days);
        }
    }
}
