//! The step of a regular grid: fixed seconds, or calendar days and months.

use crate::data::stamp::TimeStyle;

/// The step between two rows of a series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
pub enum Freq {
    /// A fixed number of seconds.
    Seconds(i64),
}

impl Freq {
    pub fn advance(&self, stamp: i64, steps: i64, _time: &TimeStyle) -> i64 {
        let Freq::Seconds(n) = self;
        stamp + steps * n
    }
    pub fn steps_between(&self, a: i64, b: i64, _time: &TimeStyle) -> Option<i64> {
        let Freq::Seconds(n) = self;
        ((b - a) % n == 0).then(|| (b - a) / n)
    }
    pub fn season(&self) -> usize {
        let Freq::Seconds(n) = self;
        (86400 / n) as usize
    }
}
impl std::fmt::Display for Freq {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Freq::Seconds(n) = self;
        write!(f, "{n}s")
    }
}
