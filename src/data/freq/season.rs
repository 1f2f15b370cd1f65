//! Seasons: months of the year that never have rows, as those of what is open in summer alone.

use serde::{Deserialize, Serialize};

use super::step::month;
use super::{DAY, Freq, Places};
use crate::data::stamp::TimeStyle;
use crate::data::stamp::iso::{civil_from_days, days_from_civil};
use crate::data::stamp::names::LANGUAGES;

/// Years of which closed months are known.
const YEARS: std::ops::Range<i32> = 1900..2101;
/// How often at least a closed month must have passed by.
const TIMES: usize = 2;
/// Fewer months without rows that passed by once are a hole.
const MANY: u32 = 3;
/// A month that is open has rows in this share of the years at least.
const NEARLY_ALWAYS: f64 = 0.8;

/// The months that have rows: a bit each, January is the lowest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Months(u16);

impl Default for Months {
    fn default() -> Months {
        Months::ALL
    }
}

impl Months {
    pub const ALL: Months = Months(0xFFF);

    /// These months, January is 0.
    pub fn of(months: impl Iterator<Item = usize>) -> Months {
        Months(months.fold(0, |bits, month| bits | 1 << (month % 12)))
    }

    /// Whether all months have rows.
    pub fn are_all(&self) -> bool {
        *self == Months::ALL
    }

    fn open(self, month: i64) -> bool {
        self.0 >> month.rem_euclid(12) & 1 == 1
    }

    /// How many months have no rows.
    fn closed(self) -> u32 {
        12 - self.0.count_ones()
    }

    /// The other months.
    pub fn others(self) -> Months {
        Months(!self.0 & Months::ALL.0)
    }

    /// Whether a day since 1970 is in one of the months.
    pub fn has(self, day: i64) -> bool {
        self.are_all() || self.open(i64::from(civil_from_days(day).1) - 1)
    }

    /// The days since 1970 of the other months.
    pub(super) fn closed_days(self) -> impl Iterator<Item = i64> {
        let (first, last) = (days_from_civil(YEARS.start, 1, 1), days_from_civil(YEARS.end, 1, 1));
        (first..last).filter(move |day| !self.has(*day))
    }

    pub(super) fn is_sound(self) -> bool {
        self.0 != 0 && self.0 <= Months::ALL.0
    }

    /// Reads `may-october`, `jun,jul,aug`, `nov-mar`, in lower case.
    pub(super) fn parse(text: &str) -> Option<Months> {
        let number = |name: &str| {
            (0..12).find(|m| name.len() >= 3 && month_name(*m as i64).to_lowercase().starts_with(name))
        };
        let mut months = Vec::new();
        for item in text.split([',', ' ']).map(str::trim).filter(|item| !item.is_empty()) {
            let (from, to) = item.split_once('-').unwrap_or((item, item));
            let (from, to) = (number(from)?, number(to)?);
            months.extend((0..=(to + 12 - from) % 12).map(|m| from + m));
        }
        (!months.is_empty()).then(|| Months::of(months.into_iter()))
    }

    /// The months in which the rows of all series (ascending, UTC epoch seconds) are, where others never have
    /// any, and how often each of these passed by at least.
    fn find(series: &[&[i64]], time: &TimeStyle) -> Option<(Months, usize)> {
        let long = |pair: &[i64]| matches!(pair, [a, b] if b - a >= 28 * DAY);
        if !series.iter().any(|stamps| stamps.windows(2).any(long)) {
            return None;
        }
        let own = |stamps: &&[i64]| -> Vec<i64> {
            let mut months: Vec<i64> =
                stamps.iter().map(|s| month(time.local_seconds(*s).div_euclid(DAY))).collect();
            months.dedup();
            months
        };
        let mut seen: Vec<i64> = series.iter().flat_map(own).collect();
        seen.sort_unstable();
        seen.dedup();
        let (first, last) = (*seen.first()?, *seen.last()?);
        let (mut open, mut least) = (Vec::new(), usize::MAX);
        for place in 0..12 {
            let passed = (first..=last).filter(|m| m.rem_euclid(12) == place);
            let all = passed.clone().count();
            let rows = passed.filter(|m| seen.binary_search(m).is_ok()).count();
            match rows {
                0 => least = least.min(all),
                rows if (rows as f64) < NEARLY_ALWAYS * all as f64 => return None,
                _ => open.push(place as usize),
            }
        }
        let months = Months::of(open.into_iter());
        (least > 0 && !months.are_all() && months.is_sound()).then_some((months, least))
    }
}

/// The name of a month, January is 0.
fn month_name(month: i64) -> &'static str {
    LANGUAGES.first().map_or("", |english| english.month(month.rem_euclid(12) as usize, true))
}

/// `May to October`, `June, July`, `November to March`.
impl std::fmt::Display for Months {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let starts = (0..12i64).filter(|m| self.open(*m) && !self.open(m - 1));
        let runs = starts.map(|start| {
            let length = (0..12).take_while(|n| self.open(start + n)).count() as i64;
            let name = |n: i64| month_name(start + n);
            match length {
                3.. => format!("{} to {}", name(0), name(length - 1)),
                2 => format!("{}, {}", name(0), name(1)),
                _ => name(0).to_owned(),
            }
        });
        f.write_str(&runs.collect::<Vec<_>>().join(", "))
    }
}

/// What the months without rows are.
pub enum Season {
    /// They passed by often enough: rows are in the other months alone.
    Sure(Freq),
    /// Several of them passed by once: perhaps a season, perhaps a hole. The months without rows, and the step in the others.
    Perhaps(Months, Freq),
}

/// A step of days or less whose rows, of all series, are in some months alone; `None` where they are in all months, or the
/// step has no slots.
pub fn season(series: &[&[i64]], freq: &Freq, time: &TimeStyle) -> Option<Season> {
    let slots = match freq {
        Freq::Slots(slots) if matches!(slots.places(), Places::Week(_) | Places::Hours { .. }) => {
            slots.as_ref().clone()
        }
        Freq::Days(1) | Freq::Seconds(DAY) => super::Slots::new(Places::Week((0..7).collect()), Vec::new()),
        Freq::Seconds(step) if time.zone().is_none() && *step >= 60 && DAY % step == 0 => {
            let first = series.iter().find_map(|stamps| stamps.first())?;
            let phase = time.local_seconds(*first).rem_euclid(*step);
            let at = (phase..7 * DAY).step_by(*step as usize).collect();
            super::Slots::new(Places::Hours { step: *step, at }, Vec::new())
        }
        _ => return None,
    };
    let (months, times) = Months::find(series, time)?;
    let seasonal = Some(Freq::Slots(Box::new(slots.within(months)))).filter(Freq::is_sound)?;
    match times {
        TIMES.. => Some(Season::Sure(seasonal)),
        _ if months.closed() >= MANY => Some(Season::Perhaps(months.others(), seasonal)),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seasonal(series: &[&[i64]], freq: &Freq, time: &TimeStyle) -> Option<Freq> {
        match season(series, freq, time)? {
            Season::Sure(freq) => Some(freq),
            Season::Perhaps(..) => None,
        }
    }

    fn rows(years: std::ops::Range<i32>, open: std::ops::RangeInclusive<u32>, step: i64) -> Vec<i64> {
        let days = days_from_civil(years.start, 1, 1)..days_from_civil(years.end, 1, 1);
        let open = days.filter(|day| open.contains(&civil_from_days(*day).1));
        open.flat_map(|day| (0..DAY).step_by(step as usize).map(move |s| day * DAY + s)).collect()
    }

    #[test]
    fn a_summer_is_followed_by_the_next() {
        let time = TimeStyle::naive("t");
        for (step, plain, text) in [
            (DAY, Freq::Days(1), "1d, in May to October"),
            (3600, Freq::Seconds(3600), "1h, in May to October"),
        ] {
            let stamps = rows(2014..2018, 5..=10, step);
            let freq = seasonal(&[&stamps], &plain, &time).unwrap();
            assert_eq!(freq.to_string(), text);
            assert_eq!(Freq::parse(text).unwrap(), freq);
            let last = *stamps.last().unwrap();
            assert_eq!(freq.advance(last, 1, &time), days_from_civil(2018, 5, 1) * DAY);
            assert!(stamps.windows(2).all(|p| freq.steps_between(p[0], p[1], &time) == Some(1)));
            let kept: Freq = serde_json::from_str(&serde_json::to_string(&freq).unwrap()).unwrap();
            assert_eq!(kept, freq);
        }
    }

    #[test]
    fn one_winter_without_rows_is_a_hole() {
        let time = TimeStyle::naive("t");
        let once = rows(2014..2016, 5..=10, DAY);
        assert!(seasonal(&[&once], &Freq::Days(1), &time).is_none());
        let Some(Season::Perhaps(months, _)) = season(&[&once], &Freq::Days(1), &time) else { panic!() };
        assert_eq!(months.to_string(), "November to April");
        let all = rows(2014..2018, 1..=12, DAY);
        assert!(seasonal(&[&all], &Freq::Days(1), &time).is_none());
        // Two series, of which one has the winters.
        let summers = rows(2014..2018, 5..=10, DAY);
        assert!(seasonal(&[&summers, &all], &Freq::Days(1), &time).is_none());
    }

    #[test]
    fn months_are_named_and_read() {
        for (text, shown) in [
            ("may-oct", "May to October"),
            ("nov-february", "November to February"),
            ("jun, jul", "June, July"),
        ] {
            assert_eq!(Months::parse(text).unwrap().to_string(), shown);
        }
        assert!(Months::parse("m").is_none() && Months::parse("").is_none());
        assert_eq!(
            Freq::parse("1d mon-fri in nov-feb").unwrap().to_string(),
            "1d, Monday to Friday, in November to February"
        );
    }
}
