//! Where each series' forecast begins.

use crate::data::panel::{Panel, Segment};
use crate::data::split::Cut;
use crate::error::{Error, Place, Result};
use crate::pipeline::series_filter::Chosen;
use crate::text::{first_of, of_one, plural};

/// Which origins are wanted.
pub(crate) struct Wanted<'a> {
    /// From this stamp on, as if nothing later were known.
    pub(crate) at: Option<At<'a>>,
    /// Series that must have one; of the others those with too little history are left out.
    pub(crate) chosen: &'a Chosen,
    /// Unbroken rows of history that a forecast needs.
    pub(crate) least: usize,
    /// After the last observed target instead of the last row.
    pub(crate) observed: bool,
    /// Series with too little history are left out, as long as there are others.
    pub(crate) skip_short: bool,
}

/// A stamp as somebody wrote it.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    text: &'a str,
    /// UTC epoch seconds.
    stamp: i64,
}

impl At<'_> {
    /// UTC epoch seconds.
    pub(crate) fn stamp(&self) -> i64 {
        self.stamp
    }

    /// Reads a stamp in the form of the panel's own, or as ISO 8601.
    pub(crate) fn read<'a>(text: Option<&'a str>, panel: &Panel) -> Result<Option<At<'a>>> {
        text.map(|text| Ok(At { text, stamp: panel.time.parse_one(text)? })).transpose()
    }
}

/// The origin of each series: the row of `--at`; else the row after its last one, or after its
/// last one with an observed target.
pub(crate) fn origins(panel: &Panel, wanted: &Wanted, notes: &mut Vec<String>) -> Result<Vec<Cut>> {
    let Wanted { chosen, least, observed, skip_short, .. } = *wanted;
    if let Some(at) = &wanted.at {
        check_at(panel, at)?;
    }
    let at = wanted.at.map(|at| at.stamp);
    let mut found: Vec<Option<Cut>> = vec![None; panel.series.len()];
    for (index, segment) in panel.segments.iter().enumerate() {
        let rows = segment.offset..segment.offset + segment.len;
        let row = match at {
            None if observed => after_observed(panel, segment),
            None => rows.end,
            Some(at) => rows.start + panel.stamps[rows.clone()].partition_point(|s| *s < at),
        };
        if row > rows.start {
            found[segment.series as usize] = Some(Cut { segment: index as u32, row });
        }
    }
    let mut short = Vec::new();
    let mut origins = Vec::new();
    for (series, cut) in found.iter().enumerate() {
        // --at must be the stamp that follows the row before it, not some time after a hole.
        let rows = match (cut, at) {
            (None, _) => 0,
            (Some(cut), Some(at)) if panel.freq.advance(panel.stamps[cut.row - 1], 1, &panel.time) != at => 0,
            (Some(cut), _) => cut.row - panel.segments[cut.segment as usize].offset,
        };
        match cut {
            Some(cut) if rows >= least => origins.push(*cut),
            _ if !chosen.has(series) => {}
            _ => short.push((panel.series[series].to_string(), rows)),
        }
    }
    let none = !origins.iter().any(|cut| chosen.has(panel.segments[cut.segment as usize].series as usize));
    if !short.is_empty() && (!skip_short || none) {
        let list: Vec<String> = short.iter().map(|(name, rows)| format!("`{name}` has {rows}")).collect();
        let when = at
            .map(|at| format!(" directly before {}", panel.time.display(at)))
            .unwrap_or_else(|| " at its end".into());
        return Err(Error::data(
            Place::file(panel.source.clone()),
            format!(
                "too little history: a forecast needs {}{when}; {}",
                plural(least, "unbroken row"),
                first_of(&list, 5, " series")
            ),
        )
        .with_hint(if none {
            "give more rows of history, or train with a smaller --input-window or with --pad-short"
        } else {
            "give more rows of history, leave those series out with --skip-short, or train with --pad-short, which takes shorter histories"
        }));
    }
    if !short.is_empty() {
        let names: Vec<&str> = short.iter().map(|(n, _)| n.as_str()).collect();
        let needed = format!("{} {}", plural(least, "row"), of_one(least, "is", "are"));
        notes.push(format!("left out, too little history ({} needed): {}", needed, names.join(", ")));
    }
    Ok(origins)
}

/// Refuses an origin that lies beyond the row after the table's last one.
fn check_at(panel: &Panel, at: &At) -> Result<()> {
    let Some(last) = panel.stamps.iter().copied().max() else { return Ok(()) };
    let next = panel.freq.advance(last, 1, &panel.time);
    let ceil = panel.freq.ceil(at.stamp, &panel.time);
    if at.stamp <= next && ceil != at.stamp {
        return Err(Error::data(
            Place::file(panel.source.clone()),
            format!("--at {} is no row of the model's calendar ({})", at.text, panel.freq),
        )
        .with_hint(format!("the next one is {}", panel.time.display(ceil))));
    }
    if at.stamp <= next {
        return Ok(());
    }
    Err(Error::data(
        Place::file(panel.source.clone()),
        format!("--at {} lies after the table's end ({})", at.text, panel.time.display(last)),
    )
    .with_hint(format!(
        "the latest origin is {}, where forecasts start without --at",
        panel.time.display(next)
    )))
}

/// The row after the segment's last one with an observed target; its first row where there is none.
fn after_observed(panel: &Panel, segment: &Segment) -> usize {
    let targets = &panel.columns[..panel.targets];
    let mut rows = segment.offset..segment.offset + segment.len;
    rows.rfind(|row| targets.iter().any(|c| !c.values[*row].is_nan())).map_or(segment.offset, |row| row + 1)
}
