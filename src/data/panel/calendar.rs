//! The calendar that the rows of a table follow: what is said of it, and rows that are outside of it.

use super::{join, note};
use crate::config::SplitConfig;
use crate::data::freq::season::{Season, season};
use crate::data::freq::{Anchor, DAY, Freq};
use crate::data::long::{LongFrame, Note};
use crate::data::stamp::{Clock, TimeStyle};
use crate::error::{Error, Result};
use crate::text::{of_one, plural};

/// What is said of series that have calendars of their own: there is one for all of them.
pub(super) fn apart(frame: &LongFrame, series: &[(usize, Freq)]) -> Note {
    let name = |(at, freq): &(usize, Freq)| {
        let key = frame.series.get(*at).map(ToString::to_string).unwrap_or_default();
        format!("{key} ({freq})")
    };
    let some: Vec<String> = series.iter().take(3).map(name).collect();
    let more = if series.len() > 3 { format!(" and {} more", series.len() - 3) } else { String::new() };
    let text = format!(
        "series with rows on some weekdays alone: {}{more}; all series share one calendar, so their other days are missing rows, and forecast; a table of such series alone is read by theirs",
        some.join(", ")
    );
    note("calendar", series.len(), text)
}

/// What is said of a table whose step changes once, as when quarter hours take the place of hours:
/// on the finer step the rows of the coarser one have holes.
pub(super) fn step_change(series: &[&[i64]], freq: &Freq, time: &TimeStyle) -> Option<Note> {
    let Freq::Seconds(step) = freq else { return None };
    let (before, from) = series.iter().find_map(|stamps| {
        let apart = |i: usize| stamps.get(i + 1).zip(stamps.get(i)).map(|(b, a)| b - a);
        let first = apart(0).filter(|first| first > step && first % step == 0)?;
        let rows = (0..stamps.len()).take_while(|i| apart(*i) == Some(first)).count();
        let after = stamps.get(rows..)?;
        let even = after.windows(2).filter(|p| p[1] - p[0] == *step).count();
        // The odd row apart, all that follows has the finer step.
        (rows >= 24 && after.len() >= 24 && even * 50 >= after.len() * 49).then_some((first, after[0]))
    })?;
    let before = Freq::Seconds(before);
    let text = format!(
        "rows are {before} apart until {}, and {freq} from there on: the earlier ones have holes; --resample {before} gives all one step",
        time.display(from)
    );
    Some(note("step_changes", 0, text))
}

/// What is said of a calendar that was found; `plain` is the step without it.
pub(super) fn told(freq: &Freq, plain: &Freq, time: &TimeStyle) -> Option<Note> {
    let each = |on: &Anchor| match on {
        Anchor::Day(day) => format!("on day {day} of the month, or on its last where it is shorter"),
        Anchor::FirstWorkday => "on the first working day of the month".into(),
        Anchor::LastWorkday => "on the last working day of the month".into(),
        Anchor::Weekday { .. } => "on one weekday of the month".into(),
    };
    // Opening hours are those of a clock on a wall, which instants of UTC do not show.
    let instants = time.zone().is_none() && time.clock() != Clock::Wall && freq.nominal() < DAY;
    let zone = if instants { "; if these hours follow a local clock, --time-zone names it" } else { "" };
    let text = match freq {
        Freq::Slots(_) => format!(
            "the rows follow a calendar: {freq}; what training never has is neither missing nor forecast (--freq {plain} would count it){zone}"
        ),
        Freq::Anchored { on, .. } => format!("the rows are {}: {freq}", each(on)),
        _ => return None,
    };
    Some(note("calendar_read", 0, text))
}

/// What is said of months that have no rows, where training saw them pass by once.
pub(super) fn season_once(training: &[&[i64]], freq: &Freq, time: &TimeStyle) -> Option<Note> {
    let Season::Perhaps(months, seasonal) = season(training, freq, time)? else { return None };
    let text = format!(
        "training has no rows in {}, which passed by once: read as a hole, and forecast; --freq \"{seasonal}\" leaves these months out",
        months
    );
    Some(note("calendar", 0, text))
}

/// The instant before which rows are training rows for certain, whatever the step.
pub(super) fn training_end(frame: &LongFrame, split: &SplitConfig) -> i64 {
    let (first, last) = frame.stamps.iter().fold((i64::MAX, i64::MIN), |(a, b), s| (a.min(*s), b.max(*s)));
    let at = |text: &Option<String>| text.as_deref().and_then(|t| frame.time.parse_one(t).ok());
    let share = |end: i64, s: f64| {
        first.saturating_add((end.saturating_sub(first) as f64 * s.clamp(0.0, 1.0)).ceil() as i64)
    };
    match (at(&split.val_start), at(&split.test_start)) {
        (Some(val), _) => val,
        (None, Some(test)) => {
            let [train, val, _] = split.split;
            share(test, train / (train + val).max(f64::MIN_POSITIVE))
        }
        (None, None) => share(last.saturating_add(1), split.split[0]),
    }
}

/// Leaves out rows between the slots of a calendar, and says so; refuses a table of which more
/// than one row in five would go.
pub(super) fn keep_slots(
    frame: &mut LongFrame,
    freq: &Freq,
    learned: bool,
    notes: &mut Vec<Note>,
) -> Result<()> {
    let Freq::Slots(_) = freq else { return Ok(()) };
    let keep: Vec<bool> = frame.stamps.iter().map(|s| freq.has(*s, &frame.time)).collect();
    let Some(first) = keep.iter().position(|k| !k) else { return Ok(()) };
    let (off, shown) = (keep.iter().filter(|k| !**k).count(), frame.time.display(frame.stamps[first]));
    let day = if freq.nominal() >= DAY { format!(", a {}", day_of(frame, first)) } else { String::new() };
    if off == frame.len() || (!learned && off > 4 && off * 5 > frame.len()) {
        let key =
            frame.series.get(frame.series_id[first] as usize).map(ToString::to_string).unwrap_or_default();
        return Err(Error::data(
            frame.place(first).series(key).stamp(shown),
            format!("is outside of `{freq}`{day}, as {} {off} of {}", of_one(off, "is", "are"), plural(frame.len(), "row")),
        )
        .with_hint("name the calendar that the rows follow with --freq (--freq 1d has every day), or join the rows on this one with --resample"));
    }
    notes.push(note(
        "outside_calendar",
        off,
        format!(
            "{} {} outside of `{freq}` ({} at {shown}{day}): left out",
            plural(off, "row"),
            of_one(off, "is", "are"),
            of_one(off, "it is", "the first is")
        ),
    ));
    join::retain(frame, &keep);
    Ok(())
}

/// The weekday of a row.
fn day_of(frame: &LongFrame, row: usize) -> &'static str {
    let day = frame.time.local_seconds(frame.stamps[row]).div_euclid(DAY);
    crate::data::freq::weekday_name(day)
}
