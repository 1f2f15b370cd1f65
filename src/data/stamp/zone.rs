//! Time zones: from the clock on the wall to UTC and back, with a rule for the hours that
//! daylight saving skips or repeats.

use chrono::{Offset, TimeZone};
use chrono_tz::Tz;

/// A named time zone, serialised by its IANA name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Zone(Tz);

/// The instants that a wall-clock time may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Instants {
    /// The usual case.
    One(i64),
    /// An hour that comes twice: both instants, in order.
    Two(i64, i64),
    /// An hour that was skipped: the instant as far after the change as the clock says
    /// (02:30 becomes 03:30).
    Skipped(i64),
}

impl Instants {
    /// The only one, or the earlier.
    pub fn first(self) -> i64 {
        match self {
            Instants::One(t) | Instants::Two(t, _) | Instants::Skipped(t) => t,
        }
    }
}

impl TryFrom<String> for Zone {
    type Error = String;
    fn try_from(name: String) -> Result<Self, String> {
        Zone::new(&name).ok_or_else(|| format!("unknown time zone `{name}`"))
    }
}

impl From<Zone> for String {
    fn from(zone: Zone) -> String {
        zone.0.name().to_owned()
    }
}

impl Zone {
    /// The zone with an IANA name; upper and lower case do not matter.
    pub fn new(name: &str) -> Option<Self> {
        let exact = name.parse::<Tz>().ok();
        let any = || chrono_tz::TZ_VARIANTS.iter().find(|z| z.name().eq_ignore_ascii_case(name)).copied();
        exact.or_else(any).map(Zone)
    }

    /// All names, for suggestions.
    pub fn names() -> impl Iterator<Item = &'static str> {
        chrono_tz::TZ_VARIANTS.iter().map(|z| z.name())
    }

    /// The zone as chrono-tz has it.
    pub fn tz(self) -> Tz {
        self.0
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(self, utc: i64) -> i32 {
        chrono::DateTime::from_timestamp(utc, 0)
            .map_or(0, |t| self.0.offset_from_utc_datetime(&t.naive_utc()).fix().local_minus_utc())
    }

    /// The instants at which a clock on the wall shows `local`.
    pub fn to_utc(self, local: i64) -> Instants {
        // Offsets of a day before and a day after bracket any change of the clock near `local`.
        let (before, after) = (self.offset_at(local - 86_400), self.offset_at(local + 86_400));
        let early = local - i64::from(before.max(after));
        let late = local - i64::from(before.min(after));
        if early == late {
            return Instants::One(early);
        }
        let shows = |utc: i64| utc + i64::from(self.offset_at(utc)) == local;
        match (shows(early), shows(late)) {
            (true, true) => Instants::Two(early, late),
            (true, false) => Instants::One(early),
            (false, true) => Instants::One(late),
            // The clock went from `before` to a larger offset: count on with the old one.
            (false, false) => Instants::Skipped(local - i64::from(before)),
        }
    }
}

/// What [`to_utc`] had to decide.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Changes {
    /// Rows in a skipped hour, moved forward.
    pub skipped: usize,
    /// Rows in a repeated hour taken as its first passage.
    pub first: usize,
    /// Rows in a repeated hour taken as its second passage.
    pub second: usize,
}

/// Turns wall-clock seconds into UTC in place. `series_id` has one entry a row: of two rows of
/// a series with the same repeated wall-clock time the first in the file is the first passage
/// (daylight saving), the next the second.
pub fn to_utc(zone: Zone, stamps: &mut [i64], series_id: &[u32]) -> Changes {
    let mut changes = Changes::default();
    let mut seen = std::collections::HashSet::new();
    // Between two changes the offset is constant: remember the last day's, when it had one only.
    let mut memo: Option<(i64, i64)> = None;
    for (t, series) in stamps.iter_mut().zip(series_id) {
        let day = t.div_euclid(86_400);
        if let Some((d, offset)) = memo
            && d == day
        {
            *t -= offset;
            continue;
        }
        let local = *t;
        match zone.to_utc(local) {
            Instants::One(utc) => {
                let whole = |at: i64| local_offset(zone, at) == Some(local - utc);
                if whole(day * 86_400) && whole(day * 86_400 + 43_200) && whole(day * 86_400 + 86_399) {
                    memo = Some((day, local - utc));
                }
                *t = utc;
            }
            Instants::Two(early, late) => {
                if seen.insert((*series, local)) {
                    changes.first += 1;
                    *t = early;
                } else {
                    changes.second += 1;
                    *t = late;
                }
            }
            Instants::Skipped(utc) => {
                changes.skipped += 1;
                *t = utc;
            }
        }
    }
    changes
}

/// The offset at a wall-clock time within a day and a half of which the clock does not change.
fn local_offset(zone: Zone, local: i64) -> Option<i64> {
    let (before, after) = (zone.offset_at(local - 129_600), zone.offset_at(local + 129_600));
    (before == after).then_some(i64::from(before))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clock_changes_follow_the_rules() {
        let rome = Zone::new("europe/rome").unwrap();
        // 2013-03-31 02:30 does not exist in Rome; 01:00Z is the change. 1364691600 = 01:00Z.
        let change = 1_364_691_600;
        assert_eq!(rome.to_utc(change + 1800), Instants::One(change - 1800));
        assert_eq!(rome.to_utc(change + 5400), Instants::Skipped(change + 1800));
        assert_eq!(rome.to_utc(change + 9000), Instants::One(change + 1800));
        // 2013-10-27 02:30 comes twice: 00:30Z and 01:30Z. 1382832000 = 00:00Z.
        let midnight = 1_382_832_000;
        let local = midnight + 2 * 3600 + 1800;
        assert_eq!(rome.to_utc(local), Instants::Two(midnight + 1800, midnight + 5400));
        let mut stamps = vec![local, local, local, local + 86_400];
        let changes = to_utc(rome, &mut stamps, &[0, 1, 0, 0]);
        assert_eq!(stamps, [midnight + 1800, midnight + 1800, midnight + 5400, local + 86_400 - 3600]);
        assert_eq!(changes, Changes { skipped: 0, first: 2, second: 1 });
        assert!(Zone::new("Europe/Rom").is_none());
    }

    #[test]
    fn every_hour_of_a_year_comes_back() {
        let zone = Zone::new("America/New_York").unwrap();
        // 2013-01-01T05:00:00Z, wall-clock midnight.
        let utc: Vec<i64> = (0..8760).map(|h| 1_357_016_400 + h * 3600).collect();
        let mut stamps: Vec<i64> = utc.iter().map(|t| t + i64::from(zone.offset_at(*t))).collect();
        let changes = to_utc(zone, &mut stamps, &vec![0; utc.len()]);
        assert_eq!(stamps, utc);
        assert_eq!(changes, Changes { skipped: 0, first: 1, second: 1 });
    }
}
