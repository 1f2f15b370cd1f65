//! The library as its users call it.

use candle_core::Device;
use lstm_forecast::config::{Config, Layers};
use lstm_forecast::data::read::Source;
use lstm_forecast::forecast::Levels;
use lstm_forecast::pipeline::{
    self, EvaluateOptions, Event, Flow, Forecaster, PredictOptions, Silent, Table,
};
use lstm_forecast::report::forecasts::Layout;
use lstm_forecast::report::rows::RowsFormat;

use super::support::{Place, hourly, words};

#[path = "../../examples/library.rs"]
mod example;

#[test]
fn the_example_runs_and_is_short() {
    example::main().unwrap();
    let lines = include_str!("../../examples/library.rs").lines().count();
    assert!(lines < 30, "{lines}");
}

const SETTINGS: &str = "
data: {target: [pm]}
windows: {input_window: 24, horizon: 6}
model: {hidden_size: 8, ensemble: 1}
train: {max_steps: 12, batch_size: 16}
";

fn config() -> Config {
    Layers::from_yaml(SETTINGS).resolve().unwrap()
}

/// What the program trains, predicts and reports with the same settings.
fn by_program(place: &Place) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    place.write("s.yaml", SETTINGS);
    place.ok(&words("train t.csv --config s.yaml --out p.safetensors --quiet", &[]));
    let predicted = place.ok(&words("predict p.safetensors t.csv --quantiles 0.1,0.5 --interval 50", &[]));
    let report = place.ok(&words("evaluate p.safetensors t.csv --format json", &[]));
    (std::fs::read(place.path("p.safetensors")).unwrap(), predicted.stdout.into(), report.stdout.into())
}

#[test]
fn the_verbs_give_the_bytes_of_the_program() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let (checkpoint, predicted, report) = by_program(&place);
    let table = Table::read(place.path("t.csv"), &config()).unwrap();
    pipeline::fit(&table, &config(), &mut Silent).unwrap().save(place.path("l.safetensors")).unwrap();
    assert!(std::fs::read(place.path("l.safetensors")).unwrap() == checkpoint, "the checkpoints differ");
    let forecaster = Forecaster::load(place.path("l.safetensors"), &Device::Cpu).unwrap();
    let options =
        PredictOptions { quantiles: Levels::At(vec![0.1, 0.5]), intervals: vec![50], ..Default::default() };
    let rows = forecaster.predict(&table, &options).unwrap().rows(Layout::Wide).unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    assert_eq!(text(rows.to_bytes(RowsFormat::Csv).unwrap()), text(predicted));
    let own = forecaster.evaluate(&table, &EvaluateOptions::default()).unwrap();
    // As text: serde_json reads some numbers a last bit off.
    let mae = format!("\"mae\":{},", own.overall.methods[0].mae.unwrap());
    assert!(text(report).split_whitespace().collect::<String>().contains(&mae), "{mae}");
}

#[test]
fn a_data_frame_is_read_as_a_file_is() {
    use polars::prelude::{CsvReadOptions, SerReader};
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let frame = CsvReadOptions::default()
        .try_into_reader_with_file_path(Some(place.path("t.csv")))
        .unwrap()
        .finish()
        .unwrap();
    let table = Table::from_dataframe(&frame, &config()).unwrap();
    let fitted = pipeline::fit(&table, &config(), &mut Silent).unwrap();
    let forecaster = fitted.into_forecaster().unwrap();
    let predict = |table: &Table| {
        let rows = forecaster.predict(table, &PredictOptions::default()).unwrap().to_dataframe().unwrap();
        (rows.height(), rows.get_column_names_owned(), rows.column("pm").unwrap().clone())
    };
    let (height, names, values) = predict(&table);
    assert_eq!((height, names.len()), (12, 3));
    let file = forecaster.read(&Source::Paths(vec![place.path("t.csv").display().to_string()])).unwrap();
    assert_eq!(predict(&file).2, values);
}

#[test]
fn a_hook_stops_a_training_and_hears_of_it() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let table = Table::read(place.path("t.csv"), &config()).unwrap();
    let mut steps = 0;
    let mut hooks = |event: &Event| match event {
        Event::Step { step, .. } => {
            steps = *step;
            if *step < 5 { Flow::Continue } else { Flow::Stop }
        }
        _ => Flow::Continue,
    };
    let Err(error) = pipeline::fit(&table, &config(), &mut hooks) else { panic!("it went on") };
    assert_eq!(
        (error.exit_code(), error.to_string().as_str()),
        (130, "training was interrupted after step 5")
    );
    assert_eq!(steps, 5);
}

/// Training and forecasts flush denormal numbers, and leave the mode of their caller as it was.
#[test]
#[cfg(any(target_arch = "x86_64", target_arch = "aarch64"))]
fn the_floating_point_mode_of_the_caller_stays() {
    use lstm_forecast::ops::denormals::flushing;
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let before = flushing();
    let table = Table::read(place.path("t.csv"), &config()).unwrap();
    let mut inside = Vec::new();
    let mut hooks = |_: &Event| {
        inside.push(flushing());
        Flow::Continue
    };
    let forecaster = pipeline::fit(&table, &config(), &mut hooks).unwrap().into_forecaster().unwrap();
    forecaster.predict(&table, &PredictOptions::default()).unwrap();
    forecaster.evaluate(&table, &EvaluateOptions::default()).unwrap();
    assert!(inside.len() > 12 && inside.iter().all(|flushes| *flushes));
    assert_eq!(flushing(), before);
}

/// A table that was read with other settings is read again as the model needs it.
#[test]
fn a_table_read_for_something_else_is_read_again() {
    let place = Place::new();
    place.write("t.csv", hourly(2, 400));
    let read = |config: &Config| Table::read(place.path("t.csv"), config).unwrap();
    let forecaster =
        pipeline::fit(&read(&config()), &config(), &mut Silent).unwrap().into_forecaster().unwrap();
    let of = |table: &Table| {
        forecaster.predict(table, &PredictOptions::default()).unwrap().to_dataframe().unwrap()
    };
    let other = Layers::from_yaml("{data: {target: [wind], drop: [pm]}}").resolve().unwrap();
    assert!(of(&read(&other)).equals(&of(&read(&config()))));
}
