//! Days and months of a zone whose stamps are written in UTC or with offsets that change: the
//! zones in which all stamps show the same time of day.

use super::iso::{Moment, civil_from_days};
use super::zone::Zone;

const DAY: i64 = 86_400;
/// Zones that many people live in: of several that fit the first of these is named.
const KNOWN: [&str; 36] = [
    "Europe/Berlin",
    "Europe/London",
    "Europe/Athens",
    "Europe/Lisbon",
    "Europe/Paris",
    "Europe/Rome",
    "Europe/Madrid",
    "Europe/Vienna",
    "Europe/Amsterdam",
    "Europe/Warsaw",
    "Europe/Istanbul",
    "Europe/Moscow",
    "America/New_York",
    "America/Chicago",
    "America/Denver",
    "America/Los_Angeles",
    "America/Phoenix",
    "America/Toronto",
    "America/Sao_Paulo",
    "America/Mexico_City",
    "America/Bogota",
    "America/Santiago",
    "America/Argentina/Buenos_Aires",
    "Africa/Lagos",
    "Africa/Johannesburg",
    "Africa/Cairo",
    "Asia/Dubai",
    "Asia/Karachi",
    "Asia/Kolkata",
    "Asia/Dhaka",
    "Asia/Bangkok",
    "Asia/Shanghai",
    "Asia/Tokyo",
    "Australia/Sydney",
    "Australia/Brisbane",
    "Pacific/Auckland",
];

/// Whether these instants are so far apart that they may be days.
pub fn may_be(moments: &[Moment]) -> bool {
    let mut sorted: Vec<i64> = moments.iter().map(Moment::utc).collect();
    sorted.sort_unstable();
    sorted.dedup();
    sorted.windows(2).all(|pair| matches!(pair, [a, b] if b - a >= DAY - 7200))
}

/// The zones whose days, or first days of months, these instants are; the best known one first.
/// None where the stamps are closer than days, or need no zone to be a day apart.
pub fn zones(moments: &[Moment]) -> Vec<Zone> {
    let mut sorted: Vec<Moment> = moments.to_vec();
    sorted.sort_unstable_by_key(Moment::utc);
    sorted.dedup();
    if sorted.len() < 3 || !may_be(&sorted) || sorted.iter().any(|m| m.offset.is_none()) {
        return Vec::new();
    }
    let (steady, offsets) = (same(&sorted, Moment::utc), sorted.iter().any(|m| m.offset != Some(0)));
    let local = same(&sorted, |m| m.local);
    let monthly = monthly(sorted.iter().map(|m| m.local));
    // Days at one time of day in UTC need no zone, nor do months that begin there.
    if (steady && (monthly || !month_long(&sorted))) || (offsets && !local) {
        return Vec::new();
    }
    let names = KNOWN.iter().copied().chain(Zone::names().filter(|n| n.contains('/') && !KNOWN.contains(n)));
    names.filter_map(Zone::new).filter(|zone| fits(*zone, &sorted, offsets, steady)).collect()
}

fn fits(zone: Zone, sorted: &[Moment], offsets: bool, months: bool) -> bool {
    let shows = |m: &Moment| m.utc() + i64::from(zone.offset_at(m.utc()));
    let all = sorted.iter().all(|m| match offsets {
        true => Some(zone.offset_at(m.utc())) == m.offset,
        false => shows(m).rem_euclid(DAY) == 0,
    });
    all && (!months || monthly(sorted.iter().map(shows)))
}

/// Whether a part of the moments is at one time of day.
fn same(sorted: &[Moment], of: impl Fn(&Moment) -> i64) -> bool {
    sorted.windows(2).all(|p| matches!(p, [a, b] if of(a).rem_euclid(DAY) == of(b).rem_euclid(DAY)))
}

/// Whether rows are about a month or more apart.
fn month_long(sorted: &[Moment]) -> bool {
    sorted.windows(2).all(|p| matches!(p, [a, b] if b.utc() - a.utc() >= 27 * DAY))
}

/// Whether all are on the first of a month.
fn monthly(mut local: impl Iterator<Item = i64>) -> bool {
    local.all(|s| civil_from_days(s.div_euclid(DAY)).2 == 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(utc: impl Iterator<Item = i64>, offset: impl Fn(i64) -> i32) -> Vec<Moment> {
        utc.map(|u| Moment { local: u + i64::from(offset(u)), offset: Some(offset(u)) }).collect()
    }

    fn first(zones: &[Zone]) -> Option<&'static str> {
        zones.first().map(|z| z.tz().name())
    }

    #[test]
    fn days_of_a_zone_are_found() {
        let rome = Zone::new("Europe/Rome").unwrap();
        // Midnights of a year in Rome, from 2018-01-01 on.
        let midnights: Vec<i64> = (0..365).map(|d| rome.to_utc((17_532 + d) * DAY).first()).collect();
        let utc = moments(midnights.iter().copied(), |_| 0);
        let written = moments(midnights.iter().copied(), |u| rome.offset_at(u));
        for m in [&utc, &written] {
            let found = zones(m);
            assert_eq!(first(&found), Some("Europe/Berlin"));
            assert!(found.contains(&rome) && !found.contains(&Zone::new("Europe/London").unwrap()));
        }
        // Days at one hour of UTC, and hours, need no zone.
        assert!(zones(&moments((0..365).map(|d| d * DAY + 82_800), |_| 0)).is_empty());
        assert!(zones(&moments((0..365).map(|h| h * 3600), |_| 0)).is_empty());
    }

    #[test]
    fn months_of_a_zone_are_found() {
        let tokyo = Zone::new("Asia/Tokyo").unwrap();
        let start =
            |m: i64| crate::data::stamp::iso::days_from_civil(2010 + (m / 12) as i32, (m % 12) as u32 + 1, 1);
        let months = moments((0..30).map(|m| tokyo.to_utc(start(m) * DAY).first()), |_| 0);
        assert_eq!(first(&zones(&months)), Some("Asia/Tokyo"));
        // Months that begin in UTC.
        assert!(zones(&moments((0..30).map(|m| start(m) * DAY), |_| 0)).is_empty());
    }
}
