//! `--holidays FILE`: days on which nothing is open, or on which everything is different.
//!
//! A list of dates, for all series or by the columns that name the series. Days on which training
//! has no rows are taken out of the calendar; of others the rows get a column of 0 and 1, which is
//! known ahead. There are no lists of countries here: the one crate that has them
//! (`holidays` 0.1.0, looked at in November 2026) states no licence and has had one release.

use serde::{Deserialize, Serialize};

use crate::data::freq::{DAY, Freq, Places, Slots};
use crate::data::long::SeriesKey;
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Place, Result};

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
}

impl Holidays {
    /// Reads a list: delimited text with a column of dates and, under the names that the table
    /// has, columns that name a series; others (the holidays' names) count for nothing.
    ///
    /// # Errors
    /// A file that cannot be read, or a row without a date.
    pub fn read(path: &str, series_columns: &[String], time: &TimeStyle) -> Result<Holidays> {
        let text = std::fs::read_to_string(path).map_err(|e| unreadable(path, &e))?;
        let text = text.trim_start_matches('\u{feff}');
        let first = text.lines().next().unwrap_or_default();
        let delimiter = [';', '\t'].into_iter().find(|c| first.contains(*c)).unwrap_or(',');
        let mut rows = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty()).peekable();
        let date = |cell: &str| time.parse_one(cell).ok().map(|s| time.local_seconds(s).div_euclid(DAY));
        let head = rows.peek().map(|(_, line)| cells(line, delimiter)).unwrap_or_default();
        let named = !head.iter().any(|cell| date(cell).is_some());
        let by: Vec<(usize, usize)> = series_columns
            .iter()
            .enumerate()
            .filter_map(|(place, name)| Some((place, head.iter().position(|h| named && h == name)?)))
            .collect();
        if named {
            rows.next();
        }
        let mut days = Vec::new();
        for (line, row) in rows {
            let row = cells(row, delimiter);
            let own = |at: &usize| !by.iter().any(|(_, series)| series == at);
            let found = row.iter().enumerate().filter(|(at, _)| own(at)).find_map(|(_, cell)| date(cell));
            let day = found.ok_or_else(|| {
                Error::data(Place::file(path).row(line + 1), "no cell of this row is a date").with_hint(
                    format!("one holiday a row, written like {} or 2024-12-25", time.display(1_735_084_800)),
                )
            })?;
            let key = by.iter().map(|(_, at)| row.get(*at).cloned().unwrap_or_default()).collect();
            days.push((key, day));
        }
        days.sort_unstable();
        days.dedup();
        if days.is_empty() {
            return Err(Error::data(Place::file(path), "holds no date"));
        }
        Ok(Holidays { by: by.into_iter().map(|(place, _)| place).collect(), days })
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

/// The trimmed cells of a line; quotes may hold the delimiter.
fn cells(line: &str, delimiter: char) -> Vec<String> {
    let (mut out, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for c in line.chars() {
        match c {
            '"' => quoted = !quoted,
            c if c == delimiter && !quoted => out.push(std::mem::take(&mut cell)),
            c => cell.push(c),
        }
    }
    out.push(cell);
    out.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

fn unreadable(path: &str, error: &std::io::Error) -> Error {
    let name = path.rsplit('=').next().unwrap_or(path);
    let country = matches!(name.len(), 2 | 3) && name.chars().all(|c| c.is_ascii_alphabetic());
    let what = match country {
        true => format!("--holidays {path}: lists of countries are not built in, and no file has this name"),
        false => format!("--holidays {path}: cannot read: {error}"),
    };
    let code = if country { name.to_uppercase() } else { "DE".into() };
    Error::usage(what).with_hint(format!(
        "give a file of dates, one a row (a column named as the table's series column says of which series a day is); Python's `holidays` writes one: python3 -c \"import holidays; print(*holidays.country_holidays('{code}', years=range(2010, 2031)), sep='\\n')\" > {code}.csv"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn list(text: &str, series: &[&str]) -> Result<Holidays> {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("h.csv");
        std::fs::write(&path, text).unwrap();
        let columns: Vec<String> = series.iter().map(|s| (*s).to_string()).collect();
        Holidays::read(path.to_str().unwrap(), &columns, &TimeStyle::naive("t"))
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
        let error = list("date\n2024-12-25\nsoon\n", &[]).unwrap_err().to_string();
        assert!(error.contains("row 3"), "{error}");
        let error = Holidays::read("IN", &[], &TimeStyle::naive("t")).unwrap_err();
        assert!(error.hint().unwrap().contains("country_holidays('IN'"));
    }
}
