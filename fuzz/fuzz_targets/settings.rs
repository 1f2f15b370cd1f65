//! Any text as a settings file: settings that read back the same, or a refusal with code 4.

#![no_main]

use libfuzzer_sys::fuzz_target;
use lstm_forecast::config::{Layers, to_yaml};

fuzz_target!(|text: &str| {
    let resolve =
        |text: String| Layers { file: Some(("fuzz.yaml".into(), text)), ..Layers::default() }.resolve();
    match resolve(text.to_owned()) {
        Ok(config) => {
            let again = to_yaml(&config).and_then(resolve).expect("written settings read back");
            assert_eq!(config, again);
        }
        Err(error) => assert_eq!(error.exit_code(), 4, "{error}"),
    }
});
