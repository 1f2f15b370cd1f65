//! Why a part holds no window, in words: what is observed there, and the longest run of rows.

use super::{Bounds, Need, Observed, Range, cuts, snap};
use crate::config::SplitConfig;
use crate::data::long::SeriesKey;
use crate::data::panel::{Panel, PanelColumn};
use crate::error::{Error, Place};
use crate::text::plural;

/// No window where there should be some.
pub struct EmptyPart<'a> {
    /// Which part: `training`, `validation`, `test`.
    pub part: &'a str,
    pub panel: &'a Panel,
    pub need: Need,
    pub range: Range,
}

/// Rows of a series that reach into the part.
struct Run<'a> {
    series: &'a SeriesKey,
    rows: usize,
    /// How many of them lie in the part.
    inside: usize,
    first: i64,
    last: i64,
}

impl EmptyPart<'_> {
    /// As an error about the table.
    pub fn error(&self, hint: &str) -> Error {
        Error::data(Place::file(self.panel.source.clone()), self.sentence()).with_hint(hint)
    }

    /// What does not fit, where, and why.
    pub fn sentence(&self) -> String {
        let Need { input_window, horizon, .. } = self.need;
        let display = |stamp| self.panel.time.display(stamp);
        let place = match (self.range.from, self.range.until) {
            (None, None) => String::new(),
            (None, Some(until)) => format!(" before {}", display(until)),
            (Some(from), None) => format!(" from {} on", display(from)),
            (Some(from), Some(until)) => format!(" from {} to before {}", display(from), display(until)),
        };
        format!(
            "no {} window of {input_window} + {horizon} rows (input window + horizon) fits{place}; {}",
            self.part,
            self.why()
        )
    }

    /// Why no window fits in the range.
    pub fn why(&self) -> String {
        if let Some(why) = self.unobserved() {
            return why;
        }
        let Some(run) = self.longest() else { return "no series has a row there".into() };
        if run.rows >= self.need.least.saturating_add(self.need.horizon) && run.inside >= self.need.horizon {
            return format!(
                "where the rows suffice, {} is not observed both before and after an origin",
                self.names()
            );
        }
        let display = |stamp| self.panel.time.display(stamp);
        let span = format!("(series `{}`, {} to {})", run.series, display(run.first), display(run.last));
        match self.range.from {
            None => format!("the longest unbroken run there has {} {span}", plural(run.rows, "row")),
            Some(_) => format!(
                "the longest unbroken run that reaches into it has {}, {} of them in it {span}",
                plural(run.rows, "row"),
                run.inside
            ),
        }
    }

    /// The targets; without any (`ingest`) every column counts.
    fn columns(&self) -> &[PanelColumn] {
        targets(self.panel)
    }

    fn names(&self) -> String {
        if self.panel.targets == 0 {
            return "any column".into();
        }
        self.columns().iter().map(|c| format!("`{}`", c.name)).collect::<Vec<_>>().join(" or ")
    }

    fn holds(&self, stamp: i64) -> bool {
        self.range.from.is_none_or(|from| stamp >= from) && self.range.until.is_none_or(|until| stamp < until)
    }

    /// Where no target is observed in the part: that, and the nearest value outside it.
    fn unobserved(&self) -> Option<String> {
        let panel = self.panel;
        let (mut before, mut after) = (None, None);
        for segment in &panel.segments {
            for row in segment.offset..segment.offset + segment.len {
                if self.columns().iter().all(|c| c.values[row].is_nan()) {
                    continue;
                }
                let found = (panel.stamps[row], &panel.series[segment.series as usize]);
                if self.holds(found.0) {
                    return None;
                }
                if self.range.from.is_some_and(|from| found.0 < from) {
                    before = before.max(Some(found));
                } else {
                    after = after.into_iter().chain([found]).min();
                }
            }
        }
        let nearest = match (before, after) {
            (Some(found), _) => Some(("last", found)),
            (None, Some(found)) => Some(("first", found)),
            (None, None) => None,
        };
        let nearest = nearest.map_or(String::new(), |(which, (stamp, series))| {
            format!(": the {which} one is of {}, in series `{series}`", panel.time.display(stamp))
        });
        Some(format!("no value of {} is observed there{nearest}", self.names()))
    }

    /// The run with the most rows up to the part's end.
    fn longest(&self) -> Option<Run<'_>> {
        let panel = self.panel;
        let runs = panel.segments.iter().filter_map(|segment| {
            let stamps = &panel.stamps[segment.offset..segment.offset + segment.len];
            let rows = self.range.until.map_or(stamps.len(), |until| stamps.partition_point(|s| *s < until));
            let earlier = self.range.from.map_or(0, |from| stamps.partition_point(|s| *s < from));
            let (first, last) = (*stamps.first()?, *stamps.get(rows.checked_sub(1)?)?);
            let series = &panel.series[segment.series as usize];
            (rows > earlier).then(|| Run { series, rows, inside: rows - earlier, first, last })
        });
        // Of equal ones the first.
        runs.reduce(|a, b| if b.rows > a.rows { b } else { a })
    }
}

fn targets(panel: &Panel) -> &[PanelColumn] {
    let k = if panel.targets == 0 { panel.columns.len() } else { panel.targets };
    &panel.columns[..k.min(panel.columns.len())]
}

/// For each part that has rows and no window its name, what that means, and why; the last one also
/// what would help.
pub fn empty_parts(
    panel: &Panel,
    need: Need,
    bounds: Bounds,
    config: &SplitConfig,
) -> Vec<(&'static str, String)> {
    let observed = Observed::new(panel);
    let last = panel.stamps.iter().copied().max().unwrap_or(i64::MIN);
    let parts = parts(bounds).into_iter().filter_map(|(part, range, what)| {
        let has_rows = range.until.is_none_or(|until| range.from.is_none_or(|from| from < until))
            && range.from.is_none_or(|from| from <= last);
        let empty = has_rows && cuts(panel, &observed, need, range).is_empty();
        empty.then(|| (part, what, EmptyPart { part, panel, need, range }.sentence()))
    });
    let parts: Vec<_> = parts.collect();
    if parts.is_empty() {
        return Vec::new();
    }
    let advice = match better_dates(panel, &observed, need, config) {
        Some(b) => format!(
            "--val-start \"{}\" --test-start \"{}\" would leave windows in every part",
            panel.time.display(b.val_start),
            panel.time.display(b.test_start)
        ),
        None => {
            "a smaller --input-window or --horizon, or other dates by --val-start and --test-start, may help"
                .into()
        }
    };
    let said = parts.len() - 1;
    let text = |(at, (part, what, why)): (usize, (_, _, String))| match at == said {
        true => (part, format!("{what}: {why} ({advice})")),
        false => (part, format!("{what}: {why}")),
    };
    parts.into_iter().enumerate().map(text).collect()
}

/// Each part with its range, and what it means that it holds no window.
fn parts(bounds: Bounds) -> [(&'static str, Range, &'static str); 3] {
    let range = |from, until| Range { from, until, stride: 1 };
    let (val, test) = (Some(bounds.val_start), Some(bounds.test_start));
    [
        ("training", range(None, val), "there is nothing to train on"),
        ("validation", range(val, test), "nothing tells the best epoch, the last weights are kept"),
        ("test", range(test, None), "`evaluate` will find nothing to score"),
    ]
}

/// Dates of the split that leave windows in every part, for a table whose targets end long before
/// its rows do: the shares, taken of the span in which they are observed.
fn better_dates(panel: &Panel, observed: &Observed, need: Need, config: &SplitConfig) -> Option<Bounds> {
    let seen = |row: &usize| targets(panel).iter().any(|c| !c.values[*row].is_nan());
    let stamps = || (0..panel.stamps.len()).filter(seen).map(|row| panel.stamps[row]);
    let (first, last) = (stamps().min()?, stamps().max()?);
    let share = |s: f64| snap(panel, first, first + ((last - first) as f64 * s).round() as i64);
    let [train, val, _] = config.split;
    let bounds = Bounds { val_start: share(train), test_start: share(train + val) };
    let whole = |range| !cuts(panel, observed, need, range).is_empty();
    parts(bounds).into_iter().all(|(_, range, _)| whole(range)).then_some(bounds)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::freq::Freq;
    use crate::data::panel::{Found, Segment};
    use crate::data::stamp::TimeStyle;

    /// 100 hours of one series, its target observed in the first `seen` of them.
    fn panel(seen: usize) -> Panel {
        let values = (0..100).map(|h| if h < seen { h as f64 } else { f64::NAN }).collect();
        Panel {
            source: "t.csv".into(),
            series: vec![SeriesKey(vec!["A".into()])],
            series_columns: vec!["city".into()],
            time: TimeStyle::naive("date"),
            freq: Freq::Seconds(3600),
            holidays: None,
            segments: vec![Segment { series: 0, offset: 0, len: 100 }],
            stamps: (0..100).map(|h| h * 3600).collect(),
            columns: vec![PanelColumn { name: "x".into(), values }],
            targets: 1,
            categories: Vec::new(),
            notes: Vec::new(),
            found: Found::default(),
        }
    }

    fn sentence(seen: usize, horizon: usize, from: Option<i64>, until: Option<i64>) -> String {
        let hour = |h: i64| h * 3600;
        let range = Range { from: from.map(hour), until: until.map(hour), stride: 1 };
        let need = Need { input_window: 24, horizon, least: 24 };
        EmptyPart { part: "test", panel: &panel(seen), need, range }.sentence()
    }

    #[test]
    fn the_reason_is_named() {
        assert_eq!(
            sentence(60, 6, Some(80), None),
            "no test window of 24 + 6 rows (input window + horizon) fits from 1970-01-04T08:00:00 on; \
             no value of `x` is observed there: the last one is of 1970-01-03T11:00:00, in series `A`"
        );
        assert_eq!(
            sentence(100, 30, Some(80), None),
            "no test window of 24 + 30 rows (input window + horizon) fits from 1970-01-04T08:00:00 on; \
             the longest unbroken run that reaches into it has 100 rows, 20 of them in it \
             (series `A`, 1970-01-01T00:00:00 to 1970-01-05T03:00:00)"
        );
        assert_eq!(
            sentence(100, 6, None, Some(20)),
            "no test window of 24 + 6 rows (input window + horizon) fits before 1970-01-01T20:00:00; \
             the longest unbroken run there has 20 rows (series `A`, 1970-01-01T00:00:00 to 1970-01-01T19:00:00)"
        );
    }

    #[test]
    fn dates_follow_what_is_observed() {
        let need = Need { input_window: 12, horizon: 3, least: 12 };
        let dates = |p: &Panel| better_dates(p, &Observed::new(p), need, &SplitConfig::default());
        // 70 % and 80 % of 60 hours.
        assert_eq!(dates(&panel(61)), Some(Bounds { val_start: 42 * 3600, test_start: 48 * 3600 }));
        assert_eq!(dates(&panel(10)), None);
    }

    #[test]
    fn a_part_that_was_not_asked_for_is_not_missed() {
        let need = Need { input_window: 12, horizon: 3, least: 12 };
        let empty = |val: i64, test: i64| {
            let bounds = Bounds { val_start: val * 3600, test_start: test * 3600 };
            let found = empty_parts(&panel(61), need, bounds, &SplitConfig::default());
            found.into_iter().map(|(part, _)| part).collect::<Vec<_>>()
        };
        assert_eq!(empty(70, 80), ["validation", "test"]);
        assert_eq!(empty(50, 100), Vec::<&str>::new());
        assert_eq!(empty(100, 100), Vec::<&str>::new());
    }
}
