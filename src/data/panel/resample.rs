//! `--resample`: rows that fall into one bin of a grid become one row.

use std::ops::Range;

use super::join::{collapse, repeated, retain};
use super::{PanelOptions, grid, note};
use crate::config::{Closed, Partial};
use crate::data::freq::{Anchor, DAY, Freq, month, month_start, utc_of_local};
use crate::data::long::{LongFrame, Note};
use crate::data::stamp::TimeStyle;
use crate::error::{Error, Place, Result};

/// Lays rows on a grid of `step`: each row goes to the bin that it falls into, named by its first
/// stamp. Of each series the first and the last bin count where rows fill them whole.
pub fn resample(
    frame: &mut LongFrame,
    step: &Freq,
    options: &PanelOptions,
    notes: &mut Vec<Note>,
) -> Result<()> {
    if let Freq::Observed(_) = step {
        return Err(Error::config("`resample` is `observed`, which has no bins")
            .with_hint("name a step such as 1d or 1mo, or write --freq observed"));
    }
    let time = frame.time.clone();
    // One offset for the whole table, so that a grid of seconds stays regular over a change of
    // the clock.
    let offset = frame.stamps.first().map_or(0, |s| time.local_seconds(*s).saturating_sub(*s));
    // Of stamps in whole seconds, the bin that ends at one is that of the second before it.
    let back = i64::from(options.closed == Closed::Right);
    let bins = Bins { step, time: &time, offset };
    let partial = bins.partial(frame, back);
    notes.extend(torn(frame, step));
    frame.stamps.iter_mut().for_each(|stamp| *stamp = bins.start(stamp.saturating_sub(back)));
    drop_partial(frame, step, options.partial, partial, notes)?;
    let ranges = repeated(frame);
    collapse(frame, &ranges, |column| options.join_of(column));
    Ok(())
}

/// The rows of a bin that is filled only in part.
struct Part {
    rows: Range<usize>,
    /// Whether rows are lacking at its end.
    at_end: bool,
}

/// The grid that rows are laid on.
struct Bins<'a> {
    step: &'a Freq,
    time: &'a TimeStyle,
    /// Of the table's clock to UTC.
    offset: i64,
}

impl Bins<'_> {
    /// The first stamp of the bin that holds a stamp. Bins of seconds count from midnight, weeks
    /// from Monday.
    fn start(&self, stamp: i64) -> i64 {
        let time = self.time;
        // 1970-01-05 was a Monday.
        let monday = |n: i64| if n % (7 * DAY) == 0 { 4 * DAY } else { 0 };
        let local = time.local_seconds(stamp);
        let day = local.div_euclid(DAY);
        let midnight = |day: i64| utc_of_local(day.saturating_mul(DAY), time);
        match self.step {
            Freq::Seconds(n) => {
                let past =
                    stamp.saturating_add(self.offset).saturating_sub(monday(*n)).rem_euclid((*n).max(1));
                stamp.saturating_sub(past)
            }
            Freq::Days(n) => midnight(day - (day - monday(n * DAY) / DAY).rem_euclid((*n).max(1))),
            Freq::Months(n) => midnight(month_start(months(month(day), *n))),
            Freq::MonthEnds(n) => midnight(month_start(months(month(day), *n) + n) - 1),
            Freq::Anchored { months: n, on: on @ Anchor::LastWorkday } => {
                midnight(on.day(months(month(day), *n) + n - 1))
            }
            Freq::Anchored { months: n, on } => midnight(anchored(day, *n, *on)),
            Freq::Slots(_) => self.step.floor(stamp, time),
            Freq::Observed(_) => stamp,
        }
    }

    /// Rows of first and last bins that their series fills only in part: what comes before the
    /// series' first row, or after its last, would still lie within them.
    fn partial(&self, frame: &LongFrame, back: i64) -> Vec<Part> {
        let mut out = Vec::new();
        for range in grid::ranges(frame) {
            let stamps = &frame.stamps[range.clone()];
            let (Some(first), Some(last)) = (stamps.first(), stamps.last()) else { continue };
            let source = source(stamps, self.time);
            let bin = |stamp: i64| self.start(stamp.saturating_sub(back));
            let (opens, closes) = (bin(*first), bin(*last));
            // Months that are named by their end hold what lies before it.
            let (begin, end) = match self.step {
                Freq::MonthEnds(n) | Freq::Anchored { months: n, on: Anchor::LastWorkday } => {
                    (self.month(opens, 1 - n), self.month(closes, 1))
                }
                step => (opens, step.advance(closes, 1, self.time)),
            };
            let late = source.advance(*first, -1, self.time).saturating_sub(back) >= begin;
            let early = source.advance(*last, 1, self.time).saturating_sub(back) < end;
            let opening = range.start + stamps.partition_point(|s| bin(*s) <= opens);
            let closing = range.start + stamps.partition_point(|s| bin(*s) < closes);
            if late {
                out.push(Part { rows: range.start..opening, at_end: early && opens == closes });
            }
            if early && !(late && opens == closes) {
                out.push(Part { rows: closing..range.end, at_end: true });
            }
        }
        out
    }

    /// Midnight of the first day of a month so many months on.
    fn month(&self, stamp: i64, later: i64) -> i64 {
        let day = self.time.local_seconds(stamp).div_euclid(DAY);
        utc_of_local(month_start(month(day) + later).saturating_mul(DAY), self.time)
    }
}

/// The first month, counted from year 0, of the `n` months that hold a month.
fn months(month: i64, n: i64) -> i64 {
    month - month.rem_euclid(n.max(1))
}

/// The last anchor day at or before a day.
fn anchored(day: i64, n: i64, on: Anchor) -> i64 {
    let this = on.day(months(month(day), n));
    if this <= day { this } else { on.day(months(month(day) - 1, n)) }
}

/// The step of rows as they are: a calendar where they follow one; of irregular rows the median
/// of their distances.
fn source(stamps: &[i64], time: &TimeStyle) -> Freq {
    use crate::data::freq::infer::{Inferred, infer};
    use crate::data::freq::learn::{Learned, learn};
    let mut apart: Vec<i64> =
        stamps.windows(2).map(|p| p[1].saturating_sub(p[0])).filter(|apart| *apart > 0).collect();
    apart.sort_unstable();
    let median = Freq::Seconds(apart.get(apart.len() / 2).copied().unwrap_or(DAY));
    let Inferred::One(plain) = infer([stamps], time) else { return median };
    let usual = plain.seconds();
    let near = apart.iter().filter(|s| (**s - usual).abs() * 10 <= usual).count();
    match learn(&[stamps], &plain, time) {
        Learned::Calendar(freq) => freq,
        _ if 2 * near >= apart.len() => plain,
        _ => median,
    }
}

/// What is said where rows that follow months or a calendar are laid on a ruler of about their own
/// step, which leaves some bins empty and joins others' rows.
fn torn(frame: &LongFrame, step: &Freq) -> Option<Note> {
    let rows = grid::ranges(frame).into_iter().max_by_key(|rows| rows.len())?;
    let source = source(&frame.stamps[rows], &frame.time);
    let ruler = matches!(step, Freq::Seconds(_) | Freq::Days(_)) && step.seconds() > DAY;
    let calendar = !matches!(source, Freq::Seconds(_) | Freq::Days(_));
    (ruler && calendar && step.seconds() * 2 < source.seconds() * 3).then(|| {
        let text = format!(
            "the rows are {source} apart, and bins of {step} drift away from them: leave --resample out, or name a calendar's step"
        );
        note("resample", 0, text)
    })
}

fn drop_partial(
    frame: &mut LongFrame,
    step: &Freq,
    rule: Partial,
    partial: Vec<Part>,
    notes: &mut Vec<Note>,
) -> Result<()> {
    let gone = |part: &&Part| match rule {
        Partial::Keep => false,
        Partial::Drop => true,
        Partial::DropLast => part.at_end,
    };
    let Some(shown) = partial.first() else { return Ok(()) };
    let shown = frame.time.display(frame.stamps[shown.rows.start]);
    let (bins, are) = match partial.len() {
        1 => ("1 first or last bin".to_owned(), "is"),
        n => (format!("{n} first or last bins"), "are"),
    };
    let what = match rule {
        Partial::Keep => "counted all the same",
        _ => "left out (--partial keep counts them)",
    };
    let text = format!("{bins} of {step} (such as {shown}) {are} filled only in part: {what}");
    notes.push(note("partial_bins", partial.len(), text));
    let mut keep = vec![true; frame.len()];
    partial.iter().filter(gone).for_each(|part| keep[part.rows.clone()].fill(false));
    if !keep.contains(&true) {
        return Err(Error::data(
            Place::file(frame.source.clone()),
            format!("no bin of {step} is filled whole"),
        )
        .with_hint("choose a shorter step, or count such bins with --partial keep"));
    }
    retain(frame, &keep);
    Ok(())
}
