//! Which of several readings of the time columns is meant: the one that makes clearly most sense,
//! or the user is asked.

use super::cells::{distinct, names, row_cells, rows, stamps};
use crate::data::long::Note;
use crate::data::read::rows::whole::{Sample, shorten};
use crate::data::stamp::iso::civil_from_days;
use crate::data::stamp::pattern::Pattern;
use crate::data::stamp::weigh::{LEAST, Sense, Step, Verdict, judge};
use crate::data::stamp::{TimeStyle, detect, years};
use crate::error::{Error, Place, Result};

/// Years beyond this are of another era.
const OTHER_ERA: i64 = 2350;

/// Fewer different stamps than these decide nothing.
const FEW: usize = 5;

/// A way to read the columns, and the sense that it makes.
struct Reading {
    patterns: Vec<Pattern>,
    sense: Sense,
    /// The column's name speaks of weeks.
    of_weeks: bool,
}

/// The reading that is meant, one pattern a column, and a note where there was a choice.
///
/// # Errors
/// `Error::Data` where none is clearly better, with a flag for each.
pub fn decide(
    sample: &Sample,
    columns: &[usize],
    found: Vec<Vec<Pattern>>,
) -> Result<(Vec<Pattern>, Option<Note>)> {
    let found: Vec<Vec<Pattern>> = found.into_iter().map(|p| placed(sample, columns, p)).collect();
    if let [only] = found.as_slice()
        && is_plain(only)
    {
        let other_era =
            stamps(sample, columns, only).iter().max().is_some_and(|last| *last > year(OTHER_ERA));
        if !other_era {
            return Ok((only.clone(), None));
        }
    }
    let week = |n: &&str| {
        ["week", "wk", "kw", "woche", "semana", "semaine"].iter().any(|w| n.to_lowercase().contains(w))
    };
    let of_weeks = names(sample, columns).iter().any(week);
    let reading = |patterns: Vec<Pattern>| {
        let sense = Sense::of(&stamps(sample, columns, &patterns));
        Reading { patterns, sense, of_weeks }
    };
    let mut readings: Vec<Reading> = found.into_iter().map(reading).collect();
    let doubtful = doubtful(&mut readings);
    if readings.iter().all(|r| r.sense.stamps < FEW) && !readings.iter().all(Reading::is_seldom) {
        readings.retain(|r| !r.is_seldom());
    }
    let worths: Vec<f64> = readings.iter().map(Reading::worth).collect();
    let verdict = judge(&worths);
    let (Verdict::Clear(best) | Verdict::Open(best)) = verdict;
    let Some(reading) = readings.get(best) else { return Ok((Vec::new(), None)) };
    // A few rows decide only against what makes hardly any sense.
    let worth = worths.get(best).copied().unwrap_or(0.0);
    let near = worths.iter().filter(|w| **w * 4.0 >= worth).count();
    let few = reading.sense.stamps < FEW && near > 1;
    let open = readings.len() > 1 && (few || matches!(verdict, Verdict::Open(_)));
    if open || doubtful || !reading.dated() || (readings.len() == 1 && reading.is_odd()) {
        return Err(ask(sample, columns, &readings, &worths));
    }
    let note = told(sample, columns, reading);
    Ok((reading.patterns.clone(), Some(note)))
}

impl Reading {
    /// What the rows say for it; forms that are seldom meant need more.
    fn worth(&self) -> f64 {
        self.sense.worth() * if self.is_seldom() { 0.5 } else { 1.0 }
    }

    /// Weeks that no W and no column's name tells, months where one does, days without a year at a
    /// step of months, and bare numbers of years long ago.
    fn is_seldom(&self) -> bool {
        let weeks = self.has("%V") && !self.has("W%V");
        let monthly = matches!(self.sense.step, Some(Step::Months(_)));
        let (first, last) = self.sense.span;
        let old = first < year(1985) || last > year(2045);
        (weeks && !self.of_weeks)
            || (self.has("%Y%m") && self.of_weeks)
            || (!self.dated() && monthly)
            || (self.is_chance() && old)
    }

    /// Whether any number of so many digits may be read so.
    fn is_chance(&self) -> bool {
        self.patterns.iter().any(|p| {
            let text = p.text().trim_start_matches(|c: char| "%0123456789".contains(c));
            matches!(p.text(), "%Y%q" | "%y%m") || text == "x" || text == "y%j"
        })
    }

    fn has(&self, letters: &str) -> bool {
        self.patterns.iter().any(|p| p.text().contains(letters))
    }

    /// Whether a year is written.
    fn dated(&self) -> bool {
        self.patterns.iter().any(Pattern::has_date)
    }

    /// Whether it is odd, though no other fits: a step that nobody uses, or, of forms that a plain
    /// number may have by chance, little sense.
    fn is_odd(&self) -> bool {
        self.sense.stamps >= FEW
            && (self.sense.is_strange() || (self.is_chance() && self.sense.worth() < LEAST))
    }

    /// Whether its years begin who knows when.
    fn is_fiscal(&self) -> bool {
        self.has("FY") || self.patterns.iter().any(Pattern::has_second_year)
    }
}

/// Whether a form leaves nothing to ask once all cells fit it and no other.
fn is_plain(patterns: &[Pattern]) -> bool {
    let text: String = patterns.iter().map(Pattern::text).collect();
    let number = !text.contains(|c: char| " -/.:TQW年".contains(c)) && text.starts_with('%');
    let bare =
        number && !matches!(text.as_str(), "%Y" | "%Y%m%d" | "%Y%m%d%H" | "%Y%m%d%H%M" | "%Y%m%d%H%M%S");
    let dated = patterns.iter().any(Pattern::has_date);
    let short = patterns.iter().any(|p| {
        p.has_short_year() || p.has_second_year() || p.text().contains("FY") || p.text().contains("%,Y")
    });
    dated && !short && (!bare || patterns.len() > 1)
}

/// Patterns with the century of their two-digit years.
fn placed(sample: &Sample, columns: &[usize], patterns: Vec<Pattern>) -> Vec<Pattern> {
    let own = |(p, c): (Pattern, &usize)| match p.lacks_century() {
        true => years::place(&p, distinct(sample, *c).into_iter()),
        false => p,
    };
    patterns.into_iter().zip(columns).map(own).collect()
}

/// The second since 1970 in which a year begins, nearly.
fn year(year: i64) -> i64 {
    (year - 1970) * 31_556_952
}

/// Readings that only a person can choose among: fiscal years, and years of another era, to which
/// the reading in ours is added.
fn doubtful(readings: &mut Vec<Reading>) -> bool {
    let fiscal = readings.iter().any(|r| r.is_fiscal() || r.has("%,Y"));
    let late = |r: &Reading| r.sense.span.1 > year(OTHER_ERA) && r.dated();
    let eras: Vec<Reading> = readings
        .iter()
        .filter(|r| late(r))
        .filter_map(|r| {
            let patterns: Vec<Pattern> = r
                .patterns
                .iter()
                .map(|p| Pattern::new(&p.text().replace("%Y", "%EY")))
                .collect::<Result<_, _>>()
                .ok()?;
            (patterns != r.patterns).then_some(Reading { patterns, sense: r.sense, of_weeks: r.of_weeks })
        })
        .collect();
    let era = !eras.is_empty();
    readings.splice(0..0, eras);
    fiscal || era
}

/// What is told of the reading that was taken.
fn told(sample: &Sample, columns: &[usize], reading: &Reading) -> Note {
    let style = style(sample, columns, &reading.patterns);
    let (first, last) = reading.sense.span;
    let forms: Vec<String> = reading.patterns.iter().map(|p| format!("`{}`", p.text())).collect();
    Note {
        code: "time_read",
        column: names(sample, columns).first().map(|n| (*n).to_owned()),
        count: columns.len(),
        text: format!(
            "the stamps in {} are read as {}: from {} (`{}`) to {} (`{}`)",
            names(sample, columns).join(", "),
            forms.join(" "),
            style.iso(first),
            style.display(first),
            style.iso(last),
            style.display(last)
        ),
    }
}

fn style(sample: &Sample, columns: &[usize], patterns: &[Pattern]) -> TimeStyle {
    let names = names(sample, columns).into_iter().map(str::to_owned).collect();
    TimeStyle::new(names, patterns.to_vec(), None).whole_seconds(true)
}

/// Asks which of the readings is meant.
fn ask(sample: &Sample, columns: &[usize], readings: &[Reading], worths: &[f64]) -> Error {
    let mut order: Vec<usize> = (0..readings.len()).collect();
    let worth = |i: &usize| worths.get(*i).copied().unwrap_or(0.0);
    order.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let best = order.first().map_or(0.0, worth);
    // A fiscal year and the days of another era are asked about beside the usual reading.
    let asked = doubtful_one(readings);
    order.retain(|i| asked || worth(i) * 4.0 >= best);
    order.truncate(if asked { 2 } else { 3 });
    let shown: Vec<&Reading> = order.iter().filter_map(|i| readings.get(*i)).collect();
    let example = example(sample, columns, &shown);
    let cell = shorten(&example.join(" "));
    let place = Place::file(&sample.file).column(names(sample, columns).join(","));
    let flag = |r: &Reading| {
        let forms: Vec<String> = r.patterns.iter().map(|p| p.text().to_owned()).collect();
        let year = if r.dated() { "" } else { "%2024Y" };
        format!("{}{year}", forms.join(" "))
    };
    let read = |r: &Reading| read(sample, columns, r, &example);
    let columns_flag = match columns.len() {
        1 => String::new(),
        _ => format!("--time \"{}\" ", names(sample, columns).join(",")),
    };
    let flags: Vec<String> =
        shown.iter().map(|r| format!("{columns_flag}--time-format \"{}\"", flag(r))).collect();
    let yearless = shown.iter().any(|r| !r.dated());
    let hint = match (flags.len(), yearless) {
        (_, true) => format!(
            "say which with {}; in place of 2024 stands the year of all rows, where none is written",
            flags.join(" or ")
        ),
        (1, _) if shown.iter().all(|r| r.is_fiscal()) => {
            format!("{} reads it as if it were the calendar's, from January on", flags.join(""))
        }
        (1, _) => format!(
            "if that is meant, say so with {}; otherwise name their form, or another --time",
            flags.join("")
        ),
        _ => format!("say which with {}", flags.join(" or ")),
    };
    let what = match shown.as_slice() {
        [only] if !only.dated() => {
            format!("`{cell}` is {}, and the table does not say of which year", read(only))
        }
        [only] if only.is_fiscal() => {
            format!("`{cell}` is of a fiscal year, and the table does not say when that begins")
        }
        [only] if only.has("%,Y") => {
            format!("`{cell}` looks like the year {} with a thousands mark", read(only))
        }
        [only] => format!("`{cell}` would be {} (`{}`), but {}", read(only), flag(only), only.sense.odd()),
        many => {
            let all: Vec<String> = many.iter().map(|r| format!("{} (`{}`)", read(r), flag(r))).collect();
            format!("`{cell}` may be {}, and no row decides it", all.join(" or "))
        }
    };
    Error::data(place, what).with_hint(hint)
}

/// Whether a reading is there that only a person can choose or leave.
fn doubtful_one(readings: &[Reading]) -> bool {
    readings.iter().any(|r| r.is_fiscal() || r.has("%EY"))
}

/// A row's cells that the readings take for different days.
fn example<'a>(sample: &'a Sample, columns: &[usize], shown: &[&Reading]) -> Vec<&'a str> {
    let mut first = Vec::new();
    for row in 0..rows(sample).min(10_000) {
        let cells = row_cells(sample, columns, row);
        if cells.iter().any(|c| c.is_empty()) {
            continue;
        }
        let mut read = shown.iter().map(|r| read(sample, columns, r, &cells));
        let one = read.next();
        if read.all(|other| Some(other) != one) {
            return cells;
        }
        if first.is_empty() {
            first = cells;
        }
    }
    first
}

/// A row's cells as a reading takes them.
fn read(sample: &Sample, columns: &[usize], reading: &Reading, cells: &[&str]) -> String {
    let style = style(sample, columns, &reading.patterns);
    if !reading.dated() {
        let moment = reading.patterns.first().zip(cells.first()).and_then(|(p, c)| detect::moment(p, c));
        let text = TimeStyle::naive("").display(moment.map_or(0, |m| m.local));
        return format!("{} without a year", text.get(5..10).unwrap_or_default());
    }
    if reading.patterns.iter().any(Pattern::has_second_year) {
        let first = style.parser().parse(cells.iter().map(|c| c.as_bytes()));
        let year = first.map_or(0, |m| civil_from_days(m.local.div_euclid(86_400)).0);
        return format!("the year from {year} to {}", year + 1);
    }
    let moment = style.parser().parse(cells.iter().map(|c| c.as_bytes()));
    moment.map_or_else(|_| "no date".to_owned(), |m| style.iso(m.utc()))
}
