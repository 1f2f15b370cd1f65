//! The library without the program: a table becomes a fitted model, forecasts and a report.
//!
//!     cargo run --release --example library

use lstm_forecast::config::Layers;
use lstm_forecast::error::Result;
use lstm_forecast::pipeline::{
    self, Device, EvaluateOptions, Event, Flow, Forecaster, PredictOptions, Table,
};

pub fn main() -> Result<()> {
    let settings = "{data: {target: [temp]}, train: {max_steps: 60}, model: {ensemble: 1}}";
    let config = Layers::from_yaml(settings).resolve()?;
    let table =
        Table::read(concat!(env!("CARGO_MANIFEST_DIR"), "/sample_data/nyc_weather_2013.csv"), &config)?;
    let mut hooks = |event: &Event| {
        if let Event::Epoch { epoch, val: Some(val), .. } = event {
            eprintln!("epoch {epoch}: validation MAE {val:.3}");
        }
        Flow::Continue
    };
    let path = std::env::temp_dir().join("lstm-forecast-library.safetensors");
    pipeline::fit(&table, &config, &mut hooks)?.save(&path)?;
    let forecaster = Forecaster::load(&path, &Device::Cpu)?;
    let forecasts = forecaster.predict(&table, &PredictOptions::default())?.to_dataframe()?;
    let report = forecaster.evaluate(&table, &EvaluateOptions::default())?;
    println!("{forecasts}\n{} forecasts, skill {:.3}", report.forecasts, report.overall.skill.unwrap_or(0.0));
    Ok(())
}
