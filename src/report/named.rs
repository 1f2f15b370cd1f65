//! Names of output columns: the table's own for keys, stamps and targets, and those that the program
//! makes for all else. Every table of the program is put together by [`Columns`], which sees to it that
//! no name stands for two things.

use crate::data::panel::Panel;
use crate::data::stamp::Clock;
use crate::data::stamp::pattern::Pattern;
use crate::error::{Error, Result};
use crate::number::round_significant;
use crate::report::rows::{Cells, Rows};

/// The series columns of rows that belong to these series.
pub fn keys(panel: &Panel, series: &[u32]) -> Vec<(String, Cells)> {
    let parts = panel.series_columns.iter().enumerate();
    parts
        .map(|(part, name)| {
            let names = panel.series.iter().map(|key| key.0.get(part).cloned().unwrap_or_default()).collect();
            (name.clone(), Cells::Category { codes: series.to_vec(), names })
        })
        .collect()
}

/// The time columns of rows with these stamps (UTC epoch seconds), in the input's form.
pub fn times(panel: &Panel, stamps: &[i64]) -> Vec<(String, Cells)> {
    let time = &panel.time;
    let mut texts: Vec<Vec<String>> = vec![Vec::with_capacity(stamps.len()); time.columns.len()];
    for stamp in stamps {
        for (out, text) in texts.iter_mut().zip(time.format(*stamp)) {
            out.push(text);
        }
    }
    let mut texts = texts.into_iter();
    // One column of full stamps becomes a real time type in Parquet and Arrow.
    if let ([name], Some(text)) = (time.columns.as_slice(), texts.as_slice().first()) {
        let zone = match time.clock() {
            Clock::Wall => time.own_zone().map(|z| z.tz().name().to_string()),
            Clock::Utc | Clock::Offset(_) => {
                Some(time.own_zone().map_or("UTC".into(), |z| z.tz().name().to_string()))
            }
        };
        let date_only = !time.forms().iter().any(Pattern::has_time);
        let cells = Cells::Stamp { text: text.clone(), seconds: stamps.to_vec(), date_only, zone };
        return vec![(name.clone(), cells)];
    }
    time.columns.iter().cloned().zip(texts.by_ref().map(Cells::Text)).collect()
}

/// `PM2.5_lo80`, `PM2.5_hi80`: the name of an interval's end.
pub fn interval(name: &str, end: &str, percent: f64) -> String {
    format!("{name}_{end}{percent}")
}

/// What such a column holds.
pub fn interval_end(name: &str, end: &str, percent: f64) -> String {
    let side = if end == "lo" { "lower" } else { "upper" };
    format!("the {side} end of the {percent} % interval of `{name}`")
}

/// `PM2.5_p10`: the name of a quantile's column.
pub fn quantile(name: &str, level: f64) -> String {
    format!("{name}_p{}", round_significant(level * 100.0, 6))
}

/// An output table that grows column by column.
#[derive(Debug)]
pub struct Columns {
    /// Put before every name that is not the table's own (`--prefix`).
    prefix: String,
    columns: Vec<(String, Cells)>,
    meanings: Vec<Meaning>,
}

/// What a column holds, and whether its name is the table's own.
#[derive(Debug)]
struct Meaning {
    text: String,
    own: bool,
}

impl Columns {
    /// Without a column.
    pub fn new(prefix: &str) -> Columns {
        Columns { prefix: prefix.to_string(), columns: Vec::new(), meanings: Vec::new() }
    }

    /// The series columns, then the time columns, of rows with these series and stamps.
    pub fn keys(&mut self, panel: &Panel, series: &[u32], stamps: &[i64]) {
        self.series(panel, series);
        self.times(panel, stamps);
    }

    /// The series columns of rows of these series.
    pub fn series(&mut self, panel: &Panel, series: &[u32]) {
        keys(panel, series).into_iter().for_each(|(name, cells)| self.own(&name, cells, "series column"));
    }

    /// The time columns of rows with these stamps.
    pub fn times(&mut self, panel: &Panel, stamps: &[i64]) {
        times(panel, stamps).into_iter().for_each(|(name, cells)| self.own(&name, cells, "time column"));
    }

    /// A column under a name of the table; `what` it is there: `target`.
    pub fn own(&mut self, name: &str, cells: Cells, what: &str) {
        self.meanings.push(Meaning { text: format!("the {what} `{name}`"), own: true });
        self.columns.push((name.to_string(), cells));
    }

    /// A column under a name that the program makes; what it holds, with its article.
    pub fn made(&mut self, name: &str, cells: Cells, holds: impl Into<String>) {
        self.meanings.push(Meaning { text: holds.into(), own: false });
        self.columns.push((format!("{}{name}", self.prefix), cells));
    }

    /// The table.
    ///
    /// # Errors
    /// `Error::Usage` where two columns have one name.
    pub fn finish(self) -> Result<Rows> {
        let mut seen = std::collections::HashMap::with_capacity(self.columns.len());
        for (at, (name, _)) in self.columns.iter().enumerate() {
            if let Some(before) = seen.insert(name.as_str(), at) {
                return Err(self.clash(name, before, at));
            }
        }
        Ok(Rows { columns: self.columns })
    }

    fn clash(&self, name: &str, first: usize, second: usize) -> Error {
        let (first, second) = (&self.meanings[first], &self.meanings[second]);
        let error = Error::usage(format!(
            "two columns of the output would be called `{name}`: {} and {}",
            first.text, second.text
        ));
        match (first.own, second.own) {
            (false, false) => error.with_hint("rename one of the columns that they come from, or leave it out"),
            (true, true) => error.with_hint("rename one of them in the table"),
            _ if self.prefix.is_empty() => error.with_hint(format!(
                "--prefix fc_ puts fc_ before every name that is not the table's own, as in `fc_{name}`; or rename the column in the table"
            )),
            _ => error.with_hint("choose another --prefix, or rename the column in the table"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_name_for_one_thing() {
        let cells = || Cells::float(vec![1.0]);
        let table = |prefix: &str| {
            let mut columns = Columns::new(prefix);
            columns.own("temp", cells(), "target");
            columns.own("temp_p10", cells(), "target");
            columns.made(&quantile("temp", 0.1), cells(), "the 0.1 quantile of `temp`");
            columns.finish()
        };
        let error = table("").unwrap_err();
        let expected = "two columns of the output would be called `temp_p10`: the target `temp_p10` and the 0.1 quantile of `temp`";
        assert_eq!((error.to_string().as_str(), error.exit_code()), (expected, 2));
        assert!(error.hint().unwrap().contains("--prefix fc_"));
        let names: Vec<String> = table("fc_").unwrap().columns.into_iter().map(|c| c.0).collect();
        assert_eq!(names, ["temp", "temp_p10", "fc_temp_p10"]);
    }
}
