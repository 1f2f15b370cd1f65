//! Sorting rows, and joining those that fall on one (series, stamp).

use super::{Found, PanelOptions, note};
use crate::config::Duplicates;
use crate::data::long::{LongFrame, Note};
use crate::data::stamp::Clock;
use crate::data::stamp::iso::civil_from_days;
use crate::error::{Error, Result, did_you_mean};
use crate::text::{of_one, plural};

/// How several values become one; missing cells never count.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Join {
    /// Their mean.
    Mean,
    /// Their sum.
    Sum,
    /// The first one.
    First,
    /// The last one.
    Last,
    /// The largest.
    Max,
    /// The smallest.
    Min,
}

impl Join {
    /// `mean`, or `rain=sum` for one column.
    pub fn rule(text: &str) -> Result<(Option<String>, Join)> {
        let (column, word) = match text.rsplit_once('=') {
            Some((column, word)) => (Some(column.trim().to_string()), word.trim()),
            None => (None, text.trim()),
        };
        let join = match word {
            "mean" => Join::Mean,
            "sum" => Join::Sum,
            "first" => Join::First,
            "last" => Join::Last,
            "max" => Join::Max,
            "min" => Join::Min,
            _ => {
                return Err(Error::config(format!(
                    "`agg` holds `{text}`; expected mean, sum, first, last, max or min, or column=rule{}",
                    did_you_mean(word, ["mean", "sum", "first", "last", "max", "min"])
                ))
                .with_hint("for example --agg mean,rain=sum"));
            }
        };
        Ok((column, join))
    }

    fn of(self, values: &[f64]) -> f64 {
        let mut seen = values.iter().copied().filter(|v| !v.is_nan());
        match self {
            Join::First => seen.next().unwrap_or(f64::NAN),
            Join::Last => seen.next_back().unwrap_or(f64::NAN),
            Join::Max => seen.fold(f64::NAN, f64::max),
            Join::Min => seen.fold(f64::NAN, f64::min),
            Join::Sum => seen.reduce(|a, b| a + b).unwrap_or(f64::NAN),
            Join::Mean => {
                let (sum, n) = seen.fold((0.0, 0usize), |(s, n), v| (s + v, n + 1));
                if n == 0 { f64::NAN } else { sum / n as f64 }
            }
        }
    }
}

/// Sorts rows by series and stamp, rows of one key in the order of the file; nothing moves when
/// they are in order. Linear where each series' rows ascend (tables by series, and by time).
pub fn sort(frame: &mut LongFrame) {
    let key = |i: usize| (frame.series_id[i], frame.stamps[i]);
    if (1..frame.len()).all(|i| key(i - 1) <= key(i)) {
        return;
    }
    let mut starts = vec![0usize; frame.series.len() + 1];
    for series in &frame.series_id {
        starts[*series as usize + 1] += 1;
    }
    for s in 1..starts.len() {
        starts[s] += starts[s - 1];
    }
    let mut next = starts.clone();
    let mut order = vec![0u32; frame.len()];
    for (row, series) in frame.series_id.iter().enumerate() {
        let at = &mut next[*series as usize];
        order[*at] = row as u32;
        *at += 1;
    }
    for bounds in starts.windows(2) {
        let part = &mut order[bounds[0]..bounds[1]];
        let stamp = |row: &u32| frame.stamps[*row as usize];
        if !part.is_sorted_by_key(stamp) {
            part.sort_by_key(stamp);
        }
    }
    frame.rows = Some(order.iter().map(|&i| frame.number(i as usize) as u32).collect());
    permute(&mut frame.series_id, &order);
    permute(&mut frame.stamps, &order);
    for column in &mut frame.columns {
        permute(&mut column.values, &order);
    }
}

fn permute<T: Copy>(values: &mut Vec<T>, order: &[u32]) {
    *values = order.iter().map(|&i| values[i as usize]).collect();
}

/// Keeps the rows that are marked.
pub fn retain(frame: &mut LongFrame, keep: &[bool]) {
    let first = frame.first_row;
    let rows = frame.rows.take().unwrap_or_else(|| (0..keep.len()).map(|i| (first + i) as u32).collect());
    fn pick<T: Copy>(values: &[T], keep: &[bool]) -> Vec<T> {
        values.iter().zip(keep).filter(|(_, k)| **k).map(|(v, _)| *v).collect()
    }
    frame.rows = Some(pick(&rows, keep));
    frame.series_id = pick(&frame.series_id, keep);
    frame.stamps = pick(&frame.stamps, keep);
    for column in &mut frame.columns {
        column.values = pick(&column.values, keep);
    }
}

/// Ranges of sorted rows with one key, those of a single row left out.
pub(super) fn repeated(frame: &LongFrame) -> Vec<std::ops::Range<usize>> {
    let mut out = Vec::new();
    let mut start = 0;
    for i in 1..=frame.len() {
        let same = i < frame.len()
            && frame.series_id[i] == frame.series_id[start]
            && frame.stamps[i] == frame.stamps[start];
        if !same {
            if i - start > 1 {
                out.push(start..i);
            }
            start = i;
        }
    }
    out
}

/// Joins each range into its first row by `rule` (given the column's number), and drops the rest.
pub(super) fn collapse(
    frame: &mut LongFrame,
    ranges: &[std::ops::Range<usize>],
    rule: impl Fn(&str) -> Join,
) {
    if ranges.is_empty() {
        return;
    }
    let mut keep = vec![true; frame.len()];
    for range in ranges {
        keep[range.start + 1..range.end].fill(false);
    }
    for column in &mut frame.columns {
        let join = rule(&column.name);
        for range in ranges {
            column.values[range.start] = join.of(&column.values[range.clone()]);
        }
    }
    retain(frame, &keep);
}

/// Settles rows that repeat a key: by the policy where one is given; else rows that agree in
/// every target are joined (their other columns averaged), and rows that disagree are an error.
/// A table read without a target (`ingest`) is joined and reported, never refused.
pub fn duplicates(
    frame: &mut LongFrame,
    options: &PanelOptions,
    notes: &mut Vec<Note>,
    found: &mut Found,
) -> Result<()> {
    let ranges = repeated(frame);
    if ranges.is_empty() {
        return Ok(());
    }
    found.duplicate_rows = ranges.iter().map(|r| r.len() - 1).sum();
    let agree = |range: &std::ops::Range<usize>| {
        frame.columns[..frame.targets].iter().all(|c| {
            let mut seen = c.values[range.clone()].iter().filter(|v| !v.is_nan());
            let first = seen.next();
            seen.all(|v| Some(v) == first)
        })
    };
    let (rule, how) = match options.duplicates {
        Some(Duplicates::First) => (Join::First, "the first one counts"),
        Some(Duplicates::Last) => (Join::Last, "the last one counts"),
        Some(Duplicates::Mean) => (Join::Mean, "they were averaged"),
        None => {
            let mut odd: Vec<_> = ranges.iter().filter(|r| !agree(r)).collect();
            if odd.is_empty() && frame.targets > 0 && clock_change(frame, &ranges) {
                odd = ranges.iter().collect();
            }
            if let Some(first) = odd.first() {
                return Err(disagree(frame, &odd, first));
            }
            (
                Join::Mean,
                match frame.targets {
                    0 if clock_change(frame, &ranges) => {
                        "they look like the hour that clocks repeat, and were averaged here; train will ask for --time-zone or --duplicates"
                    }
                    0 => "they were averaged; train will ask for --duplicates if they differ in the target",
                    _ => "they agree in the target; their other columns were averaged",
                },
            )
        }
    };
    notes.push(note(
        "duplicate_rows",
        found.duplicate_rows,
        format!(
            "{} {} a series and time stamp ({}): {how}",
            plural(found.duplicate_rows, "row"),
            of_one(found.duplicate_rows, "repeats", "repeat"),
            plural(ranges.len(), "stamp")
        ),
    ));
    collapse(frame, &ranges, |_| rule);
    Ok(())
}

/// Whether the repeats look like the hour that clocks repeat in autumn rather than like rows
/// written twice: a wall clock without a zone, pairs of different rows, all between midnight and
/// four o'clock of a Sunday in March, April or September to November. Such rows are two instants,
/// even where their targets happen to agree.
fn clock_change(frame: &LongFrame, ranges: &[std::ops::Range<usize>]) -> bool {
    let naive = frame.time.own_zone().is_none() && frame.time.clock() == Clock::Wall;
    naive
        && ranges.iter().all(|r| {
            let stamp = frame.stamps[r.start];
            let day = stamp.div_euclid(86_400);
            let (_, month, _) = civil_from_days(day);
            // 1970-01-01 was a Thursday.
            let sunday = (day + 4).rem_euclid(7) == 0;
            let differ = frame.columns.iter().any(|c| {
                let mut seen = c.values[r.clone()].iter().filter(|v| !v.is_nan());
                let first = seen.next();
                seen.any(|v| Some(v) != first)
            });
            r.len() == 2
                && differ
                && sunday
                && stamp.rem_euclid(86_400) < 4 * 3600
                && matches!(month, 3 | 4 | 9..=11)
        })
}

fn disagree(frame: &LongFrame, odd: &[&std::ops::Range<usize>], first: &std::ops::Range<usize>) -> Error {
    let examples: Vec<String> = odd
        .iter()
        .take(3)
        .map(|r| {
            let numbers = (*r).clone().take(3).map(|i| frame.number(i));
            let rows: Vec<String> = match frame.files.locate(frame.number(r.start)).0 {
                Some(_) => numbers.map(|n| frame.files.row(n)).collect(),
                None => numbers.map(|n| n.to_string()).collect(),
            };
            let word = if frame.files.locate(frame.number(r.start)).0.is_some() { "" } else { "rows " };
            let key = &frame.series[frame.series_id[r.start] as usize];
            let stamp = frame.time.display(frame.stamps[r.start]);
            format!("`{key}` at {stamp} ({word}{})", rows.join(" and "))
        })
        .collect();
    Error::data(
        frame.place(first.start),
        format!(
            "{} time stamps occur more than once in a series with different values: {}{}",
            odd.len(),
            examples.join("; "),
            if odd.len() > 3 { "; …" } else { "" }
        ),
    )
    .with_hint(if frame.time.own_zone().is_none() && odd.len() < 4 * frame.series.len().max(1) {
        "choose with --duplicates first|last|mean; if a change of the clock repeats an hour, name the zone: --time-zone Europe/Rome"
    } else {
        "name the columns that tell the rows apart with --series; where there are none, --duplicates says which row counts"
    })
}
