//! Any bytes as delimited text: a panel or a refusal with code 3 or 4, never a panic.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lstm_forecast::config::DataConfig;
use lstm_forecast::data::panel::{Panel, PanelOptions};
use lstm_forecast::data::read::{ReadOptions, read_bytes};

fuzz_target!(|bytes: &[u8]| {
    let options = ReadOptions { format: Some("csv".into()), ..ReadOptions::default() };
    let panel = read_bytes("fuzz.csv", bytes.to_vec(), &options)
        .and_then(|frame| Panel::build(frame, &PanelOptions::from_config(&DataConfig::default(), 168)?));
    match panel {
        Ok(panel) => assert!(panel.columns.iter().all(|c| c.values.len() == panel.stamps.len())),
        Err(error) => assert!(matches!(error.exit_code(), 2..=4), "{error}"),
    }
});
