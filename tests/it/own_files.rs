//! Files that the program names itself, beside what the user named: nobody typed their names, so that a
//! link planted there is never followed.

use std::os::unix::fs::{PermissionsExt, symlink};

use super::shell;
use super::support::{Place, words};

const TRAIN: &str = "train t.csv --target pm --input-window 24 --horizon 6 --hidden-size 4 --epochs 3 --max-steps 6 \
                     --save-every 0 --ensemble 1 --quiet";

fn train(place: &Place, more: &[&str]) -> super::support::Ran {
    place.run(&words(TRAIN, more))
}

#[test]
fn a_planted_state_is_not_followed() {
    let place = shell::place();
    place.write("victim", "precious");
    for (aim, exists) in [("victim", true), ("nothing-here", false)] {
        symlink(aim, place.path("new.resume.safetensors")).unwrap();
        for more in [&["--out", "new.safetensors"][..], &["--out", "new.safetensors", "--resume"]] {
            let ran = train(&place, more);
            assert_eq!(ran.code, 2, "{}", ran.stderr);
            let message = "error: new.resume.safetensors is a symbolic link, which is never followed here";
            assert!(ran.stderr.starts_with(message), "{}", ran.stderr);
        }
        assert_eq!(place.read("victim"), "precious");
        assert_eq!(place.path(aim).exists(), exists);
        assert!(std::fs::symlink_metadata(place.path("new.resume.safetensors")).unwrap().is_symlink());
        assert!(!place.path("new.safetensors").exists());
        std::fs::remove_file(place.path("new.resume.safetensors")).unwrap();
    }
    // A folder or a pipe in its place is no state either, and nothing waits for it.
    std::fs::create_dir(place.path("new.resume.safetensors")).unwrap();
    assert_eq!(train(&place, &["--out", "new.safetensors"]).code, 2);
    std::fs::remove_dir(place.path("new.resume.safetensors")).unwrap();
    let made = std::process::Command::new("mkfifo").arg(place.path("new.resume.safetensors")).status();
    if made.is_ok_and(|status| status.success()) {
        assert_eq!(train(&place, &["--out", "new.safetensors"]).code, 2);
        std::fs::remove_file(place.path("new.resume.safetensors")).unwrap();
    }
    // What the user typed is followed as ever.
    symlink("models-of-today", place.path("typed.safetensors")).unwrap();
    assert_eq!(train(&place, &["--out", "typed.safetensors"]).code, 0);
    assert!(place.path("models-of-today").exists());
}

/// A hard link or an open file in the state's place: the state is a new file under that name, and the
/// other name keeps its content.
#[test]
fn a_planted_state_is_never_written_into() {
    let place = shell::place();
    place.write("victim", "precious");
    std::fs::set_permissions(place.path("victim"), std::fs::Permissions::from_mode(0o666)).unwrap();
    std::fs::hard_link(place.path("victim"), place.path("new.resume.safetensors")).unwrap();
    assert_eq!(train(&place, &["--out", "new.safetensors"]).code, 0);
    assert_eq!(place.read("victim"), "precious");
    assert!(!place.path("new.resume.safetensors").exists());
}

#[test]
fn a_planted_page_is_not_followed() {
    let place = Place::new();
    place.write("victim", "precious");
    std::fs::create_dir(place.path("man1")).unwrap();
    symlink("../victim", place.path("man1/lstm-forecast-train.1")).unwrap();
    let ran = place.run(&["man", "--out", "man1"]);
    assert_eq!(ran.code, 2);
    assert!(ran.stderr.contains("lstm-forecast-train.1 is a symbolic link"), "{}", ran.stderr);
    assert_eq!(place.read("victim"), "precious");
}
