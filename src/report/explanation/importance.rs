//! What a model's forecasts rest on: for people and for machines.

use super::{Block, Effect, Importance, OfTarget, Rise, bar};
use crate::number::{column, counted, human, machine, percent};
use crate::report::document::{Part, Table};
use crate::report::ordered::Object;
use crate::report::rows::{Cells, Rows, RowsFormat};

/// Leads that have columns of their own in the table of leads.
const LEADS_SHOWN: usize = 6;
/// Columns in the table of leads.
const COLUMNS_SHOWN: usize = 12;

/// The report as a document.
pub fn document(importance: &Importance) -> Vec<Part> {
    let mut parts = vec![
        Part::Title(importance.title()),
        Part::Paragraph(format!(
            "Measured on {} of {}, {} to {}; every column was put out of step with all others {} (seed {}).",
            counted(importance.forecasts as u64, "forecast"),
            counted(importance.horizon as u64, "step"),
            importance.from,
            importance.to,
            counted(importance.repeats as u64, "time"),
            importance.seed
        )),
    ];
    parts.extend(importance.notes.iter().map(|note| Part::Paragraph(note.clone())));
    parts.extend(tables(importance));
    parts.push(Part::Paragraph(
        "A rise says how much the model leans on a column, not what the column does. Columns that say the same share their rise, or hide it from each other."
            .into(),
    ));
    parts
}

/// By column, by lead and by block of lags, of each target.
pub fn tables(importance: &Importance) -> Vec<Part> {
    let mut parts = Vec::new();
    let several = importance.targets.len() > 1;
    for target in &importance.targets {
        let name = if several { format!(", {}", target.target) } else { String::new() };
        columns(&mut parts, target, &name);
        leads(&mut parts, target, &name);
        blocks(&mut parts, importance, target, &name);
    }
    parts
}

fn columns(parts: &mut Vec<Part>, of: &OfTarget, name: &str) {
    parts.push(Part::Title(format!("Columns{name}: rise of the error when it is out of step")));
    parts.push(Part::Paragraph(format!(
        "MAE {} as it is, mean pinball loss {}.",
        human(of.mae),
        human(of.pinball)
    )));
    let heads = ["column", "MAE rises by", "± spread", "share", "pinball rises", "± spread", ""];
    let mut table = Table { head: heads.map(String::from).to_vec(), rows: Vec::new() };
    let cells = |of_effect: &dyn Fn(&Effect) -> Option<f64>| {
        column(&of.effects.iter().map(|e| of_effect(e).filter(|_| e.moves)).collect::<Vec<_>>())
    };
    let numbers = [
        cells(&|e| e.mae.mean),
        cells(&|e| e.mae.spread),
        cells(&|e| e.pinball.mean),
        cells(&|e| e.pinball.spread),
    ];
    let most = of.effects.iter().map(|e| e.mae.share()).fold(0.0, f64::max);
    for (at, effect) in of.effects.iter().enumerate() {
        let number = |which: usize| numbers[which].get(at).cloned().unwrap_or_default();
        let share = effect.mae.share();
        table.rows.push(vec![
            if effect.ahead { format!("{} (known ahead)", effect.name) } else { effect.name.clone() },
            number(0),
            number(1),
            percent(effect.moves.then_some(share)),
            number(2),
            number(3),
            bar(share.max(0.0), most, false),
        ]);
    }
    parts.push(Part::Table(table));
    let still: Vec<&str> = of.effects.iter().filter(|e| !e.moves).map(|e| e.name.as_str()).collect();
    if !still.is_empty() {
        parts.push(Part::Paragraph(format!(
            "Never changing here, so that nothing could be put out of step: {}.",
            still.join(", ")
        )));
    }
}

fn leads(parts: &mut Vec<Part>, of: &OfTarget, name: &str) {
    let horizon = of.effects.first().map_or(0, |e| e.mae_by_lead.len());
    if horizon < 2 {
        return;
    }
    let shown: Vec<usize> = match horizon <= LEADS_SHOWN {
        true => (0..horizon).collect(),
        false => {
            let mut shown: Vec<usize> =
                (0..LEADS_SHOWN).map(|i| i * (horizon - 1) / (LEADS_SHOWN - 1)).collect();
            shown.dedup();
            shown
        }
    };
    parts.push(Part::Title(format!("Columns{name}: share of the MAE by which it rises, by lead")));
    let heads =
        std::iter::once("column".to_owned()).chain(shown.iter().map(|lead| format!("lead {}", lead + 1)));
    let rows = of.effects.iter().filter(|e| e.moves).take(COLUMNS_SHOWN).map(|effect| {
        let cell = |lead: &usize| percent(effect.mae_by_lead.get(*lead).map(Rise::share));
        std::iter::once(effect.name.clone()).chain(shown.iter().map(cell)).collect()
    });
    parts.push(Part::Table(Table { head: heads.collect(), rows: rows.collect() }));
}

fn blocks(parts: &mut Vec<Part>, importance: &Importance, of: &OfTarget, name: &str) {
    let Some(all) = of.blocks.first() else { return };
    parts.push(Part::Title(format!(
        "Time{name}: share of the MAE by which it rises when these rows before the origin are another time's"
    )));
    parts.push(Part::Paragraph(format!(
        "Lag 1 is the last row before the origin; the input window ends at lag {}. Measured at {} of the origins.",
        importance.input_window, importance.lag_origins
    )));
    let heads = |block: &Block| block.column.clone().unwrap_or_else(|| "all columns".into());
    let mut table = Table { head: vec!["lags".into()], rows: Vec::new() };
    table.head.extend(of.blocks.iter().map(heads));
    for (at, (block, _)) in all.rises.iter().enumerate() {
        let cells = of.blocks.iter().map(|b| percent(b.rises.get(at).map(|(_, rise)| rise.share())));
        table.rows.push(std::iter::once(block.clone()).chain(cells).collect());
    }
    parts.push(Part::Table(table));
}

/// One JSON object, indented.
pub fn json(importance: &Importance) -> String {
    let targets = importance.targets.iter().map(|of| {
        let effect = |e: &Effect| {
            Object::default()
                .with("column", &e.name)
                .with("kind", e.kind)
                .with("known_ahead", e.ahead)
                .with("moves", e.moves)
                .with("mae_rise", e.mae.mean)
                .with("mae_rise_spread", e.mae.spread)
                .with("mae_rise_share", e.mae.share())
                .with("pinball_rise", e.pinball.mean)
                .with("pinball_rise_spread", e.pinball.spread)
                .list(
                    "per_lead",
                    e.mae_by_lead.iter().zip(&e.pinball_by_lead).enumerate().map(by_lead).collect(),
                )
        };
        let block = |b: &Block| {
            let rises = b.rises.iter().map(|(lags, rise)| {
                Object::default()
                    .with("lags", lags)
                    .with("mae", rise.base)
                    .with("mae_rise", rise.mean)
                    .with("mae_rise_spread", rise.spread)
            });
            Object::default().with("column", &b.column).list("blocks", rises.collect())
        };
        Object::default()
            .with("target", &of.target)
            .with("mae", of.mae)
            .with("pinball", of.pinball)
            .list("columns", of.effects.iter().map(effect).collect())
            .list("lags", of.blocks.iter().map(block).collect())
    });
    Object::default()
        .with("model", &importance.model)
        .with("table", &importance.table)
        .with("horizon", importance.horizon)
        .with("input_window", importance.input_window)
        .with("forecasts", importance.forecasts)
        .with("lag_origins", importance.lag_origins)
        .with("from", &importance.from)
        .with("to", &importance.to)
        .with("repeats", importance.repeats)
        .with("seed", importance.seed)
        .list("targets", targets.collect())
        .with("notes", &importance.notes)
        .text()
}

fn by_lead((lead, (mae, pinball)): (usize, (&Rise, &Rise))) -> Object {
    Object::default()
        .with("lead", lead + 1)
        .with("mae", mae.base)
        .with("mae_rise", mae.mean)
        .with("mae_rise_spread", mae.spread)
        .with("pinball_rise", pinball.mean)
        .with("pinball_rise_spread", pinball.spread)
}

/// `target,column,scope,name,metric,base,rise,spread`: scope is overall, lead or lags; the column is
/// empty for all columns together.
pub fn csv(importance: &Importance) -> String {
    let mut text: [Vec<String>; 8] = Default::default();
    let mut push = |keys: [&str; 5], rise: &Rise| {
        let numbers = [rise.base, rise.mean, rise.spread].map(|v| machine(v.unwrap_or(f64::NAN), 0));
        let cells = keys.into_iter().map(str::to_owned).chain(numbers);
        text.iter_mut().zip(cells).for_each(|(column, cell)| column.push(cell));
    };
    for of in &importance.targets {
        for effect in of.effects.iter().filter(|effect| effect.moves) {
            push([&of.target, &effect.name, "overall", "", "mae"], &effect.mae);
            push([&of.target, &effect.name, "overall", "", "pinball"], &effect.pinball);
            for (lead, (mae, pinball)) in effect.mae_by_lead.iter().zip(&effect.pinball_by_lead).enumerate() {
                let lead = (lead + 1).to_string();
                push([&of.target, &effect.name, "lead", &lead, "mae"], mae);
                push([&of.target, &effect.name, "lead", &lead, "pinball"], pinball);
            }
        }
        for block in &of.blocks {
            let column = block.column.as_deref().unwrap_or_default();
            block.rises.iter().for_each(|(lags, rise)| push([&of.target, column, "lags", lags, "mae"], rise));
        }
    }
    let names = ["target", "column", "scope", "name", "metric", "base", "rise", "spread"];
    let columns =
        names.iter().zip(text).map(|(name, cells)| (name.to_string(), Cells::Text(cells))).collect();
    let bytes = Rows { columns }.to_bytes(RowsFormat::Csv).unwrap_or_default();
    String::from_utf8(bytes).unwrap_or_default()
}
