//! Whether rows of several quantities take turns in what would be one series.
//!
//! Boiler temperature and pressure under one `topic`, never at the same second, look like one
//! series by their stamps. What tells them apart is the value: from row to row it jumps between
//! levels, from one row of a level to the next of the same level it hardly moves. A machine's
//! `state` switches too, but runs; a weekday takes turns, but with the calendar.

use super::facts::{Candidate, NONE};

/// What was counted of one column beside one column of values.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Turns {
    /// How often the level changes from row to row, beside how often it would by chance.
    pub mixed: f64,
    /// The mean step between rows of one level, beside that between neighbours.
    pub smooth: f64,
}

/// A column of numbers by code.
pub struct Values<'a> {
    pub codes: &'a [u32],
    /// The number of each code, NaN where it is none.
    pub known: Vec<f64>,
}

impl Values<'_> {
    fn of(&self, row: usize) -> f64 {
        self.codes.get(row).and_then(|code| self.known.get(*code as usize)).copied().unwrap_or(f64::NAN)
    }
}

/// Beyond this many pairs of a series and a level they are not told apart.
const MOST_PAIRS: usize = 1 << 22;

impl Turns {
    /// Counts along rows in the order of time (`order`, or as they stand), within each level of
    /// `series`.
    pub fn of(
        tag: &Candidate<'_>,
        series: Option<&Candidate<'_>>,
        values: &Values<'_>,
        order: Option<&[u32]>,
    ) -> Turns {
        let mut counts = vec![0usize; tag.levels];
        let lines = series.map_or(1, |s| s.levels);
        if lines.saturating_mul(tag.levels) > MOST_PAIRS {
            return Turns { mixed: 0.0, smooth: 1.0 };
        }
        // The last value and tag of each series, and the last value of each of its tags.
        let mut last: Vec<(f64, u32)> = vec![(f64::NAN, NONE); lines];
        let mut own = vec![f64::NAN; lines * tag.levels];
        let (mut pairs, mut changes, mut rough) = (0usize, 0usize, 0f64);
        let (mut kept, mut smooth) = (0usize, 0f64);
        for i in 0..tag.codes.len() {
            let row = order.map_or(i, |o| o.get(i).map_or(i, |r| *r as usize));
            let (level, value) = (tag.codes.get(row).copied().unwrap_or(NONE), values.of(row));
            let line = series.map_or(0, |s| s.codes.get(row).copied().unwrap_or(NONE)) as usize;
            let (Some(before), Some(n)) = (last.get_mut(line), counts.get_mut(level as usize)) else {
                continue;
            };
            if value.is_nan() {
                continue;
            }
            *n += 1;
            let (v, l) = std::mem::replace(before, (value, level));
            if l != NONE {
                pairs += 1;
                changes += usize::from(l != level);
                rough += (value - v).abs();
            }
            if let Some(slot) = own.get_mut(line * tag.levels + level as usize) {
                let v = std::mem::replace(slot, value);
                if !v.is_nan() {
                    kept += 1;
                    smooth += (value - v).abs();
                }
            }
        }
        let all = counts.iter().sum::<usize>().max(1) as f64;
        let chance = 1.0 - counts.iter().map(|n| (*n as f64 / all).powi(2)).sum::<f64>();
        let rough = rough / pairs.max(1) as f64;
        let smooth = smooth / kept.max(1) as f64;
        Turns {
            mixed: if chance > 0.0 { changes as f64 / pairs.max(1) as f64 / chance } else { 0.0 },
            smooth: if rough > 0.0 && kept * 2 > pairs { smooth / rough } else { 1.0 },
        }
    }

    /// Whether levels take turns and each is far smoother than all together.
    pub fn apart(&self) -> bool {
        self.mixed >= 0.5 && self.smooth <= 0.35
    }
}

/// Whether the levels follow the calendar: each weekday, month or hour has one.
pub fn follows_calendar(tag: &Candidate<'_>, stamps: &[i64], moments: &[u32]) -> bool {
    let day = |s: i64| s.div_euclid(86_400);
    let month = |s: i64| crate::data::stamp::iso::civil_from_days(day(s)).1 as usize;
    let parts: [&dyn Fn(i64) -> usize; 3] =
        [&|s| day(s).rem_euclid(7) as usize, &month, &|s| s.rem_euclid(86_400) as usize / 3600];
    parts.iter().enumerate().any(|(which, part)| {
        let mut level = [NONE; 32];
        let mut places = 0;
        let fits = tag.codes.iter().zip(moments).filter(|(c, m)| **c != NONE && **m != NONE).all(
            |(code, moment)| {
                let Some(stamp) = stamps.get(*moment as usize) else { return true };
                let Some(slot) = level.get_mut(part(*stamp)) else { return true };
                if *slot == NONE {
                    places += 1;
                    *slot = *code;
                }
                *slot == *code
            },
        );
        // Two levels by the hour may be two sensors that are read in turn.
        fits && places > 2 && (which < 2 || tag.levels > 3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tag(codes: Vec<u32>, levels: usize) -> Candidate<'static> {
        Candidate { columns: vec![0], codes: codes.into(), levels }
    }

    fn turns(tag: &Candidate<'_>, known: Vec<f64>) -> Turns {
        let codes: Vec<u32> = (0..known.len() as u32).collect();
        Turns::of(tag, None, &Values { codes: &codes, known }, None)
    }

    #[test]
    fn two_quantities_take_turns_and_a_state_runs() {
        let n = 400;
        let wave = |i: usize| (i as f64 / 20.0).sin();
        let turn = tag((0..n).map(|i| (i % 2) as u32).collect(), 2);
        let values: Vec<f64> =
            (0..n).map(|i| if i % 2 == 0 { 20.0 + wave(i) } else { 1013.0 + wave(i) }).collect();
        let t = turns(&turn, values);
        assert!(t.apart() && t.mixed > 1.9 && t.smooth < 0.01, "{t:?}");
        // Idle for eight rows, running for sixteen.
        let state = tag((0..n).map(|i| u32::from(i % 24 >= 8)).collect(), 2);
        let power: Vec<f64> = (0..n).map(|i| if i % 24 < 8 { 5.0 } else { 50.0 + wave(i) }).collect();
        assert!(!turns(&state, power).apart());
        // A tag that has nothing to do with the values.
        let none = turns(&turn, (0..n).map(wave).collect());
        assert!(!none.apart(), "{none:?}");
    }

    #[test]
    fn weekdays_are_calendar() {
        let stamps: Vec<i64> = (0..60).map(|d| d * 86_400).collect();
        let moments: Vec<u32> = (0..60).collect();
        assert!(follows_calendar(&tag((0..60).map(|d| d % 7).collect(), 7), &stamps, &moments));
        assert!(!follows_calendar(&tag((0..60).map(|d| d % 2).collect(), 2), &stamps, &moments));
    }
}
