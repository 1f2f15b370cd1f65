//! Columns under the input's own names: keys, stamps and quantiles of a panel's rows.

use crate::data::panel::Panel;
use crate::data::stamp::Clock;
use crate::number::round_significant;
use crate::report::rows::Cells;

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
            Clock::Wall => time.zone().map(|z| z.name().to_string()),
            Clock::Utc | Clock::Offset(_) => Some(time.zone().map_or("UTC".into(), |z| z.name().to_string())),
        };
        let date_only = time
            .patterns()
            .all(|p| !p.contains("%H") && !p.contains("%I") && !p.contains("%T") && !p.contains("%s"));
        let cells = Cells::Stamp { text: text.clone(), seconds: stamps.to_vec(), date_only, zone };
        return vec![(name.clone(), cells)];
    }
    time.columns.iter().cloned().zip(texts.by_ref().map(Cells::Text)).collect()
}

/// `PM2.5_lo80`, `PM2.5_hi80`: the name of an interval's end.
pub fn interval(name: &str, end: &str, percent: f64) -> String {
    format!("{name}_{end}{percent}")
}

/// `PM2.5_p10`: the name of a quantile's column.
pub fn quantile(name: &str, level: f64) -> String {
    format!("{name}_p{}", round_significant(level * 100.0, 6))
}
