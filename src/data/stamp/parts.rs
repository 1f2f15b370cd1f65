//! The numbers of one row's stamp, gathered from its cells, and the moment they make.

use super::iso::{self, Moment, Reject};

/// A number in a stamp.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Year,
    Month,
    Day,
    Hour,
    Hour12,
    /// Hours 1 to 24, of which the last ends the day.
    Hour24,
    /// Hours and minutes as one number, 0 to 2359.
    HourMinute,
    Minute,
    Second,
    IsoYear,
    IsoWeek,
    Weekday,
    DayOfYear,
    Quarter,
    /// A half of the year.
    HalfYear,
}

impl Field {
    /// The most digits it has; years have exactly these.
    pub fn width(self) -> usize {
        match self {
            Field::Year | Field::IsoYear | Field::HourMinute => 4,
            Field::DayOfYear => 3,
            Field::Weekday | Field::Quarter | Field::HalfYear => 1,
            _ => 2,
        }
    }

    /// Whether it always has its full width.
    pub fn fixed(self) -> bool {
        matches!(self, Field::Year | Field::IsoYear | Field::Weekday | Field::Quarter | Field::HalfYear)
    }
}

/// What the time columns of one row have said so far.
#[derive(Debug, Clone, Copy, Default)]
pub struct Parts {
    pub year: Option<i32>,
    /// The second year of `2000/01`.
    pub end_year: Option<i32>,
    iso_year: Option<i32>,
    pub month: Option<u32>,
    day: Option<u32>,
    week: Option<u32>,
    weekday: Option<u32>,
    day_of_year: Option<u32>,
    quarter: Option<u32>,
    hour: Option<u32>,
    pub afternoon: Option<bool>,
    minute: Option<u32>,
    second: Option<u32>,
    /// The number of an interval of the day, from 1, and its seconds.
    pub slot: Option<(u32, u32)>,
    /// The number of an interval of the hour, from 1, and its seconds.
    pub slot_of_hour: Option<(u32, u32)>,
    pub offset: Option<i32>,
    pub epoch: Option<i64>,
    /// Seconds of a clock on the wall since 1970, from a serial number.
    pub serial: Option<i64>,
    pub fraction: bool,
    half_year: Option<u32>,
}

impl Parts {
    /// Sets a number.
    pub fn set(&mut self, field: Field, v: u32) {
        match field {
            Field::Year => self.year = Some(v as i32),
            Field::Month => self.month = Some(v),
            Field::Day => self.day = Some(v),
            Field::Hour | Field::Hour12 => self.hour = Some(v),
            // 0 is no hour of this count.
            Field::Hour24 => self.hour = Some(if v == 0 { 99 } else { v }),
            Field::HourMinute => (self.hour, self.minute) = (Some(v / 100), Some(v % 100)),
            Field::Minute => self.minute = Some(v),
            Field::Second => self.second = Some(v),
            Field::IsoYear => self.iso_year = Some(v as i32),
            Field::IsoWeek => self.week = Some(v),
            Field::Weekday => self.weekday = Some(v),
            Field::DayOfYear => self.day_of_year = Some(v),
            Field::Quarter => self.quarter = Some(v),
            Field::HalfYear => self.half_year = Some(v),
        }
    }

    /// The same parts in the year 2004 where they name none, to try out a part of a stamp.
    pub fn with_a_year(mut self) -> Self {
        if self.week.is_some() {
            self.iso_year = self.iso_year.or(Some(2004));
        }
        self.year = self.year.or(Some(2004));
        self
    }

    /// The moment that the parts make; a fraction of a second is left away.
    ///
    /// # Errors
    /// [`Reject`] when there is no such day or hour.
    pub fn resolve_whole(&self) -> Result<Moment, Reject> {
        if let Some(local) = self.epoch {
            return Ok(Moment { local, offset: Some(0) });
        }
        if let Some(local) = self.serial {
            return Ok(Moment { local, offset: None });
        }
        let mut hour = self.hour.unwrap_or(0);
        if let Some(afternoon) = self.afternoon {
            if !(1..=12).contains(&hour) {
                return Err(Reject::Calendar);
            }
            hour = hour % 12 + if afternoon { 12 } else { 0 };
        }
        let (minute, second) = (self.minute.unwrap_or(0), self.second.unwrap_or(0));
        let (year, month, day) = self.day()?;
        let local = iso::seconds(year, month, day, hour, minute, second).ok_or(Reject::Calendar)?;
        Ok(Moment { local: local + self.past_midnight(), offset: self.offset })
    }

    /// As [`Parts::resolve_whole`], where a fraction of a second is refused.
    ///
    /// # Errors
    /// [`Reject`] when there is no such day or hour, or a fraction of a second.
    pub fn resolve(&self) -> Result<Moment, Reject> {
        if self.fraction { Err(Reject::Fraction) } else { self.resolve_whole() }
    }

    /// Seconds of the day that a numbered interval of it has passed at its start.
    pub fn past_midnight(&self) -> i64 {
        let passed = |(n, seconds): (u32, u32)| (i64::from(n) - 1) * i64::from(seconds);
        self.slot.map_or(0, passed) + self.slot_of_hour.map_or(0, passed)
    }

    /// Year, month and day.
    fn day(&self) -> Result<(i32, u32, u32), Reject> {
        if let Some(week) = self.week {
            let year = self.iso_year.or(self.year).ok_or(Reject::Form)?;
            return iso_week_day(year, week, self.weekday.unwrap_or(1)).ok_or(Reject::Calendar);
        }
        let year = self.year.or(self.iso_year).ok_or(Reject::Form)?;
        if self.end_year.is_some_and(|end| (end - year - 1) % 100 != 0 || end > year + 1) {
            return Err(Reject::Calendar);
        }
        if let Some(half) = self.half_year {
            return if (1..=2).contains(&half) { Ok((year, half * 6 - 5, 1)) } else { Err(Reject::Calendar) };
        }
        match (self.day_of_year, self.quarter) {
            (Some(n), _) => {
                let (y, m, d) = iso::civil_from_days(iso::days_from_civil(year, 1, 1) + i64::from(n) - 1);
                if n == 0 || y != year { Err(Reject::Calendar) } else { Ok((y, m, d)) }
            }
            (None, Some(q)) if (1..=4).contains(&q) => Ok((year, q * 3 - 2, 1)),
            (None, Some(_)) => Err(Reject::Calendar),
            (None, None) => Ok((year, self.month.unwrap_or(1), self.day.unwrap_or(1))),
        }
    }
}

/// The date of a weekday (1 is Monday) in an ISO week.
fn iso_week_day(year: i32, week: u32, weekday: u32) -> Option<(i32, u32, u32)> {
    let first = monday_of_week_one(year);
    let last = monday_of_week_one(year + 1);
    let monday = first + (i64::from(week) - 1) * 7;
    (week >= 1 && monday < last && (1..=7).contains(&weekday))
        .then(|| iso::civil_from_days(monday + i64::from(weekday) - 1))
}

/// The Monday of the week that holds 4 January.
fn monday_of_week_one(year: i32) -> i64 {
    let fourth = iso::days_from_civil(year, 1, 4);
    fourth - (fourth + 3).rem_euclid(7)
}

/// The ISO year and week of a day.
pub fn iso_year_week(days: i64) -> (i32, i64) {
    let thursday = days - (days + 3).rem_euclid(7) + 3;
    let year = iso::civil_from_days(thursday).0;
    (year, (thursday - iso::days_from_civil(year, 1, 1)) / 7 + 1)
}
