//! Sensors that fall quiet while rows arrive (`watch --follow`): runs of one value and runs without any, as in a table.

use crate::data::freq::Freq;
use crate::data::quiet::Usual;
use crate::data::stamp::TimeStyle;
use crate::report::alarms::{Alarm, Why};

/// The grid that rows are counted on.
pub type Clock<'a> = (&'a Freq, &'a TimeStyle);

/// The runs of one series, one a target.
#[derive(Debug, Default)]
pub struct Silence {
    /// The newest row.
    newest: Option<i64>,
    targets: Vec<Runs>,
}

#[derive(Debug, Clone)]
struct Runs {
    /// When a value was last observed.
    seen: Option<i64>,
    value: f64,
    /// Rows with it, and the stamp with which they became too many.
    rows: usize,
    since: Option<i64>,
    told_flat: bool,
    told_missing: bool,
}

impl Runs {
    const NONE: Runs =
        Runs { seen: None, value: f64::NAN, rows: 0, since: None, told_flat: false, told_missing: false };

    /// An alarm where rows without a value have become too many by the one at `now`; `open`: nothing is known of that one yet.
    fn missing(&self, now: i64, open: bool, usual: Usual, (freq, time): Clock) -> Option<(i64, usize)> {
        let seen = self.seen?;
        let rows =
            usize::try_from(freq.rows_between(seen, now, time)).ok()?.checked_sub(usize::from(open))?;
        let since = freq.advance(seen, i64::try_from(usual.missing).ok()?.saturating_add(1), time);
        (rows > usual.missing).then_some((since, rows))
    }
}

impl Silence {
    /// Takes the next row of the series in. What is too long is told once, and not of rows before the stream
    /// (`told` is false).
    pub fn row(
        &mut self,
        stamp: i64,
        values: &[f64],
        told: bool,
        usual: &dyn Fn(usize) -> Option<Usual>,
        clock: Clock,
    ) -> Vec<Alarm> {
        if self.newest.is_some_and(|newest| stamp <= newest) {
            return Vec::new();
        }
        self.newest = Some(stamp);
        self.targets.resize(values.len(), Runs::NONE);
        let mut alarms = Vec::new();
        for ((target, value), runs) in values.iter().enumerate().zip(&mut self.targets) {
            let Some(usual) = usual(target) else { continue };
            if let Some((since, rows)) =
                runs.missing(stamp, !value.is_nan(), usual, clock).filter(|_| told && !runs.told_missing)
            {
                runs.told_missing = true;
                alarms.push(Alarm { rows, ..Alarm::quiet(Why::Missing, 0, target as u16, since) });
            }
            if value.is_nan() {
                continue;
            }
            runs.told_missing = false;
            if runs.value == *value {
                runs.rows += 1;
            } else {
                *runs = Runs { value: *value, rows: 1, ..Runs::NONE };
            }
            runs.seen = Some(stamp);
            if runs.rows == usual.flat.saturating_add(1) {
                runs.since = Some(stamp);
            }
            if let Some(since) = runs.since.filter(|_| told && !runs.told_flat) {
                runs.told_flat = true;
                let alarm = Alarm::quiet(Why::Flat, 0, target as u16, since);
                alarms.push(Alarm { rows: runs.rows, actual: *value, ..alarm });
            }
        }
        alarms
    }

    /// Other series have rows up to `now`, and this one has not.
    pub fn wait(&mut self, now: i64, usual: &dyn Fn(usize) -> Option<Usual>, clock: Clock) -> Vec<Alarm> {
        if self.newest.is_none_or(|newest| newest >= now) {
            return Vec::new();
        }
        let mut alarms = Vec::new();
        for (target, runs) in self.targets.iter_mut().enumerate().filter(|(_, runs)| !runs.told_missing) {
            let Some(usual) = usual(target) else { continue };
            if let Some((since, rows)) = runs.missing(now, true, usual, clock) {
                runs.told_missing = true;
                alarms.push(Alarm { rows, ..Alarm::quiet(Why::Missing, 0, target as u16, since) });
            }
        }
        alarms
    }
}
