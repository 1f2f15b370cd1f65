//! A column of dates by itself: what its likeliest reading makes of the rows.

use super::cells::{distinct, stamps};
use crate::data::read::rows::whole::Sample;
use crate::data::stamp::detect;
use crate::data::stamp::weigh::Sense;

/// Names of a column that holds the time of day of each row.
pub const CLOCKS: [&str; 14] = [
    "time",
    "hora",
    "uhrzeit",
    "zeit",
    "heure",
    "ora",
    "clock",
    "hhmm",
    "tijd",
    "timeofday",
    "stunde",
    "tod",
    "utc",
    "tid",
];

/// Whether a column's name says that it holds times of day.
pub fn is_clock(name: &str) -> bool {
    CLOCKS.contains(&name.to_lowercase().as_str())
}

/// A column of dates, its readings, and what the likeliest of them makes of the rows.
pub struct Dates {
    pub column: usize,
    pub stamps: Vec<i64>,
    pub sense: Sense,
}

/// What the likeliest reading of a column makes of the rows.
pub fn weighed(sample: &Sample, column: usize) -> Option<Dates> {
    let found = detect::readings(&distinct(sample, column), true);
    let all = found.into_iter().map(|p| {
        let stamps = stamps(sample, &[column], &[p]);
        Dates { column, sense: Sense::of(&stamps), stamps }
    });
    all.max_by(|a, b| a.sense.worth().total_cmp(&b.sense.worth()))
}

impl Dates {
    /// Whether this column settles the other one, which has fewer stamps: each of this one's
    /// stamps goes with one of the other's.
    pub fn settles(&self, other: &Dates) -> bool {
        let mut with = std::collections::HashMap::new();
        self.sense.stamps > other.sense.stamps
            && self.stamps.len() == other.stamps.len()
            && self.sense.worth() > 0.2
            && self.stamps.iter().zip(&other.stamps).all(|(a, b)| with.entry(*a).or_insert(*b) == b)
    }
}
