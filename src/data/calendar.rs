//! Calendar features: where in the day, the week and the year a row lies, on the table's clock.

use serde::{Deserialize, Serialize};

use crate::data::freq::Freq;

const DAY: i64 = 86_400;
const WEEK: i64 = 7 * DAY;
/// Seconds of a mean Gregorian year.
const YEAR: i64 = 31_556_952;

/// A cycle of the calendar, as sine and cosine, or as one flag a weekday.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cycle {
    HourOfDay,
    /// Half a day: two peaks a day, as traffic has.
    HalfDay,
    DayOfWeek,
    /// Seven flags: a week is no sine.
    Weekday,
    DayOfYear,
}

impl Cycle {
    fn width(self) -> usize {
        if self == Cycle::Weekday { 7 } else { 2 }
    }

    fn names(self) -> Vec<String> {
        match self {
            Cycle::Weekday => ["mon", "tue", "wed", "thu", "fri", "sat", "sun"].map(str::to_string).to_vec(),
            _ => vec![format!("{}_sin", self.name()), format!("{}_cos", self.name())],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Cycle::HourOfDay => "hour_of_day",
            Cycle::HalfDay => "half_day",
            Cycle::Weekday => "weekday",
            Cycle::DayOfWeek => "day_of_week",
            Cycle::DayOfYear => "day_of_year",
        }
    }

    /// Share of the cycle that has passed at a wall-clock time, 0 up to 1.
    fn share(self, local: i64) -> f64 {
        match self {
            Cycle::HourOfDay => local.rem_euclid(DAY) as f64 / DAY as f64,
            Cycle::HalfDay => local.rem_euclid(DAY / 2) as f64 / (DAY / 2) as f64,
            // 1970-01-01 was a Thursday; a week begins on Monday. Whole days, so that the hour
            // of the day is not told twice.
            Cycle::DayOfWeek | Cycle::Weekday => (local.div_euclid(DAY) + 3).rem_euclid(7) as f64 / 7.0,
            Cycle::DayOfYear => {
                let days = local.div_euclid(DAY);
                let (year, _, _) = crate::data::stamp::iso::civil_from_days(days);
                let first = crate::data::stamp::iso::days_from_civil(year, 1, 1);
                let next = crate::data::stamp::iso::days_from_civil(year + 1, 1, 1);
                (days - first) as f64 / (next - first) as f64
            }
        }
    }
}

/// The cycles that are inputs, in order; each gives a sine and a cosine.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct CalendarFeatures(Vec<Cycle>);

impl CalendarFeatures {
    /// The cycles that make sense for a step and that training has seen whole: hours of the day
    /// for steps below a day and three days of training, days of the week for steps of a day or
    /// less and three weeks, days of the year for steps of a quarter or less and two years (less
    /// a tenth). A cycle that training has seen only in part could only be extrapolated.
    pub fn choose(freq: &Freq, training_seconds: i64) -> Self {
        let step = freq.nominal();
        let mut cycles = Vec::new();
        if step < DAY && training_seconds >= 3 * DAY {
            cycles.push(Cycle::HourOfDay);
        }
        if step <= DAY && training_seconds >= 3 * WEEK {
            cycles.push(Cycle::DayOfWeek);
        }
        if step <= YEAR / 4 && training_seconds >= 2 * YEAR - YEAR / 5 {
            cycles.push(Cycle::DayOfYear);
        }
        CalendarFeatures(cycles)
    }

    /// The cycles for `decoder: lead`, which tells the network where each forecast step lies: a
    /// day in two harmonics, weekdays where training shows a weekly pattern, and the year where
    /// training has seen one and a half of them.
    pub fn choose_for_leads(freq: &Freq, training_seconds: i64, weekly: bool) -> Self {
        let step = freq.nominal();
        let mut cycles = Vec::new();
        if step < DAY && training_seconds >= 3 * DAY {
            cycles.extend([Cycle::HourOfDay, Cycle::HalfDay]);
        }
        if step <= DAY && weekly && training_seconds >= 3 * WEEK {
            cycles.push(Cycle::Weekday);
        }
        if step <= YEAR / 4 && training_seconds >= YEAR + YEAR / 2 {
            cycles.push(Cycle::DayOfYear);
        }
        CalendarFeatures(cycles)
    }

    /// No cycle.
    pub fn none() -> Self {
        CalendarFeatures(Vec::new())
    }

    /// Number of inputs.
    pub fn len(&self) -> usize {
        self.0.iter().map(|c| c.width()).sum()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// `hour_of_day_sin`, `hour_of_day_cos`, …
    pub fn names(&self) -> Vec<String> {
        self.0.iter().flat_map(|c| c.names()).collect()
    }

    /// Writes the inputs of a row; `local` is wall-clock seconds since 1970.
    pub fn fill(&self, local: i64, out: &mut [f32]) {
        let mut rest = out;
        for cycle in &self.0 {
            let (out, after) = rest.split_at_mut(cycle.width());
            rest = after;
            let share = cycle.share(local);
            if *cycle == Cycle::Weekday {
                out.fill(0.0);
                out[((share * 7.0).round() as usize).min(6)] = 1.0;
            } else {
                let angle = std::f64::consts::TAU * share;
                out[0] = angle.sin() as f32;
                out[1] = angle.cos() as f32;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn by_hand() {
        let all = CalendarFeatures(vec![Cycle::HourOfDay, Cycle::DayOfWeek, Cycle::DayOfYear]);
        let mut out = [0f32; 6];
        // 2024-01-01T06:00:00 was a Monday: a quarter of the day, the start of week and year.
        all.fill(1_704_088_800, &mut out);
        let expected = [1.0, 0.0, 0.0, 1.0, 0.0, 1.0];
        assert!(out.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{out:?}");
        // 1969-12-31T00:00:00, a Wednesday: 2/7 of the week, 364/365 of the year.
        all.fill(-86_400, &mut out);
        let angle = |share: f64| (std::f64::consts::TAU * share).sin() as f32;
        assert!(
            (out[2] - angle(2.0 / 7.0)).abs() < 1e-6 && (out[4] - angle(364.0 / 365.0)).abs() < 1e-6,
            "{out:?}"
        );
    }

    #[test]
    fn weekdays_are_flags() {
        let week = CalendarFeatures(vec![Cycle::HalfDay, Cycle::Weekday]);
        assert_eq!(week.len(), 9);
        let mut out = [0f32; 9];
        // 2024-01-06T03:00:00 was a Saturday: a quarter of the half day, the sixth flag.
        week.fill(1_704_510_000, &mut out);
        assert!((out[0] - 1.0).abs() < 1e-6);
        assert_eq!(out[2..], [0.0, 0.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    }

    #[test]
    fn only_cycles_that_training_saw() {
        let names = |step, days: i64| CalendarFeatures::choose(&step, days * DAY).names().len() / 2;
        assert_eq!(names(Freq::Seconds(3600), 2), 0);
        assert_eq!(names(Freq::Seconds(3600), 250), 2);
        assert_eq!(names(Freq::Seconds(3600), 800), 3);
        assert_eq!(names(Freq::Seconds(DAY), 800), 2);
        assert_eq!(names(Freq::Months(1), 3650), 1);
        assert_eq!(names(Freq::Months(12), 36500), 0);
    }
}
