//! What a checkpoint holds, as text or JSON.

use std::fmt::Write;
use std::path::Path;

use serde_json::json;

use crate::checkpoint::Meta;
use crate::config::{self, Final};
use crate::error::{Error, Result};
use crate::escape::{visible, visible_lines, visible_list};
use crate::forecast::conformal;
use crate::model::Ensemble;
use crate::text::plural;

/// Everything as a JSON document.
///
/// # Errors
/// None is expected.
pub fn json(path: &Path, model: &Ensemble, meta: &Meta) -> Result<String> {
    let mut document = serde_json::to_value(meta)
        .map_err(|e| Error::checkpoint(path, format!("cannot be shown as JSON: {e}")))?;
    if let Some(map) = document.as_object_mut() {
        map.entry("input_names").or_insert_with(|| json!(meta.inputs.all_names()));
        map.insert("parameters".into(), json!(model.parameter_count()));
        let list = tensors(model, meta).into_iter().map(|(n, d)| json!({"name": n, "shape": d}));
        map.insert("tensors".into(), list.collect());
    }
    Ok(format!("{document:#}\n"))
}

/// Names and shapes of all arrays: the networks' parameters, then those of fitted members of the pool.
fn tensors(model: &Ensemble, meta: &Meta) -> Vec<(String, Vec<usize>)> {
    let networks = model.params().map(|(name, var)| (name, var.dims().to_vec()));
    let pool = meta.pool.learned.stored().into_iter().map(|own| (own.name, own.dims));
    networks.chain(pool).collect()
}

/// The checkpoint as text for a terminal.
///
/// # Errors
/// None is expected.
pub fn text(path: &Path, model: &Ensemble, meta: &Meta) -> Result<String> {
    let (mut t, tensors) = (String::new(), tensors(model, meta));
    data_lines(&mut t, path, meta);
    training_lines(&mut t, meta);
    let own = model.params().count();
    let _ = writeln!(t, "parameters  {} in {own} tensors", model.parameter_count());
    let width = tensors.iter().map(|(n, _)| n.len()).max().unwrap_or(0);
    for (name, dims) in &tensors {
        let _ = writeln!(t, "  {name:width$}  {dims:?}");
    }
    scaler_lines(&mut t, meta);
    let _ = writeln!(t, "settings");
    for line in config::to_yaml(&meta.config)?.lines() {
        let _ = writeln!(t, "  {}", visible(line));
    }
    // Once more, for whatever a stranger's file may have brought in elsewhere.
    Ok(visible_lines(&t).into_owned())
}

/// What is forecast from what, and the table of training.
fn data_lines(t: &mut String, path: &Path, meta: &Meta) {
    let (s, schema) = (&meta.shape, &meta.schema);
    let _ = writeln!(
        t,
        "checkpoint  {} (format {}, lstm-forecast {})",
        visible(&path.display().to_string()),
        meta.format_version,
        visible(&meta.program_version)
    );
    let _ = writeln!(
        t,
        "forecasts   {} for {} of {} from {} of history",
        visible_list(&schema.targets),
        plural(s.horizon, "step"),
        schema.freq,
        plural(s.input_window, "row")
    );
    let _ = writeln!(
        t,
        "columns     series {}; time {}",
        or_none(&schema.series_columns),
        visible_list(&schema.time.columns)
    );
    let _ = writeln!(t, "inputs      {}: {}", s.inputs, visible_list(&meta.inputs.names()));
    for (label, names) in
        [("known ahead", &meta.config.data.future), ("static     ", &meta.config.data.fixed)]
    {
        if !names.is_empty() {
            let _ = writeln!(t, "{label} {}", visible_list(names));
        }
    }
    let _ = writeln!(
        t,
        "trained on  {}, {} series, {} to {} (table {})",
        plural(meta.table.rows, "row"),
        meta.table.series,
        visible(&meta.table.first),
        visible(&meta.table.last),
        visible(&meta.table.hash)
    );
    let parts = meta.training.once_more.as_ref().map_or(meta.bounds, |all| all.chosen);
    let _ = writeln!(
        t,
        "parts       validation from {}, test from {}",
        schema.time.display(parts.val_start),
        schema.time.display(parts.test_start)
    );
    if let Some(all) = &meta.training.once_more {
        let (windows, steps) = (plural(all.windows, "window"), plural(all.steps, "step"));
        let _ = match all.part {
            Final::All => writeln!(
                t,
                "final       once more on all rows: {windows}, {steps} of each network, without a test part"
            ),
            _ => writeln!(t, "final       with the validation part: {windows}, {steps} more of each network"),
        };
    }
}

/// How training went, and whether intervals are calibrated.
fn training_lines(t: &mut String, meta: &Meta) {
    let training = &meta.training;
    let _ = writeln!(
        t,
        "training    {}, {}, best epoch {}",
        plural(training.epochs, "epoch"),
        plural(training.steps, "step"),
        training.best_epoch
    );
    if let (Some(own), Some(last), Some(seasonal)) =
        (training.val_mae, training.val_mae_last_value, training.val_mae_seasonal_naive)
    {
        let _ = writeln!(
            t,
            "            validation MAE {own:.4} (last value {last:.4}, seasonal naive {seasonal:.4})"
        );
    }
    for line in pool_lines(meta) {
        let _ = writeln!(t, "pool        {line}");
    }
    let _ = match &meta.calibration {
        Some(c) if !c.levels.is_empty() => {
            let values = plural(c.values, "validation value");
            writeln!(t, "intervals   {} %, calibrated on {values} a lead", c.list())
        }
        Some(_) => writeln!(t, "intervals   not calibrated: a lead has no validation value"),
        None => writeln!(t, "intervals   not calibrated: {}", conformal::lacking(training.val_windows).0),
    };
}

/// What stands beside the networks, a line a target, and one more where series have weights of their
/// own; nothing where the networks forecast alone.
pub(crate) fn pool_lines(meta: &Meta) -> Vec<String> {
    let (pool, horizon) = (&meta.pool, meta.shape.horizon);
    if pool.is_none() {
        return Vec::new();
    }
    let mut lines = Vec::new();
    for (target, name) in meta.schema.targets.iter().enumerate() {
        let shares: Vec<String> = (pool.shares(target, horizon, None).iter())
            .map(|(member, share)| format!("{member} {:.0} %", 100.0 * share))
            .collect();
        let of = if meta.schema.targets.len() > 1 { format!("{name}: ") } else { String::new() };
        lines.push(format!("{of}{} (mean over the leads)", shares.join(", ")));
        let leaders: Vec<String> = (pool.leaders(target, horizon).iter())
            .map(|(member, series)| format!("{member} in {series}"))
            .collect();
        if pool.own_count() > 1 {
            lines.push(format!(
                "{of}{} series have weights of their own; most weight: {}",
                pool.own_count(),
                leaders.join(", ")
            ));
        }
    }
    lines
}

/// The scalers' kind, and those of the first series.
fn scaler_lines(t: &mut String, meta: &Meta) {
    let _ = writeln!(
        t,
        "scalers     {:?}, {} series; for the first:",
        meta.scaler.kind,
        meta.scaler.series.len()
    );
    if let Some((key, lines)) = meta.scaler.series.first() {
        for (column, line) in meta.scaler.columns.iter().zip(lines) {
            let (key, column) = (key.to_string(), visible(column));
            let key = visible(&key);
            let _ = writeln!(t, "  {key}  {column}: (value - {:.6}) / {:.6}", line.shift, line.scale);
        }
    }
}

fn or_none(names: &[String]) -> String {
    if names.is_empty() { "none (one series)".into() } else { visible_list(names) }
}
