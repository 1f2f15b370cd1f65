//! The library without the program: a table becomes a panel, windows, a small LSTM and forecasts.
//!
//!     cargo run --release --example library

use candle_core::Device;
use lstm_forecast::config::{Config, Layers};
use lstm_forecast::data::calendar::CalendarFeatures;
use lstm_forecast::data::extend::extend;
use lstm_forecast::data::inputs::{InputSpec, Inputs, Scalings};
use lstm_forecast::data::read::{ReadOptions, Source};
use lstm_forecast::data::scale::{Scaler, Skew};
use lstm_forecast::data::split::{self, Bounds, Cut, Observed, Range};
use lstm_forecast::error::Result;
use lstm_forecast::forecast::Windows;
use lstm_forecast::forecast::network::forecast;
use lstm_forecast::model::Shape;
use lstm_forecast::pipeline::table as prepare;
use lstm_forecast::train::{self, Data, Event, Flow, Hooks, Start};

const SETTINGS: &str = "
data: {target: [temp], features: [dewp, humid]}
windows: {input_window: 72, horizon: 12}
model: {decoder: direct, quantiles: [], ensemble: 1, hidden_size: 32}
train: {max_steps: 300}
";

fn main() -> Result<()> {
    let file = Some(("SETTINGS".to_string(), SETTINGS.to_string()));
    let config = Layers { base: Config::default(), file, ..Layers::default() }.resolve()?;

    // The table on its grid, and the instants that part training, validation and test.
    let source =
        Source::Paths(vec![concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/nyc_weather_2013.csv").into()]);
    let options = ReadOptions::new(&config.data)?;
    let table = prepare::table(&source, &options, &config.data, prepare::max_gap_rows(&config))?;
    let panel = &table.panel;
    let season = panel.freq.season();
    let need = prepare::need(&config, panel, season);
    let bounds = Bounds::resolve(&config.split, panel)?;

    // What the network sees at every row; the scaler knows training rows alone.
    let span = bounds.val_start - panel.stamps[0];
    let spec = InputSpec {
        values: panel.columns.iter().map(|c| c.name.clone()).collect(),
        targets: panel.targets,
        flags: Vec::new(),
        calendar: CalendarFeatures::choose(panel.freq, span),
        max_fill: None,
        lead: None,
    };
    let scaler = Scaler::fit(panel, config.scale.scaler, Skew::Leave, bounds.val_start);
    let scalings = Scalings::of(panel, &scaler, &[]);
    let inputs = Inputs::build(panel, &spec, &scalings, 0);

    // Where to cut windows: every row for training, every 12 rows for the rest.
    let observed = Observed::new(panel);
    let cuts = |from, until, stride| split::cuts(panel, &observed, need, Range { from, until, stride });
    let training = cuts(None, Some(bounds.val_start), 1);
    let validation = cuts(Some(bounds.val_start), Some(bounds.test_start), need.horizon);
    let test = cuts(Some(bounds.test_start), None, need.horizon);

    let shape = Shape {
        inputs: spec.len(),
        input_window: need.input_window,
        horizon: need.horizon,
        targets: panel.targets,
        quantiles: config.model.quantiles.clone(),
        lead: spec.lead_shape(),
    };
    let data = Data {
        panel,
        inputs: &inputs,
        train: &training,
        val: &validation,
        season,
        input_window: need.input_window,
    };
    let mut on_event = |event| {
        if let Event::Epoch { epoch, loss, val, .. } = event {
            println!("epoch {epoch}: loss {loss:.3}, validation MAE {:.3}", val.unwrap_or(f64::NAN));
        }
        Flow::Continue
    };
    // A longer training would save its state, to go on after an interruption.
    let hooks = Hooks { on_event: &mut on_event, due: &mut || false, save: &mut |_| Ok(()) };
    let fitted = train::fit_all(&shape, &data, &config, &Device::Cpu, Start::default(), hooks)?;

    // The error on the test part, in original units.
    let windows = Windows::new(&inputs, &Device::Cpu, test.len() * need.input_window)?;
    let made = forecast(&fitted.members, &windows, panel, season, &test)?;
    let actual = test.iter().flat_map(|cut| &panel.columns[0].values[cut.row..cut.row + need.horizon]);
    let errors: Vec<f64> =
        made.point.iter().zip(actual).map(|(f, a)| (f - a).abs()).filter(|e| !e.is_nan()).collect();
    println!(
        "{} steps, test MAE {:.3}",
        fitted.outcome.steps,
        errors.iter().sum::<f64>() / errors.len() as f64
    );

    // The hours after the end of the table.
    let ends = panel.segments.iter().enumerate();
    let ends: Vec<Cut> = ends.map(|(i, s)| Cut { segment: i as u32, row: s.offset + s.len }).collect();
    let (future, cuts) = extend(panel, &ends, need.horizon, &[]);
    let inputs = Inputs::build(&future, &spec, &scalings, need.horizon);
    let windows = Windows::new(&inputs, &Device::Cpu, cuts.len() * need.input_window)?;
    let made = forecast(&fitted.members, &windows, &future, season, &cuts)?;
    for (cut, values) in cuts.iter().zip(made.point.chunks(need.horizon)) {
        let series = &future.series[future.segments[cut.segment as usize].series as usize];
        println!("{series},{},{:.1}", future.time.display(future.stamps[cut.row]), values[0]);
    }
    Ok(())
}
