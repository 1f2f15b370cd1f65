//! `--holidays FILE|COUNTRY`: days on which nothing is open, or on which everything is different.
//!
//! A list of dates, or the list of a country, for all series or by the columns that name the series.
//! Days on which training has no rows are taken out of the calendar; of others the rows get a column
//! of 0 and 1, which is known ahead.

pub mod countries;
mod file;

use serde::{Deserialize, Serialize};

use crate::data::freq::{DAY, Freq, Places, Slots};
use crate::data::long::SeriesKey;
use crate::data::name::identity;
use crate::data::stamp::TimeStyle;
use crate::data::stamp::iso::civil_from_days;
use crate::error::{Error, Result, did_you_mean};

/// Name of the column of 0 and 1.
pub const COLUMN: &str = "is_holiday";
/// Longest list that a checkpoint may hold.
const MOST: usize = 1_000_000;
/// Holidays, of all series or of some.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holidays {
    /// Places, among the columns that name a series, of those that the list has.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    by: Vec<usize>,
    /// Values of these columns, and a day since 1970; ascending.
    days: Vec<(Vec<String>, i64)>,
    /// The years that the lists of countries know.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    years: Option<(i32, i32)>,
}

impl Holidays {
    /// What `--holidays` names: a file of dates, where there is one of this name; a country
    /// (`IN`, `DE-BY`); or countries of series (`Delhi=IN,Berlin=DE`).
    ///
    /// # Errors
    /// A file that cannot be read, a row without a date, a country without a list, a series that
    /// the table does not have.
    pub fn read(
        argument: &str,
        series_columns: &[String],
        series: &[SeriesKey],
        time: &TimeStyle,
    ) -> Result<Holidays> {
        if !std::path::Path::new(argument).exists() {
            if countries::is_code(argument) {
                let list = countries::find(argument)?;
                let days = list.days.into_iter().map(|day| (Vec::new(), day)).collect();
                return Ok(Holidays { by: Vec::new(), days, years: Some(list.years) });
            }
            let pairs: Option<Vec<_>> = argument.split(',').map(|pair| pair.split_once('=')).collect();
            if let Some(pairs) = pairs {
                return Holidays::of_series(&pairs, series_columns.len(), series);
            }
        }
        file::read(argument, series_columns, time)
    }

    /// Countries of series: each is named by the whole of its key, or by one column's value.
    fn of_series(pairs: &[(&str, &str)], whole: usize, series: &[SeriesKey]) -> Result<Holidays> {
        let value = |key: &SeriesKey, place: usize| match key.0.get(place) {
            Some(value) => value.clone(),
            None => key.to_string(),
        };
        let names: Vec<_> = pairs.iter().map(|(name, _)| identity(name.trim()).into_owned()).collect();
        let known = |name: &String, place| series.iter().any(|key| value(key, place) == *name);
        let places: Vec<usize> = (0..=whole).filter(|p| names.iter().any(|n| known(n, *p))).collect();
        let place = places.iter().copied().find(|p| names.iter().all(|n| known(n, *p)));
        let Some(place) = place else {
            let place = places.first().copied().unwrap_or(whole);
            let name = names.iter().find(|name| !known(name, place)).map_or("", String::as_str);
            let all: std::collections::BTreeSet<String> =
                series.iter().map(|key| value(key, place)).collect();
            let near = did_you_mean(name, all.iter().map(String::as_str));
            return Err(Error::usage(format!("--holidays: the table has no series `{name}`{near}")).with_hint(
                "write SERIES=COUNTRY,SERIES=COUNTRY with names as the table has them; a file of dates needs no `=`",
            ));
        };
        let mut days = Vec::new();
        let mut years = None;
        for (name, (_, code)) in names.iter().zip(pairs) {
            let list = countries::find(code.trim())?;
            let (first, last) = years.unwrap_or(list.years);
            years = Some((first.max(list.years.0), last.min(list.years.1)));
            let keys = series.iter().find(|key| place == whole && value(key, place) == *name);
            let key = keys.map_or_else(|| vec![name.clone()], |key| key.0.clone());
            days.extend(list.days.into_iter().map(|day| (key.clone(), day)));
        }
        days.sort_unstable();
        days.dedup();
        if days.len() > MOST {
            return Err(Error::usage(format!("--holidays names {} series, which are too many", names.len()))
                .with_hint("give a file of dates in which a column says of which series each is"));
        }
        let by = if place == whole { (0..whole).collect() } else { vec![place] };
        Ok(Holidays { by, days, years })
    }

    /// Whether a day is a holiday of a series.
    pub fn has(&self, key: &SeriesKey, day: i64) -> bool {
        let own = |place: &usize| key.0.get(*place).cloned().unwrap_or_default();
        let wanted = (self.by.iter().map(own).collect::<Vec<_>>(), day);
        self.days.binary_search(&wanted).is_ok()
    }

    /// The step without these days, where it can be without them.
    pub fn close(&self, freq: &Freq, time: &TimeStyle) -> Option<Freq> {
        let closed: Vec<i64> = self.days.iter().map(|(_, day)| *day).collect();
        let every = |step: i64| Places::Hours { step, at: (0..7 * DAY).step_by(step as usize).collect() };
        let slots = match freq {
            Freq::Slots(slots) => slots.closing(closed),
            Freq::Days(1) | Freq::Seconds(DAY) => Slots::new(Places::Week((0..7).collect()), closed),
            Freq::Seconds(n) if time.zone().is_none() && *n >= 60 && DAY % n == 0 => {
                Slots::new(every(*n), closed)
            }
            _ => return None,
        };
        Some(Freq::Slots(Box::new(slots))).filter(Freq::is_sound)
    }

    /// The days (since 1970) of the list, of whatever series; ascending within a series.
    pub fn days(&self) -> impl Iterator<Item = i64> {
        self.days.iter().map(|(_, day)| *day)
    }

    /// Which of these years, from and to, the lists do not know, for people; nothing where they know all.
    pub fn beyond(&self, days: (i64, i64)) -> Option<String> {
        let (first, last) = self.years?;
        let year = |day| civil_from_days(day).0;
        match (year(days.0) < first, year(days.1) > last) {
            (true, true) => Some(format!("before {first} and after {last}")),
            (true, false) => Some(format!("before {first}")),
            (false, true) => Some(format!("after {last}")),
            (false, false) => None,
        }
    }

    /// Whether the list has a day of a series.
    pub fn names(&self, key: &SeriesKey) -> bool {
        let wanted: Vec<String> =
            self.by.iter().map(|p| key.0.get(*p).cloned().unwrap_or_default()).collect();
        let at = self.days.partition_point(|(key, _)| *key < wanted);
        self.days.get(at).is_some_and(|(key, _)| *key == wanted)
    }

    /// Whether the list holds for all series.
    pub fn for_all(&self) -> bool {
        self.by.is_empty()
    }

    /// Number of dates.
    pub fn len(&self) -> usize {
        self.days.len()
    }

    /// Whether there is none.
    pub fn is_empty(&self) -> bool {
        self.days.is_empty()
    }

    /// Whether a checkpoint may hold this.
    pub(crate) fn is_sound(&self) -> bool {
        self.days.len() <= MOST
            && self.days.is_sorted()
            && self.days.iter().all(|(key, day)| key.len() == self.by.len() && day.abs() < 10_000_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str, series: &[&str]) -> Result<Holidays> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.csv");
        std::fs::write(&path, text).unwrap();
        let columns: Vec<String> = series.iter().map(|s| (*s).to_string()).collect();
        file::read(path.to_str().unwrap(), &columns, &TimeStyle::naive("t"))
    }

    #[test]
    fn lists_in_their_forms() {
        let key = |names: &[&str]| SeriesKey(names.iter().map(|n| (*n).to_string()).collect());
        // 2024-12-25 is day 20082.
        for text in [
            "2024-12-25\n",
            "date\n2024-12-25\n",
            "date;name\n2024-12-25;Christmas\n",
            "name,date\n\"Christmas, first\",2024-12-25\n",
        ] {
            let all = list(text, &["city"]).unwrap();
            assert!(all.has(&key(&["Rome"]), 20082) && !all.has(&key(&["Rome"]), 20083), "{text}");
        }
        let by = list("city,day\nRome,2024-12-25\nOslo,2024-12-26\n", &["shop", "city"]).unwrap();
        assert!(by.has(&key(&["1", "Rome"]), 20082) && !by.has(&key(&["1", "Oslo"]), 20082));
        assert!(by.has(&key(&["2", "Oslo"]), 20083));
        // In a form of its own, where all rows say which.
        for text in ["25/12/2024\n", "day\n01/02/2024\n25/12/2024\n", "25 Dec 2024;Christmas\n", "20241225\n"]
        {
            let own = list(text, &[]).unwrap();
            assert!(own.has(&key(&[]), 20082), "{text}");
        }
        let error = list("date\n01/02/2024\n", &[]).unwrap_err().to_string();
        assert!(error.contains("2024-02-01") && error.contains("2024-01-02"), "{error}");
        let error = list("date\n2024-12-25\nsoon\n", &[]).unwrap_err().to_string();
        assert!(error.contains("row 3"), "{error}");
    }

    #[test]
    fn countries_of_all_series_and_of_each() {
        let columns = ["shop".to_owned(), "city".to_owned()];
        let series = [["1", "Berlin"], ["1", "Delhi"], ["2", "Delhi"]];
        let series = series.map(|names| SeriesKey(names.map(str::to_owned).to_vec()));
        let read = |argument: &str| Holidays::read(argument, &columns, &series, &TimeStyle::naive("t"));
        let (berlin, delhi) = (&series[0], &series[2]);
        let (republic, unity) = (19_748, 19_999); // 26 January and 3 October 2024
        let all = read("IN").unwrap();
        assert!(all.for_all() && all.has(berlin, republic) && !all.has(delhi, unity));
        for argument in ["Delhi=IN,Berlin=DE", "1/Berlin=DE, 2/Delhi=in"] {
            let each = read(argument).unwrap();
            assert!(!each.for_all() && each.has(berlin, unity) && !each.has(berlin, republic), "{argument}");
            assert!(each.has(delhi, republic) && !each.has(delhi, unity) && each.names(delhi), "{argument}");
            assert_eq!(each.names(&series[1]), argument.starts_with("Delhi"));
            assert_eq!(each.years, Some((1991, 2050)));
        }
        let error = |argument: &str| {
            let error = read(argument).unwrap_err();
            (error.to_string(), error.hint().unwrap_or_default().to_owned())
        };
        assert!(error("Delhi=IN,Berlim=DE").0.contains("no series `Berlim` (did you mean `Berlin`"));
        assert!(error("Delhi=XX").0.contains("no list of `XX`"));
        assert!(error("holidays.csv").1.contains("a file of dates, one a row"));
    }
}
