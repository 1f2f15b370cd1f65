//! What is asked of a stream, and what there is to say of each of its rows.

use super::WatchStream;
use crate::forecast::Levels;
use crate::pipeline::MaxAge;
use crate::report::alarms::Why;
use crate::report::forecasts::{Layout, Provenance};
use crate::report::rows::Rows;

/// What is asked of forecasts of a stream.
#[derive(Debug, Clone, Default)]
pub struct FollowOptions {
    /// How several targets lie in the rows.
    pub layout: Layout,
    /// Put before every column name that is not the table's own.
    pub prefix: String,
    /// Where the rows come from, as columns.
    pub with: Provenance,
    /// Quantiles beside the point forecast.
    pub quantiles: Levels,
    /// Calibrated prediction intervals, percent of coverage.
    pub intervals: Vec<u8>,
    /// These learn from the rows that arrive.
    pub adapt: bool,
    /// Refuse rows that are older than this span.
    pub max_age: Option<MaxAge>,
    /// What that is counted from, in the table's form or as ISO 8601; the clock for `None` or `now`.
    pub as_of: Option<String>,
    /// Hold rows against the forecasts before them; `intervals` is then the level of this.
    pub watch: Option<WatchStream>,
}

/// What a new row led to.
#[derive(Debug)]
pub enum Answer {
    /// The next P rows of its series, or of each of them where one row told of several.
    Forecast(Rows),
    /// It lies outside of what was forecast before it, or shows that a sensor is quiet (see [`FollowOptions::watch`]).
    Alarm {
        /// The alarm.
        rows: Rows,
        /// Its kind.
        why: Why,
    },
    /// Its series has so many unbroken rows, which is too few.
    Waiting {
        /// The series.
        series: String,
        /// Its unbroken rows.
        rows: usize,
    },
    /// It is older than all rows kept of its series, and was left out.
    Late {
        /// The series.
        series: String,
        /// The row's stamp, as the stream writes it.
        stamp: String,
    },
    /// It is so far ahead of all others that no window spans the hole. The series begins anew with such
    /// rows once a forecast has enough of them.
    Ahead {
        /// The series.
        series: String,
        /// The row's stamp, as the stream writes it.
        stamp: String,
        /// That of the last row before the hole.
        before: String,
        /// Rows behind the hole, this one among them.
        rows: usize,
    },
}
