//! What `watch` has found, as rows: `city,date,target,alarm,rows,step,actual,yhat,yhat_lo99,yhat_hi99,excess,p`.

use crate::data::panel::Panel;
use crate::error::Result;
use crate::report::named::{self, Columns};
use crate::report::rows::{Cells, Rows};
use crate::text::plural;

/// Why there is an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// The value lies above its interval.
    Above,
    /// The value lies below it.
    Below,
    /// One value for too long.
    Flat,
    /// No value for too long.
    Missing,
}

impl Why {
    const NAMES: [&'static str; 4] = ["above", "below", "flat", "missing"];
}

/// One alarm; numbers that do not belong to its kind are NaN.
#[derive(Debug, Clone, PartialEq)]
pub struct Alarm {
    pub series: u32,
    pub target: u16,
    /// UTC epoch seconds: the row of the value, or that with which a run became too long.
    pub stamp: i64,
    pub why: Why,
    /// Rows of the run so far; 1 of a single value.
    pub rows: usize,
    /// The step ahead at which a value was forecast; 1 of a run.
    pub step: usize,
    pub actual: f64,
    pub point: f64,
    pub low: f64,
    pub high: f64,
    /// How rare it is to be so far outside.
    pub p: f64,
}

impl Alarm {
    /// Of a run, without its rows and its value.
    pub fn quiet(why: Why, series: u32, target: u16, stamp: i64) -> Alarm {
        let none = f64::NAN;
        Alarm {
            series,
            target,
            stamp,
            why,
            rows: 0,
            step: 1,
            actual: none,
            point: none,
            low: none,
            high: none,
            p: none,
        }
    }

    /// How far beyond the nearer end, with its sign.
    fn excess(&self) -> f64 {
        match self.why {
            Why::Above => self.actual - self.high,
            Why::Below => self.actual - self.low,
            Why::Flat | Why::Missing => f64::NAN,
        }
    }
}

/// The alarms as rows; `level` is that of the intervals.
///
/// # Errors
/// `Error::Usage` where two columns would have one name.
pub fn rows(panel: &Panel, targets: &[String], alarms: &[Alarm], level: u8, prefix: &str) -> Result<Rows> {
    let float = |of: fn(&Alarm) -> f64| Cells::float(alarms.iter().map(of).collect());
    let codes = |of: &dyn Fn(&Alarm) -> u32| alarms.iter().map(of).collect::<Vec<u32>>();
    let mut columns = Columns::new(prefix);
    let stamps: Vec<i64> = alarms.iter().map(|alarm| alarm.stamp).collect();
    columns.keys(panel, &codes(&|alarm| alarm.series), &stamps);
    let names = targets.to_vec();
    let target = Cells::Category { codes: codes(&|alarm| u32::from(alarm.target)), names };
    columns.made("target", target, "the target's name");
    let names = Why::NAMES.map(String::from).to_vec();
    columns.made(
        "alarm",
        Cells::Category { codes: codes(&|alarm| alarm.why as u32), names },
        "the kind of alarm",
    );
    let rows = alarms.iter().map(|alarm| i64::try_from(alarm.rows).unwrap_or(i64::MAX)).collect();
    columns.made("rows", Cells::Int(rows), "the rows of a quiet run");
    let steps = alarms.iter().map(|alarm| i64::try_from(alarm.step).unwrap_or(i64::MAX)).collect();
    columns.made("step", Cells::Int(steps), "the step ahead");
    columns.made("actual", float(|alarm| alarm.actual), "what was observed");
    columns.made("yhat", float(|alarm| alarm.point), "the forecast");
    for (end, cells) in [("lo", float(|alarm| alarm.low)), ("hi", float(|alarm| alarm.high))] {
        let level = f64::from(level);
        columns.made(&named::interval("yhat", end, level), cells, named::interval_end("yhat", end, level));
    }
    let rounded = |values: Vec<f64>| Cells::Float { values, digits: 6 };
    columns.made(
        "excess",
        rounded(alarms.iter().map(Alarm::excess).collect()),
        "how far outside a value lies",
    );
    columns.made("p", rounded(alarms.iter().map(|alarm| alarm.p).collect()), "how rare a value is");
    columns.finish()
}

/// What was found, in a line; nothing without an alarm.
pub fn told(alarms: &[Alarm], level: u8) -> Option<String> {
    let mut counts = [0; 4];
    alarms.iter().for_each(|alarm| counts[alarm.why as usize] += 1);
    told_of(counts, level)
}

/// The same of how many there are of each kind.
pub fn told_of(counts: [usize; 4], level: u8) -> Option<String> {
    let [above, below, flat, missing] = counts;
    let values = above + below;
    let parts = [
        (values, format!("{} outside of {level} % intervals", plural(values, "value"))),
        (flat, format!("{} of one value", plural(flat, "run"))),
        (missing, format!("{} without a value", plural(missing, "run"))),
    ];
    let parts: Vec<String> = parts.into_iter().filter(|(n, _)| *n > 0).map(|(_, text)| text).collect();
    (!parts.is_empty()).then(|| parts.join(", "))
}
